//! The three parties of a session.

use core::fmt;

use serde::{Deserialize, Serialize};

/// One of the three computing parties. Indices are taken modulo three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Party {
    /// Party 0, holder of the components `(x_0, x_1)`.
    P0,
    /// Party 1, holder of the components `(x_1, x_2)`.
    P1,
    /// Party 2, holder of the components `(x_2, x_0)`.
    P2,
}

impl Party {
    /// All three, in order.
    pub const ALL: [Self; 3] = [Self::P0, Self::P1, Self::P2];

    /// The party of index `index mod 3`.
    #[must_use]
    pub const fn of(index: usize) -> Self {
        match index % 3 {
            0 => Self::P0,
            1 => Self::P1,
            _ => Self::P2,
        }
    }

    /// The parties in the roles A, B, C of rotation `rotation mod 3`.
    #[must_use]
    pub const fn in_roles(rotation: usize) -> [Self; 3] {
        [
            Self::of(rotation),
            Self::of(rotation + 1),
            Self::of(rotation + 2),
        ]
    }

    /// 0, 1 or 2.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// `P_{i+1}`: the party that shares this party's second component.
    #[must_use]
    pub const fn next(self) -> Self {
        Self::of(self.index() + 1)
    }

    /// `P_{i-1}`: the party that shares this party's first component.
    #[must_use]
    pub const fn prev(self) -> Self {
        Self::of(self.index() + 2)
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P{}", self.index())
    }
}

#[cfg(test)]
mod tests {
    use super::Party;

    #[test]
    fn next_and_prev_are_inverse_and_cyclic() {
        for party in Party::ALL {
            assert_eq!(party.next().prev(), party);
            assert_eq!(party.next().next().next(), party);
            assert_ne!(party.next(), party.prev());
        }
    }
}
