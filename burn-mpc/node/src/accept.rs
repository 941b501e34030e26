//! The side that listens. It ends with the set-up, never because of who connects.
//!
//! Handshakes run beside the accepting, at most [`Limits::in_flight`](crate::Limits) at a time. When there are more, the
//! oldest whose grace is over gives way, so silent connections cannot keep a peer out.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use burn_mpc_engine::sync::lock;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout};

use crate::Refusal;
use crate::handshake::{AuthenticatedPeer, NoLink};
use crate::shared::{Event, Events, Shared};

/// How long accepting pauses when the operating system gives no connection.
const PAUSE: Duration = Duration::from_millis(100);
/// Shortest wait between two looks for a connection that can give way.
const TICK: Duration = Duration::from_millis(10);

/// Accepts until it is dropped.
pub(crate) async fn accept(shared: Arc<Shared>, listener: TcpListener, events: Events) {
    let permits = Arc::new(Semaphore::new(shared.config.limits.in_flight));
    // Dropped with this future, which ends them all.
    let mut tasks = JoinSet::new();
    let mut flights = Flights::default();
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                if error.kind() != ErrorKind::ConnectionAborted {
                    shared.refusals.note(Refusal::CannotAccept {
                        detail: error.to_string(),
                    });
                    sleep(PAUSE).await;
                }
                continue;
            }
        };
        while tasks.try_join_next().is_some() {}
        let permit = flights.room(&shared, &permits).await;
        let safe_until = Arc::new(Mutex::new(Instant::now() + shared.config.limits.grace));
        let flight = take_off(
            Arc::clone(&shared),
            stream,
            permit,
            Arc::clone(&safe_until),
            events.clone(),
        );
        flights.0.push_back((safe_until, tasks.spawn(flight)));
    }
}

/// One connection, from its first byte to a link or a refusal.
async fn take_off(
    shared: Arc<Shared>,
    stream: TcpStream,
    permit: OwnedSemaphorePermit,
    safe_until: Arc<Mutex<Instant>>,
    events: Events,
) {
    let limits = shared.config.limits;
    let began = || *lock(&safe_until) = Instant::now() + limits.grace;
    let peer = AuthenticatedPeer::accept(&shared.identity, stream, limits.step, began).await;
    let event = match peer {
        Err(refusal) => return shared.refusals.note(refusal),
        Ok(peer) => {
            // Whoever has come so far is a peer: no stranger takes its time away any more.
            *lock(&safe_until) = Instant::now() + 2 * limits.step;
            let party = peer.peer();
            match peer.greet(&shared.config).await {
                Ok(link) => Event::Linked(Box::new(link)),
                Err(NoLink::Mismatch(mismatch)) => Event::Mismatch(party, mismatch),
                Err(NoLink::Refused(refusal)) => return shared.refusals.note(refusal),
            }
        }
    };
    drop(permit);
    // Fails only when set-up is over.
    let _ = events.send(event).await;
}

/// Connections on their way, oldest first: until when each is safe, and how to end it.
#[derive(Default)]
struct Flights(VecDeque<(Arc<Mutex<Instant>>, AbortHandle)>);

impl Flights {
    /// Waits for one to end, and ends the oldest whose grace is over.
    async fn room(&mut self, shared: &Shared, permits: &Arc<Semaphore>) -> OwnedSemaphorePermit {
        loop {
            self.0.retain(|(_, task)| !task.is_finished());
            if let Ok(permit) = Arc::clone(permits).try_acquire_owned() {
                return permit;
            }
            let now = Instant::now();
            let over = self.0.iter().position(|(safe, _)| *lock(safe) <= now);
            if let Some((_, task)) = over.and_then(|place| self.0.remove(place)) {
                task.abort();
                shared.refusals.note(Refusal::Crowded);
            }
            if let Ok(Ok(permit)) = timeout(TICK, Arc::clone(permits).acquire_owned()).await {
                return permit;
            }
        }
    }
}
