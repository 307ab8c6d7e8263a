//! Every number that bounds something: sizes, counts and times, in one place.
//!
//! Decides how large things may grow and how long they may take. Where a time can be configured, the value here is
//! the default ([`Times`]).

/// The largest single amount in minor units: 10 trillion, so that sums of a hundred lines stay far inside 64 bits.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000_000;
/// The first amount that is too large.
pub const AMOUNT_BEYOND: i64 = AMOUNT_MAX.saturating_add(1);
/// The most units of one SKU in one line.
pub const LINE_QUANTITY_MAX: u32 = 10_000;
/// The most units that one inventory movement may name.
pub const MOVEMENT_QUANTITY_MAX: i64 = 1_000_000_000;
/// The most units that a stock counter may reach.
pub const COUNTER_MAX: i64 = 1_000_000_000_000;
/// The most lines of one cart or checkout.
pub const LINES_MAX: usize = 100;
/// The longest SKU, in bytes.
pub const SKU_BYTES_MAX: usize = 255;
/// The longest product handle, in bytes.
pub const HANDLE_BYTES_MAX: usize = 255;
/// The longest location name, in bytes.
pub const LOCATION_BYTES_MAX: usize = 64;
/// The most locations of a shop.
pub const LOCATIONS_MAX: usize = 32;
/// The longest title of a product or a variant, in characters.
pub const TITLE_CHARS_MAX: usize = 255;
/// The longest product description, in bytes, after cleaning.
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// The most variants of one product.
pub const VARIANTS_MAX: usize = 2_048;
/// The most pictures of one product.
pub const IMAGES_MAX: usize = 250;
/// The most options of one product (size, colour, material).
pub const OPTIONS_MAX: usize = 3;
/// The longest free text a client may give: a reason, a tracking reference, one line of an address.
pub const TEXT_CHARS_MAX: usize = 255;
/// The longest e-mail address, in bytes (RFC 5321, 4.5.3.1.3).
pub const EMAIL_BYTES_MAX: usize = 254;
/// The longest idempotency key, in visible ASCII characters.
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;
/// The longest discount code, in characters.
pub const DISCOUNT_CODE_CHARS_MAX: usize = 64;
/// The longest payment token, in bytes.
pub const PAYMENT_TOKEN_BYTES_MAX: usize = 255;
/// The most rows of one page of a list.
pub const PAGE_MAX: u32 = 100;
/// The rows of a page when nothing is said.
pub const PAGE_DEFAULT: u32 = 20;
/// The longest search text, in characters.
pub const SEARCH_CHARS_MAX: usize = 200;
/// The largest request body, in bytes.
pub const BODY_REQUEST_BYTES_MAX: usize = 64 * 1024;
/// The deepest nesting of a JSON request.
pub const JSON_DEPTH_MAX: usize = 32;
/// The most violations of one invariant that an audit lists; all are counted.
pub const VIOLATIONS_LISTED_MAX: usize = 100;
/// The most store calls that may wait for the writer.
pub const QUEUE_CALLS_MAX: usize = 100_000;
/// The most store calls of one transaction.
pub const FLUSH_CALLS_MAX: usize = 1_024;
/// The most sagas or deliveries that a background loop claims at once.
pub const CLAIM_MAX: u32 = 256;

/// The longest id of a provider's callback, in visible ASCII characters.
pub const CALLBACK_ID_CHARS_MAX: usize = 255;
/// How long the id of a callback is kept, so that it is heard once: a week, longer than any provider sends it again.
pub const CALLBACK_KEEP_MS: i64 = 7 * 24 * 3_600_000;

/// The times that hold a shop together, in milliseconds; config may change them, tests shorten them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// How long a checkout keeps its locked prices: 15 minutes.
    pub price_lock_ms: i64,
    /// How long a reservation is held for its saga before the saga is told `expired`: 10 minutes.
    pub hold_ms: i64,
    /// How long a server owns a saga or a delivery before another one may take it over.
    pub lease_ms: i64,
    /// The longest that `complete` waits for the end of a saga before it answers 202.
    pub complete_wait_ms: i64,
    /// The longest that one call of a payment provider may take before its outcome counts as unknown.
    pub payment_call_ms: i64,
    /// The first pause before a step is tried again; it doubles up to [`Times::retry_ms_max`].
    pub retry_ms_min: i64,
    /// The longest pause between two tries of a step: half a minute. With a call before it that is given up and a round of
    /// the background loops that waits for such calls, a saga is asked for again within a minute of its provider's return.
    pub retry_ms_max: i64,
    /// How often a payment that the buyer has to act on is asked for.
    pub action_poll_ms: i64,
    /// How long a payment may stay unknown before its saga stands on the stuck list: 15 minutes.
    pub stuck_ms: i64,
    /// How often the background loops look for work.
    pub sweep_ms: i64,
    /// What "at rest" means to the audit: eventual invariants are judged on what has not moved for this long.
    pub rest_ms: i64,
    /// How long the stored outcome of an idempotency key is kept: 72 hours.
    pub outcome_keep_ms: i64,
    /// The longest that a store call may wait for the writer before it is refused as overloaded.
    pub queue_wait_ms: i64,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            price_lock_ms: 15 * 60_000,
            hold_ms: 10 * 60_000,
            lease_ms: 30_000,
            complete_wait_ms: 10_000,
            payment_call_ms: 8_000,
            retry_ms_min: 200,
            retry_ms_max: 30_000,
            action_poll_ms: 5_000,
            stuck_ms: 15 * 60_000,
            sweep_ms: 1_000,
            rest_ms: 60_000,
            outcome_keep_ms: 72 * 3_600_000,
            queue_wait_ms: 5_000,
        }
    }
}
