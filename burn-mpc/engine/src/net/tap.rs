//! A transport that records what arrives and misbehaves on demand. For tests only.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::error::NetError;
use super::frame::HEADER_BYTES;
use super::{Room, Transport};
use crate::Party;
use crate::sync::lock;

/// One received frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Who sent it.
    pub from: Party,
    /// Its header.
    pub header: [u8; HEADER_BYTES],
    /// The part of its payload that was read.
    pub payload: Vec<u8>,
}

/// Received frames, in the order in which they were read.
#[derive(Clone, Debug, Default)]
pub struct Records(Arc<Mutex<Vec<Record>>>);

impl Records {
    /// A copy of what was received so far.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Record> {
        self.with(|records| records.clone())
    }

    fn with<T>(&self, run: impl FnOnce(&mut Vec<Record>) -> T) -> T {
        run(&mut lock(&self.0))
    }
}

/// What happens to a frame instead of being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It vanishes.
    Drop,
    /// It is sent twice.
    Duplicate,
    /// This bit of header and payload, modulo their length, is flipped.
    FlipBit(usize),
    /// This bit of the payload, modulo its length, is flipped; of the header if there is no payload.
    FlipPayload(usize),
    /// It is sent after a pause.
    Delay(Duration),
    /// The transport closes.
    Close,
}

/// A transport around another one.
pub struct Tap {
    inner: Box<dyn Transport>,
    records: Records,
    faults: Vec<(u64, Fault)>,
    sent: AtomicU64,
}

impl Tap {
    /// A tap that only records.
    #[must_use]
    pub fn new(inner: Box<dyn Transport>) -> Self {
        Self {
            inner,
            records: Records::default(),
            faults: Vec::new(),
            sent: AtomicU64::new(0),
        }
    }

    /// Applies `fault` to the frame sent as number `frame`, counted from 0 over both peers.
    #[must_use]
    pub fn with_fault(mut self, frame: u64, fault: Fault) -> Self {
        self.faults.push((frame, fault));
        self
    }

    /// A handle to the received frames. It outlives the transport.
    #[must_use]
    pub fn records(&self) -> Records {
        self.records.clone()
    }
}

impl Transport for Tap {
    fn party(&self) -> Party {
        self.inner.party()
    }

    fn set_deadline(&self, deadline: Duration) {
        self.inner.set_deadline(deadline);
    }

    fn send(
        &self,
        to: Party,
        mut header: [u8; HEADER_BYTES],
        payload: &[&[u8]],
        room: Room,
    ) -> Result<(), NetError> {
        let frame = self.sent.fetch_add(1, Ordering::Relaxed);
        let fault = self.faults.iter().find(|(at, _)| *at == frame);
        match fault.map(|(_, fault)| *fault) {
            None => self.inner.send(to, header, payload, room),
            Some(Fault::Drop) => Ok(()),
            Some(Fault::Duplicate) => {
                self.inner.send(to, header, payload, room)?;
                self.inner.send(to, header, payload, room)
            }
            Some(Fault::FlipBit(bit) | Fault::FlipPayload(bit)) => {
                let mut payload = payload.concat();
                let whole = matches!(fault, Some((_, Fault::FlipBit(_))));
                let first = if whole || payload.is_empty() {
                    0
                } else {
                    HEADER_BYTES
                };
                let byte = first + bit / 8 % (HEADER_BYTES + payload.len() - first);
                let mask = 1 << (bit % 8);
                match byte.checked_sub(HEADER_BYTES) {
                    None => header[byte] ^= mask,
                    Some(byte) => payload[byte] ^= mask,
                }
                self.inner.send(to, header, &[&payload], room)
            }
            Some(Fault::Delay(pause)) => {
                #[allow(clippy::disallowed_methods, reason = "the delay is the fault")]
                thread::sleep(pause);
                self.inner.send(to, header, payload, room)
            }
            Some(Fault::Close) => {
                self.inner.shutdown();
                self.inner.send(to, header, payload, room)
            }
        }
    }

    fn send_last(&self, to: Party, header: [u8; HEADER_BYTES], payload: &[u8]) {
        self.inner.send_last(to, header, payload);
    }

    fn recv_header(&self, from: Party) -> Result<[u8; HEADER_BYTES], NetError> {
        let header = self.inner.recv_header(from)?;
        self.records.with(|records| {
            records.push(Record {
                from,
                header,
                payload: Vec::new(),
            });
        });
        Ok(header)
    }

    fn recv_payload(&self, from: Party, buffer: &mut [u8]) -> Result<(), NetError> {
        self.inner.recv_payload(from, buffer)?;
        self.records.with(|records| {
            if let Some(record) = records.iter_mut().rfind(|record| record.from == from) {
                record.payload.extend_from_slice(buffer);
            }
        });
        Ok(())
    }

    fn wants_tags(&self) -> bool {
        self.inner.wants_tags()
    }

    fn differing(&self) -> Option<NetError> {
        self.inner.differing()
    }

    fn binding(&self, peer: Party) -> Option<[u8; 32]> {
        self.inner.binding(peer)
    }

    fn flush(&self) {
        self.inner.flush();
    }

    fn shutdown(&self) {
        self.inner.shutdown();
    }
}
