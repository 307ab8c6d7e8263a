//! Progress while a run goes on: one line that moves on a terminal, a plain line every few seconds elsewhere.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::recorder::Recorder;

/// How often the line on a terminal is written.
const TERMINAL: Duration = Duration::from_millis(200);
/// How often a plain line is.
const PLAIN: Duration = Duration::from_secs(3);

/// Says what is being done, to the person who waits.
#[derive(Clone)]
pub(crate) struct Progress {
    /// On a terminal.
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(crate) fn start() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{spinner} {elapsed} {msg}");
            let bar = ProgressBar::new_spinner().with_style(style.expect("the template is well-formed"));
            bar.enable_steady_tick(TERMINAL);
            bar
        });
        Self { bar }
    }

    /// A line that stays.
    pub(crate) fn note(&self, line: &str) {
        let write = || {
            // A reader that went away is no error of ours.
            let _gone = writeln!(std::io::stderr().lock(), "{line}");
        };
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// What is going on now; on a terminal only.
    pub(crate) fn now(&self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(what.to_owned());
        }
    }

    /// Follows the counts until the set is aborted.
    pub(crate) fn follow(&self, recorder: &Arc<Recorder>, tasks: &mut JoinSet<()>) {
        let (progress, recorder) = (self.clone(), Arc::clone(recorder));
        tasks.spawn(async move {
            let pause = if progress.bar.is_some() { TERMINAL } else { PLAIN };
            loop {
                sleep(pause).await;
                let line = line(&recorder);
                match &progress.bar {
                    Some(bar) => bar.set_message(line),
                    None => progress.note(&line),
                }
            }
        });
    }

    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn line(recorder: &Recorder) -> String {
    let live = &recorder.live;
    let count = |count: &std::sync::atomic::AtomicU64| thousands(count.load(Ordering::Relaxed));
    let under_way = live.begun.load(Ordering::Relaxed).saturating_sub(live.ended.load(Ordering::Relaxed));
    let sold = u64::try_from(live.sold.load(Ordering::Relaxed)).unwrap_or_default();
    format!(
        "{} checkouts under way, {} ended; {} units sold, {} sold out; requests: {} shed, {} lost, {} errors",
        thousands(under_way),
        count(&live.ended),
        thousands(sold),
        count(&live.sold_out),
        count(&live.shed),
        count(&live.lost),
        count(&live.errors),
    )
}

/// A number as people read it: 50,000.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, expect) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(number), expect);
        }
    }
}
