//! The merchant at Sellonce's admin API: puts goods on sale, moves stock, sets prices, reads pages of lists.
//!
//! Decides that every call is asked again until it is answered, moves under their own key. Leaves what is read from the
//! lists to `read_books`.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::dialect::Request;
use crate::history::{Good, Money};
use crate::wire::{Door, Protocol, Wire};

/// For how long a call is asked again that had no answer, or was told to come later.
const PATIENCE: Duration = Duration::from_secs(120);
/// The pause before that.
const PAUSE: Duration = Duration::from_millis(250);

/// Why a call did not do what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AdminError {
    /// Nobody answers.
    #[error("the shop does not answer: {0}")]
    Silent(String),
    /// It was refused.
    #[error("the shop refuses {what}: {status} {detail}")]
    Refused {
        /// The call.
        what: String,
        /// The status of the answer.
        status: u16,
        /// The shop's words.
        detail: String,
        /// The shop's code.
        code: String,
    },
}

/// A merchant with an API key.
pub(crate) struct Admin {
    wire: Wire,
    key: String,
}

/// How a product stands in the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    /// On sale.
    Published,
    /// Kept, but not sold.
    Hidden,
}

impl Admin {
    /// A merchant who speaks to these servers, whichever answers.
    pub(crate) fn new(doors: Vec<Door>, key: String) -> Self {
        Self { wire: Wire::new(doors, Protocol::Http1, 1, &[]), key }
    }

    /// Puts a product on sale, one variant per good and without stock; or hides it.
    ///
    /// # Errors
    /// When the shop refuses it or does not answer.
    pub(crate) async fn put_product(
        &self,
        handle: &str,
        goods: &[Good],
        listing: Listing,
    ) -> Result<(), AdminError> {
        let variant = |good: &Good| json!({"sku": good.sku, "title": good.sku, "price": good.price});
        let body = json!({
            "handle": handle,
            "title": format!("Surge {handle}"),
            "listing": match listing { Listing::Published => "published", Listing::Hidden => "hidden" },
            "variants": goods.iter().map(variant).collect::<Vec<_>>(),
        });
        self.call("POST", "/v1/admin/products", None, Some(&body)).await.map(drop)
    }

    /// Moves stock under a key of its own; gives the version of the ledger after it.
    ///
    /// # Errors
    /// When the shop refuses it, such as taking out what is not there, or does not answer.
    pub(crate) async fn move_stock(
        &self,
        sku: &str,
        units: i64,
        key: &str,
    ) -> Result<Option<i64>, AdminError> {
        let kind = if units >= 0 { "receive" } else { "adjust" };
        let body = json!({"kind": kind, "quantity": units, "reason": "surge"});
        let path = format!("/v1/admin/inventory/{sku}/movements");
        let moved = self.call("POST", &path, Some(key), Some(&body)).await?;
        Ok(moved["version"].as_i64())
    }

    /// Takes units out under a key of its own.
    ///
    /// # Errors
    /// When fewer are available, or the shop does not answer.
    pub(crate) async fn take_out(&self, sku: &str, units: i64, key: &str) -> Result<(), AdminError> {
        self.move_stock(sku, -units, key).await.map(drop)
    }

    /// Sets a price; gives what it was.
    ///
    /// # Errors
    /// When the shop refuses it or does not answer.
    pub(crate) async fn set_price(&self, sku: &str, price: &Money) -> Result<Option<Money>, AdminError> {
        let path = format!("/v1/admin/prices/{sku}");
        let set = self.call("POST", &path, None, Some(&json!(price))).await?;
        Ok(serde_json::from_value(set["was"].clone()).ok())
    }

    /// Does something under a key of its own.
    ///
    /// # Errors
    /// When the shop refuses it or does not answer.
    pub(crate) async fn act(&self, path: &str, key: &str, body: &Value) -> Result<Value, AdminError> {
        self.call("POST", path, Some(key), Some(body)).await
    }

    /// Sends what has no answer of interest.
    ///
    /// # Errors
    /// When the shop refuses it or does not answer.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<(), AdminError> {
        self.call("POST", path, None, Some(body)).await.map(drop)
    }

    /// Reads one answer.
    ///
    /// # Errors
    /// When the shop refuses it or does not answer.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, AdminError> {
        self.call("GET", path, None, None).await
    }

    /// Reads all pages of a list, or those up to a row where `enough` says that no later one is of interest.
    ///
    /// # Errors
    /// When the shop refuses it or does not answer.
    pub(crate) async fn list(
        &self,
        path: &str,
        enough: impl Fn(&Value) -> bool,
    ) -> Result<Vec<Value>, AdminError> {
        let mut rows = Vec::new();
        let mut after = String::new();
        loop {
            let mut page = self.get(&format!("{path}?limit=100{after}")).await?;
            if let Some(Value::Array(data)) = page.get_mut("data").map(Value::take) {
                rows.extend(data);
            }
            let cursor = page["next_cursor"].as_str().filter(|_| page["has_more"] == true);
            match cursor {
                Some(cursor) if !rows.last().is_some_and(&enough) => after = format!("&after={cursor}"),
                Some(_) | None => return Ok(rows),
            }
        }
    }

    async fn call(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Value, AdminError> {
        let mut headers = vec![("authorization".to_owned(), format!("Bearer {}", self.key))];
        headers.extend(key.map(|key| ("idempotency-key".to_owned(), key.to_owned())));
        headers.extend(body.map(|_| ("content-type".to_owned(), "application/json".to_owned())));
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            headers,
            body: body.map(|body| body.to_string().into_bytes()).unwrap_or_default(),
            key: key.map(ToOwned::to_owned),
        };
        let mut silent = String::new();
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            match self.wire.send(0, &request, None).await.answer {
                Ok(answer) if answer.status < 300 => {
                    return Ok(serde_json::from_slice(&answer.body).unwrap_or(Value::Null));
                }
                Ok(answer) if matches!(answer.status, 429 | 503) => {
                    silent = format!("{method} {path} is answered {}", answer.status);
                }
                Ok(answer) => return Err(refused(method, path, answer.status, &answer.body)),
                Err(lost) => silent = lost.why,
            }
            sleep(PAUSE).await;
        }
        Err(AdminError::Silent(silent))
    }
}

fn refused(method: &str, path: &str, status: u16, body: &[u8]) -> AdminError {
    let problem: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    AdminError::Refused {
        what: format!("{method} {path}"),
        status,
        detail: text("detail"),
        code: text("code"),
    }
}
