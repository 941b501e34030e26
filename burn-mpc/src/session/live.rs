//! The live state of one party's session: protocol context, first failure, remembered constants.

use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::Party;
use crate::error::MpcError;
use crate::net::{AbortCode, AbortReason, Mesh, Transport, lock};
use crate::prg::{PairKeys, Prg, SessionId, SetupError, setup};
use crate::protocol::{self, Context, ProtocolError, RangeBoard, Truncation, Window};
use crate::report::{Meter, Reading, Report};
use crate::ring::Ring;
use crate::session::{Key, Scales, Schedule, SessionConfig, heap, layer_of};

/// What a session does when an op on data that is not constant comes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Runs everything.
    Run,
    /// Runs what is constant, and passes over the rest without a byte: folding before the first
    /// inference.
    Prepare,
    /// Sends nothing at all and adds up declared costs.
    Estimate,
}

/// One party's live session.
pub struct Session {
    id: u16,
    party: Party,
    config: SessionConfig,
    schedule: Schedule,
    scales: Scales,
    context: Mutex<Context>,
    failure: Mutex<Option<MpcError>>,
    memory: Mutex<HashMap<Key, Arc<dyn Any + Send + Sync>>>,
    meter: Mutex<Meter>,
    ranges: Mutex<Option<Arc<RangeBoard>>>,
    preparing: AtomicBool,
    forgetting: AtomicBool,
    estimating: bool,
    parameters: Mutex<u64>,
    shared_seed: [u8; 32],
    shared_draws: Mutex<u64>,
}

impl Session {
    /// Agrees on keys with both peers and opens the session.
    ///
    /// # Errors
    /// A config without headroom, a peer with another config, or a failing link.
    pub fn open(
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
        agree: impl FnOnce(&mut Mesh, [u8; 32]) -> Result<(PairKeys, SessionId), SetupError>,
    ) -> Result<Self, MpcError> {
        let scales = config.scales()?;
        let mut mesh = Mesh::new(transport, config.deadline);
        let (keys, session_id) = agree(&mut mesh, config.digest())?;
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
    pub fn estimate(config: SessionConfig, id: u16) -> Result<Self, MpcError> {
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
        let meter = Meter::start(reading(&context));
        Self {
            id,
            party: context.party(),
            config,
            schedule,
            scales,
            context: Mutex::new(context),
            failure: Mutex::new(None),
            memory: Mutex::new(HashMap::new()),
            meter: Mutex::new(meter),
            ranges: Mutex::new(None),
            preparing: AtomicBool::new(false),
            forgetting: AtomicBool::new(false),
            estimating: seed.is_none(),
            parameters: Mutex::new(0),
            shared_seed: seed.unwrap_or_default(),
            shared_draws: Mutex::new(0),
        }
    }

    /// Number of the session in this process.
    #[must_use]
    pub fn id(&self) -> u16 {
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
    pub fn weight_scale(&self, parameter: &str) -> Option<u32> {
        self.config.weight_scales.of(layer_of(parameter))
    }

    /// The order of the steps of a (Block-)ReLU: that of the config, with the links that were measured.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        self.schedule
    }

    /// The bits that signs of the layer that is being computed are taken from.
    #[must_use]
    pub fn window<R: Ring>(&self) -> Window {
        if self.config.windows.is_full() {
            return Window::full::<R>();
        }
        let window = self.config.windows.of(&self.current_layer());
        window.map_or(Window::full::<R>(), Window::within::<R>)
    }

    /// The truncation of values that are not in a gate.
    #[must_use]
    pub fn truncation(&self) -> Truncation {
        self.schedule.truncation(self.config.truncation)
    }

    /// The first failure, if the session failed.
    #[must_use]
    pub fn failure(&self) -> Option<MpcError> {
        lock(&self.failure).clone()
    }

    /// Ends the session with its first failure and tells the peers.
    pub fn fail(&self, error: &MpcError) {
        let mut failure = lock(&self.failure);
        if failure.is_some() {
            return;
        }
        tracing::error!(party = %self.party, %error, "session failed");
        *failure = Some(error.clone());
        drop(failure);
        let mut context = lock(&self.context);
        let op = context.last_op();
        if let Some(mesh) = context.mesh() {
            let reason = AbortReason {
                code: AbortCode::Local,
                origin: self.party,
                op,
                text: error.public_text(),
            };
            mesh.abort(&reason);
        }
        drop(context);
        lock(&self.memory).clear();
    }

    /// What happens to an op whose result is (not) constant.
    #[must_use]
    pub fn mode(&self) -> Mode {
        if self.estimating {
            Mode::Estimate
        } else if self.preparing.load(Ordering::Relaxed) {
            Mode::Prepare
        } else {
            Mode::Run
        }
    }

    /// Switches preparing on or off.
    pub fn set_preparing(&self, on: bool) {
        self.preparing.store(on, Ordering::Relaxed);
    }

    /// Switches on or off that a weight whose folded form is remembered is itself forgotten.
    pub fn set_forgetting(&self, on: bool) {
        self.forgetting.store(on, Ordering::Relaxed);
    }

    /// Whether a weight whose folded form is remembered is itself forgotten.
    #[must_use]
    pub fn forgets_folded(&self) -> bool {
        self.forgetting.load(Ordering::Relaxed)
    }

    /// Runs a protocol; a failure ends the session.
    ///
    /// # Errors
    /// The protocol's error, or [`MpcError::Closed`] if the session failed before.
    pub fn run<T, E: Into<MpcError>>(
        &self,
        protocol: impl FnOnce(&mut Context) -> Result<T, E>,
    ) -> Result<T, MpcError> {
        if let Some(error) = self.failure() {
            return Err(MpcError::Closed {
                reason: error.to_string(),
            });
        }
        let result = protocol(&mut lock(&self.context)).map_err(Into::into);
        if let Err(error) = &result {
            self.fail(error);
        }
        result
    }

    /// Runs `work` charged to a layer. `skipped` work declares nothing and sends nothing.
    pub fn layer<T>(
        &self,
        op: &str,
        path: Option<&str>,
        skipped: bool,
        work: impl FnOnce() -> T,
    ) -> T {
        let was = {
            let mut context = lock(&self.context);
            let mut meter = lock(&self.meter);
            meter.enter(reading(&context), op, path);
            context.set_layer(meter.current());
            drop(meter);
            context.set_dry(skipped)
        };
        let result = work();
        let mut context = lock(&self.context);
        context.set_dry(was);
        let mut meter = lock(&self.meter);
        meter.exit(reading(&context));
        // What follows belongs to the layer around.
        context.set_layer(meter.current());
        drop(meter);
        result
    }

    /// Runs `work` as a part of the model called `path`: ops in it that have no path of their own, such as a
    /// comparison, are charged to one line of that name in the report, also where they are computed later.
    pub fn scope<T>(&self, path: &str, work: impl FnOnce() -> T) -> T {
        {
            let mut context = lock(&self.context);
            lock(&self.meter).enter_scope(reading(&context), path);
            context.set_layer(path);
        }
        let result = work();
        let mut context = lock(&self.context);
        let mut meter = lock(&self.meter);
        meter.exit(reading(&context));
        context.set_layer(meter.current());
        drop(meter);
        result
    }

    /// Name of the scope that is open, if no layer was opened in it.
    #[must_use]
    pub fn current_scope(&self) -> Option<Arc<str>> {
        lock(&self.meter).scope().map(Arc::from)
    }

    /// Enters public facts in the transcript, which the parties compare before anything is opened:
    /// ops that send nothing must agree as well.
    pub fn note(&self, kind: &str, facts: &[usize]) {
        lock(&self.context).note(kind, facts);
    }

    /// As [`Self::note`] for bytes.
    pub fn note_bytes(&self, kind: &str, bytes: &[u8]) {
        let facts: Vec<usize> = bytes.iter().map(|&byte| usize::from(byte)).collect();
        self.note(kind, &facts);
    }

    /// As [`Self::note`] for public numbers.
    pub fn note_numbers(&self, kind: &str, numbers: &[f64]) {
        let uniform = numbers.split_first().filter(|(first, rest)| {
            let same = |number: &f64| number.to_bits() == first.to_bits();
            rest.iter().all(same)
        });
        let (numbers, count) = match uniform {
            Some((first, _)) => (core::slice::from_ref(first), numbers.len()),
            None => (numbers, 1),
        };
        let bits = numbers.iter().flat_map(|number| {
            let bits = number.to_bits();
            [(bits >> 32) as usize, (bits & u64::from(u32::MAX)) as usize]
        });
        self.note(kind, &bits.chain([count]).collect::<Vec<_>>());
    }

    /// A value remembered for this session, or computes and remembers it.
    ///
    /// # Errors
    /// That of `compute`.
    pub fn remember<T: Clone + Send + Sync + 'static>(
        &self,
        key: Key,
        compute: impl FnOnce() -> Result<T, MpcError>,
    ) -> Result<T, MpcError> {
        if let Some(value) = lock(&self.memory)
            .get(&key)
            .and_then(|value| value.downcast_ref::<T>())
        {
            return Ok(value.clone());
        }
        // What is the same in every inference comes out of no layer.
        let board = lock(&self.ranges).clone();
        let set = |constant| board.as_ref().map(|b| b.set_constant(self.party, constant));
        let before = set(true);
        let value = compute();
        set(before.unwrap_or_default());
        let value = value?;
        lock(&self.memory).insert(key, Arc::new(value.clone()));
        Ok(value)
    }

    /// A fresh key for a parameter; the same at all parties because all share in the same order.
    #[must_use]
    pub fn parameter_key(&self) -> Key {
        let mut count = lock(&self.parameters);
        *count += 1;
        Key::of(&[b"parameter", &self.shared_seed, &count.to_le_bytes()])
    }

    /// `len` public random numbers in [0, 1), the same at all parties: the stream is seeded by the
    /// session id, to which all three contributed (decision D12).
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    pub fn shared_random(&self, len: usize) -> Vec<f64> {
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
    pub fn observe_ranges(&self, board: &Arc<RangeBoard>) {
        lock(&self.context).observe_ranges(Arc::clone(board));
        *lock(&self.ranges) = Some(Arc::clone(board));
    }

    /// Tells that board, if there is one, that a linear layer was computed with a weight of `frac` fractional bits.
    pub fn produced<R: Ring>(&self, weight: &str, frac: u32, share: impl FnOnce() -> Vec<R>) {
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
        *lock(&self.failure) = Some(MpcError::Closed {
            reason: "it was closed in good order".into(),
        });
        lock(&self.memory).clear();
        lock(&self.context).close();
        Ok(())
    }

    /// What this party sent since it connected, set-up included: bytes and rounds.
    #[must_use]
    pub fn spent(&self) -> (u64, u32) {
        let context = lock(&self.context);
        let (setup, since) = (context.setup_counters(), context.counters());
        (
            setup.bytes_sent + since.bytes_sent,
            setup.round + since.round,
        )
    }

    /// Runs `work` without letting it advance the shared random stream: for what only one party does.
    pub fn without_shared_draws<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = *lock(&self.shared_draws);
        let result = work();
        *lock(&self.shared_draws) = before;
        result
    }

    /// Starts a measured span.
    pub fn start_measuring(&self) {
        let now = reading(&lock(&self.context));
        *lock(&self.meter) = Meter::start(now);
    }

    /// The bill of the span so far.
    #[must_use]
    pub fn report(&self) -> Report {
        let now = reading(&lock(&self.context));
        lock(&self.meter).report(now, self.party.index())
    }

    /// Counts a reveal.
    pub fn count_reveal(&self, label: &str) {
        lock(&self.meter).reveal(label);
    }

    /// Name of the layer that is being computed.
    #[must_use]
    pub fn current_layer(&self) -> String {
        lock(&self.meter).current().to_owned()
    }
}

fn reading(context: &Context) -> Reading {
    let counters = context.counters();
    let declared = context.declared();
    Reading {
        at: Instant::now(),
        bytes_sent: counters.bytes_sent,
        frames_sent: counters.frames_sent,
        rounds: declared.rounds(),
        clock: counters.round,
        declared: declared.sent(),
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
