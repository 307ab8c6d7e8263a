//! The provider of the model: one payment, what calls do to it, and what it says of itself.
//!
//! Decides as the contract of the port does. Leaves what gets lost on the way to `moves`.

use sellonce_checkout::payment::Capture;

/// How a payment stands at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Standing {
    Unseen,
    Waiting,
    Authorized,
    Captured,
    Declined,
    Cancelled,
    Voided,
}

/// A call about a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    Charge,
    Find,
    Cancel,
    Capture,
    Refund,
}

/// What the provider says of a payment: the outcomes of the port, without their words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Said {
    Captured,
    Authorized,
    Declined,
    RequiresAction,
    Cancelled,
    Voided,
    Refunded,
}

impl Said {
    pub(crate) const ALL: [Self; 7] = [
        Self::Captured,
        Self::Authorized,
        Self::Declined,
        Self::RequiresAction,
        Self::Cancelled,
        Self::Voided,
        Self::Refunded,
    ];
}

/// A payment at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Bank {
    pub(crate) standing: Standing,
    /// All of it went back.
    pub(crate) refunded: bool,
    /// What was set aside can never be taken.
    pub(crate) refuses: bool,
    /// It booked another amount than it was asked for.
    pub(crate) other_amount: bool,
    /// It took money that it had said it would never take.
    pub(crate) broke_its_word: bool,
    /// It has something to call back about, and calls back once.
    pub(crate) calls_back: bool,
    /// A call that is still on its way, from somebody who does not wait for it any more; it arrives late, and perhaps
    /// more than once.
    pub(crate) late: Option<Call>,
}

impl Bank {
    pub(crate) const UNSEEN: Self = Self {
        standing: Standing::Unseen,
        refunded: false,
        refuses: false,
        other_amount: false,
        broke_its_word: false,
        calls_back: false,
        late: None,
    };

    /// Whether nothing is left that could be taken, kept or waited for.
    pub(crate) fn is_settled(self) -> bool {
        match self.standing {
            Standing::Captured => self.refunded,
            Standing::Declined | Standing::Cancelled | Standing::Voided => true,
            Standing::Unseen | Standing::Waiting | Standing::Authorized => false,
        }
    }

    /// Everything that can come of a call.
    pub(crate) fn after(self, call: Call, capture: Capture) -> Vec<Self> {
        // Only money that was taken is worth a callback here: of all else, nobody needs to hear.
        let calls_back = |standing| self.calls_back || standing == Standing::Captured;
        let to = |standing| Self { standing, calls_back: calls_back(standing), ..self };
        match (call, self.standing) {
            (Call::Charge, Standing::Unseen) => {
                let taken = to(taken(capture));
                let other = Self { other_amount: true, ..taken };
                vec![taken, to(Standing::Declined), to(Standing::Waiting), other]
            }
            (Call::Cancel, Standing::Unseen | Standing::Waiting) => vec![to(Standing::Cancelled)],
            (Call::Cancel, Standing::Authorized) => vec![to(Standing::Voided)],
            (Call::Capture, Standing::Authorized) if !self.refuses => {
                vec![to(Standing::Captured), Self { refuses: true, ..self }]
            }
            (Call::Refund, Standing::Captured) => vec![Self { refunded: true, ..self }],
            (Call::Charge | Call::Find | Call::Cancel | Call::Capture | Call::Refund, _) => vec![self],
        }
    }

    /// What the provider answers; nothing of a payment that it never saw.
    pub(crate) fn answer(self, call: Call) -> Option<Said> {
        Some(match self.standing {
            Standing::Unseen => return None,
            Standing::Captured if self.refunded => Said::Refunded,
            Standing::Captured => Said::Captured,
            Standing::Authorized if call == Call::Capture && self.refuses => Said::Declined,
            Standing::Authorized => Said::Authorized,
            Standing::Waiting => Said::RequiresAction,
            Standing::Declined => Said::Declined,
            Standing::Cancelled => Said::Cancelled,
            Standing::Voided => Said::Voided,
        })
    }
}

/// How a payment stands that was approved.
pub(crate) fn taken(capture: Capture) -> Standing {
    match capture {
        Capture::Automatic => Standing::Captured,
        Capture::Manual => Standing::Authorized,
    }
}
