//! Values whose range is checked before the next opening: what a checked session truncates, compares and opens.

/// Most places that are remembered by name.
const NAMED: usize = 16;

/// Values that wait for their check, as one additive part of each.
#[derive(Default)]
pub(crate) struct Checks {
    /// Parts, as words of the ring; empty while costs are counted.
    words: Vec<u64>,
    /// Number of values.
    len: usize,
    /// The calls that used them.
    places: Vec<String>,
}

impl Checks {
    /// Adds values. `words` are their parts, of which a call that only counts has none.
    pub(super) fn gather(
        &mut self,
        place: String,
        len: usize,
        words: impl IntoIterator<Item = u64>,
    ) {
        self.words.extend(words);
        self.len = self.len.saturating_add(len);
        self.name(place);
    }

    /// Takes over those of a lane that has ended.
    pub(super) fn join(&mut self, lane: Self) {
        self.words.extend(lane.words);
        self.len = self.len.saturating_add(lane.len);
        lane.places.into_iter().for_each(|place| self.name(place));
    }

    fn name(&mut self, place: String) {
        if self.places.len() < NAMED && !self.places.contains(&place) {
            self.places.push(place);
        }
    }

    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The parts.
    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    /// The calls that used the values.
    pub(crate) fn places(&self) -> &[String] {
        &self.places
    }
}
