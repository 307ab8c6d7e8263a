//! A buyer: goes the way that the plan says, asks again until an answer is definite, and has everything taken down.
//!
//! Decides when an answer is definite and how long to wait before asking again. Leaves what requests and answers look
//! like to the dialect.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::Scene;
use super::door::Place;
use crate::chance::Chance;
use crate::dialect::{Heard, Purchase, Request, body_hash};
use crate::history::{self, End, Ended, Exchange, Line, Step, Told};
use crate::limits::Asks;
use crate::plan::{AtBank, Payment, Planned, Way};
use crate::wire::Sent;

/// The pause before a lost request is sent again, at first; it doubles.
const LOST_PAUSE_MS: u64 = 100;
/// And at most.
const LOST_PAUSE_MS_MAX: u64 = 2_000;
/// How often an answer that nothing explains is asked for again, in case it was the server's passing weakness.
const BROKEN_REPEATS_MAX: u32 = 3;

/// A buyer with one purchase.
pub(super) struct Buyer {
    pub(super) scene: Arc<Scene>,
    /// Its number in the plan.
    pub(super) number: u64,
    /// Which connection they use.
    pub(super) lane: usize,
    /// When they should begin: the clock's instant in an open loop.
    pub(super) due_ns: u64,
}

impl Buyer {
    /// Buys, or tries to. `place` is the buyer's place before the door, if they have to wait there.
    pub(super) async fn buy(self, place: Option<Place>) {
        let planned = self.scene.planner.purchase(self.number);
        self.scene.recorder.begins();
        let wanted = self.wanted(&planned);
        let mut tab = Tab::new(&self, 0, wanted.clone(), place);
        let end = match planned.way {
            Way::Straight => tab.straight(&planned.payments).await,
            Way::Cart => tab.with_cart(&planned).await,
            Way::Clicks => tab.clicks(&planned.payments).await,
            Way::OneCall => tab.one_call(&planned.payments).await,
            Way::Misuses => tab.misuses(&planned.payments).await,
            Way::Tabs => tab.two_tabs(&planned).await,
            Way::Leaves => tab.leaves(false).await,
            Way::Cancels => tab.leaves(true).await,
        };
        let end = end.unwrap_or_else(|end| end);
        let at_ns = self.scene.clock.now_ns();
        let waited_ns = tab.waited_ns(at_ns, self.due_ns);
        self.scene.recorder.ended(Ended {
            purchase: self.number,
            at_ns,
            due_ns: self.due_ns,
            waited_ns,
            end,
            wanted,
        });
    }

    /// What is wanted, at the prices that were shown when the sale began.
    fn wanted(&self, planned: &Planned) -> Vec<Line> {
        let line = |(sku, quantity): &(usize, i64)| {
            let good = &self.scene.goods[*sku];
            Line { sku: good.sku.clone(), quantity: *quantity, unit_price: Some(good.price.clone()) }
        };
        planned.lines.iter().map(line).collect()
    }
}

/// An end that came early: the rest of the way is not gone.
type Early<T> = Result<T, End>;

/// A browser's tab: a purchase under way.
struct Tab<'a> {
    buyer: &'a Buyer,
    tab: u8,
    purchase: Purchase,
    place: Option<Place>,
    at_bank: AtBank,
    /// Time that was the buyer's own: thinking, and standing before the door.
    own_ns: u64,
    /// How often each step was asked for under the present key.
    repeats: BTreeMap<Step, u32>,
}

impl<'a> Tab<'a> {
    fn new(buyer: &'a Buyer, tab: u8, lines: Vec<Line>, place: Option<Place>) -> Self {
        let Buyer { scene, number, .. } = buyer;
        let mut facts = BTreeMap::new();
        let mut email = history::email(scene.seed, *number);
        if let Some(limits) = &scene.limits {
            let asks = Asks::of(scene.seed, *number);
            if asks.discount {
                facts.insert("discount".to_owned(), limits.code.clone());
            }
            if asks.again {
                email = history::second_email(scene.seed, *number);
            }
        }
        let (token, key) = (String::new(), String::new());
        let purchase = Purchase { number: *number, email, lines, token, key, facts };
        let (at_bank, repeats) = (AtBank::Approves, BTreeMap::new());
        Self { buyer, tab, purchase, place, at_bank, own_ns: 0, repeats }
    }

    /// Another tab of the same cart, or another click.
    fn beside(&self, tab: u8) -> Self {
        Self {
            buyer: self.buyer,
            tab,
            purchase: self.purchase.clone(),
            place: None,
            at_bank: self.at_bank,
            own_ns: 0,
            repeats: self.repeats.clone(),
        }
    }

    fn scene(&self) -> &'a Scene {
        &self.buyer.scene
    }

    /// How long the buyer waited for the shop.
    fn waited_ns(&self, now_ns: u64, due_ns: u64) -> u64 {
        now_ns.saturating_sub(due_ns).saturating_sub(self.own_ns)
    }

    async fn straight(&mut self, payments: &[Payment]) -> Early<End> {
        self.go_to_the_till().await?;
        self.pay(payments).await
    }

    async fn with_cart(&mut self, planned: &Planned) -> Early<End> {
        self.fill_cart().await?;
        self.think(planned.think).await;
        self.straight(&planned.payments).await
    }

    /// Fills a cart that checkouts can be opened from; whether the shop has such a thing.
    async fn fill_cart(&mut self) -> Early<bool> {
        let has_carts = self.scene().dialect.request(Step::Cart, None, &self.purchase).is_some();
        if has_carts {
            self.ask(Step::Cart, None).await?;
        }
        Ok(has_carts)
    }

    async fn think(&mut self, think: Duration) {
        self.own_ns += crate::clock::ns(think);
        sleep(think).await;
    }

    /// All steps but the paying one, and the confirmation of changed prices.
    async fn go_to_the_till(&mut self) -> Early<()> {
        let begun_ns = self.scene().clock.now_ns();
        let _turn = match &self.place {
            Some(_) => self.scene().opening.acquire().await.ok(),
            None => None,
        };
        self.own_ns += self.scene().clock.now_ns().saturating_sub(begun_ns);
        let steps = self.scene().dialect.steps();
        let (_, before) = steps.split_last().ok_or(End::Error)?;
        for (index, step) in before.iter().enumerate() {
            let heard = self.ask(*step, Some(index)).await?;
            match heard {
                Heard::Opened { confirm: Some(_), .. } => drop(self.ask(Step::Confirm, None).await?),
                // Some shops look at the stock already when something is put into the cart.
                Heard::SoldOut(_) => return Err(End::SoldOut),
                Heard::Refused { .. } => return Err(End::Refused),
                Heard::Declined { .. } => return Err(End::Declined),
                Heard::Next
                | Heard::Opened { .. }
                | Heard::Ordered(_)
                | Heard::UnderWay { .. }
                | Heard::Shed { .. }
                | Heard::Broken { .. } => {}
            }
        }
        Ok(())
    }

    /// Pays with one way after the other until the shop takes one.
    async fn pay(&mut self, payments: &[Payment]) -> Early<End> {
        let mut end = End::Declined;
        for (attempt, payment) in payments.iter().enumerate() {
            self.choose(*payment, attempt);
            end = self.pay_once().await?;
            if end != End::Declined {
                break;
            }
        }
        Ok(end)
    }

    fn choose(&mut self, payment: Payment, attempt: usize) {
        let Buyer { scene, number, .. } = self.buyer;
        self.purchase.token = payment.token.to_owned();
        self.purchase.key = format!("surge-{}-{number}-{}-{attempt}", scene.seed, self.tab);
        let stays = payment.at_bank == AtBank::Vanishes && !scene.may_vanish;
        self.at_bank = if stays { AtBank::Refuses } else { payment.at_bank };
        let result = if self.at_bank == AtBank::Approves { "succeed" } else { "fail" };
        self.purchase.facts.insert("result".to_owned(), result.to_owned());
        self.repeats.clear();
    }

    /// Pays under the present key.
    async fn pay_once(&mut self) -> Early<End> {
        let last = self.scene().dialect.steps().len().checked_sub(1).ok_or(End::Error)?;
        self.pay_by(Some(last)).await
    }

    /// Pays by that step of a plain purchase, or without any step before it.
    async fn pay_by(&mut self, index: Option<usize>) -> Early<End> {
        Ok(match self.ask(Step::Complete, index).await? {
            Heard::Ordered(_) => End::Ordered,
            Heard::Declined { .. } => End::Declined,
            Heard::SoldOut(_) => End::SoldOut,
            Heard::Refused { .. } => End::Refused,
            Heard::Next | Heard::Opened { .. } => return Err(End::Error),
            Heard::UnderWay { .. } | Heard::Shed { .. } | Heard::Broken { .. } => {
                unreachable!("asking goes on until an answer is definite")
            }
        })
    }

    /// Three clicks on an open checkout.
    async fn clicks(&mut self, payments: &[Payment]) -> Early<End> {
        self.go_to_the_till().await?;
        let last = self.scene().dialect.steps().len().checked_sub(1);
        self.click(payments, last).await
    }

    /// The same where one request opens a checkout and pays it, if the shop has such a thing.
    async fn one_call(&mut self, payments: &[Payment]) -> Early<End> {
        match self.scene().dialect.request(Step::Complete, None, &self.purchase) {
            Some(_) => self.click(payments, None).await,
            None => self.clicks(payments).await,
        }
    }

    /// Three clicks at once under one key, and one more when the answer is there.
    async fn click(&mut self, payments: &[Payment], index: Option<usize>) -> Early<End> {
        let mut end = End::Declined;
        for (attempt, payment) in payments.iter().enumerate() {
            self.choose(*payment, attempt);
            let (mut second, mut third) = (self.beside(self.tab), self.beside(self.tab));
            let clicks = tokio::join!(self.pay_by(index), second.pay_by(index), third.pay_by(index));
            // What one of them was too late for, another one may have got.
            let is_ordered = [clicks.0, clicks.1, clicks.2].contains(&Ok(End::Ordered));
            end = if is_ordered { End::Ordered } else { clicks.0? };
            if matches!(end, End::Ordered | End::Declined) {
                self.beside(self.tab).pay_by(index).await?;
            }
            if end != End::Declined {
                break;
            }
        }
        Ok(end)
    }

    /// Pays with one payment, and sends something else under the key of its answer.
    async fn misuses(&mut self, payments: &[Payment]) -> Early<End> {
        self.go_to_the_till().await?;
        let end = self.pay(payments.get(..1).unwrap_or_default()).await?;
        let has_keys = self.scene().dialect.request(Step::Misuse, None, &self.purchase).is_some();
        if has_keys && matches!(end, End::Ordered | End::Declined) {
            self.send_misused().await?;
        }
        Ok(end)
    }

    /// Whatever the shop says of it, the purchase is over.
    async fn send_misused(&mut self) -> Early<()> {
        for _ in 0..=BROKEN_REPEATS_MAX {
            let request = self.scene().dialect.request(Step::Misuse, None, &self.purchase);
            match self.send(Step::Misuse, None, &request.ok_or(End::Error)?, false).await {
                Ok(Heard::Shed { retry_after_ms }) => self.pause(retry_after_ms).await?,
                Ok(_) => break,
                Err(_) => self.pause(LOST_PAUSE_MS).await?,
            }
        }
        Ok(())
    }

    /// Two tabs of one cart, paid in both at once.
    async fn two_tabs(&mut self, planned: &Planned) -> Early<End> {
        let payments = &planned.payments;
        let (here, there) = if self.fill_cart().await? {
            let mut other = self.beside(1);
            tokio::join!(self.straight(payments), other.straight(payments))
        } else {
            // What is paid twice is one cart, so all that comes before paying is done once.
            self.go_to_the_till().await?;
            let mut other = self.beside(1);
            tokio::join!(self.pay(payments), other.pay(payments))
        };
        // An order in either of them is what the buyer wanted; else the first tab's end is as good as any.
        match (here, there) {
            (Ok(End::Ordered), _) | (_, Ok(End::Ordered)) => Ok(End::Ordered),
            (here, _) => here,
        }
    }

    /// Goes away with an open checkout.
    async fn leaves(&mut self, cancels: bool) -> Early<End> {
        self.go_to_the_till().await?;
        self.place = None;
        if cancels && self.scene().dialect.request(Step::Cancel, None, &self.purchase).is_some() {
            self.ask(Step::Cancel, None).await?;
        }
        Ok(End::Abandoned)
    }

    /// Asks for a step until the answer is definite.
    async fn ask(&mut self, step: Step, index: Option<usize>) -> Early<Heard> {
        let is_paying = step == Step::Complete;
        if is_paying && let Some(place) = &self.place {
            self.own_ns += place.line_up(&self.scene().clock).await;
        }
        let (mut lost, mut broken) = (0_u32, 0_u32);
        loop {
            let request = self.scene().dialect.request(step, index, &self.purchase).ok_or(End::Error)?;
            let may_repeat = !is_paying || request.key.is_some();
            match self.send(step, index, &request, is_paying).await {
                Ok(Heard::Shed { retry_after_ms }) => self.pause(retry_after_ms).await?,
                Ok(Heard::UnderWay { retry_after_ms, approve, .. }) => {
                    if approve && self.at_bank == AtBank::Vanishes {
                        return Err(End::Abandoned);
                    }
                    if approve {
                        Box::pin(self.ask(Step::Approve, None)).await?;
                    }
                    self.pause(if approve { LOST_PAUSE_MS } else { retry_after_ms }).await?;
                }
                Ok(Heard::Broken { .. }) if may_repeat && broken < BROKEN_REPEATS_MAX => {
                    broken += 1;
                    self.pause(LOST_PAUSE_MS << broken).await?;
                }
                Ok(Heard::Broken { .. }) => return Err(End::Error),
                Ok(definite) => return Ok(definite),
                Err(unsent) if unsent || may_repeat => {
                    self.pause((LOST_PAUSE_MS << lost.min(5)).min(LOST_PAUSE_MS_MAX)).await?;
                    lost += 1;
                }
                // Whether it had an effect nobody knows, and asking again could buy twice.
                Err(_) => return Err(End::GaveUp),
            }
        }
    }

    /// Waits before asking again; somewhat longer or shorter than told, so that not all come back at once.
    async fn pause(&self, pause_ms: u64) -> Early<()> {
        let scene = self.scene();
        if scene.clock.now_ns().saturating_sub(self.buyer.due_ns) > scene.patience_ns {
            return Err(End::GaveUp);
        }
        let jitter =
            Chance::of(scene.seed ^ scene.clock.now_ns(), "pause", self.buyer.number).below(pause_ms / 2 + 1);
        sleep(Duration::from_millis(pause_ms + jitter)).await;
        Ok(())
    }

    /// Sends one request and has it taken down; `Err` says of a lost one whether it surely never left.
    async fn send(
        &mut self,
        step: Step,
        index: Option<usize>,
        request: &Request,
        is_paying: bool,
    ) -> Result<Heard, bool> {
        let scene = self.scene();
        let repeat = self.repeats.entry(step).or_default();
        let place = self.place.as_ref().filter(|_| is_paying);
        let begun_ns = scene.clock.now_ns();
        let lane = self.buyer.lane + usize::from(self.tab);
        let Sent { server, answer } = scene.wire.send(lane, request, place.map(Place::gate)).await;
        let answered_ns = scene.clock.now_ns();
        // Before the door was opened the shop did not have the whole request, so it could not act on it.
        let opened_ns = place.map_or(0, Place::opened_ns);
        let sent_ns = begun_ns.max(opened_ns).min(answered_ns);
        self.own_ns += sent_ns - begun_ns;
        let mut exchange = Exchange {
            purchase: self.buyer.number,
            tab: self.tab,
            step,
            key: request.key.clone(),
            repeat: *repeat,
            server,
            sent_ns,
            answered_ns,
            status: None,
            told: Told::Fine,
        };
        *repeat += 1;
        let heard = match answer {
            Ok(answer) => {
                exchange.status = Some(answer.status);
                let heard = scene.dialect.read(step, index, &answer, &mut self.purchase);
                exchange.told = told(&heard, body_hash(&answer.body));
                Ok(heard)
            }
            Err(lost) => {
                let unsent = lost.unsent;
                exchange.told = Told::Lost { why: lost.why, unsent };
                Err(unsent)
            }
        };
        scene.recorder.exchange(exchange);
        heard
    }
}

/// What is taken down of an answer.
fn told(heard: &Heard, body_hash: u64) -> Told {
    match heard.clone() {
        Heard::Next => Told::Fine,
        Heard::Opened { total, lines, confirm } => Told::Opened {
            total,
            lines,
            requires_confirmation: confirm.is_some(),
            price_changes: confirm.unwrap_or_default(),
        },
        Heard::Ordered(acknowledged) => Told::Ordered(acknowledged),
        Heard::UnderWay { status, .. } => Told::UnderWay { status },
        Heard::Declined { reason, replayed } => Told::Declined { reason, body_hash, replayed },
        Heard::SoldOut(lines) => Told::SoldOut { lines },
        Heard::Shed { retry_after_ms } => Told::Shed { retry_after_ms },
        Heard::Refused { code } => Told::Refused { code },
        Heard::Broken { what, as_success } => Told::Broken { what, as_success },
    }
}
