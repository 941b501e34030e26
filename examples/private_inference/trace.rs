//! Writes trace events to standard error, on request.

use tracing_subscriber::filter::LevelFilter;

/// Environment variable that names the level: `error`, `warn`, `info`, `debug` or `trace`. Child processes inherit it.
pub const VARIABLE: &str = "BURN_MPC_LOG";

/// Writes trace events at the level of [`VARIABLE`] or above; nothing if it does not name a level.
pub fn install() {
    let level = std::env::var(VARIABLE).ok();
    if let Some(level) = level.and_then(|level| level.parse::<LevelFilter>().ok()) {
        tracing_subscriber::fmt()
            .with_max_level(level)
            .with_writer(std::io::stderr)
            .with_ansi(false)
            .init();
    }
}
