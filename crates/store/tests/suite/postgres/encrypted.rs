//! Encrypted connections: what each `sslmode` asks of a server, and which certificates are refused.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use sellonce_checkout::store::Books;
use sellonce_cluster::{Cluster, Database, Durability};
use sellonce_store::PostgresStore;
use tempfile::TempDir;

use crate::postgres::opening::{refused, settings};

/// A server with TLS, whose certificate names a host, and the file of who signed it.
struct Encrypted {
    database: Database,
    folder: TempDir,
    _cluster: Cluster,
}

impl Encrypted {
    fn of(host: &str) -> Self {
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
        Self { database: Database::of(&url), folder, _cluster: cluster }
    }

    fn url(&self, parameters: &str) -> String {
        format!("{}?{parameters}", self.database.url())
    }

    /// The same, with who signed the server's certificate.
    fn trusting(&self, parameters: &str) -> String {
        let root = self.folder.path().join("root.crt").display().to_string().replace('/', "%2F");
        self.url(&format!("{parameters}&sslrootcert={root}"))
    }

    fn refuses(&self, url: &str, why: &str) {
        let refusal = refused(PostgresStore::open(settings(url))).to_string();
        assert!(refusal.contains(why), "{url}: {refusal}");
    }

    /// Opens it, and tells how many of its connections are encrypted, and how many are not.
    async fn opens(&self, url: &str) -> [bool; 2] {
        let store = PostgresStore::open(settings(url)).unwrap_or_else(|error| panic!("{url}: {error}"));
        assert!(store.audit().await.expect("the store answers").ok());
        let with = |ssl: &str| {
            let count = format!(
                "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                 WHERE application_name = 'sellonce' AND ssl = {ssl}"
            );
            self.database.psql(&count) != "0"
        };
        let seen = [with("true"), with("false")];
        store.close().await;
        seen
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_encrypted_as_its_address_says() {
    let server = Encrypted::of("127.0.0.1");
    let (encrypted, plain) = ([true, false], [false, true]);
    for (url, expected) in [
        (server.database.url(), encrypted),
        (server.url("sslmode=prefer"), encrypted),
        (server.url("sslmode=require"), encrypted),
        (server.trusting("sslmode=require"), encrypted),
        (server.trusting("sslmode=verify-full"), encrypted),
        (server.url("sslmode=disable"), plain),
    ] {
        assert_eq!(server.opens(&url).await, expected, "{url}");
    }
    server.refuses(&server.url("sslmode=verify-full"), "certificate");
    server.refuses(&server.url("sslmode=maybe"), "use disable, prefer, require or verify-full");
    server.refuses(&server.trusting("sslmode=prefer"), "sslrootcert needs sslmode=require");
    server
        .refuses(&server.url("sslmode=require&sslrootcert=/nowhere"), "sslrootcert=/nowhere cannot be used");
    let empty = server.folder.path().join("empty.crt");
    fs::write(&empty, "").expect("it can be written to");
    let url = server.url(&format!("sslmode=verify-full&sslrootcert={}", empty.display()));
    server.refuses(&url, "it holds no certificate in PEM");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_names_another_host_is_refused_where_it_is_judged() {
    let server = Encrypted::of("shop.example");
    server.refuses(&server.trusting("sslmode=verify-full"), "certificate");
    server.refuses(&server.trusting("sslmode=require"), "certificate");
    assert_eq!(server.opens(&server.url("sslmode=require")).await, [true, false], "it is not judged");
}

#[test]
fn a_server_without_tls_is_refused_where_it_is_required() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it has a port").port();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("it is asked");
        // The request for TLS is eight bytes long; N says that there is none.
        stream.read_exact(&mut [0; 8]).expect("it is asked for TLS");
        stream.write_all(b"N").expect("it answers");
    });
    let url = format!("postgres://postgres@127.0.0.1:{port}/shop?sslmode=require");
    let refusal = refused(PostgresStore::open(settings(&url))).to_string();
    assert!(refusal.contains("server does not support TLS"), "{refusal}");
    answering.join().expect("nothing went wrong");
    let database = Database::new();
    drop(PostgresStore::open(settings(&format!("{}?sslmode=prefer", database.url()))).expect("it opens"));
}
