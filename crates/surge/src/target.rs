//! Anybody's shop, described in a file: what is sent, what is kept of the answers, and what they mean.
//!
//! Decides nothing about buying: a target is one more dialect for the same load, and one more keeper of the same books.
//! `file` has the form, `check` says line by line what is wrong with one, `dry_run` shows a purchase step by step.

mod check;
mod dialect;
mod dry_run;
mod file;
mod keeper;
mod reading;
mod requests;
mod secrets;
mod template;

use std::sync::{Arc, OnceLock};

pub use self::check::Problem;
pub use self::dry_run::dry_run;
pub(crate) use self::keeper::TargetKeeper;

use self::file::File;
use self::reading::MoneyReader;
use self::requests::{CallRequest, StepRequest};
use self::template::Facts;

/// A shop that can be loaded, as its file describes it.
#[derive(Clone, Debug)]
pub struct Target(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: File,
    money: MoneyReader,
    /// The file's values, those of the environment read.
    values: Facts,
    before: Vec<CallRequest>,
    sell: Vec<CallRequest>,
    reprice: Vec<CallRequest>,
    steps: Vec<StepRequest>,
    stock: CallRequest,
    orders: Option<CallRequest>,
    payments: Option<CallRequest>,
    ledger: Option<CallRequest>,
    /// What the requests before the rush have brought: known when the goods are on sale.
    known: OnceLock<Known>,
}

/// What the requests before the rush have brought.
#[derive(Clone, Debug, Default)]
struct Known {
    facts: Facts,
    /// What selling each SKU has brought.
    of_sku: std::collections::BTreeMap<String, Facts>,
}

impl Target {
    /// Reads a file. Values that it takes from the environment are asked for by name.
    ///
    /// # Errors
    /// Everything that is wrong with it, by line.
    pub fn read(source: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<Problem>> {
        check::read(source, environment).map(|inner| Self(Arc::new(inner)))
    }

    /// How the shop is called.
    pub fn name(&self) -> &str {
        &self.0.file.name
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.0.file.url
    }

    /// The currency of its amounts.
    pub fn currency(&self) -> &str {
        &self.0.file.currency
    }

    /// Whether a cart can hold several SKUs.
    pub fn has_carts(&self) -> bool {
        self.0.steps.iter().any(|step| step.line.is_some())
    }

    /// Whether it can decline a payment when it is asked to.
    pub fn can_decline(&self) -> bool {
        self.0.file.cards.contains_key("tok_declined")
    }

    /// Whether prices can be changed.
    pub fn can_reprice(&self) -> bool {
        !self.0.reprice.is_empty()
    }
}
