//! Schedules: in which order a (Block-)ReLU reshares, compares and multiplies, and how a session chooses.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Party;
use crate::error::MpcError;
use crate::protocol::{
    Comparison, Cost, GateSize, Truncation, Window, gate_cost, gate_lanes_cost, gate_masked_cost,
    gate_masked_lanes_cost, gate_rounds_cost, gate_rounds_lanes_cost, reshare_halves_cost,
    takes_lanes,
};
use crate::ring::Ring;
use burn_mpc_engine::net::shaped::LinkShape;
use burn_mpc_engine::net::{self, Mesh, NetError};

/// The schedule of a (Block-)ReLU that follows a product: `docs/spec/gate.md`, "The schedules". All give the same
/// results except for the rounding of truncations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Schedule C: reshare, compare, convert bits, multiply. The simplest; tests compare the others with it.
    Classic,
    /// Fewest bytes: schedule B, where values stay with two parties and shared bits act on them by oblivious transfer,
    /// or masked shares where every element has its own sign.
    #[default]
    Bytes,
    /// Schedule R: fewer rounds. Values are multiplied by a random bit while signs are found.
    Rounds,
    /// Schedule R with the two-round comparison, and truncations in two rounds: fewest rounds.
    FewestRounds,
    /// For every call the fastest of [`Self::Bytes`], [`Self::Rounds`] and [`Self::FewestRounds`] on links of this
    /// shape.
    Fastest(LinkShape),
    /// [`Self::Fastest`] for the worst link, as the parties measure it at set-up.
    Measured,
}

/// One way to compute a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Without a gate.
    Classic,
    /// Schedule B.
    Bytes,
    /// By masked shares.
    Masked,
    /// Schedule R.
    Rounds(Comparison),
}

const ROLES: [Party; 3] = Party::ALL;

impl Schedule {
    /// Resolves [`Self::Measured`] to a concrete schedule by measuring the links of `mesh`; others stay.
    ///
    /// # Errors
    /// Those of [`net::measure`].
    pub(super) fn measured(self, mesh: &mut Mesh, deadline: Duration) -> Result<Self, NetError> {
        if self != Self::Measured {
            return Ok(self);
        }
        let shape = net::measure(mesh, deadline)?;
        tracing::info!(
            party = %mesh.party(),
            latency = ?shape.latency,
            bits_per_second = shape.bits_per_second,
            "measured links"
        );
        Ok(Self::Fastest(shape))
    }

    /// Returns the schedule, unless it would measure links, of which an estimate has none.
    ///
    /// # Errors
    /// [`MpcError::Config`] for [`Self::Measured`].
    pub fn unmeasured(self) -> Result<Self, MpcError> {
        if self == Self::Measured {
            return Err(MpcError::Config {
                reason: "the schedule measures links, but costs are predicted without any; give the links \
                         (`Schedule::Fastest`) or another schedule"
                    .into(),
            });
        }
        Ok(self)
    }

    /// The links, given or measured, for which schedules are chosen.
    #[must_use]
    pub fn links(self) -> Option<LinkShape> {
        match self {
            Self::Fastest(shape) => Some(shape),
            _ => None,
        }
    }

    /// Public facts that the choice depends on, for the transcript: the digest of the config does not cover measured
    /// links.
    pub(super) fn facts(self) -> Vec<usize> {
        let facts = |shape: LinkShape| {
            let micros = shape.latency.as_micros() as usize;
            vec![micros, (shape.bits_per_second / 1000) as usize]
        };
        self.links().map_or_else(Vec::new, facts)
    }

    /// How a gate of that size is computed. Before links are measured that is [`Self::Bytes`].
    #[must_use]
    pub fn way<R: Ring>(self, size: GateSize, shift: u32, window: Window, mode: Truncation) -> Way {
        if mode == Truncation::Exact {
            // No gate merges the exact truncation.
            return Way::Classic;
        }
        let shape = match self {
            Self::Classic => return Way::Classic,
            Self::Bytes | Self::Measured => return cheapest::<R>(size, shift, window, mode),
            Self::Rounds => return Way::Rounds(Comparison::Tree),
            Self::FewestRounds => return Way::Rounds(Comparison::Split),
            Self::Fastest(shape) => shape,
        };
        let lanes = takes_lanes(size);
        let rounds = |how| {
            if lanes {
                gate_rounds_lanes_cost::<R>(size, shift, window, mode, how)
            } else {
                gate_rounds_cost::<R>(size, shift, window, mode, how, ROLES)
            }
        };
        let bytes = if lanes {
            gate_lanes_cost::<R>(size, shift, window, mode)
        } else {
            gate_cost::<R>(size, shift, window, mode, ROLES)
                .then(reshare_halves_cost::<R>(size.elements, ROLES))
        };
        let masked_cost = || {
            if lanes {
                gate_masked_lanes_cost::<R>(size, shift, window, mode)
            } else {
                gate_masked_cost::<R>(size, shift, window, mode, ROLES)
            }
        };
        let masked = may_be_masked::<R>(size, shift, window).then(|| (Way::Masked, masked_cost()));
        let others = [
            (Way::Bytes, bytes),
            (Way::Rounds(Comparison::Tree), rounds(Comparison::Tree)),
            (Way::Rounds(Comparison::Split), rounds(Comparison::Split)),
        ];
        fastest(shape, masked.into_iter().chain(others)).unwrap_or(Way::Bytes)
    }

    /// Whether gates are cut into lanes, which use both directions of all three links at once and take three threads
    /// per party: worth it where links are slow.
    #[must_use]
    pub fn takes_lanes(self) -> bool {
        matches!(self, Self::Fastest(_))
    }

    /// The truncation outside gates. It is the star where the session's is faithful and rounds count: the star takes
    /// one round less and loads all links equally.
    #[must_use]
    pub fn truncation(self, mode: Truncation) -> Truncation {
        match (mode, self) {
            (Truncation::Faithful, Self::Rounds | Self::FewestRounds | Self::Fastest(_)) => {
                Truncation::Star
            }
            _ => mode,
        }
    }
}

/// [`Way::Masked`] where it sends fewer bytes than schedule B.
fn cheapest<R: Ring>(size: GateSize, shift: u32, window: Window, mode: Truncation) -> Way {
    if !may_be_masked::<R>(size, shift, window) {
        return Way::Bytes;
    }
    let bytes = gate_cost::<R>(size, shift, window, mode, ROLES)
        .then(reshare_halves_cost::<R>(size.elements, ROLES));
    let masked = gate_masked_cost::<R>(size, shift, window, mode, ROLES);
    if masked.payload_bytes() < bytes.payload_bytes() {
        Way::Masked
    } else {
        Way::Bytes
    }
}

/// Whether a gate may take signs of truncated values: every element is a patch, and enough of the window is left above
/// the bits that are cut off.
fn may_be_masked<R: Ring>(size: GateSize, shift: u32, window: Window) -> bool {
    let each = size.patches == size.elements && size.signed == size.elements && size.largest <= 1;
    each && window.within::<R>().high > shift + 2
}

/// The choice that takes the least time; of equal ones the first.
fn fastest<T>(shape: LinkShape, costs: impl IntoIterator<Item = (T, Cost)>) -> Option<T> {
    costs
        .into_iter()
        .map(|(choice, cost)| (choice, cost.seconds(shape)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(choice, _)| choice)
}

#[cfg(test)]
mod tests {
    use super::{Schedule, Way};
    use crate::protocol::{Comparison, Patches, Truncation, Window, truncate_cost};
    use crate::ring::Z64;
    use burn_mpc_engine::net::shaped::LinkShape;

    #[test]
    fn large_layers_save_bytes_and_small_ones_on_slow_links_save_rounds() {
        let way = |shape, elements| {
            let size = Patches::single(elements).size::<Z64>();
            let window = Window::full::<Z64>();
            Schedule::Fastest(shape).way::<Z64>(size, 20, window, Truncation::Faithful)
        };
        assert_eq!(way(LinkShape::LAN, 1_000_000), Way::Masked);
        assert_eq!(way(LinkShape::WAN, 1_000_000), Way::Masked);
        assert_eq!(way(LinkShape::WAN, 1_000), Way::Rounds(Comparison::Split));
        assert_eq!(way(LinkShape::LAN, 1), Way::Rounds(Comparison::Split));
    }

    #[test]
    fn single_elements_are_gated_by_masked_shares_and_patches_by_transfers() {
        let way = |size, shift, window| {
            Schedule::Bytes.way::<Z64>(size, shift, window, Truncation::Faithful)
        };
        let (single, full) = (Patches::single(1000), Window::full::<Z64>());
        let size = single.size::<Z64>();
        assert_eq!(way(size, 20, full), Way::Masked);
        let narrow = Window { low: 4, high: 30 };
        assert_eq!(way(size, 20, narrow), Way::Masked);
        // Nothing would be left of it above the bits that are cut off.
        assert_eq!(way(size, 28, narrow), Way::Bytes);
        // As many patches as elements are not a patch for every element.
        for patches in [[0, 0, 1, 1], [0, 0, 0, 3]] {
            let patches = Patches::new(&patches, 4).unwrap();
            assert_eq!(way(patches.size::<Z64>(), 20, full), Way::Bytes);
        }
        let passing = Patches::joined(&[single, Patches::passing(1)]);
        assert_eq!(way(passing.size::<Z64>(), 20, full), Way::Bytes);
    }

    #[test]
    fn the_star_is_taken_where_rounds_count() {
        let of = |schedule: Schedule| schedule.truncation(Truncation::Faithful);
        assert_eq!(of(Schedule::Fastest(LinkShape::LAN)), Truncation::Star);
        assert_eq!(of(Schedule::FewestRounds), Truncation::Star);
        assert_eq!(of(Schedule::Bytes), Truncation::Faithful);
        let kept = Schedule::FewestRounds.truncation(Truncation::Probabilistic);
        assert_eq!(kept, Truncation::Probabilistic);
    }

    #[test]
    fn no_schedule_merges_a_gate_with_exact_truncation() {
        let size = Patches::single(1000).size::<Z64>();
        let window = Window::full::<Z64>();
        for schedule in [
            Schedule::Bytes,
            Schedule::Rounds,
            Schedule::FewestRounds,
            Schedule::Fastest(LinkShape::WAN),
        ] {
            let way = schedule.way::<Z64>(size, 20, window, Truncation::Exact);
            assert_eq!(way, Way::Classic, "{schedule:?}");
            assert_eq!(schedule.truncation(Truncation::Exact), Truncation::Exact);
        }
    }

    #[test]
    fn the_star_takes_no_longer_than_three_rounds_on_any_link() {
        for shape in [LinkShape::LAN, LinkShape::WAN] {
            for len in [1, 1000, 10_000_000] {
                let seconds =
                    |mode| truncate_cost::<Z64>(len, 20, mode, super::ROLES).seconds(shape);
                assert!(seconds(Truncation::Star) < seconds(Truncation::Faithful));
            }
        }
    }
}
