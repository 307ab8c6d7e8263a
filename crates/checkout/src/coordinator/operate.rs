//! What an operator does about sagas that hang: have them run at once, or say how an unknown payment stands.

use crate::coordinator::{Coordinator, Driven};
use crate::id::SagaId;
use crate::idempotency::Claim;
use crate::saga::Resolution;
use crate::store::Answer;
use crate::store::sagas::{ResolveRefusal, ResolveSaga, ResolvedSaga, RetryRefusal, Run};

/// An operator's word on a saga whose payment is unknown.
#[derive(Clone, Debug)]
pub struct Resolve {
    /// The request's key.
    pub claim: Claim,
    /// Which saga.
    pub saga: SagaId,
    /// What is said.
    pub resolution: Resolution,
    /// Who says it.
    pub actor: String,
    /// Why they know.
    pub reason: String,
}

/// What an operator's word led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolutionOutcome {
    /// How far the saga came with it.
    pub driven: Driven,
    /// The id of the request that said it.
    pub request_id: String,
    /// Whether an earlier request with the same key said it.
    pub replayed: bool,
}

impl Coordinator {
    /// Has an unfinished saga run now: by the next background loop, or right after whoever has it lets go of it.
    pub async fn retry(&self, id: SagaId) -> Answer<Run, RetryRefusal> {
        self.store.retry_saga(id).await
    }

    /// Takes an operator's word for how an unknown payment stands, and lets the saga go on from there, waiting at most
    /// [`crate::limits::Times::complete_wait_ms`]. The word is durable before anything follows from it.
    pub async fn resolve(&self, call: Resolve) -> Answer<ResolutionOutcome, ResolveRefusal> {
        let until = self.store.now().plus_ms(self.store.shop().times.complete_wait_ms);
        let Resolve { claim, saga, resolution, actor, reason } = call;
        let call = ResolveSaga { claim, saga, resolution, actor, reason, owner: self.owner };
        let ResolvedSaga { run, request_id, replayed } = match self.store.resolve_saga(call).await? {
            Ok(resolved) => resolved,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let driven = if replayed { self.ended(run).await? } else { self.drive(run, until).await? };
        Ok(Ok(ResolutionOutcome { driven, request_id, replayed }))
    }
}
