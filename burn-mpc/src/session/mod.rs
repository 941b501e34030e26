//! A live session of one party, its device handle, and three parties in one process.

mod calibrate;
mod config;
mod device;
mod heap;
#[cfg(any(test, feature = "testkit"))]
mod insecure;
mod key;
mod live;
pub mod local;
mod scales;
mod schedule;
mod search;
mod windows;

pub(crate) use crate::net::lock;
pub use calibrate::{RangeReport, calibrate};
pub use config::SessionConfig;
pub use device::MpcDevice;
pub use key::Key;
pub use live::{Mode, Session};
pub use scales::{Scales, WeightScales, layer_of};
pub use schedule::{Schedule, Way};
pub use search::ScaleSearch;
pub use windows::Windows;
