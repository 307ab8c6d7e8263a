//! What is called: random calls from every side of the shop.

use proptest::prelude::*;
use sellonce_checkout::order;
use sellonce_checkout::saga::Resolution;

pub(super) const SKUS: [&str; 4] = ["scarce", "endless", "limited", "dear"];
pub(super) const BUYERS: [&str; 3] = ["ada", "bob", "eve"];

/// A call; indices count from the latest, modulo what there is.
#[derive(Clone, Debug)]
pub(super) enum Call {
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
    /// What reaches a saga from outside, whoever has it.
    Outside {
        run: usize,
        does: Outside,
    },
    Wait {
        ms: i64,
    },
}

#[derive(Clone, Debug)]
pub(super) enum Merchant {
    Stock { sku: usize, at_annex: bool, quantity: i64 },
    Price { sku: usize, minor: i64, revoke: bool },
    Policy { deny: bool },
}

#[derive(Clone, Debug)]
pub(super) enum Shopper {
    Cart {
        sku: usize,
        quantity: u32,
    },
    AddToCart {
        cart: usize,
        sku: usize,
        quantity: u32,
    },
    OpenCart {
        cart: usize,
        buyer: usize,
    },
    Open {
        lines: Vec<(usize, u32, Option<i64>)>,
        buyer: usize,
        discount: bool,
    },
    /// Opens a checkout and begins to complete it.
    Buy {
        sku: usize,
        quantity: u32,
        buyer: usize,
    },
    /// The same, and the order is placed.
    Sell {
        sku: usize,
        quantity: u32,
        buyer: usize,
    },
}

#[derive(Clone, Debug)]
pub(super) enum Payer {
    Confirm,
    Cancel,
    Reserve { key: usize },
}

#[derive(Clone, Debug)]
pub(super) enum Coordinator {
    Await,
    Place,
    Pay,
    CallOff,
    Decline,
    Expire,
    GiveBack,
    Void,
    Postpone { unknown: bool },
}

#[derive(Clone, Debug)]
pub(super) enum Outside {
    Hear { number: u8 },
    Late { captured: bool },
    TakeOver { leased: bool },
    Retry,
    Resolve { resolution: Resolution, key: usize },
}

#[derive(Clone, Debug)]
pub(super) enum BackOffice {
    Move { order: usize, to: order::Status, restock: bool },
    RefundPart { order: usize, minor: i64 },
    Ship { order: usize, line: u32, quantity: i64 },
    TakeBack { order: usize, line: u32, quantity: i64, restock: bool },
    Refunds { refused: bool },
    Deliver { arrives: bool },
}

pub(super) fn calls() -> impl Strategy<Value = Vec<Call>> {
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
        9 => (0..4_usize, 1..3_u32, 0..3_usize)
            .prop_map(|(sku, quantity, buyer)| Shopper::Buy { sku, quantity, buyer }),
        9 => (0..4_usize, 1..4_u32, 0..3_usize)
            .prop_map(|(sku, quantity, buyer)| Shopper::Sell { sku, quantity, buyer }),
    ];
    let payer = prop_oneof![
        1 => Just(Payer::Confirm),
        1 => Just(Payer::Cancel),
        8 => (0..3_usize).prop_map(|key| Payer::Reserve { key }),
    ];
    let coordinator = prop_oneof![
        1 => Just(Coordinator::Await),
        6 => Just(Coordinator::Place),
        4 => Just(Coordinator::Pay),
        2 => Just(Coordinator::CallOff),
        3 => Just(Coordinator::Decline),
        2 => Just(Coordinator::Expire),
        3 => Just(Coordinator::GiveBack),
        3 => Just(Coordinator::Void),
        3 => any::<bool>().prop_map(|unknown| Coordinator::Postpone { unknown }),
    ];
    let resolutions = proptest::sample::select(Resolution::ALL.to_vec());
    let outside = prop_oneof![
        2 => (0..6_u8).prop_map(|number| Outside::Hear { number }),
        3 => any::<bool>().prop_map(|captured| Outside::Late { captured }),
        1 => any::<bool>().prop_map(|leased| Outside::TakeOver { leased }),
        1 => Just(Outside::Retry),
        6 => (resolutions, 0..3_usize).prop_map(|(resolution, key)| Outside::Resolve { resolution, key }),
    ];
    let back_office = prop_oneof![
        3 => (0..4_usize, statuses, any::<bool>())
            .prop_map(|(order, to, restock)| BackOffice::Move { order, to, restock }),
        2 => (0..4_usize, 0..3000_i64).prop_map(|(order, minor)| BackOffice::RefundPart { order, minor }),
        4 => (0..4_usize, 1..3_u32, 0..3_i64)
            .prop_map(|(order, line, quantity)| BackOffice::Ship { order, line, quantity }),
        5 => (0..4_usize, 1..3_u32, 1..3_i64, any::<bool>())
            .prop_map(|(order, line, quantity, restock)| BackOffice::TakeBack { order, line, quantity, restock }),
        2 => any::<bool>().prop_map(|refused| BackOffice::Refunds { refused }),
        1 => any::<bool>().prop_map(|arrives| BackOffice::Deliver { arrives }),
    ];
    let waits = prop_oneof![Just(100_i64), Just(31_000), Just(16 * 60_000)];
    let call = prop_oneof![
        3 => merchant.prop_map(Call::Merchant),
        16 => shopper.prop_map(Call::Shopper),
        4 => (0..4_usize, payer).prop_map(|(checkout, does)| Call::Payer { checkout, does }),
        18 => (0..4_usize, coordinator).prop_map(|(run, does)| Call::Coordinator { run, does }),
        2 => Just(Call::Claim),
        16 => back_office.prop_map(Call::BackOffice),
        14 => (0..3_usize, outside).prop_map(|(run, does)| Call::Outside { run, does }),
        2 => waits.prop_map(|ms| Call::Wait { ms }),
    ];
    proptest::collection::vec(call, 60..180)
}
