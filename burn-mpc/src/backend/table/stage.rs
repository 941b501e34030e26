//! Where a row is tried: the plaintext backend, three parties, or an estimate.

use std::future::Future;

use burn::backend::Flex;
use burn_backend::tensor::{BoolTensor, FloatTensor, IndexingUpdateOp, IntTensor};
use burn_backend::{Backend, ExecutionError, Shape, TensorData, try_read_sync};

use super::call::{DeformGradients, Maybe, Pair, PoolGradient, Pooled};
use super::domain::Domain;
use crate::Party;
use crate::backend::kind::{Bools, Floats, Ints, Plain};
use crate::backend::{Mpc, MpcTensor};
use crate::fixed::Fixed;
use crate::ops::{self, Precision, Values};
use crate::protocol::{self, Audience};
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Bound, Kind, Operand, PublicTensor, SecretTensor};

/// Rounds, and bytes of all parties, so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spent {
    pub(super) rounds: u32,
    pub(super) bytes: u64,
    /// Those of the bytes that depend on no share of any value.
    pub(super) offline: u64,
}

/// A result as a stage records it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) shape: Vec<usize>,
    /// Empty where nothing is computed.
    pub(super) values: Vec<f64>,
}

/// A backend on which rows are tried.
pub(super) trait Stand: Backend {
    /// Whether it has no secrets.
    const PLAIN: bool;

    /// A secret float tensor; a plain one where there are no secrets.
    fn hide_float(device: &Self::Device, owner: Party, data: &PublicTensor) -> FloatTensor<Self>;
    /// A secret int tensor.
    fn hide_int(device: &Self::Device, owner: Party, data: &PublicTensor) -> IntTensor<Self>;
    /// A secret bool tensor.
    fn hide_bool(device: &Self::Device, owner: Party, data: &PublicTensor) -> BoolTensor<Self>;

    fn see_float(tensor: FloatTensor<Self>, how: See) -> Seen;
    fn see_int(tensor: IntTensor<Self>, how: See) -> Seen;
    fn see_bool(tensor: BoolTensor<Self>, how: See) -> Seen;

    /// Starts counting the cost.
    fn begin(device: &Self::Device);
    fn spent(device: &Self::Device) -> Spent;
}

/// What is done with a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum See {
    /// Its values are opened.
    Opened,
    /// It is computed, in whatever form.
    Computed,
    /// It is replicated at the scale of the session, as a consumer may need it.
    Replicated,
}

fn opened(data: Option<Result<TensorData, ExecutionError>>) -> Seen {
    let data = data
        .and_then(Result::ok)
        .unwrap_or_else(|| TensorData::from([f64::NAN]));
    Seen {
        shape: data.shape.to_vec(),
        values: data.iter::<f64>().collect(),
    }
}

fn floats(data: &PublicTensor) -> TensorData {
    let values: Vec<f32> = data.values.iter().map(|&v| v as f32).collect();
    TensorData::new(values, data.shape.clone())
}

fn ints(data: &PublicTensor) -> TensorData {
    let values: Vec<i64> = data.values.iter().map(|&v| v as i64).collect();
    TensorData::new(values, data.shape.clone())
}

fn bools(data: &PublicTensor) -> TensorData {
    let values: Vec<bool> = data.values.iter().map(|&v| v != 0.0).collect();
    TensorData::new(values, data.shape.clone())
}

impl Stand for Flex {
    const PLAIN: bool = true;

    fn hide_float(device: &Self::Device, _: Party, data: &PublicTensor) -> FloatTensor<Self> {
        <Self as burn_backend::ops::FloatTensorOps<Self>>::float_from_data(floats(data), device)
    }

    fn hide_int(device: &Self::Device, _: Party, data: &PublicTensor) -> IntTensor<Self> {
        <Self as burn_backend::ops::IntTensorOps<Self>>::int_from_data(ints(data), device)
    }

    fn hide_bool(device: &Self::Device, _: Party, data: &PublicTensor) -> BoolTensor<Self> {
        <Self as burn_backend::ops::BoolTensorOps<Self>>::bool_from_data(bools(data), device)
    }

    fn see_float(tensor: FloatTensor<Self>, _: See) -> Seen {
        opened(try_read_sync(Floats::<Self>::read(tensor)))
    }

    fn see_int(tensor: IntTensor<Self>, _: See) -> Seen {
        opened(try_read_sync(Ints::<Self>::read(tensor)))
    }

    fn see_bool(tensor: BoolTensor<Self>, _: See) -> Seen {
        opened(try_read_sync(Bools::<Self>::read(tensor)))
    }

    fn begin(_: &Self::Device) {}

    fn spent(_: &Self::Device) -> Spent {
        Spent::default()
    }
}

fn number<R: Ring>(device: &MpcDevice, owner: Party, data: &PublicTensor) -> SecretTensor<R> {
    let held = (device.party() == Some(owner)).then_some(Values::Double(&data.values));
    let shape = data.shape.clone();
    ops::share_values::<R>(device, owner, "operand", shape, held, Bound::NONE)
        .unwrap_or_else(|error| panic!("{error}"))
}

fn integer<R: Ring>(device: &MpcDevice, owner: Party, data: &PublicTensor) -> SecretTensor<R> {
    let words: Vec<R> = data.values.iter().map(|&v| R::from_i64(v as i64)).collect();
    let len = words.len();
    let held = (device.party() == Some(owner)).then_some(words);
    let share = device
        .online("share")
        .and_then(|session| session.run(|ctx| protocol::input(ctx, owner, "integers", len, held)))
        .unwrap_or_else(|error| panic!("{error}"));
    SecretTensor::of_numbers(device, data.shape.clone(), Kind::Int, Fixed::new(share, 0))
}

impl<R: Ring> Stand for Mpc<Flex, R> {
    const PLAIN: bool = false;

    fn hide_float(device: &MpcDevice, owner: Party, data: &PublicTensor) -> FloatTensor<Self> {
        MpcTensor::Secret(number(device, owner, data))
    }

    fn hide_int(device: &MpcDevice, owner: Party, data: &PublicTensor) -> IntTensor<Self> {
        MpcTensor::Secret(integer(device, owner, data))
    }

    fn hide_bool(device: &MpcDevice, owner: Party, data: &PublicTensor) -> BoolTensor<Self> {
        let zero = Operand::scalar(0.0);
        let number = integer::<R>(device, owner, data);
        let bits = ops::greater(Operand::Secret(number), zero);
        // So that what follows is not charged with the comparison.
        ops::settle(&bits);
        MpcTensor::Secret(bits)
    }

    fn see_float(tensor: FloatTensor<Self>, how: See) -> Seen {
        see::<Floats<Flex>, R>(tensor, how)
    }

    fn see_int(tensor: IntTensor<Self>, how: See) -> Seen {
        see::<Ints<Flex>, R>(tensor, how)
    }

    fn see_bool(tensor: BoolTensor<Self>, how: See) -> Seen {
        see::<Bools<Flex>, R>(tensor, how)
    }

    fn begin(device: &MpcDevice) {
        if let Some(session) = device.session() {
            session.start_measuring();
        }
    }

    fn spent(device: &MpcDevice) -> Spent {
        device.session().map_or(Spent::default(), |session| {
            let report = session.report();
            Spent {
                rounds: report.rounds,
                bytes: report.declared_bytes.iter().sum(),
                offline: report.offline_bytes.iter().sum(),
            }
        })
    }
}

fn see<K: Plain, R: Ring>(tensor: MpcTensor<K::Tensor, R>, how: See) -> Seen {
    let secret = match tensor {
        MpcTensor::Public(tensor, _, _) => return opened(try_read_sync(K::read(tensor))),
        MpcTensor::Secret(secret) => secret,
    };
    assert_eq!(secret.kind(), K::KIND, "the secret's kind");
    let values = match how {
        See::Opened => ops::reveal_as(&secret, Audience::All, "law", Precision::Exact)
            .unwrap_or_else(|error| panic!("{error}"))
            .unwrap_or_default(),
        See::Computed => {
            ops::settle(&secret);
            vec![]
        }
        See::Replicated => {
            ops::replicate(&secret);
            vec![]
        }
    };
    Seen {
        shape: secret.shape().to_vec(),
        values,
    }
}

/// The updates that the law of a row with any of them calls; its cost is that of a sum.
pub(super) fn updates<P: Stand>(stage: &Stage<P>) -> &'static [IndexingUpdateOp] {
    const ALL: [IndexingUpdateOp; 5] = [
        IndexingUpdateOp::Add,
        IndexingUpdateOp::Assign,
        IndexingUpdateOp::Mul,
        IndexingUpdateOp::Min,
        IndexingUpdateOp::Max,
    ];
    if stage.measuring { &ALL[..1] } else { &ALL }
}

/// Where one call of a row takes place.
pub(super) struct Stage<P: Stand> {
    pub(super) device: P::Device,
    measuring: bool,
    /// Whether results are computed instead of opened.
    compute: bool,
    /// The operand that is made public in this call.
    open: Option<usize>,
    /// Shapes of the operands.
    pub(super) operands: Vec<Vec<usize>>,
    pub(super) results: Vec<Seen>,
    /// The cost of computing the results.
    pub(super) computed: Spent,
    /// The cost until all of them were replicated.
    pub(super) replicated: Spent,
    /// The error of a read, if there was one.
    pub(super) error: Option<String>,
}

impl<P: Stand> Stage<P> {
    pub(super) fn new(device: P::Device, measuring: bool, open: Option<usize>) -> Self {
        Self {
            device,
            measuring,
            compute: measuring,
            open,
            operands: vec![],
            results: vec![],
            computed: Spent::default(),
            replicated: Spent::default(),
            error: None,
        }
    }

    /// The shape of operands from `domain`.
    pub(super) fn shape(&self, domain: &Domain) -> Shape {
        Shape::from(self.dimensions(domain))
    }

    fn dimensions(&self, domain: &Domain) -> Vec<usize> {
        let shape = if self.measuring {
            domain.cost
        } else {
            domain.law
        };
        shape.to_vec()
    }

    /// The next operand, who holds it, and whether it is secret.
    fn operand(&mut self, domain: &Domain) -> (PublicTensor, Party, bool) {
        let shape = self.dimensions(domain);
        let index = self.operands.len();
        let mut state = (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let steps = ((domain.high - domain.low) / domain.step) as u64 + 1;
        let mut draw = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            domain.low + ((state >> 20) % steps) as f64 * domain.step
        };
        let values = (0..shape.iter().product()).map(|_| draw()).collect();
        self.operands.push(shape.clone());
        let owner = [Party::P0, Party::P1, Party::P2][index % 3];
        let known = domain.public || (domain.cheap && self.measuring);
        let secret = !known && self.open != Some(index);
        (PublicTensor { shape, values }, owner, secret)
    }

    /// Computes results instead of opening them, at the shapes of the law.
    #[cfg(test)]
    pub(super) fn measure(&mut self) {
        self.compute = true;
    }

    /// Marks the start of the call, once the operands are made.
    pub(super) fn start(&mut self) {
        P::begin(&self.device);
    }

    fn how(&self) -> See {
        if self.compute {
            See::Computed
        } else {
            See::Opened
        }
    }

    /// The domain of an operand that is read: public in a law, since reading a secret is an error, which only the
    /// measurement asks for.
    pub(super) fn readable(&self, domain: Domain) -> Domain {
        if self.measuring {
            domain
        } else {
            domain.public()
        }
    }

    /// A read of a tensor, or its error.
    pub(super) fn read_all(
        &mut self,
        read: impl Future<Output = Result<TensorData, ExecutionError>>,
    ) {
        match try_read_sync(read) {
            Some(Err(error)) => self.error = Some(error.to_string()),
            data => self.results.push(opened(data)),
        }
    }

    /// Records the indices of a future.
    pub(super) fn wait(&mut self, indices: impl Future<Output = IntTensor<P>>) {
        if let Some(indices) = try_read_sync(indices) {
            Ints::record(self, indices);
        }
    }
}

/// Operands of a kind.
pub(super) trait Sampled<P: Stand> {
    type Tensor;
    fn draw(stage: &mut Stage<P>, domain: &Domain) -> Self::Tensor;
}

/// Results of a kind.
pub(super) trait Recorded<P: Stand> {
    type Result;
    fn record(stage: &mut Stage<P>, result: Self::Result);
}

macro_rules! kinds {
    ($($kind:ident, $tensor:ident, $data:ident, $make:ident, $hide:ident, $see:ident;)+) => {$(
        impl<P: Stand> Sampled<P> for $kind<P> {
            type Tensor = $tensor<P>;

            fn draw(stage: &mut Stage<P>, domain: &Domain) -> $tensor<P> {
                let (data, owner, secret) = stage.operand(domain);
                if secret {
                    P::$hide(&stage.device, owner, &data)
                } else {
                    P::$make($data(&data), &stage.device)
                }
            }
        }

        impl<P: Stand> Recorded<P> for $kind<P> {
            type Result = $tensor<P>;

            fn record(stage: &mut Stage<P>, result: $tensor<P>) {
                let seen = P::$see(result.clone(), stage.how());
                stage.results.push(seen);
                if stage.measuring {
                    stage.computed = P::spent(&stage.device);
                    P::$see(result, See::Replicated);
                    stage.replicated = P::spent(&stage.device);
                }
            }
        }
    )+};
}

kinds! {
    Floats, FloatTensor, floats, float_from_data, hide_float, see_float;
    Ints, IntTensor, ints, int_from_data, hide_int, see_int;
    Bools, BoolTensor, bools, bool_from_data, hide_bool, see_bool;
}

impl<K: Sampled<P>, P: Stand> Sampled<P> for Maybe<K> {
    type Tensor = Option<K::Tensor>;

    fn draw(stage: &mut Stage<P>, domain: &Domain) -> Self::Tensor {
        Some(K::draw(stage, domain))
    }
}

impl<A, B, P: Stand> Recorded<P> for Pair<A, B>
where
    A: Recorded<P>,
    B: Recorded<P>,
{
    type Result = (A::Result, B::Result);

    fn record(stage: &mut Stage<P>, (a, b): Self::Result) {
        A::record(stage, a);
        B::record(stage, b);
    }
}

impl<P: Stand> Recorded<P> for Pooled<P> {
    type Result = burn_backend::ops::MaxPool2dWithIndices<P>;

    fn record(stage: &mut Stage<P>, result: Self::Result) {
        Floats::record(stage, result.output);
        Ints::record(stage, result.indices);
    }
}

impl<P: Stand> Recorded<P> for PoolGradient<P> {
    type Result = burn_backend::ops::MaxPool2dBackward<P>;

    fn record(stage: &mut Stage<P>, result: Self::Result) {
        Floats::record(stage, result.x_grad);
    }
}

impl<P: Stand> Recorded<P> for DeformGradients<P> {
    type Result = burn_backend::ops::DeformConv2dBackward<P>;

    fn record(stage: &mut Stage<P>, result: Self::Result) {
        let by = [result.x_grad, result.offset_grad, result.weight_grad];
        for gradient in by
            .into_iter()
            .chain(result.mask_grad)
            .chain(result.bias_grad)
        {
            Floats::record(stage, gradient);
        }
    }
}
