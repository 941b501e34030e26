//! Everything one party sees, item by item, for many independent instances of one protocol.
//!
//! A view can be staged: the draws of some keys are then the same for all instances, and one draw can be spoilt. It can
//! have a script: the draws of the other key are then counted up over all instances, and of the items only those are
//! kept that come with a message.

use std::sync::Arc;

use crate::Party;
use crate::protocol::context::{Context, Form, KeyOf, Op};
use crate::protocol::testing::SplitMix;
use crate::protocol::tests::enumerate::{Script, Yield};
use crate::ring::Ring;
use crate::step::{Named, Step};

/// A drawn, sent, received or held quantity: one value of at most 8 bits per instance.
pub(crate) struct Item {
    pub(crate) bits: u32,
    pub(crate) values: Vec<u8>,
}

/// One message as its address: sent or received, peer, op, label, bytes.
pub(crate) type Sent = (bool, Party, u64, u16, usize);

/// Where a draw comes from: call, component of the key, label.
pub(crate) type Address = (u64, usize, u16);

/// A draw of a protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) at: Address,
    /// The call's kind and its number among calls of that kind; `role` is the role whose key is drawn from.
    pub(crate) call: (String, usize),
    pub(crate) role: usize,
    pub(crate) form: Form,
    /// Elements of the patches of an instance.
    pub(crate) areas: usize,
}

impl std::fmt::Display for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, number) = &self.call;
        write!(
            f,
            "{kind} {number}: K_{} at {}",
            ["A", "B", "C"][self.role],
            Named(self.at.2)
        )
    }
}

/// A spoilt draw: it yields the draw of another address (`to`) instead, or zeros.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) at: Address,
    /// The role whose key is drawn from there. Roles depend on what earlier calls have sent, hence on lengths.
    pub(crate) role: usize,
    pub(crate) to: Option<Address>,
}

/// How a run is staged.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stage {
    /// The party whose two keys yield the same in all instances, and the number of the sample.
    pub(crate) watched: Option<(Party, u64)>,
    pub(crate) change: Option<Change>,
    /// Elements of the patches of an instance: of one patch, or of two.
    pub(crate) areas: [usize; 2],
    /// Whether every bit is kept, as a column of all instances.
    pub(crate) columns: bool,
}

/// The view of one party.
#[derive(Default)]
pub(crate) struct View {
    /// Instances; 0 records the shape only.
    pub(crate) instances: usize,
    pub(crate) items: Vec<Item>,
    /// The bits of all items, all bits of wide ones too, packed by instance; and whether a bit is the lowest of its
    /// item.
    pub(crate) columns: Vec<(bool, Vec<u64>)>,
    pub(crate) shape: Vec<Sent>,
    pub(crate) sites: Vec<Site>,
    /// Whether the draw to be spoilt was made.
    pub(crate) spoilt: bool,
    stage: Stage,
    /// Kinds of the calls so far.
    calls: Vec<(u64, String)>,
    /// What the draws yield that the watched party does not know, in an enumeration.
    script: Option<Arc<Script>>,
    /// In an enumeration: whether this is the view of the watched party, and whether a message has just come.
    watched: bool,
    hears: bool,
    /// In an enumeration: the message that each item came with, as its place in the shape.
    pub(crate) marks: Vec<usize>,
}

impl View {
    pub(crate) fn of(instances: usize, stage: Stage) -> Self {
        Self {
            instances,
            stage,
            ..Self::default()
        }
    }

    /// A view of an enumeration.
    pub(crate) fn scripted(n: usize, stage: Stage, script: Arc<Script>, watched: bool) -> Self {
        Self {
            script: Some(script),
            watched,
            ..Self::of(n, stage)
        }
    }

    /// The view of a lane.
    pub(crate) fn lane(&self) -> Self {
        Self {
            script: self.script.clone(),
            watched: self.watched,
            ..Self::of(self.instances, self.stage)
        }
    }

    /// Takes over what a lane saw, after it has ended.
    pub(crate) fn join(&mut self, lane: Self) {
        let marks = lane.marks.into_iter();
        self.marks.extend(marks.map(|mark| self.shape.len() + mark));
        self.items.extend(lane.items);
        self.columns.extend(lane.columns);
        self.shape.extend(lane.shape);
        self.sites.extend(lane.sites);
        self.spoilt |= lane.spoilt;
    }

    /// Keeps the bits of an item of any width.
    fn keep(&mut self, bits: u32, values: impl Iterator<Item = u64>) {
        if !self.stage.columns {
            return;
        }
        let mut planes = vec![vec![0_u64; self.instances.div_ceil(64)]; bits as usize];
        for (i, value) in values.enumerate() {
            for (bit, plane) in planes.iter_mut().enumerate() {
                plane[i / 64] |= (value >> bit & 1) << (i % 64);
            }
        }
        let columns = planes.into_iter().enumerate();
        self.columns
            .extend(columns.map(|(bit, plane)| (bit == 0, plane)));
    }

    fn push(&mut self, bits: u32, values: impl Iterator<Item = u64> + Clone) {
        if self.script.is_some() {
            if !self.hears {
                return;
            }
            self.marks.push(self.shape.len() - 1);
        }
        self.keep(bits, values.clone());
        self.push_end(bits, values);
    }

    /// Adds an item of at most 8 bits. Of a wide value it is one end only; [`Self::keep`] keeps all its bits.
    fn push_end(&mut self, bits: u32, values: impl Iterator<Item = u64>) {
        let values = values.map(|value| u8::try_from(value).expect("a small ring"));
        self.items.push(Item {
            bits,
            values: values.collect(),
        });
    }

    /// The kind of a call, and its number among those of that kind.
    fn kind_of(&self, op: Op) -> (String, usize) {
        let at = self.calls.iter().position(|call| call.0 == op.id());
        let Some(at) = at else {
            return (String::new(), 0);
        };
        let kind = &self.calls[at].1;
        let number = self.calls[..at].iter().filter(|call| call.1 == *kind);
        (kind.clone(), number.count())
    }

    /// The areas of the patches of an instance, if the words of a call come patch after patch: one patch for every
    /// instance in turn, then the next patch.
    fn grouped<R: Ring>(&self, op: Op, len: usize) -> Option<Vec<usize>> {
        let call = self.kind_of(op);
        let grouped = match call.0.as_str() {
            "gate" => call.1 % 3 == 2,
            "gate-rounds" => call.1 % 5 == 3,
            _ => false,
        };
        let areas = self.stage.areas.into_iter().filter(|&area| area > 0);
        let fits = |areas: &Vec<usize>| areas.iter().sum::<usize>() * self.instances == len;
        let all: Vec<usize> = areas.collect();
        let small = all.iter().copied().filter(|area| area * R::BYTES <= 16);
        let small: Vec<usize> = small.collect();
        [all, small]
            .into_iter()
            .find(|areas| grouped && fits(areas))
    }

    /// Item and instance of every word of a call.
    fn places<R: Ring>(&self, op: Op, len: usize) -> Vec<(usize, usize)> {
        let n = self.instances;
        assert!(len.is_multiple_of(n), "values of other instances");
        let Some(areas) = self.grouped::<R>(op, len) else {
            return (0..len).map(|at| (at / n, at % n)).collect();
        };
        let mut places = Vec::with_capacity(len);
        let mut before = 0;
        for area in areas {
            places.extend((0..n * area).map(|at| (before + at % area, at / area)));
            before += area;
        }
        places
    }

    /// What a watched key yields at an address for an item, in all instances.
    fn constant(&self, (op, key, label): Address, item: usize) -> Option<u64> {
        let (watched, sample) = self.stage.watched?;
        let held = [watched.index(), watched.next().index()].contains(&key);
        let address = [op, key as u64, label.into(), item as u64, sample];
        let mix =
            |state: u64, x: u64| SplitMix(state ^ x.wrapping_mul(0xd6e8_feb8_6659_fd93)).next();
        (held && self.instances > 0).then(|| address.into_iter().fold(1, mix))
    }

    /// What a draw with `radix` values yields for an item, if it is staged. The caller reduces it.
    fn staged(&self, from: Address, item: usize, radix: u64) -> Option<Yield> {
        let constant = self.constant(from, item).map(Yield::Same);
        constant.or_else(|| Some(self.script.as_ref()?.yields(from, item, radix)))
    }

    fn is_zero(&self, at: Address) -> bool {
        self.stage
            .change
            .is_some_and(|change| change.to.is_none() && change.at == at)
    }
}

/// The address of a draw.
fn address(op: Op, key: KeyOf, step: Step) -> Address {
    (op.id(), key.0.index(), step.label())
}

/// What [`Probe`](crate::protocol::context::probe::Probe) reports.
impl View {
    /// Notes the kind of a call.
    pub(crate) fn call(&mut self, id: u64, kind: &str) {
        self.calls.push((id, kind.to_owned()));
    }

    /// Notes a draw. Returns the call and label from which to take it.
    pub(crate) fn source(
        &mut self,
        op: Op,
        key: KeyOf,
        step: Step,
        form: Form,
        len: usize,
    ) -> (u64, u16) {
        let at = address(op, key, step);
        self.hears = false;
        if self.instances == 0 {
            return (op.id(), step.label());
        }
        let spoilt = self.stage.change.filter(|change| change.at == at);
        if len > 0 {
            let call = self.kind_of(op);
            let role = op.roles().iter().position(|&party| party == key.0);
            if let Some(change) = spoilt {
                assert_eq!(role, Some(change.role), "another draw is spoilt");
            }
            self.sites.push(Site {
                at,
                call,
                role: role.expect("a party"),
                form,
                areas: self.stage.areas.iter().sum(),
            });
        }
        self.spoilt |= spoilt.is_some();
        match spoilt.and_then(|change| change.to) {
            Some(to) => (to.0, to.2),
            _ => (op.id(), step.label()),
        }
    }

    /// Changes a draw of ring elements, taken from `from`, as it is staged; then records it.
    pub(crate) fn drawn<R: Ring>(
        &mut self,
        op: Op,
        key: KeyOf,
        step: Step,
        from: (u64, u16),
        values: &mut [R],
    ) {
        if self.instances == 0 {
            return;
        }
        if self.is_zero(address(op, key, step)) {
            values.fill(R::ZERO);
        } else if self.stage.watched.is_some() {
            let places = self.places::<R>(op, values.len());
            let from = (from.0, key.0.index(), from.1);
            let radix = 1_u64.checked_shl(R::BITS).unwrap_or(u64::MAX);
            let items =
                (0..values.len() / self.instances).map(|item| self.staged(from, item, radix));
            let items: Vec<_> = items.collect();
            for (value, (item, instance)) in values.iter_mut().zip(places) {
                if let Some(yielded) = &items[item] {
                    *value = R::from_u64(yielded.at(instance));
                }
            }
        }
        self.see_of(op, values);
    }

    /// Changes a draw of words of bit planes, or of seeds, as it is staged; then records it.
    pub(crate) fn drawn_words(
        &mut self,
        op: Op,
        key: KeyOf,
        step: Step,
        from: (u64, u16),
        words: &mut [u64],
    ) {
        if self.instances == 0 {
            return;
        }
        let (n, from) = (self.instances, (from.0, key.0.index(), from.1));
        // For each patch, two words per instance.
        let call = self.kind_of(op);
        let seeds = call.0 == "gate" && call.1 % 3 == 2;
        if self.is_zero(address(op, key, step)) {
            words.fill(0);
        } else if seeds {
            assert!(
                self.script.is_none() || words.is_empty(),
                "seeds are not enumerated"
            );
            for (at, word) in words.iter_mut().enumerate() {
                let item = 2 * (at / (2 * n)) + at % 2;
                *word = self.constant(from, item).unwrap_or(*word);
            }
        } else {
            for (item, plane) in words.chunks_mut(n.div_ceil(64)).enumerate() {
                match self.staged(from, item, 2) {
                    Some(Yield::Same(word)) => plane.fill((word & 1).wrapping_neg()),
                    Some(yielded) => {
                        plane.fill(0);
                        (0..n).for_each(|i| plane[i / 64] |= yielded.at(i) << (i % 64));
                    }
                    None => {}
                }
            }
        }
        if !seeds {
            self.see_planes(words);
            return;
        }
        for patch in words.chunks(2 * n) {
            for half in 0..2 {
                let low = patch.iter().skip(half).step_by(2);
                self.push(4, low.map(|word| word & 15));
            }
        }
    }

    /// Changes a draw of values below `bound` as it is staged. The caller records it.
    pub(crate) fn drawn_small(
        &mut self,
        op: Op,
        key: KeyOf,
        step: Step,
        from: (u64, u16),
        (values, bound): (&mut [u8], u8),
    ) {
        if self.instances == 0 {
            return;
        }
        if self.is_zero(address(op, key, step)) {
            values.fill(0);
            return;
        }
        let bound = u64::from(bound);
        for (item, chunk) in values.chunks_mut(self.instances).enumerate() {
            if let Some(yielded) = self.staged((from.0, key.0.index(), from.1), item, bound) {
                let values = (0..).map(|i| (yielded.at(i) % bound) as u8);
                chunk.iter_mut().zip(values).for_each(|(x, new)| *x = new);
            }
        }
    }

    /// Records ring elements, one or more per instance: whole small ones, both ends of wide ones.
    pub(crate) fn see<R: Ring>(&mut self, values: &[R]) {
        if self.instances == 0 {
            return;
        }
        let n = self.instances;
        assert!(values.len().is_multiple_of(n), "values of other instances");
        for chunk in values.chunks(n) {
            if R::BITS <= 8 {
                self.push(R::BITS, chunk.iter().map(|value| value.to_u64()));
            } else {
                let words = chunk.iter().map(|value| value.to_u64());
                self.keep(R::BITS, words.clone());
                self.push_end(4, words.clone().map(|word| word & 15));
                self.push_end(4, words.map(|word| word >> (R::BITS - 4)));
            }
        }
    }

    /// Records ring elements that a call draws, sends or receives. Arranges them item by item first, if they come patch
    /// after patch.
    pub(crate) fn see_of<R: Ring>(&mut self, op: Op, values: &[R]) {
        if self.instances == 0 {
            return;
        }
        if self.grouped::<R>(op, values.len()).is_none() {
            return self.see(values);
        }
        let n = self.instances;
        let mut arranged = values.to_vec();
        for (&value, (item, instance)) in values.iter().zip(self.places::<R>(op, values.len())) {
            arranged[item * n + instance] = value;
        }
        self.see(&arranged);
    }

    /// Records values of at most `bits` bits, one or more per instance.
    pub(crate) fn see_small(&mut self, values: &[u8], bits: u32) {
        if self.instances == 0 {
            return;
        }
        let n = self.instances;
        assert!(values.len().is_multiple_of(n), "values of other instances");
        for chunk in values.chunks(n) {
            self.push(bits, chunk.iter().map(|&value| value.into()));
        }
    }

    /// Records bit planes, one or more per instance.
    pub(crate) fn see_planes(&mut self, words: &[u64]) {
        if self.instances == 0 {
            return;
        }
        let n = self.instances;
        assert!(
            words.len().is_multiple_of(n.div_ceil(64)),
            "planes of other instances"
        );
        for plane in words.chunks(n.div_ceil(64)) {
            self.push(1, (0..n).map(|i| plane[i / 64] >> (i % 64) & 1));
        }
    }

    /// Records the address and length of a message.
    pub(crate) fn message(&mut self, sent: bool, peer: Party, op: Op, step: Step, bytes: usize) {
        self.hears = self.watched && !sent;
        self.shape.push((sent, peer, op.id(), step.label(), bytes));
    }
}

/// What tests record of what a party holds.
impl Context {
    pub(crate) fn see<R: Ring>(&mut self, values: &[R]) {
        self.probe.see(values);
    }

    pub(crate) fn see_small(&mut self, values: &[u8], bits: u32) {
        self.probe.see_small(values, bits);
    }

    pub(crate) fn see_planes(&mut self, words: &[u64]) {
        self.probe.see_planes(words);
    }
}
