//! The axes of a panel.

use super::palette::{FAINT, INK};
use super::scale::Scale;
use super::scene::{Anchor, Point, Scene};

/// Sizes of text, in CSS pixels.
pub(super) const TITLE: f64 = 17.0;
pub(super) const AXIS: f64 = 14.0;
pub(super) const TICK: f64 = 12.5;
pub(super) const NOTE: f64 = 11.0;

/// A rectangle of the figure with a scale on either side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
    pub(super) x: Scale,
    pub(super) y: Scale,
}

/// A value with a grid line, and its text if it has one.
pub(super) type Tick = (f64, Option<String>);

impl Frame {
    pub(super) fn x(&self, value: f64) -> f64 {
        self.left + self.x.share(value) * (self.right - self.left)
    }

    pub(super) fn y(&self, value: f64) -> f64 {
        self.bottom - self.y.share(value) * (self.bottom - self.top)
    }

    pub(super) fn at(&self, x: f64, y: f64) -> Point {
        [self.x(x), self.y(y)]
    }

    /// Draws grid lines and tick labels. [`Self::outline`] draws the panel's edge, over the data.
    pub(super) fn grid(&self, scene: &mut Scene, x: &[Tick], y: &[Tick], size: f64) {
        for (value, text) in x {
            let x = self.x(*value);
            scene.line([[x, self.top], [x, self.bottom]], 1.0, FAINT);
            if let Some(text) = text {
                scene.line([[x, self.bottom], [x, self.bottom + 4.0]], 1.0, INK);
                let at = [x, self.bottom + 6.0 + 0.7 * size];
                scene.label(text, at, size, INK, Anchor::Middle);
            }
        }
        for (value, text) in y {
            let y = self.y(*value);
            scene.line([[self.left, y], [self.right, y]], 1.0, FAINT);
            if let Some(text) = text {
                scene.line([[self.left - 4.0, y], [self.left, y]], 1.0, INK);
                scene.label(text, [self.left - 8.0, y], size, INK, Anchor::End);
            }
        }
    }

    pub(super) fn outline(&self, scene: &mut Scene) {
        let (left, top, right, bottom) = (self.left, self.top, self.right, self.bottom);
        scene.line(
            [
                [left, top],
                [right, top],
                [right, bottom],
                [left, bottom],
                [left, top],
            ],
            1.0,
            INK,
        );
    }
}

/// Ticks with texts.
pub(super) fn labelled(values: Vec<f64>, text: impl Fn(f64) -> String) -> Vec<Tick> {
    values
        .into_iter()
        .map(|value| (value, Some(text(value))))
        .collect()
}
