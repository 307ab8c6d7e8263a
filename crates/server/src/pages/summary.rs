//! What a checkout or an order consists of: lines, amounts, buyer.
//!
//! Decides in which words they are shown. Every amount is the locked one; none is calculated here but a line's.

use sellonce_checkout::money::Money;
use sellonce_checkout::price_lock::LockedLine;
use sellonce_checkout::session::{self, Checkout};

use crate::app::App;
use crate::problem::Problem;

/// The lines and amounts of a lock.
pub(super) struct Summary {
    pub(super) lines: Vec<Line>,
    pub(super) rows: Vec<Row>,
    pub(super) total: Money,
    pub(super) tax_contained: Option<Money>,
}

/// A line that is sold.
pub(super) struct Line {
    pub(super) title: String,
    pub(super) quantity: u32,
    pub(super) unit_price: Money,
    pub(super) amount: Money,
    pub(super) remark: String,
}

/// An amount and what it is for.
pub(super) struct Row {
    pub(super) label: String,
    pub(super) amount: String,
}

/// Who buys and where it goes.
pub(super) struct Buyer {
    pub(super) email: String,
    pub(super) address: Vec<String>,
}

impl Summary {
    /// The lines and amounts of a checkout; `remark` is given each line with its number, counted from 1.
    pub(super) fn of(
        app: &App,
        checkout: &Checkout,
        remark: impl Fn(u32, &LockedLine) -> String,
    ) -> Result<Self, Problem> {
        let mut lines = Vec::new();
        for (number, locked) in (1_u32..).zip(&checkout.lock.lines) {
            let Some(unit_price) = locked.unit_price else { continue };
            lines.push(Line {
                title: locked.title.clone(),
                quantity: locked.quantity,
                unit_price,
                amount: unit_price.times(locked.quantity).map_err(|_| Problem::internal())?,
                remark: remark(number, locked),
            });
        }
        let totals = checkout.lock.totals;
        let is_contained = totals.tax_added.is_zero() && !totals.tax.is_zero();
        Ok(Self {
            lines,
            rows: rows(app, checkout),
            total: totals.total,
            tax_contained: is_contained.then_some(totals.tax),
        })
    }
}

fn rows(app: &App, checkout: &Checkout) -> Vec<Row> {
    let totals = checkout.lock.totals;
    let row = |label: &str, amount: String| Row { label: label.to_owned(), amount };
    let mut rows = vec![row("Subtotal", totals.subtotal.to_string())];
    if !totals.discount.is_zero() {
        let code = checkout.discount_code.as_ref().map_or("", |code| code.as_str());
        rows.push(row(&format!("Discount {code}"), format!("−{}", totals.discount)));
    }
    let methods = app.settings.shipping_methods.iter();
    let method = methods
        .filter(|method| method.code == checkout.lock.shipping_method)
        .map(|method| &method.title)
        .next();
    let label = method.map_or_else(|| "Shipping".to_owned(), |title| format!("Shipping: {title}"));
    let shipping = if totals.shipping.is_zero() { "Free".to_owned() } else { totals.shipping.to_string() };
    rows.push(row(&label, shipping));
    if !totals.tax_added.is_zero() {
        rows.push(row("Tax", totals.tax_added.to_string()));
    }
    rows
}

impl From<&session::Buyer> for Buyer {
    fn from(buyer: &session::Buyer) -> Self {
        let mut address = Vec::new();
        if let Some(given) = &buyer.address {
            address.extend([given.name.clone(), given.line1.clone()]);
            address.extend(given.line2.clone());
            address.push(format!("{} {}", given.postal_code, given.city));
            address.extend(given.region.clone());
            let country = given.country.as_str();
            address.push(super::countries::name(country).unwrap_or(country).to_owned());
            address.extend(given.phone.clone());
        }
        Self { email: buyer.email.to_string(), address }
    }
}
