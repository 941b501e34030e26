//! The dynamic program over the core: lists of undominated states, pruned by bound.

use super::core_groups::{Change, Core, Prospect};
use super::integer::{Instance, Multiplier};
use super::limits::Limits;

/// No node, or no change.
const NONE: u32 = u32::MAX;

/// A choice for the groups decided so far, the others relaxed.
#[derive(Clone, Copy, Debug)]
struct State {
    /// Weight beyond the capacity, negative while some is left.
    excess: i128,
    /// Summed reduced costs.
    reduced: i128,
    /// The changes made before the last group decided.
    node: u32,
    /// The change made in that group.
    change: u32,
}

/// A change, and the changes made before it.
#[derive(Clone, Copy)]
struct Node {
    before: u32,
    change: u32,
}

/// What a search found.
pub(super) struct Found {
    /// A choice better than the incumbent; the best of all if the search is complete.
    pub(super) choice: Option<Vec<u32>>,
    /// A lower bound on the scaled loss of all choices that the limits made the search skip. `None` if the search is
    /// complete.
    pub(super) left_out: Option<i128>,
    /// States made, kept or not.
    pub(super) states: u64,
}

/// The search's data.
struct Search<'a> {
    core: &'a Core,
    prospects: Vec<Prospect>,
    multiplier: Multiplier,
    nodes: Vec<Node>,
    /// Largest [`Search::worth`] of a better choice.
    gap: i128,
    /// How much lower the worth of the next best choice must be.
    step: i128,
    best: Option<State>,
    /// The least reduced cost that a skipped state can end with.
    left_out: Option<i128>,
    states: u64,
    limits: Limits,
}

/// The best choice whose scaled loss is at most `limit`, if there is one. If the scaled losses of two choices differ by
/// less than `step`, either may be found.
pub(super) fn search(
    instance: &Instance,
    core: &Core,
    multiplier: Multiplier,
    limit: i128,
    step: i128,
    limits: Limits,
) -> Found {
    let mut search = Search {
        core,
        prospects: core.prospects(),
        multiplier,
        nodes: Vec::new(),
        gap: limit - core.bound,
        step,
        best: None,
        left_out: None,
        states: 0,
        limits,
    };
    search.run();
    let choice = search.best.map(|state| search.choice(state));
    debug_assert!(
        choice
            .as_ref()
            .is_none_or(|choice| instance.total(choice).weight <= instance.capacity)
    );
    Found {
        choice,
        left_out: search.left_out.map(|reduced| core.bound + reduced),
        states: search.states,
    }
}

impl Search<'_> {
    fn run(&mut self) {
        let start = State {
            excess: self.core.excess,
            reduced: 0,
            node: NONE,
            change: NONE,
        };
        let mut states = vec![start];
        self.settle(&mut states, 0);
        let (mut merged, mut spare) = (Vec::new(), Vec::new());
        for rank in 0..self.core.groups() {
            if states.is_empty() {
                return;
            }
            if self.states > self.limits.visited {
                self.thin(&mut states, 0, rank, self.prospects[rank].least);
                return;
            }
            merged.clear();
            merged.extend_from_slice(&states);
            for index in self.core.starts[rank]..self.core.starts[rank + 1] {
                spare.clear();
                self.merge(&merged, &states, index, &mut spare);
                std::mem::swap(&mut merged, &mut spare);
                self.states += states.len() as u64;
                if merged.len() > 2 * self.limits.live {
                    self.thin(&mut merged, self.limits.live, rank, 0);
                }
            }
            std::mem::swap(&mut merged, &mut states);
            self.settle(&mut states, rank + 1);
        }
    }

    /// The scaled loss, less the bound, of a state with the undecided groups left relaxed. It is a real loss only for
    /// feasible states, but all states can be compared by it.
    fn worth(&self, state: &State) -> i128 {
        state.reduced - self.multiplier.weight * state.excess
    }

    /// Merges `merged` with `states` after the change at `index`. Drops dominated states: those whose excess and worth
    /// are both no lower than another's. All lists ascend in excess and descend in worth.
    fn merge(&self, merged: &[State], states: &[State], index: usize, out: &mut Vec<State>) {
        let Change {
            weight, reduced, ..
        } = self.core.changes[index];
        let room = self.gap - reduced;
        let mut changed = states
            .iter()
            .filter(|state| state.reduced <= room)
            .map(|state| State {
                excess: state.excess + weight,
                reduced: state.reduced + reduced,
                node: state.node,
                change: index as u32,
            })
            .peekable();
        let mut least = i128::MAX;
        let mut push = |state: State| {
            let worth = self.worth(&state);
            if worth < least {
                least = worth;
                out.push(state);
            }
        };
        for &state in merged {
            let before = |other: &State| {
                (other.excess, self.worth(other)) < (state.excess, self.worth(&state))
            };
            while let Some(other) = changed.next_if(before) {
                push(other);
            }
            push(state);
        }
        changed.for_each(push);
    }

    /// Takes the best complete choice among the states, drops those that cannot become better, and stores
    /// the changes of the others.
    fn settle(&mut self, states: &mut Vec<State>, decided: usize) {
        let feasible = states.partition_point(|state| state.excess <= 0);
        // Worth descends: the last feasible state is the best.
        if let Some(&state) = states[..feasible].last()
            && self.worth(&state) <= self.gap
        {
            let mut state = state;
            self.store(&mut state);
            self.gap = self.worth(&state) - self.step;
            self.best = Some(state);
        }
        let prospect = self.prospects[decided];
        states.retain(|state| self.promising(state, &prospect));
        let free = self.limits.stored.saturating_sub(self.nodes.len());
        self.thin(states, self.limits.live.min(free), decided, prospect.least);
        for state in states {
            self.store(state);
        }
    }

    /// Whether a state can still become better than the best.
    fn promising(&self, state: &State, prospect: &Prospect) -> bool {
        let room = self.gap - state.reduced;
        if room < prospect.least || state.excess > prospect.relief {
            return false;
        }
        // Rounding is covered twice: here, and in the rates.
        self.correction(state, prospect) <= room as f64 * (1.0 + 1e-12)
    }

    /// The least cost of using up a state's slack or undoing its excess.
    fn correction(&self, state: &State, prospect: &Prospect) -> f64 {
        let rate = if state.excess > 0 {
            prospect.down
        } else {
            prospect.up.min(self.multiplier.weight as f64)
        };
        match state.excess.abs() {
            0 => 0.0,
            distance => distance as f64 * rate,
        }
    }

    /// Skips the least promising states if there are more than `most`. Each of them still has to pay at least
    /// `further`.
    fn thin(&mut self, states: &mut Vec<State>, most: usize, decided: usize, further: i128) {
        if states.len() <= most {
            return;
        }
        let prospect = self.prospects[decided];
        let estimate = |state: &State| {
            let total = state.reduced as f64 + self.correction(state, &prospect);
            (total, state.excess.abs(), state.excess)
        };
        let order = |a: &(f64, i128, i128), b: &(f64, i128, i128)| {
            (a.0.total_cmp(&b.0)).then((a.1, a.2).cmp(&(b.1, b.2)))
        };
        let mut estimates: Vec<_> = states.iter().map(estimate).collect();
        let (_, &mut first_out, _) = estimates.select_nth_unstable_by(most, order);
        let mut least = self.left_out.unwrap_or(i128::MAX);
        states.retain(|state| {
            let kept = order(&estimate(state), &first_out).is_lt();
            if !kept {
                least = least.min(state.reduced + further);
            }
            kept
        });
        self.left_out = Some(least);
    }

    fn store(&mut self, state: &mut State) {
        if state.change != NONE {
            self.nodes.push(Node {
                before: state.node,
                change: state.change,
            });
            state.node = self.nodes.len() as u32 - 1;
            state.change = NONE;
        }
    }

    /// The choice of a stored state.
    fn choice(&self, state: State) -> Vec<u32> {
        let mut choice = self.core.relaxed.clone();
        let mut node = state.node;
        while node != NONE {
            let Node { before, change } = self.nodes[node as usize];
            let change = self.core.changes[change as usize];
            choice[change.group as usize] = change.to;
            node = before;
        }
        choice
    }
}
