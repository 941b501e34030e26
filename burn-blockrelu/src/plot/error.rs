//! Why a plot was not written.

use std::path::PathBuf;

use thiserror::Error;

use super::dropped::Dropped;
use super::limits::MAX_LAYERS;

/// Why a plot was not written. Existing files of the same names are unchanged, except that the SVG may be new if the
/// PNG could not be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PlotError {
    /// The plot holds no series, layers, channels or points.
    #[error("{plot}: no {what} to draw")]
    Empty {
        /// Name of the plot.
        plot: &'static str,
        /// What is missing.
        what: &'static str,
    },
    /// Every point was left out.
    #[error("{plot}: nothing is left to draw: {dropped}")]
    NothingToDraw {
        /// Name of the plot.
        plot: &'static str,
        /// How many points were left out, and why.
        dropped: Dropped,
    },
    /// The figure would be unreadable, and very large.
    #[error(
        "{plot}: {layers} layers, and a figure shows at most {MAX_LAYERS}: draw a part of the layers"
    )]
    TooManyLayers {
        /// Name of the plot.
        plot: &'static str,
        /// Layers of the data.
        layers: usize,
    },
    /// The path ends in no file name.
    #[error("`{}` names no file: give a path without extension, such as plots/accuracy", .0.display())]
    Stem(PathBuf),
    /// A file or folder could not be written.
    #[error("cannot {action} `{}`", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The picture could not be encoded as PNG.
    #[error("cannot encode the picture as PNG")]
    Encode(#[from] image::ImageError),
    /// The drawing library refused a shape.
    #[error("cannot draw a shape: {0}")]
    Draw(String),
    /// The embedded font cannot be read: this build is damaged.
    #[error("cannot read the embedded font (burn-blockrelu/assets/make-font makes it again)")]
    Font(#[from] ab_glyph::InvalidFont),
}

/// Refuses a figure of no layers, or of more than it can show.
pub(super) fn check_layers(plot: &'static str, layers: usize) -> Result<(), PlotError> {
    match layers {
        0 => Err(PlotError::Empty {
            plot,
            what: "layers",
        }),
        1..=MAX_LAYERS => Ok(()),
        _ => Err(PlotError::TooManyLayers { plot, layers }),
    }
}
