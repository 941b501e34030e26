//! What ends a command.

use std::error::Error;
use std::io;

/// Standard output takes nothing more.
#[derive(Debug, thiserror::Error)]
#[error("cannot write standard output: {0}")]
pub(super) struct Unwritten(#[source] pub(super) io::Error);

/// Anything that ends a command; its text is shown to the user.
pub type Failure = Box<dyn Error + Send + Sync>;
