//! What a session consists of. No part knows the session that it belongs to.

mod cells;
mod constants;
mod owner;
mod plan;
mod random;
mod settings;
mod watch;

pub(super) use cells::Cells;
pub(super) use constants::Constants;
pub(crate) use constants::Footprint;
pub(super) use owner::Owner;
pub(super) use plan::Plan;
pub(crate) use plan::Preparing;
pub(super) use random::SharedRandom;
pub(super) use settings::Settings;
pub(super) use watch::Watch;
