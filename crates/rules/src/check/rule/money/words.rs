//! Which names hold money, alone or beside what they stand in.

use crate::check::fact::Reading;
use crate::check::names::{squashed, words};

/// Words that say money when they end a name.
const MONEY: &[&str] = &[
    "price", "prices", "subtotal", "preco", "precio", "prix", "preis", "harga", "fiyat", "prezzo", "monto",
    "importe",
];
/// Words that say money only beside one of `BESIDE`: costs of a path, amounts of noise and totals of rows are none.
const PERHAPS: &[&str] = &["total", "amount", "amt", "cost", "costs", "fee", "fees", "balance", "discount"];
const BESIDE: &[&str] = &[
    "order",
    "cart",
    "invoice",
    "payment",
    "paid",
    "refund",
    "tax",
    "vat",
    "shipping",
    "delivery",
    "discount",
    "grand",
    "sub",
    "net",
    "gross",
    "due",
    "charge",
    "coupon",
    "account",
    "wallet",
    "card",
    "unit",
    "item",
    "product",
    "sale",
    "sales",
    "purchase",
    "price",
    "checkout",
    "line",
    "service",
    "transaction",
    "credit",
    "dis",
    "disc",
    "commission",
    "sell",
    "selling",
    "booking",
    "total",
    "final",
];
/// Words that say money where the function, the class or the file is about selling.
const HERE: &[&str] = &["total", "amount", "amt", "cost", "fee", "commission", "refund", "payable"];
/// What selling is about.
const SELLING: &[&str] = &[
    "order",
    "cart",
    "basket",
    "checkout",
    "invoice",
    "payment",
    "product",
    "sale",
    "sales",
    "booking",
    "reservation",
    "purchase",
    "bill",
    "billing",
    "wallet",
    "refund",
    "charge",
    "coupon",
    "voucher",
    "ticket",
    "shop",
    "store",
    "pos",
    "shipping",
    "price",
    "pricing",
    "transaction",
    "receipt",
    "pedido",
    "venta",
    "vente",
    "subscription",
    "stripe",
    "paypal",
    "razorpay",
    "item",
    "pay",
    "deposit",
    "discount",
    "kasir",
    "commande",
    "factura",
    "boleta",
];
/// What is counted, measured or guessed in files that know prices as well.
const APART: &[&str] = &[
    "sklearn",
    "torch",
    "tensorflow",
    "xgboost",
    "ccxt",
    "candle",
    "kline",
    "binance",
    "ohlc",
    "backtest",
    "yfinance",
    "matplotlib",
    "seaborn",
    "lightgbm",
    "portfolio",
    "orderbook",
    "order_book",
];
/// Words that say that a number is no sum of money.
const OTHER: &[&str] = &[
    "percent",
    "percentage",
    "rate",
    "ratio",
    "weight",
    "factor",
    "change",
    "score",
    "count",
    "quantity",
    "qty",
    "index",
    "items",
    "records",
    "time",
    "seconds",
    "hours",
    "volatility",
    "token",
    "gas",
    "multiplier",
    "threshold",
    "tolerance",
    "strike",
    "spot",
    "bid",
    "ask",
    "candle",
    "stop",
    "entry",
    "exit",
    "tick",
    "close",
    "open",
    "high",
    "low",
    "mark",
    "market",
    "pct",
    "trade",
    "position",
    "last",
    "avg",
    "average",
    "mid",
    "trigger",
    "executed",
    "fill",
    "filled",
    "factor",
    "days",
    "score",
    "points",
    "tokens",
    "pages",
    "page",
    "rows",
    "users",
    "orders",
    "sqft",
    "predicted",
    "target",
];

/// Whether a name holds money wherever it stands.
pub(super) fn is_money(reading: Reading<'_>, name: &str) -> bool {
    if reading.names.price_columns.contains(&squashed(name)) {
        return true;
    }
    // Vietnamese is written together.
    if ["dongia", "giaban", "thanhtien", "tongtien", "gianhap"].contains(&squashed(name).as_str()) {
        return true;
    }
    let words = words(name);
    let Some((last, before)) = words.split_last() else { return false };
    let beside = before.iter().any(|word| BESIDE.contains(&word.as_str()));
    !is_other(&words)
        && (MONEY.contains(&last.as_str())
            || PERHAPS.contains(&last.as_str()) && beside
            // `preco_custo_medio`, `precioVenta`; `price_per_night`.
            || words.first().is_some_and(|first| matches!(first.as_str(), "preco" | "precio" | "prezzo" | "harga" | "prix"))
            || words.first().is_some_and(|first| first == "price") && words.get(1).is_some_and(|word| word == "per")
            || before.last().is_some_and(|word| word == "total")
                && matches!(last.as_str(), "amount" | "cost" | "price" | "harga"))
}

/// Whether a name holds money in code that is about selling: `total` in `OrderService`, `amount` in `pay()`.
pub(super) fn is_money_in(reading: Reading<'_>, name: &str, within: &[&str]) -> bool {
    if is_money(reading, name) {
        return true;
    }
    let parts = words(name);
    let here = parts.last().is_some_and(|last| HERE.contains(&last.as_str())) && !is_other(&parts);
    here && within.iter().any(|context| {
        words(context).iter().any(|word| SELLING.contains(&crate::check::names::singular(word).as_str()))
    })
}

/// Whether a file is about trading, guessing or drawing prices: nobody is charged by it.
pub(super) fn is_apart(reading: Reading<'_>) -> bool {
    APART.iter().any(|word| reading.source.contains(word))
}

fn is_other(words: &[String]) -> bool {
    words.iter().any(|word| OTHER.contains(&word.as_str()))
}
