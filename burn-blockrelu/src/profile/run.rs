//! Running a profile: in units, with progress, resumable, in shards.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::{Facts, ProfileError, Table};
use crate::distortion::{Method, Target};

/// One of several processes that share a profile: it takes the units whose number modulo `count` is `index`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Number of this process, from 0.
    pub index: usize,
    /// Number of processes.
    pub count: usize,
}

impl Shard {
    /// All of the work.
    pub const WHOLE: Self = Self { index: 0, count: 1 };
}

impl FromStr for Shard {
    type Err = ProfileError;

    fn from_str(text: &str) -> Result<Self, ProfileError> {
        let parse = || {
            let (index, count) = text.split_once('/')?;
            let (index, count) = (index.parse().ok()?, count.parse().ok()?);
            (index < count).then_some(Self { index, count })
        };
        parse().ok_or_else(|| ProfileError::Shard(text.to_owned()))
    }
}

/// Whether progress is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// A bar with the remaining time on standard error, if that is a terminal.
    #[default]
    Bar,
    /// Nothing.
    Quiet,
}

/// How a profile is run.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// File to which the table is written during the run; a table that is already there is resumed.
    pub file: Option<PathBuf>,
    /// This process's part of the work.
    pub shard: Shard,
    /// Whether progress is shown.
    pub progress: Progress,
    /// The least time between two writes of the table, each after a unit; it is also written at the end.
    pub save_every: Duration,
    /// Stops with [`ProfileError::Stopped`] after this many units, as if the process had been killed.
    pub stop_after: Option<usize>,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            file: None,
            shard: Shard::WHOLE,
            progress: Progress::Bar,
            save_every: Duration::from_secs(20),
            stop_after: None,
        }
    }
}

/// Runs a profile, or the rest of one, and returns its table. Units are run and added in order, so that an interrupted
/// and resumed profile is the same to the last bit.
///
/// # Errors
/// [`ProfileError::Other`] if the file holds another profile; [`ProfileError::Merge`] if it holds another shard;
/// [`ProfileError::Stopped`]; errors of the file, the model or the backend.
pub fn profile<M: Method>(
    method: &mut M,
    facts: Facts,
    targets: &[Target],
    options: &RunOptions,
) -> Result<Table, ProfileError> {
    let mut table = Table::new(facts, method.describe(), method.units(), targets);
    if let Some(file) = options.file.as_ref().filter(|file| file.exists()) {
        table = resumed(table, file)?;
    }
    let Shard { index, count } = options.shard;
    let units: Vec<usize> = (index..method.units()).step_by(count).collect();
    let done = table.done.len();
    if table.done != units[..done.min(units.len())] {
        return Err(ProfileError::Merge(
            "the file holds other units than this shard's".into(),
        ));
    }
    let bar = bar(options.progress, units.len(), done);
    let mut saved = Instant::now();
    for (ran, &unit) in units[done..].iter().enumerate() {
        if options.stop_after == Some(ran) {
            return Err(ProfileError::Stopped(ran));
        }
        let started = Instant::now();
        let contributions = method.run(unit)?;
        table.add(unit, contributions);
        table.seconds += started.elapsed().as_secs_f64();
        bar.inc(1);
        if let Some(file) = &options.file
            && saved.elapsed() >= options.save_every
        {
            table.write(file)?;
            saved = Instant::now();
        }
    }
    bar.finish_and_clear();
    if let Some(file) = &options.file {
        table.write(file)?;
    }
    Ok(table)
}

/// Reads the table in a file and checks that it belongs to the same profile.
fn resumed(wanted: Table, file: &Path) -> Result<Table, ProfileError> {
    let found = Table::read(file)?;
    let other = |what, found: &dyn ToString, wanted: &dyn ToString| {
        Err(ProfileError::Other {
            path: file.into(),
            what,
            found: found.to_string(),
            wanted: wanted.to_string(),
        })
    };
    if found.model != wanted.model {
        return other("model", &found.model, &wanted.model);
    }
    if found.weights != wanted.weights {
        return other("weights", &found.weights, &wanted.weights);
    }
    if found.method != wanted.method {
        return other("method", &found.method, &wanted.method);
    }
    if found.samples != wanted.samples || found.units != wanted.units {
        return other("samples", &found.samples, &wanted.samples);
    }
    let candidates = |table: &Table| {
        let layers = table.layers.iter();
        let text =
            layers.map(|layer| format!("{} {:?} {:?}", layer.path, layer.map, layer.candidates));
        blake3::hash(text.collect::<Vec<_>>().join("\n").as_bytes()).to_hex()[..16].to_owned()
    };
    if candidates(&found) != candidates(&wanted) {
        return other("candidates", &candidates(&found), &candidates(&wanted));
    }
    Ok(found)
}

/// A progress bar over units that starts at `done`.
fn bar(progress: Progress, units: usize, done: usize) -> ProgressBar {
    if progress == Progress::Quiet {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(units as u64).with_position(done as u64);
    let style = "profile {bar:40} {pos}/{len} units, {elapsed} gone, {eta} left";
    match ProgressStyle::with_template(style) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
