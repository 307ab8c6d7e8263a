//! The test tokens: what each makes of a payment, and which of its answers get lost.
//!
//! Decides by token and by how often the payment was asked for, so that a repetition goes the same way every time.

use super::{AUTHORIZED, CAPTURED, DECLINED, LOST, REQUIRES_ACTION};

/// What a test token stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Charged.
    Approved,
    /// Charged; the first answer takes its time.
    Slow,
    /// Refused, with this code.
    Declined(&'static str),
    /// Charged; the first answer is lost.
    AnswerLost,
    /// The first asking has no effect and no answer; the next one charges.
    AskingLost,
    /// The first asking has no effect, the second one charges and its answer is lost, the third one is answered.
    Flaky,
    /// The buyer has to act.
    NeedsBuyer,
}

impl Token {
    /// Reads a token; one that does not exist is declined as such.
    pub(super) fn parse(text: &str) -> Self {
        match text {
            "tok_ok" => Self::Approved,
            "tok_slow" => Self::Slow,
            "tok_declined" => Self::Declined("card_declined"),
            "tok_insufficient_funds" => Self::Declined("insufficient_funds"),
            "tok_timeout" => Self::AnswerLost,
            "tok_timeout_not_charged" => Self::AskingLost,
            "tok_flaky" => Self::Flaky,
            "tok_requires_action" => Self::NeedsBuyer,
            _ => Self::Declined("invalid_token"),
        }
    }

    /// What the first asking books; `taken` is how this payment stands once its money was taken or set aside.
    pub(super) fn first_status(self, taken: &'static str) -> &'static str {
        match self {
            Self::Approved | Self::Slow | Self::AnswerLost => taken,
            Self::AskingLost | Self::Flaky => LOST,
            Self::NeedsBuyer => REQUIRES_ACTION,
            Self::Declined(_) => DECLINED,
        }
    }

    /// The code of a refusal.
    pub(super) fn decline_code(self) -> Option<&'static str> {
        match self {
            Self::Declined(code) => Some(code),
            Self::Approved
            | Self::Slow
            | Self::AnswerLost
            | Self::AskingLost
            | Self::Flaky
            | Self::NeedsBuyer => None,
        }
    }

    /// Whether the answer to a charge gets lost, given how the payment stands and how often it was asked for.
    ///
    /// Charging what was lost counts twice, so the second asking of a flaky payment leaves the count at three.
    pub(super) fn loses_answer(self, status: &str, asked: i64) -> bool {
        let charged = status == CAPTURED || status == AUTHORIZED;
        match self {
            Self::AnswerLost => charged && asked == 1,
            Self::Flaky => charged && asked <= 3,
            Self::Approved | Self::Slow | Self::Declined(_) | Self::AskingLost | Self::NeedsBuyer => false,
        }
    }
}
