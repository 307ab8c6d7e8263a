//! `import`: puts the products of a file into the catalog, one transaction a product, beside a running server if
//! need be.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use sellonce_checkout::id::{CauseId, Ids, ProductId};
use sellonce_checkout::store::catalog::{PutOutcome, PutProduct};
use sellonce_import::shopify::Import;
use sellonce_import::{Found, Options, Product};

use super::store::ShopStore;
use super::{Stop, Untracked, store};
use crate::config::Config;
use crate::output;
use crate::system::SystemIds;

/// What an import came to.
#[derive(Default)]
struct Tally {
    created: u64,
    changed: u64,
    unchanged: u64,
    skus_created: u64,
    stock_moved: u64,
    warnings: u64,
    problems: u64,
}

pub(super) async fn run(config: Config, call: super::Import) -> Result<(), Stop> {
    let mut import = open(&call.file, &config, call.untracked)?;
    // A dry run looks at the file alone: it needs no database and leaves none behind.
    let store = if call.dry_run { None } else { Some(store::open_beside(&config)?) };
    let progress = progress(import.rows_total());
    let mut tally = Tally::default();
    while let Some(found) = import.next() {
        progress.set_position(import.rows_read());
        match found.map_err(|problem| Stop::Usage(format!("{}: {problem}", call.file.display())))? {
            Found::Product(product) => match &store {
                Some(store) => {
                    put(store.as_ref(), &config, &product, call.set_stock, &progress, &mut tally).await?
                }
                None => tally.created += 1,
            },
            Found::Problem(finding) => {
                tally.problems += 1;
                progress.suspend(|| output::note(format_args!("problem: {finding}")));
            }
            Found::Warning(finding) => {
                tally.warnings += 1;
                progress.suspend(|| output::note(format_args!("warning: {finding}")));
            }
        }
    }
    progress.finish_and_clear();
    summarise(&tally, call.dry_run);
    if tally.problems > 0 { Err(Stop::Found) } else { Ok(()) }
}

fn open(path: &Path, config: &Config, untracked: Untracked) -> Result<Import<File>, Stop> {
    let untracked = match untracked {
        Untracked::Quantity => sellonce_import::Untracked::Quantity,
        Untracked::Continue => sellonce_import::Untracked::Continue,
    };
    let file = File::open(path).map_err(|error| Stop::Usage(format!("{}: {error}", path.display())))?;
    Import::open(file, Options { currency: config.shop.currency, untracked })
        .map_err(|problem| Stop::Usage(format!("{}: {problem}", path.display())))
}

async fn put(
    store: &dyn ShopStore,
    config: &Config,
    found: &Product,
    set_stock: bool,
    progress: &ProgressBar,
    tally: &mut Tally,
) -> Result<(), Stop> {
    let location = config.shop.locations.first().cloned();
    let call = PutProduct {
        id: ProductId(SystemIds.uuid()),
        product: found.product.clone(),
        location: location.unwrap_or_else(sellonce_checkout::catalog::Location::main),
        set_stock,
        cause: CauseId(SystemIds.uuid()),
    };
    match store.put_product(call).await? {
        Ok(PutOutcome { created, changed, skus_created, stock_moved }) => {
            match (created, changed) {
                (true, _) => tally.created += 1,
                (false, true) => tally.changed += 1,
                (false, false) => tally.unchanged += 1,
            }
            tally.skus_created += u64::from(skus_created);
            tally.stock_moved += u64::from(stock_moved);
        }
        Err(refusal) => {
            tally.problems += 1;
            let handle = &found.product.details.handle;
            progress
                .suspend(|| output::note(format_args!("problem: line {}, {handle}: {refusal}", found.line)));
        }
    }
    Ok(())
}

/// A bar on a terminal, nothing elsewhere.
fn progress(rows: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} rows, {elapsed}")
        .expect("the template is well-formed");
    let bar = ProgressBar::new(rows).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn summarise(tally: &Tally, dry_run: bool) {
    let Tally { created, changed, unchanged, skus_created, stock_moved, warnings, problems } = tally;
    if dry_run {
        output::result(format_args!(
            "{created} products can be imported, {problems} problems, {warnings} warnings; nothing was changed"
        ));
    } else {
        output::result(format_args!(
            "{created} products new, {changed} changed, {unchanged} unchanged; {skus_created} SKUs new, stock moved for {stock_moved}; {problems} problems, {warnings} warnings"
        ));
    }
}
