//! Plots of budgets, plans and profiles, each as an SVG and a PNG file.
//!
//! A plot is a plain struct of numbers and names that reads and writes as JSON, so that it can be drawn
//! again without the run that made it. Drawing is deterministic: the same data give the same bytes.
//!
//! The files follow the data: a plot ([`accuracy`], [`heat_map`], [`distortion`], [`agreement`]) arranges its data into
//! a scene, a list of shapes and labels; the scene is then written twice. Labels are measured, and in the PNG drawn,
//! with an embedded subset of the font `DejaVu Sans`; the SVG names that family and keeps its text as text.

pub mod accuracy;
pub mod agreement;
pub mod distortion;
pub mod dropped;
pub mod error;
mod file;
mod font;
mod frame;
pub mod heat_map;
mod limits;
mod number;
mod palette;
mod png;
mod scale;
mod scene;
mod svg;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use accuracy::{AccuracyAgainstBudget, AccuracySeries, BudgetPoint, Stage};
pub use agreement::{AgreementScatter, DistortionPair, LayerAgreement};
pub use distortion::{CurvePoint, DistortionCurves, LayerDistortions, Quartiles};
pub use dropped::Dropped;
pub use error::PlotError;
pub use heat_map::{BlockHeatMap, LayerBlocks};
pub use limits::MAX_LAYERS;

/// Any of the plots. In JSON, the field `plot` says which.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "plot", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Plot {
    /// Accuracy against the share of DReLUs.
    AccuracyAgainstBudget(AccuracyAgainstBudget),
    /// Sketched against exact distortions.
    AgreementScatter(AgreementScatter),
    /// Chosen block areas of every layer.
    BlockHeatMap(BlockHeatMap),
    /// Distortion against the number of DReLUs, layer by layer.
    DistortionCurves(DistortionCurves),
}

impl Plot {
    /// Writes `STEM.svg` and `STEM.png`; returns these paths.
    ///
    /// # Errors
    /// Those of the plot's own `write`.
    pub fn write(&self, stem: &Path) -> Result<[PathBuf; 2], PlotError> {
        match self {
            Self::AccuracyAgainstBudget(plot) => plot.write(stem),
            Self::AgreementScatter(plot) => plot.write(stem),
            Self::BlockHeatMap(plot) => plot.write(stem),
            Self::DistortionCurves(plot) => plot.write(stem),
        }
    }
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
