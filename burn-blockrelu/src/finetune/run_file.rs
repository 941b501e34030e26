//! The directory of a run: `run.json`, and `checkpoint/` with three files per round.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::recorder::PARTIAL;
use super::{FinetuneError, RoundReport};

const SCHEMA: u32 = 1;

/// The files of a checkpoint, as Burn's learner names them.
const PARTS: [&str; 3] = ["model", "optim", "scheduler"];

/// What must be equal for a run to be resumed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Identity {
    /// Settings as JSON text, compared as text: parsing a number may change its last bit.
    pub(super) settings: String,
    pub(super) normalization: String,
    /// Digests, in hexadecimal.
    pub(super) train: String,
    pub(super) valid: String,
    pub(super) model: String,
    pub(super) teacher: String,
}

impl Identity {
    fn differences(&self, other: &Self) -> String {
        let parts = [
            ("the settings", self.settings != other.settings),
            (
                "the normalisation",
                self.normalization != other.normalization,
            ),
            ("the training images", self.train != other.train),
            ("the validation images", self.valid != other.valid),
            ("the network", self.model != other.model),
            ("the teacher", self.teacher != other.teacher),
        ];
        let names: Vec<&str> = parts
            .iter()
            .filter(|(_, differs)| *differs)
            .map(|(name, _)| *name)
            .collect();
        names.join(", ")
    }
}

#[derive(Serialize, Deserialize)]
struct Content {
    schema: u32,
    identity: Identity,
    rounds: Vec<RoundReport>,
}

/// The directory of a run.
#[derive(Clone, Debug)]
pub(super) struct RunFile {
    directory: PathBuf,
    identity: Identity,
}

/// How far a run has got.
#[derive(Debug, Default)]
pub(super) struct Progressed {
    /// The last round with a whole checkpoint.
    pub(super) round: Option<usize>,
    /// Reports of the rounds up to it.
    pub(super) rounds: Vec<RoundReport>,
}

impl RunFile {
    /// Opens or begins a run.
    pub(super) fn open(
        directory: &Path,
        identity: Identity,
    ) -> Result<(Self, Progressed), FinetuneError> {
        let checkpoints = directory.join("checkpoint");
        std::fs::create_dir_all(&checkpoints).map_err(|error| failed(&checkpoints, error))?;
        let run = Self {
            directory: directory.into(),
            identity,
        };
        let other = |differences: String| FinetuneError::OtherRun {
            path: directory.into(),
            differences,
        };
        let round = run.last_checkpoint()?;
        let path = run.path();
        if !path.exists() {
            if round.is_some() {
                return Err(other("having checkpoints but no run.json".into()));
            }
            run.write(&[])?;
            return Ok((run, Progressed::default()));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
        let content: Content = serde_json::from_str(&text).map_err(|error| failed(&path, error))?;
        if content.schema != SCHEMA {
            return Err(other(format!("its schema {}", content.schema)));
        }
        if content.identity != run.identity {
            return Err(other(content.identity.differences(&run.identity)));
        }
        let mut rounds = content.rounds;
        rounds.retain(|report| report.round <= round.unwrap_or(0));
        Ok((run, Progressed { round, rounds }))
    }

    fn path(&self) -> PathBuf {
        self.directory.join("run.json")
    }

    /// The directory.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// A file of a checkpoint, without its extension.
    pub(super) fn checkpoint(&self, part: &str, round: usize) -> PathBuf {
        self.directory
            .join("checkpoint")
            .join(format!("{part}-{round}"))
    }

    /// Replaces `run.json`, whole or not at all.
    pub(super) fn write(&self, rounds: &[RoundReport]) -> Result<(), FinetuneError> {
        let path = self.path();
        let content = Content {
            schema: SCHEMA,
            identity: self.identity.clone(),
            rounds: rounds.to_vec(),
        };
        let mut text = serde_json::to_vec_pretty(&content).map_err(|error| failed(&path, error))?;
        text.push(b'\n');
        let partial = self.directory.join(format!("run-{PARTIAL}.json"));
        File::create(&partial)
            .and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_all()))
            .and_then(|()| std::fs::rename(&partial, &path))
            .map_err(|error| failed(&path, error))
    }

    /// The last round whose files all exist; partial files have other names.
    fn last_checkpoint(&self) -> Result<Option<usize>, FinetuneError> {
        let folder = self.directory.join("checkpoint");
        let failed = |error| failed(&folder, error);
        let mut found: [Vec<usize>; 3] = Default::default();
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            let Some((part, round)) = stem.and_then(|stem| stem.split_once('-')) else {
                continue;
            };
            let part = PARTS.iter().position(|name| *name == part);
            if let Some((part, round)) = part.zip(round.parse().ok()) {
                found[part].push(round);
            }
        }
        let [models, optims, schedulers] = found;
        let whole = models
            .into_iter()
            .filter(|round| optims.contains(round) && schedulers.contains(round));
        Ok(whole.max())
    }
}

fn failed(path: &Path, error: impl ToString) -> FinetuneError {
    FinetuneError::File {
        path: path.into(),
        reason: error.to_string(),
    }
}
