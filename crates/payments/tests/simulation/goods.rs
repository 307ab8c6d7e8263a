//! What the town sells, the carts that stand about in it, and a code for few.

use sellonce_checkout::cart::CartChange;
use sellonce_checkout::catalog::{
    Details, Handle, ImportedProduct, ImportedVariant, Listing, Location, Sku, Variant,
};
use sellonce_checkout::discount::{Discount, DiscountCode, Reduction};
use sellonce_checkout::id::{CartId, CartLineId, CauseId, Ids, ProductId, SecretHash, Uuid};
use sellonce_checkout::inventory::Policy;
use sellonce_checkout::store::carts::{Carts, CreateCart};
use sellonce_checkout::store::catalog::{Catalog, PutProduct};
use sellonce_checkout::store::discounts::Discounts;
use sellonce_checkout::store::memory::MemoryStore;

use crate::town::money;

/// Each SKU, how many units there are, and what one costs in cents. There is less than is wanted.
pub(crate) const GOODS: [(&str, i64, i64); 3] = [("A", 40, 1_000), ("B", 15, 2_500), ("LAST", 1, 9_900)];

/// Carts that several buyers check out at once, as tabs of one browser do.
pub(crate) const CARTS: u64 = 6;

/// The code that takes a little off, for few.
pub(crate) fn code() -> DiscountCode {
    DiscountCode::parse("FEW").expect("a code")
}

/// A cart by its number, and the secret of all of them.
pub(crate) fn cart(number: u64) -> (CartId, SecretHash) {
    (CartId(Uuid::from_u128(u128::from(number))), SecretHash::of(b"the secret of a cart"))
}

/// Fills carts, and makes the code.
pub(crate) async fn fill_carts(store: &MemoryStore, ids: &dyn Ids) {
    for number in 0..CARTS {
        let (id, secret) = cart(number);
        let sku = Sku::parse("A").expect("a SKU");
        let changes = vec![CartChange::Add { line: CartLineId(ids.uuid()), sku, quantity: 2 }];
        let call = CreateCart { id, secret, changes };
        store.create_cart(call).await.expect("memory does not fail").expect("all is on sale");
    }
    let reduction = Reduction::Fixed(money(100));
    let discount = Discount {
        code: code(),
        reduction,
        subtotal_min: None,
        starts_at: None,
        ends_at: None,
        uses_max: Some(3),
    };
    assert_eq!(store.create_discount(discount).await, Ok(true));
}

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
