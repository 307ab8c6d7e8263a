//! The simulated provider's book, for who compares it with the shop's.
//!
//! Decides nothing; where the provider is not switched on, there is no such address.

use axum::extract::State;
use sellonce_checkout::id::SagaId;
use sellonce_checkout::simulated_book::Booking;
use sellonce_checkout::store;
use serde::Serialize;
use utoipa::ToSchema;

use super::list::{self, Part};
use crate::answer::{Answer, Reply};
use crate::app::App;
use crate::credential::AdminReader;
use crate::extract::Query;
use crate::problem::Problem;
use crate::shape::{self, Money, Page};

/// A payment as the simulated provider has booked it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SimulatedPayment {
    /// The key it was asked under: the id of an order's payment.
    id: String,
    /// The test token it was made with.
    token: String,
    /// How much.
    amount: Money,
    /// `lost`, `requires_action`, `authorized`, `captured`, `declined`, `cancelled` or `voided`.
    status: String,
    /// The decline code, if declined.
    #[schema(required)]
    decline_code: Option<String>,
    /// What was given back.
    refunded: Money,
    /// How often it was asked under this key.
    asked: i64,
    /// When it was first booked.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Booking> for SimulatedPayment {
    fn from(booking: Booking) -> Self {
        Self {
            id: booking.attempt_key,
            token: booking.token,
            amount: booking.amount.into(),
            status: booking.status,
            decline_code: booking.decline_code,
            refunded: booking.refunded.into(),
            asked: booking.asked,
            created_at: shape::time(booking.created_at),
        }
    }
}

/// List what the simulated provider has booked.
#[utoipa::path(
    get, path = "/v1/admin/simulated_payments", tag = "Simulated payments", security(("api_key" = [])), params(Part),
    responses((status = 200, description = "One page of the book.", body = Page<SimulatedPayment>)),
    extensions(("x-problems" = json!(["not_found"]))),
)]
pub(crate) async fn list_simulated_payments(
    State(app): State<App>,
    _: AdminReader,
    Query(part): Query<Part>,
) -> Reply<Page<SimulatedPayment>> {
    let book = &app.simulated.as_ref().ok_or_else(Problem::not_found)?.book;
    let (after, limit) = part.parse(|key| SagaId::from_attempt_key(key).map(SagaId::attempt_key))?;
    let rows = book.bookings(after.as_deref(), limit.saturating_add(1)).await?;
    let page = store::Page::of(rows, limit);
    Ok(Answer::ok(Page::of(page, |row| list::cursor(&row.attempt_key), SimulatedPayment::from)))
}
