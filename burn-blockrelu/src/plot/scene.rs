//! A figure as a list of shapes: what every plot produces, and both file formats are made of.

use super::error::PlotError;
use super::font::Font;

/// A place on the figure in CSS pixels, from the top left corner.
pub(super) type Point = [f64; 2];

/// A colour with its opacity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Color {
    pub(super) rgb: [u8; 3],
    pub(super) alpha: f64,
}

impl Color {
    pub(super) const fn opaque(r: u8, g: u8, b: u8) -> Self {
        Self {
            rgb: [r, g, b],
            alpha: 1.0,
        }
    }

    pub(super) const fn with_alpha(self, alpha: f64) -> Self {
        Self { alpha, ..self }
    }
}

/// Which part of a label is at its point. Vertically it is the middle of the capitals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A line of text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Label {
    pub(super) text: String,
    pub(super) at: Point,
    /// Length of one em.
    pub(super) size: f64,
    pub(super) color: Color,
    pub(super) anchor: Anchor,
    /// Reads from bottom to top.
    pub(super) upwards: bool,
}

/// What is drawn, later shapes over earlier ones.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    Line {
        points: Vec<Point>,
        width: f64,
        color: Color,
    },
    /// A filled polygon.
    Area {
        corners: Vec<Point>,
        color: Color,
    },
    Disc {
        center: Point,
        radius: f64,
        color: Color,
    },
    Label(Label),
}

/// The shape that marks a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    Disc,
    Square,
    Diamond,
    Triangle,
}

/// A figure on white.
pub(super) struct Scene {
    pub(super) size: [u32; 2],
    pub(super) shapes: Vec<Shape>,
    pub(super) font: Font,
}

pub(super) const WHITE: Color = Color::opaque(255, 255, 255);

impl Scene {
    /// An empty figure of `[width, height]` CSS pixels.
    pub(super) fn new(size: [u32; 2]) -> Result<Self, PlotError> {
        let mut scene = Self {
            size,
            shapes: Vec::new(),
            font: Font::load()?,
        };
        let [width, height] = size.map(f64::from);
        scene.rectangle([0.0, 0.0], [width, height], WHITE);
        Ok(scene)
    }

    pub(super) fn line(&mut self, points: impl Into<Vec<Point>>, width: f64, color: Color) {
        self.shapes.push(Shape::Line {
            points: points.into(),
            width,
            color,
        });
    }

    /// Dashes of 6 pixels, gaps of 4, continued around corners.
    pub(super) fn dashes(&mut self, points: &[Point], width: f64, color: Color) {
        for dash in dashes(points, 6.0, 4.0) {
            self.line(dash, width, color);
        }
    }

    pub(super) fn area(&mut self, corners: impl Into<Vec<Point>>, color: Color) {
        self.shapes.push(Shape::Area {
            corners: corners.into(),
            color,
        });
    }

    pub(super) fn rectangle(&mut self, [left, top]: Point, [right, bottom]: Point, color: Color) {
        self.area(
            [[left, top], [right, top], [right, bottom], [left, bottom]],
            color,
        );
    }

    pub(super) fn disc(&mut self, center: Point, radius: f64, color: Color) {
        self.shapes.push(Shape::Disc {
            center,
            radius,
            color,
        });
    }

    /// A filled marker about as wide as a disc of `radius`.
    pub(super) fn marker(&mut self, marker: Marker, [x, y]: Point, radius: f64, color: Color) {
        let r = radius;
        match marker {
            Marker::Disc => self.disc([x, y], r, color),
            Marker::Square => {
                let r = 0.9 * r;
                self.rectangle([x - r, y - r], [x + r, y + r], color);
            }
            Marker::Diamond => {
                let r = 1.25 * r;
                self.area([[x, y - r], [x + r, y], [x, y + r], [x - r, y]], color);
            }
            Marker::Triangle => {
                let (up, side, down) = (1.3 * r, 1.15 * r, 0.8 * r);
                self.area(
                    [[x, y - up], [x + side, y + down], [x - side, y + down]],
                    color,
                );
            }
        }
    }

    /// A marker with a white middle.
    pub(super) fn hollow_marker(&mut self, marker: Marker, at: Point, radius: f64, color: Color) {
        self.marker(marker, at, radius, color);
        self.marker(marker, at, 0.55 * radius, WHITE);
    }

    pub(super) fn label(&mut self, text: &str, at: Point, size: f64, color: Color, anchor: Anchor) {
        self.push_label(text, at, size, color, anchor, false);
    }

    /// A centred label that reads from bottom to top.
    pub(super) fn label_upwards(&mut self, text: &str, at: Point, size: f64, color: Color) {
        self.push_label(text, at, size, color, Anchor::Middle, true);
    }

    fn push_label(
        &mut self,
        text: &str,
        at: Point,
        size: f64,
        color: Color,
        anchor: Anchor,
        upwards: bool,
    ) {
        // XML does not allow control characters, and a line of text has no use for them.
        let text = text
            .chars()
            .map(|c| {
                let unprintable = c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}');
                if unprintable { '\u{FFFD}' } else { c }
            })
            .collect();
        self.shapes.push(Shape::Label(Label {
            text,
            at,
            size,
            color,
            anchor,
            upwards,
        }));
    }
}

/// Cuts a path into dashes.
fn dashes(points: &[Point], dash: f64, gap: f64) -> Vec<Vec<Point>> {
    let mut found = Vec::new();
    let mut current: Vec<Point> = points.first().copied().into_iter().collect();
    let (mut drawing, mut left) = (true, dash);
    for pair in points.windows(2) {
        let ([x0, y0], [x1, y1]) = (pair[0], pair[1]);
        let length = (x1 - x0).hypot(y1 - y0);
        let mut done = 0.0;
        while length - done > left {
            done += left;
            let t = done / length;
            let here = [x0 + t * (x1 - x0), y0 + t * (y1 - y0)];
            if drawing {
                current.push(here);
                found.push(std::mem::take(&mut current));
            } else {
                current = vec![here];
            }
            drawing = !drawing;
            left = if drawing { dash } else { gap };
        }
        left -= length - done;
        if drawing {
            current.push([x1, y1]);
        }
    }
    if drawing && current.len() > 1 {
        found.push(current);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::dashes;

    #[test]
    fn dashes_go_around_corners_and_end_with_the_path() {
        let path = [[0.0, 0.0], [8.0, 0.0], [8.0, 10.0]];
        let expected: Vec<Vec<[f64; 2]>> =
            vec![vec![[0.0, 0.0], [6.0, 0.0]], vec![[8.0, 2.0], [8.0, 8.0]]];
        assert_eq!(dashes(&path, 6.0, 4.0), expected);
        assert!(dashes(&[], 6.0, 4.0).is_empty());
        assert!(dashes(&[[1.0, 1.0]], 6.0, 4.0).is_empty());
    }
}
