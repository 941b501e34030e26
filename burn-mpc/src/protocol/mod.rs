//! The protocols: one primitive per file, each with what it sends, why that leaks nothing, and its
//! declared cost. Built on `share`, `prg` and `net`; knows nothing of tensors.

mod b2a;
pub mod context;
mod cost;
mod error;
mod input;
mod leaf;
mod maximum;
mod messages;
mod msb;
mod planes;
mod product;
mod ranges;
mod reciprocal;
mod reshare;
mod reveal;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod truncate;
mod two_of_two;

pub use b2a::{b2a, cost as b2a_cost};
pub use context::{Context, Op, Truncation};
pub use cost::{Cost, Ledger, Message};
pub use error::ProtocolError;
pub use input::{carries_public, cost as input_cost, input, public};
pub use maximum::{Tournament, greater, tournament};
pub use msb::{is_zero, is_zero_cost, msb, msb_cost};
pub use planes::{bit_and, bit_and_cost};
pub use product::{MatmulShape, conv2d, matmul, multiply, multiply_public};
pub use ranges::{LayerRange, RangeBoard};
pub use reciprocal::{Normalisation, reciprocal, sqrt};
pub use reshare::{cost as reshare_cost, reshare};
pub use reveal::{
    Audience, agree, agree_cost, reveal, reveal_additive, reveal_additive_cost, reveal_cost,
};
pub use truncate::{cost as truncate_cost, faithful, probabilistic, truncate};
pub use two_of_two::{gather, gather_cost, spread_cost};
