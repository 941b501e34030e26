//! Messages longer than a frame travel as several frames of one step, in order.

#[cfg(any(test, feature = "testkit"))]
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::net::frame::MAX_PAYLOAD_BYTES;

/// Pieces are multiples of this, and so hold whole words of any ring.
#[cfg(any(test, feature = "testkit"))]
const WHOLE_WORDS: usize = 16;

#[cfg(any(test, feature = "testkit"))]
static PIECE_BYTES: AtomicUsize = AtomicUsize::new(MAX_PAYLOAD_BYTES);

/// Sets the longest payload of a frame, rounded down to whole words, so that short messages travel in pieces. It holds
/// for this process, in which all three parties must run. Call it while no session is open.
#[cfg(any(test, feature = "testkit"))]
pub fn set_piece_bytes(bytes: usize) {
    let words = (bytes / WHOLE_WORDS).max(1);
    PIECE_BYTES.store(
        (words * WHOLE_WORDS).min(MAX_PAYLOAD_BYTES),
        Ordering::Relaxed,
    );
}

#[cfg(any(test, feature = "testkit"))]
fn piece_bytes() -> usize {
    PIECE_BYTES.load(Ordering::Relaxed)
}

#[cfg(not(any(test, feature = "testkit")))]
const fn piece_bytes() -> usize {
    MAX_PAYLOAD_BYTES
}

/// Frames of a message of `bytes` bytes: one, unless it is longer than a frame.
#[must_use]
pub fn frames_of(bytes: u64) -> u64 {
    bytes.div_ceil(piece_bytes() as u64).max(1)
}

/// Payload bytes of the frames of a message of `bytes` bytes.
pub(super) fn lengths(bytes: usize) -> impl Iterator<Item = usize> {
    let most = piece_bytes();
    (0..bytes.div_ceil(most).max(1)).map(move |i| most.min(bytes - i * most))
}

/// Removes the next `bytes` bytes from the front of `parts` and returns them.
pub(super) fn cut<'a>(parts: &mut Vec<&'a [u8]>, bytes: usize) -> Vec<&'a [u8]> {
    let mut piece = Vec::with_capacity(parts.len());
    let mut left = bytes;
    while left > 0 && !parts.is_empty() {
        let (now, later) = parts[0].split_at(parts[0].len().min(left));
        piece.push(now);
        left -= now.len();
        if later.is_empty() {
            parts.remove(0);
        } else {
            parts[0] = later;
        }
    }
    piece
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{WHOLE_WORDS, cut, frames_of, lengths};
    use crate::Party;
    use crate::net::Room;
    use crate::net::frame::MAX_PAYLOAD_BYTES;
    use crate::net::{Mesh, NetError, Step, memory};

    #[test]
    fn a_message_has_as_many_frames_as_it_needs() {
        const { assert!(MAX_PAYLOAD_BYTES.is_multiple_of(WHOLE_WORDS)) };
        let most = MAX_PAYLOAD_BYTES;
        for (bytes, expected) in [
            (0, vec![0]),
            (1, vec![1]),
            (most, vec![most]),
            (most + 1, vec![most, 1]),
            (3 * most, vec![most; 3]),
        ] {
            let found: Vec<usize> = lengths(bytes).collect();
            assert_eq!(found, expected);
            assert_eq!(frames_of(bytes as u64), expected.len() as u64);
        }
    }

    #[test]
    fn pieces_are_cut_across_parts() {
        let mut parts: Vec<&[u8]> = vec![&[1, 2, 3], &[], &[4, 5]];
        assert_eq!(cut(&mut parts, 2).concat(), [1, 2]);
        assert_eq!(cut(&mut parts, 2).concat(), [3, 4]);
        assert_eq!(cut(&mut parts, 1).concat(), [5]);
        assert!(parts.is_empty());
    }

    #[test]
    fn frames_have_a_largest_size() {
        let [p0, _p1, _p2] = memory::mesh3(Duration::from_secs(1));
        let mesh = Mesh::new(Box::new(p0), Duration::from_secs(1));
        let step = Step { op: 1, label: 0 };
        // As long as a frame may be, and a byte.
        let mebibyte = vec![0_u8; 1 << 20];
        let mut parts = vec![&mebibyte[..]; MAX_PAYLOAD_BYTES >> 20];
        parts.push(&mebibyte[..1]);
        let error = mesh.links.queue(Party::P1, step, &parts, 0, Room::Make);
        assert!(matches!(error, Err(NetError::FrameTooLarge { .. })));
    }
}
