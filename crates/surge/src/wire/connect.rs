//! Making a connection: from which local address, within which time, speaking which protocol.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use super::{Door, Lost, Protocol, Sender};

/// The longest wait for a connection.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// Connects, and agrees on the protocol.
pub(super) async fn connect(door: &Door, protocol: Protocol, source: Option<IpAddr>) -> Result<Sender, Lost> {
    let connecting = async {
        let stream = dial(door.address, source).await.map_err(|error| error.to_string())?;
        // Small requests wait for nothing.
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        agree(stream, protocol).await
    };
    let connected = timeout(CONNECT_MAX, connecting).await;
    let connected =
        connected.unwrap_or_else(|_| Err(format!("no connection in {} s", CONNECT_MAX.as_secs())));
    connected.map_err(|why| Lost { why: format!("cannot connect to {}: {why}", door.address), unsent: true })
}

async fn agree(stream: TcpStream, protocol: Protocol) -> Result<Sender, String> {
    let stream = TokioIo::new(stream);
    match protocol {
        Protocol::Http1 => {
            let shaken = http1::handshake(stream).await;
            let (sender, connection) = shaken.map_err(|error| error.to_string())?;
            // It ends with its sender or with the server; either shows with the next request.
            tokio::spawn(connection);
            Ok(Sender::Http1(sender))
        }
        Protocol::Http2 => {
            let shaken = http2::handshake(TokioExecutor::new(), stream).await;
            let (sender, connection) = shaken.map_err(|error| error.to_string())?;
            tokio::spawn(connection);
            Ok(Sender::Http2(sender))
        }
    }
}

async fn dial(address: SocketAddr, source: Option<IpAddr>) -> std::io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(source) = source {
        // The port is chosen with the connection, when the kernel knows the other end: without it each of many
        // thousand connections would search for a port that nobody uses at all, and find fewer.
        #[cfg(target_os = "linux")]
        nix::sys::socket::setsockopt(&socket, nix::sys::socket::sockopt::IpBindAddressNoPort, &true)?;
        socket.bind(SocketAddr::new(source, 0))?;
    }
    socket.connect(address).await
}
