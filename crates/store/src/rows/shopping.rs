//! Carts and checkouts with their lines.

use sellonce_checkout::address::{Address, Country};
use sellonce_checkout::cart::{Cart, CartLine};
use sellonce_checkout::discount::DiscountCode;
use sellonce_checkout::email::Email;
use sellonce_checkout::id::{CartId, CartLineId, CheckoutId, OrderId, SecretHash};
use sellonce_checkout::money::Currency;
use sellonce_checkout::price_lock::{Lock, LockedLine};
use sellonce_checkout::session::{Buyer, Checkout, Status};
use sellonce_checkout::totals::Totals;

use crate::rows::{Columns, stock};
use crate::trouble::Trouble;

/// The columns of [`cart`].
macro_rules! cart_columns {
    () => {
        "id, secret, ordered_by, version, created_at, updated_at"
    };
}

/// The columns of [`cart_line`].
macro_rules! cart_line_columns {
    () => {
        "id, sku, title, quantity, unit_price, price_seen_at"
    };
}

/// The columns of [`checkout`].
macro_rules! checkout_columns {
    () => {
        "id, secret, cart_id, status, email, customer_reference, address_name, address_line1, address_line2, \
         address_city, address_region, address_postal_code, address_country, address_phone, discount_code, \
         shipping_method, subtotal, discount, shipping, tax, tax_added, total, confirmed_at, expires_at, order_id, \
         version, created_at"
    };
}

/// The columns of [`locked_line`].
macro_rules! locked_line_columns {
    () => {
        "sku, title, quantity, price_seen, unit_price, discount, tax"
    };
}

pub(crate) use {cart_columns, cart_line_columns, checkout_columns, locked_line_columns};

/// A cart, still without its lines.
pub(crate) fn cart(columns: &mut dyn Columns) -> Result<Cart, Trouble> {
    Ok(Cart {
        id: CartId(columns.uuid()?),
        secret: SecretHash(columns.bytes()?),
        lines: Vec::new(),
        ordered_by: columns.maybe_uuid()?.map(CheckoutId),
        version: columns.integer()?,
        created_at: columns.time()?,
        updated_at: columns.time()?,
    })
}

/// A line of a cart.
pub(crate) fn cart_line(columns: &mut dyn Columns, currency: Currency) -> Result<CartLine, Trouble> {
    Ok(CartLine {
        id: CartLineId(columns.uuid()?),
        sku: stock::sku(columns)?,
        title: columns.string()?,
        quantity: columns.count()?,
        unit_price: columns.money(currency)?,
        price_seen_at: columns.time()?,
    })
}

/// A checkout, still without the lines of its lock.
pub(crate) fn checkout(columns: &mut dyn Columns, currency: Currency) -> Result<Checkout, Trouble> {
    Ok(Checkout {
        id: CheckoutId(columns.uuid()?),
        secret: SecretHash(columns.bytes()?),
        cart: columns.maybe_uuid()?.map(CartId),
        status: columns.value(Status::parse)?,
        buyer: buyer(columns)?,
        discount_code: discount_code(columns)?,
        lock: lock(columns, currency)?,
        confirmed_at: columns.maybe_time()?,
        expires_at: columns.time()?,
        order: columns.maybe_uuid()?.map(OrderId),
        version: columns.integer()?,
        created_at: columns.time()?,
    })
}

fn buyer(columns: &mut dyn Columns) -> Result<Buyer, Trouble> {
    let email = columns.value(|text| Email::parse(text).ok())?;
    let customer_reference = columns.maybe_string()?;
    Ok(Buyer { email, address: address(columns)?, customer_reference })
}

fn address(columns: &mut dyn Columns) -> Result<Option<Address>, Trouble> {
    let name = columns.maybe_string()?;
    let (line1, line2) = (columns.maybe_string()?, columns.maybe_string()?);
    let (city, region) = (columns.maybe_string()?, columns.maybe_string()?);
    let postal_code = columns.maybe_string()?;
    let country = columns.maybe_text()?.map(Country::parse).transpose();
    let country = country.map_err(|malformed| Trouble::call(malformed.to_string()))?;
    let phone = columns.maybe_string()?;
    let Some(name) = name else { return Ok(None) };
    match (line1, city, postal_code, country) {
        (Some(line1), Some(city), Some(postal_code), Some(country)) => {
            Ok(Some(Address { name, line1, line2, city, region, postal_code, country, phone }))
        }
        _ => Err(Trouble::call("a part is missing of an address")),
    }
}

fn discount_code(columns: &mut dyn Columns) -> Result<Option<DiscountCode>, Trouble> {
    let code = columns.maybe_text()?.map(DiscountCode::parse).transpose();
    code.map_err(|malformed| Trouble::call(malformed.to_string()))
}

fn lock(columns: &mut dyn Columns, currency: Currency) -> Result<Lock, Trouble> {
    let shipping_method = columns.string()?;
    let totals = Totals {
        subtotal: columns.money(currency)?,
        discount: columns.money(currency)?,
        shipping: columns.money(currency)?,
        tax: columns.money(currency)?,
        tax_added: columns.money(currency)?,
        total: columns.money(currency)?,
    };
    Ok(Lock { lines: Vec::new(), totals, shipping_method })
}

/// A line of a price lock.
pub(crate) fn locked_line(columns: &mut dyn Columns, currency: Currency) -> Result<LockedLine, Trouble> {
    Ok(LockedLine {
        sku: stock::sku(columns)?,
        title: columns.string()?,
        quantity: columns.count()?,
        price_seen: columns.maybe_money(currency)?,
        unit_price: columns.maybe_money(currency)?,
        discount: columns.money(currency)?,
        tax: columns.money(currency)?,
    })
}
