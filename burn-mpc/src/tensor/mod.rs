//! Secret tensors with shape, scale and lazy sharing state, and the operands of the op layer.
//!
//! Built on `protocol` and `session`; knows nothing of Burn's traits.

mod bound;
mod chain;
mod gated;
mod linear;
mod operand;
mod secret;
mod shape;

pub use bound::Bound;
pub use gated::{PendingGate, PendingSign, PendingSpread};
pub use linear::{LinearMap, PendingLinear};
pub use operand::{Operand, PublicTensor};
pub use secret::{Form, Kind, PendingClamp, PendingSum, SecretTensor, State};
pub use shape::elements;
