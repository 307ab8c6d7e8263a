//! The model test: random calls, one by one, to the memory model and to each database; every answer is the same.
//!
//! The universe is small on purpose, so that calls meet: four SKUs (one with little stock, one that may be promised
//! beyond it, one with a purchase limit, one dear), two locations, three buyers, a discount with two uses.

use proptest::prelude::*;
use sellonce_checkout::cart::CartChange;
use sellonce_checkout::discount::{Discount, DiscountCode, Reduction};
use sellonce_checkout::id::{CartId, CheckoutId, EventId, OrderId};
use sellonce_checkout::inventory::{Kind, Policy};
use sellonce_checkout::money::BasisPoints;
use sellonce_checkout::order;
use sellonce_checkout::payment;
use sellonce_checkout::price_lock::WantedLine;
use sellonce_checkout::purchase_limit::PurchaseLimit;
use sellonce_checkout::saga::{Ending, State};
use sellonce_checkout::store::carts::{ChangeCart, CreateCart};
use sellonce_checkout::store::checkouts::Goods;
use sellonce_checkout::store::deliveries::{DeliveryResult, MAIL};
use sellonce_checkout::store::orders::RefundResult;
use sellonce_checkout::store::sagas::{Advance, Begun, Moved, PaymentNews, Postpone, Release, Run};

use crate::stores::{self, Subject};
use crate::world::{World, annex, buyer, from, main_location, owner, price, product, secret, sku};

const SKUS: [&str; 4] = ["scarce", "endless", "limited", "dear"];
const BUYERS: [&str; 3] = ["ada", "bob", "eve"];

/// A call; indices are taken modulo what there is.
#[derive(Clone, Debug)]
enum Call {
    Merchant(Merchant),
    Shopper(Shopper),
    Payer {
        checkout: usize,
        does: Payer,
    },
    /// The coordinator's calls on a saga that it has.
    Coordinator {
        run: usize,
        does: Coordinator,
    },
    Claim,
    BackOffice(BackOffice),
    Wait {
        ms: i64,
    },
}

#[derive(Clone, Debug)]
enum Merchant {
    Stock { sku: usize, at_annex: bool, quantity: i64 },
    Price { sku: usize, minor: i64, revoke: bool },
    Policy { deny: bool },
}

#[derive(Clone, Debug)]
enum Shopper {
    Cart { sku: usize, quantity: u32 },
    AddToCart { cart: usize, sku: usize, quantity: u32 },
    OpenCart { cart: usize, buyer: usize },
    Open { lines: Vec<(usize, u32, Option<i64>)>, buyer: usize, discount: bool },
}

#[derive(Clone, Debug)]
enum Payer {
    Confirm,
    Cancel,
    Reserve { key: usize },
}

#[derive(Clone, Debug)]
enum Coordinator {
    Place,
    Decline,
    Expire,
    GiveBack,
    Postpone { unknown: bool },
}

#[derive(Clone, Debug)]
enum BackOffice {
    Move { order: usize, to: order::Status, restock: bool },
    Refund { refused: bool },
    Deliver { arrives: bool },
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let line = (0..4_usize, 1..4_u32, proptest::option::of(900..1100_i64));
    let statuses = proptest::sample::select(order::Status::ALL.to_vec());
    let merchant = prop_oneof![
        2 => (0..4_usize, any::<bool>(), -4..8_i64)
            .prop_map(|(sku, at_annex, quantity)| Merchant::Stock { sku, at_annex, quantity }),
        1 => (0..4_usize, 0..2000_i64, any::<bool>())
            .prop_map(|(sku, minor, revoke)| Merchant::Price { sku, minor, revoke }),
        1 => any::<bool>().prop_map(|deny| Merchant::Policy { deny }),
    ];
    let shopper = prop_oneof![
        1 => (0..4_usize, 1..3_u32).prop_map(|(sku, quantity)| Shopper::Cart { sku, quantity }),
        1 => (0..4_usize, 0..4_usize, 1..3_u32)
            .prop_map(|(cart, sku, quantity)| Shopper::AddToCart { cart, sku, quantity }),
        2 => (0..4_usize, 0..3_usize).prop_map(|(cart, buyer)| Shopper::OpenCart { cart, buyer }),
        4 => (proptest::collection::vec(line, 1..4), 0..3_usize, any::<bool>())
            .prop_map(|(lines, buyer, discount)| Shopper::Open { lines, buyer, discount }),
    ];
    let payer = prop_oneof![
        1 => Just(Payer::Confirm),
        1 => Just(Payer::Cancel),
        8 => (0..3_usize).prop_map(|key| Payer::Reserve { key }),
    ];
    let coordinator = prop_oneof![
        6 => Just(Coordinator::Place),
        3 => Just(Coordinator::Decline),
        1 => Just(Coordinator::Expire),
        1 => Just(Coordinator::GiveBack),
        1 => any::<bool>().prop_map(|unknown| Coordinator::Postpone { unknown }),
    ];
    let back_office = prop_oneof![
        3 => (0..4_usize, statuses, any::<bool>())
            .prop_map(|(order, to, restock)| BackOffice::Move { order, to, restock }),
        1 => any::<bool>().prop_map(|refused| BackOffice::Refund { refused }),
        1 => any::<bool>().prop_map(|arrives| BackOffice::Deliver { arrives }),
    ];
    let waits = prop_oneof![Just(100_i64), Just(31_000), Just(16 * 60_000)];
    let call = prop_oneof![
        4 => merchant.prop_map(Call::Merchant),
        8 => shopper.prop_map(Call::Shopper),
        10 => (0..8_usize, payer).prop_map(|(checkout, does)| Call::Payer { checkout, does }),
        12 => (0..6_usize, coordinator).prop_map(|(run, does)| Call::Coordinator { run, does }),
        2 => Just(Call::Claim),
        5 => back_office.prop_map(Call::BackOffice),
        2 => waits.prop_map(|ms| Call::Wait { ms }),
    ];
    proptest::collection::vec(call, 1..60)
}

/// A store with what the calls so far have made in it.
struct Player {
    world: World,
    carts: Vec<CartId>,
    checkouts: Vec<CheckoutId>,
    runs: Vec<Run>,
    orders: Vec<OrderId>,
}

fn pick<T: Clone>(things: &[T], index: usize) -> Option<T> {
    things.get(index.checked_rem(things.len())?).cloned()
}

/// What a call came to, as text: equal answers are equal texts.
fn told(answer: impl std::fmt::Debug) -> String {
    format!("{answer:?}")
}

impl Player {
    async fn new(subject: Subject) -> Self {
        let mut world = World::new(subject);
        world.put("scarce", 1000, 3).await;
        world.put_with(product("endless", 1000, Some(2), Policy::Continue), false).await.expect("it is put");
        world.put("limited", 1000, 20).await;
        world.put("dear", 5000, 20).await;
        let limit = PurchaseLimit { sku: sku("limited"), quantity_max: 3 };
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

    async fn play(&mut self, call: &Call) -> String {
        match call {
            Call::Merchant(call) => self.merchant(call).await,
            Call::Shopper(call) => self.shopper(call).await,
            Call::Payer { checkout, does } => match pick(&self.checkouts, *checkout) {
                Some(id) => self.payer(id, does).await,
                None => String::new(),
            },
            Call::Coordinator { run, does } => match pick(&self.runs, *run) {
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
            Call::Wait { ms } => {
                self.world.clock().advance(*ms);
                String::new()
            }
        }
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
        }
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
            Payer::Reserve { key } => {
                let begun = self.world.try_reserve(id, &format!("key-{key}")).await;
                if let Ok(Begun::New(run)) = &begun {
                    self.runs.push((**run).clone());
                }
                told(begun)
            }
        }
    }

    async fn coordinator(&mut self, run: &Run, does: &Coordinator) -> String {
        let store = self.world.store().clone();
        let status = |status| run.attempt.as_ref().map(|_| status);
        match does {
            Coordinator::Place => {
                let call = self.world.place_call(run);
                let id = call.order;
                let placed = store.place_order(call).await;
                if matches!(placed, Ok(Moved::Done(_))) {
                    self.orders.push(id);
                }
                told(placed)
            }
            Coordinator::Decline => {
                let payment =
                    PaymentNews { status: status(payment::Status::Declined), ..PaymentNews::default() };
                let ending = Ending::Declined("no".to_owned());
                told(store.release(Release { from: from(run), payment, ending, to: State::Released }).await)
            }
            Coordinator::Expire => {
                let ending = Some(Ending::Expired);
                let to = State::Cancelling;
                let payment = PaymentNews::default();
                let moved =
                    store.advance(Advance { from: from(run), to, payment, action_url: None, ending }).await;
                if let Ok(Moved::Done(run)) = &moved {
                    self.runs.push((**run).clone());
                }
                told(moved)
            }
            Coordinator::GiveBack => {
                let payment =
                    PaymentNews { status: status(payment::Status::Cancelled), ..PaymentNews::default() };
                let ending = Ending::Expired;
                told(store.release(Release { from: from(run), payment, ending, to: State::Released }).await)
            }
            Coordinator::Postpone { unknown } => {
                let next_run_at = store.now().plus_ms(200);
                let problem = "no answer".to_owned();
                told(
                    store
                        .postpone(Postpone { from: from(run), next_run_at, unknown: *unknown, problem })
                        .await,
                )
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
            BackOffice::Refund { refused } => {
                let mut refunds = store.claim_refunds(owner(), 100).await.expect("the store answers");
                refunds.sort_by_key(|refund| refund.id);
                let mut answers = told(&refunds);
                for refund in refunds {
                    let result = match refused {
                        true => RefundResult::Refused("closed".to_owned()),
                        false => RefundResult::Refunded(EventId(self.world.id())),
                    };
                    answers += &told(store.finish_refund(refund.id, result).await);
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
    async fn remains(&self) -> String {
        let store = self.world.store();
        let stock = store.stocks(None, 100).await;
        let orders = store.orders(None, 100).await;
        let discounts = store.discounts(None, 100).await;
        let mut checkouts = String::new();
        for id in &self.checkouts {
            checkouts += &told(store.checkout(*id).await);
        }
        let report = store.audit().await.expect("the store answers");
        let judged: Vec<_> =
            report.findings.iter().map(|finding| (finding.checked, finding.violated)).collect();
        format!("{stock:?}{orders:?}{discounts:?}{checkouts}{judged:?}")
    }
}

/// Calls that the coordinator never makes, such as a decline after a cancellation was asked for, are spared: the
/// stores assert that sagas and payments walk their tables.
fn is_legal(player: &Player, call: &Call) -> bool {
    let Call::Coordinator { run, does } = call else { return true };
    let Some(run) = pick(&player.runs, *run) else { return true };
    let reserved = run.saga.state == State::Reserved;
    match does {
        Coordinator::Expire | Coordinator::Decline => reserved && run.attempt.is_some(),
        Coordinator::GiveBack => run.saga.state == State::Cancelling,
        Coordinator::Place | Coordinator::Postpone { .. } => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn every_database_answers_as_the_model_does(calls in calls()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        runtime.expect("a runtime can be built").block_on(async {
            let mut model = Player::new(stores::memory()).await;
            let mut databases = [Player::new(stores::sqlite()).await, Player::new(stores::postgres()).await];
            for (number, call) in calls.iter().enumerate() {
                if !is_legal(&model, call) {
                    continue;
                }
                let expected = model.play(call).await;
                for database in &mut databases {
                    let found = database.play(call).await;
                    assert_eq!(found, expected, "call {number}, {call:?}, on {}", database.world.name());
                }
            }
            for database in &databases {
                assert_eq!(database.remains().await, model.remains().await, "on {}", database.world.name());
            }
            model.world.assert_always_ok().await;
        });
    }
}
