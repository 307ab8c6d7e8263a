//! Orders after they were placed: what merchants change of them. Their refunds stand in `refunds`.

mod refunds;

use async_trait::async_trait;
use sellonce_checkout::book::Book;
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::id::{OrderId, OwnerId, RefundId, Uuid};
use sellonce_checkout::idempotency::{Claim, WorkDone};
use sellonce_checkout::order::change::{self, Change};
use sellonce_checkout::order::{Return, Shipment, Units, goods, money};
use sellonce_checkout::refund::{Outcome, Refund};
use sellonce_checkout::store::orders::{
    ChangeOrderRefusal, ChangedOrder, DueRefund, OrderView, Orders, RefundOrder, ReturnOrder, ShipOrder,
    TransitionOrder,
};
use sellonce_checkout::store::{Answer, Failure, Page};

use crate::calls::{Database, DatabaseStore};
use crate::direct;
use crate::load;
use crate::sql::{Statements, values};
use crate::tables::Tables;
use crate::trouble::Trouble;

pub(super) use refunds::begin as begin_refund;

#[async_trait]
impl<D: Database> Orders for DatabaseStore<D> {
    async fn order(&self, id: OrderId) -> Result<Option<OrderView>, Failure> {
        self.read(move |sql, shop| load::order(sql, shop.currency, id)).await
    }

    async fn orders(&self, after: Option<OrderId>, limit: u32) -> Result<Page<OrderView>, Failure> {
        self.read(move |sql, shop| {
            let page = "SELECT id FROM orders WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
            // No UUID is as large as all ones.
            let after = after.map_or(Uuid::max(), |id| id.0);
            let row = values![after.as_bytes(), i64::from(limit) + 1];
            let ids = sql.many(page, row, |columns| columns.uuid().map(OrderId))?;
            let views = ids.into_iter().map(|id| load::named_order(sql, shop.currency, id));
            Ok(Page::of(views.collect::<Result<_, Trouble>>()?, limit))
        })
        .await
    }

    async fn transition_order(&self, call: TransitionOrder) -> Answer<ChangedOrder, ChangeOrderRefusal> {
        self.write(move |tables| {
            let decide = |view: &OrderView, book: &mut Book, now| change::decide(&call, view, book, now);
            change_order(tables, &call.claim, call.id, "transition", decide)
        })
        .await
    }

    async fn refund_order(&self, call: RefundOrder) -> Answer<ChangedOrder, ChangeOrderRefusal> {
        self.write(move |tables| {
            let decide = |view: &OrderView, _: &mut Book, now| money::refund(&call, view, now);
            change_order(tables, &call.claim, call.id, "refund", decide)
        })
        .await
    }

    async fn ship_order(&self, call: ShipOrder) -> Answer<ChangedOrder, ChangeOrderRefusal> {
        self.write(move |tables| {
            let decide = |view: &OrderView, book: &mut Book, now| goods::ship(&call, view, book, now);
            change_order(tables, &call.claim, call.id, "shipment", decide)
        })
        .await
    }

    async fn return_order(&self, call: ReturnOrder) -> Answer<ChangedOrder, ChangeOrderRefusal> {
        self.write(move |tables| {
            let decide = |view: &OrderView, book: &mut Book, now| goods::take_back(&call, view, book, now);
            change_order(tables, &call.claim, call.id, "return", decide)
        })
        .await
    }

    async fn claim_refunds(&self, owner: OwnerId, limit: u32) -> Result<Vec<DueRefund>, Failure> {
        self.write_aside(move |tables| refunds::claim(tables, owner, limit)).await
    }

    async fn finish_refund(&self, id: RefundId, outcome: Outcome) -> Result<bool, Failure> {
        self.write(move |tables| refunds::finish(tables, id, &outcome)).await
    }

    async fn stuck_refunds(&self, after: Option<RefundId>, limit: u32) -> Result<Page<Refund>, Failure> {
        self.read(move |sql, shop| refunds::stuck(sql, shop.currency, after, limit)).await
    }
}

/// Changes an order as a merchant asks for, once per key.
fn change_order(
    tables: &mut dyn Tables,
    claim: &Claim,
    id: OrderId,
    what: &str,
    decide: impl FnOnce(&OrderView, &mut Book, Timestamp) -> Result<Change, ChangeOrderRefusal>,
) -> Result<Result<ChangedOrder, ChangeOrderRefusal>, Trouble> {
    let currency = tables.shop().currency;
    let Some(view) = load::order(tables.sql()?, currency, id)? else {
        return Ok(Err(ChangeOrderRefusal::NotFound));
    };
    if let Some(known) = tables.known_key(claim)? {
        return Ok(match known.body == claim.body {
            true => Ok(ChangedOrder::of(view, known.request_id, true)),
            false => Err(ChangeOrderRefusal::KeyReused),
        });
    }
    tables.read_stock_of(view.order.lines.iter().map(|line| &line.sku))?;
    let now = tables.now();
    let change = match decide(&view, tables.book(), now) {
        Ok(change) => change,
        Err(refusal) => return Ok(Err(refusal)),
    };
    // No saga moves it: the history of its payment has a step of nobody's fence.
    write_change(tables, &view, &change, 0)?;
    tables.note_key(claim, &WorkDone::Admin(format!("{what} {id}")))?;
    Ok(Ok(ChangedOrder::of(change.view, claim.request_id.clone(), false)))
}

/// Writes what was decided of an order, under the condition that it still is as it was decided from (I6). `fence` is that
/// of the saga which moves it.
pub(super) fn write_change(
    tables: &mut dyn Tables,
    from: &OrderView,
    change: &Change,
    fence: i64,
) -> Result<(), Trouble> {
    let to = &change.view;
    let id = to.order.id.0.as_bytes();
    walk(tables.sql()?, from, change)?;
    for (before, line) in from.order.lines.iter().zip(&to.order.lines) {
        if line != before {
            let update = "UPDATE order_lines SET cancelled = ?4, shipped = ?5, returned = ?6 \
                          WHERE order_id = ?1 AND number = ?2 AND location = ?3";
            let location = line.location.as_str();
            let row = values![id, line.number, location, line.cancelled, line.shipped, line.returned];
            tables.sql()?.execute_one("a line of an order", update, row)?;
        }
    }
    if let (Some(before), Some(attempt)) = (&from.attempt, &to.attempt)
        && before != attempt
    {
        tables.change_attempt(before, attempt, fence)?;
    }
    let sql = tables.sql()?;
    change.events.iter().try_for_each(|event| direct::append_event(sql, to.order.id, event))?;
    if let Some(shipment) = &change.shipment {
        insert_shipment(sql, to.order.id, shipment)?;
    }
    if let Some(returned) = &change.returned {
        insert_return(sql, to.order.id, returned)?;
    }
    change.refund.as_ref().map_or(Ok(()), |refund| refunds::begin(sql, refund))
}

/// Moves an order along the edges of its events, one by one, as the schema's guard wants it.
fn walk(sql: &dyn Statements, from: &OrderView, change: &Change) -> Result<(), Trouble> {
    let update = "UPDATE orders SET status = ?4, version = ?5, updated_at = ?6 \
                  WHERE id = ?1 AND status = ?2 AND version = ?3";
    let (order, id) = (&change.view.order, from.order.id.0.as_bytes());
    let (mut status, mut version) = (from.order.status, from.order.version);
    let moves = change.events.iter().map(|event| event.to);
    let stays = change.events.is_empty().then_some(status);
    for to in moves.chain(stays) {
        let row =
            values![id, status.as_str(), version, to.as_str(), order.version, order.updated_at.millis()];
        sql.execute_one("an order", update, row)?;
        (status, version) = (to, order.version);
    }
    Ok(())
}

fn insert_shipment(sql: &dyn Statements, order: OrderId, shipment: &Shipment) -> Result<(), Trouble> {
    let insert = "INSERT INTO shipments (order_id, number, tracking, actor, at) VALUES (?1, ?2, ?3, ?4, ?5)";
    let Shipment { number, units, tracking, actor, at } = shipment;
    sql.execute(insert, values![order.0.as_bytes(), *number, tracking, actor, at.millis()])?;
    let insert = "INSERT INTO shipment_units (order_id, number, position, line, location, quantity) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    insert_units(sql, insert, order, *number, units)
}

fn insert_return(sql: &dyn Statements, order: OrderId, returned: &Return) -> Result<(), Trouble> {
    let insert = "INSERT INTO returns (order_id, number, restocked, reason, actor, at) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let Return { number, units, restocked, reason, actor, at } = returned;
    let row = values![order.0.as_bytes(), *number, i64::from(*restocked), reason, actor, at.millis()];
    sql.execute(insert, row)?;
    let insert = "INSERT INTO return_units (order_id, number, position, line, location, quantity) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    insert_units(sql, insert, order, *number, units)
}

fn insert_units(
    sql: &dyn Statements,
    insert: &'static str,
    order: OrderId,
    number: i64,
    units: &[Units],
) -> Result<(), Trouble> {
    for (Units { line, location, quantity }, position) in units.iter().zip(1_i64..) {
        let row = values![order.0.as_bytes(), number, position, *line, location.as_str(), *quantity];
        sql.execute(insert, row)?;
    }
    Ok(())
}
