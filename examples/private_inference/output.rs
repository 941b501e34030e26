//! What the program says: text for people, one JSON object for programs, notes on standard error. No stream that is
//! full or closed makes it panic.

use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use burn_blockrelu_core::file;
use burn_mpc::net::{shown, shown_within};
use serde::Serialize;

use crate::failure::Failure;
use crate::progress;

/// Paths of standard output. Replacing the file that they lead to would lose the text before.
const STANDARD_OUTPUT: [&str; 4] = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/// Where text and JSON go.
pub struct Output {
    json: Json,
}

enum Json {
    Nowhere,
    StandardOutput,
    File(PathBuf),
}

/// A JSON document with its kind, so that programs know what they read.
#[derive(Serialize)]
struct Document<'a, T> {
    schema: &'static str,
    version: u32,
    #[serde(flatten)]
    content: &'a T,
}

/// What `--json` may write.
pub trait Content: Serialize {
    /// Identifies its keys and their meaning.
    const SCHEMA: &'static str;
    /// Grows when a key changes its meaning or is removed; new keys do not change it.
    const VERSION: u32;
}

impl Output {
    /// Checks where the JSON should go, before any work is done.
    pub fn new(json: Option<&Path>) -> Result<Self, Failure> {
        let json = match json {
            None => Json::Nowhere,
            Some(path) if STANDARD_OUTPUT.iter().any(|its| path == Path::new(its)) => {
                Json::StandardOutput
            }
            Some(path) => {
                file::check(path).map_err(|error| failed(path, error))?;
                Json::File(path.to_owned())
            }
        };
        Ok(Self { json })
    }

    /// Writes text for people; `writeln!` calls it. It goes to standard error if standard output is for JSON.
    pub fn write_fmt(&self, text: fmt::Arguments<'_>) -> Result<(), Failure> {
        if matches!(self.json, Json::StandardOutput) {
            note(text);
            return Ok(());
        }
        io::stdout().lock().write_fmt(text).map_err(unwritten)
    }

    /// Writes what `--json` asks for, if it does.
    pub fn json<T: Content>(&self, content: &T) -> Result<(), Failure> {
        let document = Document {
            schema: T::SCHEMA,
            version: T::VERSION,
            content,
        };
        let text = || serde_json::to_string_pretty(&document).map(|text| text + "\n");
        match &self.json {
            Json::Nowhere => Ok(()),
            Json::StandardOutput => {
                let text = text()?;
                let mut output = io::stdout().lock();
                output.write_all(text.as_bytes()).map_err(unwritten)
            }
            Json::File(path) => {
                file::deliver(path, text()?.as_bytes()).map_err(|error| failed(path, error))
            }
        }
    }
}

/// Flushes standard output.
pub fn finish() -> Result<(), Failure> {
    io::stdout().lock().flush().map_err(unwritten)
}

/// The failure for an error of standard output; a closed pipe is [`Failure::Unread`].
pub fn unwritten(source: io::Error) -> Failure {
    if source.kind() == io::ErrorKind::BrokenPipe {
        return Failure::Unread;
    }
    Failure::Output {
        to: "standard output".into(),
        source,
    }
}

fn failed(path: &Path, source: io::Error) -> Failure {
    Failure::Output {
        to: shown(&path.to_string_lossy()).into_owned(),
        source,
    }
}

/// Writes to standard error in one call, because three processes share it. Errors are ignored: there is nowhere left to
/// report them.
pub fn note(text: fmt::Arguments<'_>) {
    let text = format!("{}{text}", progress::erased());
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// An error as lines in which all that could control a terminal is escaped. All lines but the first are indented, so
/// that none begins like a message of its own.
pub fn message(error: &impl fmt::Display) -> String {
    let text = error.to_string();
    let mut lines = text.lines();
    let mut message = shown_within(lines.next().unwrap_or_default(), usize::MAX).into_owned();
    for line in lines {
        message.push_str(if line.starts_with("  ") { "\n" } else { "\n  " });
        message.push_str(&shown_within(line, usize::MAX));
    }
    message
}
