//! What a search may use of memory and time.

/// What a search may use. Beyond these limits the solution is still feasible and its bound valid,
/// but it is not called optimal.
///
/// Memory is at most about 400 bytes per live state and 8 bytes per stored state, plus 120 bytes
/// per option of the problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// States alive at once.
    pub(super) live: usize,
    /// States stored to recover the choice.
    pub(super) stored: usize,
    /// States visited, kept or not; ten million take about a second.
    pub(super) visited: u64,
}

impl Default for Limits {
    /// 2^19 live, 2^25 stored (together within half a GiB) and 2^26 visited states.
    fn default() -> Self {
        Self {
            live: 1 << 19,
            stored: 1 << 25,
            visited: 1 << 26,
        }
    }
}

impl Limits {
    /// These limits with `live` states alive at once.
    pub const fn with_live(mut self, live: usize) -> Self {
        self.live = live;
        self
    }

    /// These limits with `stored` stored states, `2^31` at most.
    pub const fn with_stored(mut self, stored: usize) -> Self {
        self.stored = if stored < 1 << 31 { stored } else { 1 << 31 };
        self
    }

    /// These limits with `visited` visited states, kept or not; ten million take about a second.
    pub const fn with_visited(mut self, visited: u64) -> Self {
        self.visited = visited;
        self
    }
}
