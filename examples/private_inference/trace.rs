//! What happens inside, on standard error, for whoever asks for it.

use tracing_subscriber::filter::LevelFilter;

/// Environment variable that names the level: `error`, `warn`, `info`, `debug` or `trace`. Processes that this one starts
/// have it too.
pub const VARIABLE: &str = "BURN_MPC_LOG";

/// Writes what is traced at the level of [`VARIABLE`] or above; nothing if it names none.
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
