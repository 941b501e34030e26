//! The one handle that protocols are written against: party, randomness, messages, declared cost.

mod draws;
mod execution;
pub(crate) mod lanes;
mod messages;
mod pulse;
mod room;

use std::sync::Arc;

use crate::Party;
use crate::net::{Counters, LinksHandle, Mesh};
use crate::prg::Prg;
use crate::protocol::cost::{Cost, Ledger};
use crate::protocol::error::ProtocolError;
use crate::protocol::ranges::RangeBoard;
use crate::protocol::window::Window;
use crate::ring::Ring;

pub use execution::Execution;
pub use pulse::Pulse;

/// The roles of a rotated protocol, as indices into [`Op::roles`].
pub const A: usize = 0;
/// Role B, `P_{r+1}`.
pub const B: usize = 1;
/// Role C, `P_{r+2}`.
pub const C: usize = 2;

/// A key of the session by the component it belongs to: `K_j` is held by both holders of
/// component `j`, `P_{j-1}` and `P_j`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyOf(pub Party);

/// By how many percent the busiest party may exceed what it could be before a call leaves its turn.
const UNEVEN: u64 = 5;

/// Begins an entry of [`Context::note_seen`] in the transcript, where one of [`Context::note`] has the length of a name.
const SEEN: u64 = u64::MAX;

/// Addresses of a lane.
const LANE_OPS: u64 = 1 << 8;

/// One protocol call: its address and rotation.
#[derive(Clone, Copy, Debug)]
pub struct Op {
    id: u64,
    kind: &'static str,
    roles: [Party; 3],
    role: usize,
}

impl Op {
    /// Address of the call, equal at all parties.
    #[must_use]
    pub fn id(self) -> u64 {
        self.id
    }

    /// The protocol that is called.
    #[must_use]
    pub fn kind(self) -> &'static str {
        self.kind
    }

    /// The parties that play A, B, C.
    #[must_use]
    pub fn roles(self) -> [Party; 3] {
        self.roles
    }

    /// Which role this party plays: [`A`], [`B`] or [`C`].
    #[must_use]
    pub fn role(self) -> usize {
        self.role
    }

    /// The key `K_X` of role `role`.
    #[must_use]
    pub fn key(self, role: usize) -> KeyOf {
        KeyOf(self.roles[role])
    }
}

/// State of one party in one session, below tensors.
pub struct Context {
    party: Party,
    /// Absent in an estimate, where nothing is ever sent or drawn.
    links: Option<(Mesh, Prg)>,
    execution: Execution,
    next_op: u64,
    transcript: blake3::Hasher,
    declared: Ledger,
    /// What is told to other threads; lanes tell theirs when they end.
    pulse: Arc<Pulse>,
    /// Bytes declared since roles were last aligned, by party.
    load: [u64; 3],
    truncation: Truncation,
    /// Counters of closed links: since set-up, and of set-up.
    last: (Counters, Counters),
    ranges: Option<Arc<RangeBoard>>,
    layer: String,
    /// In a lane: the rotation of its calls, and what they have declared.
    lane: Option<(usize, Cost)>,
    /// Where messages are received that are consumed piece by piece.
    pub(crate) piece: Vec<u64>,
    /// What this party sees, for the statistical leak tests.
    #[cfg(test)]
    pub(crate) view: Option<crate::protocol::tests::view::View>,
}

/// How products are truncated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Truncation {
    /// Section 3.2: no gross error while `|z| < 2^(k-2)`.
    #[default]
    Faithful,
    /// Section 3.3: as faithful, one round less, `f` bits more.
    Star,
    /// Section 3.1: fewer bits, a gross error with probability `|z| / 2^k`.
    Probabilistic,
    /// To the nearest, by the value alone: what a party holds tells nothing about the rounding. Less than twice the bits
    /// of faithful, in more rounds; (Block-)ReLUs then run as separate steps, as in `Schedule::Classic`.
    Exact,
}

impl Context {
    /// After set-up: live links, agreed keys, and the session digest that starts the transcript.
    #[must_use]
    pub fn new(mesh: Mesh, prg: Prg, session: &[u8; 32], truncation: Truncation) -> Self {
        let mut context = Self::executing(Execution::Live, truncation);
        context.party = mesh.party();
        context.links = Some((mesh, prg));
        context.transcript.update(session);
        context
    }

    /// A context without peers: every protocol only declares its cost.
    #[must_use]
    pub fn estimating(truncation: Truncation) -> Self {
        Self::executing(Execution::Estimate, truncation)
    }

    fn executing(execution: Execution, truncation: Truncation) -> Self {
        Self {
            party: Party::P0,
            links: None,
            execution,
            next_op: 1,
            transcript: blake3::Hasher::new(),
            declared: Ledger::default(),
            pulse: Arc::default(),
            load: [0; 3],
            truncation,
            last: Default::default(),
            ranges: None,
            layer: String::new(),
            lane: None,
            piece: Vec::new(),
            #[cfg(test)]
            view: None,
        }
    }

    pub(crate) fn live_mesh(&mut self) -> Result<&mut Mesh, ProtocolError> {
        self.links
            .as_mut()
            .map(|links| &mut links.0)
            .ok_or(ProtocolError::NoLinks)
    }

    pub(crate) fn live_prg(&mut self) -> Result<&mut Prg, ProtocolError> {
        self.links
            .as_mut()
            .map(|links| &mut links.1)
            .ok_or(ProtocolError::NoLinks)
    }

    /// This party.
    #[must_use]
    pub fn party(&self) -> Party {
        self.party
    }

    /// The truncation protocol of the session.
    #[must_use]
    pub fn truncation(&self) -> Truncation {
        self.truncation
    }

    /// What happens to calls.
    #[must_use]
    pub fn execution(&self) -> Execution {
        self.execution
    }

    /// Whether calls draw, send and compute; otherwise they return zeros of the right form.
    #[must_use]
    pub fn computes(&self) -> bool {
        self.execution.computes()
    }

    /// Lets this happen to calls from now on; returns what happened to them before.
    pub fn set_execution(&mut self, execution: Execution) -> Execution {
        core::mem::replace(&mut self.execution, execution)
    }

    /// Declared totals so far.
    #[must_use]
    pub fn declared(&self) -> &Ledger {
        &self.declared
    }

    /// Measured totals so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.links
            .as_ref()
            .map_or(self.last.0, |links| links.0.counters())
    }

    /// Lets queued frames leave and closes the links; keys are erased.
    pub fn close(&mut self) {
        self.last = (self.counters(), self.setup_counters());
        self.links = None;
    }

    /// What set-up cost.
    #[must_use]
    pub fn setup_counters(&self) -> Counters {
        self.links
            .as_ref()
            .map_or(self.last.1, |links| links.0.setup_counters())
    }

    /// Records the magnitudes of all truncated, compared and opened values on a board shared by the three
    /// parties of one process: for calibration by whoever may see the values.
    pub fn observe_ranges(&mut self, board: Arc<RangeBoard>) {
        self.ranges = Some(board);
    }

    /// Names the layer that following values belong to.
    pub fn set_layer(&mut self, name: &str) {
        name.clone_into(&mut self.layer);
    }

    /// Where a call stands in the program: `layer / protocol`.
    pub(crate) fn path(&self, op: Op) -> String {
        if self.layer.is_empty() {
            op.kind.to_owned()
        } else {
            format!("{} / {}", self.layer, op.kind)
        }
    }

    /// Shows a value that must stay below `2^(k-2)` to the range board, if there is one.
    pub fn observe<R: Ring>(&self, op: Op, part: &[R]) {
        if let (Some(board), true) = (&self.ranges, self.computes()) {
            board.deposit(op.id, self.party, &self.layer, part);
        }
    }

    /// Shows values of which only the sign will be used to the range board, if there is one.
    pub fn observe_sums<R: Ring>(&self, op: Op, window: Window, sums: impl FnOnce() -> Vec<R>) {
        if let (Some(board), true) = (&self.ranges, self.computes()) {
            board.deposit_signed(op.id, self.party, &self.layer, &sums(), window);
        }
    }

    /// Shows a value that is opened to the range board, if there is one.
    pub fn observe_opened<R: Ring>(&self, op: Op, value: impl FnOnce() -> Vec<R>) {
        if let (Some(board), true) = (&self.ranges, self.computes()) {
            board.deposit_opened(op.id, self.party, &self.layer, &value());
        }
    }

    /// The links, for aborting and counting from any thread; none in an estimate.
    #[must_use]
    pub fn handle(&self) -> Option<LinksHandle> {
        self.links.as_ref().map(|links| links.0.handle())
    }

    /// What other threads may know of this context.
    #[must_use]
    pub fn pulse(&self) -> Arc<Pulse> {
        Arc::clone(&self.pulse)
    }

    /// Passes over addresses and forgets what was sent, so that calls have the same rotations from here on each time.
    pub fn align_roles(&mut self) {
        self.next_op = self.next_op.next_multiple_of(3);
        self.load = [0; 3];
    }

    /// Begins a protocol call: assigns its address and rotation and enters it in the transcript.
    ///
    /// `facts` are the public numbers that must agree (lengths, widths, shifts).
    pub fn begin(&mut self, kind: &'static str, facts: &[usize]) -> Op {
        let rotation = self.turn();
        self.begin_as(kind, facts, rotation)
    }

    /// The rotation of the next call by its number, or that of the lane.
    fn turn(&self) -> usize {
        let turn = usize::try_from(self.next_op % 3).unwrap_or(0);
        self.lane.as_ref().map_or(turn, |lane| lane.0)
    }

    /// As [`Self::begin`] and [`Self::declare`]. Leaves the turn of its number, in which calls wait least for each other,
    /// where the busiest party would then have sent 5 percent more than after the lightest rotation, and takes that.
    pub fn begin_costing(
        &mut self,
        kind: &'static str,
        facts: &[usize],
        cost: impl Fn([Party; 3]) -> Cost,
    ) -> Op {
        let busiest = self.busiest(&cost);
        let (turn, lightest) = (self.turn(), lightest(busiest));
        let even = 100 * busiest[turn] <= (100 + UNEVEN) * busiest[lightest];
        let stays = even || self.lane.is_some();
        let op = self.begin_as(kind, facts, if stays { turn } else { lightest });
        self.declare(&cost(op.roles()));
        op
    }

    /// As [`Self::begin`] with party `rotation mod 3` as A: for what an earlier call left in its roles.
    pub fn begin_as(&mut self, kind: &'static str, facts: &[usize], rotation: usize) -> Op {
        let (id, rotation) = (self.next_op, rotation % 3);
        self.next_op += 1;
        self.pulse.begin(id);
        self.note(kind, facts);
        #[cfg(test)]
        self.see_call(id, kind);
        let roles = Party::in_roles(rotation);
        let role = (self.party.index() + 3 - rotation) % 3;
        Op {
            id,
            kind,
            roles,
            role,
        }
    }

    /// Contexts of `count` lanes. Their addresses are over for this one.
    pub(crate) fn fork(&mut self, count: usize) -> Vec<Self> {
        let start = self.next_op;
        let ops = |lane: usize| {
            let start = start + lane as u64 * LANE_OPS;
            start..start + LANE_OPS
        };
        let all = start..ops(count).start;
        self.next_op = all.end;
        self.note("lanes", &[count]);
        let lane = |lane: usize| {
            let own = ops(lane);
            Self {
                links: self.links.as_mut().map(|(mesh, prg)| {
                    let all = all.clone();
                    (mesh.lane(own.clone(), all), prg.lane(own.clone()))
                }),
                next_op: own.start,
                transcript: blake3::Hasher::new(),
                declared: Ledger::default(),
                pulse: Arc::default(),
                load: [0; 3],
                last: Default::default(),
                ranges: self.ranges.clone(),
                layer: self.layer.clone(),
                lane: Some((lane, Cost::local())),
                piece: Vec::new(),
                #[cfg(test)]
                view: self
                    .view
                    .as_ref()
                    .map(crate::protocol::tests::view::View::lane),
                party: self.party,
                execution: self.execution,
                truncation: self.truncation,
            }
        };
        (0..count).map(lane).collect()
    }

    /// Goes on after the lanes of [`Self::fork`], all of which have ended.
    pub(crate) fn join(&mut self, lanes: Vec<Self>) -> Result<(), ProtocolError> {
        let (mut costs, mut meshes) = (Vec::new(), Vec::new());
        for lane in lanes {
            #[cfg(test)]
            if let (Some(view), Some(seen)) = (&mut self.view, lane.view) {
                view.join(seen);
            }
            self.transcript
                .update(lane.transcript.finalize().as_bytes());
            costs.extend(lane.lane.map(|(_, declared)| declared));
            if let (Some((_, prg)), Some((mesh, draws))) = (&mut self.links, lane.links) {
                prg.join(&draws);
                meshes.push(mesh);
            }
        }
        if self.execution.declares() {
            self.declared.add_lanes(&costs);
            self.pulse.tell(&self.declared);
            for cost in &costs {
                self.load = self.loaded(cost);
            }
        }
        match &mut self.links {
            Some((mesh, _)) => Ok(mesh.join(&meshes)?),
            None => Ok(()),
        }
    }

    /// What the busiest party will have sent after a call, by its rotation.
    fn busiest(&self, cost: impl Fn([Party; 3]) -> Cost) -> [u64; 3] {
        [0, 1, 2].map(|rotation| {
            let sent = self.loaded(&cost(Party::in_roles(rotation)));
            sent.into_iter().fold(0, u64::max)
        })
    }

    /// What parties have sent once they have sent `cost` too.
    fn loaded(&self, cost: &Cost) -> [u64; 3] {
        let sent = cost.sent();
        [0, 1, 2].map(|i| self.load[i] + sent[i])
    }

    /// Begins `N` calls of one rotation that run at the same time: their draws and messages may interleave. Of the three
    /// rotations it takes the one of which the busiest party has sent least, given what the calls will cost.
    pub fn begin_group<const N: usize>(
        &mut self,
        kind: &'static str,
        facts: &[usize],
        cost: impl Fn([Party; 3]) -> Cost,
    ) -> [Op; N] {
        let rotation = match &self.lane {
            Some(lane) => lane.0,
            None => lightest(self.busiest(cost)),
        };
        let start = self.next_op;
        let group = core::array::from_fn(|_| self.begin_as(kind, facts, rotation));
        if let Some((_, prg)) = &mut self.links {
            prg.begin_group(start..self.next_op);
        }
        group
    }

    /// Enters public facts in the transcript without a protocol call.
    pub fn note(&mut self, kind: &str, facts: &[usize]) {
        let mut entry = Vec::with_capacity(16 + kind.len() + 8 * facts.len());
        entry.extend_from_slice(&(kind.len() as u64).to_le_bytes());
        entry.extend_from_slice(kind.as_bytes());
        entry.extend_from_slice(&(facts.len() as u64).to_le_bytes());
        for &fact in facts {
            entry.extend_from_slice(&(fact as u64).to_le_bytes());
        }
        self.transcript.update(&entry);
    }

    /// Enters in the transcript what ops looked into: numbers of cells and dimensions.
    pub fn note_seen(&mut self, seen: &[u64]) {
        let words = [SEEN, seen.len() as u64].into_iter();
        for word in words.chain(seen.iter().copied()) {
            self.transcript.update(&word.to_le_bytes());
        }
    }

    /// Declares the cost of the call; every protocol does so before its first message.
    pub fn declare(&mut self, cost: &Cost) {
        if !self.execution.declares() {
            return;
        }
        if let Some((_, declared)) = &mut self.lane {
            *declared = core::mem::take(declared).then(cost.clone());
            return;
        }
        self.declared.add(cost);
        self.pulse.tell(&self.declared);
        self.load = self.loaded(cost);
    }

    /// Digest of everything that must agree with a peer: the transcript and the draws from the key
    /// shared with it.
    #[must_use]
    pub fn digest_for(&self, peer: Party) -> [u8; 32] {
        let mut hasher = self.transcript.clone();
        if let Some((_, prg)) = &self.links {
            hasher.update(&prg.digests()[usize::from(peer == self.party.next())]);
        }
        *hasher.finalize().as_bytes()
    }

    /// Digest of the addresses of all draws from the key that `peer` does not hold.
    #[must_use]
    pub fn draws_hidden_from(&self, peer: Party) -> [u8; 32] {
        let side = usize::from(peer != self.party.next());
        self.links
            .as_ref()
            .map_or([0; 32], |(_, prg)| prg.digests()[side])
    }
}

/// The rotation after which the busiest party has sent least.
fn lightest(busiest: [u64; 3]) -> usize {
    (0..3)
        .min_by_key(|&rotation| busiest[rotation])
        .unwrap_or(0)
}
