//! A scene as SVG. Text stays text.

use std::fmt::Display;

use plotters::prelude::{
    Color as _, DrawingBackend, FontDesc, FontFamily, FontStyle, FontTransform, RGBAColor,
    SVGBackend, ShapeStyle, TextStyle,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::error::PlotError;
use super::font::{CAPITAL_HEIGHT, FAMILY, X_HEIGHT};
use super::scene::{Anchor, Color, Label, Point, Scene, Shape};

/// Units per CSS pixel, since the backend's coordinates are integers.
const UNITS: f64 = 8.0;

/// The backend divides a size by this before it writes `font-size`.
const SIZE_FACTOR: f64 = 1.24;

/// The scene as the text of an SVG file.
pub(super) fn svg(scene: &Scene) -> Result<String, PlotError> {
    let [width, height] = scene.size;
    let units = (width * UNITS as u32, height * UNITS as u32);
    let mut text = String::new();
    {
        let mut backend = SVGBackend::with_string(&mut text, units);
        for shape in &scene.shapes {
            draw(&mut backend, shape)?;
        }
        backend.present().map_err(refused)?;
    }
    // The coordinates (`viewBox`) stay fine; the figure gets its size in CSS pixels.
    let fine = format!("width=\"{}\" height=\"{}\"", units.0, units.1);
    let size = format!("width=\"{width}\" height=\"{height}\"");
    Ok(text.replacen(&fine, &size, 1))
}

fn draw(backend: &mut SVGBackend<'_>, shape: &Shape) -> Result<(), PlotError> {
    let units = |points: &[Point]| -> Vec<(i32, i32)> { points.iter().map(|&p| unit(p)).collect() };
    match shape {
        Shape::Line {
            points,
            width,
            color,
        } => {
            let stroke = ShapeStyle {
                color: rgba(*color),
                filled: false,
                stroke_width: length(*width),
            };
            backend.draw_path(units(points), &stroke)
        }
        Shape::Area { corners, color } => backend.fill_polygon(units(corners), &rgba(*color)),
        Shape::Disc {
            center,
            radius,
            color,
        } => backend.draw_circle(unit(*center), length(*radius), &rgba(*color), true),
        Shape::Label(label) => {
            let (style, at) = (text_style(label), unit(middle(label)));
            backend.draw_text(&label.text, &style, at)
        }
    }
    .map_err(refused)
}

/// The middle of the letter x, which is what the backend positions.
fn middle(label: &Label) -> Point {
    let [x, y] = label.at;
    let shift = (CAPITAL_HEIGHT - X_HEIGHT) / 2.0 * label.size;
    if label.upwards {
        [x + shift, y]
    } else {
        [x, y + shift]
    }
}

fn text_style(label: &Label) -> TextStyle<'static> {
    let horizontal = match label.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let transform = if label.upwards {
        FontTransform::Rotate270
    } else {
        FontTransform::None
    };
    let size = label.size * UNITS * SIZE_FACTOR;
    let font = FontDesc::new(FontFamily::Name(FAMILY), size, FontStyle::Normal);
    let mut style =
        TextStyle::from(font.transform(transform)).pos(Pos::new(horizontal, VPos::Center));
    style.color = rgba(label.color).to_backend_color();
    style
}

fn unit([x, y]: Point) -> (i32, i32) {
    ((x * UNITS).round() as i32, (y * UNITS).round() as i32)
}

fn length(length: f64) -> u32 {
    (length * UNITS).round().max(1.0) as u32
}

fn rgba(color: Color) -> RGBAColor {
    let [r, g, b] = color.rgb;
    RGBAColor(r, g, b, color.alpha)
}

fn refused(error: impl Display) -> PlotError {
    PlotError::Draw(error.to_string())
}
