//! What a behaviour is told with: products, buyers, checkouts and sagas in one line each.

use std::sync::Arc;

use sellonce_checkout::audit::Invariant;
use sellonce_checkout::catalog::{
    Details, Handle, ImportedProduct, ImportedVariant, Listing, Location, Sku, Variant,
};
use sellonce_checkout::email::Email;
use sellonce_checkout::id::{
    CartId, CartLineId, CauseId, CheckoutId, EventId, OrderId, OrderToken, OwnerId, ProductId, RefundId,
    SagaId, SecretHash, Uuid,
};
use sellonce_checkout::idempotency::{BodyHash, Claim, Key, Scope};
use sellonce_checkout::inventory::{Counters, Kind, Place, Policy};
use sellonce_checkout::money::Money;
use sellonce_checkout::order;
use sellonce_checkout::payment::{self, Capture};
use sellonce_checkout::price_lock::WantedLine;
use sellonce_checkout::saga::{Ending, State};
use sellonce_checkout::session::Buyer;
use sellonce_checkout::store::Store;
use sellonce_checkout::store::catalog::{PutOutcome, PutProduct, PutRefusal};
use sellonce_checkout::store::checkouts::{CheckoutView, Goods, OpenCheckout, OpenRefusal};
use sellonce_checkout::store::inventory::{MoveRefusal, MoveStock, Moved as StockMoved};
use sellonce_checkout::store::orders::{
    ChangeOrderRefusal, ChangedOrder, LineUnits, OrderView, RefundOrder, ReturnOrder, ShipOrder,
    TransitionOrder,
};
use sellonce_checkout::store::sagas::{
    Begun, From, Moved, PayOrder, PaymentChoice, PaymentNews, PlaceOrder, Release, Reserve, ReserveRefusal,
    Run, Target,
};
use sellonce_checkout::totals::Tables;

use crate::stores::{HandClock, Subject, usd};

/// A store with a source of ids in a row, the same for every store.
pub(crate) struct World {
    subject: Subject,
    ids: u128,
}

pub(crate) fn sku(text: &str) -> Sku {
    Sku::parse(text).expect("a SKU")
}

pub(crate) fn main_location() -> Location {
    Location::main()
}

pub(crate) fn annex() -> Location {
    Location::parse("annex").expect("a location")
}

pub(crate) fn price(minor: i64) -> Money {
    Money::new(minor, usd()).expect("an amount")
}

pub(crate) fn secret(number: u8) -> SecretHash {
    SecretHash([number; 32])
}

pub(crate) fn owner() -> OwnerId {
    OwnerId(Uuid::from_u128(0xA))
}

pub(crate) fn buyer(name: &str) -> Buyer {
    let email = Email::parse(&format!("{name}@example.com")).expect("an address");
    Buyer { email, address: None, customer_reference: None }
}

/// Lines of an open request: SKUs and quantities, with no price seen.
pub(crate) fn lines(wanted: &[(&str, u32)]) -> Goods {
    let line = |(text, quantity): &(&str, u32)| WantedLine {
        sku: sku(text),
        quantity: *quantity,
        price_seen: None,
        title_seen: String::new(),
    };
    Goods::Lines(wanted.iter().map(line).collect())
}

/// A product of one variant: handle and SKU are the same.
pub(crate) fn product(text: &str, minor: i64, quantity: Option<i64>, policy: Policy) -> ImportedProduct {
    let variant = Variant {
        sku: sku(text),
        title: String::new(),
        option_values: Vec::new(),
        price: price(minor),
        compare_at: None,
        image_src: None,
        grams: 0,
        barcode: String::new(),
        policy,
    };
    let details = Details {
        handle: Handle::parse(text).expect("a handle"),
        title: format!("Thing {text}"),
        body_html: "<p>A thing.</p>".to_owned(),
        vendor: "Maker".to_owned(),
        product_type: String::new(),
        tags: vec!["things".to_owned()],
        listing: Listing::Published,
        options: Vec::new(),
        images: Vec::new(),
    };
    ImportedProduct { details, variants: vec![ImportedVariant { variant, quantity }] }
}

impl World {
    pub(crate) fn new(subject: Subject) -> Self {
        Self { subject, ids: 0 }
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.subject.store
    }

    pub(crate) fn clock(&self) -> &HandClock {
        &self.subject.clock
    }

    pub(crate) fn name(&self) -> &'static str {
        self.subject.name
    }

    /// The next id; ids of two stores that see the same calls are the same.
    pub(crate) fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + self.ids)
    }

    /// What must hold in every snapshot holds. Nobody runs the background loops here, so what holds in the end is
    /// not asked for.
    pub(crate) async fn assert_always_ok(&self) {
        use Invariant::{I1, I2, I3, I5, I6, I7, I10, I13, I14};
        let always = [I1, I2, I3, I5, I6, I7, I10, I13, I14];
        let report = self.store().audit().await.expect("the store answers");
        let asked_for = report.findings.iter().filter(|finding| always.contains(&finding.invariant));
        let violated = asked_for.filter(|finding| finding.violated > 0);
        let violated: Vec<_> = violated.collect();
        assert!(violated.is_empty(), "on {}: {violated:#?}", self.name());
    }

    pub(crate) async fn put_with(
        &mut self,
        product: ImportedProduct,
        set_stock: bool,
    ) -> Result<PutOutcome, PutRefusal> {
        let (id, cause) = (ProductId(self.id()), CauseId(self.id()));
        let call = PutProduct { id, product, location: main_location(), set_stock, cause };
        self.store().put_product(call).await.expect("the store answers")
    }

    /// Puts a product with stock at the main location, sold only while it is there.
    pub(crate) async fn put(&mut self, text: &str, minor: i64, units: i64) {
        let put = self.put_with(product(text, minor, Some(units), Policy::Deny), false).await;
        assert!(put.is_ok(), "{put:?}");
    }

    pub(crate) fn claim(&self, scope: &str, key: &str) -> Claim {
        Claim {
            scope: Scope(scope.as_bytes().to_vec()),
            key: Key::parse(key).expect("a key"),
            body: BodyHash::of(b"{}"),
            request_id: format!("request-of-{key}"),
        }
    }

    pub(crate) async fn move_stock(
        &mut self,
        text: &str,
        location: Location,
        kind: Kind,
        quantity: i64,
    ) -> Result<StockMoved, MoveRefusal> {
        let cause = CauseId(self.id());
        let claim = self.claim("stock", &cause.to_string());
        let place = Place { sku: sku(text), location };
        let call = MoveStock { claim, cause, place, kind, quantity, reason: "counted".to_owned() };
        self.store().move_stock(call).await.expect("the store answers")
    }

    /// The counters of a SKU at a location.
    pub(crate) async fn counters(&self, text: &str, location: &Location) -> Counters {
        let view = self.store().stock(&sku(text)).await.expect("the store answers").expect("a known SKU");
        let row = view.rows.iter().find(|(place, _)| place == location);
        row.map(|(_, stock)| stock.counters).unwrap_or_default()
    }

    pub(crate) fn open_call(&mut self, goods: Goods, buyer: Buyer) -> OpenCheckout {
        OpenCheckout {
            id: CheckoutId(self.id()),
            secret: secret(1),
            goods,
            buyer,
            shipping_method: None,
            discount_code: None,
            pricing: Arc::new(Tables::plain(usd())),
        }
    }

    pub(crate) async fn try_open(&mut self, call: OpenCheckout) -> Result<CheckoutView, OpenRefusal> {
        self.store().open_checkout(call).await.expect("the store answers")
    }

    pub(crate) async fn open(&mut self, wanted: &[(&str, u32)], name: &str) -> CheckoutId {
        let call = self.open_call(lines(wanted), buyer(name));
        self.try_open(call).await.expect("the checkout opens").checkout.id
    }

    pub(crate) fn reserve_call(&mut self, checkout: CheckoutId, key: &str) -> Reserve {
        Reserve {
            saga: SagaId(self.id()),
            owner: owner(),
            claim: self.claim(&checkout.to_string(), key),
            target: Target::Open { id: checkout, secret: secret(1) },
            expected_total: None,
            payment: Some(PaymentChoice { provider: "simulated".to_owned(), token: "tok_ok".to_owned() }),
        }
    }

    pub(crate) async fn try_reserve(
        &mut self,
        checkout: CheckoutId,
        key: &str,
    ) -> Result<Begun, ReserveRefusal> {
        let call = self.reserve_call(checkout, key);
        self.store().reserve(call).await.expect("the store answers")
    }

    pub(crate) async fn reserve(&mut self, checkout: CheckoutId) -> Run {
        match self.try_reserve(checkout, "key").await {
            Ok(Begun::New(run)) => *run,
            other => panic!("on {}: {other:?}", self.name()),
        }
    }

    pub(crate) fn place_call(&mut self, run: &Run) -> PlaceOrder {
        let status = run.attempt.as_ref().map(|attempt| match attempt.capture {
            Capture::Automatic => payment::Status::Captured,
            Capture::Manual => payment::Status::Authorized,
        });
        PlaceOrder {
            from: from(run),
            payment: PaymentNews { status, reference: Some("at-provider".to_owned()), refunded: false },
            order: OrderId(self.id()),
            token: OrderToken([9; 32]),
            events: [EventId(self.id()), EventId(self.id())],
        }
    }

    pub(crate) async fn place(&mut self, run: &Run) -> OrderView {
        let call = self.place_call(run);
        match self.store().place_order(call).await.expect("the store answers") {
            Moved::Done(view) => *view,
            Moved::Lost => panic!("on {}: the order was lost", self.name()),
        }
    }

    pub(crate) async fn decline(&self, run: &Run) -> Moved<Box<Run>> {
        let status = run.attempt.as_ref().map(|_| payment::Status::Declined);
        let release = Release {
            from: from(run),
            payment: PaymentNews { status, reference: None, refunded: false },
            ending: Ending::Declined("card_declined".to_owned()),
            to: State::Released,
        };
        self.store().release(release).await.expect("the store answers")
    }

    /// One order of some units, from opening to paid.
    pub(crate) async fn sell(&mut self, wanted: &[(&str, u32)], name: &str) -> OrderView {
        let checkout = self.open(wanted, name).await;
        let run = self.reserve(checkout).await;
        self.place(&run).await
    }

    /// One order of some units in a shop that takes money in two steps, from opening to paid.
    pub(crate) async fn sell_and_pay(&mut self, wanted: &[(&str, u32)], name: &str) -> OrderView {
        let saga = self.sell(wanted, name).await.order.saga;
        let run = self.store().saga(saga).await.expect("the store answers").expect("the saga is there");
        let captured = PaymentNews { status: Some(payment::Status::Captured), ..PaymentNews::default() };
        let call = PayOrder { from: from(&run), payment: captured, event: EventId(self.id()) };
        match self.store().pay_order(call).await.expect("the store answers") {
            Moved::Done(view) => *view,
            Moved::Lost => panic!("on {}: the order was lost", self.name()),
        }
    }

    pub(crate) fn transition_call(&mut self, id: OrderId, to: order::Status) -> TransitionOrder {
        let event = EventId(self.id());
        TransitionOrder {
            claim: self.claim("orders", &event.to_string()),
            id,
            to,
            reason: "none".to_owned(),
            actor: "key_tests".to_owned(),
            expected_version: None,
            event,
            refund: RefundId(self.id()),
            cause: CauseId(self.id()),
            restock: true,
        }
    }

    pub(crate) async fn transition(
        &mut self,
        id: OrderId,
        to: order::Status,
    ) -> Result<ChangedOrder, ChangeOrderRefusal> {
        let call = self.transition_call(id, to);
        self.store().transition_order(call).await.expect("the store answers")
    }

    pub(crate) fn refund_call(&mut self, id: OrderId, minor: i64) -> RefundOrder {
        let refund = RefundId(self.id());
        RefundOrder {
            claim: self.claim("refunds", &refund.to_string()),
            id,
            amount: price(minor),
            reason: "it was chipped".to_owned(),
            actor: "key_tests".to_owned(),
            expected_version: None,
            refund,
        }
    }

    pub(crate) fn ship_call(&mut self, id: OrderId, units: &[(u32, i64)]) -> ShipOrder {
        let events = [EventId(self.id()), EventId(self.id())];
        ShipOrder {
            claim: self.claim("shipments", &events[0].to_string()),
            id,
            lines: line_units(units),
            tracking: "1Z999".to_owned(),
            actor: "key_tests".to_owned(),
            expected_version: None,
            events,
        }
    }

    pub(crate) fn return_call(&mut self, id: OrderId, units: &[(u32, i64)], restock: bool) -> ReturnOrder {
        let key = EventId(self.id()).to_string();
        ReturnOrder {
            claim: self.claim("returns", &key),
            id,
            lines: line_units(units),
            restock,
            reason: "too small".to_owned(),
            actor: "key_tests".to_owned(),
            expected_version: None,
        }
    }

    pub(crate) async fn ship(
        &mut self,
        id: OrderId,
        units: &[(u32, i64)],
    ) -> Result<ChangedOrder, ChangeOrderRefusal> {
        let call = self.ship_call(id, units);
        self.store().ship_order(call).await.expect("the store answers")
    }

    pub(crate) fn cart_id(&mut self) -> CartId {
        CartId(self.id())
    }

    pub(crate) fn line_id(&mut self) -> CartLineId {
        CartLineId(self.id())
    }
}

fn line_units(units: &[(u32, i64)]) -> Vec<LineUnits> {
    units.iter().map(|(line, quantity)| LineUnits { line: *line, quantity: *quantity }).collect()
}

pub(crate) fn from(run: &Run) -> From {
    From { saga: run.saga.id, state: run.saga.state, fence: run.saga.fence }
}

pub(crate) fn counters(available: i64, reserved: i64, committed: i64, backordered: i64) -> Counters {
    Counters { available, reserved, committed, backordered }
}
