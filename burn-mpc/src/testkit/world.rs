//! What a program sees: inputs, checks and costs.

use burn::tensor::{Bool, Int, Tensor, TensorData};

use super::{Bound, Place};
use crate::Party;

/// One result.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What made it.
    pub name: String,
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// Its elements, row-major.
    pub values: Vec<f64>,
    /// How far the secret result may be off.
    pub bound: Bound,
    /// Fractional bits of the session.
    pub frac_bits: u32,
}

impl Record {
    /// What is wrong with `found`, compared with this plaintext result.
    #[must_use]
    pub fn complaint(&self, found: &Self) -> Option<String> {
        if self.name != found.name || self.shape != found.shape {
            return Some(format!(
                "{} {:?}: expected {} {:?}",
                found.name, found.shape, self.name, self.shape
            ));
        }
        let pairs = self.values.iter().zip(&found.values);
        let excess = pairs.enumerate().map(|(i, (&expected, &found))| {
            let finite = expected.clamp(f64::MIN, f64::MAX);
            let tolerance = self.bound.tolerance(finite, self.frac_bits);
            // The difference of equal infinities is no number.
            let error = if found == expected {
                0.0
            } else {
                (found - expected).abs()
            };
            (error - tolerance, i, expected, found, tolerance)
        });
        let (excess, i, expected, found, tolerance) = excess.max_by(|a, b| a.0.total_cmp(&b.0))?;
        // Not `excess > 0`: a result that is not a number must fail too.
        let within = excess <= 0.0;
        (!within).then(|| {
            let (name, shape) = (&self.name, &self.shape);
            format!("{name} {shape:?}[{i}]: {found}, expected {expected} +- {tolerance:.3e}")
        })
    }
}

/// A program's surroundings on backend `B`.
#[derive(Debug)]
pub struct World<B: Place> {
    /// The device to make tensors on.
    pub device: B::Device,
    frac_bits: u32,
    drawn: u64,
    prefix: String,
    records: Vec<Record>,
}

impl<B: Place> World<B> {
    /// A world without results.
    #[must_use]
    pub fn new(device: B::Device, frac_bits: u32) -> Self {
        Self {
            device,
            frac_bits,
            drawn: 0,
            prefix: String::new(),
            records: vec![],
        }
    }

    /// Fractional bits of the session.
    #[must_use]
    pub fn frac_bits(&self) -> u32 {
        self.frac_bits
    }

    /// The results.
    #[must_use]
    pub fn into_records(self) -> Vec<Record> {
        self.records
    }

    /// Sets the prefix of the names of the following results.
    pub fn section(&mut self, prefix: impl Into<String>) {
        self.prefix = prefix.into();
    }

    /// `count` numbers in `[-limit, limit]`, the same on every backend and at every party.
    pub fn numbers(&mut self, count: usize, limit: f64) -> Vec<f32> {
        let mut state = self.drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        self.drawn += 1;
        (0..count)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "any number in the range will do"
                )]
                let value = ((state >> 11) as f64 / 2_f64.powi(52) - 1.0) * limit;
                value as f32
            })
            .collect()
    }

    /// Random multiples of 1/8, which are encoded without an error; see [`numbers`](Self::numbers).
    pub fn eighths(&mut self, count: usize, limit: f64) -> Vec<f32> {
        let rounded = |value: f32| (value * 8.0).round() / 8.0;
        self.numbers(count, limit)
            .into_iter()
            .map(rounded)
            .collect()
    }

    fn owner(&mut self) -> Party {
        self.drawn += 1;
        [Party::P0, Party::P1, Party::P2][usize::try_from(self.drawn % 3).unwrap_or(0)]
    }

    /// Secret numbers in `[-limit, limit]`.
    pub fn secret<const D: usize>(&mut self, shape: [usize; D], limit: f64) -> Tensor<B, D> {
        let values = self.numbers(shape.iter().product(), limit);
        self.secret_of(&values, shape)
    }

    /// Secret multiples of 1/8 in `[-limit, limit]`.
    pub fn dyadic<const D: usize>(&mut self, shape: [usize; D], limit: f64) -> Tensor<B, D> {
        let values = self.eighths(shape.iter().product(), limit);
        self.secret_of(&values, shape)
    }

    /// These numbers as a secret.
    pub fn secret_of<const D: usize>(&mut self, values: &[f32], shape: [usize; D]) -> Tensor<B, D> {
        let owner = self.owner();
        B::secret(&self.device, owner, false, values, shape)
    }

    /// Numbers in `[-limit, limit]` as a secret parameter.
    pub fn parameter<const D: usize>(&mut self, shape: [usize; D], limit: f64) -> Tensor<B, D> {
        let values = self.numbers(shape.iter().product(), limit);
        let owner = self.owner();
        B::secret(&self.device, owner, true, &values, shape)
    }

    /// Secret integers in `[-limit, limit]`.
    pub fn integers<const D: usize>(&mut self, shape: [usize; D], limit: i32) -> Tensor<B, D, Int> {
        let values = self.numbers(shape.iter().product(), f64::from(limit));
        #[expect(clippy::cast_possible_truncation, reason = "small integers")]
        let values: Vec<i64> = values.iter().map(|value| value.round() as i64).collect();
        self.integers_of(&values, shape)
    }

    /// These integers as a secret.
    pub fn integers_of<const D: usize>(
        &mut self,
        values: &[i64],
        shape: [usize; D],
    ) -> Tensor<B, D, Int> {
        let owner = self.owner();
        B::secret_int(&self.device, owner, values, shape)
    }

    /// Secret truth values.
    pub fn truths<const D: usize>(&mut self, shape: [usize; D]) -> Tensor<B, D, Bool> {
        self.integers(shape, 3).greater_elem(0)
    }

    /// Public numbers in `[-limit, limit]`.
    pub fn public<const D: usize>(&mut self, shape: [usize; D], limit: f64) -> Tensor<B, D> {
        let values = self.numbers(shape.iter().product(), limit);
        self.public_of(&values, shape)
    }

    /// These numbers in the clear.
    pub fn public_of<const D: usize>(&self, values: &[f32], shape: [usize; D]) -> Tensor<B, D> {
        Tensor::from_data(TensorData::new(values.to_vec(), shape), &self.device)
    }

    /// These integers in the clear.
    pub fn public_ints<const D: usize>(
        &self,
        values: &[i64],
        shape: [usize; D],
    ) -> Tensor<B, D, Int> {
        Tensor::from_data(TensorData::new(values.to_vec(), shape), &self.device)
    }

    fn record(&mut self, name: &str, shape: &[usize], values: Vec<f64>, bound: Bound) {
        self.records.push(Record {
            name: format!("{}{name}", self.prefix),
            shape: shape.to_vec(),
            values,
            bound,
            frac_bits: self.frac_bits,
        });
    }

    /// A result that holds within `bound`.
    pub fn check<const D: usize>(&mut self, name: &str, tensor: Tensor<B, D>, bound: Bound) {
        let shape = tensor.dims();
        self.record(name, &shape, B::open(tensor), bound);
    }

    /// A result that holds exactly.
    pub fn exact<const D: usize>(&mut self, name: &str, tensor: Tensor<B, D>) {
        self.check(name, tensor, Bound::EXACT);
    }

    /// An integer result, which holds exactly.
    pub fn check_int<const D: usize>(&mut self, name: &str, tensor: Tensor<B, D, Int>) {
        let shape = tensor.dims();
        self.record(name, &shape, B::open_int(tensor), Bound::EXACT);
    }

    /// A truth-valued result, which holds exactly.
    pub fn check_bool<const D: usize>(&mut self, name: &str, tensor: Tensor<B, D, Bool>) {
        let shape = tensor.dims();
        self.record(name, &shape, B::open_bool(tensor), Bound::EXACT);
    }

    /// Runs `work`; returns its result, bytes and rounds.
    pub fn cost<T>(&self, work: impl FnOnce() -> T) -> (T, u64, u32) {
        let (bytes, rounds) = B::spent(&self.device);
        let result = work();
        let (bytes_after, rounds_after) = B::spent(&self.device);
        (result, bytes_after - bytes, rounds_after - rounds)
    }

    /// Runs `work`, which must send nothing.
    ///
    /// # Panics
    /// If it does.
    pub fn local<T>(&self, name: &str, work: impl FnOnce() -> T) -> T {
        let (result, bytes, _) = self.cost(work);
        assert_eq!(bytes, 0, "{}{name} sent bytes", self.prefix);
        result
    }
}
