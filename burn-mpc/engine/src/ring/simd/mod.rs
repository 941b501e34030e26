//! Choice of the instruction set at run time.
//!
//! The only folder of `ring` with `unsafe` code: calls of functions compiled for instruction sets that were detected,
//! and the vector loads and stores of these.

#![allow(
    unsafe_code,
    reason = "calls of functions compiled for instruction sets"
)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod peak;
mod tile;

use std::sync::OnceLock;

pub use peak::peak;
pub(crate) use tile::{MAX_ROWS, Run, TileShape, padded, tile_rows};

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
    #[cfg(target_arch = "aarch64")]
    Neon,
}

/// Environment variable that names the instruction set to use instead of the best one: `portable`, `avx2`,
/// `avx512` or `neon`. One that the processor lacks is ignored.
pub const ISA_VARIABLE: &str = "BURN_MPC_ISA";

/// An instruction set that this processor has. Only detection makes one other than the portable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Isa(Level);

impl Isa {
    /// The best one, or the one that [`ISA_VARIABLE`] named at the first call.
    pub(crate) fn detect() -> Self {
        static CHOSEN: OnceLock<Isa> = OnceLock::new();
        *CHOSEN.get_or_init(|| {
            let wanted = std::env::var(ISA_VARIABLE).ok();
            let all = Self::all();
            let named = all.iter().find(|isa| Some(isa.name()) == wanted.as_deref());
            *named.or(all.last()).unwrap_or(&Self(Level::Portable))
        })
    }

    fn name(self) -> &'static str {
        match self.0 {
            Level::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => "avx512",
            #[cfg(target_arch = "aarch64")]
            Level::Neon => "neon",
        }
    }

    /// All instruction sets of this processor, the best one last.
    pub(crate) fn all() -> Vec<Self> {
        #[allow(unused_mut, reason = "only known processors have more than one")]
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
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("neon") {
            all.push(Self(Level::Neon));
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
            // Every build for this processor may use NEON.
            #[cfg(target_arch = "aarch64")]
            Level::Neon => work.run(),
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

/// Name of the instruction set in use, for reports of measurements.
#[doc(hidden)]
#[must_use]
pub fn isa_name() -> &'static str {
    Isa::detect().name()
}
