//! Who meets whom in a tournament.

use crate::ring::Ring;

/// The matches of one level.
pub(super) struct Level {
    /// `(first contestant, second contestant, result)` as flat positions.
    pub(super) matches: Vec<(usize, usize, usize)>,
    /// `(survivor, result)` where only one contestant exists.
    pub(super) walkovers: Vec<(usize, usize)>,
    /// Number of results, those that do not exist included.
    results: usize,
    /// Whether one plane is left.
    pub(super) is_last: bool,
}

impl Level {
    /// The matches among `present` entries, and which results exist.
    fn draw(planes: usize, len: usize, present: &[bool]) -> (Self, Vec<bool>) {
        let results = planes.div_ceil(2) * len;
        let mut level = Self {
            matches: vec![],
            walkovers: vec![],
            results,
            is_last: planes <= 2,
        };
        let mut exist = vec![false; results];
        for result in 0..results {
            let (pair, position) = (result / len, result % len);
            let a = 2 * pair * len + position;
            let b = if 2 * pair + 1 < planes {
                Some(a + len)
            } else {
                None
            };
            let b = b.filter(|&b| present[b]);
            match (present[a], b) {
                (true, Some(b)) => level.matches.push((a, b, result)),
                (true, None) => level.walkovers.push((a, result)),
                (false, Some(b)) => level.walkovers.push((b, result)),
                (false, None) => continue,
            }
            exist[result] = true;
        }
        (level, exist)
    }

    /// Puts winners and walkovers of one component in their places.
    pub(super) fn place<R: Ring>(&self, old: &[R], won: &[R]) -> Vec<R> {
        let mut out = vec![R::ZERO; self.results];
        for (&(_, b, result), &gain) in self.matches.iter().zip(won) {
            out[result] = old[b] + gain;
        }
        for &(survivor, result) in &self.walkovers {
            out[result] = old[survivor];
        }
        out
    }

    /// `contestant a - contestant b` of every match.
    pub(super) fn difference<R: Ring>(&self, values: &[R]) -> Vec<R> {
        self.matches
            .iter()
            .map(|&(a, b, _)| values[a] - values[b])
            .collect()
    }
}

/// The levels of a tournament, from the first on, until one plane is left.
pub(super) struct Levels {
    planes: usize,
    len: usize,
    present: Vec<bool>,
}

impl Iterator for Levels {
    type Item = Level;

    fn next(&mut self) -> Option<Level> {
        if self.planes <= 1 {
            return None;
        }
        let (level, exist) = Level::draw(self.planes, self.len, &self.present);
        self.present = exist;
        self.planes = self.planes.div_ceil(2);
        Some(level)
    }
}

/// Which entries of a tournament take part; public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// Whether an entry takes part, by plane and place.
    pub pattern: Vec<bool>,
    /// How often the places of each plane are repeated.
    pub outer: usize,
    /// Number of positions of each place.
    pub inner: usize,
}

impl Present {
    /// All of `planes` planes of `len` positions.
    #[must_use]
    pub fn all(planes: usize, len: usize) -> Self {
        Self {
            pattern: vec![true; planes],
            outer: len,
            inner: 1,
        }
    }

    /// Number of places of a plane.
    fn places(&self, planes: usize) -> usize {
        self.pattern.len() / planes.max(1)
    }

    /// Number of positions of a plane.
    pub(super) fn positions(&self, planes: usize) -> usize {
        self.places(planes) * self.outer * self.inner
    }

    /// The levels of the tournament of all entries, `len` of each plane.
    pub(super) fn levels(&self, planes: usize, len: usize) -> Levels {
        let present = self.entries(planes);
        debug_assert_eq!(present.len(), planes * len);
        Levels {
            planes,
            len,
            present,
        }
    }

    /// How many matches each level has. Looks at the pattern alone, without its repetitions.
    pub(super) fn matches(self, planes: usize) -> Vec<usize> {
        let repeats = self.outer * self.inner;
        let levels = Levels {
            planes,
            len: self.places(planes),
            present: self.pattern,
        };
        levels.map(|level| level.matches.len() * repeats).collect()
    }

    /// Whether each entry takes part, by plane and position.
    fn entries(&self, planes: usize) -> Vec<bool> {
        let places = self.places(planes);
        let mut entries = Vec::with_capacity(self.pattern.len() * self.outer * self.inner);
        for plane in self.pattern.chunks(places.max(1)) {
            for _ in 0..self.outer {
                for &present in plane {
                    entries.resize(entries.len() + self.inner, present);
                }
            }
        }
        entries
    }
}

/// The pattern is by plane and position.
impl From<Vec<bool>> for Present {
    fn from(pattern: Vec<bool>) -> Self {
        Self {
            pattern,
            outer: 1,
            inner: 1,
        }
    }
}
