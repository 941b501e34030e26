//! Threads of the example.

use std::thread;

use crate::failure::Failure;

/// Starts a thread that nobody joins.
pub fn spawn(
    name: &str,
    stack: Option<usize>,
    work: impl FnOnce() + Send + 'static,
) -> Result<(), Failure> {
    let builder = thread::Builder::new().name(name.into());
    let builder = match stack {
        Some(bytes) => builder.stack_size(bytes),
        None => builder,
    };
    Ok(builder.spawn(work).map(drop)?)
}
