//! The engine's [`Transport`] over TLS.

use std::collections::BTreeMap;
use std::fmt;
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use burn_mpc_engine::Party;
use burn_mpc_engine::net::memory::MemoryTransport;
use burn_mpc_engine::net::pipe::{self, FarEnd};
use burn_mpc_engine::net::{HEADER_BYTES, NetError, Room, Transport};
use burn_mpc_engine::sync::lock;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::AbortHandle;
use zeroize::Zeroizing;

use crate::pump;
use crate::refusal::Refusals;
use crate::setup::Setup;
use crate::shared::Shared;
use crate::{Identity, LinkConfig, LinkError};

/// Threads that move and encrypt bytes, where the caller brings no runtime.
const IO_THREADS: usize = 2;
/// How long shutdown waits for queued bytes to leave, and again for the connections to end.
const FLUSH: Duration = Duration::from_millis(250);

/// One party's two links: TLS 1.3, authenticated by both ends. Give it to a [`Mesh`](burn_mpc_engine::net::Mesh).
///
/// The protocol's threads block on bounded queues, as over [`MemoryTransport`], and may be any threads but those of an
/// async runtime. The bytes are moved by tasks.
pub struct TlsTransport {
    queues: MemoryTransport,
    /// To the next and to the previous party.
    ends: [FarEnd; 2],
    bindings: [Zeroizing<[u8; 32]>; 2],
    refused: BTreeMap<&'static str, u64>,
    deadline: Mutex<Duration>,
    /// Disconnected when all tasks have ended, and the tasks; none once that was waited for.
    running: Mutex<Option<(Receiver<()>, Vec<AbortHandle>)>>,
    runtime: Option<Runtime>,
}

impl TlsTransport {
    /// Listens where the configuration says and connects to the peers. Blocks until there are both links; must not be
    /// called from a thread of an async runtime.
    ///
    /// # Errors
    /// [`LinkError`]. Every peer that is linked, or becomes so within a second, is told why.
    pub fn connect(identity: &Identity, config: &LinkConfig) -> Result<Self, LinkError> {
        Self::with_own_runtime(identity, config, None)
    }

    /// The same on a listener that is bound already.
    ///
    /// # Errors
    /// Those of [`Self::connect`], except from binding.
    pub fn establish(
        identity: &Identity,
        config: &LinkConfig,
        listener: TcpListener,
    ) -> Result<Self, LinkError> {
        Self::with_own_runtime(identity, config, Some(listener))
    }

    /// The same with the tasks on the caller's runtime, which needs I/O and time and must outlive the links.
    ///
    /// # Errors
    /// Those of [`Self::connect`].
    pub fn connect_on(
        runtime: &Handle,
        identity: &Identity,
        config: &LinkConfig,
        listener: Option<TcpListener>,
    ) -> Result<Self, LinkError> {
        let shared = Arc::new(Shared {
            identity: identity.clone(),
            config: config.bounded(),
            refusals: Refusals::new(identity.party()),
        });
        let setup = Setup::new(Arc::clone(&shared));
        let links = runtime.block_on(setup.run(listener))?;
        let (queues, ends) = pipe::open(identity.party(), config.deadline);
        let (sender, ended) = channel();
        let mut tasks = Vec::new();
        let mut bindings = [(); 2].map(|()| Zeroizing::new([0; 32]));
        for (((link, early), end), binding) in links.into_iter().zip(&ends).zip(&mut bindings) {
            let ended = sender.clone();
            tasks.extend(pump::start(runtime, link.stream, &early, end, ended));
            *binding = link.binding;
        }
        Ok(Self {
            queues,
            ends,
            bindings,
            refused: shared.refusals.counts(),
            deadline: Mutex::new(config.deadline),
            running: Mutex::new(Some((ended, tasks))),
            runtime: None,
        })
    }

    fn with_own_runtime(
        identity: &Identity,
        config: &LinkConfig,
        listener: Option<TcpListener>,
    ) -> Result<Self, LinkError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(IO_THREADS)
            .thread_name("mpc-links")
            .enable_io()
            .enable_time()
            .build()
            .map_err(|error| LinkError::Local {
                party: identity.party(),
                detail: format!("cannot start the threads of the links: {error}"),
            })?;
        match Self::connect_on(runtime.handle(), identity, config, listener) {
            Ok(mut links) => {
                links.runtime = Some(runtime);
                Ok(links)
            }
            Err(error) => {
                // Does not wait, such as for a name that is still being looked up.
                runtime.shutdown_background();
                Err(error)
            }
        }
    }

    /// How many connections were refused while the links were made, by [`Refusal::kind`](crate::Refusal::kind).
    #[must_use]
    pub fn refused(&self) -> &BTreeMap<&'static str, u64> {
        &self.refused
    }
}

impl fmt::Debug for TlsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TlsTransport({})", self.queues.party())
    }
}

impl Transport for TlsTransport {
    fn party(&self) -> Party {
        self.queues.party()
    }

    fn set_deadline(&self, deadline: Duration) {
        *lock(&self.deadline) = deadline;
        self.queues.set_deadline(deadline);
    }

    fn send(
        &self,
        to: Party,
        header: [u8; HEADER_BYTES],
        payload: &[&[u8]],
        room: Room,
    ) -> Result<(), NetError> {
        self.queues.send(to, header, payload, room)
    }

    fn send_last(&self, to: Party, header: [u8; HEADER_BYTES], payload: &[u8]) {
        self.queues.send_last(to, header, payload);
    }

    fn recv_header(&self, from: Party) -> Result<[u8; HEADER_BYTES], NetError> {
        self.queues.recv_header(from)
    }

    fn recv_payload(&self, from: Party, buffer: &mut [u8]) -> Result<(), NetError> {
        self.queues.recv_payload(from, buffer)
    }

    fn binding(&self, peer: Party) -> Option<[u8; 32]> {
        let party = self.queues.party();
        (peer != party).then(|| *self.bindings[usize::from(peer != party.next())])
    }

    fn flush(&self) {
        let patience = *lock(&self.deadline);
        for end in &self.ends {
            // Goes on while bytes leave.
            let mut before = usize::MAX;
            loop {
                let left = end.drain(patience);
                if left == 0 || left >= before {
                    break;
                }
                before = left;
            }
        }
    }

    fn shutdown(&self) {
        let Some((ended, tasks)) = lock(&self.running).take() else {
            return;
        };
        // Ends both queues before it waits for either, so that the two flushes overlap.
        for end in &self.ends {
            end.finish();
        }
        for end in &self.ends {
            // What has not left by then is dropped.
            let _ = end.drain(FLUSH);
            end.end_outgoing("closed by this party");
        }
        self.queues.shutdown();
        // Nothing is ever sent: this ends when all tasks have, or when it takes too long.
        let _ = ended.recv_timeout(FLUSH);
        // A peer that does not read would keep its task for ever.
        for task in tasks {
            task.abort();
        }
    }
}

impl Drop for TlsTransport {
    fn drop(&mut self) {
        self.shutdown();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
