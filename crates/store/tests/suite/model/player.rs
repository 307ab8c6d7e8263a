//! Who plays the calls on a store, and what they remember of it.

use sellonce_checkout::callback::{Callback, LateCapture};
use sellonce_checkout::cart::CartChange;
use sellonce_checkout::discount::{Discount, DiscountCode, Reduction};
use sellonce_checkout::id::{CartId, CheckoutId, EventId, OrderId, RefundId};
use sellonce_checkout::inventory::{Kind, Policy};
use sellonce_checkout::money::BasisPoints;
use sellonce_checkout::payment;
use sellonce_checkout::price_lock::WantedLine;
use sellonce_checkout::purchase_limit::PurchaseLimit;
use sellonce_checkout::refund::Outcome;
use sellonce_checkout::saga::{Ending, State};
use sellonce_checkout::store::Failure;
use sellonce_checkout::store::carts::{ChangeCart, CreateCart};
use sellonce_checkout::store::checkouts::Goods;
use sellonce_checkout::store::deliveries::{DeliveryResult, MAIL};
use sellonce_checkout::store::orders::DueRefund;
use sellonce_checkout::store::sagas::{
    Advance, Begun, CallOffOrder, LateCheck, Leased, Moved, PayOrder, PaymentNews, Postpone, Release,
    ReserveRefusal, ResolveSaga, Run, TakeOver,
};

use crate::model::calls::{BUYERS, BackOffice, Call, Coordinator, Merchant, Outside, Payer, SKUS, Shopper};
use crate::stores::Subject;
use crate::world::{World, annex, buyer, from, lines, main_location, owner, price, product, secret, sku};

/// A store with what the calls so far have made in it.
pub(super) struct Player {
    pub(super) world: World,
    carts: Vec<CartId>,
    checkouts: Vec<CheckoutId>,
    pub(super) runs: Vec<Run>,
    orders: Vec<OrderId>,
}

pub(super) fn pick<T: Clone>(things: &[T], index: usize) -> Option<T> {
    things.iter().rev().nth(index.checked_rem(things.len())?).cloned()
}

/// Moves that the coordinator never makes, such as a decline after a cancellation was asked for, are spared: the stores
/// assert that sagas and payments walk their tables.
fn is_legal(run: &Run, does: &Coordinator) -> bool {
    let state = run.saga.state;
    let status = run.attempt.as_ref().map(|attempt| attempt.status);
    let not_taken = matches!(status, Some(payment::Status::Created | payment::Status::RequiresAction));
    let set_aside = status == Some(payment::Status::Authorized);
    match does {
        Coordinator::Await => state == State::Reserved && status == Some(payment::Status::Created),
        Coordinator::Expire | Coordinator::Decline => {
            matches!(state, State::Reserved | State::AwaitingBuyer) && not_taken
        }
        Coordinator::Place => match state {
            State::Reserved => not_taken || status.is_none(),
            State::AwaitingBuyer | State::Cancelling => not_taken,
            State::Ordered | State::Refunding | State::Voiding | State::Placed | State::Released => false,
        },
        Coordinator::GiveBack => state == State::Cancelling && not_taken,
        Coordinator::Pay | Coordinator::CallOff => state == State::Ordered && set_aside,
        Coordinator::Void => state == State::Voiding && set_aside,
        Coordinator::Postpone { .. } => run.saga.has_work(),
    }
}

/// That a payment stands so, if there is one.
fn news(run: &Run, status: payment::Status) -> PaymentNews {
    PaymentNews { status: run.attempt.as_ref().map(|_| status), ..PaymentNews::default() }
}

/// What a call came to, as text: equal answers are equal texts.
fn told(answer: impl std::fmt::Debug) -> String {
    format!("{answer:?}")
}

impl Player {
    pub(super) async fn new(subject: Subject) -> Self {
        let mut world = World::new(subject);
        world.put("scarce", 1000, 3).await;
        world.put_with(product("endless", 1000, Some(2), Policy::Continue), false).await.expect("it is put");
        world.put("limited", 1000, 200).await;
        world.put("dear", 5000, 200).await;
        let limit = PurchaseLimit { sku: sku("limited"), quantity_max: 9 };
        world.store().set_purchase_limit(limit).await.expect("the store answers");
        let discount = Discount {
            code: DiscountCode::parse("TWICE").expect("a code"),
            reduction: Reduction::Percentage(BasisPoints::new(1_000).expect("a rate")),
            subtotal_min: None,
            starts_at: None,
            ends_at: None,
            uses_max: Some(2),
        };
        world.store().create_discount(discount).await.expect("the store answers");
        Self { world, carts: Vec::new(), checkouts: Vec::new(), runs: Vec::new(), orders: Vec::new() }
    }

    pub(super) async fn play(&mut self, call: &Call) -> String {
        match call {
            Call::Merchant(call) => self.merchant(call).await,
            Call::Shopper(call) => self.shopper(call).await,
            Call::Payer { checkout, does } => match pick(&self.checkouts, *checkout) {
                Some(id) => self.payer(id, does).await,
                None => String::new(),
            },
            Call::Coordinator { run, does } => match pick(&self.movable(does), *run) {
                Some(run) => self.coordinator(&run, does).await,
                None => String::new(),
            },
            Call::Claim => {
                let claimed = self.world.store().claim_sagas(owner(), 100).await;
                let mut claimed = claimed.expect("the store answers");
                claimed.sort_by_key(|run| run.saga.id);
                self.runs.extend(claimed.iter().cloned());
                told(claimed)
            }
            Call::BackOffice(call) => self.back_office(call).await,
            Call::Outside { run, does } => match pick(&self.runs, *run) {
                Some(run) => self.outside(&run, does).await,
                None => String::new(),
            },
            Call::Wait { ms } => {
                self.world.clock().advance(*ms);
                String::new()
            }
        }
    }

    /// The sagas, as they were met, that the coordinator may move so.
    fn movable(&self, does: &Coordinator) -> Vec<Run> {
        self.runs.iter().filter(|run| is_legal(run, does)).cloned().collect()
    }

    async fn merchant(&mut self, call: &Merchant) -> String {
        match call {
            Merchant::Stock { sku, at_annex, quantity } => {
                let kind = if *quantity < 0 { Kind::Adjust } else { Kind::Receive };
                let location = if *at_annex { annex() } else { main_location() };
                told(self.world.move_stock(SKUS[*sku], location, kind, *quantity).await)
            }
            Merchant::Price { sku: index, minor, revoke } => {
                told(self.world.store().set_price(&sku(SKUS[*index]), price(*minor), *revoke).await)
            }
            Merchant::Policy { deny } => {
                let policy = if *deny { Policy::Deny } else { Policy::Continue };
                told(self.world.put_with(product("endless", 1000, None, policy), false).await)
            }
        }
    }

    async fn shopper(&mut self, call: &Shopper) -> String {
        match call {
            Shopper::Cart { sku: index, quantity } => {
                let (id, line) = (self.world.cart_id(), self.world.line_id());
                let changes = vec![CartChange::Add { line, sku: sku(SKUS[*index]), quantity: *quantity }];
                self.carts.push(id);
                told(self.world.store().create_cart(CreateCart { id, secret: secret(1), changes }).await)
            }
            Shopper::AddToCart { cart, sku: index, quantity } => {
                let line = self.world.line_id();
                let Some(id) = pick(&self.carts, *cart) else { return String::new() };
                let change = CartChange::Add { line, sku: sku(SKUS[*index]), quantity: *quantity };
                let call = ChangeCart { id, secret: secret(1), expected_version: None, change };
                told(self.world.store().change_cart(call).await)
            }
            Shopper::OpenCart { cart, buyer: index } => {
                let Some(id) = pick(&self.carts, *cart) else { return String::new() };
                let goods = Goods::Cart { id, secret: secret(1) };
                let call = self.world.open_call(goods, buyer(BUYERS[*index]));
                self.checkouts.push(call.id);
                told(self.world.try_open(call).await)
            }
            Shopper::Open { lines, buyer: index, discount } => {
                let line = |(index, quantity, seen): &(usize, u32, Option<i64>)| WantedLine {
                    sku: sku(SKUS[*index]),
                    quantity: *quantity,
                    price_seen: seen.map(price),
                    title_seen: String::new(),
                };
                let goods = Goods::Lines(lines.iter().map(line).collect());
                let mut call = self.world.open_call(goods, buyer(BUYERS[*index]));
                call.discount_code = discount.then(|| DiscountCode::parse("twice").expect("a code"));
                self.checkouts.push(call.id);
                told(self.world.try_open(call).await)
            }
            Shopper::Buy { sku, quantity, buyer } => told(self.buy(*sku, *quantity, *buyer).await),
            Shopper::Sell { sku, quantity, buyer } => match self.buy(*sku, *quantity, *buyer).await {
                Some(Ok(Begun::New(run))) => self.coordinator(&run, &Coordinator::Place).await,
                other => told(other),
            },
        }
    }

    async fn buy(&mut self, sku: usize, quantity: u32, by: usize) -> Option<Result<Begun, ReserveRefusal>> {
        let call = self.world.open_call(lines(&[(SKUS[sku], quantity)]), buyer(BUYERS[by]));
        let id = call.id;
        self.world.try_open(call).await.ok()?;
        self.checkouts.push(id);
        Some(self.reserve(id, 0).await)
    }

    async fn reserve(&mut self, id: CheckoutId, key: usize) -> Result<Begun, ReserveRefusal> {
        let begun = self.world.try_reserve(id, &format!("key-{key}")).await;
        if let Ok(Begun::New(run)) = &begun {
            self.runs.push((**run).clone());
        }
        begun
    }

    async fn payer(&mut self, id: CheckoutId, does: &Payer) -> String {
        let store = self.world.store().clone();
        match does {
            Payer::Confirm => {
                let view = store.checkout(id).await.expect("the store answers");
                let Some(view) = view else { return String::new() };
                told(store.confirm_prices(id, secret(1), view.checkout.lock.price_hash()).await)
            }
            Payer::Cancel => told(store.cancel_checkout(id, secret(1)).await),
            Payer::Reserve { key } => told(self.reserve(id, *key).await),
        }
    }

    async fn coordinator(&mut self, run: &Run, does: &Coordinator) -> String {
        match does {
            Coordinator::Place => {
                let call = self.world.place_call(run);
                let id = call.order;
                let placed = self.world.store().place_order(call).await;
                if matches!(placed, Ok(Moved::Done(_))) {
                    self.orders.push(id);
                    self.meet_again(run).await;
                }
                told(placed)
            }
            Coordinator::Pay => {
                let (from, event) = (from(run), EventId(self.world.id()));
                let call = PayOrder { from, payment: news(run, payment::Status::Captured), event };
                told(self.world.store().pay_order(call).await)
            }
            Coordinator::CallOff => {
                let (payment, event) = (PaymentNews::default(), EventId(self.world.id()));
                let ending = Ending::Declined("no".to_owned());
                let call = CallOffOrder { from: from(run), payment, ending, to: State::Voiding, event };
                let moved = self.world.store().call_off_order(call).await;
                self.meet(moved)
            }
            Coordinator::Await => {
                let payment = news(run, payment::Status::RequiresAction);
                let action_url = Some("https://pay.example/act".to_owned());
                self.advance(run, State::AwaitingBuyer, payment, action_url, None).await
            }
            Coordinator::Expire => {
                let ending = Some(Ending::Expired);
                self.advance(run, State::Cancelling, PaymentNews::default(), None, ending).await
            }
            Coordinator::Decline => {
                let ending = Ending::Declined("no".to_owned());
                self.release(run, payment::Status::Declined, ending).await
            }
            Coordinator::GiveBack => self.release(run, payment::Status::Cancelled, Ending::Expired).await,
            Coordinator::Void => {
                let ending = run.saga.ending.clone().unwrap_or(Ending::NeverOrder);
                self.release(run, payment::Status::Voided, ending).await
            }
            Coordinator::Postpone { unknown } => {
                let next_run_at = self.world.store().now().plus_ms(200);
                let problem = "no answer".to_owned();
                let call = Postpone { from: from(run), next_run_at, unknown: *unknown, problem };
                told(self.world.store().postpone(call).await)
            }
        }
    }

    async fn advance(
        &mut self,
        run: &Run,
        to: State,
        payment: PaymentNews,
        action_url: Option<String>,
        ending: Option<Ending>,
    ) -> String {
        let call = Advance { from: from(run), to, payment, action_url, ending };
        let moved = self.world.store().advance(call).await;
        self.meet(moved)
    }

    async fn release(&mut self, run: &Run, status: payment::Status, ending: Ending) -> String {
        let call = Release { from: from(run), payment: news(run, status), ending, to: State::Released };
        let moved = self.world.store().release(call).await;
        self.meet(moved)
    }

    /// Keeps a saga as a move left it.
    fn meet(&mut self, moved: Result<Moved<Box<Run>>, Failure>) -> String {
        if let Ok(Moved::Done(run)) = &moved {
            self.runs.push((**run).clone());
        }
        told(moved)
    }

    /// Keeps a saga as it stands, if it goes on.
    async fn meet_again(&mut self, run: &Run) {
        let run = self.world.store().saga(run.saga.id).await.expect("the store answers");
        self.runs.extend(run.filter(|run| !run.saga.state.is_end()));
    }

    async fn outside(&mut self, run: &Run, does: &Outside) -> String {
        let store = self.world.store().clone();
        let saga = run.saga.id;
        match does {
            Outside::Hear { number } => {
                let (provider, id) = ("simulated".to_owned(), format!("msg-{number}"));
                told(store.hear(Callback { provider, id, attempt: Some(saga) }).await)
            }
            Outside::Late { captured } => {
                let (reference, refund) = ("at-provider".to_owned(), RefundId(self.world.id()));
                let captured = captured.then_some(LateCapture { reference, refund });
                told(store.finish_late_check(LateCheck { from: from(run), captured }).await)
            }
            Outside::TakeOver { leased } => {
                let leased = if *leased { Leased::Take } else { Leased::Leave };
                let call = TakeOver { saga, state: run.saga.state, owner: owner(), leased };
                let moved = store.take_over(call).await;
                self.meet(moved)
            }
            Outside::Retry => told(store.retry_saga(saga).await),
            Outside::Resolve { resolution, key } => {
                let claim = self.world.claim(&saga.to_string(), &format!("said-{key}"));
                let (actor, reason) = ("key_tests".to_owned(), "so they say".to_owned());
                let call =
                    ResolveSaga { claim, saga, resolution: *resolution, actor, reason, owner: owner() };
                let resolved = store.resolve_saga(call).await;
                if let Ok(Ok(resolved)) = &resolved {
                    self.runs.push(resolved.run.clone());
                }
                told(resolved)
            }
        }
    }

    async fn back_office(&mut self, call: &BackOffice) -> String {
        let store = self.world.store().clone();
        match call {
            BackOffice::Move { order, to, restock } => {
                let Some(id) = pick(&self.orders, *order) else { return String::new() };
                let mut call = self.world.transition_call(id, *to);
                call.restock = *restock;
                told(store.transition_order(call).await)
            }
            BackOffice::RefundPart { order, minor } => {
                let Some(id) = pick(&self.orders, *order) else { return String::new() };
                told(store.refund_order(self.world.refund_call(id, *minor)).await)
            }
            BackOffice::Ship { order, line, quantity } => {
                let Some(id) = pick(&self.orders, *order) else { return String::new() };
                told(self.world.ship(id, &[(*line, *quantity)]).await)
            }
            BackOffice::TakeBack { order, line, quantity, restock } => {
                let Some(id) = pick(&self.orders, *order) else { return String::new() };
                let call = self.world.return_call(id, &[(*line, *quantity)], *restock);
                told(store.return_order(call).await)
            }
            BackOffice::Refunds { refused } => {
                let due = store.claim_refunds(owner(), 100).await.expect("the store answers");
                let mut answers = told(&due);
                for DueRefund { refund, .. } in due {
                    let outcome = match refused {
                        true => Outcome::Refused("closed".to_owned()),
                        false => Outcome::Refunded(EventId(self.world.id())),
                    };
                    answers += &told(store.finish_refund(refund.id, outcome).await);
                }
                answers
            }
            BackOffice::Deliver { arrives } => {
                let mut due = store.claim_deliveries(MAIL, owner(), 100).await.expect("the store answers");
                due.sort_by_key(|due| due.event.id);
                for each in &due {
                    let at = store.now().plus_ms(1_000);
                    let result = match arrives {
                        true => DeliveryResult::Delivered,
                        false => DeliveryResult::Retry { at, problem: "no disk".to_owned() },
                    };
                    store.finish_delivery(each.event.id, MAIL, result).await.expect("the store answers");
                }
                told(due)
            }
        }
    }

    /// What is there in the end, as far as a reader can see.
    pub(super) async fn remains(&self) -> String {
        let store = self.world.store();
        let stock = store.stocks(None, 100).await;
        let orders = store.orders(None, 100).await;
        let discounts = store.discounts(None, 100).await;
        let stuck = (store.stuck_sagas(None, 100).await, store.stuck_refunds(None, 100).await);
        let mut checkouts = String::new();
        for id in &self.checkouts {
            checkouts += &told(store.checkout(*id).await);
        }
        let report = store.audit().await.expect("the store answers");
        let judged: Vec<_> =
            report.findings.iter().map(|finding| (finding.checked, finding.violated)).collect();
        format!("{stock:?}{orders:?}{discounts:?}{stuck:?}{checkouts}{judged:?}")
    }
}
