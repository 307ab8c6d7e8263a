//! Which names mean money, which do not, and which functions only show it: words as data, and the questions over them.

use crate::check::names::words;

/// Words that say money when they end a name.
const MONEY: &[&str] = &["price", "prices", "dongia", "thanhtien", "tongtien"];
/// The same in languages that put the noun first: `preco_venda`, `harga_satuan`, `prixUnitaire`.
const MONEY_FIRST: &[&str] = &["preco", "precio", "prix", "preis", "harga", "fiyat", "prezzo"];
/// Words that say money only beside one of `BESIDE`, or in a file that is about sales: costs of a path, amounts of noise and
/// totals of rows are none.
const PERHAPS: &[&str] = &["total", "amount", "amt", "cost", "costs", "fee", "fees", "balance", "discount"];
/// The same, but never beside another word alone.
const IN_SHOPS: &[&str] = &[
    "subtotal",
    "commission",
    "deposit",
    "fare",
    "payout",
    "monto",
    "importe",
    "valor",
    "montant",
    "betrag",
    "toplam",
    "tutar",
    "indirim",
    "descuento",
    "desconto",
    "remise",
    "cuota",
    "gia",
    "principal",
];
/// Words that say money as the end of one written together: `unitprice`.
const JOINED: &[&str] = &["price", "totalamount", "totalcost", "grandtotal"];
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
];
/// What may follow `price` or `total` and leaves it money.
const ENDINGS: &[&str] = &[
    "old", "new", "now", "before", "after", "original", "final", "base", "total", "net", "gross", "value",
    "amount", "amt", "cost", "price", "paid", "due", "revenue", "sales", "spent", "fee", "fees", "tax",
    "discount", "harga", "bayar", "pagar", "venta", "pedido", "bill", "payable",
];
/// Currencies that end the names of sums.
const CURRENCIES: &[&str] = &[
    "usd", "eur", "gbp", "inr", "idr", "vnd", "brl", "mxn", "try", "cad", "aud", "dollars", "euros", "rupees",
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
    "width",
    "height",
    "pages",
    "page",
    "days",
    "rows",
    "number",
    "progress",
    "rating",
    "porcentaje",
    "minutes",
    "pieces",
    "area",
    "stock",
    "calories",
    "protein",
    "carbs",
    "volume",
    "length",
    "energy",
    "kg",
    "grams",
    "waste",
    "size",
    "bytes",
    "used",
    "rooms",
    "nights",
    "ms",
    "s",
    "orders",
    "products",
    "customers",
    "users",
    "units",
    "points",
    "distance",
    "ids",
    "type",
    "id",
];
/// Names that end so hold minor units: dividing them by a hundred is for people to read.
const MINOR: &[&str] = &["cents", "cent", "minor", "pence", "paise", "kobo", "centavos", "centimes", "sen"];

/// Whether a name means a sum of money, in a file about sales or another.
pub(super) fn is_sum_of_money(name: &str, sales: bool) -> bool {
    let mut words = words(name);
    // `pricePerPerson` is a price; `price_usd` too.
    if let Some(per) = words.iter().position(|word| word == "per").filter(|per| *per > 0) {
        words.truncate(per);
    }
    while words.len() > 1 && words.last().is_some_and(|word| CURRENCIES.contains(&word.as_str())) {
        words.pop();
    }
    // `price2`
    if let Some(last) = words.last_mut() {
        last.truncate(last.trim_end_matches(|c: char| c.is_ascii_digit()).len().max(1));
    }
    let Some((last, before)) = words.split_last() else { return false };
    let first = before.first().unwrap_or(last).as_str();
    let last = last.as_str();
    if words.iter().any(|word| OTHER.contains(&word.as_str())) {
        return false;
    }
    let beside = before.iter().any(|word| BESIDE.contains(&word.as_str()));
    let price = before.iter().any(|word| word == "price") && ENDINGS.contains(&last);
    let total =
        before.iter().any(|word| matches!(word.as_str(), "total" | "amount")) && ENDINGS.contains(&last);
    MONEY.contains(&last)
        || JOINED.iter().any(|joined| last.len() > joined.len() && last.ends_with(joined))
        || [first, last].iter().any(|word| MONEY_FIRST.contains(word))
        || price
        || PERHAPS.contains(&last) && (beside || sales && last != "discount")
        || total && (sales || last == "price")
        || sales && (IN_SHOPS.contains(&last) || IN_SHOPS.contains(&first) && first != "gia")
        || sales && words.len() < 3 && matches!(first, "total" | "amount")
}

/// Whether a class of this name stands in for another in tests.
pub(super) fn is_double(name: &str) -> bool {
    let first = words(name).into_iter().next().unwrap_or_default();
    matches!(first.as_str(), "fake" | "mock" | "stub" | "dummy" | "test")
}

/// Whether a name speaks of statistics: nothing of theirs is charged.
pub(super) fn is_report(name: &str) -> bool {
    let reports = [
        "dashboard",
        "dashboards",
        "report",
        "reports",
        "reporting",
        "analytics",
        "analysis",
        "statistics",
        "stats",
        "chart",
        "charts",
        "metrics",
        "forecast",
        "forecasting",
        "summary",
        "export",
        "exporter",
        "pdf",
        "simulation",
    ];
    words(name).iter().any(|word| reports.contains(&word.as_str()))
}

/// Whether a name says that its number is a share, a weight, a number of things.
pub(super) fn is_other(name: &str) -> bool {
    words(name).iter().any(|word| OTHER.contains(&word.as_str()))
}

/// Names that are sums of money where they stand between a subtotal and a total: a tax that stands alone may be a rate.
pub(super) fn is_between(name: &str) -> bool {
    let between = [
        "tax",
        "vat",
        "gst",
        "iva",
        "igv",
        "shipping",
        "discount",
        "discounts",
        "tip",
        "envio",
        "frete",
        "freight",
        "surcharge",
        "descuento",
        "desconto",
        "diskon",
        "remaining",
        "paid",
        "delivery",
    ];
    words(name).last().is_some_and(|last| between.contains(&last.as_str())) && !is_other(name)
}

/// Whether a name says minor units.
pub(super) fn is_minor(name: &str) -> bool {
    words(name).iter().any(|word| MINOR.contains(&word.as_str()))
}

/// `minPrice` and `price_max` that a search is given bound what it shows; nothing is charged by them.
pub(super) fn is_bound(name: &str) -> bool {
    let words = words(name);
    let ends = [words.first(), words.last()];
    ends.into_iter()
        .flatten()
        .any(|word| matches!(word.as_str(), "min" | "max" | "from" | "to" | "lowest" | "highest"))
}

/// Whether a function of this name only shows what it is given.
pub(super) fn shows(name: &str) -> bool {
    let shows = [
        "format",
        "formatted",
        "display",
        "render",
        "show",
        "print",
        "println",
        "printf",
        "fprintf",
        "sprintf",
        "humanize",
        "pretty",
        "label",
        "log",
        "logger",
        "console",
        "debug",
        "info",
        "warn",
        "error",
        "echo",
        "report",
        "chart",
        "stringify",
        "tostring",
        "str",
        "string",
        "sort",
        "sorted",
        "currency",
        "writeline",
        "eprintln",
        "msg",
        "fixture",
        "mock",
        "message",
        "alert",
        "toast",
    ];
    words(name).iter().any(|word| shows.contains(&word.as_str()))
}
