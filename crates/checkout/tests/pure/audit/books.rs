//! The books of a shop at rest, made by the shop's own steps: one sale, one declined payment, one saga under way.
//!
//! Leaves spoiling them to the tests of `audit`.

use std::collections::BTreeMap;

use sellonce_checkout::audit::{Auditor, DeliveryFact, Fact, Past, Report, Reserved, SagaFact};
use sellonce_checkout::book::{Book, Cause, Movement, Settlement};
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::discount::{Discount, DiscountCode, Reduction};
use sellonce_checkout::email::Email;
use sellonce_checkout::id::{
    CartId, CauseId, CheckoutId, EventId, OrderId, OrderToken, OwnerId, SagaId, SecretHash,
};
use sellonce_checkout::idempotency::{BodyHash, Claim, Key, Scope};
use sellonce_checkout::inventory::{Counters, Kind, Place, Policy, Stock};
use sellonce_checkout::limits::Times;
use sellonce_checkout::payment::{self, Capture};
use sellonce_checkout::price_lock::{LockRequest, WantedLine, lock};
use sellonce_checkout::purchase_limit::{LimitKey, Uses};
use sellonce_checkout::saga::{Ending, State};
use sellonce_checkout::session::{Buyer, Checkout, Status};
use sellonce_checkout::simulated_book::Booking;
use sellonce_checkout::steps::{self, CartStanding};
use sellonce_checkout::store::Shop;
use sellonce_checkout::store::deliveries::MAIL;
use sellonce_checkout::store::orders::OrderView;
use sellonce_checkout::store::sagas::{From, PaymentChoice, PaymentNews, PlaceOrder, Reserve, Run, Target};
use sellonce_checkout::totals::Tables;

use crate::{at, cents, location, offer, place, sku, usd, uuid};

/// When the audit looks: all but the saga under way has long been at rest.
pub(crate) const NOW_MS: i64 = 100_000_000;
/// When the sale and the declined payment were.
pub(crate) const THEN_MS: i64 = 1_000;

pub(crate) struct StockFact {
    pub(crate) place: Place,
    pub(crate) stock: Stock,
    pub(crate) ever_continued: bool,
    pub(crate) reserved: i64,
    pub(crate) committed: i64,
}

pub(crate) struct CheckoutFact {
    pub(crate) checkout: Checkout,
    pub(crate) history: Vec<Past<Status>>,
}

pub(crate) struct OrderFact {
    pub(crate) view: OrderView,
    pub(crate) deliveries: Vec<DeliveryFact>,
    pub(crate) cart_ordered_by: Option<CheckoutId>,
}

/// Everything that an audit reads. Of checkouts and sagas: the sale, the declined one, the one under way.
pub(crate) struct Books {
    pub(crate) movements: Vec<Movement>,
    pub(crate) stock: StockFact,
    pub(crate) checkouts: [CheckoutFact; 3],
    pub(crate) sagas: [SagaFact; 3],
    /// The sagas that keys name and that are gone.
    pub(crate) lost: Vec<SagaId>,
    pub(crate) orders: Vec<OrderFact>,
    pub(crate) bookings: Vec<Booking>,
    pub(crate) limits: Vec<(LimitKey, Uses)>,
}

impl Books {
    /// What an audit says of them.
    pub(crate) fn audit(self) -> Report {
        let mut auditor = Auditor::new(at(NOW_MS), Times::default());
        self.movements.into_iter().for_each(|movement| auditor.take(Fact::Movement(movement)));
        let StockFact { place, stock, ever_continued, reserved, committed } = self.stock;
        auditor.take(Fact::Stock { place, stock, ever_continued, reserved, committed });
        for CheckoutFact { checkout, history } in self.checkouts {
            auditor.take(Fact::Checkout { checkout: Box::new(checkout), history });
        }
        self.sagas.into_iter().for_each(|saga| auditor.take(Fact::Saga(Box::new(saga))));
        for saga in self.lost {
            auditor.take(Fact::LostKey { saga, request_id: "req".to_owned() });
        }
        for OrderFact { view, deliveries, cart_ordered_by } in self.orders {
            auditor.take(Fact::Order { view: Box::new(view), deliveries, cart_ordered_by });
        }
        self.bookings.into_iter().for_each(|booking| auditor.take(Fact::Booking(booking)));
        for (key, uses) in self.limits {
            auditor.take(Fact::Limit { key, uses });
        }
        auditor.finish()
    }
}

fn shop() -> Shop {
    Shop {
        currency: usd(),
        locations: vec![location("main")],
        capture: Capture::Automatic,
        times: Times::default(),
    }
}

fn discount() -> Discount {
    Discount {
        code: DiscountCode::parse("SALE").expect("a code"),
        reduction: Reduction::Fixed(cents(100)),
        subtotal_min: None,
        starts_at: None,
        ends_at: None,
        uses_max: Some(5),
    }
}

/// An open checkout of some units at 10.00, one of them with a price that changed since it was seen.
fn checkout(number: u128, units: u32, now: Timestamp) -> Checkout {
    let price_seen = Some(cents(900));
    let lines = [WantedLine { sku: sku("A"), quantity: units, price_seen, title_seen: String::new() }];
    let offers = BTreeMap::from([(sku("A"), offer("A", 1000))]);
    let discount = discount();
    let request = LockRequest {
        lines: &lines,
        offers: &offers,
        discount: Some(&discount),
        address: None,
        shipping_method: None,
        currency: usd(),
        now,
    };
    Checkout {
        id: CheckoutId(uuid(number)),
        secret: SecretHash::of(b"secret"),
        cart: Some(CartId(uuid(number))),
        status: Status::Open,
        buyer: Buyer {
            email: Email::parse("ada@example.com").expect("an address"),
            address: None,
            customer_reference: None,
        },
        discount_code: Some(discount.code.clone()),
        lock: lock(&request, &Tables::plain(usd())).expect("it can be locked"),
        confirmed_at: Some(now),
        expires_at: now.plus_ms(900_000),
        order: None,
        version: 1,
        created_at: now,
    }
}

fn begin(checkout: &Checkout, book: &mut Book, now: Timestamp) -> Run {
    let call = Reserve {
        saga: SagaId(checkout.id.0),
        owner: OwnerId(uuid(9)),
        claim: Claim {
            scope: Scope::checkout(checkout.id),
            key: Key::parse("key").expect("a key"),
            body: BodyHash::of(b""),
            request_id: "req".to_owned(),
        },
        target: Target::Open { id: checkout.id, secret: checkout.secret },
        expected_total: None,
        payment: Some(PaymentChoice { provider: "simulated".to_owned(), token: "tok".to_owned() }),
    };
    steps::begin(&call, checkout, CartStanding::default(), book, &shop(), now).expect("enough is there")
}

/// A history of one hand's moves at one instant.
fn past<S: Copy>(moves: &[S], fence: i64, ms: i64) -> Vec<Past<S>> {
    moves.iter().map(|to| Past { to: *to, fence, at: at(ms) }).collect()
}

fn ended(
    run: Run,
    states: &[State],
    payment: &[payment::Status],
    reservation: Reserved,
    orders: u64,
) -> SagaFact {
    SagaFact {
        run,
        history: past(states, 1, THEN_MS),
        payment_history: past(payment, 1, THEN_MS),
        lease_until: Some(at(THEN_MS)),
        next_run_at: Some(at(THEN_MS)),
        stuck_since: None,
        reservation: vec![reservation],
        refunds: Vec::new(),
        keys: 1,
        orders,
    }
}

fn learn(run: &mut Run, status: payment::Status) {
    let news = PaymentNews { status: Some(status), reference: Some("ref".to_owned()), refunded: false };
    steps::note_payment(run.attempt.as_mut().expect("there is something to pay"), &news);
}

fn booking(run: &Run, status: &str) -> Booking {
    let amount = run.attempt.as_ref().expect("there is something to pay").amount;
    Booking {
        attempt_key: run.saga.id.attempt_key(),
        token: "tok".to_owned(),
        amount,
        status: status.to_owned(),
        decline_code: None,
        refunded: cents(0),
        asked: 1,
        created_at: at(THEN_MS),
    }
}

/// The order of the sale, with its confirmation delivered.
fn sell(checkout: &mut Checkout, run: &mut Run) -> OrderFact {
    let call = PlaceOrder {
        from: From { saga: run.saga.id, state: State::Reserved, fence: 1 },
        payment: PaymentNews::default(),
        order: OrderId(uuid(40)),
        token: OrderToken([4; 32]),
        events: [EventId(uuid(41)), EventId(uuid(42))],
    };
    let order = steps::place(&call, run, checkout, 1001, at(THEN_MS));
    (checkout.status, checkout.order) = (Status::Completed, Some(order.id));
    (run.saga.state, run.saga.order, run.saga.ended_at) = (State::Placed, Some(order.id), Some(at(THEN_MS)));
    let paid = order.events.last().expect("it was paid").id;
    let delivery = DeliveryFact { event: paid, consumer: MAIL.to_owned(), over: true, next_at: at(THEN_MS) };
    let view = OrderView { order, checkout: checkout.clone(), attempt: run.attempt.clone() };
    OrderFact { view, deliveries: vec![delivery], cart_ordered_by: Some(checkout.id) }
}

/// Books in which nothing is wrong.
pub(crate) fn clean() -> Books {
    let (then, just_now) = (at(THEN_MS), at(NOW_MS - 1_000));
    let own_place = place("A", "main");
    let empty = Stock { counters: Counters::default(), version: 0, policy: Policy::Deny };
    let key = LimitKey::Discount(discount().code);
    let mut book = Book::default();
    book.put_stock(sku("A"), [(location("main"), empty)]);
    book.put_limit(key.clone(), Uses { held: 0, used: 0, max: Some(5) });
    book.change(&own_place, Kind::Receive, 10, Cause::Merchant(CauseId(uuid(7))), "import", then)
        .expect("goods arrive");
    let mut checkouts = [checkout(1, 2, then), checkout(2, 1, then), checkout(3, 3, just_now)];
    let [mut sale, mut declined] = [0, 1].map(|index| begin(&checkouts[index], &mut book, then));
    learn(&mut sale, payment::Status::Captured);
    let order = sell(&mut checkouts[0], &mut sale);
    book.settle(&sale.saga.hold, Settlement::Commit, Cause::Saga(sale.saga.id), then).expect("it is held");
    learn(&mut declined, payment::Status::Declined);
    let ending = Some(Ending::Declined("insufficient_funds".to_owned()));
    (declined.saga.state, declined.saga.ending, declined.saga.ended_at) =
        (State::Released, ending, Some(then));
    book.settle(&declined.saga.hold, Settlement::Release, Cause::Saga(declined.saga.id), then)
        .expect("it is held");
    let under_way = begin(&checkouts[2], &mut book, just_now);
    checkouts[2].status = Status::Processing;
    let bookings = vec![booking(&sale, "captured"), booking(&declined, "declined")];
    let stock = book.stock(&own_place).expect("the book has the row");
    let stock = StockFact { place: own_place, stock, ever_continued: false, reserved: 3, committed: 2 };
    use payment::Status::{Captured, Created, Declined};
    let sagas = [
        ended(sale, &[State::Reserved, State::Placed], &[Created, Captured], Reserved::Committed, 1),
        ended(declined, &[State::Reserved, State::Released], &[Created, Declined], Reserved::Released, 0),
        SagaFact {
            history: past(&[State::Reserved], 1, NOW_MS - 1_000),
            payment_history: past(&[Created], 1, NOW_MS - 1_000),
            lease_until: Some(at(NOW_MS + 29_000)),
            next_run_at: Some(at(NOW_MS + 29_000)),
            ..ended(under_way, &[], &[], Reserved::Open, 0)
        },
    ];
    let [first, second, third] = checkouts;
    let walked = |checkout, moves: &[Status]| CheckoutFact { checkout, history: past(moves, 0, THEN_MS) };
    let checkouts = [
        walked(first, &[Status::Open, Status::Processing, Status::Completed]),
        walked(second, &[Status::Open, Status::Processing, Status::Open]),
        walked(third, &[Status::Open, Status::Processing]),
    ];
    let movements = book.into_changes().movements;
    let limits = vec![(key, Uses { held: 1, used: 1, max: Some(5) })];
    Books { movements, stock, checkouts, sagas, lost: Vec::new(), orders: vec![order], bookings, limits }
}
