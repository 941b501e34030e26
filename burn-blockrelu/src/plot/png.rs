//! A scene as PNG, two pixels to a CSS pixel.

use std::fmt::Display;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use plotters::prelude::{BitMapBackend, Color as _, DrawingBackend, RGBAColor};

use super::error::PlotError;
use super::font::{CAPITAL_HEIGHT, Font};
use super::scene::{Anchor, Color, Label, Point, Scene, Shape};

/// Pixels of the picture per CSS pixel.
pub(super) const SCALE: usize = 2;

/// Drawn pixels per pixel of the picture in each direction; averaging them smooths edges.
const OVERSAMPLING: usize = 2;

/// Drawn pixels per CSS pixel.
const UNITS: f64 = (SCALE * OVERSAMPLING) as f64;

/// The scene as the bytes of a PNG file.
pub(super) fn png(scene: &Scene) -> Result<Vec<u8>, PlotError> {
    let [width, height] = scene.size.map(|side| side as usize * SCALE);
    let fine = [width * OVERSAMPLING, height * OVERSAMPLING];
    let mut drawn = vec![255; 3 * fine[0] * fine[1]];
    {
        let size = (fine[0] as u32, fine[1] as u32);
        let mut canvas = Canvas(BitMapBackend::with_buffer(&mut drawn, size));
        for shape in &scene.shapes {
            canvas.draw(shape, &scene.font)?;
        }
        canvas.0.present().map_err(refused)?;
    }
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::NoFilter)
        .write_image(
            &shrink(&drawn, [width, height]),
            width as u32,
            height as u32,
            ExtendedColorType::Rgb8,
        )?;
    Ok(bytes)
}

/// Averages squares of pixels.
fn shrink(fine: &[u8], [width, height]: [usize; 2]) -> Vec<u8> {
    const AREA: usize = OVERSAMPLING * OVERSAMPLING;
    let row = width * OVERSAMPLING * 3;
    let mut small = Vec::with_capacity(3 * width * height);
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let mut sum = 0;
                for dy in 0..OVERSAMPLING {
                    for dx in 0..OVERSAMPLING {
                        let (y, x) = (y * OVERSAMPLING + dy, x * OVERSAMPLING + dx);
                        sum += usize::from(fine[y * row + 3 * x + channel]);
                    }
                }
                small.push(((sum + AREA / 2) / AREA) as u8);
            }
        }
    }
    small
}

struct Canvas<'a>(BitMapBackend<'a>);

impl Canvas<'_> {
    fn draw(&mut self, shape: &Shape, font: &Font) -> Result<(), PlotError> {
        match shape {
            Shape::Line {
                points,
                width,
                color,
            } => self.line(points, *width, *color),
            Shape::Area { corners, color } => self.area(corners, *color),
            Shape::Disc {
                center,
                radius,
                color,
            } => self.disc(*center, *radius, *color),
            Shape::Label(label) => self.label(label, font),
        }
    }

    fn area(&mut self, corners: &[Point], color: Color) -> Result<(), PlotError> {
        let corners = corners.iter().map(|&corner| pixel(corner));
        self.0.fill_polygon(corners, &rgba(color)).map_err(refused)
    }

    fn disc(&mut self, center: Point, radius: f64, color: Color) -> Result<(), PlotError> {
        let radius = (radius * UNITS).round() as u32;
        self.0
            .draw_circle(pixel(center), radius, &rgba(color), true)
            .map_err(refused)
    }

    /// Draws a rectangle for every segment and a disc at every bend, so that a sharp bend has no long mitre. Lines are
    /// opaque, so overlaps do not show.
    fn line(&mut self, points: &[Point], width: f64, color: Color) -> Result<(), PlotError> {
        for piece in points.windows(2) {
            let ([x0, y0], [x1, y1]) = (piece[0], piece[1]);
            let length = (x1 - x0).hypot(y1 - y0);
            if length > 0.0 {
                let across = [
                    (y0 - y1) / length * width / 2.0,
                    (x1 - x0) / length * width / 2.0,
                ];
                let [dx, dy] = across;
                let corners = [
                    [x0 + dx, y0 + dy],
                    [x1 + dx, y1 + dy],
                    [x1 - dx, y1 - dy],
                    [x0 - dx, y0 - dy],
                ];
                self.area(&corners, color)?;
            }
        }
        for bend in points.windows(3) {
            self.disc(bend[1], width / 2.0, color)?;
        }
        Ok(())
    }

    fn label(&mut self, label: &Label, font: &Font) -> Result<(), PlotError> {
        let size = label.size * UNITS;
        let width = font.width(&label.text, size);
        let start = match label.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -width / 2.0,
            Anchor::End => -width,
        };
        // From the point to the start of the baseline, along and across the reading direction.
        let along = start.round() as i32;
        let across = (CAPITAL_HEIGHT / 2.0 * size).round() as i32;
        let (x, y) = pixel(label.at);
        let mut result = Ok(());
        font.draw(&label.text, size, |dx, dy, coverage| {
            let (dx, dy) = (dx + along, dy + across);
            let at = if label.upwards {
                (x + dy, y - dx)
            } else {
                (x + dx, y + dy)
            };
            let color = label.color;
            let color = color.with_alpha(color.alpha * f64::from(coverage.min(1.0)));
            if result.is_ok() && color.alpha > 0.0 {
                result = self
                    .0
                    .draw_pixel(at, rgba(color).to_backend_color())
                    .map_err(refused);
            }
        });
        result
    }
}

fn pixel([x, y]: Point) -> (i32, i32) {
    ((x * UNITS).round() as i32, (y * UNITS).round() as i32)
}

fn rgba(color: Color) -> RGBAColor {
    let [r, g, b] = color.rgb;
    RGBAColor(r, g, b, color.alpha)
}

fn refused(error: impl Display) -> PlotError {
    PlotError::Draw(error.to_string())
}
