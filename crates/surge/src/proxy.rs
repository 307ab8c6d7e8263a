//! A proxy between buyers and a server, whose line can be poisoned: the eight toxics that Toxiproxy made known.
//!
//! Decides what each does to the bytes that pass. Leaves when to `faults`. A toxic holds for connections that are there
//! and for those that come while it holds.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::history::Fault;

/// Bytes that pass at once.
const PIECE: usize = 16 * 1024;
/// How late bytes are under `latency`.
const LATENCY: Duration = Duration::from_millis(150);
/// How many bytes a second pass under `bandwidth`.
const BANDWIDTH_BYTES_PER_S: u64 = 64 * 1024;
/// How late the end of a connection is told under `slow_close`.
const SLOW_CLOSE: Duration = Duration::from_millis(500);
/// How long nothing passes under `timeout` before the connection ends.
const TIMEOUT: Duration = Duration::from_millis(700);
/// How small the pieces are under `slicer`, and the pause between them.
const SLICE: (usize, Duration) = (16, Duration::from_micros(200));
/// After how many bytes a connection ends under `limit_data`.
const LIMIT_BYTES: usize = 2_000;

/// The names of all toxics.
pub const TOXICS: [Fault; 8] = [
    Fault::Latency,
    Fault::Down,
    Fault::Bandwidth,
    Fault::SlowClose,
    Fault::Timeout,
    Fault::ResetPeer,
    Fault::Slicer,
    Fault::LimitData,
];

/// A line to a server that can be poisoned.
pub(crate) struct Proxy {
    address: SocketAddr,
    toxic: watch::Sender<Option<Fault>>,
    /// Ends with the proxy.
    _accepting: JoinSet<()>,
}

impl Proxy {
    /// Listens on a free port of loopback, for a server.
    ///
    /// # Errors
    /// When there is no free port.
    pub(crate) async fn start(server: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (toxic, held) = watch::channel(None);
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, server, held));
        Ok(Self { address, toxic, _accepting: accepting })
    }

    /// Where buyers connect to.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Poisons the line, or cleans it.
    pub(crate) fn set(&self, toxic: Option<Fault>) {
        self.toxic.send_replace(toxic);
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, toxic: watch::Receiver<Option<Fault>>) {
    let mut lines = JoinSet::new();
    loop {
        while lines.try_join_next().is_some() {}
        let Ok((client, _)) = listener.accept().await else {
            sleep(Duration::from_millis(20)).await;
            continue;
        };
        if *toxic.borrow() == Some(Fault::Down) {
            continue;
        }
        let toxic = toxic.clone();
        lines.spawn(async move {
            if let Ok(server) = TcpStream::connect(server).await {
                line(client, server, toxic).await;
            }
        });
    }
}

/// How one direction of a line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The sender said so.
    Closed,
    /// The whole connection is cut.
    Cut,
    /// It is cut with a reset.
    Reset,
}

async fn line(client: TcpStream, server: TcpStream, toxic: watch::Receiver<Option<Fault>>) {
    // The proxy shall add no waiting of its own.
    let _plain = (client.set_nodelay(true), server.set_nodelay(true));
    let up = pass(&client, &server, toxic.clone());
    let down = pass(&server, &client, toxic.clone());
    let end = tokio::select! {
        // One direction that ended rightly leaves the other one open.
        end = async { tokio::try_join!(up, down).err().unwrap_or(End::Closed) } => end,
        end = cut(toxic) => end,
    };
    if end == End::Reset {
        // Without lingering a close is a reset: what was not sent yet is thrown away.
        let _reset = (client.set_zero_linger(), server.set_zero_linger());
    }
}

/// Waits for a toxic that ends connections from outside.
async fn cut(mut toxic: watch::Receiver<Option<Fault>>) -> End {
    loop {
        match *toxic.borrow_and_update() {
            Some(Fault::Down) => return End::Cut,
            Some(Fault::ResetPeer) => return End::Reset,
            _ => {}
        }
        if toxic.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Passes bytes in one direction until the sender ends; a toxic that ends the connection is an error.
async fn pass(from: &TcpStream, to: &TcpStream, toxic: watch::Receiver<Option<Fault>>) -> Result<(), End> {
    let mut piece = vec![0; PIECE];
    let mut passed_under_limit = 0;
    loop {
        let count = read(from, &mut piece).await.map_err(|_| End::Cut)?;
        let held = *toxic.borrow();
        if count == 0 {
            if held == Some(Fault::SlowClose) {
                sleep(SLOW_CLOSE).await;
            }
            // The other side learns that nothing more comes.
            return shut_down(to).map_err(|_| End::Cut);
        }
        let bytes = &piece[..count];
        match held {
            Some(Fault::Timeout) => {
                sleep(TIMEOUT).await;
                return Err(End::Cut);
            }
            Some(Fault::LimitData) => {
                let rest = LIMIT_BYTES.saturating_sub(passed_under_limit).min(count);
                write(to, &bytes[..rest]).await.map_err(|_| End::Cut)?;
                passed_under_limit += rest;
                if passed_under_limit >= LIMIT_BYTES {
                    return Err(End::Cut);
                }
            }
            Some(Fault::Slicer) => {
                for slice in bytes.chunks(SLICE.0) {
                    write(to, slice).await.map_err(|_| End::Cut)?;
                    sleep(SLICE.1).await;
                }
            }
            held => {
                sleep(delay(held, count)).await;
                write(to, bytes).await.map_err(|_| End::Cut)?;
            }
        }
    }
}

/// How late a piece arrives.
fn delay(held: Option<Fault>, bytes: usize) -> Duration {
    match held {
        Some(Fault::Latency) => LATENCY,
        Some(Fault::Bandwidth) => {
            let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
            Duration::from_millis(bytes.saturating_mul(1_000) / BANDWIDTH_BYTES_PER_S)
        }
        _ => Duration::ZERO,
    }
}

async fn read(from: &TcpStream, piece: &mut [u8]) -> std::io::Result<usize> {
    loop {
        from.readable().await?;
        match from.try_read(piece) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            done => return done,
        }
    }
}

async fn write(to: &TcpStream, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        to.writable().await?;
        match to.try_write(bytes) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            done => bytes = &bytes[done?..],
        }
    }
    Ok(())
}

/// Tells that nothing more comes; the other direction stays open.
fn shut_down(to: &TcpStream) -> std::io::Result<()> {
    rustix::net::shutdown(to, rustix::net::Shutdown::Write).map_err(Into::into)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::Instant;

    use super::*;

    /// A server that sends back what it gets, and ends when its client does.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    let _done = tokio::io::copy(&mut read, &mut write).await;
                    let _told = write.shutdown().await;
                });
            }
        });
        address
    }

    /// Sends so many bytes over a line with a toxic, and the end; gives what came back, how it ended and how long it took.
    async fn through(toxic: Option<Fault>, count: usize) -> (Vec<u8>, std::io::Result<()>, Duration) {
        let proxy = Proxy::start(echo().await).await.unwrap();
        let mut line = TcpStream::connect(proxy.address()).await.unwrap();
        line.write_all(&[1]).await.unwrap();
        line.read_exact(&mut [0]).await.unwrap();
        proxy.set(toxic);
        let begun = Instant::now();
        let bytes: Vec<u8> = (0..count).map(|byte| u8::try_from(byte % 251).unwrap()).collect();
        // A line that is cut already takes nothing.
        let _sent = line.write_all(&bytes).await;
        let _ended = line.shutdown().await;
        let mut back = Vec::new();
        let end = line.read_to_end(&mut back).await.map(drop);
        assert!(bytes.starts_with(&back), "what arrives is right");
        (back, end, begun.elapsed())
    }

    #[tokio::test]
    async fn a_clean_line_passes_everything() {
        let (back, end, _) = through(None, 100_000).await;
        assert!(back.len() == 100_000 && end.is_ok());
    }

    #[tokio::test]
    async fn slow_lines_pass_everything_late() {
        for (toxic, count, at_least) in [
            (Fault::Latency, 100, 2 * LATENCY),
            (Fault::Bandwidth, 16 * 1024, Duration::from_millis(2 * 240)),
            (Fault::SlowClose, 100, 2 * SLOW_CLOSE),
            (Fault::Slicer, 1_000, Duration::from_millis(1)),
        ] {
            let (back, end, took) = through(Some(toxic), count).await;
            assert!(back.len() == count && end.is_ok(), "{toxic:?}");
            assert!(took >= at_least, "{toxic:?}: {took:?}");
        }
    }

    #[tokio::test]
    async fn broken_lines_end_before_everything_has_passed() {
        let (back, _, took) = through(Some(Fault::Timeout), 100).await;
        assert!(back.is_empty() && took >= TIMEOUT, "{took:?}");
        let (back, ..) = through(Some(Fault::LimitData), 10_000).await;
        assert!(back.len() <= LIMIT_BYTES, "{}", back.len());
        let (back, ..) = through(Some(Fault::Down), 1_000_000).await;
        assert!(back.len() < 1_000_000);
    }

    #[tokio::test]
    async fn a_reset_line_is_reset_and_a_line_that_is_down_lets_nobody_in() {
        let proxy = Proxy::start(echo().await).await.unwrap();
        let mut line = TcpStream::connect(proxy.address()).await.unwrap();
        line.write_all(&[1]).await.unwrap();
        line.read_exact(&mut [0]).await.unwrap();
        proxy.set(Some(Fault::ResetPeer));
        let end = line.read(&mut [0]).await;
        assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
        proxy.set(Some(Fault::Down));
        let mut line = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(matches!(line.read(&mut [0]).await, Ok(0) | Err(_)));
        proxy.set(None);
        let mut line = TcpStream::connect(proxy.address()).await.unwrap();
        line.write_all(&[7]).await.unwrap();
        let mut back = [0];
        line.read_exact(&mut back).await.unwrap();
        assert_eq!(back, [7]);
    }
}
