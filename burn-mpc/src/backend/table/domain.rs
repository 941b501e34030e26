//! The values of operands of laws, and the shapes at which rows are tested and measured.

use burn_backend::Slice;
use burn_backend::ops::{InterpolateMode, InterpolateOptions};

/// Multiples of `step` from `low` to `high`, so that sharing them rounds nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Domain {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) step: f64,
    /// Shape in the law.
    pub(super) law: &'static [usize],
    /// Shape at which the cost is measured.
    pub(super) cost: &'static [usize],
    /// Known to all parties, whatever the row takes.
    pub(super) public: bool,
    /// Known to all parties where the cost is measured, though secret in the law.
    pub(super) cheap: bool,
}

impl Domain {
    const fn matrix(low: f64, high: f64, step: f64) -> Self {
        Self {
            low,
            high,
            step,
            law: &[3, 4],
            cost: &[64, 64],
            public: false,
            cheap: false,
        }
    }

    /// The same at other shapes.
    pub(super) const fn shaped(self, law: &'static [usize], cost: &'static [usize]) -> Self {
        Self { law, cost, ..self }
    }

    /// Indices, which are secret in the law, and in the clear where the cost is measured: then it is that of the row
    /// itself. What secret ones add is linear in the places that they may name, about 25 bytes for each of these and each
    /// index on 64 bits: `docs/spec/conversion.md`, "Secret indices".
    const fn indices(high: f64) -> Self {
        Self {
            cheap: true,
            ..Self::matrix(0.0, high, 1.0)
        }
    }

    /// The same in the clear.
    pub(super) const fn public(self) -> Self {
        Self {
            public: true,
            ..self
        }
    }
}

/// Numbers of either sign.
pub(super) const SIGNED: Domain = Domain::matrix(-3.0, 3.0, 0.125);
/// Numbers of either sign, far from zero too.
pub(super) const WIDE: Domain = Domain::matrix(-14.0, 14.0, 0.125).shaped(&[16, 15], &[64, 64]);
/// Numbers away from zero.
pub(super) const POSITIVE: Domain = Domain::matrix(0.5, 4.0, 0.125);
/// Numbers above one.
pub(super) const ABOVE_ONE: Domain = Domain::matrix(1.0, 5.0, 0.125);
/// Numbers between minus and plus one.
pub(super) const INNER: Domain = Domain::matrix(-0.875, 0.875, 0.125);
/// Angles whose tangent is small.
pub(super) const SLOPES: Domain = Domain::matrix(-1.0, 1.0, 0.125);
/// Factors of a product of many.
pub(super) const FACTORS: Domain = Domain::matrix(0.75, 1.25, 0.25);
/// Multiples of a half: whole numbers and values between them.
pub(super) const HALVES: Domain = Domain::matrix(-6.0, 6.0, 0.5);
/// Integers.
pub(super) const WHOLE: Domain = Domain::matrix(-9.0, 9.0, 1.0);
/// Powers.
pub(super) const POWERS: Domain = Domain::matrix(0.0, 3.0, 1.0);
/// Integers above zero.
pub(super) const COUNTS: Domain = Domain::matrix(1.0, 9.0, 1.0);
/// Truth values.
pub(super) const BITS: Domain = Domain::matrix(0.0, 1.0, 1.0);
/// The right factor of a matrix product.
pub(super) const RIGHT: Domain = SIGNED.shaped(&[4, 5], &[64, 64]);
/// Vectors of three.
pub(super) const TRIPLES: Domain = SIGNED.shaped(&[4, 3], &[64, 3]);
/// A public exponent, the same everywhere.
pub(super) const SQUARE: Domain = Domain::matrix(2.0, 2.0, 1.0).public();

/// Indices of hyperplanes along the first axis.
pub(super) const PLANES: Domain = Domain::indices(2.0).shaped(&[4], &[64]);
/// Indices of elements along the first axis.
pub(super) const PLACES: Domain = Domain::indices(2.0).shaped(&[2, 4], &[64, 64]);
/// Coordinates of rows, of which some meet.
pub(super) const ROWS: Domain = Domain::indices(2.0).shaped(&[4, 1], &[64, 1]);

/// False everywhere.
pub(super) const NONE: Domain = Domain::matrix(0.0, 0.0, 1.0);

/// Places on a grid, as parts of an image.
pub(super) const GRID: Domain =
    Domain::matrix(-1.0, 1.0, 0.25).shaped(&[2, 3, 3, 2], &[1, 32, 32, 2]);

/// Batches of images.
pub(super) const IMAGES: Domain = SIGNED.shaped(&[2, 4, 6, 6], &[1, 4, 32, 32]);
/// Kernels over all channels of images.
pub(super) const KERNELS: Domain = SIGNED.shaped(&[4, 4, 3, 3], &[4, 4, 3, 3]);
/// One number per channel.
pub(super) const CHANNELS: Domain = SIGNED.shaped(&[4], &[4]);
/// Batches of sequences.
pub(super) const SIGNALS: Domain = SIGNED.shaped(&[2, 4, 6], &[1, 4, 1024]);
/// Kernels over all channels of sequences.
pub(super) const TAPS: Domain = SIGNED.shaped(&[4, 4, 3], &[4, 4, 3]);
/// Batches of volumes.
pub(super) const VOLUMES: Domain = SIGNED.shaped(&[1, 4, 4, 4, 4], &[1, 4, 16, 8, 8]);
/// Kernels over all channels of volumes.
pub(super) const BLOCKS: Domain = SIGNED.shaped(&[4, 4, 2, 2, 2], &[4, 4, 2, 2, 2]);

/// Types of results.
pub(super) const FLOAT: burn_backend::FloatDType = burn_backend::FloatDType::F32;
pub(super) const INT: burn_backend::IntDType = burn_backend::IntDType::I64;
pub(super) const BOOL: burn_backend::BoolDType = burn_backend::BoolDType::Native;

/// The first two columns of a matrix.
pub(super) const TWO_COLUMNS: [Slice; 2] = [Slice::new(0, None, 1), Slice::new(0, Some(2), 1)];

/// Images after a pooling by two.
pub(super) const POOLED: Domain = SIGNED.shaped(&[2, 4, 3, 3], &[1, 4, 16, 16]);
/// Images after bilinear resizing.
pub(super) const ENLARGED: Domain = SIGNED.shaped(&[2, 4, 9, 9], &[1, 4, 9, 9]);
/// Where a deformable kernel looks.
pub(super) const OFFSETS: Domain = SIGNED.shaped(&[2, 18, 4, 4], &[1, 18, 30, 30]);
/// The weights of what a deformable kernel reads.
pub(super) const WEIGHTS: Domain = SIGNED.shaped(&[2, 9, 4, 4], &[1, 9, 30, 30]);
/// Letters of words.
pub(super) const LETTERS: Domain = Domain::matrix(1.0, 3.0, 1.0).shaped(&[2, 2], &[16, 2]);
/// Lengths of sequences.
pub(super) const LENGTHS: Domain = Domain::matrix(5.0, 6.0, 1.0).shaped(&[2], &[16]);
/// Lengths of words.
pub(super) const WORDS: Domain = Domain::matrix(0.0, 2.0, 1.0).shaped(&[2], &[16]);

/// Between the four neighbours.
pub(super) fn bilinear() -> InterpolateOptions {
    InterpolateOptions::new(InterpolateMode::Bilinear)
}
