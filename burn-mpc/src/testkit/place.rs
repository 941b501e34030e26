//! Where a program runs.

use burn::backend::Flex;
use burn::tensor::{Bool, Float, Int, Tensor, TensorData, TensorPrimitive};
use burn_backend::Backend;

use crate::backend::MpcTensor;
use crate::fixed::Fixed;
use crate::ops;
use crate::protocol::{self, Audience};
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Bound, Kind, SecretTensor};
use crate::{Mpc, Party};

/// A backend on which a program's inputs can be secret and its results opened.
pub trait Place: Backend {
    /// Whether secrets are shared here.
    const SECRETS: bool;

    /// A float tensor that only `owner` holds; a `constant` one counts as a parameter of the model.
    fn secret<const D: usize>(
        device: &Self::Device,
        owner: Party,
        constant: bool,
        values: &[f32],
        shape: [usize; D],
    ) -> Tensor<Self, D>;

    /// An integer tensor that only `owner` holds.
    fn secret_int<const D: usize>(
        device: &Self::Device,
        owner: Party,
        values: &[i64],
        shape: [usize; D],
    ) -> Tensor<Self, D, Int>;

    /// The values.
    fn open<const D: usize>(tensor: Tensor<Self, D>) -> Vec<f64>;

    /// The values.
    fn open_int<const D: usize>(tensor: Tensor<Self, D, Int>) -> Vec<f64>;

    /// The values as 0 and 1.
    fn open_bool<const D: usize>(tensor: Tensor<Self, D, Bool>) -> Vec<f64>;

    /// Bytes sent and rounds so far.
    fn spent(device: &Self::Device) -> (u64, u32);
}

impl Place for Flex {
    const SECRETS: bool = false;

    fn secret<const D: usize>(
        device: &Self::Device,
        _: Party,
        _: bool,
        values: &[f32],
        shape: [usize; D],
    ) -> Tensor<Self, D> {
        Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
    }

    fn secret_int<const D: usize>(
        device: &Self::Device,
        _: Party,
        values: &[i64],
        shape: [usize; D],
    ) -> Tensor<Self, D, Int> {
        Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
    }

    fn open<const D: usize>(tensor: Tensor<Self, D>) -> Vec<f64> {
        clear(tensor.into_data())
    }

    fn open_int<const D: usize>(tensor: Tensor<Self, D, Int>) -> Vec<f64> {
        clear(tensor.into_data())
    }

    fn open_bool<const D: usize>(tensor: Tensor<Self, D, Bool>) -> Vec<f64> {
        Self::open_int(tensor.int())
    }

    fn spent(_: &Self::Device) -> (u64, u32) {
        (0, 0)
    }
}

impl<P: Backend, R: Ring> Place for Mpc<P, R> {
    const SECRETS: bool = true;

    fn secret<const D: usize>(
        device: &MpcDevice,
        owner: Party,
        constant: bool,
        values: &[f32],
        shape: [usize; D],
    ) -> Tensor<Self, D> {
        let held = (device.party() == Some(owner)).then_some(values.into());
        let shared = if constant {
            ops::parameter::<R>(device, owner, "weight", shape.to_vec(), held)
        } else {
            {
                let limit = values
                    .iter()
                    .fold(0.0, |most, v| f64::from(v.abs()).max(most));
                let once = device.online("share").map_or(0.0, |s| s.scales().once());
                let bound = if limit < once {
                    Bound::NONE
                } else {
                    Bound::declared(limit)
                };
                ops::share_values::<R>(device, owner, "input", shape.to_vec(), held, bound)
            }
        };
        let shared = shared.unwrap_or_else(|error| panic!("{error}"));
        Tensor::from_primitive(TensorPrimitive::Float(MpcTensor::Secret(shared)))
    }

    fn secret_int<const D: usize>(
        device: &MpcDevice,
        owner: Party,
        values: &[i64],
        shape: [usize; D],
    ) -> Tensor<Self, D, Int> {
        let words: Vec<R> = values.iter().map(|&value| R::from_i64(value)).collect();
        let held = (device.party() == Some(owner)).then_some(words);
        let session = device.online("share").unwrap_or_else(|e| panic!("{e}"));
        let share = session
            .run(|ctx| protocol::input(ctx, owner, "integers", values.len(), held))
            .unwrap_or_else(|error| panic!("{error}"));
        Tensor::from_primitive(MpcTensor::Secret(SecretTensor::of_numbers(
            device,
            shape.to_vec(),
            Kind::Int,
            Fixed::new(share, 0),
        )))
    }

    fn open<const D: usize>(tensor: Tensor<Self, D>) -> Vec<f64> {
        let shape = tensor.dims();
        match tensor.into_primitive().tensor() {
            MpcTensor::Public(tensor, ..) => {
                let primitive = TensorPrimitive::Float(tensor);
                clear(Tensor::<P, D, Float>::from_primitive(primitive).into_data())
            }
            MpcTensor::Secret(tensor) => open(&tensor, Kind::Float, &shape),
        }
    }

    fn open_int<const D: usize>(tensor: Tensor<Self, D, Int>) -> Vec<f64> {
        let shape = tensor.dims();
        match tensor.into_primitive() {
            MpcTensor::Public(tensor, ..) => {
                clear(Tensor::<P, D, Int>::from_primitive(tensor).into_data())
            }
            MpcTensor::Secret(tensor) => open(&tensor, Kind::Int, &shape),
        }
    }

    fn open_bool<const D: usize>(tensor: Tensor<Self, D, Bool>) -> Vec<f64> {
        let shape = tensor.dims();
        match tensor.into_primitive() {
            MpcTensor::Public(tensor, ..) => clear(
                Tensor::<P, D, Bool>::from_primitive(tensor)
                    .int()
                    .into_data(),
            ),
            MpcTensor::Secret(tensor) => open(&tensor, Kind::Bool, &shape),
        }
    }

    fn spent(device: &MpcDevice) -> (u64, u32) {
        let session = device.session().expect("online");
        let report = session.report();
        (report.bytes_sent, report.rounds)
    }
}

fn clear(data: TensorData) -> Vec<f64> {
    data.iter::<f64>().collect()
}

fn open<R: Ring>(tensor: &SecretTensor<R>, kind: Kind, shape: &[usize]) -> Vec<f64> {
    assert_eq!(tensor.kind(), kind, "the secret's kind");
    assert_eq!(tensor.shape(), shape, "the secret's shape");
    ops::reveal_as(tensor, Audience::All, "law", ops::Precision::Exact)
        .unwrap_or_else(|error| panic!("{error}"))
        .unwrap_or_default()
}
