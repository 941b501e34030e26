//! Smooth functions of one variable that are linear far from zero: polynomials inside, their tails outside.

mod evaluate;
mod shape;
mod table;

pub use evaluate::smooth;
pub(crate) use shape::Exponential;
pub use shape::{Smooth, working_bits};
pub use table::{ERF, GELU, SIGMOID, SOFTPLUS, TANH};
pub(crate) use table::{EXP_32, EXP_64, LN_32, LN_64};
