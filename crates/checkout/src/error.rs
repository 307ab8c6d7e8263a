//! The stable codes of every error that a client can meet, all named in one place.
//!
//! Decides the names, and what each means to who gets it. Leaves status codes, JSON and pages to the server: each
//! code has a page under /docs/errors/ made from these texts.

macro_rules! codes {
    ($($(#[$meta:meta])* $name:ident = $text:literal, $title:literal, $advice:literal;)+) => {
        /// A stable error code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$meta])* #[doc = $title] $name,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The code in answers and addresses.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// What it means, in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// What to do about it.
            pub fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)+ }
            }
        }
    };
}

codes! {
    MalformedRequest = "malformed_request", "The request cannot be read",
        "Send well-formed JSON with `Content-Type: application/json`, not nested deeper than 32 levels.";
    ValidationFailed = "validation_failed", "A field of the request is wrong",
        "Each entry of `errors` names a field by its JSON pointer and says what it must be. Unknown fields are refused: the server sets every amount itself.";
    BodyTooLarge = "body_too_large", "The request body is too large",
        "A body may have 64 KiB at most.";
    UnsupportedMediaType = "unsupported_media_type", "The body's type or encoding is not supported",
        "Send `Content-Type: application/json` and no `Content-Encoding`.";
    MethodNotAllowed = "method_not_allowed", "This address does not take this method",
        "The `Allow` header lists the methods it takes; `/docs` lists every call.";
    NotFound = "not_found", "There is nothing here",
        "The id is wrong, belongs to somebody else, or the address does not exist. Ids of carts and checkouts are secrets: use them exactly as they were given out.";
    Unauthorized = "unauthorized", "A credential is missing or wrong",
        "Send `Authorization: Bearer` with an API key made by `sellonce admin key create`, or with an order's token.";
    Forbidden = "forbidden", "The credential does not permit this",
        "Use an API key that has the scope this call needs.";
    RequestTimeout = "request_timeout", "The request took too long",
        "Send the whole request without pauses; if it had an Idempotency-Key, send it again with the same key.";
    RateLimited = "rate_limited", "Too many requests from this address",
        "Wait as long as `Retry-After` says, then go on more slowly.";
    Overloaded = "overloaded", "The shop is busy",
        "Nothing was done and nothing is lost. Repeat the request with the same Idempotency-Key after `Retry-After` seconds.";
    Unavailable = "unavailable", "The shop cannot answer at this moment",
        "Repeat the request with the same Idempotency-Key after `Retry-After` seconds: whatever was begun is finished exactly once.";
    Internal = "internal", "Something went wrong on our side",
        "The request can be repeated with the same Idempotency-Key. If it happens again, tell the operator the `request_id`.";
    IdempotencyKeyMissing = "idempotency_key_missing", "This call needs an Idempotency-Key",
        "Draw a random key for each thing you want done, and send it as the header `Idempotency-Key` with every repetition of the request.";
    IdempotencyKeyInvalid = "idempotency_key_invalid", "The Idempotency-Key cannot be used",
        "A key has 1 to 255 visible ASCII characters.";
    IdempotencyKeyReused = "idempotency_key_reused", "The Idempotency-Key came with another request before",
        "Draw a new key for a new request; repeat a request with exactly the same body.";
    CompletionInProgress = "completion_in_progress", "The checkout is being completed",
        "Wait as long as `Retry-After` says, then ask again with the same key, or read the checkout.";
    OutOfStock = "out_of_stock", "There is not enough left",
        "`lines` names each SKU that is short and what is available. Nothing is held; buy less, or try again later.";
    PriceChanged = "price_changed", "A price or the total is not what the buyer saw",
        "Show `price_changes` and the totals to the buyer. To accept changed prices, POST the checkout's `price_hash` to its `confirm_prices`, then complete it.";
    PriceHashMismatch = "price_hash_mismatch", "The confirmed price changes are not those of this checkout",
        "Read the checkout again, show its `price_changes` to the buyer, and send the `price_hash` that belongs to them.";
    CheckoutExpired = "checkout_expired", "The checkout is over",
        "Its time ran out or it was cancelled; nothing was charged. Open a new checkout: prices are locked anew.";
    CheckoutCompleted = "checkout_completed", "The checkout became an order",
        "Read the checkout: its `order` names the order. A completed checkout no longer changes.";
    CartAlreadyOrdered = "cart_already_ordered", "An order was placed from this cart",
        "Start a new cart.";
    PurchaseLimitReached = "purchase_limit_reached", "One buyer cannot have so many",
        "The SKU has a limit per buyer over all orders. Buy fewer.";
    DiscountExhausted = "discount_exhausted", "The discount has no uses left",
        "Open a new checkout without the code.";
    UnknownDiscount = "unknown_discount", "There is no such discount code",
        "Check the spelling, or leave the code out.";
    DiscountNotApplicable = "discount_not_applicable", "The discount does not apply",
        "`detail` says why: its time, or a minimum subtotal.";
    PaymentDeclined = "payment_declined", "The payment was declined",
        "Nothing was charged and nothing is held. The checkout stays open until it expires: try another payment method with a new Idempotency-Key.";
    PaymentMissing = "payment_missing", "There is something to pay and no payment was given",
        "Send `payment` with a provider and its token.";
    UnknownProvider = "unknown_provider", "There is no such payment provider",
        "Use one of the providers that this shop has switched on; `detail` lists them.";
    UnknownSku = "unknown_sku", "There is no such SKU on sale",
        "Read the SKUs from `/v1/products`.";
    WrongCurrency = "wrong_currency", "The amount is in another currency than the shop's",
        "A shop sells in one currency; `detail` names it.";
    NothingToSell = "nothing_to_sell", "No line is left that could be sold",
        "Everything in the cart has been taken off sale, or the cart is empty.";
    AddressRequired = "address_required", "A shipping address is needed",
        "Send `shipping_address`: this shop needs it to calculate shipping and tax.";
    UnknownShippingMethod = "unknown_shipping_method", "There is no such shipping method for this address",
        "`detail` lists the methods that serve the address.";
    NotShippedThere = "not_shipped_there", "Nothing is shipped to this country",
        "Choose another address.";
    AmountOutOfRange = "amount_out_of_range", "An amount is too large",
        "Order fewer units at a time.";
    PreconditionFailed = "precondition_failed", "It changed since you read it",
        "Read it again and repeat the change with the new `ETag` in `If-Match`.";
    IllegalTransition = "illegal_transition", "The order cannot go there from where it stands",
        "`allowed` lists where it can go.";
    NotOnHand = "not_on_hand", "The units have not arrived yet",
        "Record the goods that arrived with a `receive` movement first.";
    TooManyUnits = "too_many_units", "The line has not so many units for this",
        "`detail` says how many are left: units are shipped once, and come back after they were shipped.";
    RefundExceedsCaptured = "refund_exceeds_captured", "More would go back than was taken",
        "`detail` says how much can still go back; refunds that are on their way count.";
    SagaEnded = "saga_ended", "The saga has ended",
        "Nothing is left to be done for it: read its order or its checkout.";
    PaymentNotUnknown = "payment_not_unknown", "The payment's outcome is not unknown",
        "Only a payment whose provider gives no answer can be resolved by hand; this one goes on by itself.";
    CallbackNotAuthentic = "callback_not_authentic", "The callback is not its provider's",
        "Providers sign their callbacks, and send them within five minutes of signing. Check the secret that both sides have.";
    StockNotAvailable = "stock_not_available", "Not so many units can be taken away",
        "Units that are held or sold cannot be adjusted away; see the SKU's counters.";
    UnknownLocation = "unknown_location", "The shop has no such location",
        "Locations are named in the configuration.";
    AlreadyExists = "already_exists", "It exists already",
        "Choose another name or code.";
}
