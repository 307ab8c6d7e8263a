//! Products, as merchants put them into the catalog.
//!
//! Decides how a product is written down. Leaves its stock to `admin_inventory`: a product that is put has none yet.

use std::collections::BTreeSet;

use axum::extract::State;
use sellonce_checkout::address::typed_text;
use sellonce_checkout::catalog::{
    Details, Handle, ImportedProduct, ImportedVariant, Listing, Location, Sku, Variant,
};
use sellonce_checkout::id::{CauseId, ProductId};
use sellonce_checkout::inventory::Policy;
use sellonce_checkout::limits;
use sellonce_checkout::store::catalog::{PutProduct, PutRefusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::refusal::sentence;
use crate::answer::{Answer, Reply};
use crate::app::App;
use crate::credential::AdminWriter;
use crate::extract::JsonBody;
use crate::fault::Faults;
use crate::object::read_as_object;
use crate::problem::{Code, Problem};
use crate::shape::{self, Money};

/// What tells the variants of a product apart.
const OPTION: &str = "Variant";

/// A product, as a whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
#[schema(example = json!({
    "handle": "enamel-mug", "title": "Enamel Mug",
    "variants": [{"sku": "MUG-BLUE", "title": "Night blue", "price": {"amount": 1450, "currency": "USD"}}]
}))]
pub(crate) struct NewProduct {
    /// Its name in addresses. A product with this handle is replaced.
    #[schema(min_length = 1, max_length = 255)]
    handle: String,
    /// Its name for people.
    #[schema(min_length = 1, max_length = 255)]
    title: String,
    /// `published`: on sale; `hidden`: kept but not sold. Published if it is not said.
    listing: Option<NewListing>,
    /// Its variants in their order. What is not among them any more is no longer on sale.
    #[schema(min_items = 1, max_items = 2_048)]
    variants: Vec<NewVariant>,
}

read_as_object!(NewProduct);

/// One sellable variant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
pub(crate) struct NewVariant {
    /// What carts and checkouts call it; of one product in the whole shop.
    #[schema(min_length = 1, max_length = 255)]
    sku: String,
    /// Its name beside the product's; needed where there are several.
    #[schema(max_length = 255)]
    title: Option<String>,
    /// What one unit costs.
    price: Money,
}

read_as_object!(NewVariant);

/// Whether a product is on sale.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum NewListing {
    /// On sale.
    Published,
    /// Kept but not sold.
    Hidden,
}

/// A product that was put.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PutAnswer {
    /// Its name in addresses.
    handle: String,
    /// Whether it is new.
    created: bool,
    /// Whether anything about a known product changed.
    changed: bool,
}

impl NewProduct {
    fn parse(&self, app: &App) -> Result<ImportedProduct, Problem> {
        let mut faults = Faults::default();
        let handle = faults.keep("/handle".to_owned(), Handle::parse(&self.handle));
        let title = faults.keep("/title".to_owned(), typed_text("title", &self.title));
        if !(1..=limits::VARIANTS_MAX).contains(&self.variants.len()) {
            faults.add("/variants", format!("must have between 1 and {} variants", limits::VARIANTS_MAX));
        }
        let mut variants = Vec::with_capacity(self.variants.len());
        let mut skus = BTreeSet::new();
        for (index, variant) in self.variants.iter().enumerate() {
            let pointer = format!("/variants/{index}");
            if !skus.insert(&variant.sku) {
                faults.add(format!("{pointer}/sku"), "must be another one than the others".to_owned());
            }
            variants.extend(variant.parse(app, &pointer, self.variants.len() > 1, &mut faults)?);
        }
        let details = handle.zip(title).map(|(handle, title)| Details {
            handle,
            title,
            body_html: String::new(),
            vendor: String::new(),
            product_type: String::new(),
            tags: Vec::new(),
            listing: match self.listing {
                Some(NewListing::Hidden) => Listing::Hidden,
                Some(NewListing::Published) | None => Listing::Published,
            },
            options: if self.variants.len() > 1 { vec![OPTION.to_owned()] } else { Vec::new() },
            images: Vec::new(),
        });
        let details = faults.end(details)?;
        Ok(ImportedProduct { details, variants })
    }
}

impl NewVariant {
    fn parse(
        &self,
        app: &App,
        pointer: &str,
        is_one_of_several: bool,
        faults: &mut Faults,
    ) -> Result<Option<ImportedVariant>, Problem> {
        let price = self.price.parse(app.currency(), &format!("{pointer}/price"))?;
        let sku = faults.keep(format!("{pointer}/sku"), Sku::parse(&self.sku));
        let title = self.title.as_deref().map(|title| typed_text("title", title));
        let title = faults.keep_some(&format!("{pointer}/title"), title);
        if is_one_of_several && self.title.is_none() {
            faults.missing(format!("{pointer}/title"), "is needed where there are several variants");
        }
        let title = title.unwrap_or_default();
        Ok(sku.map(|sku| {
            let variant = Variant {
                sku,
                option_values: if is_one_of_several { vec![title.clone()] } else { Vec::new() },
                title,
                price,
                compare_at: None,
                image_src: None,
                grams: 0,
                barcode: String::new(),
                policy: Policy::Deny,
            };
            ImportedVariant { variant, quantity: None }
        }))
    }
}

/// Put a product.
///
/// It is new, or replaces the product with its handle as a whole. Stock stays as it is: new SKUs have none.
#[utoipa::path(
    post, path = "/v1/admin/products", tag = "Admin products", security(("api_key" = [])), request_body = NewProduct,
    responses(
        (status = 201, description = "It is new.", body = PutAnswer),
        (status = 200, description = "It was known, and is now as it was given.", body = PutAnswer),
    ),
    extensions(("x-problems" = json!(["already_exists", "wrong_currency"]))),
)]
pub(crate) async fn put_product(
    State(app): State<App>,
    _: AdminWriter,
    JsonBody { value: wanted, .. }: JsonBody<NewProduct>,
) -> Reply<PutAnswer> {
    let product = wanted.parse(&app)?;
    let location = app.store.shop().locations.first().cloned().unwrap_or_else(Location::main);
    let call = PutProduct {
        id: ProductId(app.ids.uuid()),
        product,
        location,
        set_stock: false,
        cause: CauseId(app.ids.uuid()),
    };
    let handle = wanted.handle.clone();
    let put = app.store.put_product(call).await?.map_err(|refusal| match refusal {
        PutRefusal::SkuTaken { .. } | PutRefusal::StockNotAvailable(_) => {
            Problem::new(Code::AlreadyExists, sentence(&refusal.to_string()))
        }
        PutRefusal::WrongCurrency => shape::wrong_currency(app.currency()),
    })?;
    let answer = PutAnswer { handle, created: put.created, changed: put.changed };
    Ok(if put.created { Answer::created(answer) } else { Answer::ok(answer) })
}
