//! The protocols: one primitive per file, each with what it sends, why that leaks nothing, and its
//! declared cost. Specification: `docs/spec/README.md`. Built on `share`, `prg` and `net`; knows nothing of tensors.

mod basic;
mod bits;
mod composed;
pub mod context;
mod cost;
mod error;
mod gate;
mod ranges;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod truncate;
mod window;

pub use basic::agree::{agree, agree_cost, check_flags};
pub use basic::input::{carries_public, cost as input_cost, input, public};
pub use basic::product::{
    MatmulShape, conv2d, matmul, multiply, multiply_channels, multiply_public,
};
pub use basic::reshare::{cost as reshare_cost, reshare};
pub use basic::reveal::{Audience, reveal, reveal_additive, reveal_additive_cost, reveal_cost};
pub use basic::shuffle::{cost as shuffle_cost, shuffle};
pub use basic::two_of_two::{gather, gather_cost, spread_cost};
pub use bits::b2a::{b2a, cost as b2a_cost};
pub use bits::compare::{cost as msb_split_cost, msb_split};
pub use bits::lift_halves::{cost as lift_halves_cost, lift_halves};
pub use bits::msb::{
    is_zero, is_zero_cost, msb, msb_cost, msb_in, msb_in_cost, msb_parts, msb_parts_cost,
};
pub use bits::open_masked::{cost as open_masked_cost, open_masked};
pub use bits::planes::{bit_and, bit_and_cost};
pub use bits::random_bits::random_bits;
pub use bits::split_bits::{
    SplitBits, lift_split, lift_split_cost, open_split, open_split_cost, share_split,
    share_split_cost,
};
pub use composed::bitwise::{bitwise_and, bitwise_and_public, shift_left, shift_right};
pub use composed::division::{
    floor_division, floor_quotient, quotient as whole_quotient, remainder,
};
pub use composed::domain::flag_negative;
pub use composed::exponent::{Evaluated, Normalisation};
pub use composed::exponential::exp;
pub use composed::logarithm::ln;
pub use composed::matches::Present;
pub use composed::maximum::{greater, maximum};
pub use composed::one_hot::one_hot;
pub use composed::piecewise::piecewise;
pub use composed::polynomial::polynomial;
pub use composed::range::check_ranges;
pub use composed::reciprocal::{Divisor, divisor, quotient, reciprocal};
pub use composed::roots::{reciprocal_sqrt, sqrt};
pub use composed::rounding::round_half_even;
pub use composed::scan::{scan_maximum, scan_product};
pub use composed::smooth::{ERF, GELU, GELU_SLOPE, SIGMOID, SOFTPLUS, Smooth, TANH, smooth};
pub use composed::softmax::{log_softmax, softmax, softmax_most_frac, softmax_most_planes};
pub use composed::sort::choice::sort;
pub use composed::sort::order::{MOST_PLANES as SORT_MOST_PLANES, Sorted, Sorting};
pub use composed::tournament::{Tournament, tournament, tournament_of};
pub use composed::trigonometry::{atan_of_unit, cos, sin};
pub use context::Pulse;
pub use context::lanes::LANES;
pub use context::{Context, Execution, Op, Truncation};
pub use cost::{Cost, Ledger, Message};
pub use error::ProtocolError;
pub use gate::bytes::{Gated, gate, gate_cost};
pub use gate::inject::{inject, inject_cost};
pub use gate::lanes::{
    LanesGated, gate_in_lanes, gate_lanes_cost, gate_masked_in_lanes, gate_masked_lanes_cost,
    gate_rounds_in_lanes, gate_rounds_lanes_cost, reshare_lanes, takes_lanes, truncate_lanes,
};
pub use gate::masked::{
    gate_masked, gate_masked_cost, relu_replicated, relu_replicated_cost, relu_truncated,
    relu_truncated_cost,
};
pub use gate::parts::PatchPart;
pub use gate::patches::Patches;
pub use gate::rounds::{Comparison, RoundsGated, gate_rounds, gate_rounds_cost};
pub use gate::size::GateSize;
pub use ranges::{LayerRange, ProductRange, RangeBoard};
pub use truncate::divide::{divide, most_divisor};
pub use truncate::exact::exact;
pub use truncate::faithful::faithful;
pub use truncate::halves::{
    reshare_halves, reshare_halves_cost, truncate_halves, truncate_halves_cost,
};
#[cfg(any(test, feature = "testkit"))]
pub use truncate::own_low::{keep_own_low, kept_own_low};
pub use truncate::probabilistic::{failure_probability, probabilistic};
pub use truncate::rounding::{
    additive_cost as round_additive_cost, replicated_cost as round_replicated_cost, round_additive,
    round_replicated,
};
pub use truncate::star::star;
pub use truncate::{cost as truncate_cost, truncate, truncate_as};
pub use window::Window;
