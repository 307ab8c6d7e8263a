//! An order as its buyer sees it.
//!
//! Decides in which words its status is told. Leaves what an order is to checkout.

use askama::Template;
use axum::http::StatusCode;
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::id::{OrderId, OrderToken};
use sellonce_checkout::order::{self, HistoryEvent, Line, Status};
use sellonce_checkout::store::orders::OrderView;
use serde::Deserialize;

use super::review::Notice;
use super::shell::{Page, Shell, secret_page};
use super::summary::{Buyer, Summary};
use super::visit::Visit;
use crate::extract::{Path, Query};
use crate::problem::Problem;
use crate::shape;

#[derive(Template)]
#[template(path = "order.html")]
struct OrderPage {
    shell: Shell,
    number: i64,
    notice: Notice,
    summary: Summary,
    buyer: Buyer,
    events: Vec<Event>,
}

/// Something that happened to the order.
struct Event {
    what: &'static str,
    at: String,
    when: String,
}

/// The address of an order's page, with the secret that opens it.
pub(super) fn path(id: OrderId, token: &OrderToken) -> String {
    format!("/orders/{id}?token={}", token.reveal())
}

/// The secret of a link.
#[derive(Deserialize)]
pub(super) struct Link {
    #[serde(default)]
    token: String,
}

/// An order, for who has its link.
pub(super) async fn show_order(visit: Visit, Path(id): Path<String>, Query(link): Query<Link>) -> Page {
    let id = OrderId::parse(&id).ok_or_else(Problem::not_found)?;
    let token = OrderToken::parse(&link.token).ok_or_else(Problem::not_found)?;
    let view = visit.app.store.order(id).await?.filter(|view| view.order.token.matches(&token));
    let view = view.ok_or_else(Problem::not_found)?;
    let order = OrderPage {
        shell: visit.shell(),
        number: view.order.number,
        notice: notice(&view),
        summary: Summary::of(&visit.app, &view.checkout, |number, _| progress(&view.order.lines, number))?,
        buyer: (&view.checkout.buyer).into(),
        events: view.order.events.iter().map(event).collect(),
    };
    secret_page(StatusCode::OK, &order)
}

fn notice(view: &OrderView) -> Notice {
    let email = view.checkout.buyer.email.as_str();
    let (tone, title, text) = match view.order.status {
        Status::Pending => (
            "",
            "We have your order",
            "Your payment is being settled; this page shows when it is.".to_owned(),
        ),
        Status::Paid => {
            let text = format!("It is placed, and a confirmation is on its way to {email}.");
            ("is-good", "Thank you for your order", text)
        }
        Status::Processing => {
            ("is-good", "Your order is being packed", "It leaves the house soon.".to_owned())
        }
        Status::Shipped => {
            ("is-good", "Your order is on its way", "All of it has left the house.".to_owned())
        }
        Status::Delivered => ("is-good", "Your order has arrived", "We hope that you like it.".to_owned()),
        Status::Cancelled => ("is-warn", "This order was cancelled", String::new()),
        Status::Refunded => ("is-warn", "Your money is back", "The whole payment was given back.".to_owned()),
    };
    let money = match order::payment_status(view.order.status, view.attempt.as_ref()) {
        "refund_pending" => " Your money is on its way back.",
        "partially_refunded" => " A part of your money was given back.",
        "refunded" if view.order.status == Status::Cancelled => " The whole payment was given back.",
        _ => "",
    };
    Notice { tone, title, text: format!("{text}{money}").trim().to_owned() }
}

fn event(event: &HistoryEvent) -> Event {
    let what = match event.to {
        Status::Pending => "Ordered",
        Status::Paid => "Paid",
        Status::Processing => "Being packed",
        Status::Shipped => "Shipped",
        Status::Delivered => "Delivered",
        Status::Cancelled => "Cancelled",
        Status::Refunded => "Refunded",
    };
    Event { what, at: shape::time(event.at), when: in_words(event.at) }
}

/// A time for people, as `27 November 2026, 14:05 UTC`.
fn in_words(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or(jiff::Timestamp::MAX);
    at.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

/// What became of a line so far, if not all of it is in the house.
fn progress(lines: &[Line], number: u32) -> String {
    let sum = |count: fn(&Line) -> i64| -> i64 {
        lines.iter().filter(|line| line.number == number).map(count).sum()
    };
    let counts = [
        (sum(|line| line.shipped), "shipped"),
        (sum(|line| line.cancelled), "cancelled"),
        (sum(|line| line.returned), "returned"),
    ];
    let said = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    said.collect::<Vec<_>>().join(", ")
}
