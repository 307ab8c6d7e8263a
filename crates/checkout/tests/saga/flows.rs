//! The flows of the shop: one buyer's way each, with all that others do on it, and how it must end.
//!
//! Decides the flows and what their ends look like. Leaves playing them, whole and with faults at every call, to the
//! suites; a new flow gets all of them by its line in [`FLOWS`].

use sellonce_checkout::order;
use sellonce_checkout::payment::Capture;
use sellonce_checkout::saga::Ending;
use sellonce_checkout::session::Status;

use crate::afterwards::{operator_gives_up, operator_looks_it_up};
use crate::world::{Opened, Server, Told, Wish, World};

/// How a flow ends, whatever happens on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Ordered,
    /// Ordered, and all of the money back.
    Refunded,
    /// Ordered, and all of the goods sent.
    Shipped,
    /// Ordered and called off, for its money could not be captured.
    CalledOff,
    Declined,
    /// Without a charge, by an operator's word.
    NotCharged,
    Expired,
    Cancelled,
    NeverOrder,
}

/// What a buyer does where they have to act, or an operator where the payment is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Nothing,
    Pays,
    Fails,
    Cancels,
    /// They pay at the bank, and call the checkout off before the shop has heard of it.
    PaysAndCancels,
    /// They wait, until an operator has looked into the bank's book and said what stands there.
    OperatorLooksItUp,
    /// They wait, until an operator gives it up.
    OperatorGivesUp,
}

/// What happens after the buyer was told how their checkout ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Nothing,
    /// The merchant calls the order off.
    MerchantCancels,
    /// The merchant gives the money back in two parts.
    RefundsInParts,
    /// The merchant sends the order in two parcels, and takes all of it back.
    ShipsAndTakesBack,
    /// Against its word the bank takes money that it had declined, cancelled or given back, and calls back twice.
    TakenLate,
}

/// One buyer's way through the shop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flow {
    pub(crate) name: &'static str,
    /// When the shop takes its money.
    pub(crate) capture: Capture,
    pub(crate) lines: &'static [(&'static str, u32)],
    pub(crate) from_cart: bool,
    pub(crate) code: Option<&'static str>,
    /// What the buyer pays with, one after the other until there is an order; each under a key of its own.
    pub(crate) tokens: &'static [&'static str],
    pub(crate) acts: Act,
    pub(crate) then: Then,
    pub(crate) end: End,
}

const PLAIN: Flow = Flow {
    name: "approved",
    capture: Capture::Automatic,
    lines: &[("A", 2), ("SPLIT", 4)],
    from_cart: false,
    code: None,
    tokens: &["approve"],
    acts: Act::Nothing,
    then: Then::Nothing,
    end: End::Ordered,
};

const ACT: Flow = Flow { name: "the buyer acts", tokens: &["act"], acts: Act::Pays, ..PLAIN };

const TWO_STEPS: Flow = Flow { name: "two steps", capture: Capture::Manual, ..PLAIN };

pub(crate) const FLOWS: &[Flow] = &[
    PLAIN,
    Flow { name: "a cart, with a code", from_cart: true, code: Some("FEW"), lines: &[("A", 1)], ..PLAIN },
    Flow { name: "free", lines: &[("GIFT", 1)], ..PLAIN },
    Flow { name: "declined", code: Some("FEW"), tokens: &["decline"], end: End::Declined, ..PLAIN },
    Flow { name: "declined, then approved", from_cart: true, tokens: &["decline", "approve"], ..PLAIN },
    Flow { name: "unknown, then approved", tokens: &["approve lost_before=1 lost_after=1"], ..PLAIN },
    Flow { name: "unknown, then declined", tokens: &["decline lost_after=1"], end: End::Declined, ..PLAIN },
    Flow { name: "unknown for ever", tokens: &["approve lost_before=1000000"], end: End::Expired, ..PLAIN },
    Flow { name: "captured late", tokens: &["approve lost_after=1000000"], ..PLAIN },
    Flow {
        name: "another amount",
        tokens: &["approve more=7 lost_refunds=1"],
        end: End::NeverOrder,
        ..PLAIN
    },
    Flow { name: "only set aside", tokens: &["authorize"], end: End::NeverOrder, ..PLAIN },
    ACT,
    Flow { name: "the buyer fails", acts: Act::Fails, end: End::Declined, ..ACT },
    Flow { name: "the buyer never acts", code: Some("FEW"), acts: Act::Nothing, end: End::Expired, ..ACT },
    Flow { name: "the buyer cancels", code: Some("FEW"), acts: Act::Cancels, end: End::Cancelled, ..ACT },
    Flow { name: "the buyer pays and cancels", acts: Act::PaysAndCancels, ..ACT },
    Flow {
        name: "cancelled by the merchant",
        tokens: &["approve lost_refunds=1"],
        then: Then::MerchantCancels,
        end: End::Refunded,
        ..PLAIN
    },
    Flow {
        name: "refunded in parts",
        tokens: &["approve lost_refunds=1"],
        then: Then::RefundsInParts,
        end: End::Refunded,
        ..PLAIN
    },
    Flow { name: "sent and taken back", then: Then::ShipsAndTakesBack, end: End::Shipped, ..PLAIN },
    Flow {
        name: "declined, and taken all the same",
        tokens: &["decline lost_refunds=1"],
        then: Then::TakenLate,
        end: End::Declined,
        ..PLAIN
    },
    Flow {
        name: "taken after the buyer has paid another way",
        tokens: &["decline", "approve"],
        then: Then::TakenLate,
        ..PLAIN
    },
    Flow {
        name: "cancelled for the hold was over, and taken all the same",
        tokens: &["approve lost_before=1000000 refused_refunds=1"],
        then: Then::TakenLate,
        end: End::Expired,
        ..PLAIN
    },
    Flow {
        name: "charged, as an operator knows",
        tokens: &["approve lost_after=1000000"],
        acts: Act::OperatorLooksItUp,
        ..PLAIN
    },
    Flow {
        name: "never charged, as an operator knows",
        code: Some("FEW"),
        tokens: &["approve lost_before=1000000"],
        acts: Act::OperatorLooksItUp,
        end: End::NotCharged,
        ..PLAIN
    },
    Flow {
        name: "given up by an operator",
        tokens: &["approve lost_before=1000000"],
        acts: Act::OperatorGivesUp,
        end: End::NeverOrder,
        ..PLAIN
    },
    Flow {
        name: "two steps, captured, as an operator knows",
        tokens: &["approve lost_captures=1000000"],
        acts: Act::OperatorLooksItUp,
        ..TWO_STEPS
    },
    Flow {
        name: "two steps, given up by an operator",
        tokens: &["approve lost_captures=1000000 lost_refunds=1"],
        acts: Act::OperatorGivesUp,
        end: End::CalledOff,
        ..TWO_STEPS
    },
    TWO_STEPS,
    Flow {
        name: "two steps, called off and taken all the same",
        tokens: &["approve refuses_capture=1"],
        then: Then::TakenLate,
        end: End::CalledOff,
        ..TWO_STEPS
    },
    Flow { name: "two steps, from a cart", from_cart: true, code: Some("FEW"), ..TWO_STEPS },
    Flow { name: "two steps for nothing", lines: &[("GIFT", 1)], ..TWO_STEPS },
    Flow {
        name: "two steps, a lost capture",
        tokens: &["approve lost_after=1 lost_captures=2"],
        ..TWO_STEPS
    },
    Flow { name: "two steps, no answer to a capture ever", tokens: &["approve only_tells=1"], ..TWO_STEPS },
    Flow {
        name: "two steps, no answer to a void ever",
        tokens: &["approve refuses_capture=1 only_tells=1"],
        end: End::CalledOff,
        ..TWO_STEPS
    },
    Flow { name: "two steps, both at once", tokens: &["approve_at_once"], ..TWO_STEPS },
    Flow { name: "two steps, declined", tokens: &["decline lost_after=1"], end: End::Declined, ..TWO_STEPS },
    Flow { name: "two steps, the buyer acts", tokens: &["act"], acts: Act::Pays, ..TWO_STEPS },
    Flow {
        name: "two steps, the buyer cancels",
        tokens: &["act"],
        acts: Act::Cancels,
        end: End::Cancelled,
        ..TWO_STEPS
    },
    Flow {
        name: "two steps, set aside and never heard of",
        tokens: &["approve lost_after=1000000"],
        end: End::Expired,
        ..TWO_STEPS
    },
    Flow {
        name: "two steps, the second refused",
        from_cart: true,
        code: Some("FEW"),
        tokens: &["approve refuses_capture=1 lost_captures=1"],
        end: End::CalledOff,
        ..TWO_STEPS
    },
    Flow {
        name: "two steps, another amount set aside",
        tokens: &["approve more=7"],
        end: End::NeverOrder,
        ..TWO_STEPS
    },
    Flow {
        name: "two steps, another amount taken",
        tokens: &["approve takes_more=7 lost_refunds=1"],
        end: End::CalledOff,
        ..TWO_STEPS
    },
    Flow {
        name: "two steps, cancelled by the merchant",
        tokens: &["approve lost_refunds=1"],
        then: Then::MerchantCancels,
        end: End::Refunded,
        ..TWO_STEPS
    },
];

impl Flow {
    pub(crate) fn first_token(&self) -> &'static str {
        self.tokens.first().expect("every flow has a token")
    }

    /// The buyer does what they do where they have to act, if they have to.
    pub(crate) fn act(&self, world: &World, server: &mut Server, opened: &Opened) {
        match self.acts {
            Act::OperatorGivesUp => operator_gives_up(world, server, opened),
            Act::OperatorLooksItUp => operator_looks_it_up(world, server, opened),
            Act::Nothing | Act::Pays | Act::Fails | Act::Cancels | Act::PaysAndCancels => {}
        }
        if world.status(opened) != Status::RequiresAction {
            return;
        }
        match self.acts {
            Act::Pays | Act::PaysAndCancels => drop(world.bank.buyers_act(true)),
            Act::Fails => drop(world.bank.buyers_act(false)),
            Act::Nothing | Act::Cancels | Act::OperatorLooksItUp | Act::OperatorGivesUp => {}
        }
        if matches!(self.acts, Act::Cancels | Act::PaysAndCancels) {
            let (id, secret) = (opened.id, opened.secret);
            let cancel = async |server: &Server| server.coordinator.cancel(id, secret).await;
            drop(world.serve(server, cancel));
        }
    }
}

/// A shop in which a flow is about to begin, and its open checkout.
pub(crate) fn begin(flow: &Flow) -> (World, Opened) {
    let world = World::with(flow.capture);
    world.discount("FEW", 100, Some(2));
    let cart = flow.from_cart.then(|| world.cart(flow.lines));
    let opened = world.open_as(&Wish { lines: flow.lines, cart, code: flow.code, ..Wish::default() });
    (world, opened)
}

/// Asserts that a flow has ended as it should, and that its buyer was told so.
pub(crate) fn assert_end(flow: &Flow, world: &World, opened: &Opened, told: &Told) {
    let order = world.order_of(opened);
    let status = order.as_ref().map(|view| view.order.status);
    let (expected, checkout) = match flow.end {
        End::Ordered => (Some(order::Status::Paid), Status::Completed),
        End::Refunded => (Some(order::Status::Refunded), Status::Completed),
        End::Shipped => (Some(order::Status::Shipped), Status::Completed),
        End::CalledOff => (Some(order::Status::Cancelled), Status::Completed),
        End::Declined | End::NotCharged | End::NeverOrder => (None, Status::Open),
        End::Expired => (None, Status::Expired),
        End::Cancelled => (None, Status::Cancelled),
    };
    assert_eq!(status, expected, "{told:?}");
    // An open checkout may have run out since.
    let stands = world.status(opened);
    assert!(stands == checkout || (checkout == Status::Open && stands == Status::Expired), "{stands:?}");
    let told_well = match (flow.end, told) {
        (End::Ordered | End::Refunded | End::Shipped, Told::Placed(id)) => {
            order.is_some_and(|view| view.order.id == *id)
        }
        (End::Declined, Told::Ended(Ending::Declined(code))) => code == "insufficient_funds",
        (End::NotCharged, Told::Ended(Ending::Declined(code))) => code == "not_charged",
        (End::CalledOff, Told::Ended(Ending::Declined(code))) => code == "capture_refused",
        (End::CalledOff | End::NeverOrder, Told::Ended(Ending::NeverOrder)) => true,
        (End::Expired, Told::Ended(Ending::Expired)) => true,
        (End::Cancelled, Told::Ended(Ending::Cancelled)) => true,
        _ => false,
    };
    assert!(told_well, "told {told:?}");
}
