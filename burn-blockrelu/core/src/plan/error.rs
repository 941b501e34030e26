//! What can be wrong with a plan.

use std::fmt::Write as _;
use std::path::PathBuf;

use thiserror::Error;

use crate::LayersError;

/// One way in which a plan and a model differ.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// The plan was made for a model with other parameters.
    #[error("the plan was made for model {plan}, this is model {model}")]
    Fingerprint {
        /// Fingerprint in the plan.
        plan: String,
        /// Fingerprint of the model.
        model: String,
    },
    /// A layer of the model without blocks.
    #[error("`{path}` of the model is not in the plan")]
    Missing {
        /// Path of the layer.
        path: String,
    },
    /// A layer of the plan that the model does not have.
    #[error("`{path}` of the plan is not in the model")]
    Unknown {
        /// Path of the layer.
        path: String,
    },
    /// A layer that is in the plan twice.
    #[error("`{path}` stands in the plan twice")]
    Twice {
        /// Path of the layer.
        path: String,
    },
    /// A layer with another number of channels.
    #[error("`{path}` has {model} channels, the plan {plan}")]
    Channels {
        /// Path of the layer.
        path: String,
        /// In the plan.
        plan: usize,
        /// In the model.
        model: usize,
    },
    /// A layer with another map.
    #[error("`{path}` works on maps of {model:?} pixels, the plan was made for {plan:?}")]
    Map {
        /// Path of the layer.
        path: String,
        /// In the plan.
        plan: [usize; 2],
        /// In the model.
        model: [usize; 2],
    },
}

/// A plan that cannot be made, read or applied.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A file that cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file that is no plan.
    #[error("{}: not a plan: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong where.
        source: serde_json::Error,
    },
    /// A plan of another version of this library.
    #[error("{}: plan schema {found}, this library reads {supported}", path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// Version in the file.
        found: u32,
        /// Version that is read.
        supported: u32,
    },
    /// A plan that was changed or cut after it was written.
    #[error("{}: the checksum is {found}, the content has {computed}: the file is damaged or was edited", path.display())]
    Checksum {
        /// The file.
        path: PathBuf,
        /// In the file.
        found: String,
        /// Of its content.
        computed: String,
    },
    /// A plan whose counts do not follow from its blocks.
    #[error("{}: `{layer}` says {stated} DReLUs, its blocks make {counted}", path.display())]
    Count {
        /// The file.
        path: PathBuf,
        /// Path of the layer.
        layer: String,
        /// In the file.
        stated: u64,
        /// Of the blocks.
        counted: u64,
    },
    /// A plan for another model; all differences are listed.
    #[error("the plan does not fit the model:{}", list(.0))]
    Mismatch(Vec<Mismatch>),
    /// A model that has no plan.
    #[error(transparent)]
    Layers(#[from] LayersError),
    /// A ratio that no choice of candidates reaches.
    #[error(
        "no plan of the candidates evaluates a share of {wanted} of the signs within 1 %; the least is {least:.4}, the most 1"
    )]
    Ratio {
        /// The share wanted.
        wanted: f64,
        /// The least share that can be reached.
        least: f64,
    },
    /// A text that names no plan.
    #[error(
        "`{0}` is no plan: expected a file, `uniform:HxW` such as uniform:4x4, or `random:RATIO` such as random:0.06"
    )]
    Spec(String),
}

fn list(mismatches: &[Mismatch]) -> String {
    mismatches.iter().fold(String::new(), |mut text, one| {
        let _ = write!(text, "\n  - {one}");
        text
    })
}
