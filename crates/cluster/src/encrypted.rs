//! A cluster that speaks TLS, with certificates made for it.
//!
//! Decides who signed what. Leaves to the tests what they trust.

use std::fs;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

use crate::cluster::{Cluster, Durability};

/// A server with TLS, whose certificate names a host, and who signed it. It ends with the value.
pub struct Encrypted {
    url: String,
    folder: TempDir,
    _cluster: Cluster,
}

impl Encrypted {
    /// Starts a server whose certificate names this host; it listens on 127.0.0.1, whatever the name.
    ///
    /// # Panics
    /// If no certificate can be made, or the server does not start.
    pub fn of(host: &str) -> Self {
        let key = || KeyPair::generate().expect("a key can be made");
        let mut root = CertificateParams::new([]).expect("it names nobody");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = CertifiedIssuer::self_signed(root, key()).expect("it can be signed");
        let own = key();
        let leaf = CertificateParams::new([host.to_owned()]).expect("a host's name");
        let leaf = leaf.signed_by(&own, &root).expect("it can be signed");
        let folder = TempDir::new().expect("a temporary folder can be made");
        fs::write(folder.path().join("root.crt"), root.pem()).expect("it can be written to");
        let mut cluster = Cluster::start(Durability::Forgetful);
        let url = cluster.listen_with_tls(&leaf.pem(), &own.serialize_pem());
        Self { url, folder, _cluster: cluster }
    }

    /// The server's address; a database's name is added behind it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A file of this value's own, beside the one with who signed.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Who signed the certificate, as it stands in an address.
    pub fn root(&self) -> String {
        self.file("root.crt").display().to_string().replace('/', "%2F")
    }
}
