//! Secret tensors: shape and kind around a cell of shares or of deferred work, and the operands of ops.
//!
//! Built on `fixed` and `session`; knows nothing of Burn's traits, nor of the nodes of deferred work.

mod bound;
mod kind;
mod operand;
mod secret;
mod shadow;
mod shape;
mod view;

pub use bound::Bound;
pub use kind::Kind;
pub use operand::{Operand, PublicTensor};
pub use secret::{Deferred, Forced, Need, SecretTensor, State};
pub use shape::elements;
