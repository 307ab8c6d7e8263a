//! What buyers and merchants of the town do: wish, ask, and fill the shelves.
//!
//! Decides how requests look. Leaves answering them to the servers of `world`.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use sellonce_checkout::callback::Callback;
use sellonce_checkout::cart::CartChange;
use sellonce_checkout::catalog::{
    Details, Handle, ImportedProduct, ImportedVariant, Listing, Location, Variant,
};
use sellonce_checkout::coordinator::{Complete, Completed};
use sellonce_checkout::discount::{Discount, DiscountCode, Reduction};
use sellonce_checkout::email::Email;
use sellonce_checkout::id::{
    ApiKeyId, CartId, CartLineId, CauseId, CheckoutId, Ids, OrderId, ProductId, SagaId, SecretHash, Uuid,
};
use sellonce_checkout::idempotency::{BodyHash, Claim, Key, Scope};
use sellonce_checkout::inventory::{Kind, Place, Policy};
use sellonce_checkout::money::Money;
use sellonce_checkout::price_lock::WantedLine;
use sellonce_checkout::saga::{Ending, State};
use sellonce_checkout::session::Buyer;
use sellonce_checkout::store::Answer;
use sellonce_checkout::store::carts::CreateCart;
use sellonce_checkout::store::catalog::PutProduct;
use sellonce_checkout::store::checkouts::{Goods, OpenCheckout};
use sellonce_checkout::store::inventory::MoveStock;
use sellonce_checkout::store::sagas::{PaymentChoice, ReserveRefusal, Target};
use sellonce_checkout::totals::Tables;

use crate::bank;
use crate::world::{Server, World, location, money, sku, usd};

/// A checkout as its buyer has it.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) id: CheckoutId,
    pub(crate) secret: SecretHash,
    pub(crate) total: Money,
}

/// What a checkout is opened for.
#[derive(Clone, Default)]
pub(crate) struct Wish<'a> {
    pub(crate) lines: &'a [(&'a str, u32)],
    pub(crate) cart: Option<(CartId, SecretHash)>,
    pub(crate) email: Option<&'a str>,
    pub(crate) customer: Option<&'a str>,
    pub(crate) code: Option<&'a str>,
}

/// What a client is told, in a form that can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Placed(OrderId),
    /// The checkout had been ordered before, under another key.
    AlreadyPlaced(OrderId),
    Ended(Ending),
    UnderWay(State),
    InProgress,
    KeyReused,
    Refused(ReserveRefusal),
}

impl Told {
    /// Whether this is the end of the matter for who was told.
    pub(crate) fn is_final(&self) -> bool {
        !matches!(self, Self::UnderWay(_) | Self::InProgress)
    }

    pub(crate) fn of(answer: &Result<Completed, ReserveRefusal>) -> Self {
        match answer {
            Ok(Completed::Placed { view, .. }) => Self::Placed(view.order.id),
            Ok(Completed::AlreadyPlaced(view)) => Self::AlreadyPlaced(view.order.id),
            Ok(Completed::Ended { ending, .. }) => Self::Ended(ending.clone()),
            Ok(Completed::UnderWay(run)) => Self::UnderWay(run.saga.state),
            Ok(Completed::InProgress) => Self::InProgress,
            Ok(Completed::KeyReused) => Self::KeyReused,
            Err(refusal) => Self::Refused(refusal.clone()),
        }
    }
}

/// What buyers and merchants do.
impl World {
    /// Opens a checkout at today's prices.
    pub(crate) fn open(&self, lines: &[(&str, u32)]) -> Opened {
        self.open_as(&Wish { lines, ..Wish::default() })
    }

    pub(crate) fn open_as(&self, wish: &Wish<'_>) -> Opened {
        let call = self.opening(wish);
        let view =
            self.now(self.store.open_checkout(call)).expect("the store answers").expect("it can be opened");
        let checkout = view.checkout;
        Opened { id: checkout.id, secret: checkout.secret, total: checkout.lock.totals.total }
    }

    /// The call that opens a checkout.
    pub(crate) fn opening(&self, wish: &Wish<'_>) -> OpenCheckout {
        let line = |(name, quantity): &(&str, u32)| WantedLine {
            sku: sku(name),
            quantity: *quantity,
            price_seen: None,
            title_seen: String::new(),
        };
        let lines = Goods::Lines(wish.lines.iter().map(line).collect());
        let id = CheckoutId(self.ids.uuid());
        self.opened.lock().expect("nobody panics").push(id);
        OpenCheckout {
            id,
            secret: SecretHash::of(&self.ids.secret16()),
            goods: wish.cart.map_or(lines, |(id, secret)| Goods::Cart { id, secret }),
            buyer: Buyer {
                email: Email::parse(wish.email.unwrap_or("ada@example.com")).expect("an address"),
                address: None,
                customer_reference: wish.customer.map(str::to_owned),
            },
            shipping_method: None,
            discount_code: wish.code.map(|code| DiscountCode::parse(code).expect("a code")),
            pricing: Arc::new(Tables::plain(usd())),
        }
    }

    /// A cart with some lines.
    pub(crate) fn cart(&self, lines: &[(&str, u32)]) -> (CartId, SecretHash) {
        let (id, secret) = (CartId(self.ids.uuid()), SecretHash::of(&self.ids.secret16()));
        let add = |(name, quantity): &(&str, u32)| CartChange::Add {
            line: CartLineId(self.ids.uuid()),
            sku: sku(name),
            quantity: *quantity,
        };
        let call = CreateCart { id, secret, changes: lines.iter().map(add).collect() };
        self.now(self.store.create_cart(call)).expect("the store answers").expect("all is on sale");
        (id, secret)
    }

    /// A request to complete a checkout.
    pub(crate) fn request(&self, opened: &Opened, key: &str, token: &str) -> Complete {
        let number = self.requests.fetch_add(1, Ordering::SeqCst);
        Complete {
            claim: Claim {
                scope: Scope::checkout(opened.id),
                key: Key::parse(key).expect("a key"),
                body: BodyHash::of(token.as_bytes()),
                request_id: format!("req-{number}"),
            },
            target: Target::Open { id: opened.id, secret: opened.secret },
            expected_total: None,
            payment: Some(PaymentChoice { provider: bank::NAME.to_owned(), token: token.to_owned() }),
        }
    }

    /// Completes a checkout, and tells what the client is told.
    pub(crate) fn complete(&self, server: &Server, opened: &Opened, key: &str, token: &str) -> Told {
        self.ask(server, self.request(opened, key, token))
    }

    /// Sends a request, and tells what the client is told.
    pub(crate) fn ask(&self, server: &Server, request: Complete) -> Told {
        Told::of(&self.answer(server, request).expect("the store answers"))
    }

    pub(crate) fn answer(&self, server: &Server, request: Complete) -> Answer<Completed, ReserveRefusal> {
        self.now(server.coordinator.complete(request))
    }

    /// Makes a discount code that takes an amount off, so many times.
    pub(crate) fn discount(&self, code: &str, cents: i64, uses_max: Option<i64>) {
        let discount = Discount {
            code: DiscountCode::parse(code).expect("a code"),
            reduction: Reduction::Fixed(money(cents)),
            subtotal_min: None,
            starts_at: None,
            ends_at: None,
            uses_max,
        };
        assert_eq!(self.now(self.store.create_discount(discount)), Ok(true));
    }

    pub(crate) fn put_on_sale(&self, name: &str, units: i64, price: i64) {
        let variant = Variant {
            sku: sku(name),
            title: String::new(),
            option_values: Vec::new(),
            price: money(price),
            compare_at: None,
            image_src: None,
            grams: 0,
            barcode: String::new(),
            policy: Policy::Deny,
        };
        let details = Details {
            handle: Handle::parse(name).expect("a handle"),
            title: format!("the {name}"),
            body_html: String::new(),
            vendor: String::new(),
            product_type: String::new(),
            tags: Vec::new(),
            listing: Listing::Published,
            options: Vec::new(),
            images: Vec::new(),
        };
        let variants = vec![ImportedVariant { variant, quantity: Some(units) }];
        let call = PutProduct {
            id: ProductId(self.ids.uuid()),
            product: ImportedProduct { details, variants },
            location: Location::main(),
            set_stock: false,
            cause: CauseId(self.ids.uuid()),
        };
        self.now(self.store.put_product(call)).expect("the store answers").expect("it is new");
    }

    pub(crate) fn receive(&self, name: &str, at: &str, units: i64) {
        let call = MoveStock {
            claim: self.merchants_claim(&format!("receive-{name}-{at}")),
            cause: CauseId(self.ids.uuid()),
            place: Place { sku: sku(name), location: location(at) },
            kind: Kind::Receive,
            quantity: units,
            reason: "delivery".to_owned(),
        };
        self.now(self.store.move_stock(call)).expect("the store answers").expect("goods arrive");
    }

    /// A callback of the bank about a payment.
    pub(crate) fn callback(&self, attempt_key: &str, id: &str) -> Callback {
        let (provider, id) = (bank::NAME.to_owned(), id.to_owned());
        Callback { provider, id, attempt: SagaId::from_attempt_key(attempt_key) }
    }

    /// What a merchant's request brings to be idempotent.
    pub(crate) fn merchants_claim(&self, key: &str) -> Claim {
        Claim {
            scope: Scope::admin(ApiKeyId(Uuid::from_u128(1)), "/v1/admin"),
            key: Key::parse(key).expect("a key"),
            body: BodyHash::of(key.as_bytes()),
            request_id: format!("admin-{key}"),
        }
    }
}
