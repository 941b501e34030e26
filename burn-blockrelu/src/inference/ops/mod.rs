//! The op traits of Burn, every function of them delegated to the decorated backend.
//!
//! The tables are written by `scripts/generate_inference.py`; run it again after an update of Burn.

mod activation;
mod bool;
mod float;
mod int;
mod module;
mod quantized;
mod transaction;

/// Implements an op trait for `Inference<A>` by the functions of `A`.
///
/// A row is a signature. It calls the function of the same name with the same arguments, unless it
/// ends in `= expression`, which then is the body. `A` in a row is the decorated backend.
macro_rules! delegate {
    ($trait:ident $($name:ident($($arg:ident: $ty:ty),*) -> $ret:ty $(= $body:expr)?;)+) => {
        impl<A: Backend> $trait<Self> for Inference<A> {
            $(fn $name($($arg: $ty),*) -> $ret {
                delegate!(@body $name($($arg),*) $($body)?)
            })+
        }
    };
    (@body $name:ident($($arg:ident),*)) => { A::$name($($arg),*) };
    (@body $name:ident($($arg:ident),*) $body:expr) => { $body };
}
use delegate;
