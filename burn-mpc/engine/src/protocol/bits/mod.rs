//! Shared bits: signs, comparisons, conjunctions, and bits as ring elements.

pub(crate) mod b2a;
pub(crate) mod compare;
pub(crate) mod compose;
pub(crate) mod dealt;
pub(crate) mod decompose;
pub(crate) mod digits;
pub(crate) mod field;
pub(crate) mod highest;
pub(crate) mod leaf;
pub(crate) mod lift_halves;
pub(crate) mod msb;
pub(crate) mod open_masked;
pub(crate) mod planes;
pub(crate) mod prefix;
pub(crate) mod random_bits;
pub(crate) mod split_bits;
