//! The steps that every protocol is made of: inputs, local products, resharing, openings.

pub(crate) mod agree;
pub(crate) mod input;
pub(crate) mod product;
pub(crate) mod reshare;
pub(crate) mod reveal;
pub(crate) mod shuffle;
pub(crate) mod two_of_two;
pub(crate) mod words;
