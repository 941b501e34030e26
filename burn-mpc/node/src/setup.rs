//! Making a party's two links.
//!
//! The lower party of a pair listens, the other connects. Tasks accept and connect beside each other and report links;
//! this waits for them until the deadline, and watches those it has. When it gives up, every peer that is linked, or
//! becomes so within a second, is told why.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use burn_mpc_engine::Party;
use burn_mpc_engine::net::{AbortCode, AbortReason, NetError};
use burn_mpc_engine::sync::lock;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use crate::accept::accept;
use crate::dial::{Last, dial};
use crate::handshake::Link;
use crate::place::{Place, Seen};
use crate::shared::{Event, Events, Shared};
use crate::{LinkError, Refusal};

/// How long a party that gives up waits for peers that are not linked yet, to tell them.
const LAST_CALL: Duration = Duration::from_secs(1);
/// How long it waits before it connects again to a peer whose link closed.
const AGAIN: Duration = Duration::from_millis(100);

pub(crate) struct Setup {
    shared: Arc<Shared>,
    sender: Events,
    events: mpsc::Receiver<Event>,
    tasks: JoinSet<()>,
    /// Why connecting to each peer failed.
    last: [Last; 3],
    places: [Option<Place>; 3],
    /// Peers that gave up or are here for something else.
    gone: [bool; 3],
    began: Instant,
    until: Instant,
}

/// What happened on the links.
enum Happened {
    Event(Option<Event>),
    Seen(Party, Seen),
}

impl Setup {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let (sender, events) = mpsc::channel(8);
        let began = Instant::now();
        let until = began + shared.config.connect_timeout;
        Self {
            shared,
            sender,
            events,
            tasks: JoinSet::new(),
            last: [(); 3].map(|()| Arc::new(Mutex::new(None))),
            places: [None, None, None],
            gone: [false; 3],
            began,
            until,
        }
    }

    fn party(&self) -> Party {
        self.shared.identity.party()
    }

    /// The links to the next and to the previous party, each with the bytes that were read from it.
    pub(crate) async fn run(
        mut self,
        listener: Option<std::net::TcpListener>,
    ) -> Result<[(Link, Vec<u8>); 2], LinkError> {
        match self.make(listener).await {
            Ok(()) => {}
            Err(error) => {
                self.give_up(&error).await;
                return Err(error);
            }
        }
        let party = self.party();
        let mut take = |peer: Party| {
            let place = self.places[peer.index()].take();
            place.map(Place::into_parts).ok_or(LinkError::Local {
                party,
                detail: format!("the link to {peer} was never made"),
            })
        };
        Ok([take(party.next())?, take(party.prev())?])
    }

    async fn make(&mut self, listener: Option<std::net::TcpListener>) -> Result<(), LinkError> {
        let party = self.party();
        for peer in Party::ALL.into_iter().filter(|&peer| peer < party) {
            self.dial(peer, Duration::ZERO);
        }
        if party < Party::P2 {
            let listener = listen(&self.shared, listener).await?;
            let (shared, events) = (Arc::clone(&self.shared), self.sender.clone());
            self.tasks.spawn(accept(shared, listener, events));
        }
        while let Some(peer) = self.missing() {
            match timeout_at(self.until, self.step()).await {
                Ok(result) => result?,
                Err(_) => return Err(self.overdue(peer)),
            }
        }
        Ok(())
    }

    fn dial(&mut self, peer: Party, wait: Duration) {
        let (shared, events) = (Arc::clone(&self.shared), self.sender.clone());
        let last = Arc::clone(&self.last[peer.index()]);
        self.tasks.spawn(async move {
            sleep(wait).await;
            dial(shared, peer, last, events).await;
        });
    }

    /// The first peer without a link.
    fn missing(&self) -> Option<Party> {
        let missing = |peer: &Party| *peer != self.party() && self.places[peer.index()].is_none();
        Party::ALL.into_iter().find(missing)
    }

    /// Waits until something happens on the links.
    async fn step(&mut self) -> Result<(), LinkError> {
        match poll_fn(|cx| self.poll_step(cx)).await {
            // This holds a sender, so the channel is open.
            Happened::Event(None) => Ok(()),
            Happened::Event(Some(Event::Linked(link))) => {
                let peer = link.peer;
                let dialled = peer < self.party();
                // A peer connects once, so a second connection is that of a peer that was started again.
                self.places[peer.index()] = Some(Place::new(*link, dialled));
                Ok(())
            }
            Happened::Event(Some(Event::Mismatch(peer, mismatch))) => {
                self.gone[peer.index()] = true;
                Err(LinkError::Hello {
                    party: self.party(),
                    peer,
                    mismatch,
                })
            }
            Happened::Seen(peer, seen) => self.ended(peer, seen).await,
        }
    }

    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Happened> {
        if let Poll::Ready(event) = self.events.poll_recv(cx) {
            return Poll::Ready(Happened::Event(event));
        }
        for peer in Party::ALL {
            if let Some(place) = &mut self.places[peer.index()]
                && let Poll::Ready(seen) = place.poll_watch(cx)
            {
                return Poll::Ready(Happened::Seen(peer, seen));
            }
        }
        Poll::Pending
    }

    /// A link ended. A peer that gave up ends the set-up; one that crashed may come back.
    async fn ended(&mut self, peer: Party, seen: Seen) -> Result<(), LinkError> {
        let Some(place) = self.places[peer.index()].take() else {
            return Ok(());
        };
        match seen {
            Seen::Abort(header) => {
                self.gone[peer.index()] = true;
                Err(place.last_words(header, self.party()).await.into())
            }
            Seen::Closed => {
                tracing::warn!(party = %self.party(), %peer, "a link closed before all were made");
                if place.dialled {
                    self.dial(peer, AGAIN);
                }
                Ok(())
            }
        }
    }

    fn overdue(&self, peer: Party) -> LinkError {
        let (party, waited) = (self.party(), self.began.elapsed());
        if peer > party {
            return LinkError::NeverCame {
                party,
                peer,
                waited,
                refusal: self.shared.refusals.telling(),
            };
        }
        let last = lock(&self.last[peer.index()]).clone();
        LinkError::NotReached {
            party,
            peer,
            address: self.shared.config.address(peer).to_owned(),
            waited,
            refusal: last.unwrap_or(Refusal::TooSlow),
        }
    }

    async fn give_up(mut self, error: &LinkError) {
        let until = self.until.min(Instant::now() + LAST_CALL);
        let (party, reason) = (self.party(), reason(self.party(), error));
        let mut told = JoinSet::new();
        loop {
            for peer in Party::ALL {
                if let Some(place) = self.places[peer.index()].take() {
                    self.gone[peer.index()] = true;
                    told.spawn(place.tell(party, reason.clone()));
                }
            }
            let mut others = Party::ALL.into_iter().filter(|&peer| peer != party);
            if others.all(|peer| self.gone[peer.index()]) {
                break;
            }
            // A further error does not end the wait for the others.
            if timeout_at(until, self.step()).await.is_err() {
                break;
            }
        }
        told.join_all().await;
    }
}

/// What the peers are told.
fn reason(party: Party, error: &LinkError) -> AbortReason {
    let (origin, code) = match error {
        LinkError::Net(NetError::PeerAborted { origin, code, .. }) => (*origin, *code),
        LinkError::Net(NetError::PeerLost { at, .. }) => (at.peer, AbortCode::PeerLost),
        LinkError::Hello { .. } => (party, AbortCode::Digest),
        LinkError::NeverCame { peer, .. } | LinkError::NotReached { peer, .. } => {
            (*peer, AbortCode::Timeout)
        }
        _ => (party, AbortCode::Local),
    };
    let text = match error {
        LinkError::Net(NetError::PeerAborted { text, .. }) => text.clone(),
        other => other.to_string(),
    };
    AbortReason {
        code,
        origin,
        op: 0,
        text,
    }
}

async fn listen(
    shared: &Shared,
    listener: Option<std::net::TcpListener>,
) -> Result<TcpListener, LinkError> {
    let party = shared.identity.party();
    let address = shared.config.address(party);
    let bound = match listener {
        Some(listener) => listener
            .set_nonblocking(true)
            .and_then(|()| TcpListener::from_std(listener)),
        None => TcpListener::bind(address).await,
    };
    bound.map_err(|error| LinkError::Listen {
        party,
        address: address.to_owned(),
        detail: match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                format!("the address is in use, by another program or an earlier run ({error})")
            }
            std::io::ErrorKind::AddrNotAvailable => {
                format!("the address is not one of this machine ({error})")
            }
            _ => error.to_string(),
        },
    })
}
