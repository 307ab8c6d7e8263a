//! The deliberately racy store: it reads the stock, decides, and writes it back.
//!
//! Only `reserve` differs: before the store behind it is asked, stock is checked as shops check it that oversell.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use sellonce_checkout::audit::Report;
use sellonce_checkout::book::{Depleted, Movement, Shortage};
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
use sellonce_checkout::refund::{Outcome, Refund};
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
use sellonce_checkout::store::inventory::{
    Inventory, MoveRefusal, MoveStock, Moved as StockMoved, StockView,
};
use sellonce_checkout::store::orders::{
    ChangeOrderRefusal, ChangedOrder, DueRefund, OrderView, Orders, RefundOrder, ReturnOrder, ShipOrder,
    TransitionOrder,
};
use sellonce_checkout::store::sagas::{
    Advance, Begun, CallOffOrder, LateCheck, Moved, PayOrder, PlaceOrder, Postpone, Release, Reserve,
    ReserveRefusal, ResolveRefusal, ResolveSaga, ResolvedSaga, RetryRefusal, Run, Sagas, Stuck, TakeOver,
};
use sellonce_checkout::store::{Answer, Books, Failure, Page, Shop, Store};

use crate::run::sku;

pub(crate) struct ReadsThenWrites {
    inner: Arc<dyn Store>,
    left: AtomicI64,
}

impl ReadsThenWrites {
    pub(crate) fn new(inner: Arc<dyn Store>, units: i64) -> Self {
        Self { inner, left: AtomicI64::new(units) }
    }
}

/// Passes calls on as they are.
macro_rules! passes_on {
    ($port:ident { $(fn $name:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)+ }) => {
        #[async_trait]
        impl $port for ReadsThenWrites {
            $(async fn $name(&self, $($argument: $kind),*) -> $answer {
                self.inner.$name($($argument),*).await
            })+
        }
    };
}

#[async_trait]
impl Books for ReadsThenWrites {
    fn shop(&self) -> &Shop {
        self.inner.shop()
    }
    fn now(&self) -> Timestamp {
        self.inner.now()
    }
    async fn ping(&self) -> Result<(), Failure> {
        self.inner.ping().await
    }
    async fn audit(&self) -> Result<Report, Failure> {
        self.inner.audit().await
    }
}

#[async_trait]
impl Sagas for ReadsThenWrites {
    /// The bug: between the read and the write others read the same number. No pause makes it worse than it is; the
    /// yield stands for the round trip that a database has there.
    async fn reserve(&self, call: Reserve) -> Answer<Begun, ReserveRefusal> {
        let left = self.left.load(Ordering::Relaxed);
        tokio::task::yield_now().await;
        if left < 1 {
            let depleted = Depleted { sku: sku(), requested: 1, available: left, stock_version: 0 };
            return Ok(Err(ReserveRefusal::Shortage(Shortage::OutOfStock(vec![depleted]))));
        }
        let begun = self.inner.reserve(call).await;
        self.left.store(left - 1, Ordering::Relaxed);
        begun
    }
    async fn place_order(&self, call: PlaceOrder) -> Result<Moved<Box<OrderView>>, Failure> {
        self.inner.place_order(call).await
    }
    async fn release(&self, call: Release) -> Result<Moved<Box<Run>>, Failure> {
        self.inner.release(call).await
    }
    async fn advance(&self, call: Advance) -> Result<Moved<Box<Run>>, Failure> {
        self.inner.advance(call).await
    }
    async fn postpone(&self, call: Postpone) -> Result<Moved<()>, Failure> {
        self.inner.postpone(call).await
    }
    async fn finish_late_check(&self, call: LateCheck) -> Result<Moved<()>, Failure> {
        self.inner.finish_late_check(call).await
    }
    async fn claim_sagas(&self, owner: OwnerId, limit: u32) -> Result<Vec<Run>, Failure> {
        self.inner.claim_sagas(owner, limit).await
    }
    async fn saga(&self, id: SagaId) -> Result<Option<Run>, Failure> {
        self.inner.saga(id).await
    }
    async fn stuck_sagas(&self, after: Option<SagaId>, limit: u32) -> Result<Page<Stuck>, Failure> {
        self.inner.stuck_sagas(after, limit).await
    }
    async fn pay_order(&self, call: PayOrder) -> Result<Moved<Box<OrderView>>, Failure> {
        self.inner.pay_order(call).await
    }
    async fn call_off_order(&self, call: CallOffOrder) -> Result<Moved<Box<Run>>, Failure> {
        self.inner.call_off_order(call).await
    }
    async fn take_over(&self, call: TakeOver) -> Result<Moved<Box<Run>>, Failure> {
        self.inner.take_over(call).await
    }
    async fn unfinished_saga(&self, checkout: CheckoutId) -> Result<Option<Run>, Failure> {
        self.inner.unfinished_saga(checkout).await
    }
    async fn retry_saga(&self, id: SagaId) -> Answer<Run, RetryRefusal> {
        self.inner.retry_saga(id).await
    }
    async fn resolve_saga(&self, call: ResolveSaga) -> Answer<ResolvedSaga, ResolveRefusal> {
        self.inner.resolve_saga(call).await
    }
    async fn end_leases(&self) -> Result<(), Failure> {
        self.inner.end_leases().await
    }
}

passes_on!(Accounts {
    fn create_api_key(key: ApiKey) -> Result<(), Failure>;
    fn api_keys() -> Result<Vec<ApiKey>, Failure>;
    fn api_key(secret: SecretHash) -> Result<Option<ApiKey>, Failure>;
    fn revoke_api_key(id: ApiKeyId) -> Result<bool, Failure>;
});

passes_on!(Carts {
    fn create_cart(call: CreateCart) -> Answer<Cart, CartRefusal>;
    fn change_cart(call: ChangeCart) -> Answer<Cart, ChangeCartRefusal>;
    fn cart(id: CartId) -> Result<Option<Cart>, Failure>;
});

passes_on!(Catalog {
    fn put_product(call: PutProduct) -> Answer<PutOutcome, PutRefusal>;
    fn products(query: ProductQuery) -> Result<Page<ProductView>, Failure>;
    fn product(handle: &Handle) -> Result<Option<ProductView>, Failure>;
    fn set_price(sku: &Sku, price: Money, revoke_locks: bool) -> Result<Option<PriceSet>, Failure>;
});

passes_on!(Checkouts {
    fn open_checkout(call: OpenCheckout) -> Answer<CheckoutView, OpenRefusal>;
    fn checkout(id: CheckoutId) -> Result<Option<CheckoutView>, Failure>;
    fn confirm_prices(id: CheckoutId, secret: SecretHash, hash: PriceHash) -> Answer<CheckoutView, ConfirmRefusal>;
    fn cancel_checkout(id: CheckoutId, secret: SecretHash) -> Answer<CheckoutView, CancelRefusal>;
});

passes_on!(Deliveries {
    fn claim_deliveries(consumer: &str, owner: OwnerId, limit: u32) -> Result<Vec<Due>, Failure>;
    fn finish_delivery(event: EventId, consumer: &str, result: DeliveryResult) -> Result<(), Failure>;
});

passes_on!(Discounts {
    fn create_discount(discount: Discount) -> Result<bool, Failure>;
    fn discounts(after: Option<&DiscountCode>, limit: u32) -> Result<Page<DiscountView>, Failure>;
    fn set_purchase_limit(limit: PurchaseLimit) -> Result<bool, Failure>;
    fn purchase_limits(after: Option<&Sku>, limit: u32) -> Result<Page<PurchaseLimit>, Failure>;
});

passes_on!(Inventory {
    fn move_stock(call: MoveStock) -> Answer<StockMoved, MoveRefusal>;
    fn stock(sku: &Sku) -> Result<Option<StockView>, Failure>;
    fn stocks(after: Option<&Sku>, limit: u32) -> Result<Page<StockView>, Failure>;
    fn movements(sku: &Sku, after: Option<(Location, i64)>, limit: u32) -> Result<Page<Movement>, Failure>;
});

passes_on!(Orders {
    fn order(id: OrderId) -> Result<Option<OrderView>, Failure>;
    fn orders(after: Option<OrderId>, limit: u32) -> Result<Page<OrderView>, Failure>;
    fn transition_order(call: TransitionOrder) -> Answer<ChangedOrder, ChangeOrderRefusal>;
    fn refund_order(call: RefundOrder) -> Answer<ChangedOrder, ChangeOrderRefusal>;
    fn ship_order(call: ShipOrder) -> Answer<ChangedOrder, ChangeOrderRefusal>;
    fn return_order(call: ReturnOrder) -> Answer<ChangedOrder, ChangeOrderRefusal>;
    fn claim_refunds(owner: OwnerId, limit: u32) -> Result<Vec<DueRefund>, Failure>;
    fn finish_refund(id: RefundId, outcome: Outcome) -> Result<bool, Failure>;
    fn stuck_refunds(after: Option<RefundId>, limit: u32) -> Result<Page<Refund>, Failure>;
});

passes_on!(Callbacks {
    fn hear(callback: Callback) -> Result<Heard, Failure>;
    fn forget_callbacks() -> Result<u64, Failure>;
});
