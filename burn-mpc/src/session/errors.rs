//! What an explanation of errors reports: how far every layer is from plaintext.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::session::shadow::{ShadowBoard, Step, StepError, name_of};

/// How far the values of one op of one layer are from those of the plaintext backend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerError {
    /// The layer: the path of its parameters, else the scope, else that of the values the op was given.
    pub layer: String,
    /// Burn's name of the op.
    pub op: String,
    /// Number of values compared.
    pub values: u64,
    /// Fractional bits of the values.
    pub frac_bits: u32,
    /// The largest distance of a value from plaintext.
    pub largest_error: f64,
    /// Root mean square of the distances.
    pub rms_error: f64,
    /// Root mean square of the plaintext values.
    pub rms: f64,
    /// `rms_error / rms`; over one unit of the values instead if `rms` is smaller than that.
    pub relative: f64,
    /// How much larger `relative` is than that of the values which the op was given, 0 if it is not.
    pub added: f64,
}

/// How far every layer of a run is from the plaintext backend, which computes in floating point.
///
/// Computed values are compared: of ops that are computed together, such as a convolution and the batch normalisation
/// folded into it, the last one is listed. Ops that change no error, such as transpositions, are not listed, and neither
/// are truth values and what depends on parameters alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ErrorReport {
    /// Per layer and op, in the order of the program. Ops of the same name in a layer are taken together.
    pub layers: Vec<LayerError>,
    /// Ops without plaintext values to compare with: the first ones first. Nothing is known of what follows from them.
    pub unknown: Vec<String>,
}

impl ErrorReport {
    /// The `count` ops that add most to the relative error, the worst first; fewer if fewer add anything.
    #[must_use]
    pub fn worst(&self, count: usize) -> Vec<&LayerError> {
        let adds = |layer: &&LayerError| layer.added > 0.0;
        let mut layers: Vec<&LayerError> = self.layers.iter().filter(adds).collect();
        layers.sort_by(|a, b| b.added.total_cmp(&a.added));
        layers.truncate(count);
        layers
    }

    pub(super) fn of(board: &ShadowBoard) -> Self {
        let steps = board.steps();
        let mut rows = Rows::default();
        let mut carried: BTreeMap<u64, Carried> = BTreeMap::new();
        let mut unknown = board.lost();
        for (&number, step) in &steps {
            let given = step.inputs.iter().filter_map(|input| carried.get(input));
            let given = given.copied().reduce(Carried::worse).unwrap_or_default();
            let own = step.error.map(|error| Carried {
                relative: relative(&error),
                error: Some(error),
            });
            if let (Some(own), Some(error)) = (own, step.error)
                && own != given
            {
                rows.add(step, error, (own.relative - given.relative).max(0.0));
            }
            let before = |input: &u64| steps.get(input).is_some_and(|step| step.without);
            if step.without && !step.inputs.iter().any(before) {
                unknown.push(name_of(&step.layer, step.op));
            }
            carried.insert(number, own.unwrap_or(given));
        }
        unknown.dedup();
        Self {
            layers: rows.finished(),
            unknown,
        }
    }
}

/// The error of a value, or of what it was made of if it was not compared.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Carried {
    relative: f64,
    error: Option<StepError>,
}

impl Carried {
    fn worse(self, other: Self) -> Self {
        if other.relative > self.relative {
            other
        } else {
            self
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn mean(sum: f64, values: u64) -> f64 {
    (sum / values.max(1) as f64).sqrt()
}

fn relative(error: &StepError) -> f64 {
    let unit = (-f64::from(error.frac)).exp2();
    mean(error.squares, error.values) / mean(error.plain, error.values).max(unit)
}

/// Errors of the ops of layers, by the order in which they came.
#[derive(Default)]
struct Rows {
    places: HashMap<(String, &'static str), usize>,
    rows: Vec<(String, &'static str, StepError, f64)>,
}

impl Rows {
    fn add(&mut self, step: &Step, error: StepError, added: f64) {
        let name = (step.layer.to_string(), step.op);
        let at = *self.places.entry(name.clone()).or_insert(self.rows.len());
        match self.rows.get_mut(at) {
            None => self.rows.push((name.0, name.1, error, added)),
            Some((_, _, sum, most)) => {
                sum.values += error.values;
                sum.frac = sum.frac.min(error.frac);
                sum.largest = sum.largest.max(error.largest);
                sum.squares += error.squares;
                sum.plain += error.plain;
                *most = most.max(added);
            }
        }
    }

    fn finished(self) -> Vec<LayerError> {
        let finish =
            |(layer, op, error, added): (String, &'static str, StepError, f64)| LayerError {
                layer,
                op: op.to_owned(),
                values: error.values,
                frac_bits: error.frac,
                largest_error: error.largest,
                rms_error: mean(error.squares, error.values),
                rms: mean(error.plain, error.values),
                relative: relative(&error),
                added,
            };
        self.rows.into_iter().map(finish).collect()
    }
}
