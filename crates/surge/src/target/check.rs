//! What is wrong with a target file, line by line; and if nothing is, its requests, ready to be filled in.
//!
//! Decides everything that can be decided without asking the shop: names that stand for nothing, pointers that are none,
//! bodies that are no JSON, a way that cannot end with an order, and payment keys that would move real money.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use super::Inner;
use super::file::{Call, File, StepFile, Text, When, line_of};
use super::reading::MoneyReader;
use super::requests::{CallRequest, StepRequest};
use super::template::{Facts, Place, Template};

/// The most steps that a purchase may have.
const STEPS_MAX: usize = 12;
/// How keys begin that move real money.
const LIVE_KEYS: &[&str] = &["sk_live_", "pk_live_", "rk_live_", "rzp_live_"];
/// What stands for something in every request of a buyer.
const OF_BUYERS: &[&str] = &["email", "key", "number", "card", "sku", "quantity", "price"];

/// Something that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.what)
    }
}

/// The beginning of a live payment key in a text, if there is one.
pub(super) fn live_key(text: &str) -> Option<&'static str> {
    LIVE_KEYS.iter().find(|key| text.contains(**key)).copied()
}

/// Reads a file whole.
pub(super) fn read(
    source: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Inner, Vec<Problem>> {
    let file: File = toml::from_str(source).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(source, &span));
        vec![Problem { line, what: error.message().to_owned() }]
    })?;
    let mut checker = Checker { source, problems: Vec::new() };
    let values = checker.values(&file, environment);
    let inner = checker.file(file, values);
    let mut problems = checker.problems;
    // Whatever it is for: a key that moves real money has no place in a test.
    for (number, line) in source.lines().enumerate() {
        if let Some(key) = live_key(line) {
            let what = format!("a live payment key ({key}...): surge pays with test keys only");
            problems.push(Problem { line: number + 1, what });
        }
    }
    problems.sort();
    problems.dedup();
    if problems.is_empty() { Ok(inner) } else { Err(problems) }
}

struct Checker<'a> {
    source: &'a str,
    problems: Vec<Problem>,
}

/// Names that stand for something.
type Names = BTreeSet<String>;

impl Checker<'_> {
    fn problem(&mut self, span: &Range<usize>, what: impl Into<String>) {
        self.problems.push(Problem { line: line_of(self.source, span), what: what.into() });
    }

    /// A problem with a key of the file that has no place of its own: at the line that begins with it.
    fn problem_of(&mut self, key: &str, what: impl Into<String>) {
        let found = self.source.lines().position(|line| {
            let rest = line.trim_start().trim_start_matches('[').strip_prefix(key);
            rest.is_some_and(|rest| {
                !rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_')
            })
        });
        self.problems.push(Problem { line: found.map_or(1, |line| line + 1), what: what.into() });
    }

    fn values(&mut self, file: &File, environment: &dyn Fn(&str) -> Option<String>) -> Facts {
        let mut values = Facts::new();
        for (name, text) in &file.values {
            let value = match text.get_ref().strip_prefix("env:") {
                None => text.get_ref().clone(),
                Some(variable) => environment(variable).unwrap_or_else(|| {
                    self.problem(&text.span(), format!("the environment has no {variable}"));
                    String::new()
                }),
            };
            if let Some(key) = live_key(&value) {
                self.problem(
                    &text.span(),
                    format!("a live payment key ({key}...): surge pays with test keys only"),
                );
            }
            values.insert(name.clone(), value);
        }
        values
    }

    fn file(&mut self, file: File, values: Facts) -> Inner {
        self.basics(&file);
        let mut names: Names = values.keys().cloned().collect();
        names.insert("seed".to_owned());
        let before = self.calls(&file.before, &mut names);
        let with = |names: &Names, more: &[&str]| -> Names {
            names.iter().cloned().chain(more.iter().map(|name| (*name).to_owned())).collect()
        };
        let mut of_goods = with(&names, &["sku", "stock", "price"]);
        let sell = self.calls(&file.sell, &mut of_goods);
        let reprice = self.calls(&file.reprice, &mut of_goods.clone());
        let stock = self.call(&file.stock.request, &of_goods);
        let pages = with(&names, &["cursor", "offset"]);
        let orders = file.orders.as_ref().map(|orders| self.call(&orders.request, &pages));
        let payments = file.payments.as_ref().map(|payments| self.call(&payments.request, &pages));
        let pages_of_goods = with(&of_goods, &["cursor", "offset"]);
        let ledger = file.ledger.as_ref().map(|ledger| self.call(&ledger.request, &pages_of_goods));
        let steps = self.steps(&file.steps, &with(&of_goods, OF_BUYERS));
        self.books(&file);
        let money = MoneyReader { currency: file.currency.clone(), amounts: file.amounts };
        let known = OnceLock::new();
        Inner { file, money, values, before, sell, reprice, steps, stock, orders, payments, ledger, known }
    }

    fn basics(&mut self, file: &File) {
        if !file.url.starts_with("http://") {
            self.problem_of("url", "must begin with http://; name the shop behind its TLS proxy");
        }
        if iso_currency::Currency::from_code(&file.currency).is_none() {
            self.problem_of("currency", format!("`{}` is no currency of ISO 4217", file.currency));
        }
        if !file.cards.contains_key("tok_ok") {
            self.problem_of("cards", "needs `tok_ok`: the shop's word for a payment that succeeds");
        }
        if file.sell.is_empty() {
            self.problem_of("sell", "at least one request puts the goods on sale");
        }
    }

    /// Requests after each other: what one extracts the next may name.
    fn calls(&mut self, calls: &[Call], names: &mut Names) -> Vec<CallRequest> {
        let mut requests = Vec::new();
        for call in calls {
            requests.push(self.call(call, names));
            self.extracts(&call.extract);
            names.extend(call.extract.keys().chain(call.extract_header.keys()).cloned());
        }
        requests
    }

    fn call(&mut self, call: &Call, names: &Names) -> CallRequest {
        let path = self.template(&call.path, names);
        if !call.path.get_ref().starts_with('/') {
            self.problem(&call.path.span(), "a path begins with /");
        }
        if !["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&call.method.as_str()) {
            let what = format!("`{}` is no method: GET, POST, PUT, PATCH or DELETE", call.method);
            self.problem(&call.path.span(), what);
        }
        let headers: Vec<(String, Template)> =
            call.headers.iter().map(|(name, text)| (name.clone(), self.template(text, names))).collect();
        let body = call.body.as_ref().map(|body| self.template(body, names));
        let request = CallRequest { method: call.method.clone(), path, headers, body };
        if let (Some(template), Some(text), true) = (&request.body, &call.body, request.is_json()) {
            self.json(template, text);
        }
        request
    }

    fn template(&mut self, text: &Text, names: &Names) -> Template {
        let template = Template::parse(text.get_ref()).unwrap_or_else(|why| {
            self.problem(&text.span(), why);
            Template::parse("").unwrap_or_else(|_| unreachable!("an empty text has no names"))
        });
        let unknown: Vec<String> =
            template.names().filter(|name| !names.contains(*name)).map(ToOwned::to_owned).collect();
        for name in unknown {
            let known: Vec<&str> = names.iter().map(String::as_str).collect();
            let what = format!("`{{{{{name}}}}}` stands for nothing here; there are {}", known.join(", "));
            self.problem(&text.span(), what);
        }
        template
    }

    /// A body that says it is JSON is JSON, whatever the names stand for.
    fn json(&mut self, template: &Template, text: &Text) {
        let sample = |name: &str| Some(if name == "lines" { "0" } else { "1" }.to_owned());
        let filled = template.fill(Place::Json, sample).unwrap_or_default();
        if let Err(error) = serde_json::from_str::<serde_json::Value>(&filled) {
            self.problem(&text.span(), format!("the body is no JSON ({error}): {filled}"));
        }
    }

    fn extracts(&mut self, extract: &BTreeMap<String, Text>) {
        for pointer in extract.values() {
            self.pointer(pointer);
        }
    }

    fn pointer(&mut self, pointer: &Text) {
        let text = pointer.get_ref();
        if !text.is_empty() && !text.starts_with('/') {
            self.problem(
                &pointer.span(),
                format!("`{text}` is no JSON pointer: it begins with /, as /order/id"),
            );
        }
    }

    fn steps(&mut self, steps: &[StepFile], names: &Names) -> Vec<StepRequest> {
        let mut names = names.clone();
        let mut requests = Vec::new();
        for step in steps {
            requests.push(self.step(step, &names));
            self.extracts(&step.extract);
            names.extend(step.extract.keys().chain(step.extract_header.keys()).cloned());
        }
        let Some(last) = steps.last() else {
            self.problem_of("step", "a purchase has at least one step");
            return requests;
        };
        if steps.len() > STEPS_MAX {
            self.problem(&steps[STEPS_MAX].path.span(), format!("a purchase has at most {STEPS_MAX} steps"));
        }
        let place = last.path.span();
        match &last.order {
            Some(order) => self.pointer(order),
            None => self
                .problem(&place, format!("`{}` is the last step and pays: where is the `order`?", last.name)),
        }
        if last.sold_out.is_empty() {
            self.problem(&place, format!("`{}` pays: how does it say `sold_out`?", last.name));
        }
        requests
    }

    fn step(&mut self, step: &StepFile, names: &Names) -> StepRequest {
        let mut with_lines = names.clone();
        if step.line.is_some() {
            with_lines.insert("lines".to_owned());
        }
        let call = Call {
            method: step.method.clone(),
            path: step.path.clone(),
            headers: step.headers.clone(),
            body: step.body.clone(),
            extract: BTreeMap::new(),
            extract_header: BTreeMap::new(),
        };
        let request = self.call(&call, &with_lines);
        let line = step.line.as_ref().map(|line| self.template(line, names));
        for list in [&step.success, &step.sold_out, &step.declined, &step.wait, &step.refused] {
            for when in list {
                self.when(when, &step.path.span());
            }
        }
        for pointer in [&step.total, &step.order].into_iter().flatten() {
            self.pointer(pointer);
        }
        StepRequest { call: request, line }
    }

    fn when(&mut self, when: &When, place: &Range<usize>) {
        if let Some(pointer) = &when.at {
            self.pointer(pointer);
        }
        if when.status.is_empty() && when.at.is_none() && when.contains.is_empty() {
            self.problem(
                place,
                "a rule of this step holds for every answer: name `status`, `at` or `contains`",
            );
        }
        if !when.is.is_empty() && when.at.is_none() {
            self.problem(place, "a rule of this step has `is` without `at`");
        }
    }

    /// The pointers of the books.
    fn books(&mut self, file: &File) {
        let stock = &file.stock;
        if stock.available.is_none() && stock.on_hand.is_none() {
            self.problem(&stock.request.path.span(), "the stock needs `available` or `on_hand`");
        }
        let mut pointers: Vec<&Text> =
            [&stock.available, &stock.on_hand, &stock.reserved, &stock.committed, &stock.version]
                .into_iter()
                .flatten()
                .collect();
        if let Some(orders) = &file.orders {
            pointers.extend([
                &orders.list,
                &orders.id,
                &orders.email,
                &orders.lines,
                &orders.sku,
                &orders.quantity,
            ]);
            let optional = [&orders.next, &orders.status, &orders.total, &orders.payment, &orders.checkout];
            pointers.extend(optional.into_iter().flatten());
        }
        if let Some(payments) = &file.payments {
            pointers.extend([&payments.list, &payments.id, &payments.amount]);
            pointers.extend([&payments.next, &payments.status, &payments.refunded].into_iter().flatten());
        }
        if let Some(ledger) = &file.ledger {
            pointers.extend([
                &ledger.list,
                &ledger.location,
                &ledger.version,
                &ledger.kind,
                &ledger.quantity,
            ]);
            pointers.extend([&ledger.available, &ledger.reserved, &ledger.committed, &ledger.backordered]);
            pointers.extend([&ledger.cause]);
            pointers.extend(&ledger.next);
        }
        for pointer in pointers {
            self.pointer(pointer);
        }
    }
}
