//! Attributes every sent byte and every second of a session to a layer.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use crate::report::{LayerCost, Report};
use burn_mpc_engine::net::shown;

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
    /// Those that depend on no share of any value.
    pub early: [u64; 3],
}

/// The most lines, and labels, of a span. Later work is charged to existing lines.
const MOST: usize = 1 << 14;

/// What comes between the name of an op and its number, where a line has no other name.
const NUMBERED: char = '#';

/// Whether a line is named by an op and the number at which it ran, which may differ from run to run.
#[must_use]
pub(crate) fn is_numbered(name: &str) -> bool {
    let number = name.rsplit_once(NUMBERED).map(|(_, number)| number);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// The line for work that gets no own line any more.
const FURTHER: &str = "further layers";

/// A stack of open layers. Costs are charged to the innermost one.
#[derive(Debug)]
pub struct Meter {
    start: Reading,
    mark: Reading,
    layers: Vec<LayerCost>,
    stack: Vec<usize>,
    /// Lines of the scopes by name.
    scopes: BTreeMap<String, usize>,
    ops: usize,
    /// Set once there are [`MOST`] lines: the last line of each name.
    full: Option<HashMap<String, usize>>,
    labels: Vec<String>,
    reveals: u64,
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
            full: None,
            labels: vec![],
            reveals: 0,
        };
        meter.add_line("local".into());
        meter
    }

    /// Starts the next span now. Open layers stay open in it.
    pub fn restart(&mut self, now: Reading) {
        let mut next = Self::start(now);
        for &line in &self.stack[1..] {
            let name = &self.layers[line].name;
            let is_scope = self.scopes.get(name) == Some(&line);
            let line = next.add_line(name.clone());
            if is_scope {
                next.scopes.insert(name.clone(), line);
            }
            next.stack.push(line);
        }
        *self = next;
    }

    fn add_line(&mut self, name: String) -> usize {
        if self.layers.len() >= MOST {
            let layers = &self.layers;
            let lines = layers.iter().enumerate();
            let full = self
                .full
                .get_or_insert_with(|| lines.map(|(i, line)| (line.name.clone(), i)).collect());
            if let Some(&line) = full.get(&name).or_else(|| full.get(FURTHER)) {
                return line;
            }
            full.insert(FURTHER.into(), layers.len());
            return self.push_line(FURTHER.into());
        }
        self.push_line(name)
    }

    fn push_line(&mut self, name: String) -> usize {
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
        let path = path.map(shown);
        let path = path.as_deref();
        let line = match path {
            Some(path) if path == self.current() => self.top(),
            Some(path) => match self.scopes.get(path) {
                Some(&line) => line,
                None => self.add_line(path.to_owned()),
            },
            None if self.scope().is_some() => self.top(),
            None => {
                self.ops += 1;
                // In a span that never ends, one line takes all later ops.
                let number = self.ops.min(MOST);
                self.add_line(format!("{op}{NUMBERED}{number}"))
            }
        };
        self.stack.push(line);
    }

    /// Opens a scope: ops that run directly in it and have no own path are charged to one line of that name, however
    /// often it is opened.
    pub fn enter_scope(&mut self, now: Reading, name: &str) {
        self.settle(now);
        let name = &*shown(name);
        let line = match self.scopes.get(name) {
            Some(&line) => line,
            None => {
                let line = self.add_line(name.to_owned());
                if self.scopes.len() < MOST {
                    self.scopes.insert(name.to_owned(), line);
                }
                line
            }
        };
        self.stack.push(line);
    }

    /// Name of the innermost scope, unless a layer is open in it.
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
        self.reveals += 1;
        if self.labels.len() < MOST {
            self.labels.push(shown(label).into_owned());
        }
    }

    /// The report up to now.
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
            offline_bytes: [0, 1, 2].map(|i| now.early[i] - self.start.early[i]),
            reveals: self.reveals,
            reveal_labels: self.labels.clone(),
            layers: self.layers.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{MOST, Meter, Reading};

    fn at(bytes_sent: u64) -> Reading {
        Reading {
            at: Instant::now(),
            bytes_sent,
            frames_sent: 0,
            rounds: 0,
            clock: 0,
            declared: [0; 3],
            early: [0; 3],
        }
    }

    #[test]
    fn a_span_without_end_keeps_its_totals_in_bounded_lines() {
        let mut meter = Meter::start(at(0));
        let mut sent = 0;
        for inference in 0..MOST as u64 {
            for name in [None, Some("conv1"), Some("head")] {
                meter.enter(at(sent), "relu", name);
                sent += inference;
                meter.exit(at(sent));
            }
            meter.reveal("logits");
        }
        let report = meter.report(at(sent), 0);
        assert!(report.layers.len() <= MOST + 1);
        let charged: u64 = report.layers.iter().map(|layer| layer.bytes).sum();
        assert_eq!((charged, report.bytes_sent), (sent, sent));
        assert_eq!(report.reveals, MOST as u64);
        assert!(report.reveal_labels.len() <= MOST);
    }

    #[test]
    fn open_layers_stay_open_in_the_next_span() {
        let mut meter = Meter::start(at(0));
        meter.enter_scope(at(0), "encoder");
        meter.enter(at(0), "matmul", Some("query"));
        meter.restart(at(5));
        assert_eq!(meter.current(), "query");
        meter.exit(at(7));
        assert_eq!(meter.scope(), Some("encoder"));
        meter.exit(at(10));
        let report = meter.report(at(10), 0);
        let bytes = |name: &str| {
            report
                .layers
                .iter()
                .find(|l| l.name == name)
                .map(|l| l.bytes)
        };
        assert_eq!((bytes("query"), bytes("encoder")), (Some(2), Some(3)));
        assert_eq!(report.bytes_sent, 5);
    }
}
