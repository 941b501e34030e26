//! Addressed streams: AES-128-CTR keyed by `K_j`, one stream per `(op, label)`, drawn once.
//!
//! Block `b` of stream `(op, label)` is `AES(K_j, (label << 48) + b | op)`, both halves
//! little-endian, so no two addresses share a block. Addressed streams cannot drift, so a skipped
//! draw would give a consistent wrong value; therefore each key keeps a digest of its draws, which
//! its two holders compare.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use aes::{Aes128Enc, Block};
use bytemuck::Pod;
use cipher::{BlockCipherEncrypt, KeyInit};
use thiserror::Error;

use super::seed::{PairKeys, Seed, erase_stack};
use crate::Ring;
use crate::step::Named;

/// Longest draw: 2^48 blocks belong to one address.
pub const MAX_STREAM_BYTES: u64 = 16 << LABEL_SHIFT;

const LABEL_SHIFT: u32 = 48;
/// Blocks that are addressed and encrypted together, while they lie in the first-level cache.
const BATCH_BLOCKS: usize = 256;

/// Which of a party's two keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeySide {
    /// `K_i`, shared with the previous party.
    Own,
    /// `K_{i+1}`, shared with the next party.
    Next,
}

/// A refused draw.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PrgError {
    /// The address was drawn before, or may have been.
    #[error(
        "the stream {name} (op {op}) of key {side:?} is used up; operation {current} is under way",
        name = Named(*.label)
    )]
    Reused {
        /// Key.
        side: KeySide,
        /// Operation asked for.
        op: u64,
        /// Label asked for.
        label: u16,
        /// Operation under way.
        current: u64,
    },
    /// The operation belongs to another lane.
    #[error("operation {op} is beyond {last}, the last one of this lane")]
    Beyond {
        /// Operation asked for.
        op: u64,
        /// The lane's last operation.
        last: u64,
    },
    /// The draw is longer than a stream.
    #[error(
        "a draw of {words} words at {name} (op {op}) exceeds a stream; split the tensor",
        name = Named(*.label)
    )]
    TooLong {
        /// Operation.
        op: u64,
        /// Label.
        label: u16,
        /// Words asked for.
        words: usize,
    },
}

/// Streams of one party.
pub struct Prg {
    keys: [Stream; 2],
    /// Operations under way: one, or the calls of a group.
    current: Range<u64>,
    /// The last operation that may ever be drawn.
    last: u64,
    /// No hash table: those are seeded at random, so instruction counts would differ from run to run.
    drawn: BTreeSet<(KeySide, u64, u16)>,
    /// Lets tests break protocols by drawing an address twice.
    #[cfg(test)]
    repeats: bool,
    /// Lets tests break protocols by using a piece of a stream twice.
    #[cfg(test)]
    pieces_repeat: bool,
}

struct Stream {
    /// Stays in one place, however many keystreams use it, and is erased there.
    cipher: Arc<Aes128Enc>,
    /// The sum of the hashes of all draws, in four words. A sum, since draws of a group come in any order.
    draws: [u64; 4],
}

impl Stream {
    /// Never inlined: its caller overwrites the stack that this uses.
    #[inline(never)]
    fn new(seed: &Seed) -> Self {
        let key = seed.stream_key();
        Self {
            cipher: Arc::new(Aes128Enc::new(key.bytes().into())),
            draws: [0; 4],
        }
    }

    /// Adds a draw to the digest and returns its keystream.
    fn open(&mut self, op: u64, label: u16, bytes: usize) -> Keystream {
        let mut record = [0; 18];
        record[..8].copy_from_slice(&op.to_le_bytes());
        record[8..10].copy_from_slice(&label.to_le_bytes());
        record[10..].copy_from_slice(&(bytes as u64).to_le_bytes());
        let hash = blake3::hash(&record);
        let (lanes, _) = hash.as_bytes().as_chunks::<8>();
        for (sum, lane) in self.draws.iter_mut().zip(lanes) {
            *sum = sum.wrapping_add(u64::from_le_bytes(*lane));
        }
        Keystream {
            cipher: Arc::clone(&self.cipher),
            op,
            next: u64::from(label) << LABEL_SHIFT,
            #[cfg(test)]
            pieces_repeat: false,
        }
    }
}

/// The bytes of one draw, taken piece by piece.
pub struct Keystream {
    cipher: Arc<Aes128Enc>,
    /// The upper half of every block's address.
    op: u64,
    /// The lower half of the next block's address. A stream is too short for it to overflow.
    next: u64,
    #[cfg(test)]
    pieces_repeat: bool,
}

impl Keystream {
    /// Fills `buffer` with the next bytes. Every buffer but the last must have whole blocks of 16 bytes.
    pub fn fill(&mut self, buffer: &mut [u8]) {
        let (blocks, tail) = Block::slice_as_chunks_mut(buffer);
        for batch in blocks.chunks_mut(BATCH_BLOCKS) {
            self.encrypt(batch);
        }
        if !tail.is_empty() {
            let mut last = [Block::default()];
            self.encrypt(&mut last);
            tail.copy_from_slice(&last[0][..tail.len()]);
        }
    }

    fn encrypt(&mut self, blocks: &mut [Block]) {
        let op = self.op.to_le_bytes();
        for (block, low) in blocks.iter_mut().zip(self.next..) {
            block[..8].copy_from_slice(&low.to_le_bytes());
            block[8..].copy_from_slice(&op);
        }
        self.next = self.next.wrapping_add(blocks.len() as u64);
        self.cipher.encrypt_blocks(blocks);
    }

    /// The next `n` words.
    pub fn words<T: Pod>(&mut self, n: usize) -> Vec<T> {
        let mut words = Vec::with_capacity(n);
        self.pieces(n, |piece| words.extend_from_slice(piece));
        words
    }

    /// Calls `take` with the next `n` words piece by piece, while each lies in the first-level cache.
    pub fn pieces<T: Pod>(&mut self, n: usize, mut take: impl FnMut(&[T])) {
        let mut piece = [[0_u64; 2]; BATCH_BLOCKS];
        let words: &mut [T] = bytemuck::cast_slice_mut(&mut piece);
        let mut left = n;
        #[cfg(test)]
        let first = self.next;
        while left > 0 {
            #[cfg(test)]
            if self.pieces_repeat {
                self.next = first;
            }
            let len = left.min(words.len());
            let piece = &mut words[..len];
            self.fill(bytemuck::cast_slice_mut(piece));
            take(piece);
            left -= piece.len();
        }
    }

    /// Calls `apply` with `target` piece by piece, each with as many words of the stream, while both lie in
    /// the first-level cache.
    pub fn apply<T: Pod>(&mut self, target: &mut [T], mut apply: impl FnMut(&mut [T], &[T])) {
        let mut left = target;
        self.pieces(left.len(), |words| {
            let (now, later) = core::mem::take(&mut left).split_at_mut(words.len());
            apply(now, words);
            left = later;
        });
    }
}

impl fmt::Debug for Keystream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keystream").finish_non_exhaustive()
    }
}

impl Prg {
    /// Streams of freshly agreed keys.
    #[must_use]
    pub fn new(keys: &PairKeys) -> Self {
        let keys = [Stream::new(&keys.own), Stream::new(&keys.next)];
        erase_stack();
        Self {
            keys,
            current: 0..1,
            last: u64::MAX,
            drawn: BTreeSet::new(),
            #[cfg(test)]
            repeats: false,
            #[cfg(test)]
            pieces_repeat: false,
        }
    }

    /// Streams for a part of the program that runs beside others: for the operations `ops` only, which `self` then
    /// refuses. [`Self::join`] adds their draws to the digests.
    #[must_use]
    pub fn lane(&mut self, ops: Range<u64>) -> Self {
        self.begin_group(ops.end..ops.end);
        Self {
            keys: [0, 1].map(|side: usize| Stream {
                cipher: Arc::clone(&self.keys[side].cipher),
                draws: [0; 4],
            }),
            current: ops.start..ops.start,
            last: ops.end.saturating_sub(1).min(self.last),
            drawn: BTreeSet::new(),
            #[cfg(test)]
            repeats: self.repeats,
            #[cfg(test)]
            pieces_repeat: self.pieces_repeat,
        }
    }

    /// From now on an address may be drawn again.
    #[cfg(test)]
    pub(crate) fn let_addresses_repeat(&mut self) {
        self.repeats = true;
    }

    /// From now on every piece of a stream repeats the first.
    #[cfg(test)]
    pub(crate) fn let_pieces_repeat(&mut self) {
        self.pieces_repeat = true;
    }

    /// Adds the draws of a lane that has ended to the digests.
    pub fn join(&mut self, lane: &Self) {
        for (mine, other) in self.keys.iter_mut().zip(&lane.keys) {
            for (sum, draws) in mine.draws.iter_mut().zip(other.draws) {
                *sum = sum.wrapping_add(draws);
            }
        }
    }

    /// Ends all operations before `ops` and lets those of `ops` be drawn in any order.
    pub fn begin_group(&mut self, ops: Range<u64>) {
        if ops.start >= self.current.end {
            self.current = ops;
            self.drawn.clear();
        }
    }

    /// `n` uniform ring words.
    ///
    /// # Errors
    /// [`PrgError`] if the address was used or the draw is too long.
    pub fn draw<R: Ring>(
        &mut self,
        side: KeySide,
        op: u64,
        label: u16,
        n: usize,
    ) -> Result<Vec<R>, PrgError> {
        check_length::<R>(op, label, n)?;
        let mut words: Vec<R> = self.open(side, op, label, n * R::BYTES)?.words(n);
        if R::BITS as usize != 8 * R::BYTES {
            for word in &mut words {
                *word = word.canonical();
            }
        }
        Ok(words)
    }

    /// `n` uniform words of 64 bits, for packed bit planes.
    ///
    /// # Errors
    /// [`PrgError`] if the address was used or the draw is too long.
    pub fn draw_u64(
        &mut self,
        side: KeySide,
        op: u64,
        label: u16,
        n: usize,
    ) -> Result<Vec<u64>, PrgError> {
        check_length::<u64>(op, label, n)?;
        Ok(self.open(side, op, label, n * size_of::<u64>())?.words(n))
    }

    /// Fills `buffer` with the beginning of stream `(op, label)` of a key. The stream is then used up.
    ///
    /// # Errors
    /// [`PrgError`] if the address was used or the draw is too long.
    pub fn draw_bytes(
        &mut self,
        side: KeySide,
        op: u64,
        label: u16,
        buffer: &mut [u8],
    ) -> Result<(), PrgError> {
        self.open(side, op, label, buffer.len())?.fill(buffer);
        Ok(())
    }

    /// The first `bytes` bytes of stream `(op, label)` of a key, as a keystream. The stream is then used up.
    ///
    /// # Errors
    /// [`PrgError`] if the address was used or the draw is too long.
    pub fn open(
        &mut self,
        side: KeySide,
        op: u64,
        label: u16,
        bytes: usize,
    ) -> Result<Keystream, PrgError> {
        check_length::<u8>(op, label, bytes)?;
        if op > self.last {
            return Err(PrgError::Beyond {
                op,
                last: self.last,
            });
        }
        if op >= self.current.end {
            self.begin_group(op..op.saturating_add(1));
        }
        let used = op < self.current.start || !self.drawn.insert((side, op, label));
        #[cfg(test)]
        let used = used && !self.repeats;
        if used {
            return Err(PrgError::Reused {
                side,
                op,
                label,
                current: self.current.start,
            });
        }
        let stream = self.keys[side as usize].open(op, label, bytes);
        #[cfg(test)]
        let stream = Keystream {
            pieces_repeat: self.pieces_repeat,
            ..stream
        };
        Ok(stream)
    }

    /// Digests of all draws so far of `[K_i, K_{i+1}]`. The second equals the next party's first
    /// unless the parties' programs differ.
    #[must_use]
    pub fn digests(&self) -> [[u8; 32]; 2] {
        [&self.keys[0], &self.keys[1]].map(|stream| bytemuck::cast(stream.draws))
    }
}

fn check_length<T>(op: u64, label: u16, words: usize) -> Result<(), PrgError> {
    match words.checked_mul(size_of::<T>()) {
        Some(bytes) if bytes as u64 <= MAX_STREAM_BYTES => Ok(()),
        _ => Err(PrgError::TooLong { op, label, words }),
    }
}

impl fmt::Debug for Prg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prg")
            .field("op", &self.current.start)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use aes::Aes128Enc;
    use cipher::KeyInit;

    use super::Keystream;

    /// SP 800-38A, F.5.1: counter blocks and the keystream they give.
    #[test]
    fn counter_blocks_match_nist_sp_800_38a() {
        let key = 0x2b7e_1516_28ae_d2a6_abf7_1588_09cf_4f3c_u128.to_be_bytes();
        let first = 0xf0f1_f2f3_f4f5_f6f7_f8f9_fafb_fcfd_feff_u128;
        let expected = [
            0xec8c_df73_9860_7cb0_f2d2_1675_ea9e_a1e4_u128,
            0x362b_7c3c_6773_5163_18a0_77d7_fc50_73ae,
            0x6a2c_c378_7889_374f_beb4_c81b_17ba_6c44,
            0xe89c_399f_f0f1_98c6_d40a_31db_156c_abfe,
        ];
        for (counter, expected) in (first..).zip(expected) {
            // The standard counts in big-endian bytes, streams in little-endian ones.
            let address = counter.swap_bytes();
            let mut stream = Keystream {
                cipher: Aes128Enc::new((&key).into()).into(),
                op: (address >> 64) as u64,
                next: address as u64,
                pieces_repeat: false,
            };
            let mut block = [0; 16];
            stream.fill(&mut block);
            assert_eq!(u128::from_be_bytes(block), expected);
        }
    }
}
