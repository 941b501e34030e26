//! Bool tensors. Secrets are bits, packed into words.

use std::future::Future;

use burn_backend::ops::BoolTensorOps;

use super::hint;
use super::prelude::*;
use crate::backend::kind::Plain as _;
use crate::tensor::SecretTensor;

table! { BoolTensorOps<Self>;
    rows {
        one (Bools<P> = domain::BITS => Ints<P>) {
            fn bool_into_int(t; out_dtype: IntDType = domain::INT) => ops::bool_into_int(t);
        }

        one (Bools<P> = domain::BITS => Floats<P>) {
            fn bool_into_float(t; out_dtype: FloatDType = domain::FLOAT) => ops::bool_into_float(t);
        }

        one (Bools<P> = domain::BITS => Bools<P>) {
            fn bool_not(t) => ops::bool_not(t);
            fn bool_equal_elem(t; bit: Scalar = Scalar::Bool(false)) => if bit.elem() { t } else { ops::bool_not(t) };
            fn bool_not_equal_elem(t; bit: Scalar = Scalar::Bool(true)) => if bit.elem() { ops::bool_not(t) } else { t };
            fn bool_any(t) => ops::any(t, None);
            fn bool_any_dim(t; dim: usize = 1) => ops::any(t, Some(dim));
            fn bool_all(t) => ops::all(t, None);
            fn bool_all_dim(t; dim: usize = 1) => ops::all(t, Some(dim));
        }

        many (Bools<P> = domain::BITS, Bools<P> = domain::BITS => Bools<P>) {
            fn bool_equal(a, b) => ops::bool_not(ops::bool_xor(a, b));
            fn bool_not_equal(a, b) => ops::bool_xor(a, b);
            fn bool_and(a, b) => ops::bool_and(a, b);
            fn bool_or(a, b) => ops::bool_or(a, b);
            fn bool_xor(a, b) => ops::bool_xor(a, b);
            fn bool_mask_fill(a, mask; value: Scalar = Scalar::Bool(true)) =>
                ops::mask_fill(a, mask, value.elem(), Kind::Bool);
        }

        many (Bools<P> = domain::BITS, Bools<P> = domain::BITS, Bools<P> = domain::BITS => Bools<P>) {
            fn bool_mask_where(a, mask, value) => ops::mask_where(a, mask, value, Kind::Bool);
        }

        // Movement.
        one (Bools<P> = domain::BITS => Bools<P>) {
            fn bool_transpose(t) => movement::transpose(t);
            fn bool_swap_dims(t; dim1: usize = 0, dim2: usize = 1) => movement::swap_dims(t, dim1, dim2);
            fn bool_permute(t; axes: &[usize] = &[1, 0]) => movement::permute(t, axes);
            fn bool_flip(t; axes: &[usize] = &[1]) => movement::flip(t, axes);
            fn bool_reshape(t; shape: Shape = Shape::from([t.shape().num_elements()])) => movement::reshape(t, shape.to_vec());
            fn bool_expand(t; shape: Shape = Shape::from([&[2], &t.shape().to_vec()[..]].concat())) =>
                movement::expand(t, &shape);
            fn bool_repeat_dim(t; dim: usize = 1, times: usize = 2) => movement::repeat_dim(t, dim, times);
            fn bool_slice(t; slices: &[Slice] = &[Slice::new(1, Some(3), 1), Slice::new(0, None, 2)]) => {
                let spans = lift::spans(slices, t.shape());
                movement::slice(t, &spans)
            };
            fn bool_unfold(t; dim: usize = 1, size: usize = 2, step: usize = 2) => movement::unfold(t, dim, size, step);
        }

        selected (Bools<P> = domain::BITS) { fn bool_select() => indexing::select::<Bools<P>, P, R>; }
        gathered (Bools<P> = domain::BITS) { fn bool_gather() => indexing::gather::<Bools<P>, P, R>; }
        selected_onto (Bools<P> = domain::BITS) { fn bool_select_or() => indexing::select_or::<Bools<P>, P, R>; }
        scattered (Bools<P> = domain::BITS) { fn bool_scatter_or() => indexing::scatter_or::<Bools<P>, P, R>; }
        assigned (Bools<P> = domain::BITS) { fn bool_slice_assign() => indexing::slice_assign::<Bools<P>, R>; }
        joined (Bools<P> = domain::BITS) { fn bool_cat() => indexing::cat::<Bools<P>, R>; }

        created (Bools<P> = domain::BITS) {
            fn bool_empty(; BoolDType = domain::BOOL) => create::created::<Bools<P>, R>;
            fn bool_zeros(; BoolDType = domain::BOOL) => create::created::<Bools<P>, R>;
            fn bool_ones(; BoolDType = domain::BOOL) => create::created::<Bools<P>, R>;
        }
    }

    written {
        fn bool_from_data(data: TensorData, device: &MpcDevice) -> BoolTensor<Self> {
            create::create::<Bools<P>, R>(data, device)
        }
        law |stage| {
            let device = stage.device.clone();
            let made = P::bool_from_data(TensorData::from([[true, false]]), &device);
            Bools::<P>::record(stage, made);
        };

        fn bool_into_data(
            tensor: BoolTensor<Self>
        ) -> impl Future<Output = Result<TensorData, ExecutionError>> + Send {
            read::read::<Bools<P>, R>(tensor)
        }
        law |stage| {
            let domain = stage.readable(domain::BITS);
            let tensor = Bools::<P>::draw(stage, &domain);
            stage.start();
            stage.read_all(P::bool_into_data(tensor));
        };

        fn bool_device(tensor: &BoolTensor<Self>) -> MpcDevice {
            tensor.device().clone()
        }
        law |stage| {
            let tensor = Bools::<P>::draw(stage, &domain::BITS);
            stage.start();
            assert!(P::bool_device(&tensor) == stage.device);
        };

        fn bool_to_device(tensor: BoolTensor<Self>, device: &MpcDevice) -> BoolTensor<Self> {
            create::to_device("bool_to_device", tensor, device)
        }
        law |stage| {
            let tensor = Bools::<P>::draw(stage, &domain::BITS);
            let device = stage.device.clone();
            stage.start();
            let moved = P::bool_to_device(tensor, &device);
            Bools::<P>::record(stage, moved);
        };

        // As `async fn` the future would not be known to live for 'static.
        #[allow(clippy::manual_async_fn)]
        fn bool_argwhere(
            tensor: BoolTensor<Self>, out_dtype: IntDType
        ) -> impl Future<Output = IntTensor<Self>> + 'static + Send {
            let rank = tensor.shape().num_dims();
            async move {
                match tensor {
                    MpcTensor::Public(tensor, device, _) => {
                        create::created::<Ints<P>, R>(P::bool_argwhere(tensor, out_dtype).await, &device)
                    }
                    // To count is to read.
                    MpcTensor::Secret(tensor) if tensor.device().reads_reveal() => {
                        let device = tensor.device().clone();
                        match read::read::<Bools<P>, R>(MpcTensor::Secret(tensor)).await {
                            Ok(data) => {
                                let found = P::bool_argwhere(Bools::<P>::make(data), out_dtype).await;
                                create::created::<Ints<P>, R>(found, &device)
                            }
                            Err(_) => MpcTensor::Secret(SecretTensor::poisoned(&device, vec![0, rank], Kind::Int)),
                        }
                    }
                    MpcTensor::Secret(tensor) => {
                        let out = (vec![0, rank], Kind::Int);
                        let shapes = [tensor.shape()];
                        let device = tensor.device();
                        MpcTensor::Secret(refuse::refuse("bool_argwhere", device, &shapes, hint::ARGWHERE, out))
                    }
                }
            }
        }
        refuses hint::ARGWHERE, |stage| {
            // The result's shape depends on the values, which a refusal does not know: all are false.
            let tensor = Bools::<P>::draw(stage, &domain::NONE);
            stage.start();
            stage.wait(P::bool_argwhere(tensor, domain::INT));
        };
    }
}
