//! Values on their way to and from PostgreSQL, in its binary form.
//!
//! Decides how the three kinds of value are kept in its types: instants as `timestamptz`, ids as `uuid`, yes and no as
//! numbers. Leaves running statements to `link`.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::rows::Columns;
use crate::sql::Value;
use crate::trouble::Trouble;

/// Milliseconds from 1970 to 2000, where PostgreSQL begins to count.
const EPOCH_MS: i64 = 946_684_800_000;

type Malformed = Box<dyn Error + Sync + Send>;

impl ToSql for Value<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Malformed> {
        match (self, kind) {
            (Self::Null, _) => return Ok(IsNull::Yes),
            (Self::Integer(value), &Type::INT2) => out.put_i16(i16::try_from(*value)?),
            (Self::Integer(value), &Type::INT4) => out.put_i32(i32::try_from(*value)?),
            (Self::Integer(value), &Type::INT8) => out.put_i64(*value),
            (Self::Integer(millis), &Type::TIMESTAMPTZ) => {
                let micros = millis.checked_sub(EPOCH_MS).and_then(|millis| millis.checked_mul(1_000));
                out.put_i64(micros.ok_or("an instant that is no date")?);
            }
            (Self::Text(text), &Type::TEXT | &Type::BPCHAR | &Type::VARCHAR) => {
                out.put_slice(text.as_bytes())
            }
            (Self::Bytes(bytes), &Type::UUID | &Type::BYTEA) => out.put_slice(bytes),
            (Self::Integer(_) | Self::Text(_) | Self::Bytes(_), _) => {
                return Err(format!("a value of another kind for {kind}").into());
            }
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A value as it came.
struct Raw<'a> {
    kind: Type,
    bytes: &'a [u8],
}

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(kind: &Type, bytes: &'a [u8]) -> Result<Self, Malformed> {
        Ok(Self { kind: kind.clone(), bytes })
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The columns of a row of PostgreSQL.
pub(super) struct RowColumns<'row> {
    row: &'row Row,
    at: usize,
}

impl<'row> RowColumns<'row> {
    pub(super) fn new(row: &'row Row) -> Self {
        Self { row, at: 0 }
    }

    fn next(&mut self) -> Result<Option<Raw<'_>>, Trouble> {
        let value = self.row.try_get(self.at).map_err(|error| Trouble::call(error.to_string()))?;
        self.at += 1;
        Ok(value)
    }
}

fn of_another_kind(kind: &Type) -> Trouble {
    Trouble::call(format!("a column of {kind} where none was expected"))
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Trouble> {
    bytes.try_into().map_err(|_| Trouble::call(format!("{} bytes are not {N}", bytes.len())))
}

impl Columns for RowColumns<'_> {
    fn next_integer(&mut self) -> Result<Option<i64>, Trouble> {
        let Some(Raw { kind, bytes }) = self.next()? else { return Ok(None) };
        let value = match kind {
            Type::INT8 => i64::from_be_bytes(fixed(bytes)?),
            Type::INT4 => i64::from(i32::from_be_bytes(fixed(bytes)?)),
            Type::INT2 => i64::from(i16::from_be_bytes(fixed(bytes)?)),
            Type::BOOL => i64::from(fixed::<1>(bytes)? != [0]),
            // Ours are whole milliseconds; what another hand wrote loses what is below one.
            Type::TIMESTAMPTZ => i64::from_be_bytes(fixed(bytes)?).div_euclid(1_000).saturating_add(EPOCH_MS),
            other => return Err(of_another_kind(&other)),
        };
        Ok(Some(value))
    }

    fn next_text(&mut self) -> Result<Option<&str>, Trouble> {
        let Some(Raw { kind, bytes }) = self.next()? else { return Ok(None) };
        if ![Type::TEXT, Type::VARCHAR, Type::BPCHAR].contains(&kind) {
            return Err(of_another_kind(&kind));
        }
        std::str::from_utf8(bytes).map(Some).map_err(|error| Trouble::call(error.to_string()))
    }

    fn next_bytes(&mut self) -> Result<Option<&[u8]>, Trouble> {
        let Some(Raw { kind, bytes }) = self.next()? else { return Ok(None) };
        if ![Type::UUID, Type::BYTEA].contains(&kind) {
            return Err(of_another_kind(&kind));
        }
        Ok(Some(bytes))
    }
}
