//! One party's session: how it opens, runs protocols, and ends.

use std::sync::{Mutex, OnceLock};

use crate::error::MpcError;
use crate::prg::{PairKeys, Prg, SessionId, SetupError, setup};
use crate::protocol::{self, Context, ProtocolError};
use crate::report::Meter;
use crate::session::advice::ADVICE;
use crate::session::parts::{Cells, Constants, Owner, Plan, Settings, SharedRandom, Watch};
use crate::session::{Scales, Schedule, SessionConfig, Shadows, heap};
use crate::sync::lock;
use burn_mpc_engine::net::{AbortCode, AbortReason, Mesh, Transport};

/// One party's live session.
pub struct Session {
    pub(super) settings: Settings,
    pub(super) context: Mutex<Context>,
    /// Which thread may issue ops.
    pub(super) owner: Owner,
    /// What other threads see and do while an op waits.
    pub(super) watch: Watch,
    pub(super) failure: Mutex<Option<MpcError>>,
    /// What is computed once.
    pub(super) memory: Mutex<Constants>,
    pub(super) meter: Mutex<Meter>,
    /// Whether ops run, are estimated or are skipped.
    pub(super) plan: Mutex<Plan>,
    pub(super) cells: Cells,
    pub(super) random: SharedRandom,
    /// Plaintext twins, where one process plays all parties and may see all values.
    pub(super) shadows: OnceLock<Shadows>,
}

impl Session {
    /// Agrees on keys with both peers and opens the session.
    ///
    /// # Errors
    /// A config without headroom, a peer with another config, or a failing link.
    pub(crate) fn open(
        transport: Box<dyn Transport>,
        config: SessionConfig,
        id: u16,
    ) -> Result<Self, MpcError> {
        Self::open_with(transport, config, id, setup::agree)
    }

    /// Opens the session with the keys that `agree` returns.
    pub(super) fn open_with(
        transport: Box<dyn Transport>,
        config: SessionConfig,
        id: u16,
        agree: impl FnOnce(&mut Mesh, &str) -> Result<(PairKeys, SessionId), SetupError>,
    ) -> Result<Self, MpcError> {
        let mut mesh = Mesh::new(transport, config.deadline);
        let scales = config.scales().inspect_err(|error| {
            mesh.abort(&AbortReason {
                code: AbortCode::Local,
                origin: mesh.party(),
                op: 0,
                text: error.public_text(),
            });
        })?;
        let (keys, session_id) = agree(&mut mesh, &config.canonical())?;
        ADVICE.give(&config);
        let schedule = config.schedule.measured(&mut mesh, config.deadline)?;
        let seed = session_id.as_bytes();
        let context = Context::new(mesh, Prg::new(&keys), seed, config.truncation);
        let mut context = context.checked(config.checked);
        context.note("schedule", &schedule.facts());
        let seed = Some(*seed);
        Ok(Self::with_context(
            context, config, schedule, scales, id, seed,
        ))
    }

    /// A session without peers, in which ops only declare their cost.
    ///
    /// # Errors
    /// A config without headroom, or one that would measure links.
    pub(crate) fn estimate(config: SessionConfig, id: u16) -> Result<Self, MpcError> {
        let scales = config.scales()?;
        let schedule = config.schedule.unmeasured()?;
        let context = Context::estimating(config.truncation).checked(config.checked);
        Ok(Self::with_context(
            context, config, schedule, scales, id, None,
        ))
    }

    fn with_context(
        context: Context,
        config: SessionConfig,
        schedule: Schedule,
        scales: Scales,
        id: u16,
        seed: Option<[u8; 32]>,
    ) -> Self {
        let (watch, execution) = (Watch::of(&context), context.execution());
        let meter = Meter::start(watch.reading());
        let memory = Constants::new(config.constants_budget);
        Self {
            settings: Settings {
                id,
                party: context.party(),
                config,
                schedule,
                scales,
            },
            context: Mutex::new(context),
            owner: Owner::default(),
            watch,
            failure: Mutex::new(None),
            memory: Mutex::new(memory),
            meter: Mutex::new(meter),
            plan: Mutex::new(Plan::of(execution)),
            cells: Cells::default(),
            random: SharedRandom::new(seed.unwrap_or_default()),
            shadows: OnceLock::new(),
        }
    }

    /// Runs a protocol; a failure ends the session.
    ///
    /// # Errors
    /// The protocol's error, or [`MpcError::Closed`] or [`MpcError::Failed`] if the session has ended.
    pub(crate) fn run<T, E: Into<MpcError>>(
        &self,
        protocol: impl FnOnce(&mut Context) -> Result<T, E>,
    ) -> Result<T, MpcError> {
        match self.failure() {
            None => {}
            Some(MpcError::Closed) => return Err(MpcError::Closed),
            Some(first) => {
                let first = Box::new(first);
                return Err(MpcError::Failed { first });
            }
        }
        self.claim("a protocol")?;
        let result = protocol(&mut self.context()).map_err(Into::into);
        result.map_err(|error| self.fail(&error))
    }

    /// Waits for both peers and compares transcripts. Afterwards all clocks are equal and the next call has the roles
    /// of a session's first, so that a span that begins here costs each party the same every time.
    ///
    /// # Errors
    /// Diverging programs; failure of a link.
    pub fn synchronise(&self) -> Result<(), MpcError> {
        // After the set-up, whose freed memory is not needed again.
        heap::keep_freed_memory();
        self.run(|ctx| {
            // After one exchange, a party whose clock alone was ahead is one link behind; after two, all clocks are
            // equal.
            protocol::agree(ctx)?;
            protocol::agree(ctx)?;
            ctx.align_roles();
            Ok::<_, ProtocolError>(())
        })
    }

    /// Ends the session in good order: waits for both peers, lets the last frames leave and closes the links. Later ops
    /// fail.
    ///
    /// # Errors
    /// Diverging programs; failure of a link.
    pub fn close(&self) -> Result<(), MpcError> {
        self.synchronise()?;
        lock(&self.failure).get_or_insert(MpcError::Closed);
        lock(&self.memory).clear();
        self.watch.close();
        lock(&self.context).close();
        Ok(())
    }
}

impl core::fmt::Debug for Session {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.settings.id)
            .field("party", &self.settings.party)
            .finish_non_exhaustive()
    }
}
