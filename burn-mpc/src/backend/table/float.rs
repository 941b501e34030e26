//! Float tensors.

use std::future::Future;

use burn_backend::ops::{FloatTensorOps, GridSampleOptions};

use super::prelude::*;

table! { FloatTensorOps<Self>;
    rows {
        one (Floats<P> = domain::SIGNED => Floats<P>) {
            fn float_neg(t) => ops::neg(t);
            fn float_abs(t) => ops::abs(t);
            fn float_sign(t) => ops::sign(t);
            fn float_cast(t; dtype: FloatDType = domain::FLOAT) => t;
            fn float_clamp_min(t; min: Scalar = Scalar::Float(-0.5)) => ops::clamp(t, Some(min.elem()), None);
            fn float_clamp_max(t; max: Scalar = Scalar::Float(0.75)) => ops::clamp(t, None, Some(max.elem()));
            fn float_clamp(t; min: Scalar = Scalar::Float(-0.5), max: Scalar = Scalar::Float(0.75)) =>
                ops::clamp(t, Some(min.elem()), Some(max.elem()));
            fn float_powi_scalar(t; exponent: Scalar = Scalar::Int(2)) => ops::power("float_powi_scalar", t, exponent.elem());
            fn float_powi_scalar_impl(t; exponent: Scalar = Scalar::Int(3)) =>
                ops::power("float_powi_scalar", t, exponent.elem());
            fn float_powf_scalar(t; exponent: Scalar = Scalar::Float(2.0)) =>
                ops::power("float_powf_scalar", t, exponent.elem());
            fn float_add_scalar(t; rhs: Scalar = Scalar::Float(0.75)) => ops::add(t.into(), lift::scalar(rhs));
            fn float_sub_scalar(t; rhs: Scalar = Scalar::Float(0.75)) => ops::sub(t.into(), lift::scalar(rhs));
            fn float_mul_scalar(t; rhs: Scalar = Scalar::Float(0.75)) => ops::mul(t.into(), lift::scalar(rhs));
            fn float_div_scalar(t; rhs: Scalar = Scalar::Float(3.0)) => ops::div(t.into(), lift::scalar(rhs)), within(2.0);
        }

        // Exact, multiples of the divisor too.
        one (Floats<P> = domain::SIGNED => Floats<P>) {
            fn float_remainder_scalar(t; rhs: Scalar = Scalar::Float(0.75)) =>
                ops::float_remainder(t.into(), lift::scalar(rhs));
        }

        many (Floats<P> = domain::SIGNED, Floats<P> = domain::POSITIVE => Floats<P>) {
            fn float_remainder(a, b) => ops::float_remainder(a, b);
        }

        one (Floats<P> = domain::HALVES => Floats<P>) {
            fn float_round(t) => ops::round(t);
            fn float_trunc(t) => ops::trunc(t);
            fn float_floor(t) => ops::floor(t);
            fn float_ceil(t) => ops::ceil(t);
        }

        one (Floats<P> = domain::HALVES => Ints<P>) {
            fn float_into_int(t; out_dtype: IntDType = domain::INT) => ops::float_into_int(t);
        }

        // The Newton steps leave a relative 2^-23, below a unit for results to 2; powers amplify it.
        one (Floats<P> = domain::POSITIVE => Floats<P>) {
            fn float_recip(t) => ops::recip(t), within(1.0);
            fn float_sqrt(t) => ops::sqrt(t), within(1.0);
            fn float_powf_scalar_impl(t; exponent: Scalar = Scalar::Float(-0.5)) =>
                ops::power("float_powf_scalar", t, exponent.elem()), within(4.0);
        }

        one (Floats<P> = domain::POSITIVE => Floats<P>) {
            fn float_log(t) => ops::ln(t), within(1.0);
            fn float_log1p(t) => ops::ln_1p(t), within(1.0);
            // Results up to 2^6, each of whose bits is off by a relative 2^-21.
            fn float_exp(t) => ops::exp(t), within(2.0);
            fn float_sinh(t) => ops::sinh(t), within(2.0);
            fn float_cosh(t) => ops::cosh(t), within(2.0);
            // The derivative is at most 1.
            fn float_asinh(t) => ops::asinh(t), within(2.0);
        }

        one (Floats<P> = domain::ABOVE_ONE => Floats<P>) {
            fn float_acosh(t) => ops::acosh(t), within(2.0);
        }

        one (Floats<P> = domain::INNER => Floats<P>) {
            // The derivative at the ends is 2.3.
            fn float_asin(t) => ops::asin(t), within(4.0);
            fn float_acos(t) => ops::acos(t), within(4.0);
            // The derivative at the ends is 5.
            fn float_atanh(t) => ops::atanh(t), within(4.0);
        }

        one (Floats<P> = domain::WIDE => Floats<P>) {
            fn float_cos(t) => ops::cos(&t), within(1.0);
            fn float_sin(t) => ops::sin(&t), within(1.0);
            fn float_atan(t) => ops::atan(t), within(2.0);
        }

        // Away from the poles.
        one (Floats<P> = domain::SLOPES => Floats<P>) {
            fn float_tan(t) => ops::tan(t), within(4.0);
        }

        // Beyond every bound, so that the tails are tested too.
        one (Floats<P> = domain::WIDE => Floats<P>) {
            fn float_tanh(t) => ops::tanh(t), within(4.0);
            fn float_erf(t) => ops::erf(t), within(4.0);
        }

        // Reductions.
        one (Floats<P> = domain::SIGNED => Floats<P>) {
            fn float_sum(t) => ops::sum(t);
            fn float_sum_dim(t; dim: usize = 1) => ops::sum_dim(t, dim);
            fn float_mean(t) => ops::mean(t), within(3.0);
            fn float_mean_dim(t; dim: usize = 1) => ops::mean_dim(t, dim);
            fn float_cumsum(t; dim: usize = 1) => ops::cumsum(t, dim);
            fn float_cummin(t; dim: usize = 1) => ops::cummin(t, dim);
            fn float_cummax(t; dim: usize = 1) => ops::cummax(t, dim);
            fn float_sort(t; dim: usize = 1, descending: bool = false) => ops::sort(t, dim, descending);
            fn float_topk(t; dim: usize = 1, k: usize = 2) => ops::topk(t, dim, k);
            fn float_max(t) => ops::max(t);
            fn float_max_dim(t; dim: usize = 1) => ops::max_dim(t, dim);
            fn float_min(t) => ops::min(t);
            fn float_min_dim(t; dim: usize = 1) => ops::min_dim(t, dim);
            fn float_max_abs(t) => ops::max(ops::abs(t));
            fn float_max_abs_dim(t; dim: usize = 1) => ops::max_dim(ops::abs(t), dim);
        }

        // A product of factors up to 1.25: every level of the tree truncates.
        one (Floats<P> = domain::FACTORS => Floats<P>) {
            fn float_prod(t) => ops::prod(t), within(64.0);
            fn float_prod_dim(t; dim: usize = 1) => ops::prod_dim(t, dim), within(8.0);
            fn float_cumprod(t; dim: usize = 1) => ops::cumprod(t, dim), within(8.0);
        }

        one (Floats<P> = domain::SIGNED => Ints<P>) {
            fn float_argmax(t; dim: usize = 1, out_dtype: IntDType = domain::INT) => ops::argmax(t, dim);
            fn float_argmin(t; dim: usize = 1, out_dtype: IntDType = domain::INT) => ops::argmin(t, dim);
            fn float_argsort(t; dim: usize = 1, descending: bool = false, out_dtype: IntDType = domain::INT) =>
                ops::argsort(t, dim, descending);
        }

        one (Floats<P> = domain::SIGNED => Pair<Floats<P>, Ints<P>>) {
            fn float_max_dim_with_indices(t; dim: usize = 1, indices_dtype: IntDType = domain::INT) =>
                ops::max_dim_with_indices(t, dim);
            fn float_min_dim_with_indices(t; dim: usize = 1, indices_dtype: IntDType = domain::INT) =>
                ops::min_dim_with_indices(t, dim);
            fn float_sort_with_indices(
                t; dim: usize = 1, descending: bool = false, indices_dtype: IntDType = domain::INT
            ) => ops::sort_with_indices(t, dim, descending);
        }

        // Truth.
        one (Floats<P> = domain::SIGNED => Bools<P>) {
            fn float_any(t; out_dtype: BoolDType = domain::BOOL) => ops::any_nonzero(t, None);
            fn float_any_dim(t; dim: usize = 1, out_dtype: BoolDType = domain::BOOL) => ops::any_nonzero(t, Some(dim));
            fn float_all(t; out_dtype: BoolDType = domain::BOOL) => ops::all_nonzero(t, None);
            fn float_all_dim(t; dim: usize = 1, out_dtype: BoolDType = domain::BOOL) => ops::all_nonzero(t, Some(dim));
            fn float_equal_elem(t; rhs: Scalar = Scalar::Float(0.5), out_dtype: BoolDType = domain::BOOL) =>
                ops::equal(t.into(), lift::scalar(rhs));
            fn float_not_equal_elem(t; rhs: Scalar = Scalar::Float(0.5), out_dtype: BoolDType = domain::BOOL) =>
                ops::not_equal(t.into(), lift::scalar(rhs));
            fn float_greater_elem(t; rhs: Scalar = Scalar::Float(0.5), out_dtype: BoolDType = domain::BOOL) =>
                ops::greater(t.into(), lift::scalar(rhs));
            fn float_greater_equal_elem(t; rhs: Scalar = Scalar::Float(0.5), out_dtype: BoolDType = domain::BOOL) =>
                ops::greater_equal(t.into(), lift::scalar(rhs));
            fn float_lower_elem(t; rhs: Scalar = Scalar::Float(0.5), out_dtype: BoolDType = domain::BOOL) =>
                ops::lower(t.into(), lift::scalar(rhs));
            fn float_lower_equal_elem(t; rhs: Scalar = Scalar::Float(0.5), out_dtype: BoolDType = domain::BOOL) =>
                ops::lower_equal(t.into(), lift::scalar(rhs));
        }

        many (Floats<P> = domain::SIGNED, Floats<P> = domain::SIGNED => Bools<P>) {
            fn float_equal(a, b; out_dtype: BoolDType = domain::BOOL) => ops::equal(a, b);
            fn float_not_equal(a, b; out_dtype: BoolDType = domain::BOOL) => ops::not_equal(a, b);
            fn float_greater(a, b; out_dtype: BoolDType = domain::BOOL) => ops::greater(a, b);
            fn float_greater_equal(a, b; out_dtype: BoolDType = domain::BOOL) => ops::greater_equal(a, b);
            fn float_lower(a, b; out_dtype: BoolDType = domain::BOOL) => ops::lower(a, b);
            fn float_lower_equal(a, b; out_dtype: BoolDType = domain::BOOL) => ops::lower_equal(a, b);
        }

        // Several tensors.
        many (Floats<P> = domain::SIGNED, Floats<P> = domain::SIGNED => Floats<P>) {
            fn float_add(a, b) => ops::add(a, b);
            fn float_sub(a, b) => ops::sub(a, b);
            fn float_mul(a, b) => ops::mul(a, b);
        }

        many (Floats<P> = domain::SIGNED, Floats<P> = domain::POSITIVE => Floats<P>) {
            fn float_div(a, b) => ops::div(a, b), within(7.0);
        }

        // At the four axes and between them.
        many (Floats<P> = domain::WIDE, Floats<P> = domain::WIDE => Floats<P>) {
            fn float_atan2(a, b) => ops::atan2(a, b), within(4.0);
        }

        many (Floats<P> = domain::SIGNED, Floats<P> = domain::RIGHT => Floats<P>) {
            fn float_matmul(a, b) => ops::matmul(a, b);
        }

        many (Floats<P> = domain::TRIPLES, Floats<P> = domain::TRIPLES => Floats<P>) {
            fn float_cross(a, b; dim: usize = 1) => ops::cross(&a, &b, dim);
        }

        many (Floats<P> = domain::SIGNED, Floats<P> = domain::POWERS => Floats<P>) {
            fn float_powf(a, b) => ops::power_of("float_powf", a, b, Kind::Float), within(256.0);
        }

        many (Floats<P> = domain::SIGNED, Ints<P> = domain::POWERS => Floats<P>) {
            fn float_powi(a, b) => ops::power_of("float_powi", a, b, Kind::Float), within(256.0);
        }

        many (Floats<P> = domain::SIGNED, Bools<P> = domain::BITS => Floats<P>) {
            fn float_mask_fill(a, mask; value: Scalar = Scalar::Float(2.5)) =>
                ops::mask_fill(a, mask, value.elem(), Kind::Float);
        }

        many (Floats<P> = domain::SIGNED, Bools<P> = domain::BITS, Floats<P> = domain::SIGNED => Floats<P>) {
            fn float_mask_where(a, mask, value) => ops::mask_where(a, mask, value, Kind::Float);
        }

        // Movement.
        one (Floats<P> = domain::SIGNED => Floats<P>) {
            fn float_transpose(t) => movement::transpose(t);
            fn float_swap_dims(t; dim1: usize = 0, dim2: usize = 1) => movement::swap_dims(t, dim1, dim2);
            fn float_permute(t; axes: &[usize] = &[1, 0]) => movement::permute(t, axes);
            fn float_flip(t; axes: &[usize] = &[1]) => movement::flip(t, axes);
            fn float_reshape(t; shape: Shape = Shape::from([t.shape().num_elements()])) => movement::reshape(t, shape.to_vec());
            fn float_expand(t; shape: Shape = Shape::from([&[2], &t.shape().to_vec()[..]].concat())) =>
                movement::expand(t, &shape);
            fn float_repeat_dim(t; dim: usize = 1, times: usize = 2) => movement::repeat_dim(t, dim, times);
            fn float_slice(t; slices: &[Slice] = &[Slice::new(1, Some(3), 1), Slice::new(0, None, 2)]) => {
                let spans = lift::spans(slices, t.shape());
                movement::slice(t, &spans)
            };
            fn float_unfold(t; dim: usize = 1, size: usize = 2, step: usize = 2) => movement::unfold(t, dim, size, step);
        }

        selected (Floats<P> = domain::SIGNED) { fn float_select() => indexing::select::<Floats<P>, P, R>; }
        gathered (Floats<P> = domain::SIGNED) { fn float_gather() => indexing::gather::<Floats<P>, P, R>; }
        gathered_nd (Floats<P> = domain::SIGNED) { fn float_gather_nd() => indexing::gather_nd::<Floats<P>, P, R>; }
        selected_onto (Floats<P> = domain::SIGNED) { fn float_select_add() => indexing::select_add::<Floats<P>, P, R>; }
        scattered (Floats<P> = domain::SIGNED) { fn float_scatter_add() => indexing::scatter_add::<Floats<P>, P, R>; }
        // Products of up to five factors of up to 3, in a tree of truncations.
        scattered_nd (Floats<P> = domain::SIGNED) {
            fn float_scatter_nd() => indexing::scatter_nd::<Floats<P>, P, R>, within(16.0);
        }
        assigned (Floats<P> = domain::SIGNED) { fn float_slice_assign() => indexing::slice_assign::<Floats<P>, R>; }
        joined (Floats<P> = domain::SIGNED) { fn float_cat() => indexing::cat::<Floats<P>, R>; }

        created (Floats<P> = domain::SIGNED) {
            fn float_zeros(; FloatDType = domain::FLOAT) => create::created::<Floats<P>, R>;
            fn float_ones(; FloatDType = domain::FLOAT) => create::created::<Floats<P>, R>;
            fn float_full(fill_value: Scalar = Scalar::Float(2.5); FloatDType = domain::FLOAT) =>
                create::created::<Floats<P>, R>;
            fn float_empty(; FloatDType = domain::FLOAT) => create::created::<Floats<P>, R>;
        }

        many (Floats<P> = domain::IMAGES, Floats<P> = domain::GRID => Floats<P>) {
            fn float_grid_sample_2d(t, grid; options: GridSampleOptions = GridSampleOptions::default()) =>
                layers::grid_sample(t, grid, &options), within(16.0);
        }
    }

    written {
        fn float_from_data(data: TensorData, device: &MpcDevice) -> FloatTensor<Self> {
            create::create::<Floats<P>, R>(data, device)
        }
        law |stage| {
            let device = stage.device.clone();
            let made = P::float_from_data(TensorData::from([[1.5_f32, -2.0]]), &device);
            Floats::<P>::record(stage, made);
        };

        fn float_random(
            shape: Shape, distribution: Distribution, device: &MpcDevice, dtype: FloatDType
        ) -> FloatTensor<Self> {
            if let Some(refused) = create::oversized::<Floats<P>, R>("float_random", &shape, device) {
                return refused;
            }
            match random::random(&shape, distribution, device, dtype.into()) {
                Some(data) => create::create::<Floats<P>, R>(data, device),
                None => {
                    let made = P::float_random(shape, distribution, &kind::plain_device::<P>(), dtype);
                    create::created::<Floats<P>, R>(made, device)
                }
            }
        }
        law |stage| {
            let (shape, device) = (stage.shape(&domain::SIGNED), stage.device.clone());
            stage.start();
            let made = P::float_random(shape, Distribution::Bernoulli(1.0), &device, domain::FLOAT);
            Floats::<P>::record(stage, made);
        };

        fn float_into_data(
            tensor: FloatTensor<Self>
        ) -> impl Future<Output = Result<TensorData, ExecutionError>> + Send {
            read::read::<Floats<P>, R>(tensor)
        }
        law |stage| {
            let domain = stage.readable(domain::SIGNED);
            let tensor = Floats::<P>::draw(stage, &domain);
            stage.start();
            stage.read_all(P::float_into_data(tensor));
        };

        fn float_device(tensor: &FloatTensor<Self>) -> MpcDevice {
            tensor.device().clone()
        }
        law |stage| {
            let tensor = Floats::<P>::draw(stage, &domain::SIGNED);
            stage.start();
            assert!(P::float_device(&tensor) == stage.device);
        };

        fn float_to_device(tensor: FloatTensor<Self>, device: &MpcDevice) -> FloatTensor<Self> {
            create::to_device("float_to_device", tensor, device)
        }
        law |stage| {
            let tensor = Floats::<P>::draw(stage, &domain::SIGNED);
            let device = stage.device.clone();
            stage.start();
            let moved = P::float_to_device(tensor, &device);
            Floats::<P>::record(stage, moved);
        };

        fn float_argtopk(tensor: FloatTensor<Self>, dim: usize, k: usize, out_dtype: IntDType) -> IntTensor<Self> {
            // Not every plaintext backend has it.
            let traced = traced!(float_argtopk (tensor: Floats<P>) =>
                P::int_slice(P::float_argsort(tensor, dim, true, out_dtype), &shadow::first(dim, k)));
            match tensor {
                MpcTensor::Public(tensor, device, _) => {
                    MpcTensor::public(P::float_argtopk(tensor, dim, k, out_dtype), device)
                }
                MpcTensor::Secret(t) => {
                    call::beside::<Ints<P>, R>(MpcTensor::Secret(ops::argtopk(t, dim, k)), traced)
                }
            }
        }
        law |stage| {
            let tensor = Floats::<P>::draw(stage, &domain::SIGNED);
            stage.start();
            // Flex has no argtopk.
            let result = if P::PLAIN {
                P::int_slice(P::float_argsort(tensor, 1, true, domain::INT), &domain::TWO_COLUMNS)
            } else {
                P::float_argtopk(tensor, 1, 2, domain::INT)
            };
            Ints::<P>::record(stage, result);
        };

        // A ring word is always a number; only public infinities are infinite, see `ops::may_be_infinite`.
        fn float_is_nan(tensor: FloatTensor<Self>, out_dtype: BoolDType) -> BoolTensor<Self> {
            match tensor {
                MpcTensor::Public(tensor, device, _) => MpcTensor::public(P::float_is_nan(tensor, out_dtype), device),
                tensor => create::none::<P, R>(&tensor, out_dtype),
            }
        }
        law |stage| {
            let tensor = Floats::<P>::draw(stage, &domain::SIGNED);
            stage.start();
            let result = P::float_is_nan(tensor, domain::BOOL);
            Bools::<P>::record(stage, result);
        };

        fn float_is_inf(tensor: FloatTensor<Self>, out_dtype: BoolDType) -> BoolTensor<Self> {
            let traced = traced!(float_is_inf (tensor: Floats<P>) => P::float_is_inf(tensor, out_dtype));
            match tensor {
                MpcTensor::Public(tensor, device, _) => MpcTensor::public(P::float_is_inf(tensor, out_dtype), device),
                MpcTensor::Secret(tensor) if ops::may_be_infinite(&tensor) => {
                    call::beside::<Bools<P>, R>(MpcTensor::Secret(ops::is_infinite(tensor)), traced)
                }
                tensor => create::none::<P, R>(&tensor, out_dtype),
            }
        }
        law |stage| {
            let tensor = Floats::<P>::draw(stage, &domain::SIGNED);
            stage.start();
            let result = P::float_is_inf(tensor, domain::BOOL);
            Bools::<P>::record(stage, result);
        };
    }
}
