//! The contract's suite, on the simulated provider and on its book in memory.

use std::sync::Arc;

use sellonce_checkout::limits::Times;
use sellonce_checkout::money::Currency;
use sellonce_payments::contract::{self, Subject, Tokens};
use sellonce_payments::memory_book::MemoryBook;
use sellonce_payments::simulated::Settings;
use sellonce_payments::time_limit::TimeLimited;

use crate::{Counting, Standing, finish, provider, settings, usd};

fn yen() -> Currency {
    Currency::parse("JPY").expect("a currency")
}

fn check(settings: &Settings) {
    let clock = Arc::new(Standing::default());
    let book = Arc::new(MemoryBook::new(clock.clone()));
    let call_ms = Times::default().payment_call_ms;
    let server = || {
        let provider = provider(&book, &clock, settings.clone());
        Arc::new(TimeLimited::new(provider, clock.clone(), call_ms)) as Arc<_>
    };
    let subject = Subject {
        servers: [server(), server()],
        ids: Arc::new(Counting::default()),
        currency: usd(),
        other_currency: yen(),
        tokens: Tokens::SIMULATED,
    };
    finish(&clock, contract::check(&subject));
}

#[test]
fn the_simulated_provider_keeps_the_contract() {
    check(&settings());
}

#[test]
fn the_simulated_provider_keeps_the_contract_when_it_takes_its_time() {
    check(&Settings { latency_ms: 400, ..settings() });
}

#[test]
fn the_book_in_memory_keeps_the_contract() {
    let clock = Arc::new(Standing::default());
    let book = MemoryBook::new(clock.clone());
    let subject = contract::book::Subject {
        book: &book,
        ids: &Counting::default(),
        clock: clock.as_ref(),
        currency: usd(),
        other_currency: yen(),
    };
    finish(&clock, contract::book::check(&subject));
    finish(&clock, async {
        contract::book::write_every_kind(&subject).await.assert_kept(&subject).await;
    });
}
