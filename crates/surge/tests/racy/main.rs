//! The doubter doubted: a shop that is run as a process of its own, with one sin after the other, and surge must see it.
//!
//! Decides what of each sin is seen. The shop reads and writes a real database without a pause between; what it does
//! wrong happens by itself when many buyers come at once, and if a run should miss it by chance, the next one must not.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sellonce_surge::target::{Target, dry_run};
use sellonce_surge::verdict::Verdict;
use sellonce_surge::{FaultPlan, Settings, ShopChoice, Workload, run};

/// How often a sin may hide: chance is on its side, but not for ever.
const RUNS_MAX: u64 = 20;

/// The little shop, running.
struct Shop {
    process: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Shop {
    fn open(sins: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut command = Command::new(env!("CARGO_BIN_EXE_racy-shop"));
        command.arg(folder.path()).arg(sins).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the shop can be started");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("stdout is piped");
        BufReader::new(stdout).read_line(&mut line).expect("stdout can be read");
        let url = line.trim().strip_prefix("open ").expect("the shop says where it is").to_owned();
        Self { process, url, _folder: folder }
    }

    fn target(&self) -> Target {
        let source = include_str!("shop.toml").replace("URL", &self.url);
        Target::read(&source, &|_| None).expect("the file describes the shop")
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        // It may have ended by itself, which is fine as well.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn settings(target: Target, workload: Workload, seed: u64) -> Settings {
    Settings {
        seed: Some(seed),
        workload,
        buyers: 100,
        stock: match workload {
            // Enough for second clicks, not for everybody.
            Workload::ImpatientBuyers => 130,
            Workload::MovingPrices => 100_000,
            Workload::FlashSale | Workload::FailingPayments | Workload::SteadyDay | Workload::Everything => {
                40
            }
        },
        skus: Some(1),
        rate: None,
        ramp: None,
        hold: (workload == Workload::MovingPrices).then_some(Duration::from_secs(2)),
        patience: Duration::from_secs(60),
        shop: ShopChoice::Target { target, i_own: None },
        faults: FaultPlan::default(),
        connections: true,
        workers: None,
        metrics: Vec::new(),
        cost_per_oversell: 250,
        currency: "USD".to_owned(),
        binary: Path::new("none").to_owned(),
        command: String::new(),
    }
}

async fn surge(sins: &str, workload: Workload, seed: u64) -> Verdict {
    let shop = Shop::open(sins);
    let outcome = run(&settings(shop.target(), workload, seed)).await.expect("there is a verdict");
    outcome.report.verdict
}

/// The ids of the invariants that are violated.
fn violated(verdict: &Verdict) -> Vec<&str> {
    verdict.invariants.iter().filter(|each| each.violated > 0).map(|each| each.id.as_str()).collect()
}

#[expect(clippy::print_stdout, reason = "a test's output is shown when it fails")]
fn tell(what: &str) {
    println!("{what}");
}

/// Runs a shop with a sin until the figure that the sin is about is not 0.
async fn guilty(
    sins: &str,
    workload: Workload,
    figure: impl Fn(&Verdict) -> i64,
    invariant: &str,
) -> Verdict {
    for seed in 1..=RUNS_MAX {
        let verdict = surge(sins, workload, seed).await;
        if figure(&verdict) > 0 {
            assert!(!verdict.ok, "{sins} is not ok");
            assert!(violated(&verdict).contains(&invariant), "{sins}: {:?}", violated(&verdict));
            return verdict;
        }
        tell(&format!("{sins}: not seen with seed {seed}"));
    }
    panic!("{sins} was not seen in {RUNS_MAX} runs");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_sin_nothing_is_found() {
    let workloads =
        [Workload::FlashSale, Workload::ImpatientBuyers, Workload::FailingPayments, Workload::MovingPrices];
    for workload in workloads {
        let verdict = surge("", workload, 1).await;
        assert!(verdict.ok, "{}: {:#?}", workload.name(), verdict.invariants);
        assert_eq!(violated(&verdict), Vec::<&str>::new());
        assert!(verdict.sold > 0 && verdict.sold <= verdict.stock, "{} sold", verdict.sold);
        let figures = [
            verdict.oversold,
            verdict.orphaned_payments.map(u64::cast_signed),
            verdict.duplicate_orders.map(u64::cast_signed),
            verdict.lost_acknowledgements.map(u64::cast_signed),
            verdict.wrong_amounts.map(u64::cast_signed),
        ];
        assert_eq!(figures, [Some(0); 5], "{}", workload.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_flash_sale_each_unit_is_sold_once() {
    let verdict = surge("", Workload::FlashSale, 2).await;
    assert_eq!((verdict.sold, verdict.sold_out, verdict.false_sold_out), (40, 60, Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_that_is_read_and_then_written_is_oversold() {
    let oversold = |verdict: &Verdict| verdict.oversold.unwrap_or(0);
    let verdict = guilty("read-then-write", Workload::FlashSale, oversold, "I1").await;
    assert_eq!(verdict.cost.amount, verdict.oversold.unwrap_or(0) * 25_000);
    assert_eq!(verdict.duplicate_orders, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_nobody_looks_at_makes_two_orders() {
    let duplicates = |verdict: &Verdict| verdict.duplicate_orders.map_or(0, u64::cast_signed);
    let verdict = guilty("no-idempotency", Workload::ImpatientBuyers, duplicates, "I7").await;
    assert_eq!(verdict.oversold, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_is_taken_before_anything_is_held_is_orphaned() {
    let orphans = |verdict: &Verdict| verdict.orphaned_payments.map_or(0, u64::cast_signed);
    let verdict = guilty("charge-first", Workload::FlashSale, orphans, "I4").await;
    assert_eq!((verdict.orphaned_payments, verdict.oversold), (Some(60), Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_confirmed_before_it_is_written_is_lost() {
    let lost = |verdict: &Verdict| verdict.lost_acknowledgements.map_or(0, u64::cast_signed);
    let verdict = guilty("confirm-early", Workload::FlashSale, lost, "I12").await;
    // Who was told of an order that nobody can keep was sold what is not there.
    assert_eq!(verdict.oversold, verdict.lost_acknowledgements.map(u64::cast_signed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_is_looked_up_when_paying_is_another_one() {
    let wrong = |verdict: &Verdict| verdict.wrong_amounts.map_or(0, u64::cast_signed);
    guilty("price-at-pay", Workload::MovingPrices, wrong, "I5").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_row_that_is_taken_for_an_empty_one_refuses_buyers() {
    let refused = |verdict: &Verdict| verdict.false_sold_out.unwrap_or(0);
    let verdict = guilty("busy-is-gone", Workload::FlashSale, refused, "I1").await;
    assert!(verdict.sold < 40, "{} sold", verdict.sold);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_sins_at_once_are_all_seen() {
    let sins = "read-then-write,no-idempotency,charge-first";
    // One sin can hide another: who is oversold is not refused, and keeps no money behind.
    let mut seen = [false; 2];
    for seed in 1..=RUNS_MAX {
        let verdict = surge(sins, Workload::ImpatientBuyers, seed).await;
        assert!(!verdict.ok, "{verdict:#?}");
        seen[0] |= verdict.duplicate_orders > Some(0);
        seen[1] |= verdict.orphaned_payments > Some(0);
        if seen == [true; 2] {
            return;
        }
        tell(&format!("{sins}: {seen:?} up to seed {seed}"));
    }
    panic!("duplicate orders, orphaned payments: {seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_each_step() {
    let shop = Shop::open("");
    let shown = dry_run(&shop.target(), 7, None).await.expect("it ends with an order");
    for part in [
        "step 1, fill the cart: POST /carts",
        "cart = ",
        "step 2, buy it: POST /carts/",
        "the order",
        "orders of this run",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}
