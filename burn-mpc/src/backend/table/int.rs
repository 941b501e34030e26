//! Int tensors.

use std::future::Future;
use std::ops::Range;

use burn_backend::ops::IntTensorOps;

use super::prelude::*;

table! { IntTensorOps<Self>;
    rows {
        one (Ints<P> = domain::WHOLE => Ints<P>) {
            fn int_neg(t) => ops::neg(t);
            fn int_abs(t) => ops::abs(t);
            fn bitwise_not(t) => ops::bitwise_not(t);
            fn int_sign(t) => ops::sign(t);
            fn int_cast(t; dtype: IntDType = domain::INT) => t;
            fn int_clamp_min(t; min: Scalar = Scalar::Int(-2)) => ops::clamp(t, Some(min.elem()), None);
            fn int_clamp_max(t; max: Scalar = Scalar::Int(5)) => ops::clamp(t, None, Some(max.elem()));
            fn int_clamp(t; min: Scalar = Scalar::Int(-2), max: Scalar = Scalar::Int(5)) =>
                ops::clamp(t, Some(min.elem()), Some(max.elem()));
            fn int_powi_scalar(t; exponent: Scalar = Scalar::Int(2)) =>
                ops::power("int_powi_scalar", t, exponent.elem()), wide(float_powi_scalar);
            fn int_powi_scalar_impl(t; exponent: Scalar = Scalar::Int(3)) =>
                ops::power("int_powi_scalar", t, exponent.elem()), wide(float_powi_scalar);
            fn int_add_scalar(t; rhs: Scalar = Scalar::Int(3)) =>
                ops::add(t.into(), lift::scalar(rhs)), wide(float_add_scalar);
            fn int_sub_scalar(t; rhs: Scalar = Scalar::Int(3)) =>
                ops::sub(t.into(), lift::scalar(rhs)), wide(float_sub_scalar);
            fn int_mul_scalar(t; rhs: Scalar = Scalar::Int(-12)) =>
                ops::mul(t.into(), lift::scalar(rhs)), wide(float_mul_scalar);
            fn int_div_scalar(t; rhs: Scalar = Scalar::Int(3)) => ops::int_div(t.into(), lift::scalar(rhs));
            fn int_remainder_scalar(t; rhs: Scalar = Scalar::Int(4)) => ops::int_remainder(t.into(), lift::scalar(rhs));
            fn bitwise_and_scalar(t; rhs: Scalar = Scalar::Int(5)) => ops::bitwise_and(t.into(), lift::scalar(rhs));
            fn bitwise_or_scalar(t; rhs: Scalar = Scalar::Int(5)) => ops::bitwise_or(t.into(), lift::scalar(rhs));
            fn bitwise_xor_scalar(t; rhs: Scalar = Scalar::Int(5)) => ops::bitwise_xor(t.into(), lift::scalar(rhs));
            fn bitwise_left_shift_scalar(t; rhs: Scalar = Scalar::Int(2)) =>
                ops::shift_left(t.into(), lift::scalar(rhs));
            fn bitwise_right_shift_scalar(t; rhs: Scalar = Scalar::Int(1)) =>
                ops::shift_right(t.into(), lift::scalar(rhs));
        }

        one (Ints<P> = domain::WHOLE => Floats<P>) {
            fn int_into_float(t; out_dtype: FloatDType = domain::FLOAT) => ops::int_into_float(t);
        }

        // Reductions.
        one (Ints<P> = domain::WHOLE => Ints<P>) {
            fn int_sum(t) => ops::sum(t), wide(float_sum);
            fn int_sum_dim(t; dim: usize = 1) => ops::sum_dim(t, dim), wide(float_sum_dim);
            fn int_mean(t) => ops::int_mean(t);
            fn int_mean_dim(t; dim: usize = 1) => ops::int_mean_dim(t, dim);
            fn int_cumsum(t; dim: usize = 1) => ops::cumsum(t, dim), wide(float_cumsum);
            fn int_cumprod(t; dim: usize = 1) => ops::cumprod(t, dim), wide(float_cumprod);
            fn int_cummin(t; dim: usize = 1) => ops::cummin(t, dim);
            fn int_cummax(t; dim: usize = 1) => ops::cummax(t, dim);
            fn int_sort(t; dim: usize = 1, descending: bool = false) => ops::sort(t, dim, descending);
            fn int_argsort(t; dim: usize = 1, descending: bool = false) => ops::argsort(t, dim, descending);
            fn int_topk(t; dim: usize = 1, k: usize = 2) => ops::topk(t, dim, k);
            fn int_argmax(t; dim: usize = 1) => ops::argmax(t, dim);
            fn int_argmin(t; dim: usize = 1) => ops::argmin(t, dim);
            fn int_max(t) => ops::max(t);
            fn int_max_dim(t; dim: usize = 1) => ops::max_dim(t, dim);
            fn int_min(t) => ops::min(t);
            fn int_min_dim(t; dim: usize = 1) => ops::min_dim(t, dim);
            fn int_max_abs(t) => ops::max(ops::abs(t));
            fn int_max_abs_dim(t; dim: usize = 1) => ops::max_dim(ops::abs(t), dim);
            fn int_prod(t) => ops::prod(t), wide(float_prod);
            fn int_prod_dim(t; dim: usize = 1) => ops::prod_dim(t, dim), wide(float_prod_dim);
        }

        one (Ints<P> = domain::WHOLE => Pair<Ints<P>, Ints<P>>) {
            fn int_max_dim_with_indices(t; dim: usize = 1) => ops::max_dim_with_indices(t, dim);
            fn int_min_dim_with_indices(t; dim: usize = 1) => ops::min_dim_with_indices(t, dim);
            fn int_sort_with_indices(t; dim: usize = 1, descending: bool = false) =>
                ops::sort_with_indices(t, dim, descending);
        }

        // Truth.
        one (Ints<P> = domain::WHOLE => Bools<P>) {
            fn int_any(t; out_dtype: BoolDType = domain::BOOL) => ops::any_nonzero(t, None);
            fn int_any_dim(t; dim: usize = 1, out_dtype: BoolDType = domain::BOOL) => ops::any_nonzero(t, Some(dim));
            fn int_all(t; out_dtype: BoolDType = domain::BOOL) => ops::all_nonzero(t, None);
            fn int_all_dim(t; dim: usize = 1, out_dtype: BoolDType = domain::BOOL) => ops::all_nonzero(t, Some(dim));
            fn int_equal_elem(t; rhs: Scalar = Scalar::Int(2), out_dtype: BoolDType = domain::BOOL) =>
                ops::equal(t.into(), lift::scalar(rhs));
            fn int_not_equal_elem(t; rhs: Scalar = Scalar::Int(2), out_dtype: BoolDType = domain::BOOL) =>
                ops::not_equal(t.into(), lift::scalar(rhs));
            fn int_greater_elem(t; rhs: Scalar = Scalar::Int(2), out_dtype: BoolDType = domain::BOOL) =>
                ops::greater(t.into(), lift::scalar(rhs));
            fn int_greater_equal_elem(t; rhs: Scalar = Scalar::Int(2), out_dtype: BoolDType = domain::BOOL) =>
                ops::greater_equal(t.into(), lift::scalar(rhs));
            fn int_lower_elem(t; rhs: Scalar = Scalar::Int(2), out_dtype: BoolDType = domain::BOOL) =>
                ops::lower(t.into(), lift::scalar(rhs));
            fn int_lower_equal_elem(t; rhs: Scalar = Scalar::Int(2), out_dtype: BoolDType = domain::BOOL) =>
                ops::lower_equal(t.into(), lift::scalar(rhs));
        }

        many (Ints<P> = domain::WHOLE, Ints<P> = domain::WHOLE => Bools<P>) {
            fn int_equal(a, b; out_dtype: BoolDType = domain::BOOL) => ops::equal(a, b);
            fn int_not_equal(a, b; out_dtype: BoolDType = domain::BOOL) => ops::not_equal(a, b);
            fn int_greater(a, b; out_dtype: BoolDType = domain::BOOL) => ops::greater(a, b);
            fn int_greater_equal(a, b; out_dtype: BoolDType = domain::BOOL) => ops::greater_equal(a, b);
            fn int_lower(a, b; out_dtype: BoolDType = domain::BOOL) => ops::lower(a, b);
            fn int_lower_equal(a, b; out_dtype: BoolDType = domain::BOOL) => ops::lower_equal(a, b);
        }

        // Several tensors.
        many (Ints<P> = domain::WHOLE, Ints<P> = domain::WHOLE => Ints<P>) {
            fn int_add(a, b) => ops::add(a, b), wide(float_add);
            fn int_sub(a, b) => ops::sub(a, b), wide(float_sub);
            fn int_mul(a, b) => ops::mul(a, b), wide(float_mul);
            fn bitwise_and(a, b) => ops::bitwise_and(a, b);
            fn bitwise_or(a, b) => ops::bitwise_or(a, b);
            fn bitwise_xor(a, b) => ops::bitwise_xor(a, b);
        }

        many (Ints<P> = domain::WHOLE, Ints<P> = domain::COUNTS => Ints<P>) {
            fn int_div(a, b) => ops::int_div(a, b);
            fn int_remainder(a, b) => ops::int_remainder(a, b);
            fn bitwise_left_shift(a, b) => ops::shift_left(a, b);
            fn bitwise_right_shift(a, b) => ops::shift_right(a, b);
        }

        many (Ints<P> = domain::WHOLE, Ints<P> = domain::WHOLE.shaped(&[4, 5], &[64, 64]) => Ints<P>) {
            fn int_matmul(a, b) => ops::matmul(a, b), wide(float_matmul);
        }

        many (Ints<P> = domain::WHOLE, Ints<P> = domain::SQUARE => Ints<P>) {
            fn int_powi(a, b) => ops::power_of("int_powi", a, b, Kind::Int), wide(float_powf);
        }

        many (Ints<P> = domain::WHOLE, Bools<P> = domain::BITS => Ints<P>) {
            fn int_mask_fill(a, mask; value: Scalar = Scalar::Int(-4)) => ops::mask_fill(a, mask, value.elem(), Kind::Int);
        }

        many (Ints<P> = domain::WHOLE, Bools<P> = domain::BITS, Ints<P> = domain::WHOLE => Ints<P>) {
            fn int_mask_where(a, mask, value) => ops::mask_where(a, mask, value, Kind::Int);
        }

        // Movement.
        one (Ints<P> = domain::WHOLE => Ints<P>) {
            fn int_transpose(t) => movement::transpose(t);
            fn int_swap_dims(t; dim1: usize = 0, dim2: usize = 1) => movement::swap_dims(t, dim1, dim2);
            fn int_permute(t; axes: &[usize] = &[1, 0]) => movement::permute(t, axes);
            fn int_flip(t; axes: &[usize] = &[1]) => movement::flip(t, axes);
            fn int_reshape(t; shape: Shape = Shape::from([t.shape().num_elements()])) => movement::reshape(t, shape.to_vec());
            fn int_expand(t; shape: Shape = Shape::from([&[2], &t.shape().to_vec()[..]].concat())) =>
                movement::expand(t, &shape);
            fn int_repeat_dim(t; dim: usize = 1, times: usize = 2) => movement::repeat_dim(t, dim, times);
            fn int_slice(t; slices: &[Slice] = &[Slice::new(1, Some(3), 1), Slice::new(0, None, 2)]) => {
                let spans = lift::spans(slices, t.shape());
                movement::slice(t, &spans)
            };
            fn int_unfold(t; dim: usize = 1, size: usize = 2, step: usize = 2) => movement::unfold(t, dim, size, step);
        }

        selected (Ints<P> = domain::WHOLE) { fn int_select() => indexing::select::<Ints<P>, P, R>; }
        gathered (Ints<P> = domain::WHOLE) { fn int_gather() => indexing::gather::<Ints<P>, P, R>; }
        gathered_nd (Ints<P> = domain::WHOLE) { fn int_gather_nd() => indexing::gather_nd::<Ints<P>, P, R>; }
        selected_onto (Ints<P> = domain::WHOLE) { fn int_select_add() => indexing::select_add::<Ints<P>, P, R>; }
        scattered (Ints<P> = domain::WHOLE) { fn int_scatter_add() => indexing::scatter_add::<Ints<P>, P, R>; }
        scattered_nd (Ints<P> = domain::WHOLE) { fn int_scatter_nd() => indexing::scatter_nd::<Ints<P>, P, R>; }
        assigned (Ints<P> = domain::WHOLE) { fn int_slice_assign() => indexing::slice_assign::<Ints<P>, R>; }
        joined (Ints<P> = domain::WHOLE) { fn int_cat() => indexing::cat::<Ints<P>, R>; }

        created (Ints<P> = domain::WHOLE) {
            fn int_empty(; IntDType = domain::INT) => create::created::<Ints<P>, R>;
            fn int_zeros(; IntDType = domain::INT) => create::created::<Ints<P>, R>;
            fn int_ones(; IntDType = domain::INT) => create::created::<Ints<P>, R>;
            fn int_full(fill_value: Scalar = Scalar::Int(7); IntDType = domain::INT) => create::created::<Ints<P>, R>;
        }

    }

    written {
        fn int_from_data(data: TensorData, device: &MpcDevice) -> IntTensor<Self> {
            create::create::<Ints<P>, R>(data, device)
        }
        law |stage| {
            let device = stage.device.clone();
            let made = P::int_from_data(TensorData::from([[1_i64, -2]]), &device);
            Ints::<P>::record(stage, made);
        };

        fn int_random(
            shape: Shape, distribution: Distribution, device: &MpcDevice, dtype: IntDType
        ) -> IntTensor<Self> {
            if let Some(refused) = create::oversized::<Ints<P>, R>("int_random", &shape, device) {
                return refused;
            }
            match random::random(&shape, distribution, device, dtype.into()) {
                Some(data) => create::create::<Ints<P>, R>(data, device),
                None => {
                    let made = P::int_random(shape, distribution, &kind::plain_device::<P>(), dtype);
                    create::created::<Ints<P>, R>(made, device)
                }
            }
        }
        law |stage| {
            let (shape, device) = (stage.shape(&domain::WHOLE), stage.device.clone());
            stage.start();
            let made = P::int_random(shape, Distribution::Bernoulli(1.0), &device, domain::INT);
            Ints::<P>::record(stage, made);
        };

        fn int_arange_step(range: Range<i64>, step: usize, device: &MpcDevice, dtype: IntDType) -> IntTensor<Self> {
            let made = P::int_arange_step(range, step, &kind::plain_device::<P>(), dtype);
            create::created::<Ints<P>, R>(made, device)
        }
        law |stage| {
            let device = stage.device.clone();
            let made = P::int_arange_step(2..11, 3, &device, domain::INT);
            Ints::<P>::record(stage, made);
        };

        fn int_arange(range: Range<i64>, device: &MpcDevice, dtype: IntDType) -> IntTensor<Self> {
            let made = P::int_arange(range, &kind::plain_device::<P>(), dtype);
            create::created::<Ints<P>, R>(made, device)
        }
        law |stage| {
            let device = stage.device.clone();
            let made = P::int_arange(2..11, &device, domain::INT);
            Ints::<P>::record(stage, made);
        };

        fn int_into_data(
            tensor: IntTensor<Self>
        ) -> impl Future<Output = Result<TensorData, ExecutionError>> + Send {
            read::read::<Ints<P>, R>(tensor)
        }
        law |stage| {
            let domain = stage.readable(domain::WHOLE);
            let tensor = Ints::<P>::draw(stage, &domain);
            stage.start();
            stage.read_all(P::int_into_data(tensor));
        };

        fn int_device(tensor: &IntTensor<Self>) -> MpcDevice {
            tensor.device().clone()
        }
        law |stage| {
            let tensor = Ints::<P>::draw(stage, &domain::WHOLE);
            stage.start();
            assert!(P::int_device(&tensor) == stage.device);
        };

        fn int_to_device(tensor: IntTensor<Self>, device: &MpcDevice) -> IntTensor<Self> {
            create::to_device("int_to_device", tensor, device)
        }
        law |stage| {
            let tensor = Ints::<P>::draw(stage, &domain::WHOLE);
            let device = stage.device.clone();
            stage.start();
            let moved = P::int_to_device(tensor, &device);
            Ints::<P>::record(stage, moved);
        };

        fn int_argtopk(tensor: IntTensor<Self>, dim: usize, k: usize) -> IntTensor<Self> {
            // Not every plaintext backend has it.
            let traced = traced!(int_argtopk (tensor: Ints<P>) =>
                P::int_slice(P::int_argsort(tensor, dim, true), &shadow::first(dim, k)));
            match tensor {
                MpcTensor::Public(tensor, device, _) => MpcTensor::public(P::int_argtopk(tensor, dim, k), device),
                MpcTensor::Secret(t) => {
                    call::beside::<Ints<P>, R>(MpcTensor::Secret(ops::argtopk(t, dim, k)), traced)
                }
            }
        }
        law |stage| {
            let tensor = Ints::<P>::draw(stage, &domain::WHOLE);
            stage.start();
            // Flex has no argtopk.
            let result = if P::PLAIN {
                P::int_slice(P::int_argsort(tensor, 1, true), &domain::TWO_COLUMNS)
            } else {
                P::int_argtopk(tensor, 1, 2)
            };
            Ints::<P>::record(stage, result);
        };
    }
}
