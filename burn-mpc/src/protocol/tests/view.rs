//! Everything one party sees, item by item, for many independent instances of one protocol.

use crate::Party;
use crate::protocol::context::{Context, Op};
use crate::ring::Ring;

/// A drawn, sent, received or held quantity: one value of at most 8 bits per instance.
pub(crate) struct Item {
    pub(crate) bits: u32,
    pub(crate) values: Vec<u8>,
}

/// One message as its address: sent or received, peer, op, label, bytes.
pub(crate) type Step = (bool, Party, u64, u16, usize);

/// The view of one party.
#[derive(Default)]
pub(crate) struct View {
    /// Instances; 0 records the shape only.
    pub(crate) instances: usize,
    pub(crate) items: Vec<Item>,
    pub(crate) shape: Vec<Step>,
}

impl View {
    pub(crate) fn of(instances: usize) -> Self {
        Self {
            instances,
            ..Self::default()
        }
    }

    fn push(&mut self, bits: u32, values: impl Iterator<Item = u64>) {
        let values = values.map(|value| u8::try_from(value).expect("a small ring"));
        self.items.push(Item {
            bits,
            values: values.collect(),
        });
    }
}

impl Context {
    /// Records ring elements, one or more per instance: whole small ones, both ends of wide ones.
    pub(crate) fn see<R: Ring>(&mut self, values: &[R]) {
        let Some(view) = self.view.as_mut().filter(|view| view.instances > 0) else {
            return;
        };
        assert!(
            values.len().is_multiple_of(view.instances),
            "values of other instances"
        );
        for chunk in values.chunks(view.instances) {
            if R::BITS <= 8 {
                view.push(R::BITS, chunk.iter().map(|value| value.to_u64()));
            } else {
                view.push(4, chunk.iter().map(|value| value.to_u64() & 15));
                view.push(4, chunk.iter().map(|value| value.shr(R::BITS - 4).to_u64()));
            }
        }
    }

    /// Records values of at most `bits` bits, one or more per instance.
    pub(crate) fn see_small(&mut self, values: &[u8], bits: u32) {
        let Some(view) = self.view.as_mut().filter(|view| view.instances > 0) else {
            return;
        };
        assert!(
            values.len().is_multiple_of(view.instances),
            "values of other instances"
        );
        for chunk in values.chunks(view.instances) {
            view.push(bits, chunk.iter().map(|&value| value.into()));
        }
    }

    /// Records bit planes, one or more per instance.
    pub(crate) fn see_planes(&mut self, words: &[u64]) {
        let Some(view) = self.view.as_mut().filter(|view| view.instances > 0) else {
            return;
        };
        let n = view.instances;
        assert!(
            words.len().is_multiple_of(n.div_ceil(64)),
            "planes of other instances"
        );
        for plane in words.chunks(n.div_ceil(64)) {
            view.push(1, (0..n).map(|i| plane[i / 64] >> (i % 64) & 1));
        }
    }

    /// Records the address and length of a message.
    pub(crate) fn see_step(&mut self, sent: bool, peer: Party, op: Op, label: u16, bytes: usize) {
        if let Some(view) = &mut self.view {
            view.shape.push((sent, peer, op.id(), label, bytes));
        }
    }
}
