//! A little shop that can be made to do wrong, for the tests that show what surge sees. Never shipped.
//!
//! Decides its few routes. Selling is in `buy`, what is written down in `books`, what it does wrong in `sins`. It shares
//! no word of its HTTP with Sellonce, so that it is a stranger's shop also in what its answers look like.
//!
//! `racy-shop FOLDER SIN,SIN...` listens on a free port of 127.0.0.1 and prints `open http://...`.

mod books;
mod buy;
mod sins;

use std::cell::RefCell;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::buy::{Bought, Purchase};
use crate::sins::{Sin, Sins};

/// Connections to the database, each with a thread of its own.
const CONNECTIONS: usize = 16;
const PAGE: i64 = 500;

struct Shop {
    folder: PathBuf,
    sins: Sins,
    last_number: AtomicI64,
}

/// A request, as far as this shop looks at one.
struct Asked {
    method: Method,
    path: String,
    query: String,
    key: String,
    body: Value,
}

type Told = (u16, Value);

thread_local! {
    static CONNECTION: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

#[expect(clippy::print_stdout, reason = "who started the shop reads its address there")]
fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("racy-shop FOLDER [SIN,SIN...]"));
    let sins = Sins::parse(&arguments.next().unwrap_or_default()).expect("each name is a sin");
    let first = books::open(&folder).expect("the folder can be written");
    books::create(&first).expect("tables can be made");
    let last_number = AtomicI64::new(books::last_number(&first).expect("the books can be read"));
    let shop = Arc::new(Shop { folder, sins, last_number });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(CONNECTIONS)
        .enable_all()
        .build()
        .expect("a runtime starts");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        println!("open http://{}", listener.local_addr().expect("a bound socket has an address"));
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let shop = Arc::clone(&shop);
            let serve = service_fn(move |request| answer(Arc::clone(&shop), request));
            tokio::spawn(async move {
                let protocol = auto::Builder::new(TokioExecutor::new());
                let served = protocol.serve_connection(TokioIo::new(stream), serve);
                // A connection that breaks is its client's business.
                drop(served.await);
            });
        }
    });
}

async fn answer(shop: Arc<Shop>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let asked = Asked {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        key: parts.headers.get("once").and_then(|key| key.to_str().ok()).unwrap_or_default().to_owned(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    let work = tokio::task::spawn_blocking(move || {
        CONNECTION.with_borrow_mut(|kept| {
            let connection = match kept {
                Some(connection) => connection,
                None => kept.insert(books::open(&shop.folder)?),
            };
            route(&shop, connection, &asked)
        })
    });
    let (status, body) = match work.await {
        Ok(Ok(told)) => told,
        Ok(Err(error)) => (500, json!({ "error": error.to_string() })),
        Err(panic) => (500, json!({ "error": panic.to_string() })),
    };
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    Ok(response)
}

fn route(shop: &Arc<Shop>, connection: &mut Connection, asked: &Asked) -> rusqlite::Result<Told> {
    let number = |name: &str| asked.body[name].as_i64().unwrap_or_default();
    let text = |name: &str| asked.body[name].as_str().unwrap_or_default();
    let after = asked.query.split('&').find_map(|part| part.strip_prefix("after=")?.parse().ok());
    let parts: Vec<&str> = asked.path.trim_matches('/').split('/').collect();
    match (asked.method.as_str(), parts.as_slice()) {
        ("PUT", ["stock", sku]) => {
            books::set_stock(connection, sku, number("left"), number("price"))?;
            Ok((200, json!({})))
        }
        ("PUT", ["prices", sku]) => {
            let changed = books::set_price(connection, sku, number("price"))?;
            Ok((200, json!({ "changed": changed })))
        }
        ("GET", ["stock", sku]) => {
            let (left, price) = books::stock(connection, sku)?;
            Ok((200, json!({ "left": left, "price": price })))
        }
        ("POST", ["carts"]) => {
            let cart = shop.last_number.fetch_add(1, Ordering::Relaxed) + 1;
            let units = number("units");
            let price = books::fill_cart(connection, cart, (text("sku"), units), text("mail"))?;
            Ok((201, json!({ "cart": { "number": cart }, "to_pay": price * units })))
        }
        ("POST", ["carts", cart, "buy"]) => {
            let number = shop.last_number.fetch_add(1, Ordering::Relaxed) + 1;
            let cart = cart.parse().unwrap_or_default();
            let purchase = Purchase { cart, key: asked.key.clone(), card: text("card").to_owned(), number };
            sell(shop, connection, purchase).map(told)
        }
        ("GET", ["orders"]) => Ok((200, books::orders(connection, after.unwrap_or_default(), PAGE)?)),
        ("GET", ["payments"]) => Ok((200, books::payments(connection, after.unwrap_or_default(), PAGE)?)),
        _ => Ok((404, json!({ "error": "there is no such thing here" }))),
    }
}

fn sell(shop: &Arc<Shop>, connection: &mut Connection, purchase: Purchase) -> rusqlite::Result<Bought> {
    if !shop.sins.has(Sin::ConfirmEarly) {
        return buy::buy(connection, &shop.sins, &purchase);
    }
    let promise = buy::promise(connection, &purchase)?;
    if let Bought::Sold { number, .. } = promise
        && number == purchase.number
    {
        let shop = Arc::clone(shop);
        tokio::task::spawn_blocking(move || {
            let bought =
                books::open(&shop.folder).and_then(|mut own| buy::buy(&mut own, &shop.sins, &purchase));
            // The buyer was told already: whatever comes of it, nobody hears of it.
            drop(bought);
        });
    }
    Ok(promise)
}

fn told(bought: Bought) -> Told {
    match bought {
        Bought::Sold { number, sum } => {
            (200, json!({ "result": "sold", "order": { "number": number, "paid": sum } }))
        }
        Bought::Gone { left } => (200, json!({ "result": "gone", "left": left })),
        Bought::Declined => (402, json!({ "result": "declined" })),
        Bought::UnderWay => (425, json!({ "result": "wait" })),
        Bought::Unknown => (404, json!({ "result": "no such cart" })),
    }
}
