//! What the town sells.

use sellonce_checkout::catalog::{
    Details, Handle, ImportedProduct, ImportedVariant, Listing, Location, Sku, Variant,
};
use sellonce_checkout::id::{CauseId, Ids, ProductId};
use sellonce_checkout::inventory::Policy;
use sellonce_checkout::store::catalog::{Catalog, PutProduct};
use sellonce_checkout::store::memory::MemoryStore;

use crate::town::money;

/// Each SKU, how many units there are, and what one costs in cents. There is less than is wanted.
pub(crate) const GOODS: [(&str, i64, i64); 3] = [("A", 40, 1_000), ("B", 15, 2_500), ("LAST", 1, 9_900)];

/// Fills the shelves.
pub(crate) async fn put_on_sale(store: &MemoryStore, ids: &dyn Ids) {
    for (name, units, price) in GOODS {
        let variant = Variant {
            sku: Sku::parse(name).expect("a SKU"),
            title: String::new(),
            option_values: Vec::new(),
            price: money(price),
            compare_at: None,
            image_src: None,
            grams: 0,
            barcode: String::new(),
            policy: Policy::Deny,
        };
        let details = Details {
            handle: Handle::parse(&name.to_lowercase()).expect("a handle"),
            title: name.to_owned(),
            body_html: String::new(),
            vendor: String::new(),
            product_type: String::new(),
            tags: Vec::new(),
            listing: Listing::Published,
            options: Vec::new(),
            images: Vec::new(),
        };
        let variants = vec![ImportedVariant { variant, quantity: Some(units) }];
        let call = PutProduct {
            id: ProductId(ids.uuid()),
            product: ImportedProduct { details, variants },
            location: Location::main(),
            set_stock: false,
            cause: CauseId(ids.uuid()),
        };
        store.put_product(call).await.expect("memory does not fail").expect("it is new");
    }
}
