//! Sagas in memory: T1, T2, T2' and the moves between them.

use async_trait::async_trait;

use super::{KeyRow, MemoryStore, SagaRow, State};
use crate::audit::{Past, Reserved};
use crate::book::{Cause, Settlement};
use crate::callback;
use crate::clock::Timestamp;
use crate::id::{CheckoutId, OwnerId, SagaId};
use crate::idempotency::{self, Claim, Progress, WorkDone};
use crate::order::change;
use crate::payment::Attempt;
use crate::saga::State as SagaState;
use crate::schedule::Schedule;
use crate::session::{Checkout, Status};
use crate::steps::{self, CartStanding};
use crate::store::checkouts::{Goods, OpenRefusal};
use crate::store::orders::OrderView;
use crate::store::sagas::{
    Advance, Begun, CallOffOrder, From, LateCheck, Leased, Moved, PayOrder, PaymentNews, PlaceOrder,
    Postpone, Release, Reserve, ReserveRefusal, ResolveRefusal, ResolveSaga, ResolvedSaga, RetryRefusal, Run,
    Sagas, Stuck, TakeOver, Target,
};
use crate::store::{Answer, Books, Failure, Page, Shop};

#[async_trait]
impl Sagas for MemoryStore {
    async fn reserve(&self, call: Reserve) -> Answer<Begun, ReserveRefusal> {
        let now = self.now();
        Ok(self.state().reserve(call, &self.shop, now))
    }

    async fn place_order(&self, call: PlaceOrder) -> Result<Moved<Box<OrderView>>, Failure> {
        let now = self.now();
        Ok(self.state().place_order(&call, &self.shop, now))
    }

    async fn pay_order(&self, call: PayOrder) -> Result<Moved<Box<OrderView>>, Failure> {
        let now = self.now();
        self.state().pay_order(&call, &self.shop, now)
    }

    async fn call_off_order(&self, call: CallOffOrder) -> Result<Moved<Box<Run>>, Failure> {
        let now = self.now();
        self.state().call_off_order(call, &self.shop, now)
    }

    async fn release(&self, call: Release) -> Result<Moved<Box<Run>>, Failure> {
        let now = self.now();
        let mut state = self.state();
        let Some(row) = state.held(call.from) else { return Ok(Moved::Lost) };
        let (saga, was) = (row.run.saga.clone(), row.reservation);
        if was == Reserved::Open {
            let skus: Vec<_> = saga.hold.allocations.iter().map(|each| each.place.sku.clone()).collect();
            let mut book = state.book(&skus, &saga.hold.limits);
            let settled = book.settle(&saga.hold, Settlement::Release, Cause::Saga(saga.id), now);
            assert!(settled.is_ok(), "I11: what is held can be released");
            state.write(book);
        }
        if call.to == SagaState::Released {
            let checkout = state.checkouts.get(&saga.checkout).map(|row| row.checkout.clone());
            let after = checkout.map(|checkout| steps::checkout_after(&call.ending, &checkout, now));
            if let Some(after) = after.filter(|_| saga.order.is_none()) {
                state.move_checkout(saga.checkout, after, saga.fence, now);
            }
        }
        let row = state.sagas.get_mut(&saga.id).expect("a saga that is held is there");
        if was == Reserved::Open {
            row.reservation = Reserved::Released;
        }
        row.run.saga.ending = Some(call.ending);
        row.note(&call.payment, now);
        row.move_to(call.to, now, &self.shop);
        Ok(Moved::Done(Box::new(row.run.clone())))
    }

    async fn advance(&self, call: Advance) -> Result<Moved<Box<Run>>, Failure> {
        let now = self.now();
        let mut state = self.state();
        let Some(row) = state.held(call.from) else { return Ok(Moved::Lost) };
        row.note(&call.payment, now);
        if call.to != call.from.state {
            row.move_to(call.to, now, &self.shop);
        }
        row.run.saga.action_url = call.action_url;
        if call.ending.is_some() {
            row.run.saga.ending = call.ending;
        }
        let run = row.run.clone();
        let status = steps::checkout_during(call.to);
        state.move_checkout(run.saga.checkout, status, run.saga.fence, now);
        Ok(Moved::Done(Box::new(run)))
    }

    async fn postpone(&self, call: Postpone) -> Result<Moved<()>, Failure> {
        let now = self.now();
        let mut state = self.state();
        let Some(row) = state.held(call.from) else { return Ok(Moved::Lost) };
        row.schedule.let_go(&mut row.run, &call, now, &self.shop.times);
        Ok(Moved::Done(()))
    }

    async fn claim_sagas(&self, _owner: OwnerId, limit: u32) -> Result<Vec<Run>, Failure> {
        let now = self.now();
        let mut state = self.state();
        let with_work = state.sagas.values_mut().filter(|row| row.run.saga.has_work());
        let due = with_work.filter(|row| row.schedule.is_due(now));
        let claim = |row: &mut SagaRow| {
            row.schedule.take(&mut row.run.saga, now, &self.shop.times);
            row.run.clone()
        };
        Ok(due.take(usize::try_from(limit).unwrap_or(usize::MAX)).map(claim).collect())
    }

    async fn take_over(&self, call: TakeOver) -> Result<Moved<Box<Run>>, Failure> {
        let now = self.now();
        let mut state = self.state();
        let row = state.sagas.get_mut(&call.saga).filter(|row| row.run.saga.state == call.state);
        let free = |row: &SagaRow| call.leased == Leased::Take || !row.schedule.is_leased(now);
        let Some(row) = row.filter(|row| !call.state.is_end() && free(row)) else { return Ok(Moved::Lost) };
        row.schedule.take(&mut row.run.saga, now, &self.shop.times);
        Ok(Moved::Done(Box::new(row.run.clone())))
    }

    async fn unfinished_saga(&self, checkout: CheckoutId) -> Result<Option<Run>, Failure> {
        let state = self.state();
        let mut unfinished = state.sagas.values().filter(|row| !row.run.saga.state.is_end());
        let found = unfinished.find(|row| row.run.saga.checkout == checkout);
        Ok(found.map(|row| row.run.clone()))
    }

    async fn saga(&self, id: SagaId) -> Result<Option<Run>, Failure> {
        Ok(self.state().sagas.get(&id).map(|row| row.run.clone()))
    }

    async fn finish_late_check(&self, call: LateCheck) -> Result<Moved<()>, Failure> {
        let now = self.now();
        let mut state = self.state();
        let row = state.held(call.from).filter(|row| row.run.saga.late_check);
        let Some(row) = row else { return Ok(Moved::Lost) };
        let refund = match callback::late_checked(&call, &row.run, now) {
            Some((attempt, refund)) => {
                row.set_attempt(attempt, now);
                refund
            }
            None => None,
        };
        row.schedule.checked(&mut row.run.saga, now);
        if let Some(refund) = refund {
            state.begin_refund(refund);
        }
        Ok(Moved::Done(()))
    }

    async fn stuck_sagas(&self, after: Option<SagaId>, limit: u32) -> Result<Page<Stuck>, Failure> {
        let state = self.state();
        let behind = state.sagas.iter().filter(|(id, _)| after.is_none_or(|after| **id > after));
        let stuck = behind.filter(|(_, row)| row.run.saga.has_work()).filter_map(|(_, row)| {
            let Schedule { stuck_since, problem, next_run_at, .. } = row.schedule.clone();
            Some(Stuck { run: row.run.clone(), since: stuck_since?, problem, next_run_at })
        });
        Ok(Page::of(stuck.collect(), limit))
    }

    async fn retry_saga(&self, id: SagaId) -> Answer<Run, RetryRefusal> {
        let now = self.now();
        let mut state = self.state();
        let Some(row) = state.sagas.get_mut(&id) else { return Ok(Err(RetryRefusal::NotFound)) };
        if !row.run.saga.has_work() {
            return Ok(Err(RetryRefusal::Ended(Box::new(row.run.clone()))));
        }
        row.schedule.wake(&mut row.run.saga, now);
        Ok(Ok(row.run.clone()))
    }

    async fn resolve_saga(&self, call: ResolveSaga) -> Answer<ResolvedSaga, ResolveRefusal> {
        let now = self.now();
        Ok(self.state().resolve_saga(call, &self.shop, now))
    }

    async fn end_leases(&self) -> Result<(), Failure> {
        let now = self.now();
        let mut state = self.state();
        for row in state.sagas.values_mut() {
            (row.schedule.lease_until, row.schedule.next_run_at) = (now, now);
        }
        for row in state.deliveries.values_mut() {
            row.lease_until = now;
        }
        for row in state.refunds.values_mut() {
            row.lease_until = now;
        }
        Ok(())
    }
}

impl State {
    /// The saga, if it is still where the caller left it.
    fn held(&mut self, from: From) -> Option<&mut SagaRow> {
        let row = self.sagas.get_mut(&from.saga)?;
        (row.run.saga.state == from.state && row.run.saga.fence == from.fence).then_some(row)
    }

    fn reserve(&mut self, call: Reserve, shop: &Shop, now: Timestamp) -> Result<Begun, ReserveRefusal> {
        let key = (call.claim.scope.clone(), call.claim.key.clone());
        self.may_ask(&call.target)?;
        if let Some(known) = self.known(&call, shop, now) {
            return Ok(known);
        }
        let (checkout, is_new) = self.target(&call, shop, now)?;
        let standing = self.cart_standing(&checkout);
        let units = steps::wanted_units(&checkout);
        let mut book = self.book(units.iter().map(|(sku, _)| sku), &steps::wanted_limits(&checkout));
        let run = steps::begin(&call, &checkout, standing, &mut book, shop, now)?;
        self.write(book);
        let checkout_id = checkout.id;
        if is_new {
            self.insert_checkout(checkout);
        }
        self.move_checkout(checkout_id, Status::Processing, run.saga.fence, now);
        let payment_history = run.attempt.iter();
        let row = SagaRow {
            history: vec![Past { to: SagaState::Reserved, fence: 1, at: now }],
            payment_history: payment_history
                .map(|attempt| Past { to: attempt.status, fence: 1, at: now })
                .collect(),
            schedule: Schedule::begun(now, &shop.times),
            reservation: Reserved::Open,
            run: run.clone(),
        };
        self.sagas.insert(run.saga.id, row);
        let work = WorkDone::Saga(run.saga.id);
        self.keys.insert(key, KeyRow { body: call.claim.body, work, request_id: call.claim.request_id });
        Ok(Begun::New(Box::new(run)))
    }

    /// A key alone tells nothing: whoever asks must hold the secret of what is completed.
    fn may_ask(&self, target: &Target) -> Result<(), ReserveRefusal> {
        match target {
            Target::Open { id, secret } => {
                let row = self.checkouts.get(id).filter(|row| row.checkout.secret.matches(secret));
                row.map(|_| ()).ok_or(ReserveRefusal::NotFound)
            }
            Target::New(open) => match &open.goods {
                Goods::Lines(_) => Ok(()),
                Goods::Cart { id, secret } => {
                    let cart = self.carts.get(id).filter(|cart| cart.secret.matches(secret));
                    cart.map(|_| ()).ok_or(ReserveRefusal::Open(OpenRefusal::CartNotFound))
                }
            },
        }
    }

    fn known(&self, call: &Reserve, shop: &Shop, now: Timestamp) -> Option<Begun> {
        let row = self.keys.get(&(call.claim.scope.clone(), call.claim.key.clone()))?;
        let WorkDone::Saga(id) = row.work else { return None };
        let run = self.sagas.get(&id)?.run.clone();
        let saga = &run.saga;
        let progress = Progress { state: saga.state, created_at: saga.created_at, ended_at: saga.ended_at };
        let decision = idempotency::decide(row.body, call.claim.body, progress, now, &shop.times);
        Some(Begun::Known { decision, run: Box::new(run), request_id: row.request_id.clone() })
    }

    /// The checkout that is completed, and whether it is yet to be inserted.
    fn target(
        &self,
        call: &Reserve,
        shop: &Shop,
        now: Timestamp,
    ) -> Result<(Checkout, bool), ReserveRefusal> {
        match &call.target {
            Target::New(open) => {
                self.open(open, shop, now).map(|checkout| (checkout, true)).map_err(ReserveRefusal::Open)
            }
            Target::Open { id, secret } => {
                let row = self.checkouts.get(id).filter(|row| row.checkout.secret.matches(secret));
                row.map(|row| (row.checkout.clone(), false)).ok_or(ReserveRefusal::NotFound)
            }
        }
    }

    fn cart_standing(&self, checkout: &Checkout) -> CartStanding {
        let Some(id) = checkout.cart else { return CartStanding::default() };
        let ordered = self.carts.get(&id).is_some_and(|cart| cart.ordered_by.is_some());
        let in_progress = self.sagas.values().any(|row| {
            row.run.saga.cart == Some(id)
                && !row.run.saga.state.is_end()
                && row.run.saga.checkout != checkout.id
        });
        CartStanding { ordered, in_progress }
    }

    fn place_order(&mut self, call: &PlaceOrder, shop: &Shop, now: Timestamp) -> Moved<Box<OrderView>> {
        let Some(row) = self.held(call.from) else { return Moved::Lost };
        row.note(&call.payment, now);
        let run = row.run.clone();
        let Some(checkout) = self.checkouts.get(&run.saga.checkout).map(|row| row.checkout.clone()) else {
            return Moved::Lost;
        };
        let skus: Vec<_> = run.saga.hold.allocations.iter().map(|each| each.place.sku.clone()).collect();
        let mut book = self.book(&skus, &run.saga.hold.limits);
        let settled = book.settle(&run.saga.hold, Settlement::Commit, Cause::Saga(run.saga.id), now);
        assert!(settled.is_ok(), "I11: what is held can be committed");
        self.write(book);
        self.orders_placed = self.orders_placed.saturating_add(1);
        let order = steps::place(call, &run, &checkout, self.orders_placed.saturating_add(1000), now);
        for event in &order.events {
            self.tell(order.id, event);
        }
        self.move_checkout(checkout.id, Status::Completed, run.saga.fence, now);
        if let Some(row) = self.checkouts.get_mut(&checkout.id) {
            row.checkout.order = Some(order.id);
        }
        if let Some(cart) = checkout.cart.and_then(|id| self.carts.get_mut(&id)) {
            assert!(cart.ordered_by.is_none(), "I7: a cart is ordered once");
            cart.ordered_by = Some(checkout.id);
        }
        let pending = order.status == crate::order::Status::Pending;
        let to = if pending { SagaState::Ordered } else { SagaState::Placed };
        let id = order.id;
        self.orders.insert(id, order);
        if let Some(row) = self.sagas.get_mut(&run.saga.id) {
            row.run.saga.order = Some(id);
            row.reservation = Reserved::Committed;
            row.move_to(to, now, shop);
        }
        Moved::Done(Box::new(self.order_view(id).expect("an order that was just placed is there")))
    }

    fn resolve_saga(
        &mut self,
        call: ResolveSaga,
        shop: &Shop,
        now: Timestamp,
    ) -> Result<ResolvedSaga, ResolveRefusal> {
        let key = (call.claim.scope.clone(), call.claim.key.clone());
        let row = self.sagas.get_mut(&call.saga).ok_or(ResolveRefusal::NotFound)?;
        if let Some(known) = self.keys.get(&key) {
            if known.body != call.claim.body {
                return Err(ResolveRefusal::KeyReused);
            }
            let request_id = known.request_id.clone();
            return Ok(ResolvedSaga { run: row.run.clone(), request_id, replayed: true });
        }
        row.run.saga = steps::resolve(&call, &row.run, now)?;
        row.schedule.take(&mut row.run.saga, now, &shop.times);
        let run = row.run.clone();
        let Claim { body, request_id, .. } = call.claim;
        let work = WorkDone::Admin(format!("resolution {}", call.saga));
        self.keys.insert(key, KeyRow { body, work, request_id: request_id.clone() });
        Ok(ResolvedSaga { run, request_id, replayed: false })
    }

    /// The order of a saga, with its payment as a report has it.
    fn ordered(&mut self, from: From, news: &PaymentNews, now: Timestamp) -> Result<OrderView, Failure> {
        let row = self.sagas.get_mut(&from.saga).expect("a saga that is held is there");
        row.note(news, now);
        let order = row.run.saga.order;
        let view = order.and_then(|order| self.order_view(order));
        view.ok_or_else(|| Failure::Broken(format!("{} has no order", from.saga)))
    }

    fn pay_order(
        &mut self,
        call: &PayOrder,
        shop: &Shop,
        now: Timestamp,
    ) -> Result<Moved<Box<OrderView>>, Failure> {
        if self.held(call.from).is_none() {
            return Ok(Moved::Lost);
        }
        let view = self.ordered(call.from, &call.payment, now)?;
        let saga = self.sagas.get(&call.from.saga).map(|row| row.run.saga.clone());
        let saga = saga.expect("a saga that is held is there");
        let change = change::paid(&view, &saga, call.event, now).ok_or_else(|| not_pending(&view))?;
        let view = self.write_change(change);
        if let Some(row) = self.sagas.get_mut(&call.from.saga) {
            row.move_to(SagaState::Placed, now, shop);
        }
        Ok(Moved::Done(Box::new(view)))
    }

    fn call_off_order(
        &mut self,
        call: CallOffOrder,
        shop: &Shop,
        now: Timestamp,
    ) -> Result<Moved<Box<Run>>, Failure> {
        if self.held(call.from).is_none() {
            return Ok(Moved::Lost);
        }
        let view = self.ordered(call.from, &call.payment, now)?;
        let skus: Vec<_> = view.order.lines.iter().map(|line| line.sku.clone()).collect();
        let mut book = self.book(&skus, &[]);
        let saga = self.sagas.get(&call.from.saga).map(|row| row.run.saga.clone());
        let saga = saga.expect("a saga that is held is there");
        let change = change::called_off(&view, &saga, call.event, &mut book, now);
        let change = change.ok_or_else(|| not_pending(&view))?;
        self.write(book);
        self.write_change(change);
        let row = self.sagas.get_mut(&call.from.saga).expect("a saga that is held is there");
        row.run.saga.ending = Some(call.ending);
        row.move_to(call.to, now, shop);
        Ok(Moved::Done(Box::new(row.run.clone())))
    }
}

fn not_pending(view: &OrderView) -> Failure {
    let order = &view.order;
    Failure::Broken(format!("{} is {} while its payment is captured", order.id, order.status.as_str()))
}

impl SagaRow {
    fn note(&mut self, news: &PaymentNews, now: Timestamp) {
        let Some(mut attempt) = self.run.attempt.clone() else { return };
        steps::note_payment(&mut attempt, news);
        self.set_attempt(attempt, now);
    }

    fn set_attempt(&mut self, attempt: Attempt, now: Timestamp) {
        if self.run.attempt.as_ref().is_some_and(|was| was.status != attempt.status) {
            self.payment_history.push(Past { to: attempt.status, fence: self.run.saga.fence, at: now });
        }
        self.run.attempt = Some(attempt);
    }

    fn move_to(&mut self, to: SagaState, now: Timestamp, shop: &Shop) {
        self.schedule.move_to(&mut self.run, to, now, &shop.times);
        self.history.push(Past { to, fence: self.run.saga.fence, at: now });
    }
}
