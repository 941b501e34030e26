//! Heat map of a plan: the block sizes of every layer's channels.

use std::path::{Path, PathBuf};

use burn_blockrelu_core::Block;
use serde::{Deserialize, Serialize};

use super::error::{PlotError, check_layers};
use super::file;
use super::frame::{AXIS, NOTE, TICK, TITLE};
use super::number::{grouped, plain};
use super::palette::{GREY, INK, ink_on, viridis};
use super::scene::{Anchor, Color, Scene};

const PLOT: &str = "block heat map";
const WIDTH: f64 = 900.0;
const TOP: f64 = 104.0;
/// Height of a line of the columns' headings.
const HEADING: f64 = 15.0;
/// Height of the two notes under the matrix.
const UNDER: f64 = 56.0;
/// Width right of the matrix: channels, DReLUs left, colour bar.
const ASIDE: f64 = 214.0;

/// A matrix of layers (rows, the first on top) and classes of block area (columns). A cell gives the share of the
/// layer's channels with a block of that area, in percent and by its colour. Beside every row are the number of
/// channels and the share of the layer's DReLUs that is left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockHeatMap {
    /// Heading of the figure.
    pub title: String,
    /// The layers, in the order of the network.
    pub layers: Vec<LayerBlocks>,
}

/// The blocks of one layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerBlocks {
    /// Path of the layer.
    pub name: String,
    /// Height and width of the layer's map, in pixels.
    pub map: [usize; 2],
    /// The block of every channel.
    pub blocks: Vec<Block>,
}

/// A column of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// `UpTo(n)`: areas above `2^(n-1)` and up to `2^n` pixels.
    UpTo(u32),
    /// Areas above the last [`Class::UpTo`].
    Larger,
    Identity,
    Zero,
}

/// Colours of the shares from 0 to `most`: darker is more, and 0 is nearly white.
#[derive(Clone, Copy, Debug)]
struct Colors {
    most: f64,
}

impl Colors {
    /// Colours up to the largest of `shares`, rounded up to a fifth.
    fn up_to(shares: impl Iterator<Item = f64>) -> Self {
        let fifths = (5.0 * shares.fold(0.0, f64::max)).ceil().max(1.0);
        Self { most: fifths / 5.0 }
    }

    fn of(self, share: f64) -> Color {
        if share > 0.0 {
            viridis(1.0 - share / self.most)
        } else {
            Color::opaque(244, 244, 244)
        }
    }

    fn bar(self, scene: &mut Scene, left: f64, [top, bottom]: [f64; 2]) {
        const STEPS: usize = 64;
        let bottom = bottom.min(top + 420.0);
        let at = |part: f64| bottom - part * (bottom - top);
        for step in (0..STEPS).rev() {
            let part = (step + 1) as f64 / STEPS as f64;
            // Each step reaches down to the end, under the later steps, so that no seam shows.
            let color = self.of(self.most * (part - 0.5 / STEPS as f64));
            scene.rectangle([left, at(part)], [left + 12.0, bottom], color);
        }
        for part in [0.0, 0.5, 1.0] {
            let text = plain(100.0 * part * self.most, 0);
            scene.label(&text, [left + 16.0, at(part)], NOTE, INK, Anchor::Start);
        }
        scene.label("%", [left + 6.0, top - 14.0], NOTE, GREY, Anchor::Middle);
    }
}

/// Areas above `2^12` share one column.
const LAST_POWER: u32 = 12;

impl Class {
    /// The class of `block`, cut to the map.
    fn of(block: Block, [rows, columns]: [usize; 2]) -> Self {
        match block {
            Block::Patch { height, width } => {
                let height = (height as usize).min(rows.max(1));
                let area = height.saturating_mul((width as usize).min(columns.max(1)));
                let power = (area - 1).checked_ilog2().map_or(0, |log| log + 1);
                if power > LAST_POWER {
                    Self::Larger
                } else {
                    Self::UpTo(power)
                }
            }
            Block::Identity => Self::Identity,
            Block::Zero => Self::Zero,
        }
    }

    fn name(self) -> String {
        match self {
            Self::UpTo(power @ 0..=1) => (1 << power).to_string(),
            Self::UpTo(power) => format!("{}–{}", (1 << (power - 1)) + 1, 1 << power),
            Self::Larger => format!(">{}", 1 << LAST_POWER),
            Self::Identity => "id".to_owned(),
            Self::Zero => "zero".to_owned(),
        }
    }
}

impl LayerBlocks {
    fn classes(&self) -> impl Iterator<Item = Class> {
        self.blocks.iter().map(|&block| Class::of(block, self.map))
    }

    fn share(&self, class: Class) -> f64 {
        let count = self.classes().filter(|&other| other == class).count();
        count as f64 / self.blocks.len() as f64
    }

    /// DReLUs of the blocks, as a share of one per pixel.
    fn drelus_left(&self) -> f64 {
        let all = self.map[0] * self.map[1] * self.blocks.len();
        let left: usize = self.blocks.iter().map(|block| block.drelus(self.map)).sum();
        left as f64 / all as f64
    }
}

impl BlockHeatMap {
    /// Writes `STEM.svg` and `STEM.png`, each whole or not at all, making folders where they are missing;
    /// returns these paths. Layers without channels are left out and counted in a note.
    ///
    /// # Errors
    /// If there are no layers, too many, or none with channels; if a file cannot be written.
    pub fn write(&self, stem: &Path) -> Result<[PathBuf; 2], PlotError> {
        file::write(&self.scene()?, stem)
    }

    pub(super) fn scene(&self) -> Result<Scene, PlotError> {
        check_layers(PLOT, self.layers.len())?;
        let layers: Vec<&LayerBlocks> = self
            .layers
            .iter()
            .filter(|layer| !layer.blocks.is_empty())
            .collect();
        if layers.is_empty() {
            return Err(PlotError::Empty {
                plot: PLOT,
                what: "channels",
            });
        }
        let classes = columns(&layers);
        let colors = Colors::up_to(
            classes
                .iter()
                .flat_map(|&class| layers.iter().map(move |layer| layer.share(class))),
        );
        let row = (444.0 / layers.len() as f64).clamp(18.0, 44.0);
        let bottom = TOP + row * layers.len() as f64;
        let size = [WIDTH as u32, (bottom + UNDER).ceil() as u32];
        let mut scene = Scene::new(size)?;

        let names = layers
            .iter()
            .map(|layer| scene.font.width(&layer.name, TICK));
        let left = names.fold(60.0, f64::max).min(230.0) + 22.0;
        let right = WIDTH - ASIDE;
        let column = (right - left) / classes.len() as f64;
        let title = scene.font.cut(&self.title, TITLE, WIDTH - 32.0);
        scene.label(&title, [16.0, 24.0], TITLE, INK, Anchor::Start);
        for (index, class) in classes.iter().enumerate() {
            let x = left + (index as f64 + 0.5) * column;
            heading(&mut scene, &class.name(), x, column);
        }
        let axis = [f64::midpoint(left, right), TOP - 50.0];
        scene.label("Block area (pixels)", axis, AXIS, INK, Anchor::Middle);
        for (text, x) in [("channels", right + 60.0), ("DReLUs left", right + 146.0)] {
            scene.label(text, [x, TOP - 14.0], NOTE, GREY, Anchor::End);
        }
        for (index, layer) in layers.iter().enumerate() {
            let top = TOP + index as f64 * row;
            let y = top + row / 2.0;
            let name = scene.font.shorten(&layer.name, TICK, left - 20.0);
            scene.label(&name, [left - 8.0, y], TICK, INK, Anchor::End);
            for (index, &class) in classes.iter().enumerate() {
                let x = left + index as f64 * column;
                cell(
                    &mut scene,
                    [x, top],
                    [column, row],
                    layer.share(class),
                    colors,
                );
            }
            let channels = grouped(layer.blocks.len());
            scene.label(&channels, [right + 60.0, y], TICK, INK, Anchor::End);
            let left_percent = 100.0 * layer.drelus_left();
            if left_percent.is_finite() {
                let text = format!("{left_percent:.1} %");
                scene.label(&text, [right + 146.0, y], TICK, INK, Anchor::End);
            }
        }
        colors.bar(&mut scene, WIDTH - 44.0, [TOP, bottom]);
        self.notes(&mut scene, &layers, [left, bottom]);
        Ok(scene)
    }

    fn notes(&self, scene: &mut Scene, layers: &[&LayerBlocks], [left, bottom]: [f64; 2]) {
        let text =
            "Cells: share of the layer's channels in %. id: passes unchanged, without a sign.";
        scene.label(text, [left, bottom + 20.0], NOTE, GREY, Anchor::Start);
        let empty = self.layers.len() - layers.len();
        if empty > 0 {
            let text = format!("Not drawn: layers without channels: {empty}.");
            scene.label(&text, [left, bottom + 38.0], NOTE, GREY, Anchor::Start);
        }
    }
}

/// Draws a heading, in two lines broken after the dash if it is too wide.
fn heading(scene: &mut Scene, name: &str, x: f64, width: f64) {
    let wide = scene.font.width(name, TICK) > width - 6.0;
    let lines = match name.split_once('–').filter(|_| wide) {
        Some((low, high)) => vec![high.to_owned(), format!("{low}–")],
        None => vec![name.to_owned()],
    };
    for (index, line) in lines.iter().enumerate() {
        let at = [x, TOP - 14.0 - index as f64 * HEADING];
        scene.label(line, at, TICK, INK, Anchor::Middle);
    }
}

/// The columns: area 1 to the largest class that occurs, the identity, and zero if it occurs.
fn columns(layers: &[&LayerBlocks]) -> Vec<Class> {
    let classes: Vec<Class> = layers.iter().flat_map(|layer| layer.classes()).collect();
    let power = classes.iter().map(|class| match class {
        Class::UpTo(power) => *power,
        Class::Larger => LAST_POWER,
        Class::Identity | Class::Zero => 0,
    });
    let mut columns: Vec<Class> = (0..=power.max().unwrap_or(0)).map(Class::UpTo).collect();
    for class in [Class::Larger, Class::Identity, Class::Zero] {
        if class == Class::Identity || classes.contains(&class) {
            columns.push(class);
        }
    }
    columns
}

fn cell(
    scene: &mut Scene,
    [x, y]: [f64; 2],
    [width, height]: [f64; 2],
    share: f64,
    colors: Colors,
) {
    let color = colors.of(share);
    scene.rectangle(
        [x + 0.5, y + 0.5],
        [x + width - 0.5, y + height - 0.5],
        color,
    );
    if share > 0.0 {
        let percent = 100.0 * share;
        let text = if percent < 0.5 {
            "<1".to_owned()
        } else {
            plain(percent, 0)
        };
        let at = [x + width / 2.0, y + height / 2.0];
        scene.label(&text, at, TICK, ink_on(color), Anchor::Middle);
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, Class};

    #[test]
    fn classes_double_and_count_the_map_only() {
        let class = |h, w| Class::of(Block::patch(h, w).unwrap(), [8, 8]).name();
        for (h, w, name) in [
            (1, 1, "1"),
            (1, 2, "2"),
            (1, 3, "3–4"),
            (2, 2, "3–4"),
            (1, 5, "5–8"),
            (2, 4, "5–8"),
            (3, 3, "9–16"),
            (8, 8, "33–64"),
            (16, 16, "33–64"),
        ] {
            assert_eq!(class(h, w), name, "{h}x{w}");
        }
        let large = Block::patch(u32::MAX, u32::MAX).unwrap();
        assert_eq!(Class::of(large, [usize::MAX; 2]), Class::Larger);
        assert_eq!(Class::of(large, [0, 5]).name(), "5–8");
        assert_eq!(Class::of(Block::Identity, [8, 8]).name(), "id");
    }
}
