//! A live session of one party, its device handle, and three parties in one process.

mod config;
mod device;
pub mod local;
mod live;

pub use config::{Scales, SessionConfig};
pub use device::MpcDevice;
pub use live::{Key, Mode, Session};
pub(crate) use live::lock;
