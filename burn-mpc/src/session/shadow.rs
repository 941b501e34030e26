//! Plaintext twins of secrets, carried along in a run in which one process plays all three parties, and the board on
//! which they are compared with what the parties' parts add up to.
//!
//! Not a protocol: only somebody who may see every value can run this, such as an owner who tries a model on sample
//! data. One party keeps the twins, so that their memory and their work are paid once. The others know where there is
//! a twin, so that all three agree on what is compared.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::Party;
use crate::ring::Ring;
use crate::sync::lock;

/// The party that keeps the twins.
const KEEPER: Party = Party::P0;
/// How often a party that waits for data looks whether its session has failed.
const LOOK: Duration = Duration::from_millis(50);
/// Magnitudes from which a twin stands for the smallest or the largest number there is, as masks with `f32::MIN` do; not a
/// number either.
const INFINITE: f64 = f32::MAX as f64 / 4.0;
/// The most ops named as having no twin.
const MOST_LOST: usize = 64;

/// A tensor of the plaintext backend.
pub trait Twin: Any + Send + Sync {
    /// The values in row-major order; `None` if the backend cannot read them.
    fn values(&self) -> Option<Vec<f64>>;
}

/// What is known of the twin of a secret: the same at all parties, except that one of them keeps the values.
pub struct Shadow {
    step: u64,
    layer: Arc<str>,
    shape: Vec<usize>,
    twin: Option<Arc<dyn Twin>>,
}

impl Shadow {
    /// The number of the op that made the value; later ops have larger ones.
    pub(crate) fn step(&self) -> u64 {
        self.step
    }

    /// The layer that the value belongs to.
    pub(crate) fn layer(&self) -> &Arc<str> {
        &self.layer
    }

    /// Dimensions of the twin.
    pub(crate) fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The values of the twin, at the party that keeps it.
    #[cfg(any(test, feature = "testkit"))]
    pub(crate) fn values(&self) -> Option<Vec<f64>> {
        self.twin.as_ref()?.values()
    }

    /// The twin as a `T`, at the party that keeps it.
    pub(crate) fn twin<T: Twin>(&self) -> Option<&T> {
        let twin: &dyn Any = &**self.twin.as_ref()?;
        twin.downcast_ref()
    }
}

/// The twins of one party's session.
pub(crate) struct Shadows {
    party: Party,
    board: Arc<ShadowBoard>,
    /// The number of the next step, the same at all parties.
    steps: AtomicU64,
    /// The number of the next input, the same at all parties.
    inputs: AtomicU64,
    /// How often the value of a step was compared.
    compared: Mutex<HashMap<u64, u32>>,
}

impl Shadows {
    /// Carries twins along, and compares them on a board that the three parties of this process share.
    pub(super) fn new(party: Party, board: &Arc<ShadowBoard>) -> Self {
        Self {
            party,
            board: Arc::clone(board),
            steps: AtomicU64::new(0),
            inputs: AtomicU64::new(0),
            compared: Mutex::default(),
        }
    }

    /// Whether this party keeps the values.
    pub(crate) fn keeps(&self) -> bool {
        self.party == KEEPER
    }

    /// The shadow of a result of `op`, made of the values of the steps `inputs`.
    pub(crate) fn shadow(
        &self,
        (layer, op): (&Arc<str>, &'static str),
        inputs: &[u64],
        shape: &[usize],
        twin: Option<Arc<dyn Twin>>,
    ) -> Shadow {
        let step = self.steps.fetch_add(1, Ordering::Relaxed);
        if self.keeps() {
            let made = Step {
                layer: Arc::clone(layer),
                op,
                inputs: inputs.to_vec(),
                without: twin.is_none(),
                ..Step::default()
            };
            lock(&self.board.state).steps.insert(step, made);
        }
        Shadow {
            step,
            layer: Arc::clone(layer),
            shape: shape.to_vec(),
            twin,
        }
    }

    /// Compares a value at `frac` fractional bits, of which this party has the additive part `part`, with its twin.
    pub(crate) fn compare<R: Ring>(&self, shadow: &Shadow, part: &[R], frac: u32) {
        let nth = {
            let mut compared = lock(&self.compared);
            let count = compared.entry(shadow.step).or_default();
            *count += 1;
            *count
        };
        let values = shadow.twin.as_ref().and_then(|twin| twin.values());
        let board = &mut *lock(&self.board.state);
        let open = board.open.entry((shadow.step, nth)).or_default();
        open.sums.resize(part.len(), 0);
        let pairs = open.sums.iter_mut().zip(part);
        pairs.for_each(|(sum, x)| *sum = sum.wrapping_add(x.to_u64()));
        open.count += 1;
        if self.keeps() {
            open.plain = values;
        }
        if open.count < 3 {
            return;
        }
        let Some(open) = board.open.remove(&(shadow.step, nth)) else {
            return;
        };
        let step = board.steps.entry(shadow.step).or_default();
        match open.plain {
            Some(plain) if plain.len() == open.sums.len() => {
                let decoded = open.sums.iter().map(|&sum| R::from_u64(sum).to_i64());
                step.see(&plain, decoded, frac);
            }
            _ => step.without = true,
        }
    }

    /// Records that the result of a step is as large as `largest` where nothing wraps.
    pub(crate) fn reaches(&self, shadow: &Shadow, largest: f64) {
        if self.keeps() {
            let board = &mut *lock(&self.board.state);
            let step = board.steps.entry(shadow.step).or_default();
            step.bits = step.bits.max(bits_of(largest));
        }
    }

    /// Records that `op` has operands without twins, so that its result has none.
    pub(crate) fn lose(&self, layer: &str, op: &str) {
        if self.keeps() {
            let name = name_of(layer, op);
            let lost = &mut lock(&self.board.state).lost;
            if lost.len() < MOST_LOST && !lost.contains(&name) {
                lost.push(name);
            }
        }
    }

    /// Gives the data of an input to the party that keeps the twins; all parties call it, and `data` are those of
    /// `owner`. Returns the number under which [`Self::take`] finds them.
    pub(crate) fn give<T: Any + Send + Sync>(&self, owner: Party, data: Option<T>) -> u64 {
        let number = self.inputs.fetch_add(1, Ordering::Relaxed);
        if self.party == owner {
            let data = data.map(|data| Box::new(data) as Box<dyn Any + Send + Sync>);
            lock(&self.board.state).given.insert(number, data);
            self.board.arrived.notify_all();
        }
        number
    }

    /// The data of an input, at the party that keeps the twins. Waits for their owner as a link does, until `deadline`
    /// or until the session has `failed`.
    pub(crate) fn take<T: Any>(
        &self,
        number: u64,
        deadline: Duration,
        failed: impl Fn() -> bool,
    ) -> Option<T> {
        if !self.keeps() {
            return None;
        }
        let begun = Instant::now();
        let mut state = lock(&self.board.state);
        loop {
            if let Some(data) = state.given.remove(&number) {
                return data?.downcast().ok().map(|data| *data);
            }
            if begun.elapsed() >= deadline || failed() {
                return None;
            }
            let waited = self.board.arrived.wait_timeout(state, LOOK);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Where the three parties of a process compare values with their twins.
#[derive(Default)]
pub(crate) struct ShadowBoard {
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    /// Data of inputs on their way from their owners.
    given: HashMap<u64, Option<Box<dyn Any + Send + Sync>>>,
    /// Parts that arrived so far, by step and number of the comparison.
    open: HashMap<(u64, u32), Open>,
    steps: BTreeMap<u64, Step>,
    lost: Vec<String>,
}

#[derive(Default)]
struct Open {
    sums: Vec<u64>,
    count: u32,
    plain: Option<Vec<f64>>,
}

/// One op, and how its value compares with the twin as it was computed last.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) layer: Arc<str>,
    pub(super) op: &'static str,
    /// Steps that made the operands.
    pub(super) inputs: Vec<u64>,
    /// Whether the plaintext backend could not compute it.
    pub(super) without: bool,
    /// The bits that the twin needs as an integer: the most of all comparisons.
    pub(super) bits: u32,
    pub(super) error: Option<StepError>,
}

impl Default for Step {
    fn default() -> Self {
        Self {
            layer: Arc::from(""),
            op: "",
            inputs: Vec::new(),
            without: false,
            bits: 0,
            error: None,
        }
    }
}

/// How far values are from their twins.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct StepError {
    pub(super) values: u64,
    pub(super) frac: u32,
    pub(super) largest: f64,
    /// Sum of the squares of the errors.
    pub(super) squares: f64,
    /// Sum of the squares of the plain values.
    pub(super) plain: f64,
}

impl Step {
    fn see(&mut self, plain: &[f64], found: impl Iterator<Item = i64>, frac: u32) {
        let unit = f64::from(frac).exp2();
        let mut error = StepError {
            frac,
            ..StepError::default()
        };
        let mut most = 0.0_f64;
        let finite = plain.iter().zip(found).filter(|(x, _)| x.abs() < INFINITE);
        for (&x, found) in finite {
            #[expect(clippy::cast_precision_loss, reason = "53 bits show the error")]
            let off = (found as f64 / unit - x).abs();
            error.values += 1;
            error.largest = error.largest.max(off);
            error.squares += off * off;
            error.plain += x * x;
            most = most.max(x.abs());
        }
        self.bits = self.bits.max(bits_of(most * unit));
        self.error = Some(error);
    }
}

/// The smallest `b` with `x < 2^b`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a small number that is not negative"
)]
fn bits_of(x: f64) -> u32 {
    if x < 1.0 {
        0
    } else {
        x.log2().floor() as u32 + 1
    }
}

/// How a step is named in errors and reports.
pub(super) fn name_of(layer: &str, op: &str) -> String {
    format!("{layer} ({op})")
}

impl ShadowBoard {
    /// All steps, in order of the program.
    pub(super) fn steps(&self) -> BTreeMap<u64, Step> {
        lock(&self.state).steps.clone()
    }

    /// The first ops that had operands without twins.
    pub(super) fn lost(&self) -> Vec<String> {
        lock(&self.state).lost.clone()
    }

    /// The steps whose values need more than `available` bits, in order of the program, and the bits that they need.
    pub(super) fn beyond(&self, available: u32) -> Vec<(String, u32)> {
        let state = lock(&self.state);
        let steps = state.steps.values().filter(|step| step.bits > available);
        steps
            .map(|step| (name_of(&step.layer, step.op), step.bits))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Step, bits_of};

    #[test]
    fn bits_are_those_of_the_integer() {
        let bits = [0.0, 0.5, 1.0, 1.5, 2.0, 2.0_f64.powi(62), 2.0_f64.powi(70)].map(bits_of);
        assert_eq!(bits, [0, 0, 1, 1, 2, 63, 71]);
    }

    #[test]
    fn errors_are_those_of_finite_values() {
        let mut step = Step::default();
        let found = [3_i64, 5, -7, -7, 0].into_iter();
        let masked = [f64::NEG_INFINITY, f64::from(f32::MIN), f64::NAN];
        step.see(&[&[1.5, 2.0][..], &masked].concat(), found, 1);
        let error = step.error.expect("compared");
        assert_eq!((error.values, error.largest), (2, 0.5));
        assert_eq!((error.squares, error.plain), (0.25, 6.25));
        assert_eq!(step.bits, 3);
    }
}
