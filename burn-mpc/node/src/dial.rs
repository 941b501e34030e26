//! The side that connects: it tries again until there is a link.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use burn_mpc_engine::Party;
use burn_mpc_engine::sync::lock;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::Refusal;
use crate::handshake::{AuthenticatedPeer, NoLink};
use crate::shared::{Event, Events, Shared};

/// Waits between attempts: the first, and the longest.
const RETRY: [Duration; 2] = [Duration::from_millis(10), Duration::from_millis(250)];

/// Why attempts failed: the last reason of those that say most.
pub(crate) type Last = Arc<Mutex<Option<Refusal>>>;

pub(crate) async fn dial(shared: Arc<Shared>, peer: Party, last: Last, events: Events) {
    let [mut wait, longest] = RETRY;
    let event = loop {
        match attempt(&shared, peer).await {
            Ok(event) => break event,
            Err(refusal) => {
                let quiet = matches!(refusal, Refusal::NoConnection { .. });
                refusal.clone().keep(&mut lock(&last));
                if !quiet {
                    shared.refusals.note(refusal);
                }
            }
        }
        sleep(wait).await;
        wait = (wait * 2).min(longest);
    };
    // Fails only when set-up is over.
    let _ = events.send(event).await;
}

async fn attempt(shared: &Shared, peer: Party) -> Result<Event, Refusal> {
    let limit = shared.config.limits.step;
    let stream = timeout(limit, TcpStream::connect(shared.config.address(peer))).await;
    let stream = match stream {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            return Err(Refusal::NoConnection {
                detail: error.to_string(),
            });
        }
        Err(_) => {
            return Err(Refusal::NoConnection {
                detail: "no answer".to_owned(),
            });
        }
    };
    let authenticated = AuthenticatedPeer::dial(&shared.identity, peer, stream, limit).await?;
    match authenticated.greet(&shared.config).await {
        Ok(link) => Ok(Event::Linked(Box::new(link))),
        Err(NoLink::Mismatch(mismatch)) => Ok(Event::Mismatch(peer, mismatch)),
        Err(NoLink::Refused(refusal)) => Err(refusal),
    }
}
