//! Names and numbers of all messages and draws.
//!
//! A message or a draw has the address `(call, step)`. All steps are listed here, by family of protocols. The list
//! gives each step its own number, so no two steps of any protocols can share an address within a call. Frames and
//! streams carry the number; errors print the name.

use core::fmt;

/// Levels of the deepest tree over the bits of a word, with room to spare.
const LEVELS: u16 = 8;

/// Bits of the widest word.
const WORD: u16 = 64;

/// Chunks of the longest comparison, chosen so that its steps and all others together fit into 16 bits.
const CHUNKS: u16 = 8160;

/// Most steps that a draw by rejection may take: the first and its continuations.
pub(crate) const ATTEMPTS: u16 = 2;

/// Numbers taken by a step of a comparison that repeats in every chunk and may be continued.
const REPEATED: u16 = ATTEMPTS * CHUNKS;

/// Replaces the step in an error about a message that came between two calls.
pub(crate) const BETWEEN_CALLS: u16 = u16::MAX;

/// A message or a draw of a protocol, or a run of these with an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    first: u16,
    count: u16,
}

impl Step {
    /// The number in frames and streams.
    #[must_use]
    pub const fn label(self) -> u16 {
        self.first
    }

    /// Step `index` of a run; none beyond its end.
    #[must_use]
    pub fn at(self, index: usize) -> Option<Self> {
        let index = u16::try_from(index).ok().filter(|&i| i < self.count)?;
        Some(Self {
            first: self.first + index,
            count: self.count - index,
        })
    }

    /// A made-up step, for tests.
    #[cfg(any(test, feature = "testkit"))]
    #[must_use]
    pub const fn made_up(label: u16) -> Self {
        Self {
            first: label,
            count: 1,
        }
    }

    /// A run of made-up steps for tests, long enough for a draw by rejection.
    #[cfg(test)]
    pub(crate) const fn made_up_run(label: u16) -> Self {
        Self {
            first: label,
            count: ATTEMPTS,
        }
    }

    /// Step `place` of family `family` in the list.
    const fn listed(family: usize, place: usize) -> Self {
        let (mut first, mut i) = (0, 0);
        while i < family {
            first += len(LIST[i].1);
            i += 1;
        }
        let (steps, mut i) = (LIST[family].1, 0);
        while i < place {
            first += steps[i].1;
            i += 1;
        }
        Self {
            first,
            count: steps[place].1,
        }
    }
}

/// How many numbers a family takes.
const fn len(steps: &[(&str, u16)]) -> u16 {
    let (mut sum, mut i) = (0, 0);
    while i < steps.len() {
        sum += steps[i].1;
        i += 1;
    }
    sum
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Named(self.first).fmt(f)
    }
}

/// Prints the name of the step with this number: `leaf.one_hot`, or `tree.level[2]` of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named(pub u16);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == BETWEEN_CALLS {
            return f.write_str("between calls");
        }
        let mut left = self.0;
        for &(family, steps) in LIST {
            for &(step, count) in steps {
                if left >= count {
                    left -= count;
                    continue;
                }
                write!(f, "{family}.{}", step.to_ascii_lowercase())?;
                return if count == 1 {
                    Ok(())
                } else {
                    write!(f, "[{left}]")
                };
            }
        }
        write!(f, "unknown step {}", self.0)
    }
}

/// Lists all steps: `family { STEP, RUN[count] }`. A constant per step and the list of their names come from it.
macro_rules! steps {
    ($($(#[$doc:meta])* $family:ident { $($step:ident $([$count:expr])?),+ $(,)? })+) => {
        /// Every family and its steps, in the order of their numbers.
        const LIST: &[(&str, &[(&str, u16)])] = &[
            $((stringify!($family), &[$((stringify!($step), steps!(@count $($count)?))),+])),+
        ];

        #[expect(non_camel_case_types, reason = "families are modules")]
        enum Family { $($family),+ }

        $(
            $(#[$doc])*
            pub(crate) mod $family {
                use super::{Family, Step};

                #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "steps are constants")]
                enum Place { $($step),+ }

                $(pub(crate) const $step: Step = Step::listed(Family::$family as usize, Place::$step as usize);)+
            }
        )+
    };
    (@count) => { 1 };
    (@count $count:expr) => { $count };
}

steps! {
    /// Agreement on keys, before the first call.
    setup { NONCES, CONTRIBUTIONS, LENGTH, TEXT, CONFIRM }
    /// Measurement of links, before the first call.
    links { PLAN, THERE, BACK, FIGURES }
    input { MASK, MESSAGE, MASK_BACK, MESSAGE_BACK }
    reshare { ZERO, MESSAGE }
    agree { DIGEST }
    flags { FACTOR, ZERO }
    reveal { VALUE, COPY, ZERO }
    /// Gathering a value at two parties, and spreading it.
    halves { ZERO, GATHER, SPREAD_A, SPREAD_B }
    random_bits { BITS }
    and { PRODUCT }
    b2a { BETA, OUTPUT_A, OUTPUT_B, PRODUCT }
    lift_halves { ALPHA, BETA, RANDOM, DEALT, A_BAR, B_BAR }
    open_masked { ZERO, PART }
    split_bits { PART_A, PART_B }
    /// The one-hot leaf of carry and equality trees.
    leaf { ONE_HOT, OUTPUT_A, OUTPUT_B }
    /// The levels above a leaf.
    tree { LEVEL[LEVELS] }
    /// The two-round comparison, by chunk and attempt.
    compare { FLIP, SHARES[REPEATED], FACTORS[REPEATED], PADS[REPEATED], TURNS[REPEATED] }
    faithful { ALPHA, C0, BETA, TO_B, A_BAR, B_BAR }
    exact { FORWARD }
    star { MASK, SHIFT, NU, RHO_B, RHO_C, TO_A, FROM_A, OUTPUT }
    rounding { FORWARD, COPY }
    /// Products of bits and values of two parties.
    conditional { SEED_0, SEED_1, PAD_0, PAD_1, CHOSEN, DIFFERENCE }
    gate { SUMS }
    gate_rounds { SUMS, RHO, ZERO, PART }
    /// A carry tree whose products one party deals.
    dealt { PAD[LEVELS], OUTPUT_A[LEVELS], OUTPUT_B[LEVELS] }
    /// Weighted sums of bits, by bit of a word.
    compose { BETA[WORD], MESSAGE, OUTPUT_A, OUTPUT_B, PRODUCT }
    /// Products of shared bits and shared values.
    inject { BETA, PRODUCT, OUTPUT_A, OUTPUT_B }
    /// Rows in an order that nobody knows.
    shuffle { ORDER }
}

/// A digest of the names and numbers of all steps. Parties whose programs number them differently must not run
/// together.
#[must_use]
pub fn digest() -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("burn-mpc/v2/steps");
    for (family, steps) in LIST {
        hasher.update(family.as_bytes());
        for (name, count) in *steps {
            hasher.update(b"/").update(name.as_bytes());
            hasher.update(&count.to_le_bytes());
        }
        hasher.update(b"\n");
    }
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{CHUNKS, LIST, Named, Step, compare, leaf, tree};

    #[test]
    fn every_step_has_a_number_and_a_name_of_its_own() {
        let (mut next, mut names) = (0_u32, BTreeSet::new());
        for (family, &(_, steps)) in LIST.iter().enumerate() {
            for (place, &(_, count)) in steps.iter().enumerate() {
                let step = Step::listed(family, place);
                assert!(count > 0);
                assert_eq!((u32::from(step.first), step.count), (next, count));
                for index in 0..usize::from(count) {
                    let label = step.at(index).unwrap().label();
                    assert_eq!(u32::from(label), next);
                    assert!(names.insert(Named(label).to_string()), "{}", Named(label));
                    next += 1;
                }
                assert_eq!(step.at(count.into()), None);
            }
        }
        assert!(
            next <= 1 << 16,
            "{next} steps, more than a frame can tell apart"
        );
        assert_eq!(names.len(), next as usize);
    }

    #[test]
    fn names_say_family_step_and_index() {
        assert_eq!(leaf::ONE_HOT.to_string(), "leaf.one_hot");
        assert_eq!(tree::LEVEL.at(2).unwrap().to_string(), "tree.level[2]");
        let last = usize::from(2 * CHUNKS - 1);
        let name = compare::TURNS.at(last).unwrap().to_string();
        assert_eq!(name, format!("compare.turns[{last}]"));
        assert_eq!(Named(u16::MAX - 1).to_string(), "unknown step 65534");
    }
}
