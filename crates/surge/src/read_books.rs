//! Reading the books of a Sellonce at rest.
//!
//! Decides which rows belong to the run: orders by their buyers' addresses, stock and movements by the run's SKUs,
//! payments by the sagas that moved them (all of them where the shop is the run's own). Leaves judging to the auditor.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::admin::{Admin, AdminError};
use crate::books::{
    Book, Books, Judged, Mail, Movement, Order, OrderPayment, Payment, Stock, Totals, Unfinished,
};
use crate::dialect::body_hash;
use crate::history::{Line, Money, Opening, purchase_of};

/// Where the books are.
pub(crate) struct Shelf<'a> {
    pub(crate) admin: &'a Admin,
    pub(crate) opening: &'a Opening,
    /// Whether nobody else uses the shop.
    pub(crate) is_own: bool,
    /// The folder that confirmations are written to, if it can be read.
    pub(crate) mails: Option<PathBuf>,
}

impl Shelf<'_> {
    /// Reads everything; what cannot be read says so.
    pub(crate) async fn read(&self) -> Books {
        let movements = self.movements().await;
        let payments = self.payments(&movements).await;
        Books {
            orders: book(self.orders().await),
            stock: book(self.stock().await),
            movements: book(movements),
            payments: book(payments),
            audit: book(self.audit().await),
            mails: self.mails(),
            unfinished: book(self.unfinished().await),
        }
    }

    async fn orders(&self) -> Result<Vec<Order>, AdminError> {
        // Newest first: what is older than the run is of no interest.
        let began_at = self.opening.began_at.parse::<jiff::Timestamp>().ok();
        let is_older = |row: &Value| {
            let created_at = row["created_at"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
            let margin = jiff::SignedDuration::from_mins(10);
            matches!((created_at, began_at), (Some(created), Some(began)) if created + margin < began)
        };
        let rows = self.admin.list("/v1/admin/orders", is_older).await?;
        let is_ours = |order: &Order| purchase_of(self.opening.seed, &order.email).is_some();
        Ok(rows.iter().filter_map(order).filter(is_ours).collect())
    }

    async fn stock(&self) -> Result<Vec<Stock>, AdminError> {
        let mut all = Vec::new();
        for good in &self.opening.goods {
            let row = self.admin.get(&format!("/v1/admin/inventory/{}", good.sku)).await?;
            let count = |name: &str| row[name].as_i64().unwrap_or_default();
            all.push(Stock {
                sku: good.sku.clone(),
                available: count("available"),
                reserved: count("reserved"),
                committed: row["committed"].as_i64(),
                backordered: count("backordered"),
                version: row["version"].as_i64(),
            });
        }
        Ok(all)
    }

    async fn movements(&self) -> Result<Vec<Movement>, AdminError> {
        let mut all = Vec::new();
        for good in &self.opening.goods {
            let path = format!("/v1/admin/inventory/{}/movements", good.sku);
            let rows = self.admin.list(&path, |_| false).await?;
            all.extend(rows.iter().filter_map(movement));
        }
        Ok(all)
    }

    async fn payments(
        &self,
        movements: &Result<Vec<Movement>, AdminError>,
    ) -> Result<Vec<Payment>, AdminError> {
        let rows = self.admin.list("/v1/admin/simulated_payments", |_| false).await?;
        let all: Vec<Payment> = rows.iter().filter_map(payment).collect();
        if self.is_own {
            return Ok(all);
        }
        let movements = movements.as_ref().map_err(Clone::clone)?;
        let sagas: BTreeSet<&str> = movements.iter().filter_map(|movement| bare(&movement.cause)).collect();
        Ok(all.into_iter().filter(|payment| bare(&payment.id).is_some_and(|id| sagas.contains(id))).collect())
    }

    async fn audit(&self) -> Result<Vec<Judged>, AdminError> {
        let report = self.admin.get("/v1/admin/audit").await?;
        let judged = report["invariants"].as_array().cloned().unwrap_or_default();
        Ok(judged.into_iter().filter_map(|judged| serde_json::from_value(judged).ok()).collect())
    }

    async fn unfinished(&self) -> Result<Vec<Unfinished>, AdminError> {
        let rows = self.admin.list("/v1/admin/sagas", |_| false).await?;
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let unfinished = |row: &Value| Unfinished {
            id: text(row, "id"),
            state: text(row, "state"),
            problem: text(row, "problem"),
        };
        Ok(rows.iter().map(unfinished).collect())
    }

    fn mails(&self) -> Book<Vec<Mail>> {
        let Some(folder) = &self.mails else {
            return Book::Missing {
                reason: "confirmations are with whoever delivers the shop's mail".to_owned(),
            };
        };
        match read_mails(folder, self.opening.seed) {
            Ok(mails) => Book::Read(mails),
            Err(error) => Book::Unreadable { reason: format!("{}: {error}", folder.display()) },
        }
    }
}

fn book<T>(read: Result<T, AdminError>) -> Book<T> {
    match read {
        Ok(book) => Book::Read(book),
        // A shop without simulated payments has no such book.
        Err(error @ AdminError::Refused { status: 404, .. }) => Book::Missing { reason: error.to_string() },
        Err(error) => Book::Unreadable { reason: error.to_string() },
    }
}

/// An id without its prefix: a saga's and its payment's are the same behind it.
fn bare(id: &str) -> Option<&str> {
    id.split_once('_').map(|(_, bare)| bare)
}

fn text(row: &Value, name: &str) -> Option<String> {
    row[name].as_str().map(ToOwned::to_owned)
}

fn minor(money: &Value) -> Option<i64> {
    money["amount"].as_i64()
}

fn order(row: &Value) -> Option<Order> {
    let units = |line: &Value, count: &str| {
        Some(Line {
            sku: text(line, "sku")?,
            quantity: line[count].as_i64()?,
            unit_price: serde_json::from_value(line["unit_price"].clone()).ok(),
        })
    };
    let lines = |count: &str| -> Option<Vec<Line>> {
        Some(row["lines"].as_array()?.iter().filter_map(|line| units(line, count)).collect())
    };
    let totals = &row["totals"];
    let payment = |payment: &Value| {
        Some(OrderPayment {
            id: text(payment, "id")?,
            status: text(payment, "status")?,
            captured: minor(&payment["captured"])?,
            refunded: minor(&payment["refunded"])?,
            refund_pending: minor(&payment["refund_pending"])?,
        })
    };
    let total = serde_json::from_value::<Money>(totals["total"].clone()).ok();
    Some(Order {
        id: text(row, "id")?,
        number: row["number"].as_i64(),
        email: text(row, "email")?,
        status: text(row, "status")?,
        lines: lines("quantity")?,
        shipped: lines("shipped")?,
        totals: total.and_then(|total| {
            Some(Totals {
                subtotal: minor(&totals["subtotal"])?,
                discount: minor(&totals["discount"])?,
                shipping: minor(&totals["shipping"])?,
                tax_added: minor(&totals["tax_added"])?,
                total: total.amount,
                currency: total.currency,
            })
        }),
        checkout: text(row, "checkout_id"),
        payment: payment(&row["payment"]),
        statuses: row["events"].as_array()?.iter().filter_map(|event| text(event, "to")).collect(),
    })
}

fn movement(row: &Value) -> Option<Movement> {
    let after = |name: &str| row["after"][name].as_i64();
    Some(Movement {
        sku: text(row, "sku")?,
        location: text(row, "location")?,
        version: row["version"].as_i64()?,
        kind: text(row, "kind")?,
        quantity: row["quantity"].as_i64()?,
        available: after("available")?,
        reserved: after("reserved")?,
        committed: after("committed")?,
        backordered: after("backordered")?,
        cause: text(row, "cause")?,
    })
}

fn payment(row: &Value) -> Option<Payment> {
    Some(Payment {
        id: text(row, "id")?,
        status: text(row, "status")?,
        amount: serde_json::from_value(row["amount"].clone()).ok()?,
        refunded: minor(&row["refunded"])?,
        asked: row["asked"].as_i64()?,
        token: text(row, "token"),
    })
}

fn read_mails(folder: &Path, seed: u64) -> std::io::Result<Vec<Mail>> {
    let mut mails = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let id = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        if path.extension().is_some_and(|extension| extension == "eml") {
            let mail = mail(id, &std::fs::read(&path)?);
            mails.extend(mail.filter(|mail| purchase_of(seed, &mail.to).is_some()));
        }
    }
    Ok(mails)
}

fn mail(id: String, bytes: &[u8]) -> Option<Mail> {
    let content = String::from_utf8_lossy(bytes);
    let to = content.lines().find_map(|line| line.strip_prefix("To: "))?.trim();
    // The link to the order, whose line may be broken by the mail's encoding.
    let whole = content.replace("=\r\n", "");
    let order = whole.find("/orders/ord_").map(|at| &whole[at + "/orders/".len()..]);
    let order =
        order.map(|rest| rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_'));
    Some(Mail {
        id,
        to: to.trim_matches(['<', '>']).to_owned(),
        order: order.map(Iterator::collect),
        body_hash: body_hash(bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_linked_to_its_buyer_and_its_order() {
        let text = "From: Shop <shop@example.com>\r\nTo: buyer-3.7@surge.example\r\n\r\nhttp://localhost:1/orders/ord_01=\r\nab?token=3Dx\r\n";
        let mail = mail("evt_1".to_owned(), text.as_bytes()).unwrap();
        assert_eq!((mail.to.as_str(), mail.order.as_deref()), ("buyer-3.7@surge.example", Some("ord_01ab")));
    }

    #[test]
    fn a_saga_and_its_payment_have_one_id_behind_their_prefixes() {
        assert_eq!(bare("sag_01x"), bare("pay_01x"));
        assert_eq!(bare("nothing"), None);
    }
}
