//! What decides the cost of a gate.

use crate::ring::Ring;

/// Bytes of a seed. If the pads of a patch take no more bytes than that, the pads themselves are sent.
pub(crate) const SEED_BYTES: usize = 16;

/// Whether a patch of `area` elements has a seed instead of pads.
pub(crate) const fn is_seeded<R: Ring>(area: usize) -> bool {
    area * R::BYTES > SEED_BYTES
}

/// What decides the cost of a gate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GateSize {
    /// Elements, those that pass included.
    pub elements: usize,
    /// Elements that have a patch.
    pub signed: usize,
    /// Patches.
    pub patches: usize,
    /// Patches so large that a seed is shorter than their pads.
    pub seeds: usize,
    /// Elements of the other patches.
    pub pads: usize,
    /// Elements of the largest patch.
    pub largest: usize,
}

impl GateSize {
    /// Adds `patches` patches of `area` elements.
    pub(crate) fn add<R: Ring>(&mut self, patches: usize, area: usize) {
        if patches > 0 {
            self.largest = self.largest.max(area);
        }
        if is_seeded::<R>(area) {
            self.seeds += patches;
        } else {
            self.pads += patches * area;
        }
    }
}
