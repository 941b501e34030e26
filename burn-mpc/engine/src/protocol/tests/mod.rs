//! Laws, declared costs, desynchronisation and uniform views of every protocol.

mod bits;
mod compare;
mod desync;
mod early;
mod elementary;
mod enumerate;
mod exact;
mod exhaustive;
mod exhaustive_masked;
mod frames;
mod functions;
mod gate;
mod gate_masked;
mod injection;
mod inputs;
mod integers;
mod lanes;
mod leak;
mod long;
mod masked;
mod maximum;
mod one_hot;
mod openings;
mod products;
mod programs;
mod reciprocal;
mod relations;
mod roles;
mod rounding;
mod signs;
mod smooth;
mod sort;
mod statistics;
mod truncation;
mod uniform;
pub(crate) mod view;
mod zeros;

/// Lengths around byte and word limits.
const LENGTHS: [usize; 5] = [1, 7, 64, 65, 1000];
