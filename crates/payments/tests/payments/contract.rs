//! The contract's suite, on the simulated provider and on its book in memory.

use std::sync::Arc;

use sellonce_checkout::limits::Times;
use sellonce_checkout::money::Currency;
use sellonce_payments::circuit_breaker::CircuitBreaker;
use sellonce_payments::contract::{self, Subject, Tokens};
use sellonce_payments::memory_book::MemoryBook;
use sellonce_payments::simulated::Settings;
use sellonce_payments::simulated::faults::{Faults, Faulty};
use sellonce_payments::time_limit::TimeLimited;

use crate::{Counting, Standing, finish, provider, settings, usd};

fn yen() -> Currency {
    Currency::parse("JPY").expect("a currency")
}

fn check(settings: &Settings, faults: Faults, tokens: Tokens) {
    let clock = Arc::new(Standing::default());
    let book = Arc::new(MemoryBook::new(clock.clone()));
    let call_ms = Times::default().payment_call_ms;
    let server = || {
        let provider = Faulty::new(provider(&book, &clock, settings.clone()), faults);
        let limited = TimeLimited::new(provider, clock.clone(), call_ms);
        Arc::new(CircuitBreaker::new(limited, clock.clone())) as Arc<_>
    };
    let subject = Subject {
        servers: [server(), server()],
        ids: Arc::new(Counting::default()),
        currency: usd(),
        other_currency: yen(),
        tokens,
    };
    finish(&clock, contract::check(&subject));
}

#[test]
fn the_simulated_provider_keeps_the_contract() {
    check(&settings(), Faults::default(), Tokens::SIMULATED);
}

#[test]
fn the_simulated_provider_keeps_the_contract_when_it_takes_its_time() {
    check(&Settings { latency_ms: 400, ..settings() }, Faults::default(), Tokens::SIMULATED);
}

#[test]
fn the_simulated_provider_keeps_the_contract_on_a_bad_day() {
    // Which of its answers gets lost is decided by the day here, not by a token.
    let tokens = Tokens { answer_lost: None, asking_lost: None, ..Tokens::SIMULATED };
    for seed in 0..30 {
        check(&settings(), Faults::bad_day(seed), tokens);
    }
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
