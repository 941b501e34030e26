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

/// Who plays A, B and C in a protocol whose parties differ: three in a row, of which A is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    a: Party,
}

impl Rotation {
    /// All three, by their numbers.
    pub const ALL: [Self; 3] = [Self::of(0), Self::of(1), Self::of(2)];

    /// Rotation number `number mod 3`, in which the party of that index plays A.
    #[must_use]
    pub const fn of(number: usize) -> Self {
        Self::with_a(Party::of(number))
    }

    /// The rotation in which `party` plays A.
    #[must_use]
    pub const fn with_a(party: Party) -> Self {
        Self { a: party }
    }

    /// 0, 1 or 2: the index of A.
    #[must_use]
    pub const fn number(self) -> usize {
        self.a.index()
    }

    /// The parties that play A, B, C.
    #[must_use]
    pub const fn roles(self) -> [Party; 3] {
        [self.a, self.a.next(), self.a.prev()]
    }

    /// Index of the role that `party` plays: 0 for A, 1 for B, 2 for C.
    #[must_use]
    pub const fn role_of(self, party: Party) -> usize {
        (party.index() + 3 - self.a.index()) % 3
    }
}

#[cfg(test)]
mod tests {
    use super::{Party, Rotation};

    #[test]
    fn next_and_prev_are_inverse_and_cyclic() {
        for party in Party::ALL {
            assert_eq!(party.next().prev(), party);
            assert_eq!(party.next().next().next(), party);
            assert_ne!(party.next(), party.prev());
        }
    }

    #[test]
    fn every_party_plays_the_role_at_its_place() {
        for (number, rotation) in Rotation::ALL.into_iter().enumerate() {
            assert_eq!(
                (rotation.number(), Rotation::of(number + 3)),
                (number, rotation)
            );
            let roles = rotation.roles();
            for party in Party::ALL {
                assert_eq!(roles[rotation.role_of(party)], party);
            }
        }
    }
}
