//! Choice of the instruction set at run time.
//!
//! The only place of `ring` with `unsafe` code: calls of functions compiled for instruction sets
//! that were seen to be present.

#![allow(
    unsafe_code,
    reason = "calls of functions compiled for instruction sets"
)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod tile;

pub(crate) use tile::{MAX_ROWS, TileShape, tile_rows};

/// Work whose [`run`](Vectorised::run) is `#[inline(always)]`, so that the compiler vectorises it
/// for the instruction set of the function it is inlined into.
pub(crate) trait Vectorised {
    type Output;
    fn run(self) -> Self::Output;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// An instruction set that this processor has. Only detection makes one other than the portable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Isa(Level);

impl Isa {
    /// The best one.
    pub(crate) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if has_avx512() {
                return Self(Level::Avx512);
            }
            if has_avx2() {
                return Self(Level::Avx2);
            }
        }
        Self(Level::Portable)
    }

    /// All of this processor's, for tests.
    #[cfg(test)]
    pub(crate) fn all() -> Vec<Self> {
        #[allow(unused_mut, reason = "only x86-64 has more than one")]
        let mut all = vec![Self(Level::Portable)];
        #[cfg(target_arch = "x86_64")]
        {
            if has_avx2() {
                all.push(Self(Level::Avx2));
            }
            if has_avx512() {
                all.push(Self(Level::Avx512));
            }
        }
        all
    }

    /// Runs `work`, compiled for this instruction set.
    #[inline]
    pub(crate) fn run<V: Vectorised>(self, work: V) -> V::Output {
        match self.0 {
            Level::Portable => work.run(),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a value of this level exists only after `has_avx2`.
            Level::Avx2 => unsafe { run_avx2(work) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a value of this level exists only after `has_avx512`.
            Level::Avx512 => unsafe { run_avx512(work) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && has_avx2()
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl")]
fn run_avx512<V: Vectorised>(work: V) -> V::Output {
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn run_avx2<V: Vectorised>(work: V) -> V::Output {
    work.run()
}
