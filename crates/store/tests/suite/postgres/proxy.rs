//! A proxy between a store and its database that breaks one connection at the worst moment: at a commit.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tempfile::TempDir;

/// What happens to the next commit; afterwards commits go through again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The database commits, and the answer is lost.
    LosesItsAnswer = 1,
    /// The connection breaks before the database hears of it.
    IsLost = 2,
}

pub(crate) struct Proxy {
    folder: TempDir,
    next: Arc<AtomicU8>,
    broken: Arc<AtomicU8>,
}

impl Proxy {
    /// A proxy to the server that a database's address names.
    pub(crate) fn to(url: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("sellonce-px-").tempdir_in("/tmp").expect("a folder");
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).expect("a socket");
        let (next, broken) = (Arc::new(AtomicU8::new(0)), Arc::new(AtomicU8::new(0)));
        let (server, arming, breaking) = (socket_of(url), Arc::clone(&next), Arc::clone(&broken));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = UnixStream::connect(&server) else { continue };
                join(client, server, (Arc::clone(&arming), Arc::clone(&breaking)));
            }
        });
        Self { folder, next, broken }
    }

    /// The address of a database behind the proxy.
    pub(crate) fn url(&self, url: &str) -> String {
        let (_, name) = url.rsplit_once('/').expect("an address names a database");
        let folder = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{folder}/{name}")
    }

    pub(crate) fn next_commit(&self, next: Next) {
        self.next.store(next as u8, Ordering::SeqCst);
    }

    /// How many connections were broken.
    pub(crate) fn broken(&self) -> u8 {
        self.broken.load(Ordering::SeqCst)
    }
}

fn socket_of(url: &str) -> PathBuf {
    let host = url.split_once('@').and_then(|(_, rest)| rest.split_once('/')).map(|(host, _)| host);
    let folder = host.expect("the tests' server has a host").replace("%2F", "/");
    PathBuf::from(folder).join(".s.PGSQL.5432")
}

/// Copies in both directions until one end closes, or a commit is to be broken.
fn join(client: UnixStream, server: UnixStream, (next, broken): (Arc<AtomicU8>, Arc<AtomicU8>)) {
    let ends = || (client.try_clone().expect("a socket"), server.try_clone().expect("a socket"));
    let (mut from_client, mut to_server) = ends();
    std::thread::spawn(move || {
        let mut buffer = [0; 65_536];
        while let Ok(count @ 1..) = from_client.read(&mut buffer) {
            let is_commit = buffer[..count].windows(7).any(|bytes| bytes == b"COMMIT\0");
            let fate = if is_commit { next.swap(0, Ordering::SeqCst) } else { 0 };
            if fate != 0 {
                broken.fetch_add(1, Ordering::SeqCst);
                // The client hears nothing more, whatever the server does.
                from_client.shutdown(Shutdown::Both).expect("a socket can be shut down");
            }
            if fate == Next::IsLost as u8 || to_server.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _gone = to_server.shutdown(Shutdown::Write);
    });
    let (mut to_client, mut from_server) = ends();
    std::thread::spawn(move || {
        let _ended = std::io::copy(&mut from_server, &mut to_client);
        let _gone = to_client.shutdown(Shutdown::Both);
    });
}
