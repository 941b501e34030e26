//! R17: if a party is killed in any phase, the others end with an error and without a result, and all can start again
//! on the same ports with fresh keys. Each party is killed when its own log says that the phase begins.

#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise, and waits for processes"
)]

mod example_support;

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use example_support::{lives, program, signal, wait_until};

/// Kills of each party: one or two in each phase, and two before it connects. `KILLS=20` takes more.
fn kills() -> usize {
    let count = std::env::var("KILLS").ok();
    count.and_then(|text| text.parse().ok()).unwrap_or(11)
}

/// Three inferences of four images, each long enough that a party can be killed during it.
const IMAGES: usize = 12;

const PHASES: [&str; 5] = [
    "set-up",
    "sharing",
    "inference 1",
    "inference 2",
    "inference 3",
];

/// Before the party is connected. The others then wait for it until the deadline, so this is tried less often.
const CONNECTING: &str = "connecting";
const CONNECTING_EVERY: usize = 10;

/// Seconds that parties wait for a silent peer: few if all others wait for one that never comes; otherwise more than a
/// busy machine takes, since a dead peer's link closes at once.
const FEW: &str = "3";
const MANY: &str = "60";

/// Longest time from the kill to the end of all.
const LIMIT: Duration = Duration::from_secs(15);

/// A run of three processes, and what they said so far.
struct Run {
    parent: Child,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Run {
    fn start(deadline: &str, ports: Option<[u16; 3]>) -> Self {
        let mut command = Command::new(program());
        command
            .args(["--weights", "random", "--batch", "4", "--transport", "tcp"])
            .args(["--deadline", deadline])
            .env("BURN_MPC_LOG", "info")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let image = example_models::assets::folder().join("rocket.png");
        for _ in 0..IMAGES {
            command.arg("--image").arg(&image);
        }
        if let Some(ports) = ports {
            let ports = ports.map(|port| port.to_string()).join(",");
            command.env("BURN_MPC_PORTS", ports);
        }
        let mut parent = command.spawn().expect("runs");
        let errors = BufReader::new(parent.stderr.take().expect("piped"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in errors.lines() {
                // If the test has failed, nobody receives this.
                let _ = sender.send(line.expect("text"));
            }
        });
        Self {
            parent,
            lines,
            said: Vec::new(),
        }
    }

    /// Waits until a party says that a phase begins; returns the rest of its line.
    fn announced(&mut self, party: usize, phase: &str) -> String {
        let wanted = format!("P{party} phase: {phase}");
        let mut seen = 0;
        loop {
            for line in &self.said[seen..] {
                if let Some((_, rest)) = line.split_once(&wanted) {
                    return rest.to_owned();
                }
            }
            seen = self.said.len();
            let line = self.lines.recv_timeout(Duration::from_secs(120));
            let line = line.unwrap_or_else(|_| panic!("no `{wanted}` in {:#?}", self.said));
            self.said.push(line);
        }
    }

    /// Port and process of each party.
    fn family(&mut self) -> [(u16, u32); 3] {
        [0, 1, 2].map(|party| {
            let rest = self.announced(party, CONNECTING);
            let mut numbers = rest
                .split(|c: char| !c.is_ascii_digit())
                .filter_map(|word| word.parse().ok());
            let mut number = || -> u32 { numbers.next().expect("a number") };
            let port = u16::try_from(number()).expect("a port");
            (port, number())
        })
    }

    /// Exit code, standard output, standard error.
    fn end(mut self, case: &str) -> (Option<i32>, String, String) {
        let ended = wait_until(LIMIT, || {
            self.parent.try_wait().expect("a process").is_some()
        });
        if ended.is_none() {
            signal("KILL", self.parent.id());
        }
        let status = self.parent.wait().expect("ends");
        let mut output = String::new();
        let mut stdout = self.parent.stdout.take().expect("piped");
        stdout.read_to_string(&mut output).expect("text");
        self.said.extend(self.lines.iter());
        let said = self.said.join("\n");
        assert!(
            ended.is_some(),
            "{case}: still there after {LIMIT:?}: {said}"
        );
        (status.code(), output, said)
    }
}

/// The public number derived from a session's id; all parties that got so far must have logged the same one.
fn session(said: &str) -> Option<String> {
    let names: HashSet<&str> = said
        .lines()
        .filter_map(|line| Some(line.split_once("phase: set-up, session ")?.1))
        .collect();
    assert!(names.len() <= 1, "one session, one name: {said}");
    names.into_iter().next().map(str::to_owned)
}

/// Kills `victim` when it says that `phase` begins, in a run on `ports` or on free ones. Returns the ports, and the
/// session's name if there was one.
fn kill(victim: usize, phase: &str, ports: Option<[u16; 3]>) -> ([u16; 3], Option<String>) {
    let deadline = if phase == CONNECTING { FEW } else { MANY };
    let mut run = Run::start(deadline, ports);
    let case = format!("P{victim} killed at {phase}");
    let process = |rest: &str| -> u32 {
        let id = rest.split_whitespace().last().expect("a number");
        id.parse().expect("a process id")
    };
    // Its own line is enough to find its process id; the lines of the others come later.
    let id = process(&run.announced(victim, CONNECTING));
    run.announced(victim, phase);
    assert!(lives(id), "{case}: it had ended by itself");
    signal("KILL", id);
    let family = run.family();
    let found = family.map(|(port, _)| port);
    assert!(
        ports.is_none_or(|ports| ports == found),
        "{case}: {found:?}"
    );
    let (code, output, said) = run.end(&case);
    assert_eq!(code, Some(3), "{case}: {said}");
    assert!(!output.contains("plaintext"), "{case}: a result: {output}");
    let last = said.lines().last().unwrap_or_default();
    for party in 0..3 {
        if party == victim {
            // It ended by the signal, not by itself.
            let ended = format!("P{party} ended with signal: 9");
            assert!(last.contains(&ended), "{case}: {said}");
        } else {
            let ended = format!("P{party} ended with exit status: 3");
            assert!(last.contains(&ended), "{case}: {said}");
            let error = format!("error: P{party}: MPC-");
            let told = said.lines().find(|line| line.starts_with(&error));
            assert!(told.is_some(), "{case}: no error of P{party}: {said}");
        }
        assert!(!lives(family[party].1), "{case}: P{party} is still there");
    }
    (found, session(&said))
}

/// A run on `ports` that nobody disturbs. Returns the session's name.
fn complete(ports: [u16; 3]) -> String {
    let mut run = Run::start(MANY, Some(ports));
    let family = run.family();
    assert_eq!(family.map(|(port, _)| port), ports, "the same ports");
    for party in 0..3 {
        run.announced(party, "done");
    }
    let (code, output, said) = run.end("the restart");
    assert_eq!(code, Some(0), "{said}");
    assert!(output.contains("plaintext"), "a result: {output}");
    session(&said).expect("a session")
}

/// Every kill is followed by a start on the same ports: at once by the next kill's run, which has to come as far as its
/// phase, or, for the kills before those of a party that connects, in the end by a run to its result.
#[test]
fn kills_at_announced_phases_end_the_others_and_all_start_again_with_fresh_keys() {
    let mut sessions = HashSet::new();
    let mut named = 0;
    // Ports of runs that ended by a kill and were not started again.
    let mut ended = Vec::new();
    for victim in 0..3 {
        for number in 0..kills() {
            let connects = number % CONNECTING_EVERY == 0;
            let (phase, ports) = if connects {
                // It comes too short a way to show that a start succeeds.
                (CONNECTING, None)
            } else {
                (PHASES[number % PHASES.len()], ended.pop())
            };
            let (ports, name) = kill(victim, phase, ports);
            ended.push(ports);
            // A party killed after the set-up had a session.
            assert!(name.is_some() || connects, "P{victim} at {phase}");
            named += usize::from(name.is_some());
            sessions.extend(name);
        }
    }
    for ports in ended {
        named += 1;
        sessions.insert(complete(ports));
    }
    assert_eq!(
        sessions.len(),
        named,
        "no session of these is another again: keys are fresh"
    );
}
