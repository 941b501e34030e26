//! [`MpcDevice`]: the handle that Burn code carries around.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use crate::Party;
use crate::error::MpcError;
use crate::session::SessionConfig;
use crate::session::live::Session;
use crate::session::observe::CancelHandle;
use crate::sync::lock;
use burn_mpc_engine::net::Transport;

/// One party's handle to a session; cheap to clone. The default device is that of the current thread
/// ([`MpcDevice::set_current`]), else that of the process ([`MpcDevice::set_process_default`]), else an offline device
/// for public tensors only.
///
/// Every op of a session may wait for a peer, so each party needs its own OS thread: in an asynchronous program use
/// `std::thread` or `spawn_blocking`, never a task, and call [`MpcDevice::set_current`] there, or
/// [`MpcDevice::set_process_default`] if the process plays one party. Parties that run as tasks on too few workers wait
/// for each other until the deadline.
#[derive(Clone)]
pub struct MpcDevice {
    session: Option<Arc<Session>>,
}

thread_local! {
    static CURRENT: RefCell<Option<MpcDevice>> = const { RefCell::new(None) };
}

/// Live sessions of this process by number, and the process-wide default.
#[derive(Default)]
struct Registry {
    sessions: HashMap<u16, Weak<Session>>,
    next: u16,
    default: Option<Weak<Session>>,
}

fn registry() -> &'static Mutex<Registry> {
    static REGISTRY: OnceLock<Mutex<Registry>> = OnceLock::new();
    REGISTRY.get_or_init(Mutex::default)
}

impl MpcDevice {
    /// A device without a session: public tensors only.
    #[must_use]
    pub fn offline() -> Self {
        Self { session: None }
    }

    /// Sets up a session over `transport` and returns this party's device.
    ///
    /// # Errors
    /// A config without headroom, a peer with another config, or a failing link.
    pub fn open(transport: Box<dyn Transport>, config: SessionConfig) -> Result<Self, MpcError> {
        let id = next_id();
        Ok(Self::register(Session::open(transport, config, id)?))
    }

    /// A device on which ops only declare their cost; nothing is computed or sent.
    ///
    /// # Errors
    /// A config without headroom, or a schedule that measures links.
    pub fn estimate(config: SessionConfig) -> Result<Self, MpcError> {
        Ok(Self::register(Session::estimate(config, next_id())?))
    }

    pub(super) fn register(session: Session) -> Self {
        let session = Arc::new(session);
        lock(registry())
            .sessions
            .insert(session.id(), Arc::downgrade(&session));
        Self {
            session: Some(session),
        }
    }

    /// Makes this the default device of the current thread; returns the one before.
    pub fn set_current(&self) -> Option<Self> {
        CURRENT.with(|current| current.replace(Some(self.clone())))
    }

    /// Makes this the default device of threads that have set none.
    pub fn set_process_default(&self) {
        lock(registry()).default = self.session.as_ref().map(Arc::downgrade);
    }

    /// The session, if the device is online.
    #[must_use]
    pub fn session(&self) -> Option<&Arc<Session>> {
        self.session.as_ref()
    }

    /// Whether both devices belong to one session, or both are offline.
    #[must_use]
    pub fn is_same_session(&self, other: &Self) -> bool {
        match (&self.session, &other.session) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        }
    }

    /// The session, or an error if the device is offline.
    ///
    /// # Errors
    /// [`MpcError::Offline`].
    pub fn online(&self, op: &'static str) -> Result<&Arc<Session>, MpcError> {
        self.session.as_ref().ok_or(MpcError::Offline { op })
    }

    /// The party that this device belongs to.
    #[must_use]
    pub fn party(&self) -> Option<Party> {
        self.session.as_ref().map(|session| session.party())
    }

    /// Runs `work` as the part `path` of the model: the report charges its ops that have no own path to one line of
    /// that name. Offline it just runs.
    pub fn scope<T>(&self, path: &str, work: impl FnOnce() -> T) -> T {
        match &self.session {
            Some(session) => session.scope(path, work),
            None => work(),
        }
    }

    /// The first failure of the session, if it failed.
    #[must_use]
    pub fn failure(&self) -> Option<MpcError> {
        self.session.as_ref().and_then(|session| session.failure())
    }

    /// Releases the session, so that the next thread that issues an op owns it. A session belongs to the thread that
    /// first issues an op, until that thread ends or calls this. An op of any other thread is
    /// [`MpcError::ConcurrentUse`]. All parties must hand over at the same place of the program; their transcripts are
    /// compared. No effect offline.
    ///
    /// # Errors
    /// [`MpcError::ConcurrentUse`] if another thread owns the session.
    pub fn hand_over(&self) -> Result<(), MpcError> {
        self.session
            .as_ref()
            .map_or(Ok(()), |session| session.hand_over())
    }

    /// A handle that ends the session from any thread, at once, also while an op waits for a peer.
    ///
    /// # Errors
    /// [`MpcError::Offline`].
    pub fn cancel_handle(&self) -> Result<CancelHandle, MpcError> {
        self.online("cancel_handle").map(CancelHandle::of)
    }

    /// Number in the registry; 0 is offline.
    #[must_use]
    pub(crate) fn id(&self) -> u16 {
        self.session.as_ref().map_or(0, |session| session.id())
    }

    /// The live device of that number, else an offline one.
    #[must_use]
    pub(crate) fn from_id(id: u16) -> Self {
        Self {
            session: lock(registry()).sessions.get(&id).and_then(Weak::upgrade),
        }
    }

    /// Ends the session with `error` and tells the peers; no effect offline.
    pub fn fail(&self, error: &MpcError) {
        if let Some(session) = &self.session {
            session.fail(error);
        }
    }

    /// Code and text of the session's failure.
    #[must_use]
    pub fn failure_message(&self) -> Option<String> {
        self.failure().map(|error| error.to_string())
    }

    /// Does nothing but return the session's error, if there is one: ops are synchronous.
    ///
    /// # Errors
    /// Code and text of the failure.
    pub fn sync(&self) -> Result<(), String> {
        self.failure_message().map_or(Ok(()), Err)
    }

    /// `len` public random numbers in [0, 1), the same at all parties; none offline.
    #[must_use]
    pub(crate) fn shared_random(&self, len: usize) -> Option<Vec<f64>> {
        self.session
            .as_ref()
            .map(|session| session.shared_random(len))
    }

    /// Whether reads reveal (the all-secret test policy).
    #[must_use]
    pub(crate) fn reads_reveal(&self) -> bool {
        self.session
            .as_ref()
            .is_some_and(|session| session.config().all_secret())
    }

    /// Whether creation ops make secrets (the all-secret test policy).
    #[must_use]
    pub(crate) fn shares_creations(&self) -> bool {
        self.reads_reveal()
    }
}

pub(super) fn next_id() -> u16 {
    let mut registry = lock(registry());
    registry
        .sessions
        .retain(|_, session| session.strong_count() > 0);
    loop {
        registry.next = registry.next.wrapping_add(1).max(1);
        let id = registry.next;
        if !registry.sessions.contains_key(&id) {
            return id;
        }
    }
}

impl Default for MpcDevice {
    fn default() -> Self {
        let current = CURRENT.with(|current| current.borrow().clone());
        current.unwrap_or_else(|| Self {
            session: lock(registry()).default.as_ref().and_then(Weak::upgrade),
        })
    }
}

/// All devices are equal. Burn compares devices to decide whether data must be moved, and panics if so; data of this
/// backend never move. A constant made on an offline device works in any session. An op itself detects a tensor of
/// another session, and ends both sessions with [`MpcError::Foreign`]. Use [`MpcDevice::is_same_session`] to compare
/// sessions.
impl PartialEq for MpcDevice {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl core::fmt::Debug for MpcDevice {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.party() {
            Some(party) => write!(f, "MpcDevice({party}, session {})", self.id()),
            None => write!(f, "MpcDevice(offline)"),
        }
    }
}
