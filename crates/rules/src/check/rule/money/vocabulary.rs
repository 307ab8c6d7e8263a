//! Which names mean money, and in which files: words as data, and the questions over them.

use crate::check::fact::Reading;
use crate::check::language::Language;
use crate::check::names::{squashed, words};
use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use std::collections::BTreeSet;
use std::sync::LazyLock;

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

/// Words of files about sales; one of the first `CORE` and three in all make one.
const SALES: &[&str] = &[
    "price",
    "cart",
    "checkout",
    "invoice",
    "payment",
    "refund",
    "coupon",
    "currency",
    "precio",
    "preco",
    "harga",
    "prix",
    "fiyat",
    "pedido",
    "factura",
    "dongia",
    "hoadon",
    "subtotal",
    "sale",
    "compra",
    "venta",
    "order",
    "product",
    "customer",
    "purchase",
    "discount",
    "shipping",
    "billing",
    "booking",
    "cliente",
    "pelanggan",
    "carrito",
    "carrinho",
    "produto",
    "producto",
    "panier",
    "commande",
    "facture",
    "pesanan",
    "keranjang",
    "pembayaran",
    "transaksi",
    "item",
    "menu",
    "category",
    "supplier",
    "quantity",
    "barang",
    "room",
    "donhang",
    "giohang",
    "sanpham",
    "siparis",
    "sepet",
    "fatura",
    "kupon",
    "urun",
    "ticket",
    "receipt",
    "stripe",
    "paypal",
];
const CORE: usize = 21;
/// Words of exchanges and their analysis; two make one.
const MARKETS: &[&str] = &[
    "orderbook",
    "order_book",
    "ohlc",
    "candle",
    "ticker",
    "portfolio",
    "backtest",
    "pnl",
    "stoploss",
    "stop_loss",
    "stop-loss",
    "kline",
    "binance",
    "volatility",
    "bollinger",
    "moving_average",
    "trading",
    "trader",
    "leverage",
    "liquidity",
    "strike_price",
    "take_profit",
    "takeprofit",
    "rsi",
    "ema",
    "macd",
    "atr",
    "ohlcv",
    "hedging",
    "bullish",
    "coingecko",
    "yfinance",
];
/// Words of which one says that the file plays, or reckons for people to look at.
const PLAYS: &[&str] = &[
    "unityengine",
    "pygame",
    "bevy::",
    "godot",
    "phaser",
    "monobehaviour",
    "import numpy",
    "import pandas",
    "from sklearn",
    "matplotlib",
    "import torch",
    "tensorflow",
    "org.bukkit",
    "discord.ext",
];
/// Words of which one says that the file reads the pages of others.
const SCRAPERS: &[&str] =
    &["beautifulsoup", "import scrapy", "selenium", "puppeteer", "cheerio", "playwright", "nokogiri"];

/// Words of scripts that show a page, and of those that hand anything on from there.
const PAGES: &[&str] =
    &["innerhtml", "textcontent", "getelementbyid", "usestate(", "useeffect(", "classname="];
const SENDS: &[&str] = &[
    "fetch(",
    "axios",
    ".post(",
    ".put(",
    ".patch(",
    ".insert(",
    ".create(",
    ".save(",
    ".ajax",
    "mutate",
    "mutation",
    "supabase",
    "prisma",
    "firebase",
    "firestore",
    "api.",
    "stripe",
    "razorpay",
    "onsubmit",
    "invoke(",
    "service",
];

static SEARCH: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let all = SALES.iter().chain(MARKETS).chain(PLAYS).chain(SCRAPERS).chain(PAGES).chain(SENDS);
    AhoCorasickBuilder::new().ascii_case_insensitive(true).build(all).ok()
});

/// What a file is about, as far as money goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'r> {
    pub(super) reading: Reading<'r>,
    /// About sales: `total` and `amount` are money.
    pub(super) sales: bool,
    /// About an exchange, a game or statistics: nothing here is charged.
    pub(super) aside: bool,
    /// A page: what it parses is shown first of all.
    pub(super) page: bool,
    /// Reads the pages of others, makes reports, or is a page that hands nothing on: what it reckons is shown.
    pub(super) shows: bool,
}

impl<'r> Subject<'r> {
    pub(super) fn of(reading: Reading<'r>) -> Subject<'r> {
        let mut seen = BTreeSet::new();
        if let Some(search) = &*SEARCH {
            let found = search.find_overlapping_iter(reading.source);
            let loose = SALES.len() + MARKETS.len();
            let whole = found.filter(|found| {
                found.pattern().as_usize() >= loose
                    || is_word(reading.source.as_bytes(), found.start(), found.end())
            });
            seen.extend(whole.map(|found| found.pattern().as_usize()));
        }
        let path = squashed(reading.path);
        let count = |list: std::ops::Range<usize>| seen.range(list).count();
        let markets = SALES.len() + MARKETS.len();
        let plays = markets + PLAYS.len();
        let pages = plays + SCRAPERS.len();
        let sends = pages + PAGES.len();
        let script = matches!(reading.language, Language::JavaScript | Language::TypeScript | Language::Tsx);
        let named = SALES.iter().take(CORE).any(|word| path.contains(word));
        Subject {
            reading,
            sales: (count(0..CORE) > 0 || named) && count(0..SALES.len()) > 1,
            aside: count(SALES.len()..markets) > 1 || count(markets..plays) > 0,
            page: script
                && (count(pages..sends) > 0
                    || [".vue", ".svelte", ".jsx", ".tsx"].iter().any(|end| reading.path.ends_with(end))),
            shows: count(plays..pages) > 0
                || is_report(reading.path)
                || script && count(pages..sends) > 0 && count(sends..sends + SENDS.len()) == 0,
        }
    }

    /// Whether a name means a sum of money.
    pub(super) fn is_money(&self, name: &str) -> bool {
        if self.reading.names.price_columns.contains(&squashed(name)) {
            return true;
        }
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
            || PERHAPS.contains(&last) && (beside || self.sales && last != "discount")
            || total && (self.sales || last == "price")
            || self.sales && (IN_SHOPS.contains(&last) || IN_SHOPS.contains(&first) && first != "gia")
            || self.sales && first == "total"
    }
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

/// Whether bytes of a source are a word, perhaps in the plural, or one of the words of a name: not the `cart` of `cartesian`.
fn is_word(source: &[u8], start: usize, end: usize) -> bool {
    let at = |index: usize| source.get(index).copied().unwrap_or_default();
    let begins = start == 0 || !at(start - 1).is_ascii_alphabetic() || at(start).is_ascii_uppercase();
    let plural = if at(end) == b's' || at(end) == b'S' { end + 1 } else { end };
    let upper = at(start).is_ascii_uppercase() && at(end - 1).is_ascii_uppercase();
    let goes_on = |byte: u8| byte.is_ascii_lowercase() || upper && byte.is_ascii_uppercase();
    begins && !(goes_on(at(end)) && goes_on(at(plural)))
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
