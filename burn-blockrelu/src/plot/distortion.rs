//! Distortion curves: the distortion by a layer's channels if they have fewer DReLUs.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::dropped::Dropped;
use super::error::{PlotError, check_layers};
use super::file;
use super::frame::{AXIS, Frame, NOTE, TITLE, Tick};
use super::number::{f64_or_nan, scientific};
use super::palette::{BLUE, GREY, INK, VERMILION};
use super::scale::Scale;
use super::scene::{Anchor, Marker, Point, Scene};
use crate::statistics::quantile;

const PLOT: &str = "distortion curves";
const WIDTH: f64 = 900.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 62.0;
const UNDER: f64 = 80.0;
const GAP: f64 = 12.0;
/// Above a panel: its layer's name.
const HEAD: f64 = 22.0;
/// Left of the axis of a panel: the place of the identity, which has no DReLUs.
const IDENTITY: f64 = 20.0;
const TICK: f64 = 11.5;

/// One small panel per layer, all with the same logarithmic axes: the median and quartiles of the distortion over the
/// layer's channels, against the number of DReLUs of a channel. The identity is apart, left of the axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DistortionCurves {
    /// Heading of the figure.
    pub title: String,
    /// The layers, in the order of the network.
    pub layers: Vec<LayerDistortions>,
}

/// The curve of one layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerDistortions {
    /// Path of the layer.
    pub name: String,
    /// Distortions by number of DReLUs, in any order.
    pub curve: Vec<CurvePoint>,
    /// Distortions of the identity.
    pub identity: Option<Quartiles>,
}

/// Distortions of the channels of a layer, all with the same number of DReLUs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// DReLUs of one channel, at least 1.
    pub drelus: u64,
    /// Quartiles over the channels.
    pub distortion: Quartiles,
}

/// The middle half of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quartiles {
    /// A quarter of the sample lies below.
    #[serde(deserialize_with = "f64_or_nan")]
    pub lower: f64,
    /// Half of the sample lies below.
    #[serde(deserialize_with = "f64_or_nan")]
    pub median: f64,
    /// Three quarters of the sample lie below.
    #[serde(deserialize_with = "f64_or_nan")]
    pub upper: f64,
}

impl Quartiles {
    /// The quartiles of `values`, as [`quantile`] defines them; `None` if there are no values or one is NaN.
    pub fn of(values: &[f64]) -> Option<Self> {
        Some(Self {
            lower: quantile(values, 0.25)?,
            median: quantile(values, 0.5)?,
            upper: quantile(values, 0.75)?,
        })
    }
}

impl DistortionCurves {
    /// Writes `STEM.svg` and `STEM.png`, each whole or not at all, making folders where they are missing;
    /// returns these paths. Points whose median is not positive are left out and counted in a note; a lower
    /// quartile that is not positive lies on the lower edge.
    ///
    /// # Errors
    /// If there are no layers, too many, or nothing to show; if a file cannot be written.
    pub fn write(&self, stem: &Path) -> Result<[PathBuf; 2], PlotError> {
        file::write(&self.scene()?, stem)
    }

    pub(super) fn scene(&self) -> Result<Scene, PlotError> {
        check_layers(PLOT, self.layers.len())?;
        let mut dropped = Dropped::default();
        let layers: Vec<LayerDistortions> = self
            .layers
            .iter()
            .map(|layer| shown(layer, &mut dropped))
            .collect();
        let values = layers.iter().flat_map(|layer| {
            let curve = layer.curve.iter().map(|point| point.distortion);
            curve.chain(layer.identity).flat_map(visible)
        });
        let values: Vec<f64> = values.collect();
        if values.is_empty() {
            return Err(match dropped.note() {
                Some(_) => PlotError::NothingToDraw {
                    plot: PLOT,
                    dropped,
                },
                None => PlotError::Empty {
                    plot: PLOT,
                    what: "points",
                },
            });
        }
        let drelus = layers.iter().flat_map(|layer| &layer.curve);
        let drelus = drelus.map(|point| point.drelus as f64);
        let (x, y) = (
            Scale::logarithmic(drelus.chain([1.0, 10.0]), 10.0),
            Scale::logarithmic(values, 10.0),
        );

        let columns = layers.len().min(5);
        let rows = layers.len().div_ceil(columns);
        let panel = (WIDTH - LEFT - RIGHT + GAP) / columns as f64;
        let cell = (480.0 / rows as f64).clamp(118.0, 420.0);
        let height = TOP + cell * rows as f64 + UNDER;
        let mut scene = Scene::new([WIDTH as u32, height.ceil() as u32])?;
        let title = scene.font.cut(&self.title, TITLE, WIDTH - 32.0);
        scene.label(&title, [16.0, 24.0], TITLE, INK, Anchor::Start);
        legend(&mut scene);
        let size = [panel - GAP - IDENTITY, cell - HEAD];
        for (index, layer) in layers.iter().enumerate() {
            let (row, column) = (index / columns, index % columns);
            let left = LEFT + column as f64 * panel + IDENTITY;
            let top = TOP + row as f64 * cell + HEAD;
            let frame = Frame {
                left,
                top,
                right: left + size[0],
                bottom: top + size[1],
                x,
                y,
            };
            // Only the left panel of a row and the lowest of a column have axis texts.
            let outer = [index + columns >= layers.len(), column == 0];
            draw_panel(&mut scene, &frame, layer, outer);
        }
        let bottom = TOP + cell * rows as f64;
        let middle = [f64::midpoint(LEFT, WIDTH - RIGHT), bottom + 42.0];
        scene.label("DReLUs of a channel", middle, AXIS, INK, Anchor::Middle);
        let upright = [18.0, f64::midpoint(TOP + HEAD, bottom)];
        scene.label_upwards(
            "Distortion (mean squared change of the output)",
            upright,
            AXIS,
            INK,
        );
        if let Some(note) = dropped.note() {
            let at = [16.0, height - 14.0];
            scene.label(&note, at, NOTE, GREY, Anchor::Start);
        }
        Ok(scene)
    }
}

/// What a logarithmic axis can show of a layer, by number of DReLUs.
fn shown(layer: &LayerDistortions, dropped: &mut Dropped) -> LayerDistortions {
    let mut keep = |quartiles: &Quartiles| {
        let ends = [quartiles.lower, quartiles.upper];
        dropped.keep_finite(ends) && dropped.keep_positive([quartiles.median])
    };
    let identity = layer.identity.filter(&mut keep);
    let mut curve = layer.curve.clone();
    curve.retain(|point| keep(&point.distortion));
    curve.retain(|point| dropped.keep_positive([point.drelus as f64]));
    curve.sort_by_key(|point| point.drelus);
    LayerDistortions {
        name: layer.name.clone(),
        curve,
        identity,
    }
}

/// The positive ones of three quartiles.
fn visible(quartiles: Quartiles) -> impl Iterator<Item = f64> {
    let all = [quartiles.lower, quartiles.median, quartiles.upper];
    all.into_iter().filter(|&value| value > 0.0)
}

fn draw_panel(scene: &mut Scene, frame: &Frame, layer: &LayerDistortions, outer: [bool; 2]) {
    let ticks = |values: Vec<f64>, texts: bool| -> Vec<Tick> {
        let text = |value| texts.then(|| scientific(value));
        values
            .into_iter()
            .map(|value| (value, text(value)))
            .collect()
    };
    let x_ticks = ticks(frame.x.ticks(4), outer[0]);
    let identity_x = frame.left - IDENTITY / 2.0;
    // The y texts are left of the identity's place.
    frame.grid(scene, &x_ticks, &ticks(frame.y.ticks(5), false), TICK);
    for (value, text) in ticks(frame.y.ticks(5), outer[1]) {
        let (y, left) = (frame.y(value), frame.left - IDENTITY);
        scene.line([[left, y], [frame.left, y]], 1.0, super::palette::FAINT);
        if let Some(text) = text {
            scene.label(&text, [left - 5.0, y], TICK, INK, Anchor::End);
        }
    }
    if outer[0] {
        let at = [identity_x, frame.bottom + 6.0 + 0.7 * TICK];
        scene.label("id", at, TICK, VERMILION, Anchor::Middle);
    }
    let name = scene
        .font
        .shorten(&layer.name, TICK, frame.right - frame.left + IDENTITY);
    let at = [frame.left - IDENTITY, frame.top - 9.0];
    scene.label(&name, at, TICK, INK, Anchor::Start);

    // A lower quartile of zero lies on the edge.
    let y = |value: f64| {
        if value > 0.0 {
            frame.y(value).min(frame.bottom)
        } else {
            frame.bottom
        }
    };
    let path = |value: fn(&Quartiles) -> f64| -> Vec<Point> {
        let point =
            |point: &CurvePoint| [frame.x(point.drelus as f64), y(value(&point.distortion))];
        layer.curve.iter().map(point).collect()
    };
    let mut band = path(|quartiles| quartiles.upper);
    band.extend(path(|quartiles| quartiles.lower).into_iter().rev());
    if layer.curve.len() > 1 {
        scene.area(band, BLUE.with_alpha(0.25));
    }
    let median = path(|quartiles| quartiles.median);
    for &at in &median {
        scene.disc(at, 1.75, BLUE);
    }
    scene.line(median, 1.5, BLUE);
    if let Some(identity) = layer.identity {
        let ends = [
            [identity_x, y(identity.lower)],
            [identity_x, y(identity.upper)],
        ];
        scene.line(ends, 2.0, VERMILION);
        let at = [identity_x, y(identity.median)];
        scene.marker(Marker::Diamond, at, 3.5, VERMILION);
    }
    frame.outline(scene);
}

/// Draws the legend under the title, since the panels are full.
fn legend(scene: &mut Scene) {
    const Y: f64 = 52.0;
    scene.rectangle(
        [LEFT, Y - 5.0],
        [LEFT + 26.0, Y + 5.0],
        BLUE.with_alpha(0.25),
    );
    scene.line([[LEFT, Y], [LEFT + 26.0, Y]], 1.5, BLUE);
    scene.disc([LEFT + 13.0, Y], 1.75, BLUE);
    let text = "median and quartiles over channels";
    scene.label(text, [LEFT + 34.0, Y], NOTE + 1.0, INK, Anchor::Start);
    let x = LEFT + 34.0 + scene.font.width(text, NOTE + 1.0) + 28.0;
    scene.line([[x, Y - 7.0], [x, Y + 7.0]], 2.0, VERMILION);
    scene.marker(Marker::Diamond, [x, Y], 3.5, VERMILION);
    let text = "identity (no DReLUs)";
    scene.label(text, [x + 12.0, Y], NOTE + 1.0, INK, Anchor::Start);
}
