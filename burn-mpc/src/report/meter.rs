//! Attributes every sent byte and every second of a session to a layer.

use std::collections::BTreeMap;
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
    /// Lines of the scopes by name.
    scopes: BTreeMap<String, usize>,
    ops: usize,
    reveals: Vec<String>,
}

impl Meter {
    /// Starts a span now.
    #[must_use]
    pub fn start(now: Reading) -> Self {
        let mut meter = Self {
            start: now,
            mark: now,
            layers: vec![],
            stack: vec![0],
            scopes: BTreeMap::new(),
            ops: 0,
            reveals: vec![],
        };
        meter.add_line("local".into());
        meter
    }

    fn add_line(&mut self, name: String) -> usize {
        self.layers.push(LayerCost {
            name,
            rounds: 0,
            bytes: 0,
            seconds: 0.0,
        });
        self.layers.len() - 1
    }

    fn top(&self) -> usize {
        self.stack.last().copied().unwrap_or(0)
    }

    fn settle(&mut self, now: Reading) {
        let top = self.top();
        let layer = &mut self.layers[top];
        layer.rounds += now.rounds - self.mark.rounds;
        layer.bytes += now.bytes_sent - self.mark.bytes_sent;
        layer.seconds += (now.at - self.mark.at).as_secs_f64();
        self.mark = now;
    }

    /// Opens a layer: the weight's path if there is one, else the scope in which it runs, else the op's name
    /// and number.
    pub fn enter(&mut self, now: Reading, op: &str, path: Option<&str>) {
        self.settle(now);
        let line = match path {
            Some(path) if path == self.current() => self.top(),
            Some(path) => match self.scopes.get(path) {
                Some(&line) => line,
                None => self.add_line(path.to_owned()),
            },
            None if self.scope().is_some() => self.top(),
            None => {
                self.ops += 1;
                self.add_line(format!("{op}#{}", self.ops))
            }
        };
        self.stack.push(line);
    }

    /// Opens a scope: ops that run directly in it, and have no path of their own, are charged to one line of
    /// that name, however often it is opened.
    pub fn enter_scope(&mut self, now: Reading, name: &str) {
        self.settle(now);
        let line = match self.scopes.get(name) {
            Some(&line) => line,
            None => {
                let line = self.add_line(name.to_owned());
                self.scopes.insert(name.to_owned(), line);
                line
            }
        };
        self.stack.push(line);
    }

    /// Name of the scope that is innermost, unless a layer was opened in it.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        (self.scopes.get(self.current()) == Some(&self.top())).then_some(self.current())
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
        &self.layers[self.top()].name
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
