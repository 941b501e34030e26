//! One line on standard error that shows the current work, if standard error is a terminal. Otherwise nothing is
//! written.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::threads::spawn;
use crate::trace;

/// How often the line is drawn.
const TICK: Duration = Duration::from_millis(200);
/// Moves to the beginning of the line and clears it.
const ERASED: &str = "\r\x1b[K";

/// Bytes that a party has sent, and rounds.
type Spent = Box<dyn Fn() -> Option<(u64, u32)> + Send>;

/// What this process does; `None` if no line is shown.
static NOW: Mutex<Option<Stage>> = Mutex::new(None);

struct Stage {
    work: &'static str,
    phase: String,
    since: Instant,
    /// Reads the counters; the numbers are their values when the phase began.
    spent: Option<(Spent, (u64, u32))>,
}

impl Stage {
    fn line(&self) -> String {
        let seconds = self.since.elapsed().as_secs();
        let spent = self.spent.as_ref().and_then(|(spent, (bytes, rounds))| {
            let (now, round) = spent()?;
            let megabytes = now.saturating_sub(*bytes) as f64 / 1e6;
            let rounds = round.saturating_sub(*rounds);
            Some(format!(
                ", {rounds} rounds, {megabytes:.1} MB sent by this party"
            ))
        });
        let spent = spent.unwrap_or_default();
        format!("{}{}, {seconds} s{spent}", self.work, self.phase)
    }
}

/// The line of one piece of work, which is erased when this is dropped.
pub struct Line(());

impl Drop for Line {
    fn drop(&mut self) {
        change(|now| {
            if now.take().is_some() {
                write(ERASED);
            }
        });
    }
}

/// Begins a line for `work`.
pub fn show(work: &'static str) -> Line {
    static DRAWING: Once = Once::new();
    // No line beside a log, which goes to standard error too.
    if io::stderr().is_terminal() && std::env::var_os(trace::VARIABLE).is_none() {
        change(|now| {
            *now = Some(Stage {
                work,
                phase: String::new(),
                since: Instant::now(),
                spent: None,
            });
        });
        DRAWING.call_once(|| {
            // If the thread cannot start, there is no line, and nothing is lost.
            let _ = spawn("progress", None, draw);
        });
    }
    Line(())
}

/// Names the part of the work that begins; `spent` reads the bytes and rounds so far.
pub fn phase(name: String, spent: impl Fn() -> Option<(u64, u32)> + Send + 'static) {
    change(|now| {
        if let Some(stage) = now {
            stage.phase = format!(": {name}");
            stage.since = Instant::now();
            let begun = spent().unwrap_or_default();
            stage.spent = Some((Box::new(spent), begun));
        }
    });
}

/// Prefix of any other text on standard error: it erases the line, which is drawn again below the text.
pub fn erased() -> &'static str {
    if io::stderr().is_terminal() {
        ERASED
    } else {
        ""
    }
}

fn change(change: impl FnOnce(&mut Option<Stage>)) {
    change(&mut NOW.lock().unwrap_or_else(PoisonError::into_inner));
}

fn draw() {
    loop {
        thread::park_timeout(TICK);
        // Under the lock, so that nothing is drawn after the line was erased.
        change(|now| {
            if let Some(stage) = now {
                write(&format!("{ERASED}{}", stage.line()));
            }
        });
    }
}

fn write(text: &str) {
    // Errors are ignored: there is nowhere to report them.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
