//! The API through real sockets: what a client is told when its body is too large or too slow.

use std::time::Duration;

use sellonce_server::accept::{Deadlines, Settings, bind, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::shop::{Shop, StoreKind};

/// Longer than anything takes that does not hang.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends a head and a body to a shop that gives a body so long, and reads until the server closes.
async fn exchange(head: &str, body: &[u8], body_ms: u64) -> String {
    let shop = Shop::open(StoreKind::Memory).await;
    let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let settings =
        Settings { deadlines: Deadlines { body_ms, ..Deadlines::default() }, ..Settings::default() };
    let tasks = shop.app.tasks.clone();
    let served = tokio::spawn(async move {
        serve(vec![listener], shop.router, settings, &tasks, std::future::pending()).await;
    });
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let send = async {
        writer.write_all(head.as_bytes()).await.unwrap();
        // The server may close before it has read everything.
        let _ = writer.write_all(body).await;
    };
    let mut answer = Vec::new();
    let read = reader.read_to_end(&mut answer);
    let (_, _) = timeout(PATIENCE, async { tokio::join!(send, read) }).await.expect("it takes too long");
    served.abort();
    String::from_utf8(answer).unwrap()
}

fn head(length: usize) -> String {
    format!(
        "POST /v1/carts HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n"
    )
}

#[tokio::test]
async fn ten_megabytes_are_refused_and_the_client_hears_why() {
    let body = vec![b' '; 10 * 1024 * 1024];
    let answer = exchange(&head(body.len()), &body, 10_000).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("\"code\":\"body_too_large\""), "{answer}");
}

#[tokio::test]
async fn a_body_that_stops_half_way_is_timed_out_and_the_client_hears_why() {
    let answer = exchange(&head(100), b"{\"lines\": [", 200).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("\"code\":\"request_timeout\""), "{answer}");
    assert!(answer.to_lowercase().contains("content-type: application/problem+json"), "{answer}");
}

#[tokio::test]
async fn a_cart_is_made_through_a_socket() {
    let body = br#"{"lines": [{"sku": "MUG", "quantity": 1}]}"#;
    let answer = exchange(&head(body.len()), body, 10_000).await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
}
