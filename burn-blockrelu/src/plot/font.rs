//! The embedded font: widths of texts, and their outlines as coverage.

use ab_glyph::{Font as _, FontRef, InvalidFont, PxScale, ScaleFont as _, point};

/// `DejaVu Sans`, cut to ASCII, Latin-1 and a few symbols; licence beside it. Made by `assets/make-font`.
const BYTES: &[u8] = include_bytes!("../../assets/DejaVuSans-subset.ttf");

/// Font families that the SVG names: the same design first, then one of nearly the same widths.
pub(super) const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// Height of capitals and digits, in ems.
pub(super) const CAPITAL_HEIGHT: f64 = 0.729;

/// Height of the letter x, in ems.
pub(super) const X_HEIGHT: f64 = 0.547;

/// The font of all labels.
pub(super) struct Font(FontRef<'static>);

impl Font {
    pub(super) fn load() -> Result<Self, InvalidFont> {
        FontRef::try_from_slice(BYTES).map(Self)
    }

    /// The scale at which one em measures `size`.
    fn scale(&self, size: f64) -> PxScale {
        let units_per_em = self.0.units_per_em().unwrap_or(2048.0);
        PxScale::from(size as f32 * self.0.height_unscaled() / units_per_em)
    }

    /// Width of `text`, in the unit of `size`, the length of one em.
    pub(super) fn width(&self, text: &str, size: f64) -> f64 {
        let font = self.0.as_scaled(self.scale(size));
        let advances = text.chars().map(|c| font.h_advance(font.glyph_id(c)));
        f64::from(advances.sum::<f32>())
    }

    /// `text` if it fits into `width`, else an ellipsis and its end: the end of a layer's path says most.
    pub(super) fn shorten(&self, text: &str, size: f64, width: f64) -> String {
        if self.width(text, size) <= width {
            return text.to_owned();
        }
        text.char_indices()
            .map(|(start, _)| format!("…{}", &text[start..]))
            .find(|short| self.width(short, size) <= width)
            .unwrap_or_else(|| "…".to_owned())
    }

    /// `text` if it fits into `width`, else its beginning and an ellipsis.
    pub(super) fn cut(&self, text: &str, size: f64, width: f64) -> String {
        if self.width(text, size) <= width {
            return text.to_owned();
        }
        let ends = text.char_indices().rev();
        ends.map(|(end, _)| format!("{}…", text[..end].trim_end()))
            .find(|short| self.width(short, size) <= width)
            .unwrap_or_else(|| "…".to_owned())
    }

    /// Calls `pixel(x, y, coverage)` for every pixel that `text` touches, relative to the start of its
    /// baseline.
    pub(super) fn draw(&self, text: &str, size: f64, mut pixel: impl FnMut(i32, i32, f32)) {
        let scale = self.scale(size);
        let font = self.0.as_scaled(scale);
        let mut x = 0.0;
        for c in text.chars() {
            let id = font.glyph_id(c);
            let glyph = id.with_scale_and_position(scale, point(x, 0.0));
            if let Some(outline) = font.outline_glyph(glyph) {
                let corner = outline.px_bounds().min;
                outline.draw(|dx, dy, coverage| {
                    pixel(
                        corner.x as i32 + dx as i32,
                        corner.y as i32 + dy as i32,
                        coverage,
                    );
                });
            }
            x += font.h_advance(id);
        }
    }
}
