//! Protocols that send nothing themselves: they call others, one after the other.

pub(crate) mod arithmetic;
pub(crate) mod bitwise;
pub(crate) mod chebyshev;
pub(crate) mod division;
pub(crate) mod domain;
pub(crate) mod exponent;
pub(crate) mod exponential;
pub(crate) mod logarithm;
pub(crate) mod matches;
pub(crate) mod maximum;
pub(crate) mod newton;
pub(crate) mod one_hot;
pub(crate) mod piecewise;
pub(crate) mod polynomial;
pub(crate) mod range;
pub(crate) mod reciprocal;
pub(crate) mod roots;
pub(crate) mod rounding;
pub(crate) mod scan;
pub(crate) mod series;
pub(crate) mod smooth;
pub(crate) mod softmax;
pub(crate) mod sort;
pub(crate) mod tournament;
pub(crate) mod trigonometry;
