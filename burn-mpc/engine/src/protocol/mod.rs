//! The protocols: one primitive per file, each with what it sends, why that leaks nothing, and its
//! declared cost. Built on `share`, `prg` and `net`; knows nothing of tensors.

mod b2a;
mod compare;
mod conditional;
pub mod context;
mod cost;
mod digits;
mod draws;
mod error;
mod field;
mod gate;
mod gate_lanes;
mod gate_rounds;
mod halves;
mod input;
mod lanes;
mod leaf;
mod lift_halves;
mod maximum;
mod messages;
mod msb;
mod open_masked;
#[cfg(any(test, feature = "testkit"))]
mod own_low;
mod parts;
mod patches;
mod planes;
mod product;
mod pulse;
mod random_bits;
mod ranges;
mod reciprocal;
mod reshare;
mod reveal;
mod room;
mod rounding;
mod split_bits;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod truncate;
mod truncate_exact;
mod truncate_star;
mod two_of_two;
mod window;

pub use b2a::{b2a, cost as b2a_cost};
pub use compare::{cost as msb_split_cost, msb_split};
pub use context::{Context, Op, Truncation};
pub use cost::{Cost, Ledger, Message};
pub use error::ProtocolError;
pub use gate::{Gated, gate, gate_cost};
pub use gate_lanes::{
    LanesGated, gate_in_lanes, gate_lanes_cost, gate_rounds_in_lanes, gate_rounds_lanes_cost,
    reshare_lanes, takes_lanes, truncate_lanes,
};
pub use gate_rounds::{Comparison, RoundsGated, gate_rounds, gate_rounds_cost};
pub use halves::{reshare_halves, reshare_halves_cost, truncate_halves, truncate_halves_cost};
pub use input::{carries_public, cost as input_cost, input, public};
pub use lanes::LANES;
pub use lift_halves::{cost as lift_halves_cost, lift_halves};
pub use maximum::{Present, Tournament, greater, tournament};
pub use msb::{
    is_zero, is_zero_cost, msb, msb_cost, msb_in, msb_in_cost, msb_parts, msb_parts_cost,
};
pub use open_masked::{cost as open_masked_cost, open_masked};
#[cfg(any(test, feature = "testkit"))]
pub use own_low::{keep_own_low, kept_own_low};
pub use parts::PatchPart;
pub use patches::{GateSize, Patches};
pub use planes::{bit_and, bit_and_cost};
pub use product::{MatmulShape, conv2d, matmul, multiply, multiply_channels, multiply_public};
pub use pulse::Pulse;
pub use random_bits::random_bits;
pub use ranges::{LayerRange, ProductRange, RangeBoard};
pub use reciprocal::{Normalisation, reciprocal, sqrt};
pub use reshare::{cost as reshare_cost, reshare};
pub use reveal::{
    Audience, agree, agree_cost, reveal, reveal_additive, reveal_additive_cost, reveal_cost,
};
pub use rounding::{
    additive_cost as round_additive_cost, replicated_cost as round_replicated_cost, round_additive,
    round_replicated,
};
pub use split_bits::{
    SplitBits, lift_split, lift_split_cost, msb_few_rounds, open_split, open_split_cost,
    share_split, share_split_cost,
};
pub use truncate::{
    cost as truncate_cost, failure_probability, faithful, probabilistic, truncate, truncate_as,
};
pub use truncate_exact::exact;
pub use truncate_star::star;
pub use two_of_two::{gather, gather_cost, spread_cost};
pub use window::Window;
