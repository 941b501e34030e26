//! Ops on secret tensors, named as Burn names them.
//!
//! Built on `tensor`, `fixed` and `protocol`; knows nothing of Burn's traits. Ops never fail visibly: an error ends the
//! session and the result is a poisoned tensor, since Burn's ops return no errors.
//!
//! `base` holds what all ops are made of, `deferred` the nodes of deferred work, `rules` what fuses with what. The ops
//! themselves are in this folder: each asks the rules first, and computes or defers if none applies.

mod activation;
mod any;
mod arith;
mod attention;
mod base;
mod bitwise;
mod boolean;
mod compare;
mod conv1d;
mod conv3d;
mod conv_transpose;
mod convert;
mod cross;
mod ctc;
mod deferred;
mod deform;
mod deform_gradient;
mod divide;
mod exponential;
mod extremum;
mod grid;
mod infinite;
mod layer_norm;
mod linear;
pub mod movement;
mod nonzero;
mod pool;
mod pool_indices;
mod power;
mod quantise;
mod rectifier;
mod reduce;
mod remap;
mod resize;
mod reveal;
mod roots;
mod rounding;
mod rules;
mod sample;
mod scan;
mod scatter_nd;
mod secret_index;
mod select;
#[cfg(any(test, feature = "testkit"))]
mod settle;
mod shift;
mod sign;
mod smooth;
mod softmax;
mod sort;
mod trigonometry;

pub use activation::{clamp, hard_sigmoid, leaky_relu, relu};
pub use any::{all, any};
pub use arith::{add, mul, neg, sub};
pub use attention::{AttentionSettings, attention};
pub(crate) use base::call::{meeting, refused, unsupported};
pub(crate) use base::elementary::range as range_of_roots;
pub use base::force::compute;
pub(crate) use base::max_pool::Windows;
pub use base::operand::{may_be_infinite, share_public};
pub use base::values::Values;
pub use bitwise::{bitwise_and, bitwise_not, bitwise_or, bitwise_xor};
pub use boolean::{bool_and, bool_not, bool_or, bool_xor};
pub use compare::{equal, greater, greater_equal, lower, lower_equal, not_equal};
pub use conv_transpose::{TransposeSettings, conv_transpose2d, conv_transpose3d};
pub use conv1d::{biased, conv1d};
pub use conv3d::conv3d;
pub use convert::{bool_into_float, bool_into_int, int_into_float};
pub use cross::cross;
pub use ctc::{Ctc, ctc_loss};
pub use deform::{Deformable, deform_conv2d};
pub use deform_gradient::{DeformGradients, deform_conv2d_backward};
pub use divide::{float_remainder, int_div, int_remainder};
pub use exponential::{acosh, asinh, atanh, cosh, exp, ln, ln_1p, sinh};
pub use extremum::{
    argmax, argmin, max, max_dim, max_dim_with_indices, min, min_dim, min_dim_with_indices,
};
pub use grid::{GridSettings, Outside, grid_sample};
pub use infinite::is_infinite;
pub use layer_norm::layer_norm;
pub use linear::{ConvSettings, conv, linear, matmul};
pub use nonzero::{
    all_nonzero, any_nonzero, scatter_or, scatter_or_secretly, select_or, select_or_secretly,
};
pub use pool::{
    adaptive_avg_pool2d, adaptive_avg_pool2d_backward, avg_pool2d, avg_pool2d_backward, max_pool2d,
};
pub use pool_indices::{max_pool2d_with_indices, max_pool2d_with_indices_backward};
pub use power::{power, power_of};
pub use quantise::{quantise, quantise_to_largest};
pub use rectifier::{prelu, relu_backward};
pub use reduce::{cumsum, int_mean, int_mean_dim, mean, mean_dim, prod, prod_dim, sum, sum_dim};
pub use resize::resize;
pub use reveal::{
    Precision, owned_parameter, parameter, reveal_as, reveal_values, share_integers, share_values,
};
pub use roots::{div, recip, sqrt};
pub use rounding::{ceil, float_into_int, floor, round, trunc};
pub use scan::{cummax, cummin, cumprod};
pub use scatter_nd::{Fold, Update, scatter_nd, scatter_nd_secretly};
pub use secret_index::{
    gather as gather_secretly, gather_nd as gather_nd_secretly,
    scatter_add as scatter_add_secretly, select as select_secretly,
    select_add as select_add_secretly,
};
pub use select::{mask_fill, mask_where};
#[cfg(any(test, feature = "testkit"))]
pub use settle::{replicate, settle};
pub use shift::{shift_left, shift_right};
pub use sign::{abs, sign};
pub use smooth::{erf, gelu, gelu_backward, log_sigmoid, log_sigmoid_backward, sigmoid, tanh};
pub use softmax::{log_softmax, softmax, softmin};
pub use sort::{argsort, argtopk, sort, sort_with_indices, topk};
pub use trigonometry::{acos, asin, atan, atan2, cos, sin, tan};
