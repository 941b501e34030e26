//! Single operations on secrets, three processes over TCP: a ReLU, a product with its truncation, a product of
//! matrices.

mod job;
mod measured;
mod op;
mod party;
mod processes;

pub use job::job;
pub use op::Op;
pub use processes::{play, run};
