//! Callbacks in memory.

use async_trait::async_trait;

use super::MemoryStore;
use crate::callback::{self, Callback, Heard};
use crate::limits;
use crate::store::callbacks::Callbacks;
use crate::store::{Books, Failure};

#[async_trait]
impl Callbacks for MemoryStore {
    async fn hear(&self, callback: Callback) -> Result<Heard, Failure> {
        let now = self.now();
        let mut state = self.state();
        let key = (callback.provider.clone(), callback.id.clone());
        let is_new = !state.callbacks.contains_key(&key);
        state.callbacks.entry(key).or_insert(now);
        let mut row = callback.attempt.and_then(|saga| state.sagas.get_mut(&saga));
        let heard = callback::hear(&callback, is_new, row.as_ref().map(|row| &row.run));
        if let (Heard::Woken, Some(row)) = (&heard, row.as_mut()) {
            row.schedule.wake(&mut row.run.saga, now);
        }
        Ok(heard)
    }

    async fn forget_callbacks(&self) -> Result<u64, Failure> {
        let now = self.now();
        let mut state = self.state();
        let old = state.callbacks.iter().filter(|(_, at)| now.ms_since(**at) > limits::CALLBACK_KEEP_MS);
        let old = old.map(|(key, _)| key.clone()).take(usize::try_from(limits::CLAIM_MAX).unwrap_or(0));
        let old: Vec<_> = old.collect();
        for key in &old {
            state.callbacks.remove(key);
        }
        Ok(u64::try_from(old.len()).unwrap_or(u64::MAX))
    }
}
