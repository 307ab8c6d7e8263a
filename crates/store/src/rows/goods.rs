//! What left the house and what came back: a row per unit line, each with its shipment or return.

use sellonce_checkout::order::{Return, Shipment, Units};

use crate::rows::{Columns, stock};
use crate::trouble::Trouble;

/// The columns of [`shipment`] and where they are from: shipments `s` with their units `u`.
macro_rules! shipment_columns {
    () => {
        "s.number, s.tracking, s.actor, s.at, u.line, u.location, u.quantity \
         FROM shipments s JOIN shipment_units u ON u.order_id = s.order_id AND u.number = s.number"
    };
}

/// The columns of [`returned`] and where they are from: returns `r` with their units `u`.
macro_rules! return_columns {
    () => {
        "r.number, r.restocked, r.reason, r.actor, r.at, u.line, u.location, u.quantity \
         FROM returns r JOIN return_units u ON u.order_id = r.order_id AND u.number = r.number"
    };
}

pub(crate) use {return_columns, shipment_columns};

/// A shipment with one of its units.
pub(crate) fn shipment(columns: &mut dyn Columns) -> Result<Shipment, Trouble> {
    Ok(Shipment {
        number: columns.integer()?,
        tracking: columns.string()?,
        actor: columns.string()?,
        at: columns.time()?,
        units: vec![units(columns)?],
    })
}

/// A return with one of its units.
pub(crate) fn returned(columns: &mut dyn Columns) -> Result<Return, Trouble> {
    Ok(Return {
        number: columns.integer()?,
        restocked: columns.flag()?,
        reason: columns.string()?,
        actor: columns.string()?,
        at: columns.time()?,
        units: vec![units(columns)?],
    })
}

fn units(columns: &mut dyn Columns) -> Result<Units, Trouble> {
    Ok(Units { line: columns.count()?, location: stock::location(columns)?, quantity: columns.integer()? })
}

/// A shipment or a return.
pub(crate) trait Parcel {
    /// Its number in its order.
    fn number(&self) -> i64;
    /// What is in it.
    fn units(&mut self) -> &mut Vec<Units>;
}

impl Parcel for Shipment {
    fn number(&self) -> i64 {
        self.number
    }

    fn units(&mut self) -> &mut Vec<Units> {
        &mut self.units
    }
}

impl Parcel for Return {
    fn number(&self) -> i64 {
        self.number
    }

    fn units(&mut self) -> &mut Vec<Units> {
        &mut self.units
    }
}

/// Shipments or returns of one order, whole, from their rows in order.
pub(crate) fn joined<P: Parcel>(rows: Vec<P>) -> Vec<P> {
    let mut whole: Vec<P> = Vec::new();
    for mut row in rows {
        match whole.last_mut().filter(|last| last.number() == row.number()) {
            Some(last) => last.units().append(row.units()),
            None => whole.push(row),
        }
    }
    whole
}
