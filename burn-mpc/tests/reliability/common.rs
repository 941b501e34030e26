//! Three parties on threads, each with its own configuration and outcome.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use burn::backend::Flex;
use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use burn_mpc::{
    Audience, Mpc, MpcDevice, MpcError, Party, Precision, Ring, SessionConfig, Z64, reveal_with,
    share,
};
use burn_mpc_engine::net::Transport;
pub use burn_mpc_engine::net::loopback::Ends;
use burn_mpc_engine::net::loopback::{memory_ends, tcp_ends};

/// The backend under test.
pub type Private = Mpc<Flex, Z64>;

/// How long a party waits for a peer that fails on purpose.
pub const DEADLINE: Duration = Duration::from_millis(1500);

/// A deadline that no test may reach, however busy the machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Links among threads or over loopback sockets.
#[derive(Clone, Copy, Debug)]
pub enum Links {
    Memory,
    Tcp,
}

impl Links {
    pub const ALL: [Self; 2] = [Self::Memory, Self::Tcp];

    pub fn ends(self) -> Ends {
        match self {
            Self::Memory => memory_ends(DEADLINE),
            Self::Tcp => tcp_ends(DEADLINE),
        }
    }
}

/// The outcome of one party.
#[derive(Debug)]
pub struct Outcome<T> {
    /// Its result; `None` if its program panicked.
    pub result: Option<Result<T, MpcError>>,
    /// The session's failure as the device reports it afterwards.
    pub failure: Option<MpcError>,
    /// When it ended, counted from the common start.
    pub ended: Duration,
}

impl<T> Outcome<T> {
    /// The error of a party that neither panicked nor got a result.
    #[track_caller]
    pub fn error(&self) -> &MpcError {
        match &self.result {
            Some(Err(error)) => error,
            Some(Ok(_)) => panic!("a result came out of a failed session"),
            None => panic!("a panic instead of an error"),
        }
    }
}

/// Runs a program at three parties that may have different configurations.
pub fn run_each<T: Send>(
    ends: Ends,
    configs: [SessionConfig; 3],
    program: impl Fn(&MpcDevice, Party) -> Result<T, MpcError> + Sync,
) -> [Outcome<T>; 3] {
    run_opened(ends, configs, MpcDevice::open, program)
}

/// Runs a program at each party with its own configuration, in sessions that `open` opens.
pub fn run_opened<T: Send>(
    ends: Ends,
    configs: [SessionConfig; 3],
    open: impl Fn(Box<dyn Transport>, SessionConfig) -> Result<MpcDevice, MpcError> + Sync,
    program: impl Fn(&MpcDevice, Party) -> Result<T, MpcError> + Sync,
) -> [Outcome<T>; 3] {
    let results = [const { Mutex::new(None) }; 3];
    let ends = play(ends, configs, &open, &|device, party| {
        let result = program(device, party);
        *results[party.index()]
            .lock()
            .expect("nobody panics with it") = Some(result);
    });
    let mut results = results.into_iter();
    ends.map(|end| {
        let result = results.next().and_then(|result| result.into_inner().ok());
        Outcome {
            result: end
                .refused
                .map_or(result.flatten(), |error| Some(Err(error))),
            failure: end.failure,
            ended: end.ended,
        }
    })
}

/// How the program of a party ended.
struct End {
    /// Why no session was opened.
    refused: Option<MpcError>,
    failure: Option<MpcError>,
    ended: Duration,
}

type Open<'a> =
    dyn Fn(Box<dyn Transport>, SessionConfig) -> Result<MpcDevice, MpcError> + Sync + 'a;

/// Compiled once for all programs.
fn play(
    ends: Ends,
    configs: [SessionConfig; 3],
    open: &Open<'_>,
    program: &(dyn Fn(&MpcDevice, Party) + Sync),
) -> [End; 3] {
    let start = Instant::now();
    let mut configs = configs.into_iter();
    thread::scope(|scope| {
        ends.map(|end| {
            let config = configs.next().expect("three");
            scope.spawn(move || {
                let party = end.party();
                let (refused, failure) = match open(end, config) {
                    Err(error) => (Some(error), None),
                    Ok(device) => {
                        device.set_current();
                        // A program that panics leaves no result.
                        let _ = catch_unwind(AssertUnwindSafe(|| program(&device, party)));
                        (None, device.failure())
                    }
                };
                // Drops the device, without telling the peers if the program panicked.
                MpcDevice::offline().set_current();
                End {
                    refused,
                    failure,
                    ended: start.elapsed(),
                }
            })
        })
        .map(|thread| thread.join().expect("caught"))
    })
}

/// Runs a program at each party with one configuration and a deadline that is not meant to pass.
pub fn run<T: Send>(
    ends: Ends,
    program: impl Fn(&MpcDevice, Party) -> Result<T, MpcError> + Sync,
) -> [Outcome<T>; 3] {
    run_within(PATIENCE, ends, program)
}

/// Runs a program at each party within `deadline`.
pub fn run_within<T: Send>(
    deadline: Duration,
    ends: Ends,
    program: impl Fn(&MpcDevice, Party) -> Result<T, MpcError> + Sync,
) -> [Outcome<T>; 3] {
    let config = || SessionConfig::z64().with_deadline(deadline);
    run_each(ends, [config(), config(), config()], program)
}

/// The results of parties that must all succeed.
#[track_caller]
pub fn all_ok<T>(outcomes: [Outcome<T>; 3]) -> [T; 3] {
    outcomes.map(|outcome| {
        let failure = outcome.failure;
        outcome
            .result
            .unwrap_or_else(|| panic!("a party panicked; session: {failure:?}"))
            .unwrap_or_else(|error| panic!("{error}"))
    })
}

/// Shares `values` of `owner`.
pub fn input<const D: usize>(
    device: &MpcDevice,
    owner: Party,
    name: &str,
    shape: [usize; D],
    values: &[f32],
) -> Result<Tensor<Private, D>, MpcError> {
    input_on::<Z64, D>(device, owner, name, shape, values)
}

/// Shares an input on any ring.
pub fn input_on<R: Ring, const D: usize>(
    device: &MpcDevice,
    owner: Party,
    name: &str,
    shape: [usize; D],
    values: &[f32],
) -> Result<Tensor<Mpc<Flex, R>, D>, MpcError> {
    let data =
        (device.party() == Some(owner)).then(|| TensorData::new(values.to_vec(), shape.to_vec()));
    share::<Flex, R, D>(device, owner, name, shape, data)
}

/// Repeatable numbers in `[-1, 1]`.
pub fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect()
}

/// Convolution, normalisation if there is one, ReLU, linear classifier.
#[derive(Module, Debug)]
pub struct Net<B: Backend> {
    pub conv: Conv2d<B>,
    pub norm: Option<BatchNorm<B>>,
    pub head: Linear<B>,
}

/// Shape of [`Net`]'s input.
pub const IMAGE: [usize; 4] = [1, 2, 6, 6];

impl<B: Backend> Net<B> {
    /// Burn's initial values, for a party that owns no weights.
    pub fn blank(device: &B::Device, norm: bool) -> Self {
        Self {
            conv: Conv2dConfig::new([2, 3], [3, 3])
                .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                .init(device),
            norm: norm.then(|| BatchNormConfig::new(3).init(device)),
            head: LinearConfig::new(3 * 36, 4).init(device),
        }
    }

    /// The owner's weights.
    pub fn trained(device: &B::Device, norm: bool) -> Self {
        let mut net = Self::blank(device, norm);
        let vector = |values: Vec<f32>| {
            let len = values.len();
            Tensor::<B, 1>::from_data(TensorData::new(values, [len]), device)
        };
        net.conv.weight = Param::from_tensor(Tensor::from_data(
            TensorData::new(numbers(54, 1), [3, 2, 3, 3]),
            device,
        ));
        net.conv.bias = Some(Param::from_tensor(vector(numbers(3, 2))));
        net.head.weight = Param::from_tensor(Tensor::from_data(
            TensorData::new(numbers(432, 3), [108, 4]),
            device,
        ));
        net.head.bias = Some(Param::from_tensor(vector(numbers(4, 4))));
        if let Some(norm) = &mut net.norm {
            norm.gamma = Param::from_tensor(vector(vec![1.25, -0.75, 0.5]));
            norm.beta = Param::from_tensor(vector(vec![0.3, -0.2, 0.1]));
            norm.running_mean = burn::module::RunningState::new(vector(vec![0.4, -0.6, 0.05]));
            norm.running_var = burn::module::RunningState::new(vector(vec![0.5, 2.0, 1.1]));
        }
        net
    }

    /// The owner's weights at the owner, initial ones elsewhere.
    pub fn at(device: &B::Device, owner: bool, norm: bool) -> Self {
        if owner {
            Self::trained(device, norm)
        } else {
            Self::blank(device, norm)
        }
    }

    pub fn forward(&self, x: Tensor<B, 4>) -> Tensor<B, 2> {
        let x = self.conv.forward(x);
        let x = match &self.norm {
            Some(norm) => norm.forward(x),
            None => x,
        };
        self.head.forward(relu(x).flatten(1, 3))
    }
}

/// Plaintext logits of [`Net::trained`].
pub fn plain_logits(image: &[f32], norm: bool) -> Vec<f32> {
    let device = Default::default();
    let x = Tensor::<Flex, 4>::from_data(TensorData::new(image.to_vec(), IMAGE), &device);
    let logits = Net::<Flex>::trained(&device, norm).forward(x);
    logits.into_data().iter::<f32>().collect()
}

/// How far logits of [`Net::trained`] may be off in a session whose values have `frac_bits` fractional bits.
///
/// Encoding errs by half a unit in each weight and pixel, over 18 taps of magnitude at most 1, scaled by
/// `gamma / sigma < 2`; the folded weight's rounding comes on top. Then follow 108 linear taps of magnitude at most 1
/// on activations that are off by the above: 108 * 2 * (2 * 18 + 4) half units in the worst case. Errors are
/// independent and signed, so that the root of the sum of their squares is 20 times smaller.
pub fn tolerance(frac_bits: u32) -> f32 {
    let half_unit = 0.5 * (-(frac_bits as f32)).exp2();
    108.0 * 2.0 * (2.0 * 18.0 + 4.0) * half_unit / 20.0
}

/// Opens logits with all bits that they have, for comparing them within [`tolerance`].
pub fn open_exactly<R: Ring, const D: usize>(
    tensor: Tensor<Mpc<Flex, R>, D>,
    reader: Party,
    label: &str,
) -> Result<Option<Tensor<Flex, D>>, MpcError> {
    reveal_with(tensor, Audience::One(reader), label, Precision::Exact)
}

/// The numbers of a plaintext tensor.
pub fn values<const D: usize>(tensor: Tensor<Flex, D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// The largest difference.
pub fn worst(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}
