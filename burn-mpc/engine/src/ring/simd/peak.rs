//! How fast the multiplication instructions alone are: what no kernel can exceed.

use core::hint::black_box;
use core::time::Duration;
use std::time::Instant;

use super::super::{Ring, Z32, Z64};
use super::{Isa, MAX_ROWS};

/// Steps between two looks at the clock.
const STEPS: usize = 1 << 14;

fn measure<R: Ring>(isa: Isa) -> f64 {
    let shape = isa.tile_shape::<R>(MAX_ROWS);
    let mut out = vec![R::ZERO; MAX_ROWS * shape.max_columns()];
    let mut best = Duration::MAX;
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(300) {
        let start = Instant::now();
        isa.tile_of_registers(black_box(STEPS), &mut out);
        best = best.min(start.elapsed());
    }
    black_box(&out);
    (out.len() * STEPS) as f64 / best.as_secs_f64() * 1e-9
}

/// Billions of multiplications and additions per second of a tile whose operands are registers, for 64-bit and
/// 32-bit words with the instruction set in use.
#[doc(hidden)]
#[must_use]
pub fn peak() -> [f64; 2] {
    let isa = Isa::detect();
    [measure::<Z64>(isa), measure::<Z32>(isa)]
}
