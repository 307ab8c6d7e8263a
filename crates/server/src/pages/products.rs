//! The list of products and the page of one.
//!
//! Decides how prices and stock are put into words. Leaves what is on sale, and at which price, to the store.

use askama::Template;
use axum::http::StatusCode;
use sellonce_checkout::catalog::{Handle, Image, Product, Variant};
use sellonce_checkout::id::ProductId;
use sellonce_checkout::limits;
use sellonce_checkout::money::Money;
use sellonce_checkout::store::catalog::{ProductQuery, ProductView};
use serde::Deserialize;

use super::shell::{Page, Shell, page};
use super::visit::Visit;
use crate::extract::{Path, Query};
use crate::problem::Problem;

/// The products of one page: full rows of four, three and two.
const PAGE_PRODUCTS: u32 = 24;
/// From so many units on a page does not say how many are left.
const PLENTY: i64 = 6;
/// Up to so many variants are shown one below the other; more are a list to unfold.
const VARIANTS_SHOWN_MAX: usize = 12;

/// Which part of the list is asked for.
#[derive(Deserialize)]
pub(super) struct ListQuery {
    #[serde(default)]
    q: String,
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "products.html")]
struct ProductsPage {
    shell: Shell,
    query: String,
    cards: Vec<Card>,
    is_first_page: bool,
    first_page: String,
    next_page: Option<String>,
}

/// A product in the list.
struct Card {
    href: String,
    title: String,
    picture: Option<Image>,
    price: Price,
    remark: Option<Stock>,
}

#[derive(Template)]
#[template(path = "product.html")]
struct ProductPage {
    shell: Shell,
    title: String,
    vendor: String,
    body_html: String,
    picture: Option<Image>,
    more_pictures: Vec<Image>,
    price: Price,
    options: String,
    variants: Vec<Choice>,
    shown_as_list: bool,
    can_be_bought: bool,
    quantity_max: u32,
}

/// A variant that can be chosen.
struct Choice {
    sku: String,
    title: String,
    price: Money,
    stock: Stock,
    is_chosen: bool,
}

/// What a product costs.
struct Price {
    lowest: Money,
    is_range: bool,
    was: Option<Money>,
}

/// What is left of something, in words.
struct Stock {
    words: String,
    tone: &'static str,
    can_be_bought: bool,
}

/// The products, whole or found by words.
pub(super) async fn list_products(visit: Visit, Query(query): Query<ListQuery>) -> Page {
    let words: String = query.q.trim().chars().take(limits::SEARCH_CHARS_MAX).collect();
    let after = query.after.as_deref().and_then(ProductId::parse);
    let call =
        ProductQuery { search: (!words.is_empty()).then(|| words.clone()), after, limit: PAGE_PRODUCTS };
    let found = visit.app.store.products(call).await?;
    let next = found.rows.last().filter(|_| found.has_more).map(|row| row.product.id);
    let shell = Shell { search: words.clone(), ..visit.shell() };
    let products = ProductsPage {
        shell,
        cards: found.rows.iter().filter_map(card).collect(),
        is_first_page: after.is_none(),
        first_page: list_path(&words, None),
        next_page: next.map(|next| list_path(&words, Some(next))),
        query: words,
    };
    page(StatusCode::OK, &products)
}

fn list_path(words: &str, after: Option<ProductId>) -> String {
    let mut parts = Vec::new();
    if !words.is_empty() {
        parts.push(format!("q={}", escaped(words)));
    }
    if let Some(after) = after {
        parts.push(format!("after={after}"));
    }
    if parts.is_empty() { "/".to_owned() } else { format!("/?{}", parts.join("&")) }
}

/// A text as a part of an address.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(char::from(byte))
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// A product without variants has no price, and nothing that could be bought.
fn card(view: &ProductView) -> Option<Card> {
    let details = &view.product.details;
    let all_stock: Vec<Stock> = view.product.variants.iter().map(|variant| stock(view, variant)).collect();
    let remark = match all_stock.as_slice() {
        [only] if only.tone != PLENTY_TONE => all_stock.into_iter().next(),
        stocks if stocks.iter().all(|stock| !stock.can_be_bought) => Some(stock_words(Some(0))),
        _ => None,
    };
    Some(Card {
        href: format!("/products/{}", escaped(details.handle.as_str())),
        title: details.title.clone(),
        picture: details.images.first().map(|image| described(image, &details.title)),
        price: price(&view.product)?,
        remark,
    })
}

/// A picture with words for who cannot see it.
fn described(image: &Image, title: &str) -> Image {
    let alt = if image.alt.is_empty() { title } else { &image.alt };
    Image { src: image.src.clone(), alt: alt.to_owned() }
}

fn price(product: &Product) -> Option<Price> {
    let cheapest = product.variants.iter().min_by_key(|variant| variant.price.minor())?;
    let is_range = product.variants.iter().any(|variant| variant.price != cheapest.price);
    let was = cheapest.compare_at.filter(|was| was.minor() > cheapest.price.minor());
    Some(Price { lowest: cheapest.price, is_range, was })
}

fn stock(view: &ProductView, variant: &Variant) -> Stock {
    stock_words(view.available.get(&variant.sku).copied().unwrap_or(Some(0)))
}

const PLENTY_TONE: &str = "good";

/// `None` is stock that can be promised beyond what is there.
fn stock_words(available: Option<i64>) -> Stock {
    let (words, tone) = match available {
        None => ("Made to order".to_owned(), "soft"),
        Some(..=0) => ("Sold out".to_owned(), "soft"),
        Some(left @ 1..PLENTY) => (format!("Only {left} left"), "low"),
        Some(PLENTY..) => ("In stock".to_owned(), PLENTY_TONE),
    };
    Stock { words, tone, can_be_bought: available != Some(0) }
}

/// One product.
pub(super) async fn show_product(visit: Visit, Path(handle): Path<String>) -> Page {
    let handle = Handle::parse(&handle).map_err(|_| Problem::not_found())?;
    let view = visit.app.store.product(&handle).await?.ok_or_else(Problem::not_found)?;
    let price = price(&view.product).ok_or_else(Problem::not_found)?;
    let mut variants: Vec<Choice> =
        view.product.variants.iter().map(|variant| choice(&view, variant)).collect();
    if let Some(first) = variants.iter_mut().find(|variant| variant.stock.can_be_bought) {
        first.is_chosen = true;
    }
    let details = view.product.details;
    let mut pictures: Vec<Image> =
        details.images.iter().map(|image| described(image, &details.title)).collect();
    let more_pictures = pictures.split_off(pictures.len().min(1));
    let product = ProductPage {
        shell: visit.shell(),
        title: details.title,
        vendor: details.vendor,
        body_html: details.body_html,
        picture: pictures.pop(),
        more_pictures,
        price,
        options: if details.options.is_empty() { "Choose".to_owned() } else { details.options.join(" / ") },
        shown_as_list: variants.len() > VARIANTS_SHOWN_MAX,
        can_be_bought: variants.iter().any(|variant| variant.stock.can_be_bought),
        variants,
        quantity_max: limits::LINE_QUANTITY_MAX,
    };
    page(StatusCode::OK, &product)
}

fn choice(view: &ProductView, variant: &Variant) -> Choice {
    Choice {
        sku: variant.sku.to_string(),
        title: if variant.title.is_empty() { variant.sku.to_string() } else { variant.title.clone() },
        price: variant.price,
        stock: stock(view, variant),
        is_chosen: false,
    }
}
