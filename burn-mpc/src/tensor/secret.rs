//! [`SecretTensor`]: shape and device around a shared cell that holds the lazy sharing state.

use core::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::error::MpcError;
use crate::ring::{self, Ring};
use crate::session::{Footprint, Key, MpcDevice};
use crate::share::{Additive, BitShare, Rss, TwoOfTwo};
use crate::tensor::chain;
use crate::tensor::{Bound, PendingGate, PendingLinear, PendingSign, PendingSpread, elements};

/// Burn's kind of tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Fixed-point numbers.
    Float,
    /// Integers.
    Int,
    /// Truth values.
    Bool,
}

/// The sharing state of ring elements.
#[derive(Clone, Debug)]
pub enum Form<R> {
    /// Ready for products, comparisons and opening.
    Rss(Rss<R>),
    /// The result of a local product: linear ops only, until it is reshared.
    Additive(Additive<R>),
    /// Held by two parties: as additive, and cheaper to replicate.
    TwoOfTwo(TwoOfTwo<R>),
    /// Runs of consecutive elements, each held by two parties of its own.
    Lanes(Arc<[TwoOfTwo<R>]>),
}

impl<R: Ring> Form<R> {
    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Rss(share) => share.len(),
            Self::Additive(share) => share.len(),
            Self::TwoOfTwo(share) => share.len(),
            Self::Lanes(runs) => runs.iter().map(TwoOfTwo::len).sum(),
        }
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether this is no more than a number of elements: see [`Rss::counted`].
    #[must_use]
    pub fn is_counted(&self) -> bool {
        match self {
            Self::Rss(share) => share.is_counted(),
            Self::Additive(share) => share.is_counted(),
            Self::TwoOfTwo(share) => share.is_counted(),
            Self::Lanes(runs) => runs.iter().any(TwoOfTwo::is_counted),
        }
    }

    /// Applies a linear map to every component. `len` is the number of elements of the result.
    #[must_use]
    pub fn map_to(&self, len: usize, map: impl Fn(&[R]) -> Vec<R>) -> Self {
        match self {
            Self::Rss(share) => Self::Rss(share.map_to(len, map)),
            Self::Additive(share) => Self::Additive(share.map_to(len, map)),
            Self::TwoOfTwo(share) => Self::TwoOfTwo(share.map_to(len, map)),
            // The map may mix elements of different runs.
            Self::Lanes(runs) => {
                Self::Additive(TwoOfTwo::concat_to_additive(runs).map_to(len, map))
            }
        }
    }

    /// As [`Self::map_to`] to as many elements.
    #[must_use]
    pub fn map_each(&self, map: impl Fn(&[R]) -> Vec<R>) -> Self {
        self.map_to(self.len(), map)
    }

    /// Applies a linear map of two tensors to as many elements as the first has; a mixed pair becomes additive.
    #[must_use]
    pub fn zip_each(&self, other: &Self, map: impl Fn(&[R], &[R]) -> Vec<R>) -> Self {
        match (self, other) {
            (Self::Rss(a), Self::Rss(b)) => Self::Rss(a.zip_each(b, map)),
            (Self::TwoOfTwo(a), Self::TwoOfTwo(b)) if a.rotation() == b.rotation() => {
                Self::TwoOfTwo(a.zip_each(b, map))
            }
            (a, b) => Self::Additive(a.to_additive().zip_each(&b.to_additive(), map)),
        }
    }

    /// As [`Self::zip_each`], in place where nobody else holds the first.
    #[must_use]
    pub fn update(self, other: &Self, map: impl Fn(&mut [R], &[R])) -> Self {
        match (self, other) {
            (Self::Rss(a), Self::Rss(b)) => Self::Rss(a.update(b, map)),
            (Self::Additive(a), b) => Self::Additive(a.update(&b.to_additive(), map)),
            (a, b) => Self::Additive(a.to_additive().update(&b.to_additive(), map)),
        }
    }

    /// As an additive share; local.
    pub fn to_additive(&self) -> Additive<R> {
        match self {
            Self::Rss(share) => share.to_additive(),
            Self::Additive(share) => share.clone(),
            Self::TwoOfTwo(share) => share.to_additive(),
            Self::Lanes(runs) => TwoOfTwo::concat_to_additive(runs),
        }
    }

    /// Element-wise sum.
    #[must_use]
    pub fn add(&self, other: &Self) -> Self {
        self.zip_each(other, ring::add)
    }

    /// Element-wise difference.
    #[must_use]
    pub fn sub(&self, other: &Self) -> Self {
        self.zip_each(other, ring::sub)
    }
}

/// What a cell holds.
#[derive(Clone, Debug)]
pub enum State<R: Ring> {
    /// Ring elements `value * 2^frac`.
    Ring {
        /// The shares.
        form: Form<R>,
        /// Fractional bits.
        frac: u32,
    },
    /// Shared bits, and their ring elements once they were needed.
    Bits {
        /// The shares.
        bits: BitShare,
        /// The same as ring elements 0 and 1.
        lifted: Option<Rss<R>>,
    },
    /// A linear layer that is not yet computed.
    Pending(Arc<PendingLinear<R>>),
    /// Values limited to a range, not yet compared.
    Clamped(Arc<PendingClamp<R>>),
    /// Sums of elements of another tensor, not yet added up.
    Summed(Arc<PendingSum<R>>),
    /// Signs of sums, not yet compared.
    Signed(Arc<PendingSign<R>>),
    /// Signs at the elements of their patches, not yet moved.
    Spread(Arc<PendingSpread<R>>),
    /// Elements multiplied by the signs of their patches, not yet computed.
    Gated(Arc<PendingGate<R>>),
    /// The result of an op in a failed session: holds nothing.
    Poisoned,
    /// A weight that was kept only in its folded form.
    Forgotten,
}

/// `min(max(input, min), max)`, not yet compared: a second limit joins the same sign call, and a maximum
/// over windows goes first, where there is less to compare.
#[derive(Clone, Debug)]
pub struct PendingClamp<R: Ring> {
    /// Burn's name of the op, for the report.
    pub op: &'static str,
    /// Path of the activation, for the report: that of [`MpcDevice::scope`] where it was called.
    pub path: Option<Arc<str>>,
    /// The values to be limited.
    pub input: SecretTensor<R>,
    /// Lower limit.
    pub min: Option<f64>,
    /// Upper limit.
    pub max: Option<f64>,
}

/// `base` with `value[i]` added at `target[i]` for every `i`, not yet added up: who needs it replicated, to
/// compare it, may reshare `value` in its own cell, where a product with `value` finds it so.
#[derive(Clone, Debug)]
pub struct PendingSum<R: Ring> {
    /// What is added onto; its shape is the result's.
    pub base: SecretTensor<R>,
    /// Whether the base is public and zero.
    pub onto_nothing: bool,
    /// What is added.
    pub value: SecretTensor<R>,
    /// Flat index into `base` for every element of `value`.
    pub target: Vec<usize>,
}

/// What clones and views of a tensor share.
pub(super) struct Cell<R: Ring> {
    /// Number in the session, the same at all parties; 0 without a session.
    number: u64,
    /// Whether its elements are zeros that stand for work that was passed over while preparing.
    hollow: AtomicBool,
    pub(super) state: Mutex<State<R>>,
    /// Work of how many kinds waited one on the other when the cell was made.
    depth: usize,
    /// What was found while work on it was passed over: zeros of the right form, of no use to a run.
    passed_over: Mutex<Option<(Form<R>, u32)>>,
}

/// A secret tensor of one party. Clones and reshaped views share one cell, so that nothing is
/// reshared or computed twice.
#[derive(Clone)]
#[must_use]
pub struct SecretTensor<R: Ring> {
    shape: Vec<usize>,
    kind: Kind,
    device: MpcDevice,
    cell: Arc<Cell<R>>,
    key: Option<Key>,
    path: Option<Arc<str>>,
    bound: Bound,
}

impl<R: Ring> SecretTensor<R> {
    /// A tensor of that state.
    pub fn new(device: &MpcDevice, shape: Vec<usize>, kind: Kind, state: State<R>) -> Self {
        let depth = chain::depth(&state);
        Self {
            shape,
            kind,
            device: device.clone(),
            cell: Arc::new(Cell {
                number: device.session().map_or(0, |session| session.next_cell()),
                hollow: AtomicBool::new(false),
                depth,
                state: Mutex::new(state),
                passed_over: Mutex::new(None),
            }),
            key: None,
            path: None,
            bound: Bound::NONE,
        }
    }

    /// Ring elements at `frac` fractional bits.
    pub fn of_form(
        device: &MpcDevice,
        shape: Vec<usize>,
        kind: Kind,
        form: Form<R>,
        frac: u32,
    ) -> Self {
        debug_assert_eq!(form.len(), elements(&shape));
        Self::new(device, shape, kind, State::Ring { form, frac })
    }

    /// Shared bits.
    pub fn of_bits(device: &MpcDevice, shape: Vec<usize>, bits: BitShare) -> Self {
        Self::new(
            device,
            shape,
            Kind::Bool,
            State::Bits { bits, lifted: None },
        )
    }

    /// The result of an op in a failed session.
    pub fn poisoned(device: &MpcDevice, shape: Vec<usize>, kind: Kind) -> Self {
        Self::new(device, shape, kind, State::Poisoned)
    }

    /// Dimensions.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        elements(&self.shape)
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Burn's kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// This party's device.
    #[must_use]
    pub fn device(&self) -> &MpcDevice {
        &self.device
    }

    /// The key of a value that is the same in every inference.
    #[must_use]
    pub fn key(&self) -> Option<Key> {
        self.key
    }

    /// Path of the parameter, as recorded when it was shared.
    #[must_use]
    pub fn path(&self) -> Option<&Arc<str>> {
        self.path.as_ref()
    }

    /// The declared limit of magnitudes.
    #[must_use]
    pub fn bound(&self) -> Bound {
        self.bound
    }

    /// Declares a limit of magnitudes.
    pub fn with_bound(mut self, bound: Bound) -> Self {
        self.bound = bound;
        self
    }

    /// Fractional bits, if the elements are computed: public, and of no use to compute with.
    #[must_use]
    pub(crate) fn frac(&self) -> Option<u32> {
        match &*crate::sync::lock(&self.cell.state) {
            State::Ring { frac, .. } => Some(*frac),
            _ => None,
        }
    }

    /// Marks the value as the same in every inference.
    pub fn with_key(mut self, key: Option<Key>) -> Self {
        self.key = key;
        self
    }

    /// Records the path of a parameter.
    pub fn with_path(mut self, path: Option<Arc<str>>) -> Self {
        self.path = path;
        self
    }

    /// The same value with another handle to its session.
    pub(crate) fn on(mut self, device: &MpcDevice) -> Self {
        self.device = device.clone();
        self
    }

    /// The same value under another kind.
    pub fn with_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// The same elements under other dimensions; shares the cell, and a constant stays constant.
    pub fn reshape(mut self, shape: Vec<usize>) -> Self {
        debug_assert_eq!(elements(&shape), self.len());
        if shape != self.shape {
            let dimensions: Vec<u8> = shape
                .iter()
                .flat_map(|d| (*d as u64).to_le_bytes())
                .collect();
            self.key = self.key.map(|key| key.derive(&[b"reshape", &dimensions]));
            self.shape = shape;
        }
        self
    }

    /// Marks elements that are zeros because work on them was passed over: a run refuses them. What still waits to be
    /// computed is not marked.
    pub(crate) fn mark_hollow(&self) {
        if !crate::sync::lock(&self.cell.state).is_waiting() {
            self.cell.hollow.store(true, Ordering::Relaxed);
        }
    }

    /// Whether both are views of one cell.
    #[must_use]
    pub fn shares_cell(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.cell, &other.cell)
    }

    /// Work of how many kinds waited one on the other, at most, when the tensor was made: 0 if nothing waited.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.cell.depth
    }

    /// What tells the cell from others while the tensor lives.
    #[must_use]
    pub fn cell_id(&self) -> usize {
        Arc::as_ptr(&self.cell) as usize
    }

    /// The cell, if no other tensor has it.
    pub(super) fn into_cell(self) -> Option<Cell<R>> {
        Arc::into_inner(self.cell)
    }

    /// A copy of the state; cheap, data are shared. Enters in the session's transcript which cell was looked into, and
    /// under which dimensions, so that parties whose ops have other operands stop before anything is opened.
    #[must_use]
    pub fn state(&self) -> State<R> {
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

    /// The form and scale that work on it led to when it was passed over.
    #[must_use]
    pub fn passed_over(&self) -> Option<(Form<R>, u32)> {
        crate::sync::lock(&self.cell.passed_over).clone()
    }

    /// Keeps these for [`Self::passed_over`]; the state stays as it is.
    pub fn pass_over(&self, form: Form<R>, frac: u32) {
        *crate::sync::lock(&self.cell.passed_over) = Some((form, frac));
    }

    /// Replaces the state by an equivalent one (reshared, truncated, computed).
    pub fn settle(&self, state: State<R>) {
        *crate::sync::lock(&self.cell.state) = state;
    }
}

impl<R: Ring> Footprint for SecretTensor<R> {
    fn bytes(&self) -> usize {
        2 * R::BYTES * self.len()
    }
}

impl<R: Ring> fmt::Debug for SecretTensor<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretTensor")
            .field("shape", &self.shape)
            .field("kind", &self.kind)
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}
