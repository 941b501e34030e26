//! Sampling images on a grid.

use crate::ops::base::call::{device_of, misfit};
use crate::ops::base::operand::secret;
use crate::ops::movement::{self, Span};
use crate::ops::rounding::{floor, round_away};
use crate::ops::sample::sample;
use crate::ops::sign::abs;
use crate::ops::{activation, arith};
use crate::ring::Ring;
use crate::tensor::{Kind, Operand, SecretTensor};

/// What a sample outside the image is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// Zero.
    Zeros,
    /// The nearest pixel.
    Border,
    /// The image mirrored at its border.
    Reflection,
}

/// How a grid names places.
#[derive(Clone, Copy, Debug)]
pub struct GridSettings {
    /// Whether a place takes its nearest pixel, instead of its neighbours.
    pub nearest: bool,
    /// What lies outside the image.
    pub outside: Outside,
    /// Whether -1 and 1 are the middles of the outermost pixels, instead of their outer edges.
    pub align_corners: bool,
}

/// A function of one coordinate, on public and on secret places.
struct Step<R: Ring> {
    public: fn(f64, [f64; 2]) -> f64,
    secret: fn(SecretTensor<R>, [f64; 2]) -> SecretTensor<R>,
}

impl<R: Ring> Step<R> {
    /// `factor x + term`.
    const AFFINE: Self = Self {
        public: |x, [factor, term]| x * factor + term,
        secret: |x, [factor, term]| {
            let product = arith::mul(x.into(), Operand::scalar(factor));
            arith::add(product.into(), Operand::scalar(term))
        },
    };
    /// Limits.
    const LIMITED: Self = Self {
        public: |x, [low, high]| x.clamp(low, high),
        secret: |x, [low, high]| activation::clamp(x, Some(low), Some(high)),
    };
    /// Mirrored at both ends of a range.
    const MIRRORED: Self = Self {
        public: |x, [low, span]| {
            if span <= 0.0 {
                return low;
            }
            let x = (x - low).abs();
            let rest = x - (x / (2.0 * span)).floor() * 2.0 * span;
            span - (rest - span).abs() + low
        },
        secret: |x, [low, span]| {
            if span <= 0.0 {
                let zeros = arith::mul(x.into(), Operand::scalar(0.0));
                return arith::add(zeros.into(), Operand::scalar(low));
            }
            let x = abs(arith::sub(x.into(), Operand::scalar(low)));
            let periods = arith::mul(x.clone().into(), Operand::scalar((2.0 * span).recip()));
            let whole = arith::mul(floor(periods).into(), Operand::scalar(2.0 * span));
            let rest = arith::sub(x.into(), whole.into());
            let beyond = abs(arith::sub(rest.into(), Operand::scalar(span)));
            arith::sub(Operand::scalar(span + low), beyond.into())
        },
    };
    /// The nearest whole number, halves away from zero.
    const NEAREST: Self = Self {
        public: |x, _| x.round(),
        secret: |x, _| round_away(x),
    };

    fn of(&self, operand: Operand<R>, numbers: [f64; 2]) -> Operand<R> {
        match operand {
            Operand::Public(mut tensor) => {
                let values = tensor.values.iter_mut();
                values.for_each(|v| *v = (self.public)(*v, numbers));
                Operand::Public(tensor)
            }
            Operand::Secret(tensor) => (self.secret)(tensor, numbers).into(),
        }
    }
}

/// The pixel coordinates along an axis of `size` pixels of places between -1 and 1.
fn places<R: Ring>(grid: Operand<R>, size: usize, settings: GridSettings) -> Operand<R> {
    let size = size as f64;
    let (half, edge) = if settings.align_corners {
        ((size - 1.0) / 2.0, 0.0)
    } else {
        (size / 2.0, 0.5)
    };
    let mut places = Step::AFFINE.of(grid, [half, half - edge]);
    if settings.outside == Outside::Reflection {
        let span = size - if settings.align_corners { 1.0 } else { 0.0 };
        places = Step::MIRRORED.of(places, [-edge, span]);
    }
    if settings.outside != Outside::Zeros {
        places = Step::LIMITED.of(places, [0.0, size - 1.0]);
    }
    if settings.nearest {
        places = Step::NEAREST.of(places, [0.0; 2]);
    }
    places
}

/// Samples of images `[N, C, H, W]` at the places of a grid `[N, H', W', 2]` of columns and rows between -1 and 1.
pub fn grid_sample<R: Ring>(
    images: Operand<R>,
    grid: Operand<R>,
    settings: GridSettings,
) -> SecretTensor<R> {
    let device = device_of(&[&images, &grid]);
    let (&[batch, channels, height, width], &[of_grid, rows, columns, 2]) =
        (images.shape(), grid.shape())
    else {
        let images = secret(images, Kind::Float, &device);
        return misfit(
            &images,
            "grid_sample_2d",
            "expected [N, C, H, W] and [N, H', W', 2]",
        );
    };
    if batch != of_grid || height * width == 0 {
        let images = secret(images, Kind::Float, &device);
        return misfit(
            &images,
            "grid_sample_2d",
            "a grid for each image was expected",
        );
    }
    let samples = rows * columns;
    let along = |axis: usize, size: usize| {
        let [first, second, third] = [batch, rows, columns].map(Span::full);
        let one = Span::ranged(axis, axis + 1, 1);
        let source = movement::slice_source(grid.shape(), &[first, second, third, one]);
        let taken = movement::remap_operand("grid_sample_2d", &grid, source, &device);
        places(taken.reshape(vec![batch, samples]), size, settings)
    };
    let (across, down) = (along(0, width), along(1, height));
    let sampled = secret(sample(images, down, across), Kind::Float, &device);
    movement::reshape(sampled, vec![batch, channels, rows, columns])
}
