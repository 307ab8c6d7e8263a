//! A target file as a dialect: how a buyer speaks to that shop.
//!
//! Decides what an answer means by the file alone. What the file does not explain is broken.

use crate::dialect::{Answer, Dialect, Heard, Purchase, Request, body_hash};
use crate::history::{Acknowledged, Line, Short, Step};

use super::check::live_key;
use super::file::{ShortFile, StepFile};
use super::reading::{Reading, number_at, text_at};
use super::template::{Facts, Place};
use super::{Inner, Target};

/// How long to wait before the same request is sent again, unless the answer says.
const WAIT_MS: u64 = 200;
/// What may pay with surge's word if the file has no word of its own for it.
const GOOD: &str = "tok_ok";

impl Dialect for Target {
    fn steps(&self) -> &[Step] {
        // By the number of steps: the last pays, the one before opens the checkout, all others fill the cart.
        const STEPS: [Step; 12] = {
            let mut steps = [Step::Cart; 12];
            steps[10] = Step::Open;
            steps[11] = Step::Complete;
            steps
        };
        &STEPS[STEPS.len() - self.0.steps.len().min(STEPS.len())..]
    }

    fn request(&self, _: Step, index: Option<usize>, purchase: &Purchase) -> Option<Request> {
        // A name that stands for nothing was found when the file was read.
        self.step_request(index?, purchase).ok()
    }

    fn read(&self, _: Step, index: Option<usize>, answer: &Answer, purchase: &mut Purchase) -> Heard {
        let inner = &self.0;
        let Some((place, step)) = index.and_then(|index| Some((index, inner.file.steps.get(index)?))) else {
            return broken(answer, "an answer to a step that the file does not have");
        };
        let reading = Reading::of(answer);
        let retry_after_ms = answer.header("retry-after").and_then(|seconds| seconds.parse::<u64>().ok());
        let retry_after_ms = retry_after_ms.map(|seconds| seconds.saturating_mul(1_000));
        if reading.is_any(&step.sold_out) {
            return Heard::SoldOut(shorts(step, &reading));
        }
        if reading.is_any(&step.declined) {
            return Heard::Declined { reason: String::new(), replayed: false };
        }
        if reading.is_any(&step.wait) {
            let retry_after_ms = retry_after_ms.unwrap_or(WAIT_MS);
            return Heard::UnderWay { status: "processing".to_owned(), retry_after_ms, approve: false };
        }
        if reading.is_any(&step.refused) {
            return Heard::Refused { code: answer.status.to_string() };
        }
        let is_success = if step.success.is_empty() {
            (200..300).contains(&answer.status)
        } else {
            reading.is_any(&step.success)
        };
        match retry_after_ms {
            _ if is_success => inner.success(place, &reading, purchase),
            Some(retry_after_ms) if matches!(answer.status, 429 | 503) => Heard::Shed { retry_after_ms },
            _ => broken(answer, "no `success`, `sold_out` or other rule of the step explains it"),
        }
    }
}

impl Target {
    /// The request of a step; `Err` is a name that stands for nothing.
    pub(super) fn step_request(&self, index: usize, purchase: &Purchase) -> Result<Request, String> {
        let inner = &self.0;
        let step = inner.steps.get(index).ok_or("no such step")?;
        let lines = || {
            let template = step.line.as_ref()?;
            let line =
                |line: &Line| template.fill(Place::Json, |name| inner.of_line(name, line, purchase)).ok();
            let lines: Option<Vec<String>> = purchase.lines.iter().map(line).collect();
            Some(lines?.join(", "))
        };
        step.call.fill(|name| match name {
            "lines" => lines(),
            name => inner.of_line(name, purchase.lines.first()?, purchase),
        })
    }
}

impl Inner {
    /// What a name stands for in a buyer's request.
    fn of_line(&self, name: &str, line: &Line, purchase: &Purchase) -> Option<String> {
        let known = self.known.get();
        let of = |facts: Option<&Facts>| facts.and_then(|facts| facts.get(name)).cloned();
        match name {
            "email" => Some(purchase.email.clone()),
            "key" => Some(purchase.key.clone()),
            "number" => Some(purchase.number.to_string()),
            "card" => {
                let cards = &self.file.cards;
                cards.get(&purchase.token).or_else(|| cards.get(GOOD)).map(|card| card.get_ref().clone())
            }
            "sku" => Some(line.sku.clone()),
            "quantity" => Some(line.quantity.to_string()),
            "price" => line.unit_price.as_ref().map(|price| self.money.written(price.amount)),
            _ => purchase
                .facts
                .get(name)
                .cloned()
                .or_else(|| of(known.and_then(|known| known.of_sku.get(&line.sku))))
                .or_else(|| of(known.map(|known| &known.facts)))
                .or_else(|| of(Some(&self.values))),
        }
    }

    fn success(&self, place: usize, reading: &Reading<'_>, purchase: &mut Purchase) -> Heard {
        let step = &self.file.steps[place];
        for (name, pointer) in &step.extract {
            match text_at(&reading.body, Some(pointer)) {
                Some(text) if live_key(&text).is_some() => {
                    return broken(reading.answer, "it has a live payment key");
                }
                Some(text) => drop(purchase.facts.insert(name.clone(), text)),
                None => return broken(reading.answer, &format!("nothing is at {}", pointer.get_ref())),
            }
        }
        for (name, header) in &step.extract_header {
            match reading.answer.header(&header.get_ref().to_ascii_lowercase()) {
                Some(text) => drop(purchase.facts.insert(name.clone(), text.to_owned())),
                None => return broken(reading.answer, &format!("it has no header {}", header.get_ref())),
            }
        }
        let total = self.money.at(&reading.body, step.total.as_ref());
        if place + 1 < self.file.steps.len() {
            return match total {
                Some(total) => {
                    Heard::Opened { total: Some(total), lines: purchase.lines.clone(), confirm: None }
                }
                None => Heard::Next,
            };
        }
        match text_at(&reading.body, step.order.as_ref()) {
            Some(order) => Heard::Ordered(Acknowledged {
                order,
                total,
                lines: purchase.lines.clone(),
                status: None,
                body_hash: body_hash(&reading.answer.body),
                replayed: false,
            }),
            None => broken(reading.answer, "a success without the order's id"),
        }
    }
}

fn shorts(step: &StepFile, reading: &Reading<'_>) -> Vec<Short> {
    let Some(ShortFile { list, sku, requested, available, version }) = &step.short else { return Vec::new() };
    let rows = reading.body.pointer(list.get_ref()).and_then(serde_json::Value::as_array);
    let short = |row: &serde_json::Value| {
        Some(Short {
            sku: text_at(row, Some(sku))?,
            requested: number_at(row, Some(requested))?,
            available: number_at(row, available.as_ref()),
            stock_version: number_at(row, version.as_ref()),
        })
    };
    rows.into_iter().flatten().filter_map(short).collect()
}

fn broken(answer: &Answer, why: &str) -> Heard {
    let text = String::from_utf8_lossy(&answer.body);
    let beginning: String = text.chars().take(300).collect();
    // What a status means there, nobody has said.
    Heard::Broken { what: format!("{}, {why}: {beginning}", answer.status), as_success: false }
}
