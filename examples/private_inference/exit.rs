//! How the program ends.

use std::process::ExitCode;

use crate::failure::Failure;
use crate::output::{message, note};

/// Exit code of a failed run.
const FAILED: u8 = 3;
/// Exit code if the reader of standard output has closed it.
const UNREAD: u8 = 4;

/// All of them, as `--help` lists them.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done, and everything that was asked for is written
  2  the command line is wrong; nothing was run
  3  failed: the message on standard error says why, and nothing may be taken for a result
  4  the reader of standard output went away before all was written; there is no message
Any other code is a fault of this program.";

/// Prints the message of a failure, if there is one, and returns the exit code.
pub fn ended(result: Result<(), Failure>, code: i32, who: &str) -> ExitCode {
    match result {
        Ok(()) => ExitCode::from(u8::try_from(code).unwrap_or(FAILED)),
        Err(Failure::Unread) => ExitCode::from(UNREAD),
        Err(failure) => {
            note(format_args!("error: {who}{}\n", message(&failure)));
            ExitCode::from(FAILED)
        }
    }
}
