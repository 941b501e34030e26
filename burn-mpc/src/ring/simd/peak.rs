//! How fast the multiplication instructions alone are: what no kernel can exceed.

use core::hint::black_box;
use core::time::Duration;
use std::time::Instant;

use super::super::{Ring, Z32, Z64};
use super::{Isa, Vectorised};

/// Sums held in registers, as many as hide the latency of the multiplication.
const SUMS: usize = 12;
/// Steps between two looks at the clock.
const STEPS: usize = 1 << 14;

struct Multiply<'a, R, const LANES: usize> {
    sums: &'a mut [[R; LANES]; SUMS],
    factors: [[R; LANES]; 2],
}
impl<R: Ring, const LANES: usize> Vectorised for Multiply<'_, R, LANES> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let mut sums = *self.sums;
        let [a, b] = self.factors;
        for _ in 0..STEPS {
            for sum in &mut sums {
                for i in 0..LANES {
                    // Depends on the sum, so that nothing can be taken out of the loop.
                    sum[i] = sum[i] * a[i] + b[i];
                }
            }
        }
        *self.sums = sums;
    }
}

fn measure<R: Ring, const LANES: usize>(isa: Isa) -> f64 {
    let word = |i: usize| R::from_u64(i as u64 | 1);
    let mut sums = [[R::ONE; LANES]; SUMS];
    let factors = black_box([core::array::from_fn(word), core::array::from_fn(word)]);
    let mut best = Duration::MAX;
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(200) {
        let start = Instant::now();
        isa.run(Multiply {
            sums: black_box(&mut sums),
            factors,
        });
        best = best.min(start.elapsed());
    }
    black_box(&sums);
    (LANES * SUMS * STEPS) as f64 / best.as_secs_f64() * 1e-9
}

/// Billions of multiplications and additions per second, in registers only, of 64-bit and of 32-bit words with
/// the instruction set in use.
#[doc(hidden)]
#[must_use]
pub fn peak() -> [f64; 2] {
    let isa = Isa::detect();
    [measure::<Z64, 8>(isa), measure::<Z32, 16>(isa)]
}
