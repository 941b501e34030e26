//! Declared totals and the load of each party, by which the next call chooses its rotation.

use std::sync::Arc;

use crate::party::{Party, Rotation};
use crate::protocol::context::pulse::Pulse;
use crate::protocol::cost::{Cost, Ledger};

/// How many percent more than a third of all the busiest party may have sent after the rotation of the call's number. If
/// it would be more, the call takes the rotation after which it has sent least.
const UNEVEN: u64 = 5;

/// Declared totals, and the load of each party.
#[derive(Default)]
pub(super) struct Balance {
    declared: Ledger,
    /// Shows the totals to other threads. What lanes declare is added when they end.
    pulse: Arc<Pulse>,
    /// Bytes declared since roles were last aligned, by party.
    load: [u64; 3],
    /// In a lane: the rotation of its calls, and what they have declared.
    lane: Option<(Rotation, Cost)>,
}

impl Balance {
    /// The balance of a lane, all calls of which have one rotation.
    pub(super) fn lane(rotation: Rotation) -> Self {
        Self {
            lane: Some((rotation, Cost::local())),
            ..Self::default()
        }
    }

    pub(super) fn declared(&self) -> &Ledger {
        &self.declared
    }

    pub(super) fn pulse(&self) -> &Arc<Pulse> {
        &self.pulse
    }

    /// Forgets who has sent how much.
    pub(super) fn align(&mut self) {
        self.load = [0; 3];
    }

    /// The rotation of call number `op`, or that of the lane.
    pub(super) fn turn(&self, op: u64) -> Rotation {
        let turn = usize::try_from(op % 3).unwrap_or(0);
        self.lane.as_ref().map_or(Rotation::of(turn), |lane| lane.0)
    }

    /// The rotation of call number `op` of a known cost: `op % 3`, with which calls wait least for each other, unless
    /// the busiest party would have sent over 5 percent more than a third of all; then the lightest. In a lane it is
    /// that of the lane.
    pub(super) fn turn_costing(&self, op: u64, cost: impl Fn([Party; 3]) -> Cost) -> Rotation {
        let turn = self.turn(op);
        if self.lane.is_some() {
            return turn;
        }
        let total: u64 = self.loaded(&cost(Party::ALL)).iter().sum();
        let busiest = self.busiest(cost);
        let lightest = lightest(busiest);
        let is_even = 300 * busiest[turn.number()] <= (100 + UNEVEN) * total;
        if is_even || busiest[turn.number()] == busiest[lightest.number()] {
            turn
        } else {
            lightest
        }
    }

    /// The rotation after which the busiest party has sent least, or that of the lane.
    pub(super) fn lightest_turn(&self, cost: impl Fn([Party; 3]) -> Cost) -> Rotation {
        match &self.lane {
            Some(lane) => lane.0,
            None => lightest(self.busiest(cost)),
        }
    }

    /// Adds the cost of a call.
    pub(super) fn declare(&mut self, cost: &Cost) {
        if let Some((_, declared)) = &mut self.lane {
            *declared = core::mem::take(declared).then(cost.clone());
            return;
        }
        self.declared.add(cost);
        self.pulse.tell(&self.declared);
        self.load = self.loaded(cost);
    }

    /// Adds the cost of an input. It counts for no load: its owner alone can send it, and no later call should spare that
    /// party for it.
    pub(super) fn declare_input(&mut self, cost: &Cost) {
        let load = self.load;
        self.declare(cost);
        self.load = load;
    }

    /// Adds the costs that lanes, which ran at the same time, have declared.
    pub(super) fn join(&mut self, lanes: Vec<Self>) {
        let costs = lanes.into_iter().filter_map(|lane| lane.lane);
        let costs: Vec<Cost> = costs.map(|(_, declared)| declared).collect();
        self.declared.add_lanes(&costs);
        self.pulse.tell(&self.declared);
        for cost in &costs {
            self.load = self.loaded(cost);
        }
    }

    /// How much the busiest party will have sent after a call, for each rotation of the call.
    fn busiest(&self, cost: impl Fn([Party; 3]) -> Cost) -> [u64; 3] {
        Rotation::ALL.map(|rotation| {
            let sent = self.loaded(&cost(rotation.roles()));
            sent.into_iter().fold(0, u64::max)
        })
    }

    /// How much each party will have sent after `cost`.
    fn loaded(&self, cost: &Cost) -> [u64; 3] {
        let sent = cost.sent();
        [0, 1, 2].map(|i| self.load[i] + sent[i])
    }
}

/// The rotation after which the busiest party has sent least.
fn lightest(busiest: [u64; 3]) -> Rotation {
    let [first, ..] = Rotation::ALL;
    Rotation::ALL
        .into_iter()
        .min_by_key(|rotation| busiest[rotation.number()])
        .unwrap_or(first)
}
