//! A window of a scaled image, without scaling the rest of it.
//!
//! The filter is that of `image::imageops::resize` with `FilterType::Triangle`: rows first, then columns, in `f32`
//! and in the same order, so that a window equals the same window of the whole scaled image to the bit.

use std::ops::Range;

use image::{DynamicImage, Rgb};

/// The window along one axis.
pub(crate) struct Window {
    /// Length of the whole axis after scaling; at least 1.
    pub scaled: usize,
    /// The scaled pixels in the window.
    pub range: Range<usize>,
}

/// The source pixels that make one pixel, and the weight of each; the weights add up to 1.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

impl Taps {
    fn end(&self) -> usize {
        self.first + self.weights.len()
    }
}

/// The pixels of a window of the scaled image, row-major, as red, green and blue.
pub(crate) fn window(image: &DynamicImage, rows: &Window, columns: &Window) -> Vec<[u8; 3]> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    if width == 0 || height == 0 {
        return vec![[0; 3]; rows.range.len() * columns.range.len()];
    }
    let (row_taps, column_taps) = (taps(height, rows), taps(width, columns));
    let (top, bottom) = extent(&row_taps);
    let (left, right) = extent(&column_taps);
    // Copies and converts only the source pixels of the window.
    let source = image
        .crop_imm(
            left as u32,
            top as u32,
            (right - left) as u32,
            (bottom - top) as u32,
        )
        .into_rgb8();
    let mut pixels = Vec::with_capacity(row_taps.len() * column_taps.len());
    for row in &row_taps {
        let line: Vec<[f32; 3]> = (0..right - left)
            .map(|x| {
                let pixel = |y: usize| {
                    let Rgb(values) = source.get_pixel(x as u32, (y - top) as u32);
                    values.map(f32::from)
                };
                weighted(row, pixel)
            })
            .collect();
        pixels.extend(column_taps.iter().map(|column| {
            let sums = weighted(column, |x| line[x - left]);
            sums.map(|sum| sum.clamp(0.0, 255.0).round() as u8)
        }));
    }
    pixels
}

fn weighted(taps: &Taps, pixel: impl Fn(usize) -> [f32; 3]) -> [f32; 3] {
    let mut sums = [0.0; 3];
    for (i, weight) in taps.weights.iter().enumerate() {
        let values = pixel(taps.first + i);
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += value * weight;
        }
    }
    sums
}

/// The first source pixel that any of the taps needs, and the one after the last.
fn extent(taps: &[Taps]) -> (usize, usize) {
    let first = taps.iter().map(|taps| taps.first).min().unwrap_or(0);
    let end = taps.iter().map(Taps::end).max().unwrap_or(0);
    (first, end)
}

/// For each wanted pixel the triangle around its centre, as wide as a scaled pixel or a source pixel, whichever is
/// wider.
fn taps(length: usize, window: &Window) -> Vec<Taps> {
    let ratio = length as f32 / window.scaled as f32;
    let reach = ratio.max(1.0);
    window
        .range
        .clone()
        .map(|pixel| {
            let centre = (pixel as f32 + 0.5) * ratio;
            let first = ((centre - reach).floor() as i64).clamp(0, length as i64 - 1);
            let end =
                ((centre + reach).ceil() as i64).clamp(first + 1, (length as i64).max(first + 1));
            let centre = centre - 0.5;
            let mut weights: Vec<f32> = (first..end)
                .map(|source| {
                    let distance = ((source as f32 - centre) / reach).abs();
                    if distance < 1.0 { 1.0 - distance } else { 0.0 }
                })
                .collect();
            let mut sum = 0.0;
            for weight in &weights {
                sum += weight;
            }
            for weight in &mut weights {
                *weight /= sum;
            }
            Taps {
                first: first as usize,
                weights,
            }
        })
        .collect()
}
