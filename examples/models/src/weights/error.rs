//! What can be wrong with a weight file.

use std::fmt::Write as _;
use std::path::PathBuf;

use thiserror::Error;

use crate::text::{shown, shown_text};

/// A parameter whose shape is not the model's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeMismatch {
    /// Torchvision name of the parameter.
    pub name: String,
    /// Shape in the model, as PyTorch stores it.
    pub expected: Vec<usize>,
    /// Shape in the file.
    pub found: Vec<usize>,
}

/// Weights that could not be loaded.
#[derive(Debug, Error)]
pub enum WeightsError {
    /// Neither safetensors nor PyTorch.
    #[error(
        "{}: unknown weight format, expected .safetensors, .pt or .pth",
        shown(path)
    )]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// Missing, damaged, or of another format than its name says.
    #[error("{}: cannot read weights: {}", shown(path), shown_text(reason))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        reason: String,
    },
    /// Weights of another network: every name and shape that does not fit.
    #[error("{}", describe(path, model, missing, surplus, shapes))]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// Name of the network.
        model: String,
        /// In the model, not in the file.
        missing: Vec<String>,
        /// In the file, not in the model.
        surplus: Vec<String>,
        /// In both, with different shapes.
        shapes: Vec<ShapeMismatch>,
    },
}

fn describe(
    path: &std::path::Path,
    model: &str,
    missing: &[String],
    surplus: &[String],
    shapes: &[ShapeMismatch],
) -> String {
    let mut text = format!(
        "{}: does not fit {model}: {} missing, {} surplus, {} of another shape",
        shown(path),
        missing.len(),
        surplus.len(),
        shapes.len()
    );
    for name in missing {
        let _ = write!(text, "\n  missing  {}", shown_text(name)); // Writing to a String cannot fail.
    }
    for name in surplus {
        let _ = write!(text, "\n  surplus  {}", shown_text(name));
    }
    for ShapeMismatch {
        name,
        expected,
        found,
    } in shapes
    {
        let _ = write!(
            text,
            "\n  shape    {}: expected {expected:?}, found {found:?}",
            shown_text(name)
        );
    }
    text
}
