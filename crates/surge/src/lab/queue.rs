//! Combined flushes: buyers' requests wait in a queue while the flush before them is being made durable.
//!
//! Decides who of those who waited gets a unit, in the order in which they came. There is no timer: the flush before is
//! the waiting time. The statements are in `postgres` and `sqlite`.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::clients::Round;
use super::error::Error;
use super::judge::{Answer, Told};

/// The most requests of one flush.
pub(super) const FLUSH_MAX: usize = 1_024;

/// A buyer who waits for an answer.
pub(super) struct Request {
    pub(super) buyer: i64,
    answer: oneshot::Sender<Answer>,
}

/// The end of the queue that the flushes are taken from; it ends when every buyer has an answer.
pub(super) type Waiting = mpsc::Receiver<Request>;

/// The clients and their queue. They hold no connection: all that a client does is wait for its buyer's answer.
pub(super) fn open(round: &Arc<Round>, clients: u32) -> (JoinSet<Vec<Told>>, Waiting) {
    let (queue, waiting) = mpsc::channel(FLUSH_MAX);
    let mut asking = JoinSet::new();
    for _ in 0..clients {
        asking.spawn(ask(Arc::clone(round), queue.clone()));
    }
    (asking, waiting)
}

async fn ask(round: Arc<Round>, queue: mpsc::Sender<Request>) -> Vec<Told> {
    let mut answers = Vec::new();
    while let Some(buyer) = round.next() {
        let (answer, answered) = oneshot::channel();
        let is_asked = queue.send(Request { buyer: buyer.number, answer }).await.is_ok();
        // A flush that failed ends the round with its error; the buyers that waited for it know nothing.
        let answer = if is_asked { answered.await.unwrap_or(Answer::GaveUp) } else { Answer::GaveUp };
        answers.push(round.told(buyer, answer));
    }
    answers
}

/// The buyers of a flush that get a unit: the first ones, as far as the stock that was read goes.
pub(super) fn grants(available: i64, flush: &[Request]) -> Vec<i64> {
    let units = usize::try_from(available).unwrap_or(0);
    flush.iter().take(units).map(|request| request.buyer).collect()
}

/// Tells the buyers of a flush, after its commit: the first ones have a unit.
pub(super) fn answer(flush: &mut Vec<Request>, granted: usize) {
    for (place, request) in flush.drain(..).enumerate() {
        let answer = if place < granted { Answer::Sold } else { Answer::SoldOut };
        // A client that went away needs no answer.
        let _gone = request.answer.send(answer);
    }
}

/// What all clients were told, once the last of them has gone home.
pub(super) async fn collect(mut asking: JoinSet<Vec<Told>>) -> Result<Vec<Told>, Error> {
    let mut answers = Vec::new();
    while let Some(client) = asking.join_next().await {
        answers.extend(client.map_err(|error| Error::Internal(error.to_string()))?);
    }
    Ok(answers)
}

#[test]
fn the_first_who_came_get_what_is_there() {
    let flush = |buyers: &[i64]| -> Vec<Request> {
        buyers.iter().map(|buyer| Request { buyer: *buyer, answer: oneshot::channel().0 }).collect()
    };
    assert_eq!(grants(2, &flush(&[7, 5, 9])), [7, 5]);
    assert_eq!(grants(5, &flush(&[7, 5, 9])), [7, 5, 9]);
    for nothing_left in [0, -3] {
        assert!(grants(nothing_left, &flush(&[7])).is_empty());
    }
}
