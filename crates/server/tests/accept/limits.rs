//! How many: connections at once, connections of one address, streams of one connection, headers of one request.

use std::net::SocketAddr;
use std::process::Command;

use axum::body::Body;
use axum::http::StatusCode;
use sellonce_server::accept::{HEADER_BYTES_MAX, HEADERS_MAX, Settings, Tasks, bind, serve};
use tokio::net::TcpStream;

use crate::shop::{Caller, LONG, Shop, eventually, not_yet, soon, within};

#[tokio::test]
async fn one_connection_too_many_waits_until_another_closes() {
    let shop = Shop::open(Settings { connections_max: 2, ..within(LONG) });
    let mut callers = [shop.caller().await, shop.caller().await, shop.caller().await];
    for caller in &mut callers {
        caller.get("/").await;
    }
    let [mut first, mut second, mut third] = callers;
    assert!(first.answer().await.ends_with("hello") && second.answer().await.ends_with("hello"));
    not_yet(third.answer()).await;
    drop(first);
    assert!(third.answer().await.ends_with("hello"));
}

#[tokio::test]
async fn an_address_with_too_many_connections_gets_no_more_until_one_closes() {
    let settings = Settings { connections_per_address_max: Some(2), limit_loopback: true, ..within(LONG) };
    let shop = Shop::open(settings);
    let mut callers = [shop.caller().await, shop.caller().await];
    for caller in &mut callers {
        caller.get("/").await;
        caller.answer().await;
    }
    assert_eq!(shop.caller().await.until_closed().await, "");
    drop(callers);
    eventually(async || {
        let mut caller = shop.caller().await;
        caller.stream.try_write(b"GET / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n").unwrap();
        caller.until_closed().await.ends_with("hello")
    })
    .await;
}

#[tokio::test]
async fn this_machine_may_have_any_number_of_connections() {
    let shop = Shop::open(Settings { connections_per_address_max: Some(1), ..within(LONG) });
    let mut callers = [shop.caller().await, shop.caller().await];
    for caller in &mut callers {
        caller.get("/").await;
        assert!(caller.answer().await.ends_with("hello"));
    }
}

#[tokio::test]
async fn one_request_too_many_of_a_connection_waits_until_another_is_answered() {
    let shop = Shop::open(Settings { streams_max: 2, ..within(LONG) });
    let mut client = shop.http2().await;
    // The client learns the limit with the first answer.
    client.get("/").await;
    let answers: Vec<_> = (0..3).map(|_| tokio::spawn(client.send("GET", "/slow", Body::empty()))).collect();
    shop.gate.someone_came().await;
    shop.gate.someone_came().await;
    not_yet(shop.gate.someone_came()).await;
    shop.gate.open_for(3);
    for answer in answers {
        assert_eq!(soon(answer).await.unwrap().0, StatusCode::OK);
    }
}

async fn check_head(lines: usize, bytes: usize, status: &str) {
    let shop = Shop::open(within(LONG));
    let mut caller = shop.caller().await;
    // The host is a header, too.
    let mut head: String = (1..lines).map(|line| format!("x-{line}: a\r\n")).collect();
    let filled = "GET / HTTP/1.1\r\nhost: shop\r\n\r\n".len() + head.len();
    if let Some(rest) = bytes.checked_sub(filled) {
        head.insert_str(head.len() - 2, &"a".repeat(rest));
    }
    caller.send(&format!("GET / HTTP/1.1\r\nhost: shop\r\n{head}\r\n")).await;
    let answer = caller.answer().await;
    assert!(answer.starts_with(status), "{lines} lines, {bytes} bytes: {answer}");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    check_head(HEADERS_MAX, 0, "HTTP/1.1 200 ").await;
    check_head(HEADERS_MAX + 1, 0, "HTTP/1.1 431 ").await;
    check_head(2, HEADER_BYTES_MAX, "HTTP/1.1 200 ").await;
    check_head(2, HEADER_BYTES_MAX + 1, "HTTP/1.1 431 ").await;
}

#[tokio::test]
async fn too_many_headers_are_refused_on_http2_too() {
    let shop = Shop::open(within(LONG));
    let mut client = shop.http2().await;
    for (count, status) in
        [(HEADERS_MAX, StatusCode::OK), (HEADERS_MAX + 1, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)]
    {
        let request = axum::http::Request::get("http://shop/");
        let request = (0..count).fold(request, |request, line| request.header(format!("x-{line}"), "a"));
        let answer = client.requests.send_request(request.body(Body::empty()).unwrap());
        assert_eq!(soon(answer).await.unwrap().status(), status, "{count} headers");
    }
}

#[tokio::test]
async fn every_listener_is_served() {
    let listeners: Vec<_> = ["127.0.0.1:0", "127.0.0.1:0", "[::1]:0"]
        .iter()
        .filter_map(|address| bind(address.parse().unwrap()).ok())
        .collect();
    let addresses: Vec<SocketAddr> =
        listeners.iter().map(|listener| listener.local_addr().unwrap()).collect();
    assert!(addresses.len() >= 2, "without IPv6 two are left");
    let router = axum::Router::new().route("/", axum::routing::get(async || "hello"));
    let settings = Settings { connections_max: 1, ..within(LONG) };
    tokio::spawn(async move {
        serve(listeners, router, settings, &Tasks::default(), std::future::pending()).await
    });
    for address in addresses.iter().chain(&addresses) {
        let mut caller = Caller { stream: soon(TcpStream::connect(address)).await.unwrap() };
        caller.get("/").await;
        assert!(caller.answer().await.ends_with("hello"), "{address}, although all share one seat");
    }
}

const WITH_FEW_FILES: &str = "SELLONCE_TEST_WITH_FEW_FILES";

/// Runs itself again in a process that may open few files, because the limit is the whole process's.
#[tokio::test]
async fn the_shop_outlives_a_time_without_free_file_descriptors() {
    if std::env::var_os(WITH_FEW_FILES).is_some() {
        run_out_of_files().await;
        return;
    }
    let itself = std::env::current_exe().unwrap();
    let child = Command::new("sh")
        .args(["-c", "ulimit -n 64 && exec \"$0\" \"$@\""])
        .arg(itself)
        .args(["--exact", "limits::the_shop_outlives_a_time_without_free_file_descriptors"])
        .env(WITH_FEW_FILES, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
}

async fn run_out_of_files() {
    let shop = Shop::open(within(LONG));
    // Blocking calls on the only thread: the shop cannot accept until all descriptors are taken by its clients.
    let clients: Vec<_> = std::iter::from_fn(|| std::net::TcpStream::connect(shop.address).ok()).collect();
    assert!(clients.len() > 10, "{} clients", clients.len());
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(std::fs::File::open("/dev/null").is_err(), "there is still a free descriptor");
    drop(clients);
    let mut caller = shop.caller().await;
    caller.get("/").await;
    assert!(caller.answer().await.ends_with("hello"));
}
