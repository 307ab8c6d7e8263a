//! Requests are objects: what a client names by position is not understood.
//!
//! Decides that an array is never read as an object. Serde's derived types take both, which no schema says.

use serde::de::{Deserializer, Visitor};
use serde::forward_to_deserialize_any;

/// Reads a type that derives `Deserialize` with `#[serde(remote = "Self")]` from an object, and from nothing else.
macro_rules! read_as_object {
    ($($name:ty),+ $(,)?) => {$(
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize($crate::object::OnlyObjects(deserializer))
            }
        }
    )+};
}
pub(crate) use read_as_object;

/// Writes a type that is also read as an object.
macro_rules! write_as_object {
    ($($name:ty),+ $(,)?) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }
    )+};
}
pub(crate) use write_as_object;

/// A deserializer that asks for a map where a struct is wanted.
pub(crate) struct OnlyObjects<D>(pub(crate) D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for OnlyObjects<D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
