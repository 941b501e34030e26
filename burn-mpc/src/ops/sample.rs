//! Sampling images between their pixels, at public places or at secret ones.
//!
//! A sample is a sum of pixels times `hat(row - y) hat(column - x)`, where `hat(t) = max(0, 1 - |t|)`: what lies outside
//! the image counts as zero. At public places that is a public linear map. At secret places the hats are computed for
//! all rows and columns, so that nothing shows which pixels are taken.

use crate::fixed::{Fixed, constant};
use crate::ops::base::call::{Call, device_of};
use crate::ops::base::force;
use crate::ops::base::operand::secret;
use crate::ops::base::sums::Summands;
use crate::ops::movement::{self, Span};
use crate::ops::{activation, arith, compare, convert, linear, reduce};
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Kind, Operand, PublicTensor, SecretTensor};

/// The four pixels around a place, `None` outside the image, and their weights.
fn corners(row: f64, column: f64, [height, width]: [usize; 2]) -> [(Option<usize>, f64); 4] {
    let (top, left) = (row.floor(), column.floor());
    let (below, beside) = (row - top, column - left);
    let inside = |at: f64, size: usize| (at >= 0.0 && at < size as f64).then_some(at as usize);
    let pixel = |row: f64, column: f64| {
        let row = inside(row, height)?;
        Some(row * width + inside(column, width)?)
    };
    [
        (pixel(top, left), (1.0 - below) * (1.0 - beside)),
        (pixel(top, left + 1.0), (1.0 - below) * beside),
        (pixel(top + 1.0, left), below * (1.0 - beside)),
        (pixel(top + 1.0, left + 1.0), below * beside),
    ]
}

/// Samples of images `[batch, channels, height, width]` at the places `[batch, samples]`, counted in pixels from the
/// first: `[batch, channels, samples]`. At public places local but for a truncation of the images.
pub fn sample<R: Ring>(images: Operand<R>, rows: Operand<R>, columns: Operand<R>) -> Operand<R> {
    let &[batch, channels, height, width] = images.shape() else {
        return images;
    };
    let samples = rows.shape().last().copied().unwrap_or(0);
    let sizes = [batch, channels, height, width, samples];
    match (images, rows, columns) {
        (Operand::Public(images), Operand::Public(rows), Operand::Public(columns)) => {
            let weights = Weights::of(&rows, &columns, sizes);
            Operand::Public(PublicTensor {
                shape: vec![batch, channels, samples],
                values: weights.apply(&images.values, &weights.values, |sum, pixel, weight| {
                    sum + pixel * weight
                }),
            })
        }
        (Operand::Secret(images), Operand::Public(rows), Operand::Public(columns)) => {
            at_public_places(&images, &Weights::of(&rows, &columns, sizes)).into()
        }
        (images, rows, columns) => at_secret_places(&images, rows, columns, [height, width]).into(),
    }
}

/// Which pixels make each sample.
struct Weights {
    /// Batch, channels, height, width, samples.
    sizes: [usize; 5],
    /// Four for each sample of each image of the batch.
    pixels: Vec<Option<usize>>,
    values: Vec<f64>,
}

impl Weights {
    fn of(rows: &PublicTensor, columns: &PublicTensor, sizes: [usize; 5]) -> Self {
        let places = rows.values.iter().zip(&columns.values);
        let corners = places.flat_map(|(&row, &column)| corners(row, column, [sizes[2], sizes[3]]));
        let (pixels, values) = corners.unzip();
        Self {
            sizes,
            pixels,
            values,
        }
    }

    /// Sums of `pixel * weight`, by `add`, for all channels.
    fn apply<T: Copy + Default>(
        &self,
        images: &[T],
        weights: &[T],
        add: impl Fn(T, T, T) -> T,
    ) -> Vec<T> {
        let [batch, channels, height, width, samples] = self.sizes;
        let plane = height * width;
        let mut out = Vec::with_capacity(batch * channels * samples);
        for image in 0..batch {
            let taken = image * samples * 4..(image + 1) * samples * 4;
            let (pixels, weights) = (&self.pixels[taken.clone()], &weights[taken]);
            for channel in 0..channels {
                let plane = &images[(image * channels + channel) * plane..][..plane];
                let corners = pixels.chunks_exact(4).zip(weights.chunks_exact(4));
                out.extend(corners.map(|(pixels, weights)| {
                    let pairs = pixels.iter().zip(weights);
                    pairs.fold(T::default(), |sum, (pixel, &weight)| match pixel {
                        Some(at) => add(sum, plane[*at], weight),
                        None => sum,
                    })
                }));
            }
        }
        out
    }
}

fn at_public_places<R: Ring>(images: &SecretTensor<R>, weights: &Weights) -> SecretTensor<R> {
    let [batch, channels, .., samples] = weights.sizes;
    let device = images.device();
    let shape = vec![batch, channels, samples];
    let call = Call {
        op: "sample",
        device,
        shape: shape.clone(),
        kind: Kind::Float,
        key: None,
        bound: images.bound(),
    };
    let sampled = call.run(|session| {
        let scales = session.scales();
        let most = scales.limit().saturating_sub(scales.value);
        let pixels: Vec<f64> = weights
            .pixels
            .iter()
            .map(|pixel| pixel.map_or(-1.0, |at| at as f64))
            .collect();
        session.note_numbers("pixels", &pixels);
        let factors = constant::encode_factors::<R>(session, &weights.values, scales.value, most)?;
        let room = scales.headroom.saturating_sub(factors.frac);
        let found = force::numbers_at_most(session, images, room)?;
        let frac = found.frac + factors.frac;
        let len = batch * channels * samples;
        let sums = found.share.map_to(len, |x| {
            weights.apply(x, &factors.share, |sum, pixel, weight| sum + pixel * weight)
        });
        let numbers = Fixed::new(sums, frac);
        Ok(SecretTensor::of_numbers(
            device,
            shape,
            Kind::Float,
            numbers,
        ))
    });
    sampled.with_reach(images.reach())
}

/// Second differences of `of(place - i)` for `i` from -1 to `size`, `[batch, samples, size]`; `first` in place of -1.
fn differences<R: Ring>(
    places: SecretTensor<R>,
    size: usize,
    first: f64,
    of: impl FnOnce(SecretTensor<R>) -> SecretTensor<R>,
) -> SecretTensor<R> {
    let [batch, samples] = [0, 1].map(|axis| places.shape().get(axis).copied().unwrap_or(0));
    let indices = PublicTensor {
        shape: vec![1, 1, size + 2],
        values: core::iter::once(first)
            .chain((0..=size).map(|i| i as f64))
            .collect(),
    };
    let places = movement::reshape(places, vec![batch, samples, 1]);
    let values = of(arith::sub(places.into(), Operand::Public(indices)));
    let part = |from: usize| {
        let spans = [
            Span::full(batch),
            Span::full(samples),
            Span::ranged(from, from + size, 1),
        ];
        movement::slice(values.clone(), &spans)
    };
    let ends = arith::add(part(0).into(), part(2).into());
    let two = Operand::scalar(2.0);
    arith::sub(ends.into(), arith::mul(part(1).into(), two).into())
}

/// `hat(place - i)` for every `i` below `size`, `[batch, samples, size]`: second differences of `max(0, place - i)`,
/// which takes `size + 2` comparisons for each place.
pub(super) fn hats<R: Ring>(places: SecretTensor<R>, size: usize) -> SecretTensor<R> {
    differences(places, size, -1.0, activation::relu)
}

/// The derivative of [`hats`] by the place, to the right of it: second differences of `[place >= i]`. A place at -1 is
/// outside, and has none.
pub(super) fn slopes<R: Ring>(places: SecretTensor<R>, size: usize) -> SecretTensor<R> {
    let session = places.device().session();
    let unit = session.map_or(0.0, |session| (-f64::from(session.scales().value)).exp2());
    differences(places, size, unit - 1.0, |difference| {
        let reached = compare::greater_equal(difference.into(), Operand::scalar(0.0));
        convert::bool_into_float(reached)
    })
}

/// Sums over rows (`axis` 2) or columns (3) of images `[batch, channels, height, width]`, weighted by the hats of every
/// place: `[batch, samples, channels, other axis]`.
pub(super) fn along<R: Ring>(
    images: &Operand<R>,
    hats: SecretTensor<R>,
    axis: usize,
    device: &MpcDevice,
) -> SecretTensor<R> {
    let (shape, samples) = (images.shape().to_vec(), hats.shape()[1]);
    let (batch, channels, other) = (shape[0], shape[1], shape[5 - axis]);
    let turned = movement::permute_source(&shape, &[0, axis, 1, 5 - axis]);
    let turned = movement::remap_operand("sample", images, turned, device).reshape(vec![
        batch,
        shape[axis],
        channels * other,
    ]);
    let sums = linear::matmul(hats.into(), turned);
    movement::reshape(sums, vec![batch, samples, channels, other])
}

/// Samples, `[batch, channels, samples]`, of what [`along`] gives, by the hats of the other axis.
pub(super) fn across<R: Ring>(along: SecretTensor<R>, hats: SecretTensor<R>) -> SecretTensor<R> {
    let &[batch, samples, channels, size] = along.shape() else {
        return along;
    };
    let hats = movement::reshape(hats, vec![batch, samples, 1, size]);
    // The hats of a place add up to at most 1.
    let sums = reduce::sum_of(arith::mul(along.into(), hats.into()), 3, Summands::Shares);
    let sums = movement::reshape(sums, vec![batch, samples, channels]);
    movement::permute(sums, &[0, 2, 1])
}

/// Samples at secret places: `size + 2` comparisons per place and axis, two products with all pixels.
fn at_secret_places<R: Ring>(
    images: &Operand<R>,
    rows: Operand<R>,
    columns: Operand<R>,
    [height, width]: [usize; 2],
) -> SecretTensor<R> {
    let device = device_of(&[images, &rows, &columns]);
    let [rows, columns] = [(rows, height), (columns, width)]
        .map(|(places, size)| hats(secret(places, Kind::Float, &device), size));
    across(along(images, columns, 3, &device), rows)
}
