//! The catalog in memory.

use async_trait::async_trait;

use super::{CheckoutRow, MemoryStore, State, StockRow};
use crate::book::Cause;
use crate::catalog::{Handle, ImportedVariant, Listing, Location, Product, Sku};
use crate::clock::Timestamp;
use crate::inventory::{Counters, Kind, Place, Policy, Stock};
use crate::money::Money;
use crate::session::Status;
use crate::store::catalog::{
    Catalog, PriceSet, ProductQuery, ProductView, PutOutcome, PutProduct, PutRefusal,
};
use crate::store::{Answer, Books, Failure, Page};

#[async_trait]
impl Catalog for MemoryStore {
    async fn put_product(&self, call: PutProduct) -> Answer<PutOutcome, PutRefusal> {
        let now = self.now();
        let mut state = self.state();
        let handle = &call.product.details.handle;
        for imported in &call.product.variants {
            if imported.variant.price.currency() != self.shop.currency {
                return Ok(Err(PutRefusal::WrongCurrency));
            }
            let sku = &imported.variant.sku;
            let owner = state
                .products
                .values()
                .find(|product| product.variants.iter().any(|variant| variant.sku == *sku))
                .map(|product| product.details.handle.clone());
            if let Some(owner) = owner.filter(|owner| owner != handle) {
                return Ok(Err(PutRefusal::SkuTaken { sku: sku.clone(), owner }));
            }
        }
        let mut outcome = PutOutcome::default();
        if let Err(refusal) = state.put_stock(&call, &mut outcome, now) {
            return Ok(Err(refusal));
        }
        state.put_details(&call, &mut outcome, now);
        Ok(Ok(outcome))
    }

    async fn products(&self, query: ProductQuery) -> Result<Page<ProductView>, Failure> {
        let state = self.state();
        let words = words(query.search.as_deref().unwrap_or_default());
        let rows = state
            .products
            .values()
            .filter(|product| product.details.listing == Listing::Published)
            .filter(|product| query.after.is_none_or(|after| product.id > after))
            .filter(|product| found_by(product, &words))
            .map(|product| state.product_view(product, &self.shop.locations))
            .take(usize::try_from(query.limit).unwrap_or(usize::MAX).saturating_add(1))
            .collect();
        Ok(Page::of(rows, query.limit))
    }

    async fn product(&self, handle: &Handle) -> Result<Option<ProductView>, Failure> {
        let state = self.state();
        let product = state.products.values().find(|product| {
            product.details.handle == *handle && product.details.listing == Listing::Published
        });
        Ok(product.map(|product| state.product_view(product, &self.shop.locations)))
    }

    async fn set_price(&self, sku: &Sku, price: Money, revoke: bool) -> Result<Option<PriceSet>, Failure> {
        let now = self.now();
        let mut state = self.state();
        let mut was = None;
        for product in state.products.values_mut() {
            for variant in product.variants.iter_mut().filter(|variant| variant.sku == *sku) {
                was = Some(std::mem::replace(&mut variant.price, price));
            }
        }
        let Some(was) = was else { return Ok(None) };
        let sells = |row: &&CheckoutRow| {
            row.checkout.shown_status(now) == Status::Open
                && row.checkout.lock.sold().any(|(line, _)| line.sku == *sku)
        };
        let revoked: Vec<_> = match revoke {
            true => state.checkouts.values().filter(sells).map(|row| row.checkout.id).collect(),
            false => Vec::new(),
        };
        for id in &revoked {
            state.move_checkout(*id, Status::Expired, 0, now);
        }
        let locks_revoked = u64::try_from(revoked.len()).unwrap_or(u64::MAX);
        Ok(Some(PriceSet { was, now: price, locks_revoked }))
    }
}

impl State {
    fn product_view(&self, product: &Product, locations: &[Location]) -> ProductView {
        let mut product = product.clone();
        product.variants.retain(|variant| self.stock.contains_key(&variant.sku));
        let available =
            product.variants.iter().map(|v| (v.sku.clone(), self.available(&v.sku, locations))).collect();
        ProductView { product, available }
    }

    /// The stock of an import: given quantities for new SKUs, adjustments for known ones if asked for.
    fn put_stock(
        &mut self,
        call: &PutProduct,
        outcome: &mut PutOutcome,
        now: Timestamp,
    ) -> Result<(), PutRefusal> {
        let mut fresh = Vec::new();
        for imported in &call.product.variants {
            if !self.stock.contains_key(&imported.variant.sku) {
                fresh.push(imported.variant.sku.clone());
            }
        }
        let skus: Vec<Sku> = call.product.variants.iter().map(|each| each.variant.sku.clone()).collect();
        for sku in &fresh {
            let stock = Stock { counters: Counters::default(), version: 0, policy: Policy::Deny };
            let row = StockRow { stock, ever_continued: false };
            self.stock.entry(sku.clone()).or_default().insert(call.location.clone(), row);
        }
        let mut book = self.book(&skus, &[]);
        let cause = Cause::Merchant(call.cause);
        let moved = book.all_or_nothing(|book| {
            let mut moved = 0_u32;
            for ImportedVariant { variant, quantity } in &call.product.variants {
                let Some(quantity) = *quantity else { continue };
                let is_new = fresh.contains(&variant.sku);
                let place = Place { sku: variant.sku.clone(), location: call.location.clone() };
                let on_hand = book.stock(&place).map_or(0, |stock| stock.counters.on_hand());
                let (kind, units) = match is_new {
                    true => (Kind::Receive, quantity),
                    false => (Kind::Adjust, quantity.saturating_sub(on_hand)),
                };
                if units == 0 || !(is_new || call.set_stock) {
                    continue;
                }
                let refused = PutRefusal::StockNotAvailable(variant.sku.clone());
                book.change(&place, kind, units, cause, "import", now).map_err(|_| refused)?;
                moved = moved.saturating_add(1);
            }
            Ok(moved)
        });
        match moved {
            Ok(moved) => outcome.stock_moved = moved,
            Err(refusal) => {
                for sku in &fresh {
                    self.stock.remove(sku);
                }
                return Err(refusal);
            }
        }
        self.write(book);
        outcome.skus_created = u32::try_from(fresh.len()).unwrap_or(u32::MAX);
        for imported in &call.product.variants {
            for row in
                self.stock.get_mut(&imported.variant.sku).into_iter().flat_map(|rows| rows.values_mut())
            {
                row.stock.policy = imported.variant.policy;
                row.ever_continued |= imported.variant.policy == Policy::Continue;
            }
        }
        Ok(())
    }

    fn put_details(&mut self, call: &PutProduct, outcome: &mut PutOutcome, now: Timestamp) {
        let details = &call.product.details;
        let variants: Vec<_> = call.product.variants.iter().map(|each| each.variant.clone()).collect();
        let known = self.products.values_mut().find(|product| product.details.handle == details.handle);
        match known {
            Some(product) => {
                outcome.changed = product.details != *details || product.variants != variants;
                if outcome.changed {
                    let gone = std::mem::replace(&mut product.variants, variants);
                    product.details = details.clone();
                    product.updated_at = now;
                    self.removed.extend(gone.into_iter().map(|variant| (variant.sku.clone(), variant)));
                }
            }
            None => {
                outcome.created = true;
                let (created_at, updated_at) = (now, now);
                let product =
                    Product { id: call.id, details: details.clone(), variants, created_at, updated_at };
                self.products.insert(call.id, product);
            }
        }
    }
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

fn found_by(product: &Product, wanted: &[String]) -> bool {
    let details = &product.details;
    let skus = product.variants.iter().map(|variant| variant.sku.as_str());
    let texts = [details.title.as_str(), &details.vendor, &details.product_type];
    let found: Vec<String> = texts
        .into_iter()
        .chain(details.tags.iter().map(String::as_str))
        .chain(skus)
        .flat_map(words)
        .collect();
    wanted.iter().all(|word| found.iter().any(|each| each.starts_with(word.as_str())))
}
