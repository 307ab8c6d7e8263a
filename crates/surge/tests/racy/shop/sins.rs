//! What the little shop can be made to do wrong.
//!
//! Decides the names of the sins. What each one changes stands at the line that commits it, in `buy`.

/// A mistake that real shops make.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sin {
    /// Reads the stock, decides, writes it back.
    ReadThenWrite,
    /// Does not look at the request's key, nor whether the cart was ordered.
    NoIdempotency,
    /// Charges before anything is held, and keeps the money when nothing is left.
    ChargeFirst,
    /// Tells the buyer before anything is written, and nobody when it then cannot be written.
    ConfirmEarly,
    /// Charges what the goods cost now, not what the buyer saw.
    PriceAtPay,
    /// Takes a row that somebody else is writing for one that is empty.
    BusyIsGone,
}

impl Sin {
    const ALL: [(&'static str, Self); 6] = [
        ("read-then-write", Self::ReadThenWrite),
        ("no-idempotency", Self::NoIdempotency),
        ("charge-first", Self::ChargeFirst),
        ("confirm-early", Self::ConfirmEarly),
        ("price-at-pay", Self::PriceAtPay),
        ("busy-is-gone", Self::BusyIsGone),
    ];
}

/// Those that a shop commits; none of them is a correct shop.
#[derive(Clone)]
pub(crate) struct Sins(Vec<Sin>);

impl Sins {
    /// Reads names with commas between them; the error is the name that is none.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let named = |name: &str| {
            let found = Sin::ALL.iter().find(|(known, _)| *known == name);
            found.map(|(_, sin)| *sin).ok_or_else(|| name.to_owned())
        };
        text.split(',').filter(|name| !name.is_empty()).map(named).collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn has(&self, sin: Sin) -> bool {
        self.0.contains(&sin)
    }
}
