//! Accuracy against budget: what a method keeps at a share of the DReLUs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::dropped::Dropped;
use super::error::PlotError;
use super::file;
use super::font::Font;
use super::frame::{AXIS, Frame, NOTE, TICK, TITLE, Tick, labelled};
use super::number::{f64_or_nan, plain};
use super::palette::{GREY, INK, qualitative};
use super::scale::Scale;
use super::scene::{Anchor, Color, Marker, Point, Scene};

const PLOT: &str = "accuracy against budget";
const WIDTH: f64 = 900.0;
const TOP: f64 = 48.0;
/// Height of a row of the legend.
const ROW: f64 = 22.0;
/// Length of a line in the legend.
const KEY: f64 = 34.0;

/// Lines of accuracy (in percent) over the share of DReLUs that are left (in percent, logarithmic), one
/// for each series, and a horizontal line for the unchanged network.
///
/// Series of one name share colour and marker; [`Stage::Before`] is dashed and hollow, [`Stage::After`] is
/// solid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccuracyAgainstBudget {
    /// Heading of the figure.
    pub title: String,
    /// Accuracy of the unchanged network, in percent.
    pub baseline: Option<f64>,
    /// The lines, in the order of the legend.
    pub series: Vec<AccuracySeries>,
}

/// One line: a method to choose blocks, before or after finetuning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccuracySeries {
    /// Name of the method, such as `knapsack, exact`.
    pub name: String,
    /// Before or after finetuning.
    pub stage: Stage,
    /// The measurements, in any order.
    pub points: Vec<BudgetPoint>,
}

/// When the accuracy was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Before finetuning.
    Before,
    /// After finetuning.
    After,
}

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BudgetPoint {
    /// DReLUs of the plan, in percent of the unchanged network's. Positive.
    #[serde(deserialize_with = "f64_or_nan")]
    pub drelu_percent: f64,
    /// Accuracy, in percent.
    #[serde(deserialize_with = "f64_or_nan")]
    pub accuracy_percent: f64,
}

impl AccuracyAgainstBudget {
    /// Writes `STEM.svg` and `STEM.png`, each whole or not at all, making folders where they are missing;
    /// returns these paths. Points that cannot be shown are left out and counted in a note.
    ///
    /// # Errors
    /// If there are no points, or none can be shown; if a file cannot be written.
    pub fn write(&self, stem: &Path) -> Result<[PathBuf; 2], PlotError> {
        file::write(&self.scene()?, stem)
    }

    pub(super) fn scene(&self) -> Result<Scene, PlotError> {
        if self.series.iter().all(|series| series.points.is_empty()) {
            return Err(PlotError::Empty {
                plot: PLOT,
                what: "points",
            });
        }
        let mut dropped = Dropped::default();
        let lines: Vec<Vec<BudgetPoint>> = self
            .series
            .iter()
            .map(|series| shown(&series.points, &mut dropped))
            .collect();
        let points: Vec<BudgetPoint> = lines.concat();
        if points.is_empty() {
            return Err(PlotError::NothingToDraw {
                plot: PLOT,
                dropped,
            });
        }
        let baseline = self
            .baseline
            .filter(|&accuracy| dropped.keep_percent(accuracy));

        // The legend has a row for every name, two for the stages, one for the baseline, and gaps.
        let rows = self.names().len() as f64 + 4.5;
        let height = (TOP + rows * ROW + 24.0).max(600.0);
        let mut scene = Scene::new([WIDTH as u32, height.ceil() as u32])?;
        let frame = Frame {
            left: 68.0,
            top: TOP,
            right: WIDTH - self.legend_width(&scene.font),
            bottom: height - 76.0,
            x: Scale::logarithmic(points.iter().map(|point| point.drelu_percent), 2.0),
            y: Scale::percent(points.iter().map(|p| p.accuracy_percent).chain(baseline)),
        };
        let title = scene.font.cut(&self.title, TITLE, WIDTH - 84.0);
        scene.label(&title, [frame.left, 24.0], TITLE, INK, Anchor::Start);
        let y_ticks = labelled(frame.y.ticks(8), |value| plain(value, 1));
        let x_ticks = budget_ticks(&scene, &frame, &points);
        frame.grid(&mut scene, &x_ticks, &y_ticks, TICK);
        let middle = f64::midpoint(frame.left, frame.right);
        scene.label(
            "DReLUs left (% of the unchanged network, logarithmic)",
            [middle, frame.bottom + 40.0],
            AXIS,
            INK,
            Anchor::Middle,
        );
        let upright = [20.0, f64::midpoint(frame.top, frame.bottom)];
        scene.label_upwards("Accuracy (%)", upright, AXIS, INK);

        if let Some(accuracy) = baseline {
            let y = frame.y(accuracy);
            scene.line([[frame.left, y], [frame.right, y]], 1.25, INK);
        }
        let styles = self.styles();
        // Draws `Before` under `After`, and lines under markers.
        for stage in [Stage::Before, Stage::After] {
            for (series, line) in self.series.iter().zip(&lines) {
                if series.stage == stage {
                    let path: Vec<Point> = line
                        .iter()
                        .map(|point| frame.at(point.drelu_percent, point.accuracy_percent))
                        .collect();
                    draw_series(&mut scene, &path, stage, styles[series.name.as_str()]);
                }
            }
        }
        frame.outline(&mut scene);
        self.legend(&mut scene, &frame, baseline);
        if let Some(note) = dropped.note() {
            let at = [frame.left, height - 14.0];
            scene.label(&note, at, NOTE, GREY, Anchor::Start);
        }
        Ok(scene)
    }

    /// The names in order of appearance.
    fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for series in &self.series {
            if !names.contains(&series.name.as_str()) {
                names.push(series.name.as_str());
            }
        }
        names
    }

    fn styles(&self) -> BTreeMap<&str, (Color, Marker)> {
        let names = self.names().into_iter().enumerate();
        names
            .map(|(index, name)| (name, qualitative(index)))
            .collect()
    }

    /// Room for the longest name, within reason.
    fn legend_width(&self, font: &Font) -> f64 {
        let names = self.names().into_iter().map(|name| font.width(name, TICK));
        (names.fold(0.0, f64::max) + KEY + 36.0).clamp(212.0, 330.0)
    }

    /// Draws the legend to the right of the panel, where no data are.
    fn legend(&self, scene: &mut Scene, frame: &Frame, baseline: Option<f64>) {
        let left = frame.right + 18.0;
        let text = left + KEY + 8.0;
        let room = WIDTH - text - 8.0;
        let mut y = frame.top + 8.0;
        let styles = self.styles();
        for name in self.names() {
            let (color, marker) = styles[name];
            scene.line([[left, y], [left + KEY, y]], 2.0, color);
            scene.marker(marker, [left + KEY / 2.0, y], 4.5, color);
            let name = scene.font.shorten(name, TICK, room);
            scene.label(&name, [text, y], TICK, INK, Anchor::Start);
            y += ROW;
        }
        y += ROW / 2.0;
        for (stage, name) in [
            (Stage::After, "after finetuning"),
            (Stage::Before, "before finetuning"),
        ] {
            if self.series.iter().any(|series| series.stage == stage) {
                let path = [[left, y], [left + KEY, y]];
                draw_path(scene, &path, stage, GREY);
                draw_marker(scene, Marker::Disc, [left + KEY / 2.0, y], stage, GREY);
                scene.label(name, [text, y], TICK, INK, Anchor::Start);
                y += ROW;
            }
        }
        if let Some(accuracy) = baseline {
            y += ROW / 2.0;
            scene.line([[left, y], [left + KEY, y]], 1.25, INK);
            let name = format!("unchanged: {} %", plain(accuracy, 2));
            scene.label(&name, [text, y], TICK, INK, Anchor::Start);
        }
    }
}

/// The points that the axes can show, by budget.
fn shown(points: &[BudgetPoint], dropped: &mut Dropped) -> Vec<BudgetPoint> {
    let mut points: Vec<BudgetPoint> = points
        .iter()
        .filter(|point| {
            // Counts one reason per point.
            dropped.keep_positive([point.drelu_percent])
                && dropped.keep_percent(point.accuracy_percent)
        })
        .copied()
        .collect();
    points.sort_by(|a, b| a.drelu_percent.total_cmp(&b.drelu_percent));
    points
}

/// A tick at every measured budget that has room; the smallest and the largest come first.
fn budget_ticks(scene: &Scene, frame: &Frame, points: &[BudgetPoint]) -> Vec<Tick> {
    const GAP: f64 = 8.0;
    let mut budgets: Vec<f64> = points.iter().map(|point| point.drelu_percent).collect();
    budgets.sort_by(f64::total_cmp);
    budgets.dedup();
    let digits = budgets.first().map_or(0, |low| match *low {
        low if low < 0.1 => 3,
        low if low < 1.0 => 2,
        _ => 1,
    });
    budgets.rotate_right(1); // the largest comes first
    let mut taken: Vec<[f64; 2]> = Vec::new();
    let mut ticks = Vec::new();
    for budget in budgets {
        let text = plain(budget, digits);
        let half = f64::midpoint(scene.font.width(&text, TICK), GAP);
        let place = [frame.x(budget) - half, frame.x(budget) + half];
        if taken
            .iter()
            .all(|other| place[1] <= other[0] || other[1] <= place[0])
        {
            taken.push(place);
            ticks.push((budget, Some(text)));
        }
    }
    ticks
}

fn draw_series(scene: &mut Scene, path: &[Point], stage: Stage, style: (Color, Marker)) {
    let (color, marker) = style;
    draw_path(scene, path, stage, color);
    for &at in path {
        draw_marker(scene, marker, at, stage, color);
    }
}

fn draw_path(scene: &mut Scene, path: &[Point], stage: Stage, color: Color) {
    match stage {
        Stage::Before => scene.dashes(path, 1.75, color),
        Stage::After => scene.line(path, 2.25, color),
    }
}

fn draw_marker(scene: &mut Scene, marker: Marker, at: Point, stage: Stage, color: Color) {
    match stage {
        Stage::Before => scene.hollow_marker(marker, at, 4.5, color),
        Stage::After => scene.marker(marker, at, 4.5, color),
    }
}
