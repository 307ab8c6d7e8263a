//! What others do about a checkout: operators while it hangs; after its buyer was told how it ended, merchants who cancel,
//! give money back, send goods and take them back, and a bank that breaks its word. Each insists until it is answered,
//! whatever fails meanwhile.

use sellonce_checkout::callback::Heard;
use sellonce_checkout::coordinator::Resolve;
use sellonce_checkout::id::{EventId, Ids, OrderId, RefundId};
use sellonce_checkout::order;
use sellonce_checkout::saga::Resolution;
use sellonce_checkout::store::orders::{
    ChangeOrderRefusal, ChangedOrder, LineUnits, Orders, RefundOrder, ReturnOrder, ShipOrder,
};
use sellonce_checkout::store::sagas::ResolveRefusal;
use sellonce_checkout::store::{Answer, Failure};

use crate::bank::Standing;
use crate::flows::Then;
use crate::refunds;
use crate::world::{Opened, Server, World, money};

/// Does what follows on a flow.
pub(crate) fn afterwards(then: Then, world: &World, server: &mut Server, opened: &Opened) {
    let order = || world.order_of(opened).expect("it was placed").order;
    match then {
        Then::Nothing => {}
        Then::MerchantCancels => {
            let id = order().id;
            insist(world, server, async |server: &Server| {
                let call = refunds::call(world, id, order::Status::Cancelled);
                server.store.transition_order(call).await
            });
        }
        Then::RefundsInParts => {
            let (id, total) = (order().id, order().total.minor());
            for (name, cents) in [("first", 700), ("second", total - 700)] {
                insist(world, server, async |server: &Server| {
                    server.store.refund_order(refund(world, id, name, cents)).await
                });
            }
        }
        Then::ShipsAndTakesBack => ship_and_take_back(world, server, &order()),
        Then::TakenLate => {
            for key in world.bank.takes_late() {
                for id in ["late-1", "late-1", "late-2"] {
                    hear(world, server, &key, &format!("{id}-{key}"));
                }
            }
        }
    }
}

/// A merchant who repeats a request under its key until it is answered.
fn insist(
    world: &World,
    server: &mut Server,
    ask: impl AsyncFn(&Server) -> Answer<ChangedOrder, ChangeOrderRefusal>,
) {
    for _ in 0..10 {
        if let Some(Ok(answer)) = world.serve(server, async |server: &Server| ask(server).await) {
            answer.expect("nothing stands in the way");
            return;
        }
    }
    panic!("a merchant is never answered");
}

/// A bank that calls back until it is answered.
pub(crate) fn hear(world: &World, server: &mut Server, attempt_key: &str, id: &str) -> Heard {
    for _ in 0..10 {
        let callback = world.callback(attempt_key, id);
        let answer = world.serve(server, async |server: &Server| server.coordinator.hear(callback).await);
        match answer {
            Some(Err(_)) | None => {}
            Some(Ok(heard)) => return heard,
        }
    }
    panic!("a callback is never answered");
}

/// An operator gives a checkout up whose payment is unknown, if it is.
pub(crate) fn operator_gives_up(world: &World, server: &mut Server, opened: &Opened) {
    say(world, server, opened, Resolution::GiveUp);
}

/// An operator looks into the bank's book, and says how a payment stands that is unknown to the shop, once it has moved.
pub(crate) fn operator_looks_it_up(world: &World, server: &mut Server, opened: &Opened) {
    let saga = world.now(world.store.unfinished_saga(opened.id)).expect("the store answers");
    let Some(saga) = saga.map(|run| run.saga.id) else { return };
    let standing = world.bank.payments().get(&saga.attempt_key()).map(|payment| payment.standing);
    match standing {
        Some(Standing::Captured) => say(world, server, opened, Resolution::Captured),
        Some(Standing::Nothing) => say(world, server, opened, Resolution::NotCharged),
        // It is not there yet, or the shop will hear of it.
        _ => {}
    }
}

/// Says it of the checkout's saga, and has it run; nothing if its payment is known by now.
fn say(world: &World, server: &mut Server, opened: &Opened, resolution: Resolution) {
    for _ in 0..10 {
        let run = world.now(world.store.unfinished_saga(opened.id)).expect("the store answers");
        let Some(saga) = run.map(|run| run.saga.id) else { return };
        let (name, actor) = (format!("{saga}-{}", resolution.as_str()), "key_1".to_owned());
        let claim = world.merchants_claim(&name);
        let call = Resolve { claim, saga, resolution, actor, reason: "the bank says so".to_owned() };
        let said = async |server: &Server| {
            let resolved = server.coordinator.resolve(call).await?;
            // Whoever looks after it has it run, too: that must do no harm, whatever became of it.
            let _ended_or_not = server.coordinator.retry(saga).await?;
            Ok::<_, Failure>(resolved)
        };
        match world.serve(server, said) {
            Some(Ok(Ok(_) | Err(ResolveRefusal::NotUnknown(_) | ResolveRefusal::Ended(_)))) => return,
            Some(Ok(Err(refusal))) => panic!("{refusal:?}"),
            Some(Err(_)) | None => {}
        }
    }
    panic!("an operator is never answered");
}

/// The call of a merchant who gives an amount back.
pub(crate) fn refund(world: &World, id: OrderId, name: &str, cents: i64) -> RefundOrder {
    RefundOrder {
        claim: world.merchants_claim(&format!("{id}-refund-{name}")),
        id,
        amount: money(cents),
        reason: "because".to_owned(),
        actor: "key_1".to_owned(),
        expected_version: None,
        refund: RefundId(world.ids.uuid()),
    }
}

/// The call of a merchant who sends some units.
pub(crate) fn shipment(world: &World, id: OrderId, name: &str, lines: &[LineUnits]) -> ShipOrder {
    ShipOrder {
        claim: world.merchants_claim(&format!("{id}-ship-{name}")),
        id,
        lines: lines.to_vec(),
        tracking: format!("TRACK-{name}"),
        actor: "key_1".to_owned(),
        expected_version: None,
        events: [EventId(world.ids.uuid()), EventId(world.ids.uuid())],
    }
}

/// The call of a merchant who takes some units back.
pub(crate) fn taking_back(
    world: &World,
    id: OrderId,
    name: &str,
    lines: &[LineUnits],
    restock: bool,
) -> ReturnOrder {
    ReturnOrder {
        claim: world.merchants_claim(&format!("{id}-return-{name}")),
        id,
        lines: lines.to_vec(),
        restock,
        reason: "too small".to_owned(),
        actor: "key_1".to_owned(),
        expected_version: None,
    }
}

fn ship_and_take_back(world: &World, server: &mut Server, order: &order::Order) {
    let id = order.id;
    let units = |line: &order::Line, quantity| LineUnits { line: line.number, quantity };
    let first: Vec<_> = order.lines.iter().map(|line| units(line, 1)).collect();
    let rest = order.lines.iter().map(|line| units(line, line.quantity - 1));
    let rest: Vec<_> = rest.filter(|units| units.quantity > 0).collect();
    for (name, lines) in [("first", &first), ("rest", &rest)] {
        insist(world, server, async |server: &Server| {
            server.store.ship_order(shipment(world, id, name, lines)).await
        });
    }
    let all: Vec<_> = first.into_iter().chain(rest).collect();
    insist(world, server, async |server: &Server| {
        server.store.return_order(taking_back(world, id, "all", &all, true)).await
    });
}
