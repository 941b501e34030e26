//! What a command writes: lines for people, reports for programs, files.

use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use burn_blockrelu_core::file::{check, deliver};
use serde::Serialize;

use super::failure::{Failure, Unwritten};

/// Writes a line for people. A full disk or a closed pipe is an error, no panic.
pub(super) fn say(line: fmt::Arguments<'_>) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    Ok(writeln!(output, "{line}").map_err(Unwritten)?)
}

/// Writes a line to standard error. A failure to do so cannot be reported.
pub(super) fn note(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Writes a report as JSON, replacing a file of that name; without a file, nothing.
pub(super) fn write_json(file: Option<&PathBuf>, report: &impl Serialize) -> Result<(), Failure> {
    if let Some(file) = file {
        write_file(
            file,
            format!("{}\n", serde_json::to_string_pretty(report)?).as_bytes(),
        )?;
    }
    Ok(())
}

/// Checks that a report can be written, before hours of work rather than after.
pub(super) fn writable(file: Option<&PathBuf>) -> Result<(), Failure> {
    let Some(file) = file else { return Ok(()) };
    check(file).map_err(|error| format!("{}: {error}", file.display()).into())
}

/// Writes a file atomically, replacing one of that name, or writes into a pipe. Errors name the path.
pub(super) fn write_file(file: &Path, content: &[u8]) -> Result<(), Failure> {
    deliver(file, content).map_err(|error| format!("{}: {error}", file.display()).into())
}
