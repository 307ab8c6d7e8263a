//! The JSON API over HTTP, a file per subject.
//!
//! Every answer that a test gets is first held against the OpenAPI document that the server serves ([`contract`]): its
//! status, its content type and its body. A test takes a [`shop::Shop`], and `on_every_store!` runs it on each store.

#![expect(clippy::unwrap_used, reason = "clippy knows a test function, but not a function of tests")]

mod acts;
mod admin;
mod around;
mod bad_input;
mod callbacks;
mod carts;
mod checkouts;
mod complete;
mod connection;
mod contract;
mod docs;
mod goods;
mod idempotency;
mod inventory;
mod orders;
mod products;
mod sagas;
mod shop;
mod shop_client;

/// Runs tests of the shape `async fn name(shop: Shop)` on every store.
macro_rules! on_every_store {
    ($($name:ident,)+) => {
        mod on_memory {
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name(crate::shop::Shop::open(crate::shop::StoreKind::Memory).await).await;
                }
            )+
        }

        mod on_sqlite {
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name(crate::shop::Shop::open(crate::shop::StoreKind::Sqlite).await).await;
                }
            )+
        }

        mod on_postgres {
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name(crate::shop::Shop::open(crate::shop::StoreKind::Postgres).await).await;
                }
            )+
        }
    };
}
pub(crate) use on_every_store;
