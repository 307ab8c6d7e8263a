//! The catalog: what is on sale.
//!
//! Decides how a product looks to a client. Leaves what is on sale, and finding it, to the store.

use axum::extract::State;
use sellonce_checkout::catalog::{Handle, Image as CatalogImage, Variant as CatalogVariant};
use sellonce_checkout::id::ProductId;
use sellonce_checkout::limits;
use sellonce_checkout::store::catalog::{ProductQuery, ProductView};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::list;
use crate::answer::{Answer, Reply};
use crate::app::App;
use crate::extract::{Path, Query};
use crate::fault::Faults;
use crate::problem::Problem;
use crate::shape::{self, Money, Page};

/// A product on sale.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Product {
    /// Its id.
    id: String,
    /// Its name in addresses.
    #[schema(example = "ocean-blue-shirt")]
    handle: String,
    /// Its name for people.
    title: String,
    /// Its description: clean HTML.
    body_html: String,
    /// Who makes it; empty if unknown.
    vendor: String,
    /// What kind of thing it is; empty if unknown.
    product_type: String,
    /// Words it is found by.
    tags: Vec<String>,
    /// The names of its options, as `Size`.
    options: Vec<String>,
    /// Its pictures in order.
    images: Vec<Image>,
    /// Its variants in the merchant's order.
    variants: Vec<Variant>,
    /// When it was first stored.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// A picture.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Image {
    /// Where it is: an `https` address, or a path of this server.
    src: String,
    /// What it shows, for who cannot see it.
    alt: String,
}

/// One sellable variant of a product.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Variant {
    /// What carts and checkouts call it.
    #[schema(example = "SHIRT-BLUE-M")]
    sku: String,
    /// Its name beside the product's; empty for a product of one variant.
    title: String,
    /// The value of each of the product's options.
    option_values: Vec<String>,
    /// What one unit costs now.
    price: Money,
    /// The higher price it is compared with.
    #[schema(required)]
    compare_at: Option<Money>,
    /// Whether at least one unit could be bought when this was answered. Only `complete` holds stock.
    in_stock: bool,
    /// Its own picture.
    #[schema(required)]
    image_src: Option<String>,
    /// Its weight in grams; 0 if unknown.
    grams: u32,
    /// Its barcode; empty if unknown.
    barcode: String,
}

impl From<ProductView> for Product {
    fn from(view: ProductView) -> Self {
        let ProductView { product, available } = view;
        let variant = |variant: CatalogVariant| {
            let left = available.get(&variant.sku).copied().unwrap_or(Some(0));
            Variant {
                sku: variant.sku.to_string(),
                title: variant.title,
                option_values: variant.option_values,
                price: variant.price.into(),
                compare_at: variant.compare_at.map(Money::from),
                in_stock: left.is_none_or(|units| units > 0),
                image_src: variant.image_src,
                grams: variant.grams,
                barcode: variant.barcode,
            }
        };
        let image = |image: CatalogImage| Image { src: image.src, alt: image.alt };
        Self {
            id: product.id.to_string(),
            handle: product.details.handle.to_string(),
            title: product.details.title,
            body_html: product.details.body_html,
            vendor: product.details.vendor,
            product_type: product.details.product_type,
            tags: product.details.tags,
            options: product.details.options,
            images: product.details.images.into_iter().map(image).collect(),
            variants: product.variants.into_iter().map(variant).collect(),
            created_at: shape::time(product.created_at),
            updated_at: shape::time(product.updated_at),
        }
    }
}

/// Which products.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Search {
    /// Words that all must occur; the beginning of a word is enough.
    #[param(max_length = 200)]
    q: Option<String>,
    /// How many rows at most; 20 if it is not said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]+$")]
    after: Option<String>,
}

impl Search {
    fn parse(&self) -> Result<ProductQuery, Problem> {
        let (after, limit) = list::parse(self.limit, self.after.as_deref(), ProductId::parse)?;
        let search = self.q.as_deref().map(str::trim).filter(|words| !words.is_empty());
        if search.is_some_and(|words| words.chars().count() > limits::SEARCH_CHARS_MAX) {
            let mut faults = Faults::default();
            faults.add("?q", format!("must have at most {} characters", limits::SEARCH_CHARS_MAX));
            return Err(faults.into_problem());
        }
        Ok(ProductQuery { search: search.map(str::to_owned), after, limit })
    }
}

/// List what is on sale.
#[utoipa::path(
    get, path = "/v1/products", tag = "Products", params(Search),
    responses((status = 200, description = "One page of products.", body = Page<Product>)),
)]
pub(crate) async fn list_products(
    State(app): State<App>,
    Query(search): Query<Search>,
) -> Reply<Page<Product>> {
    let page = app.store.products(search.parse()?).await?;
    Ok(Answer::ok(Page::of(page, |view| list::cursor(&view.product.id.to_string()), Product::from)))
}

/// Read one product.
#[utoipa::path(
    get, path = "/v1/products/{handle}", tag = "Products",
    params(("handle" = String, Path, description = "The product's name in addresses.")),
    responses((status = 200, description = "The product.", body = Product)),
)]
pub(crate) async fn read_product(State(app): State<App>, Path(handle): Path<String>) -> Reply<Product> {
    let handle = Handle::parse(&handle).map_err(|_| Problem::not_found())?;
    let view = app.store.product(&handle).await?.ok_or_else(Problem::not_found)?;
    Ok(Answer::ok(view.into()))
}
