//! Agreement of two profiles: sketched against exact distortions.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::dropped::Dropped;
use super::error::{PlotError, check_layers};
use super::file;
use super::frame::{AXIS, Frame, NOTE, TICK, TITLE, labelled};
use super::number::{f64_or_nan, grouped, scientific};
use super::palette::{GREY, INK, depth};
use super::scale::Scale;
use super::scene::{Anchor, Scene};
use crate::statistics::spearman;

const PLOT: &str = "agreement scatter";
const WIDTH: f64 = 900.0;
/// Side of the square panel.
const SIDE: f64 = 460.0;
const LEFT: f64 = 88.0;
const TOP: f64 = 48.0;
/// More points than this only make the files large.
const MAX_POINTS: usize = 6000;

/// Every (channel, block) as a point: its exact distortion to the right, its sketched distortion upwards,
/// both logarithmic; coloured by layer, with the diagonal and Spearman's rank correlation, overall and for
/// every layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgreementScatter {
    /// Heading of the figure.
    pub title: String,
    /// The layers, in the order of the network.
    pub layers: Vec<LayerAgreement>,
}

/// The points of one layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerAgreement {
    /// Path of the layer.
    pub name: String,
    /// One for every (channel, block).
    pub points: Vec<DistortionPair>,
}

/// Two distortions of one (channel, block).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DistortionPair {
    /// Distortion by the definition.
    #[serde(deserialize_with = "f64_or_nan")]
    pub exact: f64,
    /// Distortion by sketches.
    #[serde(deserialize_with = "f64_or_nan")]
    pub sketch: f64,
}

impl AgreementScatter {
    /// Spearman's correlation over the finite points of all layers, zeros included.
    pub fn spearman(&self) -> Option<f64> {
        correlation(self.layers.iter().flat_map(|layer| &layer.points))
    }

    /// Writes `STEM.svg` and `STEM.png`, each whole or not at all, making folders where they are missing; returns these
    /// paths. Points that are not positive are left out and counted in a note; if there are very many points, every
    /// n-th is drawn, and the note says so. Correlations are over all finite points.
    ///
    /// # Errors
    /// If there are no layers, too many, or no points to show; if a file cannot be written.
    pub fn write(&self, stem: &Path) -> Result<[PathBuf; 2], PlotError> {
        file::write(&self.scene()?, stem)
    }

    pub(super) fn scene(&self) -> Result<Scene, PlotError> {
        check_layers(PLOT, self.layers.len())?;
        if self.layers.iter().all(|layer| layer.points.is_empty()) {
            return Err(PlotError::Empty {
                plot: PLOT,
                what: "points",
            });
        }
        let mut dropped = Dropped::default();
        let mut shown: Vec<(usize, DistortionPair)> = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            for point in &layer.points {
                if dropped.keep_positive([point.exact, point.sketch]) {
                    shown.push((index, *point));
                }
            }
        }
        if shown.is_empty() {
            return Err(PlotError::NothingToDraw {
                plot: PLOT,
                dropped,
            });
        }
        let values = shown
            .iter()
            .flat_map(|(_, point)| [point.exact, point.sketch]);
        let scale = Scale::logarithmic(values, 10.0);
        let frame = Frame {
            left: LEFT,
            top: TOP,
            right: LEFT + SIDE,
            bottom: TOP + SIDE,
            x: scale,
            y: scale,
        };
        let row = (430.0 / self.layers.len() as f64).clamp(16.0, 22.0);
        let list_bottom = TOP + 66.0 + row * self.layers.len() as f64;
        let height = (frame.bottom + 92.0).max(list_bottom + 16.0);
        let mut scene = Scene::new([WIDTH as u32, height.ceil() as u32])?;
        let title = scene.font.cut(&self.title, TITLE, WIDTH - LEFT - 16.0);
        scene.label(&title, [LEFT, 24.0], TITLE, INK, Anchor::Start);
        let ticks = labelled(scale.ticks(8), scientific);
        frame.grid(&mut scene, &ticks, &ticks, TICK);
        let middle = [f64::midpoint(frame.left, frame.right), frame.bottom + 42.0];
        scene.label("Exact distortion", middle, AXIS, INK, Anchor::Middle);
        let upright = [20.0, f64::midpoint(frame.top, frame.bottom)];
        scene.label_upwards("Sketched distortion", upright, AXIS, INK);

        // Mixes the layers, so that none lies wholly under the next.
        let step = shown.len().div_ceil(MAX_POINTS);
        let mut drawn: Vec<_> = shown.iter().step_by(step).enumerate().collect();
        drawn.sort_by_key(|&(order, _)| order.reverse_bits());
        for (_, (layer, point)) in &drawn {
            let color = depth(*layer, self.layers.len());
            scene.disc(frame.at(point.exact, point.sketch), 2.25, color);
        }
        let diagonal = [[frame.left, frame.bottom], [frame.right, frame.top]];
        scene.dashes(&diagonal, 1.5, INK);
        frame.outline(&mut scene);
        self.list(&mut scene, row);
        let thinned = (step > 1).then(|| {
            let [drawn, all] = [drawn.len(), shown.len()].map(grouped);
            format!("Drawn: {drawn} of {all} points; correlations are over all.")
        });
        for (index, note) in thinned.into_iter().chain(dropped.note()).enumerate() {
            let at = [LEFT, frame.bottom + 66.0 + 16.0 * index as f64];
            scene.label(&note, at, NOTE, GREY, Anchor::Start);
        }
        Ok(scene)
    }

    /// Draws the correlations and the colours of the layers, right of the panel.
    fn list(&self, scene: &mut Scene, row: f64) {
        let left = LEFT + SIDE + 32.0;
        let right = WIDTH - 20.0;
        let mut y = TOP + 8.0;
        let overall = format!("Spearman's ρ = {}", correlation_text(self.spearman()));
        scene.label(&overall, [left, y], AXIS, INK, Anchor::Start);
        y += 34.0;
        scene.label("layer", [left + 16.0, y], NOTE, GREY, Anchor::Start);
        scene.label("ρ", [right, y], NOTE, GREY, Anchor::End);
        y += 20.0;
        for (index, layer) in self.layers.iter().enumerate() {
            scene.disc([left + 5.0, y], 4.5, depth(index, self.layers.len()));
            let name = scene.font.shorten(&layer.name, TICK, right - left - 70.0);
            scene.label(&name, [left + 16.0, y], TICK, INK, Anchor::Start);
            let text = correlation_text(correlation(&layer.points));
            scene.label(&text, [right, y], TICK, INK, Anchor::End);
            y += row;
        }
    }
}

fn correlation<'a>(points: impl IntoIterator<Item = &'a DistortionPair>) -> Option<f64> {
    let (exact, sketch): (Vec<f64>, Vec<f64>) = points
        .into_iter()
        .filter(|point| point.exact.is_finite() && point.sketch.is_finite())
        .map(|point| (point.exact, point.sketch))
        .unzip();
    spearman(&exact, &sketch)
}

fn correlation_text(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| {
        format!("{value:.3}").replace('-', "−")
    })
}
