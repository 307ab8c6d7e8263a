//! The merchant of a target: puts goods on sale, changes prices, reads the books, all as the file says.
//!
//! Decides how pages are followed. A book that the file does not describe is missing, and says so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::Value;

use crate::books::{Book, Books, Movement, Order, OrderPayment, Payment, Stock, Totals};
use crate::dialect::Request;
use crate::history::{Good, Line, Money, Opening, purchase_of};
use crate::wire::{Door, Protocol, Wire};

use super::check::live_key;
use super::file::{Call, StockFile, Text};
use super::reading::{Reading, number_at, text_at};
use super::requests::CallRequest;
use super::template::{Facts, Place, Template};
use super::{Inner, Known, Target};

/// The most pages of a list: a cursor that leads back to itself must not be followed for ever.
const PAGES_MAX: usize = 100_000;

/// A merchant who speaks as a target file says.
pub(crate) struct TargetKeeper {
    target: Target,
    wire: Wire,
    /// Payments that were booked before the run.
    booked_before: OnceLock<BTreeSet<String>>,
}

/// Rows of a list, or why there are none.
type Rows = Result<Vec<Value>, String>;

impl TargetKeeper {
    pub(crate) fn new(target: Target, door: Door) -> Self {
        let wire = Wire::new(vec![door], Protocol::Http1, 1, &[]);
        Self { target, wire, booked_before: OnceLock::new() }
    }

    fn inner(&self) -> &Inner {
        &self.target.0
    }

    /// How long the shop is left alone before its books are read.
    pub(crate) fn rest_s(&self) -> u64 {
        self.inner().file.rest_s
    }

    /// Puts the goods on sale.
    ///
    /// # Errors
    /// What the shop or the file refuses.
    pub(crate) async fn sell(&self, goods: &[Good], seed: u64) -> Result<(), String> {
        let inner = self.inner();
        let mut known = Known::default();
        known.facts.insert("seed".to_owned(), seed.to_string());
        for (call, request) in inner.file.before.iter().zip(&inner.before) {
            let brought = self.call(call, request, |name| inner.value(name, &[&known.facts])).await?;
            known.facts.extend(brought);
        }
        for good in goods {
            let mut facts = inner.of_good(good);
            for (call, request) in inner.file.sell.iter().zip(&inner.sell) {
                let brought =
                    self.call(call, request, |name| inner.value(name, &[&facts, &known.facts])).await?;
                facts.extend(brought);
            }
            known.of_sku.insert(good.sku.clone(), facts);
        }
        inner.known.set(known).map_err(|_| "a target is used for one run".to_owned())?;
        if let Some(payments) = self.all_payments().await {
            let booked = payments?.into_iter().map(|payment| payment.id).collect();
            self.booked_before.set(booked).map_err(|_| "a target is used for one run".to_owned())?;
        }
        Ok(())
    }

    /// Sets the price of a SKU.
    ///
    /// # Errors
    /// What the shop refuses, or that the file does not say how.
    pub(crate) async fn set_price(&self, sku: &str, price: &Money) -> Result<(), String> {
        let inner = self.inner();
        let mut facts = inner.facts_of(sku);
        facts.insert("price".to_owned(), inner.money.written(price.amount));
        for (call, request) in inner.file.reprice.iter().zip(&inner.reprice) {
            let brought = self.call(call, request, |name| inner.value(name, &[&facts])).await?;
            facts.extend(brought);
        }
        if inner.reprice.is_empty() { Err("the file has no `reprice`".to_owned()) } else { Ok(()) }
    }

    /// Units held for purchases under way, if the shop tells.
    pub(crate) async fn held(&self, goods: &[Good]) -> Option<i64> {
        self.inner().file.stock.reserved.as_ref()?;
        let rows = self.stock(goods).await.ok()?;
        Some(rows.iter().map(|row| row.reserved).sum())
    }

    /// Reads all books that the file describes.
    pub(crate) async fn books(&self, opening: &Opening) -> Books {
        let orders = self.orders().await;
        let is_ours = |order: &Order| purchase_of(opening.seed, &order.email).is_some();
        // A book of payments says nothing of runs: what was there before, or belongs to somebody else's order, is not ours.
        let of_others: BTreeSet<&str> = match &orders {
            Some(Ok(orders)) => {
                let others = orders.iter().filter(|order| !is_ours(order));
                others.filter_map(|order| order.payment.as_ref()).map(|payment| payment.id.as_str()).collect()
            }
            Some(Err(_)) | None => BTreeSet::new(),
        };
        let before = self.booked_before.get();
        let is_new = |payment: &Payment| {
            !before.is_some_and(|before| before.contains(&payment.id))
                && !of_others.contains(payment.id.as_str())
        };
        let payments =
            self.all_payments().await.map(|payments| Ok(payments?.into_iter().filter(is_new).collect()));
        Books {
            payments: book(payments, "payments"),
            orders: book(orders.map(|orders| Ok(orders?.into_iter().filter(is_ours).collect())), "orders"),
            stock: book(Some(self.stock(&opening.goods).await), "stock"),
            movements: book(self.movements(opening).await, "ledger"),
            audit: missing("audit"),
            mails: missing("mails"),
            unfinished: missing("stuck list"),
        }
    }

    async fn stock(&self, goods: &[Good]) -> Result<Vec<Stock>, String> {
        let inner = self.inner();
        let mut all = Vec::new();
        for good in goods {
            let facts = inner.facts_of(&good.sku);
            let body = self.answer(&inner.stock, |name| inner.value(name, &[&facts])).await?;
            all.push(stock(&good.sku, &inner.file.stock, &body)?);
        }
        Ok(all)
    }

    /// Every order of the shop.
    async fn orders(&self) -> Option<Result<Vec<Order>, String>> {
        let inner = self.inner();
        let (file, request) = (inner.file.orders.as_ref()?, inner.orders.as_ref()?);
        let rows = self.list(request, &Pages::of(&file.list, &file.next, &file.page), &Facts::new()).await;
        let order = |row: &Value| {
            let line = |line: &Value| {
                Some(Line {
                    sku: inner.sku_of(&text_at(line, Some(&file.sku))?),
                    quantity: number_at(line, Some(&file.quantity))?,
                    unit_price: None,
                })
            };
            let lines = row.pointer(file.lines.get_ref()).and_then(Value::as_array);
            let total = inner.money.at(row, file.total.as_ref());
            let payment = text_at(row, file.payment.as_ref());
            Some(Order {
                id: text_at(row, Some(&file.id))?,
                number: None,
                email: text_at(row, Some(&file.email))?,
                status: text_at(row, file.status.as_ref()).unwrap_or_else(|| "placed".to_owned()),
                lines: lines.into_iter().flatten().filter_map(line).collect(),
                shipped: Vec::new(),
                totals: total.map(totals),
                checkout: text_at(row, file.checkout.as_ref()),
                payment: payment.map(|id| OrderPayment {
                    id,
                    status: String::new(),
                    captured: 0,
                    refunded: 0,
                    refund_pending: 0,
                }),
                statuses: Vec::new(),
            })
        };
        Some(rows.map(|rows| rows.iter().filter_map(order).collect()))
    }

    /// Every payment of the provider's book.
    async fn all_payments(&self) -> Option<Result<Vec<Payment>, String>> {
        let inner = self.inner();
        let (file, request) = (inner.file.payments.as_ref()?, inner.payments.as_ref()?);
        let rows = self.list(request, &Pages::of(&file.list, &file.next, &file.page), &Facts::new()).await;
        let payment = |row: &Value| {
            let refunded = inner.money.at(row, file.refunded.as_ref());
            Some(Payment {
                id: text_at(row, Some(&file.id))?,
                status: text_at(row, file.status.as_ref()).unwrap_or_else(|| "captured".to_owned()),
                amount: inner.money.at(row, Some(&file.amount))?,
                refunded: refunded.map_or(0, |refunded| refunded.amount),
                asked: 1,
                token: None,
            })
        };
        Some(rows.map(|rows| rows.iter().filter_map(payment).collect()))
    }

    async fn movements(&self, opening: &Opening) -> Option<Result<Vec<Movement>, String>> {
        let inner = self.inner();
        let (file, request) = (inner.file.ledger.as_ref()?, inner.ledger.as_ref()?);
        let mut all = Vec::new();
        for good in &opening.goods {
            let facts = inner.facts_of(&good.sku);
            let rows = match self.list(request, &Pages::of(&file.list, &file.next, &file.page), &facts).await
            {
                Ok(rows) => rows,
                Err(reason) => return Some(Err(reason)),
            };
            let number = |row: &Value, pointer: &Text| number_at(row, Some(pointer));
            let movement = |row: &Value| {
                Some(Movement {
                    sku: good.sku.clone(),
                    location: text_at(row, Some(&file.location))?,
                    version: number(row, &file.version)?,
                    kind: text_at(row, Some(&file.kind))?,
                    quantity: number(row, &file.quantity)?,
                    available: number(row, &file.available)?,
                    reserved: number(row, &file.reserved)?,
                    committed: number(row, &file.committed)?,
                    backordered: number(row, &file.backordered)?,
                    cause: text_at(row, Some(&file.cause))?,
                })
            };
            all.extend(rows.iter().filter_map(movement));
        }
        Some(Ok(all))
    }

    /// All pages of a list.
    async fn list(&self, request: &CallRequest, pages: &Pages<'_>, facts: &Facts) -> Rows {
        let inner = self.inner();
        let mut rows: Vec<Value> = Vec::new();
        let mut cursor = String::new();
        for _ in 0..PAGES_MAX {
            let mut page = Facts::from([
                ("offset".to_owned(), rows.len().to_string()),
                ("page".to_owned(), pages.page(&cursor)),
                ("cursor".to_owned(), cursor),
            ]);
            page.extend(facts.clone());
            let body = self.answer(request, |name| inner.value(name, &[&page])).await?;
            let found = body.pointer(pages.list.get_ref()).and_then(Value::as_array).cloned();
            let found =
                found.ok_or_else(|| format!("nothing is at {} of {body:.300}", pages.list.get_ref()))?;
            let was_empty = found.is_empty();
            rows.extend(found);
            match text_at(&body, pages.next) {
                Some(found) => cursor = found,
                None if pages.next.is_none() && request.pages() && !was_empty => cursor = String::new(),
                None => return Ok(rows),
            }
        }
        Err(format!("{} has more pages than can be", request.method))
    }

    /// Makes a request of the file and keeps what it extracts.
    async fn call(
        &self,
        call: &Call,
        request: &CallRequest,
        value: impl Fn(&str) -> Option<String>,
    ) -> Result<Facts, String> {
        let request = request.fill(value).map_err(|name| format!("`{{{{{name}}}}}` stands for nothing"))?;
        let answer = self.send(&request).await?;
        let reading = Reading::of(&answer);
        let mut facts = BTreeMap::new();
        for (name, pointer) in &call.extract {
            let text = text_at(&reading.body, Some(pointer));
            let text = text.ok_or_else(|| not_there(&request, pointer.get_ref(), &answer.body))?;
            facts.insert(name.clone(), text);
        }
        for (name, header) in &call.extract_header {
            let text = answer.header(&header.get_ref().to_ascii_lowercase());
            let text = text.ok_or_else(|| not_there(&request, header.get_ref(), &answer.body))?;
            facts.insert(name.clone(), text.to_owned());
        }
        match facts.values().find_map(|text| live_key(text)) {
            Some(key) => {
                Err(format!("{} {} brings a live payment key ({key}...)", request.method, request.path))
            }
            None => Ok(facts),
        }
    }

    async fn answer(
        &self,
        request: &CallRequest,
        value: impl Fn(&str) -> Option<String>,
    ) -> Result<Value, String> {
        let request = request.fill(value).map_err(|name| format!("`{{{{{name}}}}}` stands for nothing"))?;
        let answer = self.send(&request).await?;
        serde_json::from_slice(&answer.body)
            .map_err(|error| format!("{} {}: {error}", request.method, request.path))
    }

    async fn send(&self, request: &Request) -> Result<crate::dialect::Answer, String> {
        let name = || format!("{} {}", request.method, request.path);
        let answer = self
            .wire
            .send(0, request, None)
            .await
            .answer
            .map_err(|lost| format!("{}: {}", name(), lost.why))?;
        if (200..400).contains(&answer.status) {
            return Ok(answer);
        }
        let text: String = String::from_utf8_lossy(&answer.body).chars().take(300).collect();
        Err(format!("{} is answered {}: {text}", name(), answer.status))
    }
}

impl Inner {
    /// What a name stands for in a merchant's request: the nearest that has it.
    fn value(&self, name: &str, nearest: &[&Facts]) -> Option<String> {
        let known = self.known.get().map(|known| &known.facts);
        nearest.iter().copied().chain(known).chain([&self.values]).find_map(|facts| facts.get(name).cloned())
    }

    fn of_good(&self, good: &Good) -> Facts {
        let fact = |name: &str, value: String| (name.to_owned(), value);
        Facts::from([
            fact("sku", good.sku.clone()),
            fact("stock", good.stock.to_string()),
            fact("price", self.money.written(good.price.amount)),
        ])
    }

    fn facts_of(&self, sku: &str) -> Facts {
        let known = self.known.get().and_then(|known| known.of_sku.get(sku).cloned());
        known.unwrap_or_else(|| Facts::from([("sku".to_owned(), sku.to_owned())]))
    }

    /// A shop may name a SKU by an id that selling it has brought.
    fn sku_of(&self, text: &str) -> String {
        let known = self.known.get().into_iter().flat_map(|known| &known.of_sku);
        let found = known.filter(|(_, facts)| facts.values().any(|value| value == text)).map(|(sku, _)| sku);
        found.into_iter().next().cloned().unwrap_or_else(|| text.to_owned())
    }
}

/// How the pages of a list follow each other.
struct Pages<'a> {
    list: &'a Text,
    next: Option<&'a Text>,
    page: Option<&'a Text>,
}

impl<'a> Pages<'a> {
    fn of(list: &'a Text, next: &'a Option<Text>, page: &'a Option<Text>) -> Self {
        Self { list, next: next.as_ref(), page: page.as_ref() }
    }

    /// What `{{page}}` stands for.
    fn page(&self, cursor: &str) -> String {
        let template = self.page.filter(|_| !cursor.is_empty()).map(|page| Template::parse(page.get_ref()));
        let filled =
            template.and_then(|template| template.ok()?.fill(Place::Path, |_| Some(cursor.to_owned())).ok());
        filled.unwrap_or_default()
    }
}

impl CallRequest {
    /// Whether it counts through its pages.
    fn pages(&self) -> bool {
        self.templates().any(|template| template.has("offset"))
    }
}

fn book<T>(read: Option<Result<T, String>>, what: &str) -> Book<T> {
    match read {
        None => missing(what),
        Some(Ok(book)) => Book::Read(book),
        Some(Err(reason)) => Book::Unreadable { reason },
    }
}

fn missing<T>(what: &str) -> Book<T> {
    Book::Missing { reason: format!("the target's file describes no {what}") }
}

fn stock(sku: &str, file: &StockFile, body: &Value) -> Result<Stock, String> {
    let optional = |pointer: &Option<Text>| number_at(body, pointer.as_ref());
    let (reserved, committed) = (optional(&file.reserved).unwrap_or(0), optional(&file.committed));
    let on_hand = optional(&file.on_hand).map(|units| units - reserved - committed.unwrap_or(0));
    let available = optional(&file.available).or(on_hand);
    let available = available.ok_or_else(|| format!("the stock of {sku} cannot be read from {body}"))?;
    Ok(Stock {
        sku: sku.to_owned(),
        available,
        reserved,
        committed,
        backordered: 0,
        version: optional(&file.version),
    })
}

/// A total of which only the sum is known.
fn totals(total: Money) -> Totals {
    Totals {
        subtotal: total.amount,
        discount: 0,
        shipping: 0,
        tax_added: 0,
        total: total.amount,
        currency: total.currency,
    }
}

fn not_there(request: &Request, what: &str, body: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(body).chars().take(300).collect();
    format!("{} {}: nothing is at {what} of {text}", request.method, request.path)
}
