//! [`SecretTensor`], the state of its cell, and deferred work. These types refer to each other; accessors that do not
//! need the cell are in `view.rs`.

use core::fmt::Debug;
use std::any::Any;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::MpcError;
use crate::fixed::{Fixed, Form};
use crate::ring::Ring;
use crate::session::{Execution, Key, MpcDevice, Session, Shadow};
use crate::share::{BitShare, Rss};
use crate::tensor::{Bound, Kind, elements};

/// What a cell holds.
#[derive(Clone, Debug)]
pub enum State<R: Ring> {
    /// Numbers with their scale.
    Numbers(Fixed<Form<R>>),
    /// Shared bits, and their ring elements once they were needed.
    Bits {
        /// The shares.
        bits: BitShare,
        /// The same as ring elements 0 and 1.
        lifted: Option<Rss<R>>,
    },
    /// Work that waits until its result is needed.
    Deferred(Arc<dyn Deferred<R>>),
    /// The result of an op in a failed session: holds nothing.
    Poisoned,
    /// A weight that was kept only in its folded form.
    Forgotten,
}

impl<R: Ring> State<R> {
    /// Whether the state is deferred work.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        matches!(self, Self::Deferred(_))
    }

    /// The operands of the work, in the order in which it asks for their elements.
    #[must_use]
    pub fn operands(&self) -> Vec<SecretTensor<R>> {
        match self {
            Self::Deferred(node) => node.operands(),
            _ => Vec::new(),
        }
    }

    /// Takes the operands out of deferred work, if nobody else holds that work.
    fn into_operands(self) -> Vec<SecretTensor<R>> {
        match self {
            Self::Deferred(node) => node.into_operands(),
            _ => Vec::new(),
        }
    }

    /// The length of the longest chain of deferred nodes that a new tensor of that state would have.
    fn depth(&self) -> usize {
        let below = |tensor: &SecretTensor<R>| {
            let waits = tensor.state().is_waiting();
            if waits { tensor.depth() } else { 0 }
        };
        if !self.is_waiting() {
            return 0;
        }
        1 + self.operands().iter().map(below).max().unwrap_or(0)
    }
}

/// What a deferred value is needed for. One need may be cheaper to compute for than another. Whatever the need, the
/// answer may be any of [`Forced`], and the caller converts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Numbers, in whatever form they come.
    Numbers,
    /// Numbers that will be replicated and compared.
    Comparison,
    /// Truth values.
    Bits,
}

/// The result of computing a deferred value.
#[derive(Clone, Debug)]
pub enum Forced<R: Ring> {
    /// Numbers, which the tensor keeps.
    Numbers(Fixed<Form<R>>),
    /// Bits, which the tensor keeps.
    Bits(BitShare),
    /// Bits taken from another tensor, which keeps them.
    Taken(BitShare),
}

/// A node of deferred work: what it is made of, and how it is computed.
///
/// The rules of `ops`, which match nodes by type, say which nodes fuse.
pub trait Deferred<R: Ring>: Any + Debug + Send + Sync {
    /// The operands of the work, in the order in which it asks for their elements.
    fn operands(&self) -> Vec<SecretTensor<R>>;

    /// Takes out the operands, if nobody else holds the node. A loop over them drops deep programs without recursion.
    fn into_operands(self: Arc<Self>) -> Vec<SecretTensor<R>>;

    /// Does the work.
    ///
    /// # Errors
    /// Those of the op; the session's failure.
    fn force(
        &self,
        session: &Session,
        execution: Execution,
        need: Need,
    ) -> Result<Forced<R>, MpcError>;
}

/// What clones and views of a tensor share.
struct Cell<R: Ring> {
    /// Number in the session, the same at all parties; 0 without a session.
    number: u64,
    /// Whether its elements are zeros in place of work that preparing skipped.
    hollow: AtomicBool,
    state: Mutex<State<R>>,
    /// The length of the longest chain of deferred nodes when the cell was made.
    depth: usize,
    /// Placeholder of the right form and scale, kept while work on the cell is skipped; never read in a run.
    skipped: Mutex<Option<Fixed<Form<R>>>>,
}

/// A secret tensor of one party. Clones and reshaped views share one cell, so that nothing is
/// reshared or computed twice.
#[derive(Clone)]
#[must_use]
pub struct SecretTensor<R: Ring> {
    pub(super) shape: Vec<usize>,
    pub(super) kind: Kind,
    pub(super) device: MpcDevice,
    cell: Arc<Cell<R>>,
    pub(super) key: Option<Key>,
    pub(super) bound: Bound,
    /// See [`Self::reach`].
    pub(super) reach: Option<f64>,
    pub(super) beside: Option<Arc<Beside>>,
    pub(super) shadow: Option<Arc<Shadow>>,
}

/// What few tensors have.
pub(super) enum Beside {
    /// See [`SecretTensor::path`].
    Path(Arc<str>),
    /// See [`SecretTensor::aside`].
    Aside(Arc<dyn Any + Send + Sync>),
}

impl<R: Ring> SecretTensor<R> {
    /// A tensor of that state.
    pub(crate) fn new(device: &MpcDevice, shape: Vec<usize>, kind: Kind, state: State<R>) -> Self {
        let depth = state.depth();
        Self {
            shape,
            kind,
            device: device.clone(),
            cell: Arc::new(Cell {
                number: device.session().map_or(0, |session| session.next_cell()),
                hollow: AtomicBool::new(false),
                depth,
                state: Mutex::new(state),
                skipped: Mutex::new(None),
            }),
            key: None,
            bound: Bound::NONE,
            reach: None,
            beside: None,
            shadow: None,
        }
    }

    /// Computed numbers.
    pub(crate) fn of_numbers(
        device: &MpcDevice,
        shape: Vec<usize>,
        kind: Kind,
        numbers: impl Into<Fixed<Form<R>>>,
    ) -> Self {
        let numbers = numbers.into();
        debug_assert_eq!(numbers.share.len(), elements(&shape));
        Self::new(device, shape, kind, State::Numbers(numbers))
    }

    /// Shared bits.
    pub(crate) fn of_bits(device: &MpcDevice, shape: Vec<usize>, bits: BitShare) -> Self {
        Self::new(
            device,
            shape,
            Kind::Bool,
            State::Bits { bits, lifted: None },
        )
    }

    /// A tensor whose elements `node` computes when they are needed.
    pub(crate) fn deferred(
        device: &MpcDevice,
        shape: Vec<usize>,
        kind: Kind,
        node: impl Deferred<R>,
    ) -> Self {
        let state = State::Deferred(Arc::new(node));
        Self::new(device, shape, kind, state)
    }

    /// The deferred node of the tensor, if it is one of type `N`. Notes the read in the transcript, as [`Self::state`]
    /// does.
    #[must_use]
    pub(crate) fn waits_as<N: Deferred<R>>(&self) -> Option<Arc<N>> {
        match self.state() {
            State::Deferred(node) => {
                let node: Arc<dyn Any + Send + Sync> = node;
                node.downcast().ok()
            }
            _ => None,
        }
    }

    /// The result of an op in a failed session.
    pub(crate) fn poisoned(device: &MpcDevice, shape: Vec<usize>, kind: Kind) -> Self {
        Self::new(device, shape, kind, State::Poisoned)
    }

    /// Fractional bits, if the elements are computed. They are public, so that the read is not noted in the transcript.
    #[must_use]
    pub(crate) fn frac(&self) -> Option<u32> {
        match &*crate::sync::lock(&self.cell.state) {
            State::Numbers(numbers) => Some(numbers.frac),
            _ => None,
        }
    }

    /// Marks the elements as zeros in place of skipped work, which a run refuses. Does nothing while they are deferred.
    pub(crate) fn mark_hollow(&self) {
        if !crate::sync::lock(&self.cell.state).is_waiting() {
            self.cell.hollow.store(true, Ordering::Relaxed);
        }
    }

    /// Whether both are views of one cell.
    #[must_use]
    pub(crate) fn shares_cell(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.cell, &other.cell)
    }

    /// The length of the longest chain of deferred nodes when the tensor was made: 0 if nothing was deferred.
    #[must_use]
    pub(crate) fn depth(&self) -> usize {
        self.cell.depth
    }

    /// Identifies the cell while the tensor lives.
    #[must_use]
    pub(crate) fn cell_id(&self) -> usize {
        Arc::as_ptr(&self.cell) as usize
    }

    /// A copy of the state; cheap, since data are shared. Notes in the session's transcript which cell was read and
    /// under which dimensions, so that parties whose ops have different operands stop before anything is opened.
    #[must_use]
    pub(crate) fn state(&self) -> State<R> {
        if let Some(session) = self.device.session() {
            session.note_seen(self.cell.number, &self.shape);
            if self.cell.hollow.load(Ordering::Relaxed) && session.execution(false).computes() {
                session.fail(&MpcError::Prepared {
                    party: session.party(),
                });
                return State::Poisoned;
            }
        }
        crate::sync::lock(&self.cell.state).clone()
    }

    /// Compares the value with its plaintext twin, if there is one and the value is computed. No op reads it so.
    pub(super) fn compare_computed(&self) {
        if self.shadow.is_some() && !self.cell.hollow.load(Ordering::Relaxed) {
            let state = crate::sync::lock(&self.cell.state).clone();
            self.compare(&state);
        }
    }

    /// The placeholder that skipped work left.
    #[must_use]
    pub(crate) fn skipped(&self) -> Option<Fixed<Form<R>>> {
        crate::sync::lock(&self.cell.skipped).clone()
    }

    /// Keeps a placeholder for [`Self::skipped`]; the state stays as it is.
    pub(crate) fn skip(&self, placeholder: Fixed<Form<R>>) {
        *crate::sync::lock(&self.cell.skipped) = Some(placeholder);
    }

    /// Replaces the state by an equivalent one (reshared, truncated, computed).
    pub(crate) fn settle(&self, state: State<R>) {
        self.compare(&state);
        *crate::sync::lock(&self.cell.state) = state;
    }
}

impl<R: Ring> Drop for Cell<R> {
    /// Drops deferred work by a loop, since programs may be deeper than the stack.
    fn drop(&mut self) {
        let mut states = vec![self.take()];
        while let Some(state) = states.pop() {
            for tensor in state.into_operands() {
                // The cell's state is taken out before the cell is dropped, so that its drop does not recurse.
                let cell = Arc::into_inner(tensor.cell);
                states.extend(cell.map(|mut cell| cell.take()));
            }
        }
    }
}

impl<R: Ring> Cell<R> {
    fn take(&mut self) -> State<R> {
        let state = self.state.get_mut();
        let state = state.unwrap_or_else(PoisonError::into_inner);
        core::mem::replace(state, State::Poisoned)
    }
}
