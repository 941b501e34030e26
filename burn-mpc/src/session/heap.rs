//! Memory that is freed and soon wanted again.

use std::hint::black_box;
use std::sync::Once;

/// A little less than the largest block that the GNU C library learns from.
const BLOCK_BYTES: usize = (32 << 20) - (64 << 10);

/// Teaches the allocator of the GNU C library that blocks of tens of megabytes come and go: it keeps up to 64 MiB of
/// what is freed, instead of giving it back and having the kernel clear it again for the next op.
///
/// The library raises its thresholds by itself when a large block is freed (`M_MMAP_THRESHOLD` in `mallopt(3)`);
/// this frees one, which nobody wrote to. Another allocator sees one block come and go.
pub(super) fn keep_freed_memory() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(black_box(Vec::<u8>::with_capacity(BLOCK_BYTES))));
}
