//! Who comes to the town: buyers who insist until they are answered, act or call it off; merchants; operators.
//!
//! Decides what each of them wants, by chance. An operator looks into the provider's book, and is wrong about what
//! stands there now and then.

use std::sync::Arc;

use sellonce_checkout::catalog::Sku;
use sellonce_checkout::clock::Clock;
use sellonce_checkout::coordinator::{Cancelled, Complete, Completed, Resolve};
use sellonce_checkout::email::Email;
use sellonce_checkout::id::{
    ApiKeyId, CauseId, CheckoutId, EventId, Ids, OrderId, RefundId, SagaId, SecretHash, Uuid,
};
use sellonce_checkout::idempotency::{BodyHash, Claim, Key, Scope};
use sellonce_checkout::order::Status;
use sellonce_checkout::price_lock::WantedLine;
use sellonce_checkout::saga::{Ending, Resolution, State};
use sellonce_checkout::session::Buyer;
use sellonce_checkout::simulated_book::SimulatedBook;
use sellonce_checkout::store::checkouts::{Checkouts, Goods, OpenCheckout};
use sellonce_checkout::store::orders::{
    LineUnits, OrderView, Orders, RefundOrder, ReturnOrder, ShipOrder, TransitionOrder,
};
use sellonce_checkout::store::sagas::{PaymentChoice, Run, Sagas, Target};
use sellonce_checkout::totals::Tables;
use sellonce_payments::simulated::NAME;

use crate::goods::{self, GOODS};
use crate::town::{Town, money, usd};

/// What a client is told in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Placed(OrderId),
    Ended(Ending),
}

const TOKENS: [&str; 9] = [
    "tok_ok",
    "tok_ok",
    "tok_requires_action",
    "tok_requires_action",
    "tok_declined",
    "tok_timeout",
    "tok_timeout_not_charged",
    "tok_slow",
    "tok_flaky",
];

/// A checkout as its buyer has it.
#[derive(Clone, Copy)]
struct Opened {
    id: CheckoutId,
    secret: SecretHash,
}

fn claim(scope: Scope, key: &str, body: &str) -> Claim {
    let key_of = Key::parse(key).expect("a key");
    Claim { scope, key: key_of, body: BodyHash::of(body.as_bytes()), request_id: format!("req-{key}") }
}

fn merchants_claim(key: &str) -> Claim {
    claim(Scope::admin(ApiKeyId(Uuid::from_u128(1)), "/v1/admin"), key, key)
}

/// A buyer's evening.
pub(crate) async fn buyer(town: Arc<Town>, comes_ms: i64) {
    town.world.sleep_ms(comes_ms).await;
    let Some(opened) = open(&town).await else { return };
    if town.world.happens(50) {
        call_off(&town, opened).await;
    }
    let token = town.world.one_of(&TOKENS);
    if town.world.happens(200) {
        // A second click on the same button, at the same time.
        let again = town.clone();
        town.world.spawn(None, async move { drop(insist(&again, opened, "first", token).await) });
    }
    let told = insist(&town, opened, "first", token).await;
    if matches!(told, Some(Told::Ended(Ending::Declined(_)))) && town.world.happens(700) {
        town.world.sees("a buyer pays another way");
        insist(&town, opened, "second", "tok_ok").await;
    }
}

async fn open(town: &Town) -> Option<Opened> {
    let (name, _, _) = town.world.one_of(&GOODS);
    let quantity = 1 + u32::try_from(town.world.below(2)).unwrap_or(0);
    let sku = Sku::parse(name).expect("a SKU");
    let opened = Opened { id: CheckoutId(town.world.uuid()), secret: SecretHash::of(b"their secret") };
    let line = WantedLine { sku, quantity, price_seen: None, title_seen: String::new() };
    let goods = if town.world.happens(300) {
        let (id, secret) = goods::cart(town.world.below(goods::CARTS));
        Goods::Cart { id, secret }
    } else {
        Goods::Lines(vec![line])
    };
    let call = OpenCheckout {
        id: opened.id,
        secret: opened.secret,
        goods,
        buyer: Buyer {
            email: Email::parse("ada@example.com").expect("an address"),
            address: None,
            customer_reference: None,
        },
        shipping_method: None,
        discount_code: town.world.happens(200).then(goods::code),
        pricing: Arc::new(Tables::plain(usd())),
    };
    let view = town.store.open_checkout(call).await.expect("memory does not fail");
    view.ok().map(|_| opened)
}

/// How often a buyer asks: for longer than anything may take to end.
const INSISTS_MAX: usize = 400;

/// Asks again and again under one key, until told how it ended.
async fn insist(town: &Arc<Town>, opened: Opened, key: &str, token: &str) -> Option<Told> {
    let scope = Scope::checkout(opened.id);
    for _ in 0..INSISTS_MAX {
        let request = Complete {
            claim: claim(scope.clone(), key, token),
            target: Target::Open { id: opened.id, secret: opened.secret },
            expected_total: None,
            payment: Some(PaymentChoice { provider: NAME.to_owned(), token: token.to_owned() }),
        };
        let answer = town.ask(|server| async move { server.coordinator.complete(request).await }).await;
        let told = match answer {
            None => {
                town.world.sees("a request dies with its server");
                None
            }
            Some(Err(_)) => None,
            Some(Ok(Err(refusal))) => {
                // Nothing has changed; the goods are gone, or the other click is being answered.
                town.world.sees(format!("refused: {}", first_word(&format!("{refusal:?}"))));
                return None;
            }
            Some(Ok(Ok(Completed::Placed { view, replay_of }))) => {
                town.world.sees(if replay_of.is_some() {
                    "an order is told again"
                } else {
                    "an order is told"
                });
                Some(Told::Placed(view.order.id))
            }
            Some(Ok(Ok(Completed::Ended { ending, .. }))) => {
                town.world.sees(format!("told that it was {}", ending.as_str()));
                Some(Told::Ended(ending))
            }
            Some(Ok(Ok(Completed::UnderWay(run)))) => {
                under_way(town, opened, &run).await;
                None
            }
            Some(Ok(Ok(Completed::InProgress))) => {
                town.world.sees("told that it is in progress");
                None
            }
            Some(Ok(Ok(Completed::AlreadyPlaced(_)))) => return None,
            Some(Ok(Ok(Completed::KeyReused))) => panic!("I7: a key is its own request's"),
        };
        if let Some(told) = told {
            let name = (opened.id.to_string(), key.to_owned());
            let first = town.told.lock().expect("no panics").entry(name).or_insert(told.clone()).clone();
            assert_eq!(first, told, "I7: whoever was told an answer is told it again");
            return Some(told);
        }
        town.world.sleep_ms(1_000 + town.world.up_to_ms(15_000)).await;
    }
    panic!("{} is never answered", opened.id);
}

fn first_word(text: &str) -> String {
    text.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

/// What a buyer does where they have to act.
async fn under_way(town: &Arc<Town>, opened: Opened, run: &Run) {
    town.world.sees(format!("told that it is {}", run.saga.state.as_str()));
    if run.saga.state != State::AwaitingBuyer {
        return;
    }
    match town.world.below(10) {
        0..4 => {
            let acted = town.provider.act(&run.saga.id.attempt_key(), true).await;
            assert!(acted.is_ok_and(|booking| booking.is_some()));
            town.world.sees("a buyer pays where they have to");
        }
        4 => drop(town.provider.act(&run.saga.id.attempt_key(), false).await),
        5 => call_off(town, opened).await,
        _ => {}
    }
}

async fn call_off(town: &Arc<Town>, Opened { id, secret }: Opened) {
    let answer = town.ask(|server| async move { server.coordinator.cancel(id, secret).await }).await;
    town.world.sees(match answer {
        Some(Ok(Ok(Cancelled::Over(_)))) => "a buyer has called it off",
        Some(Ok(Ok(Cancelled::Placed(_)))) => "a buyer calls off what they have paid",
        Some(Ok(Ok(Cancelled::UnderWay(_)))) => "a buyer's word is under way",
        Some(Ok(Err(_))) => "a buyer cannot call it off",
        Some(Err(_)) | None => "a buyer's word is not answered",
    });
}

/// A merchant looks through the orders now and then, and does something about one.
pub(crate) async fn merchant(town: Arc<Town>) {
    for round in 0_u32.. {
        town.world.sleep_ms(10_000 + town.world.up_to_ms(20_000)).await;
        let orders = town.store.orders(None, 100).await.expect("memory does not fail").rows;
        let open: Vec<&OrderView> = orders.iter().filter(|view| view.order.status == Status::Paid).collect();
        let Some(view) = open.get(usize::try_from(town.world.below(open.len() as u64)).unwrap_or(0)) else {
            continue;
        };
        let (key, id) = (format!("merchant-{round}"), view.order.id);
        match town.world.below(4) {
            0 => cancel(&town, id, &key).await,
            1 => refund_a_part(&town, view, &key).await,
            _ => ship_and_take_back(&town, view, &key).await,
        }
    }
}

const ASKED_MAX: usize = 5;

async fn cancel(town: &Arc<Town>, id: OrderId, key: &str) {
    for _ in 0..ASKED_MAX {
        let call = TransitionOrder {
            claim: merchants_claim(key),
            id,
            to: Status::Cancelled,
            reason: "because".to_owned(),
            actor: "key_1".to_owned(),
            expected_version: None,
            event: EventId(town.world.uuid()),
            refund: RefundId(town.world.uuid()),
            cause: CauseId(town.world.uuid()),
            restock: true,
        };
        let answer = town.ask(|server| async move { server.store.transition_order(call).await }).await;
        if let Some(Ok(answer)) = answer {
            return town.world.sees(if answer.is_ok() { "an order is called off" } else { "an order stays" });
        }
    }
}

async fn refund_a_part(town: &Arc<Town>, view: &OrderView, key: &str) {
    for _ in 0..ASKED_MAX {
        let call = RefundOrder {
            claim: merchants_claim(key),
            id: view.order.id,
            amount: money(100),
            reason: "because".to_owned(),
            actor: "key_1".to_owned(),
            expected_version: None,
            refund: RefundId(town.world.uuid()),
        };
        let answer = town.ask(|server| async move { server.store.refund_order(call).await }).await;
        if let Some(Ok(answer)) = answer {
            return town.world.sees(if answer.is_ok() { "a part goes back" } else { "no part goes back" });
        }
    }
}

async fn ship_and_take_back(town: &Arc<Town>, view: &OrderView, key: &str) {
    let units = view.order.lines.iter().map(|line| LineUnits { line: line.number, quantity: 1 });
    let lines: Vec<_> = units.collect();
    for _ in 0..ASKED_MAX {
        let call = ShipOrder {
            claim: merchants_claim(key),
            id: view.order.id,
            lines: lines.clone(),
            tracking: "TRACK".to_owned(),
            actor: "key_1".to_owned(),
            expected_version: None,
            events: [EventId(town.world.uuid()), EventId(town.world.uuid())],
        };
        let answer = town.ask(|server| async move { server.store.ship_order(call).await }).await;
        let Some(Ok(Ok(_))) = answer else { continue };
        town.world.sees("goods are sent");
        let call = ReturnOrder {
            claim: merchants_claim(&format!("{key}-back")),
            id: view.order.id,
            lines: lines.clone(),
            restock: town.world.happens(500),
            reason: "too small".to_owned(),
            actor: "key_1".to_owned(),
            expected_version: None,
        };
        if let Some(Ok(Ok(_))) = town.ask(|server| async move { server.store.return_order(call).await }).await
        {
            town.world.sees("goods come back");
        }
        return;
    }
}

/// An operator looks after what hangs.
pub(crate) async fn operator(town: Arc<Town>) {
    for round in 0_u32.. {
        town.world.sleep_ms(15_000 + town.world.up_to_ms(30_000)).await;
        let stuck = town.store.stuck_sagas(None, 100).await.expect("memory does not fail").rows;
        if !stuck.is_empty() {
            town.world.sees("the stuck list is not empty");
        }
        let mut unknown = Vec::new();
        for booking in town.book.bookings(None, 1_000).await.expect("memory does not fail") {
            let saga = SagaId::from_attempt_key(&booking.attempt_key).expect("our own key");
            let run = town.store.saga(saga).await.expect("memory does not fail");
            let attempt = run.and_then(|run| run.attempt);
            unknown.extend(attempt.filter(|attempt| attempt.unknown_since.is_some()).map(|_| saga));
        }
        if !unknown.is_empty() && town.world.happens(300) {
            speak(&town, town.world.one_of(&unknown), round).await;
        }
    }
}

async fn speak(town: &Arc<Town>, saga: SagaId, round: u32) {
    let booking = town.book.booking(&saga.attempt_key()).await.expect("memory does not fail");
    let status = booking.map(|booking| booking.status);
    let run = town.store.saga(saga).await.expect("memory does not fail");
    let goes_on = run.is_some_and(|run| !run.saga.state.is_end());
    let resolution = match status.as_deref() {
        _ if town.world.happens(200) => Resolution::GiveUp,
        // Wrong once: who says it again of a late check ends it.
        Some("captured" | "authorized") if goes_on && town.world.happens(300) => {
            town.world.sees("an operator is wrong about a payment");
            Resolution::NotCharged
        }
        Some("captured") => Resolution::Captured,
        Some("declined" | "cancelled") => Resolution::NotCharged,
        _ => {
            drop(town.ask(|server| async move { server.coordinator.retry(saga).await }).await);
            return town.world.sees("an operator has a saga run");
        }
    };
    let call = Resolve {
        claim: merchants_claim(&format!("operator-{round}")),
        saga,
        resolution,
        actor: "key_2".to_owned(),
        reason: "the provider's book says so".to_owned(),
    };
    let answer = town.ask(|server| async move { server.coordinator.resolve(call).await }).await;
    if let Some(Ok(Ok(_))) = answer {
        town.world.sees(format!("an operator says {}", resolution.as_str()));
    }
}
