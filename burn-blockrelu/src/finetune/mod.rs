//! Finetuning of a network after its activations were replaced, on Burn's training stack.
//!
//! [`Finetune`] takes any [`Classifier`], data of [`crate::data`] and a [`FinetuneConfig`], and
//! gives the trained network and a [`FinetuneReport`]. A run is a sequence of rounds (by default
//! one pass over the data each; `checkpoint_every` steps if set). After each round the network is
//! tested on the validation images and a checkpoint is written. A run with a directory continues
//! after a crash or a kill: started again with the same settings, data and network, it resumes from
//! the last checkpoint, and on a deterministic backend ends with the same weights.
//!
//! All floating-point parameters are trained. Integer and boolean ones, such as the block sizes of a
//! `BlockRelu`, have no gradient: they travel through training and checkpoints unchanged. Batch
//! normalisation uses and records the statistics of its batches, as usual; freezing it is not
//! offered.

mod checkpoint;
mod config;
mod config_file;
mod error;
mod evaluate;
mod history;
mod objective;
mod preset;
mod recorder;
mod renderer;
mod report;
mod run_file;
mod schedule;
mod student;
mod trainable;
mod trainer;

pub use crate::digest::model_digest;
pub use burn_blockrelu_core::Classifier;
pub use config::{ConfigError, FinetuneConfig, OptimizerConfig, Unit};
pub use error::FinetuneError;
pub use evaluate::{Accuracy, evaluate};
pub use objective::Objective;
pub use preset::{Preset, UnknownPreset};
pub use renderer::ProgressKind;
pub use report::{FinetuneReport, RoundReport, Score};
pub use schedule::{Schedule, ScheduleConfig};
pub use trainer::{Finetune, Finetuned};
