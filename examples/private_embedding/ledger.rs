//! What each part of a network costs.

use std::cell::RefCell;
use std::time::Instant;

use burn_mpc::MpcDevice;
use example_models::bert::Watch;
use serde::{Deserialize, Serialize};

/// The cost of one part.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Part {
    /// Its name: `look-up`, `embeddings`, `encoder.layer.0.attention`, ..., `pooling`, `reveal`.
    pub name: String,
    /// Rounds.
    pub rounds: u32,
    /// Bytes of all parties, frame headers included.
    pub bytes: u64,
    /// Seconds.
    pub seconds: f64,
}

/// Watches the parts of inferences. What a part leaves to be computed is charged to the part that needs it: so the
/// truncation of a product is charged to what follows.
pub struct Ledger<'a> {
    device: &'a MpcDevice,
    parts: RefCell<Vec<Part>>,
}

impl<'a> Ledger<'a> {
    pub fn new(device: &'a MpcDevice) -> Self {
        Self {
            device,
            parts: RefCell::default(),
        }
    }

    /// All parts; those of one name together.
    pub fn parts(self) -> Vec<Part> {
        self.parts.into_inner()
    }

    /// Rounds and bytes since measuring began.
    fn spent(&self) -> (u32, u64) {
        let session = self.device.online("report");
        session.map_or((0, 0), |session| {
            let report = session.report();
            (report.rounds, report.declared_bytes.iter().sum())
        })
    }
}

impl Watch for Ledger<'_> {
    fn part<T>(&self, name: &str, run: impl FnOnce() -> T) -> T {
        let ((rounds, bytes), since) = (self.spent(), Instant::now());
        let result = self.device.scope(name, run);
        let (seconds, now) = (since.elapsed().as_secs_f64(), self.spent());
        add(
            &mut self.parts.borrow_mut(),
            &Part {
                name: name.to_owned(),
                rounds: now.0 - rounds,
                bytes: now.1 - bytes,
                seconds,
            },
        );
        result
    }
}

/// Adds a cost to the part of its name.
fn add(parts: &mut Vec<Part>, cost: &Part) {
    match parts.iter_mut().find(|part| part.name == cost.name) {
        Some(part) => {
            part.rounds += cost.rounds;
            part.bytes += cost.bytes;
            part.seconds += cost.seconds;
        }
        None => parts.push(cost.clone()),
    }
}

/// The same parts of all layers together, as `6 x attention`.
pub fn of_all_layers(parts: &[Part]) -> Vec<Part> {
    let mut found: Vec<Part> = Vec::new();
    let mut counts: Vec<usize> = Vec::new();
    for part in parts {
        let within = part.name.strip_prefix("encoder.layer.");
        let kind = within.and_then(|name| name.split_once('.'));
        let name = kind.map_or(&*part.name, |(_, kind)| kind).to_owned();
        add(
            &mut found,
            &Part {
                name,
                ..part.clone()
            },
        );
        let at = found
            .iter()
            .position(|f| f.name == kind.map_or(&*part.name, |(_, kind)| kind));
        counts.resize(found.len(), 0);
        if let (Some(at), Some(_)) = (at, kind) {
            counts[at] += 1;
        }
    }
    for (part, count) in found.iter_mut().zip(counts) {
        if count > 0 {
            part.name = format!("{count} x {}", part.name);
        }
    }
    found
}
