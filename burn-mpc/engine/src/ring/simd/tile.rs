//! The register tile: the inner loop of every matrix product and convolution.
//!
//! A tile is `rows` rows of `vectors` vectors of `lanes` words. It sums, over the depth `k`,
//! `a[row][k] * b[starts[k] + column]`: neither the rows of `a` nor those of `b` have to lie together. A word of `a`
//! is broadcast, so that packing `a` would gain nothing.

use core::ops::Range;

use super::super::Ring;
use super::{Isa, Level};

/// The most rows of a tile.
pub(crate) const MAX_ROWS: usize = 6;

/// The most vectors of a tile of one row, where such tiles have their own kernel.
const SINGLE: usize = 4;

/// Words of a row of `a` that lie together.
#[derive(Clone, Copy)]
pub(crate) struct Run<'a>(&'a [u8]);

impl<'a> Run<'a> {
    pub(crate) fn of<R: Ring>(words: &'a [R]) -> Self {
        Self(bytemuck::cast_slice(words))
    }

    /// The words, in the type that a kernel knows.
    #[inline(always)]
    pub(super) fn words<W: bytemuck::Pod>(self) -> &'a [W] {
        bytemuck::cast_slice(self.0)
    }
}

/// Columns of a tile, as an instruction set's registers allow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TileShape {
    /// Words of a vector.
    pub(crate) lanes: usize,
    /// The most vectors of a tile's row.
    pub(crate) max_vectors: usize,
}

impl TileShape {
    /// The most columns of a tile.
    pub(crate) const fn max_columns(self) -> usize {
        self.lanes * self.max_vectors
    }

    /// Vectors of the narrowest tile that covers `columns` columns, at most those of the shape.
    pub(crate) fn vectors(self, columns: usize) -> usize {
        columns.div_ceil(self.lanes).min(self.max_vectors)
    }
}

/// Rows of the next tile when `left` rows are left; tiles have 1, 2, 4 or 6 rows.
pub(crate) const fn tile_rows(left: usize) -> usize {
    match left {
        0..=2 => left,
        3 | 4 => 4,
        _ => MAX_ROWS,
    }
}

/// The rows of a tile that computes `rows`. The last one repeats where there are too few.
pub(crate) fn padded(rows: Range<usize>) -> impl Iterator<Item = usize> {
    let end = rows.start + tile_rows(rows.len());
    (rows.start..end).map(move |row| row.min(rows.end - 1))
}

impl Isa {
    /// The shape of tiles of `R` with at most `rows` rows.
    pub(crate) fn tile_shape<R: Ring>(self, rows: usize) -> TileShape {
        // Tiles of one row have registers to spare.
        let (lanes, tall, single) = match (self.0, R::BITS) {
            #[cfg(target_arch = "x86_64")]
            (Level::Avx512, 64) => (8, 4, SINGLE),
            #[cfg(target_arch = "x86_64")]
            (Level::Avx512, 32) => (16, 4, SINGLE),
            #[cfg(target_arch = "x86_64")]
            (Level::Avx2, 64) => (4, 1, SINGLE),
            #[cfg(target_arch = "x86_64")]
            (Level::Avx2, 32) => (8, 2, SINGLE),
            #[cfg(target_arch = "aarch64")]
            (Level::Neon, 64) => (2, 1, SINGLE),
            #[cfg(target_arch = "aarch64")]
            (Level::Neon, 32) => (4, 4, SINGLE),
            _ => (PORTABLE_LANES, 1, 1),
        };
        let max_vectors = if rows == 1 { single } else { tall };
        TileShape { lanes, max_vectors }
    }

    /// `out[row][column] = sum over k of a[row][k] * b[starts[k] + column]`.
    ///
    /// `rows` is one of [`tile_rows`], `vectors` at most those of the shape for that many rows; `a` has the first run
    /// of every row, then the second of every row, and so on; `starts` has an entry for each word of a row, `out` holds
    /// `[rows, vectors * lanes]`.
    #[inline]
    pub(crate) fn tile<R: Ring>(
        self,
        [rows, vectors]: [usize; 2],
        a: &[Run<'_>],
        starts: &[usize],
        b: &[R],
        out: &mut [R],
    ) {
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
        macro_rules! call {
            ($kernel:path) => {{
                let (b, out) = (bytemuck::cast_slice(b), bytemuck::cast_slice_mut(out));
                // SAFETY: a value of this level exists only after its features were detected.
                unsafe { $kernel([rows, vectors], a, starts, b, out) }
            }};
        }
        match (self.0, R::BITS) {
            #[cfg(target_arch = "x86_64")]
            (Level::Avx512, 64) => call!(super::avx512::word64::tile),
            #[cfg(target_arch = "x86_64")]
            (Level::Avx512, 32) => call!(super::avx512::word32::tile),
            #[cfg(target_arch = "x86_64")]
            (Level::Avx2, 64) => call!(super::avx2::word64::tile),
            #[cfg(target_arch = "x86_64")]
            (Level::Avx2, 32) => call!(super::avx2::word32::tile),
            #[cfg(target_arch = "aarch64")]
            (Level::Neon, 64) => call!(super::neon::word64::tile),
            #[cfg(target_arch = "aarch64")]
            (Level::Neon, 32) => call!(super::neon::word32::tile),
            _ => portable(rows, a, starts, b, out),
        }
    }
}

impl Isa {
    /// Writes a tile of the most rows and vectors that sums `steps` products of registers, to measure how fast
    /// that can be.
    pub(super) fn tile_of_registers<R: Ring>(self, steps: usize, out: &mut [R]) {
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
        macro_rules! call {
            ($kernel:path) => {{
                let out = bytemuck::cast_slice_mut(out);
                // SAFETY: a value of this level exists only after its features were detected.
                unsafe { $kernel(steps, out) }
            }};
        }
        match (self.0, R::BITS) {
            #[cfg(target_arch = "x86_64")]
            (Level::Avx512, 64) => call!(super::avx512::word64::tile_of_registers),
            #[cfg(target_arch = "x86_64")]
            (Level::Avx512, 32) => call!(super::avx512::word32::tile_of_registers),
            #[cfg(target_arch = "x86_64")]
            (Level::Avx2, 64) => call!(super::avx2::word64::tile_of_registers),
            #[cfg(target_arch = "x86_64")]
            (Level::Avx2, 32) => call!(super::avx2::word32::tile_of_registers),
            #[cfg(target_arch = "aarch64")]
            (Level::Neon, 64) => call!(super::neon::word64::tile_of_registers),
            #[cfg(target_arch = "aarch64")]
            (Level::Neon, 32) => call!(super::neon::word32::tile_of_registers),
            _ => {
                let a: Vec<R> = (0..steps as u64).map(R::from_u64).collect();
                for word in out {
                    *word = a.iter().fold(*word, |sum, &a| sum + a * a);
                }
            }
        }
    }
}

const PORTABLE_LANES: usize = 8;

fn portable<R: Ring>(rows: usize, a: &[Run<'_>], starts: &[usize], b: &[R], out: &mut [R]) {
    let (out, _) = out.as_chunks_mut::<PORTABLE_LANES>();
    for (row, out) in out[..rows].iter_mut().enumerate() {
        let mut sums = [R::ZERO; PORTABLE_LANES];
        let words = a.iter().skip(row).step_by(rows);
        for (&a, &start) in words.flat_map(|run| run.words::<R>()).zip(starts) {
            let b = &b[start..start + PORTABLE_LANES];
            for (sum, &b) in sums.iter_mut().zip(b) {
                *sum += a * b;
            }
        }
        *out = sums;
    }
}

/// Defines `tile` from `Word`, `LANES`, `zero`, `splat`, `load`, `accumulate` and `store`, for the numbers of vectors
/// that tall tiles may have; tiles of one row may have up to [`SINGLE`].
///
/// This module and the modules of instruction sets name each other: they expand this macro, which names [`Run`] and
/// [`MAX_ROWS`], and [`Isa::tile`] calls what it defines there. The cycle is harmless: calls only go down from
/// [`Isa::tile`] to a kernel, and neither side has state to initialise. The macro is defined here because the numbers
/// of rows in its `match` must be those of [`tile_rows`].
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! tile_kernels {
    ($features:literal, [$($vectors:literal),+]) => {
        /// See [`Isa::tile`](super::super::Isa::tile).
        #[target_feature(enable = $features)]
        pub(crate) fn tile(
            [rows, vectors]: [usize; 2],
            a: &[super::super::tile::Run<'_>],
            starts: &[usize],
            b: &[Word],
            out: &mut [Word],
        ) {
            match (rows, vectors) {
                (1, 1) => sized::<1, 1>(a, starts, b, out),
                (1, 2) => sized::<1, 2>(a, starts, b, out),
                (1, 3) => sized::<1, 3>(a, starts, b, out),
                (1, 4) => sized::<1, 4>(a, starts, b, out),
                $(
                    (2, $vectors) => sized::<2, $vectors>(a, starts, b, out),
                    (4, $vectors) => sized::<4, $vectors>(a, starts, b, out),
                    (6, $vectors) => sized::<6, $vectors>(a, starts, b, out),
                )+
                _ => unreachable!("no tile of {rows} rows of {vectors} vectors"),
            }
        }

        /// See [`Isa::tile_of_registers`](super::super::Isa::tile_of_registers).
        #[target_feature(enable = $features)]
        pub(crate) fn tile_of_registers(steps: usize, out: &mut [Word]) {
            const VECTORS: usize = [$($vectors),+].len();
            const ROWS: usize = super::super::tile::MAX_ROWS;
            let (out, _) = out.as_chunks_mut::<LANES>();
            let mut right = [load(&out[0]); VECTORS];
            for (right, words) in right.iter_mut().zip(&*out) {
                *right = load(words);
            }
            let mut sums = [[zero(); VECTORS]; ROWS];
            for step in 0..steps {
                for r in 0..ROWS {
                    // The factor changes each time, so that no product can be hoisted out of the loop.
                    let left = splat((step * ROWS + r) as Word);
                    for v in 0..VECTORS {
                        sums[r][v] = accumulate(sums[r][v], left, right[v]);
                    }
                }
            }
            for (sums, out) in sums.into_iter().zip(out.chunks_mut(VECTORS)) {
                for (sum, out) in sums.into_iter().zip(out) {
                    store(sum, out);
                }
            }
        }

        #[target_feature(enable = $features)]
        fn sized<const ROWS: usize, const VECTORS: usize>(
            a: &[super::super::tile::Run<'_>],
            starts: &[usize],
            b: &[Word],
            out: &mut [Word],
        ) {
            let mut sums = [[zero(); VECTORS]; ROWS];
            let mut starts = starts;
            for a in a.as_chunks::<ROWS>().0 {
                let mut rows = [a[0].words::<Word>(); ROWS];
                let (here, later) = starts.split_at(rows[0].len());
                starts = later;
                for (row, run) in rows.iter_mut().zip(a) {
                    *row = &run.words()[..here.len()];
                }
                for (k, &start) in here.iter().enumerate() {
                    let row = b[start..start + VECTORS * LANES].as_chunks::<LANES>().0;
                    let mut right = [load(&row[0]); VECTORS];
                    for v in 1..VECTORS {
                        right[v] = load(&row[v]);
                    }
                    for r in 0..ROWS {
                        let left = splat(rows[r][k]);
                        for v in 0..VECTORS {
                            sums[r][v] = accumulate(sums[r][v], left, right[v]);
                        }
                    }
                }
            }
            let (out, _) = out[..ROWS * VECTORS * LANES].as_chunks_mut::<LANES>();
            for r in 0..ROWS {
                for v in 0..VECTORS {
                    store(sums[r][v], &mut out[r * VECTORS + v]);
                }
            }
        }
    };
}
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(super) use tile_kernels;
