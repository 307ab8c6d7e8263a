//! Products, variants, offers, and the words that a product is found by.

use sellonce_checkout::catalog::{Details, Handle, Image, Listing, Offer, Product, Variant};
use sellonce_checkout::id::{ProductId, SecretHash};
use sellonce_checkout::money::Currency;
use sellonce_checkout::store::accounts::ApiKey;

use crate::rows::{Columns, stock};
use crate::trouble::Trouble;

/// The columns of [`product`].
macro_rules! product_columns {
    () => {
        "id, handle, title, body_html, vendor, product_type, listing, option1, option2, option3, created_at, \
         updated_at"
    };
}

/// The columns of [`variant`].
macro_rules! variant_columns {
    () => {
        "sku, title, option1, option2, option3, price, compare_at, image_src, grams, barcode, policy"
    };
}

/// The columns of [`api_key`].
macro_rules! api_key_columns {
    () => {
        "id, name, scopes, secret, created_at, revoked_at"
    };
}

pub(crate) use {api_key_columns, product_columns, variant_columns};

/// The name of a listing in tables.
pub(crate) fn listing_name(listing: Listing) -> &'static str {
    match listing {
        Listing::Published => "published",
        Listing::Hidden => "hidden",
    }
}

fn listing(columns: &mut dyn Columns) -> Result<Listing, Trouble> {
    let all = [Listing::Published, Listing::Hidden];
    columns.value(|text| all.into_iter().find(|listing| listing_name(*listing) == text))
}

/// The up to three option columns; those that are not used are empty.
fn options(columns: &mut dyn Columns) -> Result<Vec<String>, Trouble> {
    let mut options = Vec::new();
    for _ in 0..3 {
        options.extend(columns.maybe_string()?);
    }
    Ok(options)
}

/// A product, still without tags, images and variants.
pub(crate) fn product(columns: &mut dyn Columns) -> Result<Product, Trouble> {
    let id = ProductId(columns.uuid()?);
    let details = Details {
        handle: columns.value(|text| Handle::parse(text).ok())?,
        title: columns.string()?,
        body_html: columns.string()?,
        vendor: columns.string()?,
        product_type: columns.string()?,
        tags: Vec::new(),
        listing: listing(columns)?,
        options: options(columns)?,
        images: Vec::new(),
    };
    let (created_at, updated_at) = (columns.time()?, columns.time()?);
    Ok(Product { id, details, variants: Vec::new(), created_at, updated_at })
}

/// A picture.
pub(crate) fn image(columns: &mut dyn Columns) -> Result<Image, Trouble> {
    Ok(Image { src: columns.string()?, alt: columns.string()? })
}

/// A variant.
pub(crate) fn variant(columns: &mut dyn Columns, currency: Currency) -> Result<Variant, Trouble> {
    Ok(Variant {
        sku: stock::sku(columns)?,
        title: columns.string()?,
        option_values: options(columns)?,
        price: columns.money(currency)?,
        compare_at: columns.maybe_money(currency)?,
        image_src: columns.maybe_string()?,
        grams: columns.count()?,
        barcode: columns.string()?,
        policy: stock::policy(columns)?,
    })
}

/// What a SKU is offered as: its product's title and listing, its own title, price, and whether it was removed.
pub(crate) fn offer(columns: &mut dyn Columns, currency: Currency) -> Result<Offer, Trouble> {
    let sku = stock::sku(columns)?;
    let mut title = columns.string()?;
    let listed = listing(columns)?;
    let variant_title = columns.text()?;
    if !variant_title.is_empty() {
        title.push_str(" - ");
        title.push_str(variant_title);
    }
    let price = columns.money(currency)?;
    let listing = if columns.flag()? { Listing::Hidden } else { listed };
    Ok(Offer { sku, title, price, listing })
}

/// The words of a text, as a search and the index take them: letters and digits in lower case.
pub(crate) fn search_words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase)
}

/// An API key. Scopes are one text, a space between two.
pub(crate) fn api_key(columns: &mut dyn Columns) -> Result<ApiKey, Trouble> {
    Ok(ApiKey {
        id: sellonce_checkout::id::ApiKeyId(columns.uuid()?),
        name: columns.string()?,
        scopes: columns.text()?.split_whitespace().map(str::to_owned).collect(),
        secret: SecretHash(columns.bytes()?),
        created_at: columns.time()?,
        revoked_at: columns.maybe_time()?,
    })
}
