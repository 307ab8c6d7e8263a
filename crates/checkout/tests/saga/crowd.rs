//! Many buyers at once, in tabs of the same carts, with codes for few, on short stock, while servers die, merchants and
//! operators change their minds and the bank its word: whatever they do in whatever order, the shop is whole when they have
//! gone.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sellonce_checkout::order::Status;
use sellonce_checkout::payment::Capture;
use sellonce_checkout::purchase_limit::PurchaseLimit;
use sellonce_checkout::store::orders::Orders;

use crate::afterwards::{hear, operator_gives_up, refund};
use crate::every_step::FAULTS;
use crate::faults::Fault;
use crate::refunds;
use crate::stores::sample;
use crate::world::{Opened, Recovery, Server, Told, Wish, World, sku};

const TOKENS: [&str; 12] = [
    "approve",
    "decline",
    "act",
    "authorize",
    "approve lost_before=1 lost_after=1",
    "approve lost_before=1000000",
    "approve lost_after=1000000",
    "approve more=1 lost_refunds=2",
    "approve lost_captures=1",
    "approve lost_captures=30",
    "approve refuses_capture=1",
    "approve takes_more=1 refused_refunds=1",
];

/// What somebody does.
#[derive(Clone, Debug)]
enum Deed {
    /// A buyer sends a request, perhaps not for the first time.
    Completes {
        checkout: usize,
        token: usize,
        key: u8,
    },
    /// The buyers who are waited for act.
    Acts {
        approve: bool,
    },
    /// A buyer calls their checkout off.
    CallsOff {
        checkout: usize,
    },
    /// An operator gives a checkout up, if its payment is unknown.
    GivesUp {
        checkout: usize,
    },
    /// The bank breaks its word, and calls back.
    TakesLate,
    /// A merchant gives a part of an order's money back.
    Refunds {
        order: usize,
    },
    /// A merchant calls an order off.
    Cancels {
        order: usize,
    },
    /// A server looks for work.
    Sweeps {
        server: usize,
    },
    Passes {
        ms: i64,
    },
}

fn deed() -> impl Strategy<Value = Deed> {
    let completes = (0..CHECKOUTS, 0..TOKENS.len(), 0..2_u8);
    prop_oneof![
        6 => completes.prop_map(|(checkout, token, key)| Deed::Completes { checkout, token, key }),
        1 => any::<bool>().prop_map(|approve| Deed::Acts { approve }),
        1 => (0..4_usize).prop_map(|order| Deed::Cancels { order }),
        1 => (0..CHECKOUTS).prop_map(|checkout| Deed::CallsOff { checkout }),
        1 => (0..CHECKOUTS).prop_map(|checkout| Deed::GivesUp { checkout }),
        1 => Just(Deed::TakesLate),
        1 => (0..4_usize).prop_map(|order| Deed::Refunds { order }),
        2 => (0..2_usize).prop_map(|server| Deed::Sweeps { server }),
        2 => (0..120_000_i64).prop_map(|ms| Deed::Passes { ms }),
        1 => (500_000..700_000_i64).prop_map(|ms| Deed::Passes { ms }),
    ]
}

const CHECKOUTS: usize = 11;

/// Two tabs of each of two carts, and buyers who come without one; together they want more than there is.
fn checkouts(world: &World) -> Vec<Opened> {
    world.discount("FEW", 100, Some(2));
    let limit = PurchaseLimit { sku: sku("A"), quantity_max: 7 };
    assert_eq!(world.now(world.store.set_purchase_limit(limit)), Ok(true));
    let carts = [world.cart(&[("A", 2), ("B", 2)]), world.cart(&[("SPLIT", 4)])];
    let tabs =
        carts.iter().flat_map(|cart| [*cart, *cart]).map(|cart| Wish { cart: Some(cart), ..Wish::default() });
    let few = |lines| Wish { lines, code: Some("FEW"), ..Wish::default() };
    let plain = |lines| Wish { lines, ..Wish::default() };
    let bob = Wish { lines: &[("A", 5)], email: Some("bob@example.com"), ..Wish::default() };
    let single = [
        few(&[("A", 3)]),
        few(&[("A", 1), ("B", 1)]),
        few(&[("GIFT", 1)]),
        plain(&[("B", 3)]),
        plain(&[("SPLIT", 3)]),
        plain(&[("GIFT", 9)]),
        bob,
    ];
    let opened: Vec<_> = tabs.chain(single).map(|wish| world.open_as(&wish)).collect();
    assert_eq!(opened.len(), CHECKOUTS);
    opened
}

/// The town with its crowd.
struct Crowd {
    world: World,
    servers: [Server; 2],
    checkouts: Vec<Opened>,
    /// What each request was finally told.
    told: BTreeMap<(usize, String), Told>,
}

impl Crowd {
    fn does(&mut self, deed: &Deed) {
        match *deed {
            Deed::Completes { checkout, token, key } => self.complete(checkout, TOKENS[token], key),
            Deed::Acts { approve } => drop(self.world.bank.buyers_act(approve)),
            Deed::Sweeps { server } => self.world.sweep(&mut self.servers[server]),
            Deed::Passes { ms } => self.world.clock.pass(ms),
            Deed::CallsOff { checkout } => {
                let Opened { id, secret, .. } = self.checkouts[checkout];
                let work = async |server: &Server| server.coordinator.cancel(id, secret).await;
                drop(self.world.serve(&mut self.servers[1], work));
            }
            Deed::GivesUp { checkout } => {
                operator_gives_up(&self.world, &mut self.servers[1], &self.checkouts[checkout]);
            }
            Deed::TakesLate => {
                // It insists until it is heard, so it must answer who asks back.
                self.world.bank.answers_again();
                for key in self.world.bank.takes_late() {
                    hear(&self.world, &mut self.servers[0], &key, &format!("late-{key}"));
                }
            }
            Deed::Refunds { order } => {
                let Some(view) = self.world.orders().into_iter().nth(order) else { return };
                let call = refund(&self.world, view.order.id, "part", 100);
                let work = async |server: &Server| server.store.refund_order(call).await;
                drop(self.world.serve(&mut self.servers[0], work));
            }
            Deed::Cancels { order } => {
                let Some(view) = self.world.orders().into_iter().nth(order) else { return };
                let call = refunds::call(&self.world, view.order.id, Status::Cancelled);
                let work = async |server: &Server| server.store.transition_order(call).await;
                drop(self.world.serve(&mut self.servers[0], work));
            }
        }
    }

    fn complete(&mut self, checkout: usize, token: &str, key: u8) {
        // A key of its own for each token, as a client would draw one for each thing that it wants.
        let key = format!("{}-{key}", token.replace(' ', "-"));
        let request = self.world.request(&self.checkouts[checkout], &key, token);
        let server = &mut self.servers[usize::from(checkout.is_multiple_of(2))];
        let answer =
            self.world.serve(server, async |server: &Server| server.coordinator.complete(request).await);
        let Some(Ok(answer)) = answer else { return };
        let told = Told::of(&answer);
        assert_ne!(told, Told::KeyReused);
        // A refusal leaves the key free, and who is shown another one's order was told nothing of their own.
        if told.is_final() && !matches!(told, Told::Refused(_) | Told::AlreadyPlaced(_)) {
            let first = self.told.entry((checkout, key)).or_insert_with(|| told.clone());
            assert_eq!(*first, told, "I7: whoever was told an answer is told it again");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(sample().cases))]

    #[test]
    fn any_crowd_of_buyers_leaves_the_shop_whole(
        capture in prop::sample::select(&Capture::ALL[..]),
        deeds in prop::collection::vec(deed(), 1..60),
        plan in prop::collection::vec((1..300_usize, prop::sample::select(&FAULTS[..])), 0..6),
    ) {
        leaves_the_shop_whole(capture, &deeds, &plan);
    }
}

fn leaves_the_shop_whole(capture: Capture, deeds: &[Deed], plan: &[(usize, Fault)]) {
    let mut world = World::with(capture);
    world.recovery = Recovery::WaitsForLeases;
    let checkouts = checkouts(&world);
    let servers = [world.server(), world.server()];
    world.faults.plan(plan.iter().copied());
    world.faults.watch();
    let mut crowd = Crowd { world, servers, checkouts, told: BTreeMap::new() };
    for deed in deeds {
        crowd.does(deed);
    }
    crowd.world.faults.plan([]);
    crowd.world.bank.answers_again();
    crowd.world.settle(&mut crowd.servers[1]);
    crowd.world.assert_whole();
    for ((checkout, _), told) in &crowd.told {
        let Told::Placed(id) = told else { continue };
        let order = crowd.world.order_of(&crowd.checkouts[*checkout]);
        assert_eq!(order.map(|view| view.order.id), Some(*id), "I12: who was told of an order has it");
    }
}
