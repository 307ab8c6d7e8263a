//! Statuses as JSON: each is its name, and the document lists the names.
//!
//! Decides nothing; the statuses, and their order, are those of checkout.

use std::borrow::Cow;

use sellonce_checkout::{inventory, order, payment, saga, session};
use serde::{Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

macro_rules! names {
    ($($(#[doc = $text:literal])+ $name:ident: $status:ty;)+) => {$(
        $(#[doc = $text])+
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $name(pub(crate) $status);

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.0.as_str())
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let names = <$status>::ALL.iter().map(|status| status.as_str());
                ObjectBuilder::new()
                    .schema_type(SchemaType::Type(Type::String))
                    .description(Some(concat!($($text),+).trim()))
                    .enum_values(Some(names))
                    .into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    )+};
}

names! {
    /// Where a checkout stands.
    CheckoutStatus: session::Status;
    /// Where an order stands.
    OrderStatus: order::Status;
    /// Where a payment stands.
    PaymentStatus: payment::Status;
    /// Where a saga stands.
    SagaState: saga::State;
    /// A kind of stock movement.
    MovementKind: inventory::Kind;
}
