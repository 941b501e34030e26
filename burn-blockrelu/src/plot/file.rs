//! Writing a scene as two files.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use burn_blockrelu_core::file::replace;

use super::error::PlotError;
use super::png::png;
use super::scene::Scene;
use super::svg::svg;

/// Writes `STEM.svg` and `STEM.png` (the extension is appended: `budget.v2` gives `budget.v2.svg`). The
/// folder is made where it is missing. Each file appears whole or not at all, and replaces an older one.
pub(super) fn write(scene: &Scene, stem: &Path) -> Result<[PathBuf; 2], PlotError> {
    if stem.file_name().is_none() {
        return Err(PlotError::Stem(stem.to_owned()));
    }
    // Both are drawn before one is written.
    let (svg, png) = (svg(scene)?, png(scene)?);
    if let Some(folder) = stem.parent().filter(|folder| *folder != Path::new("")) {
        fs::create_dir_all(folder).map_err(failed("make the folder", folder))?;
    }
    let paths = ["svg", "png"].map(|extension| with_appended(stem, extension));
    replace(&paths[0], svg.as_bytes()).map_err(failed("replace", &paths[0]))?;
    replace(&paths[1], &png).map_err(failed("replace", &paths[1]))?;
    Ok(paths)
}

fn with_appended(path: &Path, extension: &str) -> PathBuf {
    let mut name: OsString = path.into();
    name.push(".");
    name.push(extension);
    name.into()
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PlotError {
    move |source| PlotError::File {
        action,
        path: path.to_owned(),
        source,
    }
}
