//! The live state of one party's session: protocol context, first failure, remembered constants.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use crate::Party;
use crate::error::MpcError;
use crate::prg::{PairKeys, Prg, SessionId, SetupError, setup};
use crate::protocol::{self, Context, Execution, ProtocolError, RangeBoard, Truncation, Window};
use crate::report::Meter;
use crate::ring::Ring;
use crate::session::constants::{Constants, Parameters};
use crate::session::observe::Watch;
use crate::session::owner::Owner;
use crate::session::plan::Plan;
use crate::session::{Scales, Schedule, SessionConfig, heap, layer_of};
use crate::sync::lock;
use burn_mpc_engine::net::{AbortCode, AbortReason, Mesh, Transport};

/// One party's live session.
pub struct Session {
    id: u16,
    party: Party,
    config: SessionConfig,
    schedule: Schedule,
    scales: Scales,
    pub(super) context: Mutex<Context>,
    /// Which thread may issue ops.
    pub(super) owner: Owner,
    /// What other threads see and do while an op waits.
    pub(super) watch: Watch,
    pub(super) failure: Mutex<Option<MpcError>>,
    pub(super) memory: Mutex<Constants>,
    pub(super) meter: Mutex<Meter>,
    pub(super) ranges: Mutex<Option<Arc<RangeBoard>>>,
    /// What happens to ops.
    pub(super) plan: Mutex<Plan>,
    /// Number of the next cell.
    pub(super) cells: AtomicU64,
    /// Cells that were looked into and are not in the transcript yet.
    pub(super) seen: Mutex<Vec<u64>>,
    pub(super) parameters: Mutex<Parameters>,
    pub(super) shared_seed: [u8; 32],
    shared_draws: Mutex<u64>,
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

    /// As [`Self::open`], with another way to agree on keys.
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
        let schedule = config.schedule.measured(&mut mesh, config.deadline)?;
        let seed = session_id.as_bytes();
        let mut context = Context::new(mesh, Prg::new(&keys), seed, config.truncation);
        context.note("schedule", &schedule.facts());
        let seed = Some(*seed);
        Ok(Self::with_context(
            context, config, schedule, scales, id, seed,
        ))
    }

    /// A session of no parties, in which ops only declare their cost.
    ///
    /// # Errors
    /// A config without headroom, or one that would measure links.
    pub(crate) fn estimate(config: SessionConfig, id: u16) -> Result<Self, MpcError> {
        let scales = config.scales()?;
        let schedule = config.schedule.unmeasured()?;
        let context = Context::estimating(config.truncation);
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
            id,
            party: context.party(),
            config,
            schedule,
            scales,
            context: Mutex::new(context),
            owner: Owner::default(),
            watch,
            failure: Mutex::new(None),
            memory: Mutex::new(memory),
            meter: Mutex::new(meter),
            ranges: Mutex::new(None),
            plan: Mutex::new(Plan::of(execution)),
            cells: AtomicU64::new(1),
            seen: Mutex::default(),
            parameters: Mutex::default(),
            shared_seed: seed.unwrap_or_default(),
            shared_draws: Mutex::new(0),
        }
    }

    /// Number of the session in this process.
    #[must_use]
    pub(crate) fn id(&self) -> u16 {
        self.id
    }

    /// This party.
    #[must_use]
    pub fn party(&self) -> Party {
        self.party
    }

    /// The agreed parameters.
    #[must_use]
    pub fn config(&self) -> &SessionConfig {
        &self.config
    }

    /// The scales in force.
    #[must_use]
    pub fn scales(&self) -> Scales {
        self.scales
    }

    /// Fractional bits of the weight of the layer that a parameter belongs to, if it has a scale of its own.
    #[must_use]
    pub(crate) fn weight_scale(&self, parameter: &str) -> Option<u32> {
        self.config.weight_scales.of(layer_of(parameter))
    }

    /// The order of the steps of a (Block-)ReLU: that of the config, with the links that were measured.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        self.schedule
    }

    /// The bits that signs of the layer that is being computed are taken from.
    #[must_use]
    pub(crate) fn window<R: Ring>(&self) -> Window {
        if self.config.windows.is_full() {
            return Window::full::<R>();
        }
        let window = self.config.windows.of(&self.current_layer());
        window.map_or(Window::full::<R>(), Window::within::<R>)
    }

    /// The truncation of values that are not in a gate.
    #[must_use]
    pub(crate) fn truncation(&self) -> Truncation {
        self.schedule.truncation(self.config.truncation)
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
                return Err(MpcError::Failed {
                    first: first.to_string(),
                });
            }
        }
        self.claim("a protocol")?;
        let result = protocol(&mut self.context()).map_err(Into::into);
        result.map_err(|error| self.fail(&error))
    }

    /// Runs `work` charged to a layer; `execution` happens to its protocol calls.
    pub(crate) fn layer<T>(
        &self,
        op: &str,
        path: Option<&str>,
        execution: Execution,
        work: impl FnOnce() -> T,
    ) -> T {
        let was = {
            let mut context = lock(&self.context);
            let mut meter = lock(&self.meter);
            meter.enter(self.watch.reading(), op, path);
            context.set_layer(meter.current());
            drop(meter);
            context.set_execution(execution)
        };
        let result = work();
        let mut context = lock(&self.context);
        context.set_execution(was);
        let mut meter = lock(&self.meter);
        meter.exit(self.watch.reading());
        // What follows belongs to the layer around.
        context.set_layer(meter.current());
        drop(meter);
        result
    }

    /// Runs `work` as a part of the model called `path`: ops in it that have no path of their own, such as a
    /// comparison, are charged to one line of that name in the report, also where they are computed later.
    pub fn scope<T>(&self, path: &str, work: impl FnOnce() -> T) -> T {
        if self.claim(path).is_err() {
            return work();
        }
        {
            let mut context = lock(&self.context);
            let mut meter = lock(&self.meter);
            meter.enter_scope(self.watch.reading(), path);
            context.set_layer(meter.current());
        }
        let result = work();
        let mut context = lock(&self.context);
        let mut meter = lock(&self.meter);
        meter.exit(self.watch.reading());
        context.set_layer(meter.current());
        drop(meter);
        result
    }

    /// Name of the scope that is open, if no layer was opened in it.
    #[must_use]
    pub(crate) fn current_scope(&self) -> Option<Arc<str>> {
        lock(&self.meter).scope().map(Arc::from)
    }

    /// `len` public random numbers in [0, 1), the same at all parties: the stream is seeded by the
    /// session id, to which all three contributed (decision D12).
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    pub fn shared_random(&self, len: usize) -> Vec<f64> {
        // A session of two threads has no common order of draws: it fails, and what is drawn is of no use.
        let _ = self.claim("random");
        let mut draws = lock(&self.shared_draws);
        *draws += 1;
        let mut hasher = blake3::Hasher::new_keyed(&self.shared_seed);
        hasher.update(&draws.to_le_bytes());
        let mut words = vec![0_u64; len];
        hasher
            .finalize_xof()
            .fill(bytemuck::cast_slice_mut(&mut words));
        words
            .into_iter()
            .map(|word| (word >> 11) as f64 / 2_f64.powi(53))
            .collect()
    }

    /// Shows magnitudes to a board shared by the three parties of this process.
    pub(crate) fn observe_ranges(&self, board: &Arc<RangeBoard>) {
        lock(&self.context).observe_ranges(Arc::clone(board));
        *lock(&self.ranges) = Some(Arc::clone(board));
    }

    /// Tells that board, if there is one, that a linear layer was computed with a weight of `frac` fractional bits.
    pub(crate) fn produced<R: Ring>(
        &self,
        weight: &str,
        frac: u32,
        share: impl FnOnce() -> Vec<R>,
    ) {
        if let Some(board) = lock(&self.ranges).clone() {
            board.produced(self.party, layer_of(weight), frac, &share());
        }
    }

    /// Waits until both peers are here, comparing transcripts. Afterwards clocks are level and the next
    /// call has the roles of a first one, so that spans that begin here cost the same at every party
    /// each time.
    ///
    /// # Errors
    /// Diverging programs; failure of a link.
    pub fn synchronise(&self) -> Result<(), MpcError> {
        // Later than the set-up, whose freed memory is not wanted again.
        heap::keep_freed_memory();
        self.run(|ctx| {
            // After one exchange a party that was alone ahead is one link behind; after two all are level.
            protocol::agree(ctx)?;
            protocol::agree(ctx)?;
            ctx.align_roles();
            Ok::<_, ProtocolError>(())
        })
    }

    /// Ends the session in good order: waits until both peers are here, lets the last frames leave and
    /// closes the links. Later ops fail.
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

    /// Runs `work` without letting it advance the shared random stream: for what only one party does.
    pub(crate) fn without_shared_draws<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = *lock(&self.shared_draws);
        let result = work();
        *lock(&self.shared_draws) = before;
        result
    }

    /// Name of the layer that is being computed.
    #[must_use]
    pub(crate) fn current_layer(&self) -> String {
        lock(&self.meter).current().to_owned()
    }
}

impl core::fmt::Debug for Session {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .field("party", &self.party)
            .finish_non_exhaustive()
    }
}
