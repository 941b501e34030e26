//! A good choice to begin with.

use super::integer::Instance;
use super::relax::Relaxation;

/// Most steps that fill the capacity left over.
const ROUNDS: usize = 16;

/// A feasible choice, and the capacity it leaves.
#[derive(Clone)]
struct Draft {
    choice: Vec<u32>,
    room: i128,
}

/// The better of two greedy choices. One takes all steps that fit. The other takes the first step
/// that does not fit too, then the cheapest step back that restores feasibility. Both then fill the
/// room left over.
pub(super) fn incumbent(instance: &Instance, relaxation: &Relaxation) -> Vec<u32> {
    let mut fitting = Draft {
        choice: vec![0; instance.groups()],
        room: instance.capacity,
    };
    for step in &relaxation.steps[..relaxation.fitting] {
        fitting.change(instance, step.group, step.to);
    }
    let broken = relaxation.steps[relaxation.fitting];
    let mut exceeding = fitting.clone();
    exceeding.change(instance, broken.group, broken.to);
    for step in &relaxation.steps[relaxation.fitting..] {
        let (weight, _) = fitting.delta(instance, step.group, step.to);
        if weight <= fitting.room {
            fitting.change(instance, step.group, step.to);
        }
    }
    fitting.fill(instance);
    if exceeding.step_back(instance) {
        exceeding.fill(instance);
        if instance.total(&exceeding.choice).loss < instance.total(&fitting.choice).loss {
            return exceeding.choice;
        }
    }
    fitting.choice
}

impl Draft {
    /// Weight and loss added by choosing `to` in `group`.
    fn delta(&self, instance: &Instance, group: u32, to: u32) -> (i128, i128) {
        let now = instance.chosen(group as usize, &self.choice);
        let then = instance.group(group as usize)[to as usize];
        (then.weight - now.weight, then.loss - now.loss)
    }

    fn change(&mut self, instance: &Instance, group: u32, to: u32) {
        self.room -= self.delta(instance, group, to).0;
        self.choice[group as usize] = to;
    }

    /// Makes the single change of least added loss that restores feasibility.
    fn step_back(&mut self, instance: &Instance) -> bool {
        let mut best: Option<(i128, u32, u32)> = None;
        for group in 0..instance.groups() as u32 {
            // Losses descend: the heaviest point that is light enough loses least.
            for to in (0..self.choice[group as usize]).rev() {
                let (weight, loss) = self.delta(instance, group, to);
                if weight <= self.room {
                    if best.is_none_or(|(least, ..)| loss < least) {
                        best = Some((loss, group, to));
                    }
                    break;
                }
            }
        }
        if let Some((_, group, to)) = best {
            self.change(instance, group, to);
        }
        best.is_some()
    }

    /// Takes the step up that saves most while one fits, `ROUNDS` times at most.
    fn fill(&mut self, instance: &Instance) {
        for _ in 0..ROUNDS {
            if self.room == 0 {
                return;
            }
            let mut best: Option<(i128, u32, u32)> = None;
            for group in 0..instance.groups() as u32 {
                let points = instance.group(group as usize).len() as u32;
                for to in self.choice[group as usize] + 1..points {
                    let (weight, loss) = self.delta(instance, group, to);
                    if weight > self.room {
                        break;
                    }
                    if best.is_none_or(|(least, ..)| loss < least) {
                        best = Some((loss, group, to));
                    }
                }
            }
            let Some((_, group, to)) = best else { return };
            self.change(instance, group, to);
        }
    }
}
