//! Discount codes, as merchants make them.
//!
//! Decides how a discount is written down. Leaves when it applies, and counting its uses, to checkout.

use axum::extract::State;
use sellonce_checkout::discount::{Discount, DiscountCode, Reduction};
use sellonce_checkout::money::{self, BasisPoints};
use sellonce_checkout::store::discounts::DiscountView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::list::{self, Part};
use crate::answer::{Answer, Reply};
use crate::app::App;
use crate::credential::{AdminReader, AdminWriter};
use crate::extract::{JsonBody, Query};
use crate::fault::Faults;
use crate::object::read_as_object;
use crate::problem::{Code, Problem};
use crate::shape::{self, Money, Page};

/// A discount code to be made. It takes off a share or an amount.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
#[schema(example = json!({"code": "WELCOME10", "basis_points": 1000, "uses_max": 500}))]
pub(crate) struct NewDiscount {
    /// The code; case does not matter.
    #[schema(min_length = 1, max_length = 64)]
    code: String,
    /// The share of the subtotal in hundredths of a percent: 1000 is 10%. Give this or `amount_off`.
    #[schema(minimum = 1, maximum = 10_000)]
    basis_points: Option<i64>,
    /// The amount, at most the subtotal. Give this or `basis_points`.
    amount_off: Option<Money>,
    /// The least subtotal that it applies to.
    subtotal_min: Option<Money>,
    /// When it begins; at once if it is not said.
    #[schema(format = DateTime)]
    starts_at: Option<String>,
    /// When it ends; never if it is not said.
    #[schema(format = DateTime)]
    ends_at: Option<String>,
    /// How often it can be used over all orders; without limit if it is not said.
    #[schema(minimum = 1)]
    uses_max: Option<i64>,
}

read_as_object!(NewDiscount);

impl NewDiscount {
    fn parse(&self, shop: money::Currency) -> Result<Discount, Problem> {
        let amount = |amount: &Option<Money>, pointer| {
            amount.as_ref().map(|amount| amount.parse(shop, pointer)).transpose()
        };
        let amount_off = amount(&self.amount_off, "/amount_off")?;
        let subtotal_min = amount(&self.subtotal_min, "/subtotal_min")?;
        let mut faults = Faults::default();
        let code = faults.keep("/code".to_owned(), DiscountCode::parse(&self.code));
        let reduction = self.reduction(amount_off, &mut faults);
        let mut time = |pointer: &str, text: &Option<String>| {
            let read = text.as_deref().map(|text| {
                shape::parse_time(text).ok_or("must be a time of RFC 3339, as 2026-11-27T00:00:00Z")
            });
            faults.keep_some(pointer, read)
        };
        let (starts_at, ends_at) = (time("/starts_at", &self.starts_at), time("/ends_at", &self.ends_at));
        if let (Some(start), Some(end)) = (starts_at, ends_at)
            && end <= start
        {
            faults.add("/ends_at", "must be after `starts_at`");
        }
        if self.uses_max.is_some_and(|uses| uses < 1) {
            faults.add("/uses_max", "must be at least 1");
        }
        let read = code.zip(reduction).map(|(code, reduction)| Discount {
            code,
            reduction,
            subtotal_min,
            starts_at,
            ends_at,
            uses_max: self.uses_max,
        });
        faults.end(read)
    }

    fn reduction(&self, amount_off: Option<money::Money>, faults: &mut Faults) -> Option<Reduction> {
        match (self.basis_points, amount_off) {
            (Some(points), None) => {
                let rate = u32::try_from(points).ok().filter(|points| *points > 0).and_then(BasisPoints::new);
                let rate = rate.ok_or("must be between 1 and 10000: hundredths of a percent");
                faults.keep("/basis_points".to_owned(), rate).map(Reduction::Percentage)
            }
            (None, Some(amount)) => Some(Reduction::Fixed(amount)),
            (Some(_), Some(_)) | (None, None) => {
                faults.missing("/basis_points", "give either `basis_points` or `amount_off`");
                None
            }
        }
    }
}

/// A discount code with its counter.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DiscountAnswer {
    /// The code in its normal form.
    code: String,
    /// The share of the subtotal in hundredths of a percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    basis_points: Option<u32>,
    /// The amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    amount_off: Option<Money>,
    /// The least subtotal that it applies to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    subtotal_min: Option<Money>,
    /// When it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    starts_at: Option<String>,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    ends_at: Option<String>,
    /// How often it can be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    uses_max: Option<i64>,
    /// Uses held for checkouts being completed; what is unlimited is not counted.
    uses_held: i64,
    /// Uses by orders; what is unlimited is not counted.
    uses: i64,
}

impl From<DiscountView> for DiscountAnswer {
    fn from(view: DiscountView) -> Self {
        let DiscountView { discount, uses } = view;
        let (basis_points, amount_off) = match discount.reduction {
            Reduction::Percentage(rate) => (Some(rate.value()), None),
            Reduction::Fixed(amount) => (None, Some(amount.into())),
        };
        Self {
            code: discount.code.to_string(),
            basis_points,
            amount_off,
            subtotal_min: discount.subtotal_min.map(Money::from),
            starts_at: discount.starts_at.map(shape::time),
            ends_at: discount.ends_at.map(shape::time),
            uses_max: discount.uses_max,
            uses_held: uses.held,
            uses: uses.used,
        }
    }
}

/// Make a discount code.
#[utoipa::path(
    post, path = "/v1/admin/discounts", tag = "Discounts", security(("api_key" = [])), request_body = NewDiscount,
    responses((status = 201, description = "The discount.", body = DiscountAnswer)),
    extensions(("x-problems" = json!(["already_exists", "wrong_currency"]))),
)]
pub(crate) async fn create_discount(
    State(app): State<App>,
    _: AdminWriter,
    JsonBody { value: wanted, .. }: JsonBody<NewDiscount>,
) -> Reply<DiscountAnswer> {
    let discount = wanted.parse(app.currency())?;
    if !app.store.create_discount(discount.clone()).await? {
        let detail = format!("There is a discount code `{}` already.", discount.code);
        return Err(Problem::new(Code::AlreadyExists, detail));
    }
    Ok(Answer::created(DiscountView { discount, uses: Default::default() }.into()))
}

/// List discount codes, in their order.
#[utoipa::path(
    get, path = "/v1/admin/discounts", tag = "Discounts", security(("api_key" = [])), params(Part),
    responses((status = 200, description = "One page of discounts.", body = Page<DiscountAnswer>)),
)]
pub(crate) async fn list_discounts(
    State(app): State<App>,
    _: AdminReader,
    Query(part): Query<Part>,
) -> Reply<Page<DiscountAnswer>> {
    let (after, limit) = part.parse(|key| DiscountCode::parse(key).ok())?;
    let page = app.store.discounts(after.as_ref(), limit).await?;
    Ok(Answer::ok(Page::of(page, |view| list::cursor(view.discount.code.as_str()), DiscountAnswer::from)))
}
