//! A read buffer that is erased with its socket: contributions to keys arrive through it.

use std::io::{self, Read};

use zeroize::Zeroizing;

/// Reads headers and small messages together. Long ones bypass the buffer.
pub(super) struct Buffered<S> {
    socket: S,
    buffer: Zeroizing<Vec<u8>>,
    /// The part of the buffer that was filled and not yet taken.
    filled: std::ops::Range<usize>,
}

impl<S: Read> Buffered<S> {
    pub(super) fn new(capacity: usize, socket: S) -> Self {
        Self {
            socket,
            buffer: Zeroizing::new(vec![0; capacity]),
            filled: 0..0,
        }
    }
}

impl<S: Read> Read for Buffered<S> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if self.filled.is_empty() {
            if target.len() >= self.buffer.len() {
                return self.socket.read(target);
            }
            self.filled = 0..self.socket.read(&mut self.buffer)?;
        }
        let count = self.filled.len().min(target.len());
        let start = self.filled.start;
        target[..count].copy_from_slice(&self.buffer[start..start + count]);
        self.filled.start += count;
        Ok(count)
    }
}
