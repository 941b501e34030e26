//! Attributes every sent byte and every second of a session to a layer.

use std::time::Instant;

use crate::report::{LayerCost, Report};

/// Readings of the session's counters at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// When.
    pub at: Instant,
    /// Bytes this party sent so far.
    pub bytes_sent: u64,
    /// Frames this party sent so far.
    pub frames_sent: u64,
    /// Declared rounds so far.
    pub rounds: u32,
    /// The transport's logical clock.
    pub clock: u32,
    /// Declared bytes of each party so far.
    pub declared: [u64; 3],
}

/// A stack of open layers; what happens is charged to the innermost one.
#[derive(Debug)]
pub struct Meter {
    start: Reading,
    mark: Reading,
    layers: Vec<LayerCost>,
    stack: Vec<usize>,
    ops: usize,
    reveals: Vec<String>,
}

impl Meter {
    /// Starts a span now.
    #[must_use]
    pub fn start(now: Reading) -> Self {
        let outside = LayerCost {
            name: "local".into(),
            rounds: 0,
            bytes: 0,
            seconds: 0.0,
        };
        Self {
            start: now,
            mark: now,
            layers: vec![outside],
            stack: vec![0],
            ops: 0,
            reveals: vec![],
        }
    }

    fn settle(&mut self, now: Reading) {
        let top = self.stack.last().copied().unwrap_or(0);
        let layer = &mut self.layers[top];
        layer.rounds += now.rounds - self.mark.rounds;
        layer.bytes += now.bytes_sent - self.mark.bytes_sent;
        layer.seconds += (now.at - self.mark.at).as_secs_f64();
        self.mark = now;
    }

    /// Opens a layer: the weight's path if there is one, else the op's name and number.
    pub fn enter(&mut self, now: Reading, op: &str, path: Option<&str>) {
        self.settle(now);
        if path == Some(self.current()) {
            self.stack.push(self.stack.last().copied().unwrap_or(0));
            return;
        }
        self.ops += 1;
        let name = path.map_or_else(|| format!("{op}#{}", self.ops), str::to_owned);
        self.layers.push(LayerCost {
            name,
            rounds: 0,
            bytes: 0,
            seconds: 0.0,
        });
        self.stack.push(self.layers.len() - 1);
    }

    /// Closes the innermost layer.
    pub fn exit(&mut self, now: Reading) {
        self.settle(now);
        if self.stack.len() > 1 {
            self.stack.pop();
        }
    }

    /// Name of the innermost open layer.
    #[must_use]
    pub fn current(&self) -> &str {
        &self.layers[self.stack.last().copied().unwrap_or(0)].name
    }

    /// Counts a reveal.
    pub fn reveal(&mut self, label: &str) {
        self.reveals.push(label.to_owned());
    }

    /// The bill up to now.
    pub fn report(&mut self, now: Reading, party: usize) -> Report {
        self.settle(now);
        Report {
            party,
            seconds: (now.at - self.start.at).as_secs_f64(),
            rounds: now.rounds - self.start.rounds,
            bytes_sent: now.bytes_sent - self.start.bytes_sent,
            clock: [self.start.clock, now.clock],
            frames_sent: now.frames_sent - self.start.frames_sent,
            declared_bytes: [0, 1, 2].map(|i| now.declared[i] - self.start.declared[i]),
            reveal_labels: self.reveals.clone(),
            layers: self.layers.clone(),
        }
    }
}
