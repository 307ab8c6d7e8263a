//! Cleaning up: takes off sale what earlier runs left in a running Sellonce.
//!
//! Decides what belongs to a surge: products whose handle is `surge-` and a number. Orders and movements stay: a shop
//! never forgets them.

use serde_json::Value;

use crate::admin::{Admin, AdminError, Listing};
use crate::history::Good;
use crate::run::Stop;
use crate::stage::{door_of, unusable};

/// Hides the products of all earlier runs and takes out what is left of their stock; gives their handles.
///
/// # Errors
/// When the shop may not be touched, refuses, or does not answer.
pub async fn clean(url: &str, admin_key: &str, i_own: Option<&str>) -> Result<Vec<String>, Stop> {
    let admin = Admin::new(vec![door_of(url, i_own).await?], admin_key.to_owned());
    let mut cleaned = Vec::new();
    for product in admin.list("/v1/products", |_| false).await.map_err(|error| unusable(&error))? {
        let handle = product["handle"].as_str().unwrap_or_default();
        if is_of_a_surge(handle) {
            take_off_sale(&admin, handle, &product).await.map_err(|error| unusable(&error))?;
            cleaned.push(handle.to_owned());
        }
    }
    Ok(cleaned)
}

fn is_of_a_surge(handle: &str) -> bool {
    handle.strip_prefix("surge-").is_some_and(|seed| seed.parse::<u64>().is_ok())
}

async fn take_off_sale(admin: &Admin, handle: &str, product: &Value) -> Result<(), AdminError> {
    let variants = product["variants"].as_array().map_or(&[][..], Vec::as_slice);
    let good = |variant: &Value| {
        let price = serde_json::from_value(variant["price"].clone()).ok()?;
        Some(Good { sku: variant["sku"].as_str()?.to_owned(), stock: 0, price })
    };
    let goods: Vec<Good> = variants.iter().filter_map(good).collect();
    // Hidden first, so that nobody buys what is about to go.
    admin.put_product(handle, &goods, Listing::Hidden).await?;
    for Good { sku, .. } in &goods {
        let stock = admin.get(&format!("/v1/admin/inventory/{sku}")).await?;
        let (available, version) = (stock["available"].as_i64().unwrap_or_default(), &stock["version"]);
        if available > 0 {
            admin.take_out(sku, available, &format!("{sku}-clean-{version}")).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_surges_own_products_are_touched() {
        for (handle, is_ours) in [
            ("surge-7", true),
            ("surge-18446744073709551615", true),
            ("surge-protector", false),
            ("surge-", false),
            ("surge-7-pack", false),
            ("resurge-7", false),
        ] {
            assert_eq!(is_of_a_surge(handle), is_ours, "{handle}");
        }
    }
}
