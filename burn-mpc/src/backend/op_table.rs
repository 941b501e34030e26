//! What each trait method does with secrets, and what that costs.
//!
//! Methods that Burn provides and this backend leaves alone are not listed: they are made of those here.

/// Which operands a method takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// Public tensors, secret ones, and both together.
    SecretAndPublic,
    /// Public tensors. Given a secret, the session fails with an error that says what to do instead.
    PublicOnly,
    /// Neither.
    Unsupported,
}

/// One trait method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpSupport {
    /// Burn's trait.
    pub trait_name: &'static str,
    /// Its method.
    pub method: &'static str,
    /// What it takes.
    pub support: Support,
    /// What a call on secrets costs; "-" where there is none.
    pub cost: &'static str,
}

const fn both(trait_name: &'static str, method: &'static str, cost: &'static str) -> OpSupport {
    OpSupport {
        trait_name,
        method,
        support: Support::SecretAndPublic,
        cost,
    }
}

const fn public(trait_name: &'static str, method: &'static str) -> OpSupport {
    OpSupport {
        trait_name,
        method,
        support: Support::PublicOnly,
        cost: "-",
    }
}

/// Every method this backend writes out.
#[rustfmt::skip]
pub const OPS: &[OpSupport] = &[
    // Backend
    both("Backend", "name", "local"),
    both("Backend", "seed", "local"),
    both("Backend", "sync", "local"),
    both("Backend", "memory_cleanup", "local"),
    both("Backend", "dtype_usage", "local"),
    both("Backend", "device_count", "local"),
    // FloatTensorOps
    both("FloatTensorOps", "float_from_data", "local"),
    both("FloatTensorOps", "float_random", "local"),
    both("FloatTensorOps", "float_zeros", "local"),
    both("FloatTensorOps", "float_ones", "local"),
    both("FloatTensorOps", "float_full", "local"),
    both("FloatTensorOps", "float_empty", "local"),
    both("FloatTensorOps", "float_into_data", "error unless the session reveals what is read; then 1 opening"),
    both("FloatTensorOps", "float_device", "local"),
    both("FloatTensorOps", "float_to_device", "local"),
    both("FloatTensorOps", "float_into_int", "1 exact truncation + 1 DReLU"),
    both("FloatTensorOps", "float_argmax", "log2(n) levels of DReLU + 2 products"),
    both("FloatTensorOps", "float_argmin", "log2(n) levels of DReLU + 2 products"),
    public("FloatTensorOps", "float_argtopk"),
    public("FloatTensorOps", "float_argsort"),
    both("FloatTensorOps", "float_neg", "local"),
    both("FloatTensorOps", "float_recip", "1 reciprocal; div + 1 product"),
    both("FloatTensorOps", "float_abs", "1 DReLU + 1 product"),
    both("FloatTensorOps", "float_sign", "2 DReLU in one call"),
    both("FloatTensorOps", "float_sqrt", "1 reciprocal square root + 1 product"),
    both("FloatTensorOps", "float_trunc", "1 exact truncation + 1 DReLU"),
    both("FloatTensorOps", "float_floor", "1 exact truncation + 2 DReLU"),
    both("FloatTensorOps", "float_ceil", "1 exact truncation + 2 DReLU"),
    both("FloatTensorOps", "float_cast", "local"),
    both("FloatTensorOps", "float_clamp_min", "1 DReLU + 1 product"),
    both("FloatTensorOps", "float_clamp_max", "1 DReLU + 1 product"),
    both("FloatTensorOps", "float_clamp", "2 DReLU + 2 products"),
    both("FloatTensorOps", "float_powi_scalar", "log2(exponent) products; public uniform exponent"),
    both("FloatTensorOps", "float_powi_scalar_impl", "log2(exponent) products; public uniform exponent"),
    both("FloatTensorOps", "float_powf_scalar", "log2(exponent) products; public uniform exponent"),
    both("FloatTensorOps", "float_powf_scalar_impl", "log2(exponent) products; public uniform exponent"),
    public("FloatTensorOps", "float_exp"),
    public("FloatTensorOps", "float_log"),
    public("FloatTensorOps", "float_log1p"),
    public("FloatTensorOps", "float_cos"),
    public("FloatTensorOps", "float_sin"),
    public("FloatTensorOps", "float_tan"),
    public("FloatTensorOps", "float_cosh"),
    public("FloatTensorOps", "float_sinh"),
    public("FloatTensorOps", "float_tanh"),
    public("FloatTensorOps", "float_acos"),
    public("FloatTensorOps", "float_acosh"),
    public("FloatTensorOps", "float_asin"),
    public("FloatTensorOps", "float_asinh"),
    public("FloatTensorOps", "float_atan"),
    public("FloatTensorOps", "float_atanh"),
    public("FloatTensorOps", "float_erf"),
    public("FloatTensorOps", "float_round"),
    public("FloatTensorOps", "float_remainder_scalar"),
    public("FloatTensorOps", "float_cumprod"),
    public("FloatTensorOps", "float_cummin"),
    public("FloatTensorOps", "float_cummax"),
    public("FloatTensorOps", "float_sort"),
    both("FloatTensorOps", "float_add", "local"),
    both("FloatTensorOps", "float_sub", "local"),
    both("FloatTensorOps", "float_mul", "1 product, 1 round"),
    both("FloatTensorOps", "float_div", "1 reciprocal; div + 1 product"),
    both("FloatTensorOps", "float_matmul", "1 product, 1 round"),
    both("FloatTensorOps", "float_powf", "log2(exponent) products; public uniform exponent"),
    both("FloatTensorOps", "float_powi", "log2(exponent) products; public uniform exponent"),
    public("FloatTensorOps", "float_remainder"),
    public("FloatTensorOps", "float_atan2"),
    both("FloatTensorOps", "float_add_scalar", "local"),
    both("FloatTensorOps", "float_sub_scalar", "local"),
    both("FloatTensorOps", "float_mul_scalar", "local; truncation due later"),
    both("FloatTensorOps", "float_div_scalar", "local; truncation due later"),
    both("FloatTensorOps", "float_cross", "2 products in one round each"),
    both("FloatTensorOps", "float_equal", "1 zero test"),
    both("FloatTensorOps", "float_not_equal", "1 zero test"),
    both("FloatTensorOps", "float_greater", "1 DReLU"),
    both("FloatTensorOps", "float_greater_equal", "1 DReLU"),
    both("FloatTensorOps", "float_lower", "1 DReLU"),
    both("FloatTensorOps", "float_lower_equal", "1 DReLU"),
    both("FloatTensorOps", "float_equal_elem", "1 zero test"),
    both("FloatTensorOps", "float_not_equal_elem", "1 zero test"),
    both("FloatTensorOps", "float_greater_elem", "1 DReLU"),
    both("FloatTensorOps", "float_greater_equal_elem", "1 DReLU"),
    both("FloatTensorOps", "float_lower_elem", "1 DReLU"),
    both("FloatTensorOps", "float_lower_equal_elem", "1 DReLU"),
    both("FloatTensorOps", "float_any", "1 zero test + 1 DReLU"),
    both("FloatTensorOps", "float_any_dim", "1 zero test + 1 DReLU"),
    both("FloatTensorOps", "float_all", "1 zero test + 1 DReLU"),
    both("FloatTensorOps", "float_all_dim", "1 zero test + 1 DReLU"),
    both("FloatTensorOps", "float_is_nan", "local"),
    both("FloatTensorOps", "float_is_inf", "local"),
    both("FloatTensorOps", "float_mask_fill", "1 product (local if the mask is public)"),
    both("FloatTensorOps", "float_mask_where", "1 product (local if the mask is public)"),
    both("FloatTensorOps", "float_sum", "local"),
    both("FloatTensorOps", "float_sum_dim", "local"),
    both("FloatTensorOps", "float_prod", "log2(n) rounds of products"),
    both("FloatTensorOps", "float_prod_dim", "log2(n) rounds of products"),
    both("FloatTensorOps", "float_mean", "local; truncation due later"),
    both("FloatTensorOps", "float_mean_dim", "local; truncation due later"),
    both("FloatTensorOps", "float_cumsum", "local"),
    both("FloatTensorOps", "float_max", "log2(n) levels of DReLU + product"),
    both("FloatTensorOps", "float_max_dim", "log2(n) levels of DReLU + product"),
    both("FloatTensorOps", "float_min", "log2(n) levels of DReLU + product"),
    both("FloatTensorOps", "float_min_dim", "log2(n) levels of DReLU + product"),
    both("FloatTensorOps", "float_max_abs", "abs, then log2(n) levels of DReLU + product"),
    both("FloatTensorOps", "float_max_abs_dim", "abs, then log2(n) levels of DReLU + product"),
    public("FloatTensorOps", "float_topk"),
    both("FloatTensorOps", "float_max_dim_with_indices", "log2(n) levels of DReLU + 2 products"),
    both("FloatTensorOps", "float_min_dim_with_indices", "log2(n) levels of DReLU + 2 products"),
    public("FloatTensorOps", "float_sort_with_indices"),
    both("FloatTensorOps", "float_transpose", "local"),
    both("FloatTensorOps", "float_swap_dims", "local"),
    both("FloatTensorOps", "float_permute", "local"),
    both("FloatTensorOps", "float_flip", "local"),
    both("FloatTensorOps", "float_reshape", "local"),
    both("FloatTensorOps", "float_expand", "local"),
    both("FloatTensorOps", "float_repeat_dim", "local"),
    both("FloatTensorOps", "float_slice", "local"),
    both("FloatTensorOps", "float_unfold", "local"),
    both("FloatTensorOps", "float_select", "local"),
    both("FloatTensorOps", "float_gather", "local"),
    both("FloatTensorOps", "float_slice_assign", "local"),
    both("FloatTensorOps", "float_cat", "local"),
    both("FloatTensorOps", "float_select_add", "local"),
    both("FloatTensorOps", "float_scatter_add", "local"),
    both("FloatTensorOps", "float_gather_nd", "local"),
    both("FloatTensorOps", "float_scatter_nd", "local"),
    public("FloatTensorOps", "float_grid_sample_2d"),
    // IntTensorOps
    both("IntTensorOps", "int_from_data", "local"),
    both("IntTensorOps", "int_random", "local"),
    both("IntTensorOps", "int_empty", "local"),
    both("IntTensorOps", "int_zeros", "local"),
    both("IntTensorOps", "int_ones", "local"),
    both("IntTensorOps", "int_full", "local"),
    both("IntTensorOps", "int_arange_step", "local"),
    both("IntTensorOps", "int_arange", "local"),
    both("IntTensorOps", "int_into_data", "error unless the session reveals what is read; then 1 opening"),
    both("IntTensorOps", "int_device", "local"),
    both("IntTensorOps", "int_to_device", "local"),
    both("IntTensorOps", "int_into_float", "local"),
    both("IntTensorOps", "int_neg", "local"),
    both("IntTensorOps", "int_abs", "1 DReLU + 1 product"),
    both("IntTensorOps", "int_sign", "2 DReLU in one call"),
    both("IntTensorOps", "int_cast", "local"),
    both("IntTensorOps", "int_clamp_min", "1 DReLU + 1 product"),
    both("IntTensorOps", "int_clamp_max", "1 DReLU + 1 product"),
    both("IntTensorOps", "int_clamp", "2 DReLU + 2 products"),
    both("IntTensorOps", "int_powi_scalar", "log2(exponent) products; public uniform exponent"),
    both("IntTensorOps", "int_powi_scalar_impl", "log2(exponent) products; public uniform exponent"),
    public("IntTensorOps", "int_div_scalar"),
    public("IntTensorOps", "int_remainder_scalar"),
    public("IntTensorOps", "int_cumprod"),
    public("IntTensorOps", "int_cummin"),
    public("IntTensorOps", "int_cummax"),
    public("IntTensorOps", "int_sort"),
    public("IntTensorOps", "int_argsort"),
    public("IntTensorOps", "bitwise_and_scalar"),
    public("IntTensorOps", "bitwise_or_scalar"),
    public("IntTensorOps", "bitwise_xor_scalar"),
    public("IntTensorOps", "bitwise_not"),
    public("IntTensorOps", "bitwise_left_shift_scalar"),
    public("IntTensorOps", "bitwise_right_shift_scalar"),
    both("IntTensorOps", "int_add", "local"),
    both("IntTensorOps", "int_sub", "local"),
    both("IntTensorOps", "int_mul", "1 product, 1 round"),
    both("IntTensorOps", "int_matmul", "1 product, 1 round"),
    both("IntTensorOps", "int_powi", "log2(exponent) products; public uniform exponent"),
    public("IntTensorOps", "int_div"),
    public("IntTensorOps", "int_remainder"),
    public("IntTensorOps", "bitwise_and"),
    public("IntTensorOps", "bitwise_or"),
    public("IntTensorOps", "bitwise_xor"),
    public("IntTensorOps", "bitwise_left_shift"),
    public("IntTensorOps", "bitwise_right_shift"),
    both("IntTensorOps", "int_add_scalar", "local"),
    both("IntTensorOps", "int_sub_scalar", "local"),
    both("IntTensorOps", "int_mul_scalar", "local; truncation due later"),
    both("IntTensorOps", "int_equal", "1 zero test"),
    both("IntTensorOps", "int_not_equal", "1 zero test"),
    both("IntTensorOps", "int_greater", "1 DReLU"),
    both("IntTensorOps", "int_greater_equal", "1 DReLU"),
    both("IntTensorOps", "int_lower", "1 DReLU"),
    both("IntTensorOps", "int_lower_equal", "1 DReLU"),
    both("IntTensorOps", "int_equal_elem", "1 zero test"),
    both("IntTensorOps", "int_not_equal_elem", "1 zero test"),
    both("IntTensorOps", "int_greater_elem", "1 DReLU"),
    both("IntTensorOps", "int_greater_equal_elem", "1 DReLU"),
    both("IntTensorOps", "int_lower_elem", "1 DReLU"),
    both("IntTensorOps", "int_lower_equal_elem", "1 DReLU"),
    both("IntTensorOps", "int_any", "1 zero test + 1 DReLU"),
    both("IntTensorOps", "int_any_dim", "1 zero test + 1 DReLU"),
    both("IntTensorOps", "int_all", "1 zero test + 1 DReLU"),
    both("IntTensorOps", "int_all_dim", "1 zero test + 1 DReLU"),
    both("IntTensorOps", "int_mask_fill", "1 product (local if the mask is public)"),
    both("IntTensorOps", "int_mask_where", "1 product (local if the mask is public)"),
    both("IntTensorOps", "int_sum", "local"),
    both("IntTensorOps", "int_sum_dim", "local"),
    both("IntTensorOps", "int_prod", "log2(n) rounds of products"),
    both("IntTensorOps", "int_prod_dim", "log2(n) rounds of products"),
    public("IntTensorOps", "int_mean"),
    public("IntTensorOps", "int_mean_dim"),
    both("IntTensorOps", "int_cumsum", "local"),
    both("IntTensorOps", "int_argmax", "log2(n) levels of DReLU + 2 products"),
    both("IntTensorOps", "int_argmin", "log2(n) levels of DReLU + 2 products"),
    both("IntTensorOps", "int_max", "log2(n) levels of DReLU + product"),
    both("IntTensorOps", "int_max_dim", "log2(n) levels of DReLU + product"),
    both("IntTensorOps", "int_min", "log2(n) levels of DReLU + product"),
    both("IntTensorOps", "int_min_dim", "log2(n) levels of DReLU + product"),
    both("IntTensorOps", "int_max_abs", "abs, then log2(n) levels of DReLU + product"),
    both("IntTensorOps", "int_max_abs_dim", "abs, then log2(n) levels of DReLU + product"),
    public("IntTensorOps", "int_topk"),
    public("IntTensorOps", "int_argtopk"),
    both("IntTensorOps", "int_max_dim_with_indices", "log2(n) levels of DReLU + 2 products"),
    both("IntTensorOps", "int_min_dim_with_indices", "log2(n) levels of DReLU + 2 products"),
    public("IntTensorOps", "int_sort_with_indices"),
    both("IntTensorOps", "int_transpose", "local"),
    both("IntTensorOps", "int_swap_dims", "local"),
    both("IntTensorOps", "int_permute", "local"),
    both("IntTensorOps", "int_flip", "local"),
    both("IntTensorOps", "int_reshape", "local"),
    both("IntTensorOps", "int_expand", "local"),
    both("IntTensorOps", "int_repeat_dim", "local"),
    both("IntTensorOps", "int_slice", "local"),
    both("IntTensorOps", "int_unfold", "local"),
    both("IntTensorOps", "int_select", "local"),
    both("IntTensorOps", "int_gather", "local"),
    both("IntTensorOps", "int_slice_assign", "local"),
    both("IntTensorOps", "int_cat", "local"),
    both("IntTensorOps", "int_select_add", "local"),
    both("IntTensorOps", "int_scatter_add", "local"),
    both("IntTensorOps", "int_gather_nd", "local"),
    both("IntTensorOps", "int_scatter_nd", "local"),
    // BoolTensorOps
    both("BoolTensorOps", "bool_from_data", "local"),
    both("BoolTensorOps", "bool_empty", "local"),
    both("BoolTensorOps", "bool_zeros", "local"),
    both("BoolTensorOps", "bool_ones", "local"),
    both("BoolTensorOps", "bool_into_data", "error unless the session reveals what is read; then 1 opening"),
    both("BoolTensorOps", "bool_device", "local"),
    both("BoolTensorOps", "bool_to_device", "local"),
    both("BoolTensorOps", "bool_into_int", "local; conversion to words if kept as bits"),
    both("BoolTensorOps", "bool_into_float", "local; conversion to words if kept as bits"),
    both("BoolTensorOps", "bool_not", "local"),
    both("BoolTensorOps", "bool_equal_elem", "local"),
    both("BoolTensorOps", "bool_not_equal_elem", "local"),
    both("BoolTensorOps", "bool_any", "1 DReLU"),
    both("BoolTensorOps", "bool_any_dim", "1 DReLU"),
    both("BoolTensorOps", "bool_all", "1 DReLU"),
    both("BoolTensorOps", "bool_all_dim", "1 DReLU"),
    both("BoolTensorOps", "bool_equal", "1 product of bits"),
    both("BoolTensorOps", "bool_not_equal", "1 product of bits"),
    both("BoolTensorOps", "bool_and", "1 product of bits"),
    both("BoolTensorOps", "bool_or", "1 product of bits"),
    both("BoolTensorOps", "bool_xor", "1 product of bits"),
    both("BoolTensorOps", "bool_mask_fill", "1 product (local if the mask is public)"),
    both("BoolTensorOps", "bool_mask_where", "1 product (local if the mask is public)"),
    both("BoolTensorOps", "bool_transpose", "local"),
    both("BoolTensorOps", "bool_swap_dims", "local"),
    both("BoolTensorOps", "bool_permute", "local"),
    both("BoolTensorOps", "bool_flip", "local"),
    both("BoolTensorOps", "bool_reshape", "local"),
    both("BoolTensorOps", "bool_expand", "local"),
    both("BoolTensorOps", "bool_repeat_dim", "local"),
    both("BoolTensorOps", "bool_slice", "local"),
    both("BoolTensorOps", "bool_unfold", "local"),
    both("BoolTensorOps", "bool_select", "local"),
    both("BoolTensorOps", "bool_gather", "local"),
    both("BoolTensorOps", "bool_slice_assign", "local"),
    both("BoolTensorOps", "bool_cat", "local"),
    both("BoolTensorOps", "bool_select_or", "1 zero test"),
    both("BoolTensorOps", "bool_scatter_or", "1 zero test"),
    public("BoolTensorOps", "bool_argwhere"),
    // ActivationOps
    both("ActivationOps", "relu", "1 DReLU + 1 product"),
    both("ActivationOps", "leaky_relu", "1 DReLU + 1 product"),
    both("ActivationOps", "hard_sigmoid", "2 DReLU + 2 products"),
    public("ActivationOps", "gelu"),
    public("ActivationOps", "sigmoid"),
    public("ActivationOps", "log_sigmoid"),
    public("ActivationOps", "softmax"),
    public("ActivationOps", "log_softmax"),
    public("ActivationOps", "softmin"),
    both("ActivationOps", "relu_backward", "1 DReLU + 1 product"),
    both("ActivationOps", "prelu", "1 DReLU + 1 product"),
    public("ActivationOps", "gelu_backward"),
    public("ActivationOps", "log_sigmoid_backward"),
    // ModuleOps
    both("ModuleOps", "linear", "1 product, 1 round"),
    both("ModuleOps", "conv1d", "1 product, 1 round"),
    both("ModuleOps", "conv2d", "1 product, 1 round"),
    both("ModuleOps", "conv_transpose2d", "1 product, 1 round"),
    public("ModuleOps", "conv3d"),
    public("ModuleOps", "conv_transpose3d"),
    public("ModuleOps", "deform_conv2d"),
    public("ModuleOps", "deform_conv2d_backward"),
    both("ModuleOps", "unfold4d", "local"),
    both("ModuleOps", "avg_pool2d", "local; truncation due later"),
    both("ModuleOps", "adaptive_avg_pool2d", "local; truncation due later"),
    both("ModuleOps", "max_pool2d", "log2(window) levels of DReLU + product"),
    both("ModuleOps", "interpolate", "nearest: local; else 2 public products"),
    public("ModuleOps", "avg_pool2d_backward"),
    public("ModuleOps", "adaptive_avg_pool2d_backward"),
    public("ModuleOps", "interpolate_backward"),
    public("ModuleOps", "max_pool2d_with_indices"),
    public("ModuleOps", "max_pool2d_with_indices_backward"),
    public("ModuleOps", "attention"),
    public("ModuleOps", "layer_norm"),
    public("ModuleOps", "ctc_loss"),
    public("ModuleOps", "rfft"),
    public("ModuleOps", "irfft"),
    // QTensorOps
    public("QTensorOps", "q_from_data"),
    public("QTensorOps", "quantize"),
    public("QTensorOps", "quantize_dynamic"),
    public("QTensorOps", "dequantize"),
    public("QTensorOps", "q_device"),
    public("QTensorOps", "q_to_device"),
    public("QTensorOps", "q_reshape"),
    public("QTensorOps", "q_into_data"),
    public("QTensorOps", "q_expand"),
    public("QTensorOps", "q_swap_dims"),
    public("QTensorOps", "q_permute"),
    public("QTensorOps", "q_flip"),
    public("QTensorOps", "q_select"),
    public("QTensorOps", "q_slice"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The files that hold trait implementations.
    const FILES: [&str; 7] = [
        include_str!("mod.rs"),
        include_str!("float.rs"),
        include_str!("int.rs"),
        include_str!("bool.rs"),
        include_str!("activation.rs"),
        include_str!("module.rs"),
        include_str!("quantized.rs"),
    ];

    /// The trait a line opens an implementation of.
    fn opened(line: &str) -> Option<&str> {
        let rest = line.strip_prefix("impl<P: Backend, R: Ring> ")?;
        let (name, _) = rest.split_once(" for Mpc<P, R>")?;
        Some(name.trim_end_matches("<Self>"))
    }

    /// The method names on a line, whether written out or named in a row of a table.
    fn methods(line: &str) -> impl Iterator<Item = &str> {
        let code = line.split("//").next().unwrap_or_default();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        code.split("fn ")
            .skip(1)
            .map(move |rest| rest.split(|c| !is_name(c)).next().unwrap_or_default())
    }

    fn written() -> BTreeSet<(&'static str, &'static str)> {
        let mut found = BTreeSet::new();
        for file in FILES {
            let mut current = None;
            for line in file.lines() {
                if line == "}" {
                    current = None;
                }
                current = opened(line).or(current);
                if let Some(name) = current {
                    found.extend(methods(line).map(|method| (name, method)));
                }
            }
        }
        found
    }

    #[test]
    fn every_method_is_listed_once() {
        let listed: BTreeSet<_> = OPS.iter().map(|op| (op.trait_name, op.method)).collect();
        assert_eq!(listed.len(), OPS.len(), "a method is listed twice");
        let written = written();
        assert!(
            written.len() > 250,
            "the scan found only {} methods",
            written.len()
        );
        let unlisted: Vec<_> = written.difference(&listed).collect();
        let unwritten: Vec<_> = listed.difference(&written).collect();
        assert!(unlisted.is_empty(), "not in the table: {unlisted:?}");
        assert!(unwritten.is_empty(), "in the table only: {unwritten:?}");
    }

    #[test]
    fn supported_methods_tell_their_cost() {
        for op in OPS {
            let priced = op.cost != "-" && !op.cost.is_empty();
            assert_eq!(priced, op.support == Support::SecretAndPublic, "{op:?}");
        }
    }
}
