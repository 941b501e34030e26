//! The three processes as their parent sees them. It waits for all of them at once, and ends all if one has failed.

use std::fmt;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use burn_mpc::Party;
use serde::Serialize;

use crate::failure::Failure;
use crate::job::Job;
use crate::party::PartyResult;
use crate::reply::Reply;
use crate::threads::spawn;

/// How long a process may take beyond the deadline to answer, and how long the others may take to end by themselves
/// after one has failed. Their own messages say more than a report that they were killed.
pub const SLACK: Duration = Duration::from_secs(5);
/// How often a process is asked for a sign of life.
const ASKED_EVERY: Duration = Duration::from_secs(1);
/// How often the parent checks whether a process has ended.
const TICK: Duration = Duration::from_millis(20);
/// Longest waiting time counted between two checks: if the parent was stopped, the children may have been stopped too.
const MOST: Duration = Duration::from_millis(500);

/// What was read from a child's output.
enum Event {
    Reply(Reply),
    /// A line that is not part of the protocol.
    Garbled(String),
    /// The end of the output.
    End,
}

/// Three processes, which are killed when this value is dropped.
pub struct Family {
    members: Vec<Member>,
    events: Receiver<(Party, Event)>,
    /// Keeps the channel open when all readers have ended.
    _open: Sender<(Party, Event)>,
    /// How long a process may owe an answer.
    patience: Duration,
    /// Failures, in order of time.
    failed: Vec<String>,
    /// Time left until all are killed, once one has ended or failed.
    left: Option<Duration>,
}

struct Member {
    party: Party,
    child: Child,
    /// To the thread that writes to the child; writing could block, because a stopped child reads nothing.
    input: Sender<String>,
    port: Option<u16>,
    result: Option<PartyResult>,
    /// How long the child has owed an answer; `None` if it owes none.
    owing: Option<Duration>,
    /// Time since the child was last asked for one.
    unasked: Duration,
    output_ended: bool,
    status: Option<ExitStatus>,
    failed: bool,
}

impl Drop for Family {
    fn drop(&mut self) {
        // After a success they have ended; after a failure none may be left running.
        for member in &mut self.members {
            let _ = member.child.kill();
            let _ = member.child.wait();
        }
    }
}

impl Family {
    /// Starts the processes and gives them the job.
    pub fn start(job: &Job) -> Result<Self, Failure> {
        let (sender, events) = channel();
        let mut family = Self {
            members: Vec::new(),
            events,
            _open: sender.clone(),
            patience: job.config.deadline.saturating_add(SLACK),
            failed: Vec::new(),
            left: None,
        };
        let program = std::env::current_exe()?;
        for party in Party::ALL {
            let mut child = Command::new(&program)
                .args(["--play-party", &party.index().to_string()])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()?;
            let pipes = (child.stdin.take(), child.stdout.take());
            let (input, lines) = channel();
            // From here on, dropping the family kills it.
            family.members.push(Member {
                party,
                child,
                input,
                port: None,
                result: None,
                owing: None,
                unasked: Duration::ZERO,
                output_ended: false,
                status: None,
                failed: false,
            });
            let (Some(stdin), Some(stdout)) = pipes else {
                return Err(Failure::Child(format!("{party} has no pipes")));
            };
            let events = sender.clone();
            spawn("writer", None, move || write_lines(stdin, &lines))?;
            spawn("reader", None, move || read_lines(party, stdout, &events))?;
        }
        for member in &mut family.members {
            member.ask(line(&job.of(member.party))?);
        }
        Ok(family)
    }

    /// Waits for all results and returns them in party order. If one cannot come, waits until every process has ended
    /// by itself or was killed.
    pub fn results(mut self) -> Result<Vec<PartyResult>, Failure> {
        let mut looked = Instant::now();
        while self.members.iter().any(|member| !member.ended()) {
            match self.events.recv_timeout(TICK) {
                Ok((party, event)) => self.heard(party, event)?,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    let now = Instant::now();
                    self.looked(now.duration_since(looked).min(MOST))?;
                    looked = now;
                    if self.left == Some(Duration::ZERO) {
                        self.give_up();
                        break;
                    }
                }
            }
        }
        let results = self.members.iter_mut().map(|member| member.result.take());
        match results.collect::<Option<Vec<_>>>() {
            Some(results) if self.failed.is_empty() => Ok(results),
            _ => Err(Failure::Child(self.failed.join("; "))),
        }
    }

    fn heard(&mut self, party: Party, event: Event) -> Result<(), Failure> {
        let member = &mut self.members[party.index()];
        member.owing = None;
        match event {
            Event::Reply(Reply::Port(port)) => {
                member.port = Some(port);
                let ports: Option<Vec<u16>> =
                    self.members.iter().map(|member| member.port).collect();
                if let Some(ports) = ports {
                    let ports = line(&ports)?;
                    for member in &mut self.members {
                        // It asks for no answer; the next answer shows that it was read.
                        let _ = member.input.send(ports.clone());
                        member.unasked = Duration::ZERO;
                    }
                }
            }
            Event::Reply(Reply::Alive) => {}
            Event::Reply(Reply::Done(result)) => member.result = Some(*result),
            Event::Garbled(reason) => self.fail(party, &format_args!("wrote nonsense: {reason}")),
            Event::End => member.output_ended = true,
        }
        Ok(())
    }

    /// Checks the processes; `passed` is the time since the last check.
    fn looked(&mut self, passed: Duration) -> Result<(), Failure> {
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(passed);
        }
        let connected = self.members.iter().all(|member| member.port.is_some());
        for index in 0..self.members.len() {
            let member = &mut self.members[index];
            let party = member.party;
            if member.status.is_none()
                && let Some(status) = member.child.try_wait()?
            {
                member.status = Some(status);
            }
            // A missing result counts once all output was read.
            let without = member.output_ended && member.result.is_none();
            match member.status {
                Some(status) if (without || !status.success()) && !member.failed => {
                    self.fail(party, &format_args!("ended with {status}"));
                }
                Some(_) => {
                    // The others need nothing more from it.
                    self.left.get_or_insert(self.patience);
                }
                None => {
                    if let Some(owing) = member.wait(passed, connected)
                        && owing > self.patience
                        && !member.failed
                    {
                        let seconds = owing.as_secs_f64();
                        self.fail(
                            party,
                            &format_args!(
                                "gave no sign of life for {seconds:.0} s; was it stopped?"
                            ),
                        );
                    }
                }
            }
        }
        Ok(())
    }

    fn fail(&mut self, party: Party, how: &dyn fmt::Display) {
        self.failed.push(format!("{party} {how}"));
        self.members[party.index()].failed = true;
        // Do not wait if the run has not begun or all have failed.
        let begun = self.members.iter().all(|member| member.port.is_some());
        let all = self.members.iter().all(|member| member.failed);
        let slack = if begun && !all { SLACK } else { Duration::ZERO };
        self.left = Some(self.left.map_or(slack, |left| left.min(slack)));
    }

    /// Kills every process that has not ended by itself.
    fn give_up(&mut self) {
        for index in 0..self.members.len() {
            let member = &mut self.members[index];
            if member.ended() {
                continue;
            }
            // An error means that it has just ended.
            let _ = member.child.kill();
            if !member.failed {
                let party = member.party;
                self.fail(party, &"did not end and was killed; was it stopped?");
            }
        }
    }
}

impl Member {
    /// Whether it has ended and all of its output was read.
    fn ended(&self) -> bool {
        self.output_ended && self.status.is_some()
    }

    /// Sends a line that will be answered.
    fn ask(&mut self, line: String) {
        // If the process has ended, its status shows that.
        let _ = self.input.send(line);
        self.owing.get_or_insert(Duration::ZERO);
        self.unasked = Duration::ZERO;
    }

    /// Adds `passed` to the waiting times and asks for a sign of life when it is time. Returns how long an answer has
    /// been owed.
    fn wait(&mut self, passed: Duration, connected: bool) -> Option<Duration> {
        self.unasked += passed;
        if let Some(owing) = &mut self.owing {
            *owing += passed;
        } else if connected && self.unasked >= ASKED_EVERY {
            self.ask("\n".into());
        }
        self.owing
    }
}

/// Writes lines until there are no more or nobody reads them.
fn write_lines(mut input: ChildStdin, lines: &Receiver<String>) {
    for line in lines {
        if input.write_all(line.as_bytes()).is_err() {
            return;
        }
    }
}

/// Reads replies until there are no more.
fn read_lines(party: Party, output: ChildStdout, events: &Sender<(Party, Event)>) {
    for line in BufReader::new(output).lines() {
        let event = match line.map(|line| serde_json::from_str(&line)) {
            Ok(Ok(reply)) => Event::Reply(reply),
            Ok(Err(error)) => Event::Garbled(error.to_string()),
            Err(error) => Event::Garbled(error.to_string()),
        };
        if events.send((party, event)).is_err() {
            return;
        }
    }
    // If the family is gone, nobody receives this.
    let _ = events.send((party, Event::End));
}

/// A value as a line of the protocol.
pub fn line(value: &impl Serialize) -> Result<String, Failure> {
    Ok(serde_json::to_string(value)? + "\n")
}
