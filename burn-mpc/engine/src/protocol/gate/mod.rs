//! (Block-)ReLUs as one protocol: values pass where the sum of their patch is positive.

pub(crate) mod bytes;
pub(crate) mod conditional;
pub(crate) mod inject;
pub(crate) mod lanes;
mod listed;
pub(crate) mod maps;
pub(crate) mod masked;
pub(crate) mod parts;
pub(crate) mod patches;
pub(crate) mod rounds;
pub(crate) mod size;
mod truncated;
