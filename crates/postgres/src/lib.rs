//! Where a PostgreSQL database is, and how the connection to it is encrypted.
//!
//! Decides what an address means, `sslmode` and `sslrootcert` in it as libpq has them
//! (<https://www.postgresql.org/docs/current/libpq-ssl.html>), but for one thing: a certificate that is judged must always
//! name the host, too. Leaves what is asked over the connection to those who ask; of shops nothing is known here.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config, Error, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Drives a connection until it ends.
pub type Connection = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// Where a database is.
#[derive(Clone)]
pub struct Address {
    config: Config,
    /// How it is encrypted; `None` if it never is.
    tls: Option<MakeRustlsConnect>,
}

/// What `sslmode` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Never encrypted.
    Disable,
    /// Encrypted if the server can; its certificate is not judged.
    Prefer,
    /// Encrypted; its certificate is not judged, unless `sslrootcert` says by whom it must be signed.
    Require,
    /// Encrypted, with a certificate that is signed by one who is trusted and names the host.
    VerifyFull,
}

impl Mode {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "disable" => Ok(Self::Disable),
            "prefer" => Ok(Self::Prefer),
            "require" => Ok(Self::Require),
            "verify-full" => Ok(Self::VerifyFull),
            _ => Err(format!("sslmode={text} is not known: use disable, prefer, require or verify-full")),
        }
    }
}

impl Address {
    /// Reads an address as `postgres://user:password@host:5432/shop?sslmode=require`. What it does not say of the network is
    /// set so that a lost one is noticed.
    pub fn parse(url: &str) -> Result<Self, String> {
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut roots, mut others) = (Mode::Prefer, None, Vec::new());
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("sslmode", text)) => mode = Mode::parse(text)?,
                Some(("sslrootcert", path)) => {
                    roots = Some(percent_decode_str(path).decode_utf8_lossy().into_owned());
                }
                _ => others.push(parameter),
            }
        }
        let mut config: Config =
            format!("{place}?{}", others.join("&")).parse().map_err(|error: Error| {
                let source = std::error::Error::source(&error).map_or_else(String::new, ToString::to_string);
                format!("its address is not one, as postgres://user:password@host:5432/shop: {source}")
            })?;
        config.application_name("sellonce");
        config.connect_timeout(Duration::from_secs(5));
        config.tcp_user_timeout(Duration::from_secs(10));
        config.keepalives_idle(Duration::from_secs(10));
        config.keepalives_interval(Duration::from_secs(5));
        config.keepalives_retries(3);
        config.ssl_mode(match mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            Mode::Require | Mode::VerifyFull => SslMode::Require,
        });
        let tls = match (mode, roots) {
            (Mode::Disable | Mode::Prefer, Some(_)) => {
                return Err("sslrootcert needs sslmode=require or sslmode=verify-full".to_owned());
            }
            (Mode::Disable, None) => None,
            (Mode::Prefer | Mode::Require, None) => Some(unjudged()?),
            (Mode::Require | Mode::VerifyFull, Some(path)) => Some(judged(roots_of_file(&path)?)?),
            (Mode::VerifyFull, None) => Some(judged(roots_of_system()?)?),
        };
        Ok(Self { config, tls })
    }

    /// Connects; the connection must be driven for the client to be answered.
    pub async fn connect(&self) -> Result<(Client, Connection), Error> {
        match &self.tls {
            None => {
                let (client, connection) = self.config.connect(NoTls).await?;
                Ok((client, Box::pin(connection)))
            }
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await?;
                Ok((client, Box::pin(connection)))
            }
        }
    }

    /// What it says in the client's own terms: hosts, database, user.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The database in messages, without its password.
    pub fn named(&self) -> String {
        let host = self.config.get_hosts().first().map_or_else(String::new, |host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(folder) => folder.display().to_string(),
        });
        let port = self.config.get_ports().first().copied().unwrap_or(5432);
        format!("postgres://{host}:{port}/{}", self.config.get_dbname().unwrap_or_default())
    }
}

/// What a file with certificates in PEM trusts.
fn roots_of_file(path: &str) -> Result<RootCertStore, String> {
    let trouble = |error: &dyn std::fmt::Display| format!("sslrootcert={path} cannot be used: {error}");
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| trouble(&error))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        let certificate = certificate.map_err(|error| trouble(&error))?;
        roots.add(certificate).map_err(|error| trouble(&error))?;
    }
    if roots.is_empty() { Err(trouble(&"it holds no certificate in PEM")) } else { Ok(roots) }
}

/// What the system trusts.
fn roots_of_system() -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(
            "sslmode=verify-full: this system trusts no certificates; name them with sslrootcert=FILE"
                .to_owned(),
        );
    }
    Ok(roots)
}

fn judged(roots: RootCertStore) -> Result<MakeRustlsConnect, String> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    Ok(MakeRustlsConnect::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

fn unjudged() -> Result<MakeRustlsConnect, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(Unjudged(provider)));
    Ok(MakeRustlsConnect::new(builder.with_no_client_auth()))
}

/// Takes any certificate whose key the server has: nobody who only listens can read the connection.
#[derive(Debug)]
struct Unjudged(Arc<CryptoProvider>);

impl ServerCertVerifier for Unjudged {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
