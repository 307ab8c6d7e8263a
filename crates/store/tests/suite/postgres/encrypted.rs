//! Encrypted connections: what each `sslmode` asks of a server, and which certificates are refused.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;

use sellonce_checkout::store::Books;
use sellonce_cluster::{Database, Encrypted};
use sellonce_store::PostgresStore;

use crate::postgres::opening::{refused, settings};

/// A server with TLS and a database in it.
struct Server {
    database: Database,
    server: Encrypted,
}

impl Server {
    fn of(host: &str) -> Self {
        let server = Encrypted::of(host);
        Self { database: Database::of(server.url()), server }
    }

    fn url(&self, parameters: &str) -> String {
        format!("{}?{parameters}", self.database.url())
    }

    /// The same, with who signed the server's certificate.
    fn trusting(&self, parameters: &str) -> String {
        self.url(&format!("{parameters}&sslrootcert={}", self.server.root()))
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
    let server = Server::of("127.0.0.1");
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
    let empty = server.server.file("empty.crt");
    fs::write(&empty, "").expect("it can be written to");
    let url = server.url(&format!("sslmode=verify-full&sslrootcert={}", empty.display()));
    server.refuses(&url, "it holds no certificate in PEM");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_names_another_host_is_refused_where_it_is_judged() {
    let server = Server::of("shop.example");
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
