//! What a mail says: the subject, the sentences, and the receipt of a confirmation.
//!
//! Reads of an order only what never changes: its number, its token, its locked prices, its buyer, and the event itself.
//! Whatever else has happened since, a delivery that is tried again says the same (I8).

use askama::Template;
use sellonce_checkout::address::Address;
use sellonce_checkout::money::Money;
use sellonce_checkout::order::{HistoryEvent, Order, Status};
use sellonce_checkout::price_lock::Lock;
use sellonce_checkout::session::Checkout;
use sellonce_checkout::store::deliveries::Due;

use super::Problem;

/// A letter to a buyer, before it is plain text or HTML.
pub(super) struct Letter<'a> {
    /// The shop's name.
    shop_name: &'a str,
    /// The subject of the mail.
    pub(super) subject: String,
    /// What is said, a paragraph each.
    paragraphs: Vec<String>,
    /// What was bought, in a confirmation.
    receipt: Option<Receipt<'a>>,
    /// Where the buyer sees the order.
    link: String,
}

/// What was bought and what it cost.
struct Receipt<'a> {
    lines: Vec<Line<'a>>,
    amounts: Vec<Amount>,
    total: Money,
    /// The tax that the total contains, where prices include it.
    tax_contained: Option<Money>,
    /// Where it is sent to, line by line.
    address: Vec<String>,
}

struct Line<'a> {
    quantity: u32,
    title: &'a str,
    sku: &'a str,
    unit_price: Money,
    amount: Money,
}

struct Amount {
    label: &'static str,
    amount: String,
}

/// The letter as plain text.
#[derive(Template)]
#[template(path = "mail.txt")]
pub(super) struct Text<'a> {
    pub(super) letter: &'a Letter<'a>,
}

/// The letter as HTML; the template's extension makes it escape all it is given.
#[derive(Template)]
#[template(path = "mail.html")]
pub(super) struct Html<'a> {
    pub(super) letter: &'a Letter<'a>,
}

impl<'a> Letter<'a> {
    /// The letter that tells of an event.
    pub(super) fn about(due: &'a Due, shop_name: &'a str, public_url: &str) -> Result<Self, Problem> {
        let (event, order) = (&due.event, &due.view.order);
        let number = order.number;
        let (news, paragraphs) = match event.to {
            Status::Paid => ("is confirmed", vec![format!("Thank you! Your order {number} is confirmed.")]),
            Status::Shipped => ("is on its way", shipped(event, order)),
            Status::Cancelled => ("was cancelled", cancelled(event, order)),
            Status::Refunded => ("was refunded", refunded(order)),
            Status::Pending | Status::Processing | Status::Delivered => {
                return Err(Problem::NoLetter(event.to));
            }
        };
        Ok(Self {
            shop_name,
            subject: format!("{shop_name}: order {number} {news}"),
            paragraphs,
            receipt: (event.to == Status::Paid).then(|| receipt(&due.view.checkout)),
            link: format!("{public_url}/orders/{}?token={}", order.id, order.token.reveal()),
        })
    }
}

fn shipped(event: &HistoryEvent, order: &Order) -> Vec<String> {
    let news = format!("Your order {} is on its way.", order.number);
    // The tracking reference stands in the reason; a merchant who has none writes `none`.
    let tracking = Some(event.reason.as_str()).filter(|reason| !reason.is_empty() && *reason != "none");
    std::iter::once(news).chain(tracking.map(|tracking| format!("Tracking: {tracking}"))).collect()
}

/// The merchant's reason is not passed on: it was written for the shop's own history.
fn cancelled(event: &HistoryEvent, order: &Order) -> Vec<String> {
    let news = format!("Your order {} was cancelled.", order.number);
    let money = match event.from {
        _ if order.total.is_zero() => None,
        Some(Status::Pending) => Some("You were not charged."),
        _ => Some("What you have paid goes back the way it came."),
    };
    std::iter::once(news).chain(money.map(str::to_owned)).collect()
}

fn refunded(order: &Order) -> Vec<String> {
    vec![
        format!("All that you paid for your order {}, {}, was given back.", order.number, order.total),
        "It can take a few days until you see it in your account.".to_owned(),
    ]
}

fn receipt(checkout: &Checkout) -> Receipt<'_> {
    let totals = &checkout.lock.totals;
    let mut amounts = vec![Amount { label: "Subtotal", amount: totals.subtotal.to_string() }];
    let mut unless_zero = |label, sign, amount: Money| {
        if !amount.is_zero() {
            amounts.push(Amount { label, amount: format!("{sign}{amount}") });
        }
    };
    unless_zero("Discount", "-", totals.discount);
    unless_zero("Shipping", "", totals.shipping);
    unless_zero("Tax", "", totals.tax_added);
    let contained = totals.tax_added.is_zero() && !totals.tax.is_zero();
    Receipt {
        lines: lines(&checkout.lock),
        amounts,
        total: totals.total,
        tax_contained: contained.then_some(totals.tax),
        address: checkout.buyer.address.as_ref().map(address_lines).unwrap_or_default(),
    }
}

fn lines(lock: &Lock) -> Vec<Line<'_>> {
    let sold = lock.sold().map(|(line, unit_price)| Line {
        quantity: line.quantity,
        title: &line.title,
        sku: line.sku.as_str(),
        unit_price,
        amount: unit_price.times(line.quantity).expect("I5: the lock has summed up this amount"),
    });
    sold.collect()
}

fn address_lines(address: &Address) -> Vec<String> {
    let place = match &address.region {
        Some(region) => format!("{}, {region} {}", address.city, address.postal_code),
        None => format!("{} {}", address.postal_code, address.city),
    };
    let street = [Some(&address.name), Some(&address.line1), address.line2.as_ref()];
    let street = street.into_iter().flatten().cloned();
    street.chain([place, address.country.to_string()]).collect()
}
