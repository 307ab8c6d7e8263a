//! A store whose calls can fail: those that run sagas, refunds and deliveries, by faults that the suite decides on; and
//! which sees to it that no saga is moved by a hand that has lost it (I14).
//!
//! Leaves which call is hit, and how, to the module `faults` beside it; a suite that includes this file brings its own.

use std::sync::Arc;

use async_trait::async_trait;
use sellonce_checkout::audit::{Invariant, Report as AuditReport};
use sellonce_checkout::book::Movement;
use sellonce_checkout::callback::{Callback, Heard};
use sellonce_checkout::cart::{Cart, CartRefusal};
use sellonce_checkout::catalog::{Handle, Location, Sku};
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::discount::{Discount, DiscountCode};
use sellonce_checkout::id::{
    ApiKeyId, CartId, CheckoutId, EventId, OrderId, OwnerId, RefundId, SagaId, SecretHash,
};
use sellonce_checkout::money::Money;
use sellonce_checkout::price_lock::PriceHash;
use sellonce_checkout::purchase_limit::PurchaseLimit;
use sellonce_checkout::refund::{self, Refund};
use sellonce_checkout::store::accounts::{Accounts, ApiKey};
use sellonce_checkout::store::callbacks::Callbacks;
use sellonce_checkout::store::carts::{Carts, ChangeCart, ChangeCartRefusal, CreateCart};
use sellonce_checkout::store::catalog::{
    Catalog, PriceSet, ProductQuery, ProductView, PutOutcome, PutProduct, PutRefusal,
};
use sellonce_checkout::store::checkouts::{
    CancelRefusal, CheckoutView, Checkouts, ConfirmRefusal, OpenCheckout, OpenRefusal,
};
use sellonce_checkout::store::deliveries::{Deliveries, DeliveryResult, Due};
use sellonce_checkout::store::discounts::{DiscountView, Discounts};
use sellonce_checkout::store::inventory::{self, Inventory, MoveRefusal, MoveStock, StockView};
use sellonce_checkout::store::orders::{
    ChangeOrderRefusal, ChangedOrder, DueRefund, OrderView, Orders, RefundOrder, ReturnOrder, ShipOrder,
    TransitionOrder,
};
use sellonce_checkout::store::sagas::{
    Advance, Begun, CallOffOrder, From, LateCheck, Moved, PayOrder, PlaceOrder, Postpone, Release, Reserve,
    ReserveRefusal, ResolveRefusal, ResolveSaga, ResolvedSaga, RetryRefusal, Run, Sagas, Stuck, TakeOver,
};
use sellonce_checkout::store::{Answer, Books, Failure, Page, Shop, Store};

use crate::faults::{Faults, under_faults};

/// A store whose calls that run sagas, refunds and deliveries can fail; all others are those of the store below.
pub(crate) struct FaultyStore {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) faults: Arc<Faults>,
}

/// What must hold in every committed snapshot, whoever is in the middle of what.
const ALWAYS: [Invariant; 9] = [
    Invariant::I1,
    Invariant::I2,
    Invariant::I3,
    Invariant::I5,
    Invariant::I6,
    Invariant::I7,
    Invariant::I10,
    Invariant::I13,
    Invariant::I14,
];

impl FaultyStore {
    /// The fence of the latest hand that took a saga, if it is not the one that a move is made under.
    async fn later_fence(&self, from: From) -> Option<i64> {
        let saga = self.store.saga(from.saga).await.ok()??.saga;
        let later = (saga.fence > from.fence).then_some(saga.fence);
        if later.is_some() && saga.state == from.state {
            // All else is as the late hand left it.
            self.faults.sees_a_late_hand();
        }
        later
    }

    async fn audit_if_watched(&self) {
        if !self.faults.is_watched() {
            return;
        }
        let report = self.store.audit().await.expect("the store answers");
        for invariant in ALWAYS {
            let finding = report.finding(invariant).expect("every invariant has a finding");
            assert_eq!(finding.violated, 0, "{finding:#?}");
        }
    }
}

/// Calls that are passed on, with or without faults.
macro_rules! passed_on {
    ($port:ident: $(fn $name:ident($($argument:ident: $of:ty),*) -> $answer:ty;)* faulty: $(fn $faulty:ident($($given:ident: $kind:ty),*) -> $outcome:ty;)* $(moves: $(fn $move:ident($by:ty) -> $moved:ty;)*)?) => {
        #[async_trait]
        impl $port for FaultyStore {
            $(async fn $name(&self, $($argument: $of),*) -> $answer {
                self.store.$name($($argument),*).await
            })*
            $(async fn $faulty(&self, $($given: $kind),*) -> $outcome {
                let failure = Failure::Unavailable(stringify!($faulty).to_owned());
                let answer = async || {
                    let answer = self.store.$faulty($($given.clone()),*).await;
                    self.audit_if_watched().await;
                    answer
                };
                under_faults!(self.faults, stringify!($faulty), failure, answer())
            })*
            $($(async fn $move(&self, call: $by) -> $moved {
                let failure = Failure::Unavailable(stringify!($move).to_owned());
                let answer = async || {
                    let later = self.later_fence(call.from).await;
                    let mut call = call.clone();
                    if self.faults.forgets_fences() {
                        call.from.fence = later.unwrap_or(call.from.fence);
                    }
                    let answer = self.store.$move(call).await;
                    let lost = matches!(answer, Ok(Moved::Lost) | Err(_));
                    assert!(later.is_none() || lost, "I14: a hand that lost its saga makes the move {}", stringify!($move));
                    self.audit_if_watched().await;
                    answer
                };
                under_faults!(self.faults, stringify!($move), failure, answer())
            })*)?
        }
    };
}

#[async_trait]
impl Books for FaultyStore {
    fn shop(&self) -> &Shop {
        self.store.shop()
    }

    fn now(&self) -> Timestamp {
        self.store.now()
    }

    async fn ping(&self) -> Result<(), Failure> {
        self.store.ping().await
    }

    async fn audit(&self) -> Result<AuditReport, Failure> {
        self.store.audit().await
    }
}

passed_on! { Accounts:
    fn create_api_key(key: ApiKey) -> Result<(), Failure>;
    fn api_keys() -> Result<Vec<ApiKey>, Failure>;
    fn api_key(secret: SecretHash) -> Result<Option<ApiKey>, Failure>;
    fn revoke_api_key(id: ApiKeyId) -> Result<bool, Failure>;
    faulty:
}

passed_on! { Callbacks:
    fn forget_callbacks() -> Result<u64, Failure>;
    faulty:
    fn hear(callback: Callback) -> Result<Heard, Failure>;
}

passed_on! { Carts:
    fn create_cart(call: CreateCart) -> Answer<Cart, CartRefusal>;
    fn change_cart(call: ChangeCart) -> Answer<Cart, ChangeCartRefusal>;
    fn cart(id: CartId) -> Result<Option<Cart>, Failure>;
    faulty:
}

passed_on! { Catalog:
    fn put_product(call: PutProduct) -> Answer<PutOutcome, PutRefusal>;
    fn products(query: ProductQuery) -> Result<Page<ProductView>, Failure>;
    fn product(handle: &Handle) -> Result<Option<ProductView>, Failure>;
    fn set_price(sku: &Sku, price: Money, revoke_locks: bool) -> Result<Option<PriceSet>, Failure>;
    faulty:
}

passed_on! { Checkouts:
    fn open_checkout(call: OpenCheckout) -> Answer<CheckoutView, OpenRefusal>;
    fn checkout(id: CheckoutId) -> Result<Option<CheckoutView>, Failure>;
    fn confirm_prices(id: CheckoutId, secret: SecretHash, hash: PriceHash) -> Answer<CheckoutView, ConfirmRefusal>;
    faulty:
    fn cancel_checkout(id: CheckoutId, secret: SecretHash) -> Answer<CheckoutView, CancelRefusal>;
}

passed_on! { Deliveries:
    faulty:
    fn claim_deliveries(consumer: &str, owner: OwnerId, limit: u32) -> Result<Vec<Due>, Failure>;
    fn finish_delivery(event: EventId, consumer: &str, result: DeliveryResult) -> Result<(), Failure>;
}

passed_on! { Discounts:
    fn create_discount(discount: Discount) -> Result<bool, Failure>;
    fn discounts(after: Option<&DiscountCode>, limit: u32) -> Result<Page<DiscountView>, Failure>;
    fn set_purchase_limit(limit: PurchaseLimit) -> Result<bool, Failure>;
    fn purchase_limits(after: Option<&Sku>, limit: u32) -> Result<Page<PurchaseLimit>, Failure>;
    faulty:
}

passed_on! { Inventory:
    fn move_stock(call: MoveStock) -> Answer<inventory::Moved, MoveRefusal>;
    fn stock(sku: &Sku) -> Result<Option<StockView>, Failure>;
    fn stocks(after: Option<&Sku>, limit: u32) -> Result<Page<StockView>, Failure>;
    fn movements(sku: &Sku, after: Option<(Location, i64)>, limit: u32) -> Result<Page<Movement>, Failure>;
    faulty:
}

passed_on! { Orders:
    fn orders(after: Option<OrderId>, limit: u32) -> Result<Page<OrderView>, Failure>;
    fn stuck_refunds(after: Option<RefundId>, limit: u32) -> Result<Page<Refund>, Failure>;
    faulty:
    fn order(id: OrderId) -> Result<Option<OrderView>, Failure>;
    fn transition_order(call: TransitionOrder) -> Answer<ChangedOrder, ChangeOrderRefusal>;
    fn refund_order(call: RefundOrder) -> Answer<ChangedOrder, ChangeOrderRefusal>;
    fn ship_order(call: ShipOrder) -> Answer<ChangedOrder, ChangeOrderRefusal>;
    fn return_order(call: ReturnOrder) -> Answer<ChangedOrder, ChangeOrderRefusal>;
    fn claim_refunds(owner: OwnerId, limit: u32) -> Result<Vec<DueRefund>, Failure>;
    fn finish_refund(id: RefundId, outcome: refund::Outcome) -> Result<bool, Failure>;
}

passed_on! { Sagas:
    fn stuck_sagas(after: Option<SagaId>, limit: u32) -> Result<Page<Stuck>, Failure>;
    fn end_leases() -> Result<(), Failure>;
    faulty:
    fn reserve(call: Reserve) -> Answer<Begun, ReserveRefusal>;
    fn claim_sagas(owner: OwnerId, limit: u32) -> Result<Vec<Run>, Failure>;
    fn take_over(call: TakeOver) -> Result<Moved<Box<Run>>, Failure>;
    fn unfinished_saga(checkout: CheckoutId) -> Result<Option<Run>, Failure>;
    fn saga(id: SagaId) -> Result<Option<Run>, Failure>;
    fn retry_saga(id: SagaId) -> Answer<Run, RetryRefusal>;
    fn resolve_saga(call: ResolveSaga) -> Answer<ResolvedSaga, ResolveRefusal>;
    moves:
    fn place_order(PlaceOrder) -> Result<Moved<Box<OrderView>>, Failure>;
    fn pay_order(PayOrder) -> Result<Moved<Box<OrderView>>, Failure>;
    fn call_off_order(CallOffOrder) -> Result<Moved<Box<Run>>, Failure>;
    fn release(Release) -> Result<Moved<Box<Run>>, Failure>;
    fn advance(Advance) -> Result<Moved<Box<Run>>, Failure>;
    fn postpone(Postpone) -> Result<Moved<()>, Failure>;
    fn finish_late_check(LateCheck) -> Result<Moved<()>, Failure>;
}
