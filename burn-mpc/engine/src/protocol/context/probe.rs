//! Observers of a context: a range board, which collects magnitudes for a calibration, and in unit tests a recorder.

use std::sync::Arc;

use crate::Party;
use crate::protocol::context::op::{Form, KeyOf, Op, Source};
#[cfg(not(test))]
use crate::protocol::context::recorder::Recorder;
use crate::protocol::ranges::RangeBoard;
#[cfg(test)]
use crate::protocol::tests::view::View as Recorder;
use crate::protocol::window::Window;
use crate::ring::Ring;
use crate::step::Step;

/// Sees what a party holds, draws, sends and receives.
///
/// A range board exists only in a calibration, among the parties of one process. A recorder exists only in unit tests:
/// elsewhere its type has no value, and calls of it do nothing.
#[derive(Default)]
pub(crate) struct Probe {
    ranges: Option<Arc<RangeBoard>>,
    /// The layer that values belong to.
    layer: String,
    recorder: Option<Recorder>,
}

impl Probe {
    /// The probe of a lane.
    pub(super) fn lane(&self) -> Self {
        Self {
            ranges: self.ranges.clone(),
            layer: self.layer.clone(),
            recorder: self.recorder.as_ref().map(Recorder::lane),
        }
    }

    /// Takes over what a lane recorded, after it has ended.
    pub(super) fn join(&mut self, lane: Self) {
        if let (Some(recorder), Some(lane)) = (&mut self.recorder, lane.recorder) {
            recorder.join(lane);
        }
    }

    pub(super) fn set_ranges(&mut self, board: Arc<RangeBoard>) {
        self.ranges = Some(board);
    }

    pub(super) fn ranges(&self) -> Option<Arc<RangeBoard>> {
        self.ranges.clone()
    }

    pub(super) fn set_layer(&mut self, name: &str) {
        name.clone_into(&mut self.layer);
    }

    /// The place of a call in the program: `layer / protocol`.
    pub(crate) fn path(&self, op: Op) -> String {
        self.place(op.kind())
    }

    /// The place of a function in the program: `layer / function`.
    pub(crate) fn place(&self, function: &str) -> String {
        if self.layer.is_empty() {
            function.to_owned()
        } else {
            format!("{} / {function}", self.layer)
        }
    }

    /// Shows the range board a value that is truncated; it must stay below `2^(k-2)`.
    pub(crate) fn truncated<R: Ring>(&self, party: Party, op: Op, part: &[R]) {
        if let Some(board) = &self.ranges {
            board.deposit(op.id(), party, &self.layer, part);
        }
    }

    /// Shows the range board values of which only the sign is used.
    pub(crate) fn signed<R: Ring>(
        &self,
        party: Party,
        op: Op,
        window: Window,
        sums: impl FnOnce() -> Vec<R>,
    ) {
        if let Some(board) = &self.ranges {
            board.deposit_signed(op.id(), party, &self.layer, &sums(), window);
        }
    }

    /// Shows the range board a value that is opened.
    pub(crate) fn opened<R: Ring>(&self, party: Party, op: Op, value: impl FnOnce() -> Vec<R>) {
        if let Some(board) = &self.ranges {
            board.deposit_opened(op.id(), party, &self.layer, &value());
        }
    }

    /// Whether there is a recorder. If so, words are drawn and received whole.
    pub(super) fn records(&self) -> bool {
        self.recorder.is_some()
    }

    /// Sets the recorder from now on; returns the previous one.
    #[cfg(test)]
    pub(crate) fn record(&mut self, recorder: Option<Recorder>) -> Option<Recorder> {
        core::mem::replace(&mut self.recorder, recorder)
    }

    /// Records the kind of a call.
    pub(super) fn call(&mut self, id: u64, kind: &str) {
        if let Some(recorder) = &mut self.recorder {
            recorder.call(id, kind);
        }
    }

    /// Records the address and length of a message.
    pub(super) fn message(&mut self, sent: bool, peer: Party, op: Op, step: Step, bytes: usize) {
        if let Some(recorder) = &mut self.recorder {
            recorder.message(sent, peer, op, step, bytes);
        }
    }

    /// Records a draw. Returns where it is taken from, which a test may change.
    pub(crate) fn source(
        &mut self,
        op: Op,
        key: KeyOf,
        step: Step,
        form: Form,
        len: usize,
    ) -> Source {
        match &mut self.recorder {
            Some(recorder) => recorder.source(op, key, step, form, len),
            None => (op.id(), step.label()),
        }
    }

    /// Records drawn ring elements.
    pub(super) fn drawn<R: Ring>(
        &mut self,
        op: Op,
        key: KeyOf,
        step: Step,
        from: Source,
        values: &mut [R],
    ) {
        if let Some(recorder) = &mut self.recorder {
            recorder.drawn(op, key, step, from, values);
        }
    }

    /// Records drawn words of bit planes, or of seeds.
    pub(super) fn drawn_words(
        &mut self,
        op: Op,
        key: KeyOf,
        step: Step,
        from: Source,
        words: &mut [u64],
    ) {
        if let Some(recorder) = &mut self.recorder {
            recorder.drawn_words(op, key, step, from, words);
        }
    }

    /// Records drawn values below a bound.
    pub(crate) fn drawn_small(
        &mut self,
        op: Op,
        key: KeyOf,
        step: Step,
        from: Source,
        drawn: (&mut [u8], u8),
    ) {
        if let Some(recorder) = &mut self.recorder {
            recorder.drawn_small(op, key, step, from, drawn);
        }
    }

    /// Records ring elements.
    pub(crate) fn see<R: Ring>(&mut self, values: &[R]) {
        if let Some(recorder) = &mut self.recorder {
            recorder.see(values);
        }
    }

    /// Records two runs of ring elements as one. Copies nothing if there is no recorder.
    pub(crate) fn see_both<R: Ring>(&mut self, first: &[R], second: &[R]) {
        if let Some(recorder) = &mut self.recorder {
            recorder.see(&[first, second].concat());
        }
    }

    /// Records ring elements that a call draws, sends or receives.
    pub(crate) fn see_of<R: Ring>(&mut self, op: Op, values: &[R]) {
        if let Some(recorder) = &mut self.recorder {
            recorder.see_of(op, values);
        }
    }

    /// Records values of at most `bits` bits.
    pub(crate) fn see_small(&mut self, values: &[u8], bits: u32) {
        if let Some(recorder) = &mut self.recorder {
            recorder.see_small(values, bits);
        }
    }

    /// Records bit planes.
    pub(crate) fn see_planes(&mut self, words: &[u64]) {
        if let Some(recorder) = &mut self.recorder {
            recorder.see_planes(words);
        }
    }
}
