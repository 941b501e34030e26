//! Quantised tensors: the plaintext backend's own, or secrets rounded to a grid.

use std::future::Future;

use burn_backend::QTensorPrimitive;
use burn_backend::ops::QTensorOps;
use burn_backend::quantization::{QuantScheme, QuantizationParametersPrimitive};

use super::prelude::*;
use crate::backend::quantised::{Grid, MpcQuantized, blocks, grid_of, packed, range};

/// Operands and results of the laws.
#[cfg(any(test, feature = "testkit"))]
mod samples {
    use burn_backend::TensorData;
    use burn_backend::quantization::{QuantScheme, QuantStore, QuantValue, QuantizedBytes};
    use burn_backend::tensor::QuantizedTensor;

    use super::super::domain::{self, Domain};
    use super::super::prelude::{Floats, Recorded, Sampled, Stage, Stand};

    /// Odd multiples of an eighth: none of them is halfway between two multiples of a step.
    pub(super) const ODD: Domain = Domain {
        low: -2.875,
        high: 2.875,
        step: 0.25,
        law: &[4, 6],
        cost: &[64, 64],
        public: false,
        cheap: false,
    };

    pub(super) fn scheme() -> QuantScheme {
        QuantScheme::default()
            .with_value(QuantValue::Q8S)
            .with_store(QuantStore::Native)
    }

    /// How many steps each value is.
    pub(super) fn steps(data: TensorData) -> TensorData {
        let shape = data.shape.clone();
        let bytes = QuantizedBytes {
            num_elements: data.num_elements(),
            bytes: data.into_bytes(),
            scheme: scheme(),
        };
        TensorData::new(bytes.into_vec_i8().0, shape)
    }

    pub(super) fn drawn<P: Stand>(stage: &mut Stage<P>) -> QuantizedTensor<P> {
        let tensor = Floats::<P>::draw(stage, &ODD);
        let quantised = P::quantize_dynamic(tensor, &scheme());
        stage.start();
        quantised
    }

    pub(super) fn record<P: Stand>(stage: &mut Stage<P>, tensor: QuantizedTensor<P>) {
        Floats::<P>::record(stage, P::dequantize(tensor, domain::FLOAT));
    }
}
#[cfg(any(test, feature = "testkit"))]
use samples::{ODD, drawn, record, scheme, steps};

table! { QTensorOps<Self>;
    written {
        fn q_from_data(data: TensorData, device: &MpcDevice) -> QuantizedTensor<Self> {
            if !device.shares_creations() {
                let tensor = P::q_from_data(data, &kind::plain_device::<P>());
                return MpcQuantized::Public(tensor, device.clone());
            }
            let (scheme, steps) = grid_of(&data);
            let tensor = P::q_from_data(data, &kind::plain_device::<P>());
            let scheme = scheme.unwrap_or(*tensor.scheme());
            let values = P::dequantize(tensor, FloatDType::F32);
            match create::created::<Floats<P>, R>(values, device) {
                MpcTensor::Secret(values) => {
                    let steps = create::create::<Floats<P>, R>(steps, device);
                    let steps = Some(Box::new(lift::secret::<Floats<P>, R>(steps, device)));
                    MpcQuantized::Secret(Grid { values, scheme, steps })
                }
                MpcTensor::Public(tensor, device, _) => {
                    MpcQuantized::Public(P::quantize_dynamic(tensor, &scheme), device)
                }
            }
        }
        law |stage| {
            let data = TensorData::quantized(vec![3_i8, -7, 127, 0], [2, 2], scheme(), &[0.125]);
            let device = stage.device.clone();
            stage.start();
            let made = P::q_from_data(data, &device);
            record(stage, made);
        };

        // A secret is divided by the step, rounded, limited and multiplied again.
        fn quantize(
            tensor: FloatTensor<Self>,
            scheme: &QuantScheme,
            qparams: QuantizationParametersPrimitive<Self>
        ) -> QuantizedTensor<Self> {
            match (tensor, qparams.scales) {
                (MpcTensor::Public(tensor, device, _), MpcTensor::Public(scales, _, _)) => {
                    let qparams = QuantizationParametersPrimitive { scales };
                    MpcQuantized::Public(P::quantize(tensor, scheme, qparams), device)
                }
                (tensor, scales) => {
                    let device = lift::device_of(&tensor, &scales);
                    let [tensor, scales] = [tensor, scales].map(lift::operand::<Floats<P>, R>);
                    let steps = movement::held(scales.clone(), Kind::Float, &device);
                    let values = ops::quantise(tensor, scales, range(scheme));
                    MpcQuantized::Secret(Grid { values, scheme: *scheme, steps: Some(Box::new(steps)) })
                }
            }
        }
        law |stage| {
            let tensor = Floats::<P>::draw(stage, &ODD);
            let step = TensorData::from([0.375_f32]);
            let scales = P::float_from_data(step, &stage.device.clone());
            stage.start();
            let result = P::quantize(tensor, &scheme(), QuantizationParametersPrimitive { scales });
            record(stage, result);
        }, 8.0;

        fn quantize_dynamic(tensor: FloatTensor<Self>, scheme: &QuantScheme) -> QuantizedTensor<Self> {
            match tensor {
                MpcTensor::Public(tensor, device, _) => {
                    MpcQuantized::Public(P::quantize_dynamic(tensor, scheme), device)
                }
                MpcTensor::Secret(tensor) => {
                    let blocks = blocks(scheme, tensor.len());
                    let (values, steps) = ops::quantise_to_largest(tensor, blocks, range(scheme));
                    let steps = steps.map(Box::new);
                    MpcQuantized::Secret(Grid { values, scheme: *scheme, steps })
                }
            }
        }
        law |stage| {
            let tensor = Floats::<P>::draw(stage, &ODD);
            stage.start();
            let result = P::quantize_dynamic(tensor, &scheme());
            record(stage, result);
        }, 8.0;

        fn dequantize(tensor: QuantizedTensor<Self>, dtype: FloatDType) -> FloatTensor<Self> {
            match tensor {
                MpcQuantized::Public(tensor, device) => MpcTensor::public(P::dequantize(tensor, dtype), device),
                MpcQuantized::Secret(grid) => MpcTensor::Secret(grid.values),
            }
        }
        law |stage| {
            let tensor = drawn(stage);
            record(stage, tensor);
        }, 8.0;

        fn q_device(tensor: &QuantizedTensor<Self>) -> MpcDevice {
            tensor.device().clone()
        }
        law |stage| {
            let tensor = drawn(stage);
            assert!(P::q_device(&tensor) == stage.device);
        };

        fn q_to_device(tensor: QuantizedTensor<Self>, device: &MpcDevice) -> QuantizedTensor<Self> {
            match tensor {
                MpcQuantized::Public(tensor, _) => MpcQuantized::Public(tensor, device.clone()),
                MpcQuantized::Secret(Grid { values, scheme, steps }) => {
                    let moved = create::to_device("q_to_device", MpcTensor::<FloatTensor<P>, R>::Secret(values), device);
                    let values = lift::secret::<Floats<P>, R>(moved, device);
                    MpcQuantized::Secret(Grid { values, scheme, steps })
                }
            }
        }
        law |stage| {
            let (tensor, device) = (drawn(stage), stage.device.clone());
            let moved = P::q_to_device(tensor, &device);
            record(stage, moved);
        }, 8.0;

        fn q_reshape(tensor: QuantizedTensor<Self>, shape: Shape) -> QuantizedTensor<Self> {
            let to = shape.to_vec();
            tensor.moved(|t| P::q_reshape(t, shape), |t| movement::reshape(t, to))
        }
        law |stage| {
            let tensor = drawn(stage);
            let shape = Shape::from([tensor.shape().num_elements()]);
            record(stage, P::q_reshape(tensor, shape));
        }, 8.0;

        // Without its steps a secret is read as the values that they make.
        fn q_into_data(
            tensor: QuantizedTensor<Self>
        ) -> impl Future<Output = Result<TensorData, ExecutionError>> + Send {
            async {
                match tensor {
                    MpcQuantized::Public(tensor, _) => P::q_into_data(tensor).await,
                    MpcQuantized::Secret(Grid { values, scheme, steps }) => {
                        let tensor = |secret| MpcTensor::<FloatTensor<P>, R>::Secret(secret);
                        let values = read::read::<Floats<P>, R>(tensor(values)).await?;
                        match steps {
                            None => Ok(values),
                            Some(steps) => {
                                let steps = read::read::<Floats<P>, R>(tensor(*steps)).await?;
                                Ok(packed(&values, &steps, scheme))
                            }
                        }
                    }
                }
            }
        }
        law |stage| {
            let domain = stage.readable(ODD);
            let tensor = Floats::<P>::draw(stage, &domain);
            let tensor = P::quantize_dynamic(tensor, &scheme());
            stage.start();
            stage.read_all(async { P::q_into_data(tensor).await.map(steps) });
        };

        fn q_expand(tensor: QuantizedTensor<Self>, shape: Shape) -> QuantizedTensor<Self> {
            let to = shape.to_vec();
            tensor.moved(|t| P::q_expand(t, shape), |t| movement::expand(t, &to))
        }
        law |stage| {
            let tensor = drawn(stage);
            let shape = Shape::from([&[2], &tensor.shape().to_vec()[..]].concat());
            record(stage, P::q_expand(tensor, shape));
        }, 8.0;

        fn q_swap_dims(tensor: QuantizedTensor<Self>, dim1: usize, dim2: usize) -> QuantizedTensor<Self> {
            tensor.moved(|t| P::q_swap_dims(t, dim1, dim2), |t| movement::swap_dims(t, dim1, dim2))
        }
        law |stage| {
            let tensor = drawn(stage);
            record(stage, P::q_swap_dims(tensor, 0, 1));
        }, 8.0;

        fn q_permute(tensor: QuantizedTensor<Self>, axes: &[usize]) -> QuantizedTensor<Self> {
            tensor.moved(|t| P::q_permute(t, axes), |t| movement::permute(t, axes))
        }
        law |stage| {
            let tensor = drawn(stage);
            record(stage, P::q_permute(tensor, &[1, 0]));
        }, 8.0;

        fn q_flip(tensor: QuantizedTensor<Self>, axes: &[usize]) -> QuantizedTensor<Self> {
            tensor.moved(|t| P::q_flip(t, axes), |t| movement::flip(t, axes))
        }
        law |stage| {
            let tensor = drawn(stage);
            record(stage, P::q_flip(tensor, &[0]));
        }, 8.0;

        fn q_select(tensor: QuantizedTensor<Self>, dim: usize, indices: IntTensor<Self>) -> QuantizedTensor<Self> {
            match (tensor, indices) {
                (MpcQuantized::Public(tensor, device), MpcTensor::Public(indices, _, _)) => {
                    MpcQuantized::Public(P::q_select(tensor, dim, indices), device)
                }
                (tensor, indices) => {
                    let scheme = *tensor.scheme();
                    let values = Self::dequantize(tensor, FloatDType::F32);
                    let taken = indexing::select::<Floats<P>, P, R>(values, dim, indices);
                    MpcQuantized::Secret(Grid { values: taken, scheme, steps: None })
                }
            }
        }
        law |stage| {
            let tensor = Floats::<P>::draw(stage, &ODD);
            let indices = Ints::<P>::draw(stage, &domain::PLANES);
            let tensor = P::quantize_dynamic(tensor, &scheme());
            stage.start();
            record(stage, P::q_select(tensor, 0, indices));
        }, 8.0;

        fn q_slice(tensor: QuantizedTensor<Self>, slices: &[Slice]) -> QuantizedTensor<Self> {
            tensor.moved(
                |t| P::q_slice(t, slices),
                |t| {
                    let spans = lift::spans(slices, t.shape());
                    movement::slice(t, &spans)
                },
            )
        }
        law |stage| {
            let tensor = drawn(stage);
            let slices = [Slice::new(1, Some(3), 1), Slice::new(0, None, 2)];
            record(stage, P::q_slice(tensor, &slices));
        }, 8.0;
    }
}
