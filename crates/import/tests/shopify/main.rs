//! Shopify's export, read: files in, products and findings out.

use std::io::Cursor;

use sellonce_checkout::catalog::{ImportedProduct, ImportedVariant};
use sellonce_checkout::money::Currency;
use sellonce_import::shopify;
use sellonce_import::{Catalog, FileProblem, Finding, Options, Untracked};

mod bad_rows;
mod broken_files;
mod hostile_files;
mod products;
mod skus;
mod stock;

fn options() -> Options {
    Options { currency: Currency::parse("USD").expect("a currency"), untracked: Untracked::Quantity }
}

fn try_read(file: impl AsRef<[u8]>) -> Result<Catalog, FileProblem> {
    shopify::read(Cursor::new(file), options())
}

fn read(file: impl AsRef<[u8]>) -> Catalog {
    try_read(file).expect("the file is readable")
}

fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn product<'catalog>(catalog: &'catalog Catalog, handle: &str) -> &'catalog ImportedProduct {
    let found = catalog.products.iter().find(|found| found.product.details.handle.as_str() == handle);
    &found.unwrap_or_else(|| panic!("{handle} is missing: {catalog:#?}")).product
}

fn variant<'catalog>(catalog: &'catalog Catalog, sku: &str) -> &'catalog ImportedVariant {
    let mut variants = catalog.products.iter().flat_map(|found| &found.product.variants);
    variants.find(|found| found.variant.sku.as_str() == sku).unwrap_or_else(|| panic!("{sku}: {catalog:#?}"))
}

fn skus(catalog: &Catalog) -> Vec<&str> {
    let variants = catalog.products.iter().flat_map(|found| &found.product.variants);
    variants.map(|found| found.variant.sku.as_str()).collect()
}

fn texts(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}
