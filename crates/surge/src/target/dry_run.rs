//! A dry run: one purchase, shown request by request.
//!
//! Decides how it is shown. It is a purchase all the same: the shop sells one unit of a product of surge's own. What must
//! not be seen is `secrets`'s to say.

use std::fmt::Write;

use crate::dialect::{Answer, Dialect, Heard, Purchase, Request};
use crate::history::{Good, Line, Money, email};
use crate::wire::{Door, Protocol, Wire};

use super::keeper::TargetKeeper;
use super::secrets::Secrets;
use super::{Inner, Target};

/// What is shown of a body.
const SHOWN_MAX: usize = 500;

/// Sells one unit, and shows each step's request, its answer, what was taken from it and what it means.
///
/// # Errors
/// What was shown until it went wrong, with the reason at its end.
pub async fn dry_run(target: &Target, seed: u64, i_own: Option<&str>) -> Result<String, String> {
    let door = crate::stage::door_of(target.url(), i_own).await.map_err(|stop| stop.to_string())?;
    let secrets = Secrets::of(&target.0.file, &target.0.values);
    let mut shown = Shown { text: String::new(), secrets };
    let done = buy(target, seed, door, &mut shown).await;
    match done {
        Ok(()) => Ok(shown.hidden()),
        Err(reason) => {
            shown.line(&reason);
            Err(shown.hidden())
        }
    }
}

/// What is shown, until now.
struct Shown {
    text: String,
    secrets: Secrets,
}

impl Shown {
    fn line(&mut self, text: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{text}");
    }

    fn request(&mut self, place: usize, name: &str, request: &Request) {
        self.secrets.learn_request(request);
        self.line(&format!("step {}, {name}: {} {}", place + 1, request.method, request.path));
        for (name, value) in &request.headers {
            self.line(&format!("  {name}: {value}"));
        }
        self.body(&request.body);
    }

    fn answer(&mut self, answer: &Answer) {
        self.secrets.learn_answer(answer);
        self.line(&format!("  answered {}", answer.status));
        self.body(&answer.body);
    }

    /// The beginning of a body; hidden before it is cut, so that no part of a secret is left at its end.
    fn body(&mut self, body: &[u8]) {
        if !body.is_empty() {
            let text = self.secrets.hide(&String::from_utf8_lossy(body));
            let text: String = text.chars().take(SHOWN_MAX).collect();
            self.line(&format!("  {text}"));
        }
    }

    /// Everything, as it may be seen: what was learned late is hidden from the beginning.
    fn hidden(&self) -> String {
        self.secrets.hide(&self.text)
    }
}

async fn buy(target: &Target, seed: u64, door: Door, shown: &mut Shown) -> Result<(), String> {
    let inner: &Inner = &target.0;
    let price = Money { amount: 4_999, currency: inner.file.currency.clone() };
    let good = Good { sku: format!("surge-{seed}"), stock: 1, price };
    let keeper = TargetKeeper::new(target.clone(), door.clone());
    keeper.sell(std::slice::from_ref(&good), seed).await?;
    shown.line(&format!("1 unit of {} is on sale", good.sku));
    if let Some(known) = inner.known.get() {
        let facts = known.facts.iter().chain(known.of_sku.values().flatten());
        shown.secrets.learn_facts(facts.clone());
        for (name, value) in facts {
            shown.line(&format!("  {name} = {value}"));
        }
    }
    let wire = Wire::new(vec![door], Protocol::Http1, 1, &[]);
    let mut purchase = Purchase {
        number: 0,
        email: email(seed, 0),
        lines: vec![Line { sku: good.sku.clone(), quantity: 1, unit_price: Some(good.price.clone()) }],
        token: "tok_ok".to_owned(),
        key: format!("surge-{seed}-dry-run"),
        facts: std::collections::BTreeMap::new(),
    };
    shown.secrets.may_be_seen(&purchase.key);
    for (place, step) in target.steps().iter().enumerate() {
        let name = &inner.file.steps[place].name;
        let request = target
            .step_request(place, &purchase)
            .map_err(|name| format!("`{{{{{name}}}}}` stands for nothing"))?;
        shown.request(place, name, &request);
        let answer =
            wire.send(0, &request, None).await.answer.map_err(|lost| format!("  no answer: {}", lost.why))?;
        let before = purchase.facts.clone();
        let heard = target.read(*step, Some(place), &answer, &mut purchase);
        shown.secrets.learn_facts(&purchase.facts);
        shown.answer(&answer);
        for (name, value) in purchase.facts.iter().filter(|(name, value)| before.get(*name) != Some(value)) {
            shown.line(&format!("  {name} = {value}"));
        }
        shown.line(&format!("  which means: {}", meaning(&heard)));
        let is_last = place + 1 == target.steps().len();
        let goes_on = match heard {
            Heard::Next | Heard::Opened { .. } => !is_last,
            Heard::Ordered(_) => is_last,
            Heard::UnderWay { .. }
            | Heard::Declined { .. }
            | Heard::SoldOut(_)
            | Heard::Shed { .. }
            | Heard::Refused { .. }
            | Heard::Broken { .. } => false,
        };
        if !goes_on {
            return Err(format!("`{name}` does not lead on to an order"));
        }
    }
    books(&keeper, seed, good, shown).await
}

/// Reads the books back and says what is in them.
async fn books(keeper: &TargetKeeper, seed: u64, good: Good, shown: &mut Shown) -> Result<(), String> {
    let opening = crate::history::Opening {
        seed,
        target: String::new(),
        workload: String::new(),
        buyers: 1,
        began_at: String::new(),
        goods: vec![good],
        all_must_sell: true,
        answers_within_ms: None,
        limits: None,
    };
    let books = keeper.books(&opening).await;
    let stock = books.stock.get()?;
    shown.line(&format!("stock: {stock:?}"));
    let (mut found, mut payment) = (0, None);
    match books.orders.get() {
        Ok(orders) => {
            found = orders.len();
            payment = orders.first().and_then(|order| order.payment.clone());
            shown.line(&format!("orders of this run: {orders:?}"));
        }
        Err(reason) => shown.line(&format!("orders: {reason}")),
    }
    match books.payments.get() {
        Ok(payments) => {
            let of_order = payments
                .iter()
                .find(|booked| payment.as_ref().is_some_and(|payment| payment.id == booked.id));
            shown.line(&format!("the order's payment, among {}: {of_order:?}", payments.len()));
        }
        Err(reason) => shown.line(&format!("payments: {reason}")),
    }
    match books.movements.get() {
        Ok(movements) => shown.line(&format!("movements: {}", movements.len())),
        Err(reason) => shown.line(&format!("ledger: {reason}")),
    }
    if books.orders.get().is_ok() && found != 1 {
        return Err(format!("one order was placed, and {found} are found by the buyer's address"));
    }
    Ok(())
}

fn meaning(heard: &Heard) -> String {
    match heard {
        Heard::Next => "go on".to_owned(),
        Heard::Opened { total, .. } => format!("go on, {total:?} to pay"),
        Heard::Ordered(order) => format!("the order {} stands, {:?} paid", order.order, order.total),
        Heard::UnderWay { .. } => "still under way".to_owned(),
        Heard::Declined { .. } => "declined".to_owned(),
        Heard::SoldOut(_) => "sold out".to_owned(),
        Heard::Shed { .. } => "too busy".to_owned(),
        Heard::Refused { code } => format!("refused ({code})"),
        Heard::Broken { what, .. } => format!("nothing that the file explains ({what})"),
    }
}
