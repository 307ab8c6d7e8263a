//! Goods for tests that need others than the shop has: with odd titles, many variants, or taken off sale.

use sellonce_checkout::catalog::{
    Details, Handle, Image, ImportedProduct, ImportedVariant, Listing, Location, Sku, Variant,
};
use sellonce_checkout::id::{CauseId, ProductId, Uuid};
use sellonce_checkout::inventory::Policy;
use sellonce_checkout::store::catalog::PutProduct;

use crate::shop::{Shop, dollars};

impl Shop {
    /// Puts a product of one variant with this title everywhere where a text can be.
    pub(crate) async fn put_named(&self, handle: &str, title: &str) {
        self.put_product(handle, title, Listing::Published, &[&format!("SKU {handle}")]).await;
    }

    /// Changes whether one of the usual products is on sale.
    pub(crate) async fn list(&self, handle: &str, listing: Listing) {
        self.put_product(handle, handle, listing, &[&handle.to_uppercase()]).await;
    }

    /// Puts a product of these variants, which cost 7.00 each and are made to order.
    pub(crate) async fn put_product(&self, handle: &str, title: &str, listing: Listing, skus: &[&str]) {
        let variant = |sku: &&str| Variant {
            sku: Sku::parse(sku).unwrap(),
            title: if skus.len() == 1 { String::new() } else { format!("Of kind {sku}") },
            option_values: Vec::new(),
            price: dollars(700),
            compare_at: None,
            image_src: None,
            grams: 0,
            barcode: String::new(),
            policy: Policy::Continue,
        };
        let details = Details {
            handle: Handle::parse(handle).unwrap(),
            title: title.to_owned(),
            body_html: "<p>Cleaned <b>before</b> it came here.</p>".to_owned(),
            vendor: title.to_owned(),
            product_type: title.to_owned(),
            tags: vec![title.to_owned()],
            listing,
            options: vec![title.to_owned()],
            images: vec![Image {
                src: "https://pictures.example/a\"b.png".to_owned(),
                alt: title.to_owned(),
            }],
        };
        // Ids in the order in which the products are put.
        let count = self.store.stocks(None, 1_000).await.unwrap().rows.len();
        let id = Uuid::from_u128((1 << 127) + u128::try_from(count).unwrap());
        let imported = |sku| ImportedVariant { variant: variant(sku), quantity: None };
        let variants = skus.iter().map(imported).collect();
        let product = ImportedProduct { details, variants };
        let (location, cause) = (Location::main(), CauseId(id));
        let call = PutProduct { id: ProductId(id), product, location, set_stock: false, cause };
        self.store.put_product(call).await.unwrap().unwrap();
    }
}
