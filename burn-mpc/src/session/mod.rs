//! A live session of one party, its device handle, and three parties in one process.

mod advice;
mod calibrate;
mod choice;
mod config;
mod constants;
mod device;
mod errors;
mod explain;
mod heap;
#[cfg(any(test, feature = "testkit"))]
mod insecure;
mod key;
mod layers;
mod live;
pub mod local;
mod observe;
mod parts;
mod plan;
mod random;
mod ranges;
mod room;
mod scales;
mod schedule;
mod search;
mod settings;
mod shadow;
mod transcript;
mod windows;

pub(crate) use crate::protocol::Execution;
pub(crate) use burn_mpc_engine::net::shown;
pub use calibrate::calibrate;
pub use choice::RingChoice;
pub use config::{DEFAULT_MAX_ELEMENTS, SessionConfig};
pub use device::MpcDevice;
pub use errors::{ErrorReport, LayerError};
pub use explain::explain;
pub(crate) use key::Key;
pub use live::Session;
pub use observe::CancelHandle;
pub(crate) use parts::{Footprint, Preparing};
pub use ranges::RangeReport;
pub use scales::{Scales, WeightScales, layer_of};
pub use schedule::Schedule;
pub(crate) use schedule::Way;
pub use search::ScaleSearch;
pub(crate) use shadow::{Shadow, Shadows, Twin};
pub use windows::Windows;

pub use crate::protocol::{LayerRange, failure_probability};
