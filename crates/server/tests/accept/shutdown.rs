//! The end of the server: no answer is lost, nothing that is not at work holds it up, and it does end.

use std::io::{Read, Write};

use axum::body::Body;
use axum::http::StatusCode;
use sellonce_server::accept::{Deadlines, Drained, TaskLost, Tasks, bind};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::shop::{BIG_BYTES, LONG, Shop, not_yet, soon, within};

const ALL_DONE: Drained = Drained { connections_cut: 0, tasks_left: 0 };

#[tokio::test]
async fn an_answer_under_way_is_delivered_and_says_that_it_is_the_last() {
    let mut shop = Shop::open(within(LONG));
    let mut caller = shop.caller().await;
    caller.get("/slow").await;
    shop.gate.someone_came().await;
    shop.begin_shutdown();
    not_yet(&mut shop.served).await;
    assert!(TcpStream::connect(shop.address).await.is_err(), "nobody else is let in");
    shop.gate.open_for(1);
    let answer = caller.until_closed().await;
    assert!(answer.contains("connection: close\r\n") && answer.ends_with("slow 0"), "{answer}");
    assert_eq!(shop.drained().await, ALL_DONE);
}

#[tokio::test]
async fn answers_under_way_on_http2_are_delivered() {
    let mut shop = Shop::open(within(LONG));
    let mut client = shop.http2().await;
    let answers = [(); 2].map(|()| tokio::spawn(client.send("GET", "/slow", Body::empty())));
    shop.gate.someone_came().await;
    shop.gate.someone_came().await;
    shop.begin_shutdown();
    not_yet(&mut shop.served).await;
    shop.gate.open_for(2);
    for answer in answers {
        assert_eq!(soon(answer).await.unwrap(), (StatusCode::OK, "slow 0".to_owned()));
    }
    assert_eq!(shop.drained().await, ALL_DONE);
}

#[tokio::test]
async fn a_large_answer_under_way_is_delivered_whole() {
    let mut shop = Shop::open(within(LONG));
    let mut caller = shop.caller().await;
    caller.get("/big").await;
    soon(caller.stream.readable()).await.unwrap();
    shop.begin_shutdown();
    not_yet(&mut shop.served).await;
    let mut bytes = Vec::new();
    soon(caller.stream.read_to_end(&mut bytes)).await.unwrap();
    assert!(bytes.len() > BIG_BYTES, "{} bytes", bytes.len());
    assert_eq!(shop.drained().await, ALL_DONE);
}

#[tokio::test]
async fn quiet_connections_do_not_hold_up_the_end() {
    let mut shop = Shop::open(within(LONG));
    let (mut silent, mut idle, mut client) = (shop.caller().await, shop.caller().await, shop.http2().await);
    idle.get("/").await;
    idle.answer().await;
    client.get("/").await;
    shop.begin_shutdown();
    assert_eq!(silent.until_closed().await, "");
    assert_eq!(idle.until_closed().await, "");
    soon(client.ended).await.unwrap();
    assert_eq!(soon(shop.served).await.unwrap(), ALL_DONE);
}

#[tokio::test]
async fn a_request_of_which_a_part_has_come_is_answered() {
    let mut shop = Shop::open(within(LONG));
    let (mut first, mut second) = (shop.caller().await, shop.caller().await);
    second.get("/").await;
    second.answer().await;
    for caller in [&mut first, &mut second] {
        caller.send("GET /peer HTTP/1.1\r\nhost: sh").await;
    }
    // The parts are read in the order in which the socket got them, so an answer to a later caller shows that they are.
    let mut later = shop.caller().await;
    later.get("/").await;
    later.answer().await;
    shop.begin_shutdown();
    not_yet(&mut shop.served).await;
    for caller in [&mut first, &mut second] {
        caller.send("op\r\n\r\n").await;
        assert!(caller.until_closed().await.contains("127.0.0.1:"));
    }
    assert_eq!(shop.drained().await, ALL_DONE);
}

#[tokio::test]
async fn a_request_during_the_last_call_is_answered() {
    let mut shop = Shop::open(within(Deadlines { last_call_ms: 60_000, ..LONG }));
    let mut caller = shop.caller().await;
    caller.get("/").await;
    caller.answer().await;
    shop.begin_shutdown();
    not_yet(&mut shop.served).await;
    caller.get("/").await;
    let answer = caller.until_closed().await;
    assert!(answer.contains("connection: close\r\n") && answer.ends_with("hello"), "{answer}");
    assert_eq!(shop.drained().await, ALL_DONE, "the last call ends with the last connection");
}

#[tokio::test]
async fn http2_clients_are_told_at_once_to_go_elsewhere() {
    let mut shop = Shop::open(within(Deadlines { last_call_ms: 60_000, ..LONG }));
    let mut client = shop.http2().await;
    client.get("/").await;
    shop.begin_shutdown();
    soon(client.ended).await.unwrap();
    assert_eq!(soon(shop.served).await.unwrap(), ALL_DONE);
}

#[tokio::test]
async fn a_client_in_the_backlog_is_answered() {
    let mut shop = Shop::open(within(LONG));
    let mut first = shop.caller().await;
    first.get("/").await;
    first.answer().await;
    // The shop has asked for another connection since, and found none.
    // Blocking calls on the only thread: the shop learns of the client and of its end at once.
    let mut client = std::net::TcpStream::connect(shop.address).unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nhost: shop\r\n\r\n").unwrap();
    shop.begin_shutdown();
    let answer = tokio::task::spawn_blocking(move || {
        let mut answer = String::new();
        client.read_to_string(&mut answer).map(|_| answer)
    });
    assert!(soon(answer).await.unwrap().unwrap().ends_with("hello"));
    assert_eq!(shop.drained().await, ALL_DONE);
}

#[tokio::test]
async fn what_does_not_end_in_time_is_cut_and_counted() {
    let mut shop = Shop::open(within(Deadlines { drain_ms: 300, ..LONG }));
    let mut caller = shop.caller().await;
    let mut client = shop.http2().await;
    caller.get("/slow").await;
    let answer = client
        .requests
        .send_request(axum::http::Request::post("http://shop/checkout").body(Body::empty()).unwrap());
    let answer = tokio::spawn(answer);
    shop.gate.someone_came().await;
    shop.gate.someone_came().await;
    shop.begin_shutdown();
    assert_eq!(caller.until_closed().await, "");
    assert!(soon(answer).await.unwrap().is_err());
    assert_eq!(shop.drained().await, Drained { connections_cut: 2, tasks_left: 1 });
}

#[tokio::test]
async fn a_checkout_goes_on_when_its_buyer_hangs_up_and_the_end_waits_for_it() {
    let mut shop = Shop::open(within(LONG));
    let mut caller = shop.caller().await;
    caller.send("POST /checkout HTTP/1.1\r\nhost: shop\r\ncontent-length: 0\r\n\r\n").await;
    shop.gate.someone_came().await;
    drop(caller);
    shop.begin_shutdown();
    not_yet(&mut shop.served).await;
    shop.gate.open_for(1);
    assert_eq!(shop.drained().await, ALL_DONE);
}

#[tokio::test]
async fn work_begins_and_ends_even_if_nobody_waits_for_its_result() {
    let tasks = Tasks::default();
    let (tell, told) = tokio::sync::oneshot::channel();
    drop(tasks.run_to_end(async move { tell.send("done") }));
    assert_eq!(soon(told).await.unwrap(), "done");
}

#[tokio::test]
async fn a_result_comes_back_and_a_panic_does_not_spread() {
    let tasks = Tasks::default();
    assert_eq!(soon(tasks.run_to_end(async { 7 })).await, Ok(7));
    let broken = tasks.run_to_end(async { panic!("broken") });
    assert_eq!(soon(broken).await, Err::<(), _>(TaskLost));
}

#[tokio::test]
async fn an_address_is_free_again_as_soon_as_the_server_has_ended() {
    let mut shop = Shop::open(within(LONG));
    let address = shop.address;
    let mut caller = shop.caller().await;
    caller.get("/").await;
    caller.answer().await;
    shop.begin_shutdown();
    // The server closes first, so its side of the connection stays in TIME_WAIT.
    assert_eq!(caller.until_closed().await, "");
    drop(caller);
    shop.drained().await;
    bind(address).unwrap();
}
