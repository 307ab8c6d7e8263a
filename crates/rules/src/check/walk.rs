//! Which files are read: those of a known language, not ignored by git, not tests, seeds, migrations, vendored or generated,
//! of a sane size, and with at least one word that a rule could speak of.

use super::Options;
use super::language::Language;
use super::names::Names;
use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use ignore::WalkBuilder;
use std::path::{Path, PathBuf};

/// Larger files are data or bundles.
const FILE_BYTES_MAX: u64 = 1_500_000;
/// JavaScript beyond this was put together by a machine.
const BUNDLE_BYTES_MAX: u64 = 400_000;
/// A line longer than this was written by a machine.
const LINE_BYTES_MAX: usize = 20_000;

/// Folders whose code does not run in the shop.
const SKIPPED_FOLDERS: &[&str] = &[
    "node_modules",
    "vendor",
    "dist",
    "build",
    "target",
    ".next",
    ".nuxt",
    "bower_components",
    "site-packages",
    ".venv",
    "venv",
    "__pycache__",
    "coverage",
    "third_party",
    "out",
    "obj",
    "bin",
    ".output",
    "storybook-static",
];
const TEST_FOLDERS: &[&str] = &[
    "test",
    "tests",
    "__tests__",
    "spec",
    "specs",
    "e2e",
    "fixtures",
    "fixture",
    "mocks",
    "__mocks__",
    "migrations",
    "migration",
    "migrate",
    "seeds",
    "seed",
    "seeders",
    "seeder",
    "factories",
    "testdata",
    "cypress",
    "stubs",
    "benchmarks",
    "testing",
    "test-utils",
    "integration-tests",
    "unit-tests",
    "seeding",
    "fakes",
    "testutil",
    "testutils",
];

/// The files to check, in a stable order.
pub(crate) fn files(options: &Options) -> Vec<PathBuf> {
    let roots: Vec<PathBuf> = if options.paths.is_empty() {
        vec![options.root.clone()]
    } else {
        options.paths.iter().map(|path| options.root.join(path)).collect()
    };
    let mut found = Vec::new();
    for root in roots {
        let inner = root.clone();
        let with_tests = options.with_tests;
        let mut builder = WalkBuilder::new(&root);
        builder.follow_links(false).require_git(false).filter_entry(move |entry| {
            let below = entry.path().strip_prefix(&inner).unwrap_or(entry.path());
            below.as_os_str().is_empty() || is_wanted(below, with_tests)
        });
        for entry in builder.build().flatten() {
            let file = entry.file_type().is_some_and(|kind| kind.is_file());
            if file && Language::of_path(entry.path()).is_some() {
                found.push(entry.into_path());
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Whether a file or folder is code that runs in the shop, by its own name.
fn is_wanted(below: &Path, with_tests: bool) -> bool {
    let Some(name) = below.file_name().and_then(|name| name.to_str()) else { return false };
    let lower = name.to_lowercase();
    if SKIPPED_FOLDERS.contains(&lower.as_str())
        || lower.contains(".min.")
        || lower.contains(".bundle.")
        || lower.ends_with(".d.ts")
    {
        return false;
    }
    with_tests || !(TEST_FOLDERS.contains(&lower.as_str()) || is_test_file(name))
}

fn is_test_file(name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let lower = stem.to_lowercase();
    lower.ends_with(".test")
        || lower.ends_with(".spec")
        || lower.ends_with("_test")
        || lower.ends_with("_spec")
        || lower.starts_with("test_")
        || lower.ends_with(".stories")
        || lower.ends_with(".e2e")
        || lower.ends_with("-test")
        || lower.starts_with("seed")
        || lower.ends_with("seeder")
        || lower.ends_with("seed")
        || lower.starts_with("test-")
        || lower.starts_with("mock")
        || matches!(lower.as_str(), "conftest" | "test" | "tests" | "spec")
        || ["Test", "Tests", "IT", "Spec"].iter().any(|end| stem.ends_with(end) && stem.len() > end.len())
}

/// The text of a file; `None` for what is too large, binary, unreadable or written by a machine.
pub(crate) fn text(file: &Path) -> Option<String> {
    let size = std::fs::metadata(file).ok()?.len();
    let script =
        file.extension().is_some_and(|extension| matches!(extension.to_str(), Some("js" | "mjs" | "cjs")));
    if size > FILE_BYTES_MAX || script && size > BUNDLE_BYTES_MAX {
        return None;
    }
    let bytes = std::fs::read(file).ok()?;
    if bytes.iter().take(8_000).any(|byte| *byte == 0) {
        return None;
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(broken) => String::from_utf8_lossy(broken.as_bytes()).into_owned(),
    };
    let mut longest = text.lines().map(str::len);
    (!longest.any(|length| length > LINE_BYTES_MAX)).then_some(text)
}

/// Whether the head of a file says that a machine wrote it.
pub(crate) fn is_generated(text: &str) -> bool {
    let head: String = text.lines().take(5).collect::<Vec<_>>().join(" ").to_lowercase();
    (head.contains("generated") && (head.contains("do not edit") || head.contains("do not modify")))
        // JPA's `@GeneratedValue` is no such mark.
        || head.match_indices("@generated").any(|(at, mark)| {
            !head[at + mark.len()..].starts_with(|next: char| next.is_ascii_alphanumeric())
        })
        || head.contains("<auto-generated")
}

/// Vue and Svelte files keep their code in `<script>`: everything else is blanked, so that lines stay where they are.
pub(crate) fn script_of(file: &Path, text: String) -> String {
    let single_file = file.extension().is_some_and(|extension| extension == "vue" || extension == "svelte");
    if !single_file {
        return text;
    }
    let mut kept = String::with_capacity(text.len());
    let mut inside = false;
    for line in text.lines() {
        let trimmed = line.trim_start();
        if trimmed.starts_with("</script") {
            inside = false;
        }
        if inside {
            kept.push_str(line);
        }
        if trimmed.starts_with("<script") {
            inside = true;
        }
        kept.push('\n');
    }
    kept
}

/// Tells files that no rule can speak of from the others, without parsing them.
#[derive(Debug)]
pub(crate) struct Filter {
    words: Option<AhoCorasick>,
    /// For every word the signs that it gives.
    signs: Vec<u16>,
}

impl Filter {
    pub(crate) fn new(names: &Names) -> Filter {
        let mut words: Vec<String> = names.fragments();
        let mut signs = vec![AMOUNT; words.len()];
        for (sign, list) in SIGNS {
            words.extend(list.iter().map(|word| (*word).to_owned()));
            signs.resize(words.len(), *sign);
        }
        let own = [(names.price_columns.iter(), MONEY), (names.status_columns.iter(), STATUS)];
        for (list, sign) in own {
            words.extend(list.cloned());
            signs.resize(words.len(), sign);
        }
        Filter { words: AhoCorasickBuilder::new().ascii_case_insensitive(true).build(words).ok(), signs }
    }

    pub(crate) fn is_relevant(&self, text: &str) -> bool {
        let Some(words) = &self.words else { return true };
        let mut seen = 0;
        words.find_iter(text).any(|found| {
            seen |= self.signs.get(found.pattern().as_usize()).copied().unwrap_or_default();
            ENOUGH.iter().any(|enough| seen & enough == *enough)
        })
    }
}

const AMOUNT: u16 = 1;
const PROVIDER: u16 = 2;
const MONEY: u16 = 4;
const FRACTION: u16 = 8;
const TRANSACTION: u16 = 16;
const EFFECT: u16 = 32;
const STATUS: u16 = 64;
const ORDER: u16 = 128;
const BROKER: u16 = 256;
/// What a file must show before a rule can speak of it.
const ENOUGH: &[u16] =
    &[AMOUNT, PROVIDER, MONEY | FRACTION, TRANSACTION | EFFECT, STATUS | ORDER, BROKER | ORDER];
const SIGNS: &[(u16, &[&str])] = &[
    (PROVIDER, &["stripe", "mollie", "adyen", "braintree", "razorpay", "paypal", "midtrans"]),
    (
        MONEY,
        &[
            "price", "amount", "cost", "subtotal", "balance", "preco", "precio", "prix", "fee", "harga",
            "fiyat", "prezzo", "monto", "importe", "dongia", "tutar",
        ],
    ),
    (
        FRACTION,
        &[
            "float",
            "double",
            "f64",
            "f32",
            "real(",
            "column(real",
            " real,",
            " real not",
            " real default",
            "to_f",
            "* 100",
            "*100",
            "* 0.",
            "*0.",
            "* 1.",
            "*1.",
            "/ 100",
            "/100",
            "= 0.0",
            "bind_param",
        ],
    ),
    (
        TRANSACTION,
        &[
            "transaction",
            "atomic",
            ".begin",
            "begintx",
            "withtx",
            "intx",
            "session.commit",
            "db.commit",
            "with_lock",
            "after_create",
            "after_save",
        ],
    ),
    (
        EFFECT,
        &[
            "mail",
            "publish",
            "axios",
            "fetch(",
            "requests.",
            "httpx",
            "resttemplate",
            "webclient",
            "httpclient",
            "http.post",
            "http.get",
            "http::",
            "reqwest",
            "faraday",
            "httparty",
            "perform_",
            ".delay(",
            "apply_async",
            "kafka",
            "rabbit",
            "sqs",
            "queue",
            "slack",
            "telegram",
            "sms",
            "notify",
            "broadcast",
            ".emit(",
            "curl_exec",
            "gateway",
            "twilio",
            "pubsub",
            "producer",
            "::dispatch(",
        ],
    ),
    (BROKER, &["kafka", "rabbit", "publisher", "producer", "publishendpoint", "servicebus"]),
    (STATUS, &["status", "estado", "statut", "setstate"]),
    (
        ORDER,
        &["order.", "order->", "orders", "order_", "order::", "order[", "ordermodel", "orderrepo", "pedido"],
    ),
];
