//! One protocol call, and the keys that it draws from.

use crate::party::{Party, Rotation};

/// The roles of a rotated protocol, as indices into [`Op::roles`].
pub const A: usize = 0;
/// Role B, `P_{r+1}`.
pub const B: usize = 1;
/// Role C, `P_{r+2}`.
pub const C: usize = 2;

/// A key of the session by the component it belongs to: `K_j` is held by both holders of
/// component `j`, `P_{j-1}` and `P_j`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyOf(pub Party);

/// One protocol call: its address and rotation.
#[derive(Clone, Copy, Debug)]
pub struct Op {
    id: u64,
    kind: &'static str,
    rotation: Rotation,
    role: usize,
}

impl Op {
    /// Call number `id` of protocol `kind`, seen from `party`.
    pub(super) fn new(id: u64, kind: &'static str, rotation: Rotation, party: Party) -> Self {
        Self {
            id,
            kind,
            rotation,
            role: rotation.role_of(party),
        }
    }

    /// Address of the call, equal at all parties.
    #[must_use]
    pub fn id(self) -> u64 {
        self.id
    }

    /// The protocol that is called.
    #[must_use]
    pub fn kind(self) -> &'static str {
        self.kind
    }

    /// The parties that play A, B, C.
    #[must_use]
    pub fn roles(self) -> [Party; 3] {
        self.rotation.roles()
    }

    /// Who plays which role.
    #[must_use]
    pub fn rotation(self) -> Rotation {
        self.rotation
    }

    /// Which role this party plays: [`A`], [`B`] or [`C`].
    #[must_use]
    pub fn role(self) -> usize {
        self.role
    }

    /// The key `K_X` of role `role`.
    #[must_use]
    pub fn key(self, role: usize) -> KeyOf {
        KeyOf(self.roles()[role])
    }
}

/// What a draw yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Ring elements.
    Ring,
    /// Words of bit planes, or seeds.
    Words,
    /// Elements of a small field.
    Field,
}

/// Where a draw is taken from: call, and number of the step.
pub(crate) type Source = (u64, u16);
