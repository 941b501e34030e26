//! What a reader learns by running one input again and again and remembering how its own truncations rounded.
//!
//! The attack of the threat model, which uses only what P1 holds as a party: the low bits of `u` in the gates in which
//! it plays A, and the logits it reads. P1 knows, unit by unit, below which threshold the activation was rounded up; a
//! step of one unit in the last place of an activation shows in an exact logit as the weight itself.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use burn::backend::Flex;
use burn::tensor::activation::relu;
use burn::tensor::module::linear;
use burn::tensor::{Tensor, TensorData, TensorPrimitive};
use burn_mpc::session::local::three_parties;
use burn_mpc::testkit;
use burn_mpc::{
    Audience, Mpc, MpcDevice, MpcError, Party, Precision, SessionConfig, Z64, ops, reveal_with,
    share,
};
use burn_mpc_engine::protocol::{Truncation, keep_own_low, kept_own_low};

type Private = Mpc<Flex, Z64>;

const INPUTS: usize = 8;
const HIDDEN: usize = 16;
const OUTPUTS: usize = 10;
const READER: Party = Party::P1;
/// One unit of an encoded number.
const ULP: f64 = 1.0 / (1 << 20) as f64;

/// Repeatable multiples of `2^-20` in `[-1, 1)`.
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z >> 43) as f32 / (1 << 20) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// The encoded integers of a network and of one image.
struct Numbers {
    image: Vec<f32>,
    first: Vec<f32>,
    first_bias: Vec<f32>,
    last: Vec<f32>,
    last_bias: Vec<f32>,
}

impl Numbers {
    fn new() -> Self {
        Self {
            image: numbers(INPUTS, 5),
            first: numbers(INPUTS * HIDDEN, 17),
            first_bias: numbers(HIDDEN, 3),
            last: numbers(HIDDEN * OUTPUTS, 4),
            last_bias: numbers(OUTPUTS, 6),
        }
    }

    /// Units that are not cut off, and whose threshold is crossed often enough to be seen.
    fn active(&self) -> Vec<usize> {
        let int = |x: f32| (f64::from(x) / ULP) as i64;
        let z = |unit: usize| -> i64 {
            let product = |i: usize| int(self.image[i]) * int(self.first[i * HIDDEN + unit]);
            (0..INPUTS).map(product).sum::<i64>() + (int(self.first_bias[unit]) << 20)
        };
        let active: Vec<usize> = (0..HIDDEN).filter(|&unit| z(unit) > 0).collect();
        for &unit in &active {
            let threshold = (z(unit) & ((1 << 20) - 1)) as f64 * ULP;
            assert!(threshold > 0.03 && threshold < 0.97, "{unit}: {threshold}");
        }
        active
    }

    /// The weights that the reader must not learn, as encoded integers.
    fn weight(&self, unit: usize, output: usize) -> f64 {
        f64::from(self.last[unit * OUTPUTS + output]) / ULP
    }
}

/// One run: what P1 knew of the rounding of every unit if it played A, and the logits, in units of `2^-40`.
struct Run {
    is_a: bool,
    low: [f64; HIDDEN],
    logits: [f64; OUTPUTS],
}

/// The owner's parameters, shared.
struct Net {
    first: Tensor<Private, 2>,
    first_bias: Tensor<Private, 1>,
    last: Tensor<Private, 2>,
    last_bias: Tensor<Private, 1>,
}

fn shared<const D: usize>(
    device: &MpcDevice,
    owner: Party,
    name: &str,
    values: &[f32],
    shape: [usize; D],
) -> Result<Tensor<Private, D>, MpcError> {
    let data = || TensorData::new(values.to_vec(), shape.to_vec());
    let data = (device.party() == Some(owner)).then(data);
    share::<Flex, Z64, D>(device, owner, name, shape, data)
}

impl Net {
    fn new(device: &MpcDevice, numbers: &Numbers) -> Result<Self, MpcError> {
        let owner = Party::P0;
        let (first, last) = ([INPUTS, HIDDEN], [HIDDEN, OUTPUTS]);
        Ok(Self {
            first: shared(device, owner, "first", &numbers.first, first)?,
            first_bias: shared(device, owner, "bias", &numbers.first_bias, [HIDDEN])?,
            last: shared(device, owner, "last", &numbers.last, last)?,
            last_bias: shared(device, owner, "bias", &numbers.last_bias, [OUTPUTS])?,
        })
    }

    fn forward(&self, x: Tensor<Private, 2>) -> Tensor<Private, 2> {
        let bias = Some(self.first_bias.clone());
        let x = relu(linear(x, self.first.clone(), bias));
        linear(x, self.last.clone(), Some(self.last_bias.clone()))
    }
}

/// What P1 saw of `inferences` times `batch` runs.
fn runs(
    config: &SessionConfig,
    numbers: &Numbers,
    (inferences, batch): (usize, usize),
    precision: Precision,
) -> Vec<Run> {
    let [_, runs, _] = three_parties(config, |device| -> Result<Vec<Run>, MpcError> {
        let mut runs = Vec::new();
        let net = Net::new(&device, numbers)?;
        let images = numbers.image.repeat(batch);
        // Shared once: the rounding differs from run to run all the same.
        let x = shared(&device, READER, "image", &images, [batch, INPUTS])?;
        for _ in 0..inferences {
            keep_own_low();
            let TensorPrimitive::Float(logits) = net.forward(x.clone()).into_primitive() else {
                panic!("quantized");
            };
            let logits = testkit::secret(&logits).expect("secret");
            let opened = ops::reveal_as(logits, Audience::One(READER), "logits", precision)?;
            let low = kept_own_low();
            let opened = opened.filter(|_| device.party() == Some(READER));
            let is_a = !low.is_empty();
            let mut low = low.into_iter().next().unwrap_or_default();
            low.resize(batch * HIDDEN, 0);
            let run = |(low, logits): (&[u64], &[f64])| Run {
                is_a,
                low: core::array::from_fn(|unit| low[unit] as f64),
                logits: core::array::from_fn(|i| logits[i] / ULP / ULP),
            };
            let opened = opened.unwrap_or_default();
            let both = low.chunks(HIDDEN).zip(opened.chunks(OUTPUTS));
            runs.extend(both.map(run));
        }
        Ok(runs)
    })
    .expect("three parties");
    runs.expect("a session")
}

/// Finds the weights by regression. The logits are a constant plus one step per unit; runs are ordered by their known
/// low bits, and the step is where it explains most. Fits one unit after the other, and all of them `sweeps` times. The
/// last entry is the largest error that is left.
fn regress(runs: &[Run], sweeps: usize) -> (Vec<[f64; OUTPUTS]>, f64) {
    let n = runs.len();
    let mut rest: Vec<[f64; OUTPUTS]> = runs.iter().map(|run| run.logits).collect();
    let mut mean = [0.0; OUTPUTS];
    rest.iter()
        .for_each(|row| (0..OUTPUTS).for_each(|i| mean[i] += row[i] / n as f64));
    rest.iter_mut()
        .for_each(|row| (0..OUTPUTS).for_each(|i| row[i] -= mean[i]));
    let orders: Vec<Vec<usize>> = (0..HIDDEN)
        .map(|unit| {
            let mut order: Vec<usize> = (0..n).collect();
            order.sort_by(|&a, &b| runs[a].low[unit].total_cmp(&runs[b].low[unit]));
            order
        })
        .collect();
    let mut weights = vec![[0.0; OUTPUTS]; HIDDEN];
    let mut splits = [0_usize; HIDDEN];
    for _ in 0..sweeps {
        for unit in 0..HIDDEN {
            // Without this unit's step, centred.
            let shift =
                |rest: &mut [[f64; OUTPUTS]], weight: &[f64; OUTPUTS], split: usize, sign: f64| {
                    let share = split as f64 / n as f64;
                    for (place, &run) in orders[unit].iter().enumerate() {
                        let step = if place < split { 1.0 - share } else { -share };
                        (0..OUTPUTS).for_each(|i| rest[run][i] += sign * weight[i] * step);
                    }
                };
            shift(&mut rest, &weights[unit], splits[unit], 1.0);
            let (mut sum, mut best) = ([0.0; OUTPUTS], (0.0, 0, [0.0; OUTPUTS]));
            for (place, &run) in orders[unit].iter().enumerate().take(n - 1) {
                (0..OUTPUTS).for_each(|i| sum[i] += rest[run][i]);
                let below = (place + 1) as f64;
                let above = n as f64 - below;
                // The sum over all is 0.
                let gain = sum.iter().map(|s| s * s).sum::<f64>() * (1.0 / below + 1.0 / above);
                if gain > best.0 {
                    best = (gain, place + 1, sum.map(|s| s / below + s / above));
                }
            }
            (splits[unit], weights[unit]) = (best.1, best.2);
            shift(&mut rest, &weights[unit], splits[unit], -1.0);
        }
    }
    let worst = rest
        .iter()
        .flatten()
        .fold(0.0, |worst: f64, x| worst.max(x.abs()));
    (weights, worst)
}

/// How many of the weights of active units were found exactly, how many there are, and the root mean square error
/// relative to the weights.
fn score(numbers: &Numbers, weights: &[[f64; OUTPUTS]]) -> (usize, usize, f64) {
    let (mut exact, mut count, mut error, mut size) = (0, 0, 0.0, 0.0);
    for unit in numbers.active() {
        for output in 0..OUTPUTS {
            let (truth, found) = (numbers.weight(unit, output), weights[unit][output]);
            exact += usize::from((found - truth).abs() < 0.5);
            count += 1;
            error += (found - truth).powi(2);
            size += truth.powi(2);
        }
    }
    (exact, count, (error / size).sqrt())
}

#[test]
fn exact_logits_of_a_thousand_runs_of_one_image_tell_the_weights_exactly() {
    let numbers = Numbers::new();
    // About once in a hundred times a thousand runs are too few for one of the weights, and the reader, who notices,
    // takes another thousand.
    let attempt = || {
        // One image at a time, in one session.
        let mut runs = runs(&SessionConfig::z64(), &numbers, (1000, 1), Precision::Exact);
        runs.retain(|run| run.is_a);
        assert!(
            runs.len() > 250 && runs.len() < 1000,
            "A in {} runs",
            runs.len()
        );
        let (weights, left) = regress(&runs, 150);
        // A wrong step would leave a whole weight, some 2^19 units.
        (left < 64.0).then(|| (runs.len(), score(&numbers, &weights)))
    };
    let (runs, (exact, count, _)) = attempt()
        .or_else(attempt)
        .expect("the attack knows that it worked");
    println!("A in {runs} of 1000 runs: {exact} of {count} weights exactly");
    assert_eq!(
        exact, count,
        "the attack works where exact logits are asked for"
    );
}

#[test]
fn by_default_a_hundred_times_the_runs_of_an_image_on_no_border_tell_no_weight() {
    let numbers = Numbers::new();
    let config = SessionConfig::z64();
    let mut runs = runs(&config, &numbers, (100, 1000), Precision::default());
    assert_eq!(runs.len(), 100_000);
    runs.retain(|run| run.is_a);
    assert!(runs.len() > 25_000, "A in {} runs", runs.len());
    let (weights, _) = regress(&runs, 6);
    let (exact, count, error) = score(&numbers, &weights);
    println!(
        "A in {} of 100,000 runs: {exact} of {count} weights, error {:.0} %",
        runs.len(),
        100.0 * error
    );
    assert_eq!(exact, 0);
    assert!(error > 0.9, "no better than to guess 0: {error}");
}

/// With the truncation that rounds by the value alone, one input has one result, however precisely it is read.
#[test]
fn where_truncation_is_exact_every_run_gives_the_same_logits() {
    let numbers = Numbers::new();
    let config = SessionConfig::z64().with_truncation(Truncation::Exact);
    let runs = runs(&config, &numbers, (30, 10), Precision::Exact);
    assert_eq!(runs.len(), 300);
    let first = runs[0].logits;
    assert!(runs.iter().all(|run| run.logits == first));
}

/// At ten fractional bits both precisions open the value as it is: only the transcripts differ.
#[test]
fn parties_that_ask_for_different_precisions_open_nothing() {
    let config = SessionConfig::z64().with_frac_bits(10);
    let outcomes = three_parties(&config, |device| {
        let x = shared::<2>(&device, Party::P0, "x", &[0.5, -1.5], [1, 2])?;
        let precision = match device.party() {
            Some(Party::P0) => Precision::Bits(11),
            _ => Precision::default(),
        };
        reveal_with(x, Audience::All, "x", precision).map(|opened| opened.is_some())
    })
    .expect("no panic");
    for outcome in outcomes {
        let error = outcome.expect_err("nothing is opened");
        assert!(
            error.to_string().contains("nothing was revealed"),
            "{error}"
        );
    }
}

/// What default, named and exact precision open, and that integers pass unchanged.
#[test]
fn values_are_opened_at_the_precision_that_was_asked_for() {
    let config = SessionConfig::z64();
    let values = [0.5, -1.5, 0.1, -0.1, 1234.5678, -2000.0001, 3.0, 0.0];
    let results = three_parties(&config, |device| -> Result<Vec<Vec<f32>>, MpcError> {
        let x = shared::<2>(&device, Party::P0, "x", &values, [2, 4])?;
        // Replicated, and as the result of a product.
        let one = shared::<2>(&device, Party::P2, "one", &[1.0; 8], [2, 4])?;
        let mut all = Vec::new();
        for precision in [Precision::default(), Precision::Bits(4), Precision::Exact] {
            for y in [x.clone(), x.clone() * one.clone()] {
                let opened = reveal_with(y, Audience::All, "x", precision)?;
                let opened = opened.ok_or(MpcError::NotRevealed)?;
                all.push(opened.into_data().iter::<f32>().collect());
            }
        }
        Ok(all)
    })
    .expect("no panic");
    let nearest = |x: f32, bits: i32| {
        let encoded = (f64::from(x) / ULP).round() * ULP;
        let unit = f64::from(2.0_f32.powi(-bits));
        ((encoded / unit + 0.5).floor() * unit) as f32
    };
    for party in results {
        let party = party.expect("a session");
        for (opened, bits) in party.iter().zip([10, 10, 4, 4, 20, 20]) {
            let expected: Vec<f32> = values.iter().map(|&x| nearest(x, bits)).collect();
            assert_eq!(opened, &expected, "{bits} bits");
        }
    }
}
