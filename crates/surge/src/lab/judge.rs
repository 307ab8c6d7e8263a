//! The judge: from what buyers were told and what the tables say to the figures of a round.
//!
//! Pure. Stock only falls during a round, which makes "sold out" easy to judge: at the instant of the answer no more
//! units can have been sold than sales had begun. If those are fewer than the stock, the answer was false.

use std::time::Duration;

use serde::Serialize;

use super::Error;

/// What a buyer was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The unit is yours.
    Sold,
    /// There is none left.
    SoldOut,
    /// Others were quicker too often, or the database refused: try again later.
    GaveUp,
}

/// A buyer's answer, with its instants from the beginning of the round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) answer: Answer,
    /// When the buyer began to ask.
    pub(super) asked: Duration,
    /// When the answer was there.
    pub(super) answered: Duration,
}

/// What the tables say when all is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Book {
    /// The stock that is left, as the shop's own number says.
    pub(super) available: i64,
    /// The rows of sales.
    pub(super) sales: u64,
}

/// The figures of a round.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// Buyers who asked: sold + sold out + gave up.
    pub attempts: u64,
    /// Units sold, as buyers were told and as the table of sales says.
    pub sold: u64,
    /// Buyers who were told that there is none left.
    pub sold_out: u64,
    /// Units sold beyond the stock.
    pub oversold: u64,
    /// Buyers who were told "sold out" while units were surely there: at the answer fewer sales than units had begun.
    pub false_sold_out: u64,
    /// Buyers who were sent away without an answer.
    pub gave_up: u64,
    /// The stock that is left, as the shop's own number says. With lost updates it is not stock - sold.
    pub stock_left: i64,
    /// From the beginning to the last answer.
    pub seconds: f64,
    /// Units sold per second, from the beginning to the last sale: waiting, retries and refusals are in it.
    pub sold_per_second: f64,
}

/// Judges a round with so many units.
pub(super) fn judge(stock: u32, told: &[Told], book: Book) -> Result<Measured, Error> {
    let of = |answer: Answer| told.iter().filter(move |told| told.answer == answer);
    let sold = count(of(Answer::Sold));
    if sold != book.sales {
        let sales = book.sales;
        return Err(Error::Internal(format!("{sold} buyers were told of a sale, the table has {sales}")));
    }
    let last = |told: &mut dyn Iterator<Item = &Told>| told.map(|told| told.answered).max();
    let until_sold = last(&mut of(Answer::Sold)).unwrap_or_default();
    Ok(Measured {
        attempts: count(told.iter()),
        sold,
        sold_out: count(of(Answer::SoldOut)),
        oversold: sold.saturating_sub(stock.into()),
        false_sold_out: false_sold_out(stock, told),
        gave_up: count(of(Answer::GaveUp)),
        stock_left: book.available,
        seconds: last(&mut told.iter()).unwrap_or_default().as_secs_f64(),
        sold_per_second: rate(sold, until_sold),
    })
}

fn false_sold_out(stock: u32, told: &[Told]) -> u64 {
    let sales = told.iter().filter(|told| told.answer == Answer::Sold);
    let mut begun: Vec<Duration> = sales.map(|told| told.asked).collect();
    begun.sort_unstable();
    let is_false = |told: &&Told| {
        let begun = begun.partition_point(|asked| *asked <= told.answered);
        told.answer == Answer::SoldOut && u32::try_from(begun).is_ok_and(|begun| begun < stock)
    };
    count(told.iter().filter(is_false))
}

fn count<'a>(told: impl Iterator<Item = &'a Told>) -> u64 {
    told.map(|_| 1).sum()
}

#[expect(clippy::cast_precision_loss, reason = "fewer units than 2^52")]
fn rate(sold: u64, duration: Duration) -> f64 {
    if duration.is_zero() { 0.0 } else { sold as f64 / duration.as_secs_f64() }
}

#[cfg(test)]
fn told(answer: Answer, asked_ms: u64, answered_ms: u64) -> Told {
    Told { answer, asked: Duration::from_millis(asked_ms), answered: Duration::from_millis(answered_ms) }
}

#[test]
fn units_sold_beyond_the_stock_are_counted_whatever_the_final_number_says() {
    let answers = [told(Answer::Sold, 0, 10), told(Answer::Sold, 0, 20), told(Answer::Sold, 1, 500)];
    let measured = judge(2, &answers, Book { available: 1, sales: 3 }).unwrap();
    assert_eq!((measured.sold, measured.oversold, measured.stock_left), (3, 1, 1));
    assert!((measured.sold_per_second - 6.0).abs() < 1e-9, "{measured:?}");
}

#[test]
fn a_sold_out_before_enough_sales_had_begun_is_false() {
    let check = |answered_ms: u64, expect: u64| {
        let answers = [
            told(Answer::Sold, 0, 5),
            told(Answer::Sold, 20, 30),
            told(Answer::SoldOut, 1, answered_ms),
            told(Answer::GaveUp, 0, 1),
        ];
        let measured = judge(2, &answers, Book { available: 0, sales: 2 }).unwrap();
        assert_eq!(measured.false_sold_out, expect, "answered after {answered_ms} ms");
        assert_eq!((measured.attempts, measured.sold_out, measured.gave_up), (4, 1, 1));
    };
    // The second sale begins at 20 ms: until then a unit is there for certain.
    check(19, 1);
    check(20, 0);
    check(40, 0);
}

#[test]
fn a_sale_that_only_the_buyer_or_only_the_table_knows_is_no_outcome() {
    let answers = [told(Answer::Sold, 0, 5)];
    assert!(judge(1, &answers, Book { available: 0, sales: 1 }).is_ok());
    for sales in [0, 2] {
        assert!(judge(1, &answers, Book { available: 0, sales }).is_err());
    }
}
