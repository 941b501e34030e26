//! Ops on secret tensors, named as Burn names them.
//!
//! Built on `tensor` and `protocol`; knows nothing of Burn's traits. Ops never fail visibly: an
//! error ends the session and the result is a poisoned tensor, since Burn's ops return no errors.

mod activation;
mod arith;
mod boolean;
mod bounds;
mod compare;
mod constant;
mod conv1d;
mod conv_transpose;
mod cross;
mod deep;
mod extremum;
mod fold;
#[cfg(any(test, feature = "testkit"))]
mod force;
mod gate;
mod guard;
mod linear;
pub mod movement;
mod nonzero;
mod pool;
mod power;
mod rectifier;
mod reduce;
mod remap;
mod resize;
mod resolve;
mod reveal;
mod roots;
mod rounding;
mod select;
mod values;

pub use activation::{clamp, hard_sigmoid, leaky_relu, relu, sign};
pub use arith::{abs, add, div, mul, neg, sub};
pub use boolean::{
    all, any, bool_and, bool_into_float, bool_into_int, bool_not, bool_or, bool_xor, int_into_float,
};
pub use compare::{equal, greater, greater_equal, lower, lower_equal, not_equal};
pub use constant::{share_constant, share_public};
pub use conv_transpose::{TransposeSettings, conv_transpose2d};
pub use conv1d::{biased, conv1d};
pub use cross::cross;
pub use extremum::{
    argmax, argmin, max, max_dim, max_dim_with_indices, min, min_dim, min_dim_with_indices,
};
#[cfg(any(test, feature = "testkit"))]
pub use force::{replicate, settle};
pub(crate) use guard::{meeting, refused};
pub use linear::{ConvSettings, conv, linear, matmul};
pub use nonzero::{all_nonzero, any_nonzero, scatter_or, select_or};
pub use pool::{adaptive_avg_pool2d, avg_pool2d, max_pool2d};
pub use power::{power, power_of};
pub use rectifier::{prelu, relu_backward};
pub use reduce::{cumsum, mean, mean_dim, prod, prod_dim, sum, sum_dim};
pub use resize::resize;
pub use resolve::compute;
pub use reveal::{Precision, parameter, reveal_as, reveal_values, share_values};
pub use roots::{recip, sqrt};
pub use rounding::{ceil, float_into_int, floor, trunc};
pub use select::{mask_fill, mask_where};
pub use values::Values;
