//! Keeping freed memory in the process.

use std::hint::black_box;
use std::sync::Once;

/// A little less than the largest block that the GNU C library learns from.
const BLOCK_BYTES: usize = (32 << 20) - (64 << 10);

/// Makes the allocator of the GNU C library keep up to 64 MiB of freed blocks, instead of returning them to the kernel,
/// which would clear them again for the next op.
///
/// The library raises its thresholds by itself when a large block is freed (`M_MMAP_THRESHOLD` in `mallopt(3)`);
/// this frees one that was never written to. For another allocator it is one block more.
pub(super) fn keep_freed_memory() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(black_box(Vec::<u8>::with_capacity(BLOCK_BYTES))));
}
