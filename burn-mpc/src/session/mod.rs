//! A live session of one party, its device handle, and three parties in one process.

mod calibrate;
mod config;
mod device;
mod live;
pub mod local;
mod schedule;
mod windows;

pub use calibrate::{RangeReport, calibrate};
pub use config::{Scales, SessionConfig};
pub use device::MpcDevice;
pub(crate) use live::lock;
pub use live::{Key, Mode, Session};
pub use schedule::{Schedule, Way};
pub use windows::Windows;
