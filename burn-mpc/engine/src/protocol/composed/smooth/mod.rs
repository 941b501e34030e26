//! Smooth functions of one variable that are linear far from zero: polynomials inside, their tails outside.

#[cfg(test)]
mod errors;
mod evaluate;
mod shape;
mod table;

pub use evaluate::smooth;
pub(crate) use shape::Exponential;
pub use shape::{Smooth, working_bits};
pub(crate) use table::{
    ATAN_32, ATAN_64, COS_32, COS_64, EXP_32, EXP_64, EXP2_32, EXP2_64, LN_32, LN_64, SIN_32,
    SIN_64,
};
pub use table::{ERF, GELU, GELU_SLOPE, SIGMOID, SOFTPLUS, TANH};
