//! Refunds.

use sellonce_checkout::id::{OrderId, RefundId, SagaId};
use sellonce_checkout::money::Currency;
use sellonce_checkout::refund::{Refund, State};

use crate::rows::Columns;
use crate::trouble::Trouble;

/// The columns of [`refund`].
macro_rules! refund_columns {
    () => {
        "id, saga_id, order_id, amount, reason, actor, state, tries, next_at, problem, stuck_since, created_at, ended_at"
    };
}

pub(crate) use refund_columns;

/// A refund.
pub(crate) fn refund(columns: &mut dyn Columns, currency: Currency) -> Result<Refund, Trouble> {
    Ok(Refund {
        id: RefundId(columns.uuid()?),
        saga: SagaId(columns.uuid()?),
        order: columns.maybe_uuid()?.map(OrderId),
        amount: columns.money(currency)?,
        reason: columns.string()?,
        actor: columns.string()?,
        state: columns.value(State::parse)?,
        tries: columns.count()?,
        next_at: columns.time()?,
        problem: columns.maybe_string()?.unwrap_or_default(),
        stuck_since: columns.maybe_time()?,
        created_at: columns.time()?,
        ended_at: columns.maybe_time()?,
    })
}
