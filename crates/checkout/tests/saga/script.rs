//! What a token of the bank asks for, as `approve lost_after=2`.
//!
//! Decides how it is read. Leaves doing it to `bank`.

use std::collections::BTreeMap;

/// How a charge ends once it is booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Approve,
    /// The money is taken, whatever was asked for.
    ApproveAtOnce,
    Decline,
    /// The money is only set aside, whatever was asked for.
    Authorize,
    /// The buyer has to act.
    Act,
}

/// A token's words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Script {
    pub(crate) wish: Wish,
    /// How many askings are lost before they are booked.
    pub(crate) lost_before: u32,
    /// How many answers to charges and questions are lost after the charge was booked.
    pub(crate) lost_after: u32,
    /// How many answers to refunds are lost after they were booked.
    pub(crate) lost_refunds: u32,
    /// How much more is booked than was asked for.
    pub(crate) more: i64,
    /// How long the first answer takes.
    pub(crate) slow_ms: i64,
    /// How long each call takes that has no answer.
    pub(crate) silent_ms: i64,
    /// How many refunds are refused for good.
    pub(crate) refused_refunds: u32,
    /// How many captures are lost before they are booked.
    pub(crate) unheard_captures: u32,
    /// How many answers to captures are lost after they were booked, and to questions until it is called off.
    pub(crate) lost_captures: u32,
    /// Whether captures and cancellations are booked and never answered; only who asks is told.
    pub(crate) only_tells: bool,
    /// Whether what is set aside can never be taken.
    pub(crate) refuses_capture: bool,
    /// How much more is taken than was set aside.
    pub(crate) takes_more: i64,
}

/// The words of a token that name a number.
struct Numbers<'a>(BTreeMap<&'a str, i64>);

impl Numbers<'_> {
    fn number(&mut self, name: &str) -> i64 {
        self.0.remove(name).unwrap_or(0)
    }

    fn count(&mut self, name: &str) -> u32 {
        u32::try_from(self.number(name)).expect("a small number")
    }
}

impl Script {
    pub(crate) fn parse(token: &str) -> Self {
        let mut words = token.split(' ');
        let wish = match words.next() {
            Some("approve") => Wish::Approve,
            Some("approve_at_once") => Wish::ApproveAtOnce,
            Some("decline") => Wish::Decline,
            Some("authorize") => Wish::Authorize,
            Some("act") => Wish::Act,
            other => panic!("no token of this bank: {other:?}"),
        };
        let given = words.filter_map(|word| word.split_once('='));
        let given = given.map(|(name, number)| (name, number.parse().expect("a number")));
        let mut numbers = Numbers(given.collect());
        let script = Self {
            wish,
            lost_before: numbers.count("lost_before"),
            lost_after: numbers.count("lost_after"),
            lost_refunds: numbers.count("lost_refunds"),
            more: numbers.number("more"),
            slow_ms: numbers.number("slow_ms"),
            silent_ms: numbers.number("silent_ms"),
            refused_refunds: numbers.count("refused_refunds"),
            unheard_captures: numbers.count("unheard_captures"),
            lost_captures: numbers.count("lost_captures"),
            only_tells: numbers.count("only_tells") > 0,
            refuses_capture: numbers.count("refuses_capture") > 0,
            takes_more: numbers.number("takes_more"),
        };
        assert!(numbers.0.is_empty(), "no words of this bank: {:?}", numbers.0);
        script
    }

    pub(crate) fn loses_nothing(&mut self) {
        (self.lost_before, self.lost_after, self.lost_refunds) = (0, 0, 0);
        (self.unheard_captures, self.lost_captures, self.only_tells) = (0, 0, false);
    }
}
