//! Callbacks of payment providers: each heard once.

use async_trait::async_trait;
use sellonce_checkout::callback::{self, Callback, Heard};
use sellonce_checkout::limits;
#[cfg(feature = "sabotage")]
use sellonce_checkout::sabotage::{self, Sabotage};
use sellonce_checkout::store::Failure;
use sellonce_checkout::store::callbacks::Callbacks;

#[cfg(feature = "sabotage")]
use crate::calls::sabotage::{believe, take_units};
use crate::calls::sagas::wake;
use crate::calls::{Database, DatabaseStore};
use crate::sql::values;
use crate::tables::Tables;
use crate::trouble::Trouble;

#[async_trait]
impl<D: Database> Callbacks for DatabaseStore<D> {
    async fn hear(&self, callback: Callback) -> Result<Heard, Failure> {
        self.write_aside(move |tables| hear(tables, &callback)).await
    }

    async fn forget_callbacks(&self) -> Result<u64, Failure> {
        self.write_aside(|tables| {
            let before = tables.now().plus_ms(limits::CALLBACK_KEEP_MS.saturating_neg());
            let delete = "DELETE FROM callbacks WHERE (provider, id) IN \
                          (SELECT provider, id FROM callbacks WHERE at < ?1 ORDER BY at LIMIT ?2)";
            tables.sql()?.execute(delete, values![before.millis(), limits::CLAIM_MAX])
        })
        .await
    }
}

fn hear(tables: &mut dyn Tables, callback: &Callback) -> Result<Heard, Trouble> {
    let insert =
        "INSERT INTO callbacks (provider, id, saga_id, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    let saga = callback.attempt.as_ref().map(|saga| saga.0.as_bytes());
    let row = values![&callback.provider, &callback.id, saga, tables.now().millis()];
    let is_new = tables.sql()?.execute(insert, row)? > 0;
    let held = callback.attempt.map(|saga| tables.held(saga)).transpose()?.flatten();
    #[cfg(feature = "sabotage")]
    if sabotage::is(Sabotage::CallbackNotDeduplicated)
        && let Some(held) = held.as_ref().filter(|_| !is_new)
    {
        take_units(tables, held)?;
    }
    #[cfg(feature = "sabotage")]
    if sabotage::is(Sabotage::OlderCallbackOverwrites)
        && let Some(held) = &held
    {
        believe(tables, callback, held)?;
    }
    let heard = callback::hear(callback, is_new, held.as_ref().map(|held| &held.run));
    if let (Heard::Woken, Some(held)) = (&heard, &held) {
        wake(tables, held)?;
    }
    Ok(heard)
}
