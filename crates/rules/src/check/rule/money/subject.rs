//! What a file is about: sales, an exchange, a game, a page; what is no sale holds no money that is charged.

use super::vocabulary::{is_report, is_sum_of_money};
use crate::check::fact::Reading;
use crate::check::language::Language;
use crate::check::names::squashed;
use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Words of files about sales; one of the first `CORE` and two in all make one.
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
        // In a long file one word or another of sales stands by chance.
        let enough = (2 + reading.source.len() / 40_000).min(4);
        Subject {
            reading,
            sales: (count(0..CORE) > 0 || named) && count(0..SALES.len()) >= enough,
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
        self.reading.names.price_columns.contains(&squashed(name)) || is_sum_of_money(name, self.sales)
    }
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
