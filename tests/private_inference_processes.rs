//! The three processes of the example when one of them is stopped or killed, or their parent is.

#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise, and waits for processes"
)]

mod example_support;

use std::io::Read as _;
use std::time::Duration;

use example_support::{children, lives, signal, start, wait_until};

/// Links so slow that a run takes minutes and computes little: the processes wait for each other.
const LONG: [&str; 8] = [
    "--weights",
    "random",
    "--batch",
    "1",
    "--transport=tcp",
    "--network",
    "1000ms,100Mbit",
    "--shaped",
];

/// How long the parent waits beyond the deadline, and time that a busy machine takes.
const SLACK: Duration = Duration::from_secs(5);
const CROWDED: Duration = Duration::from_secs(6);

#[test]
fn a_stopped_party_ends_all_within_the_deadline_and_is_named() {
    const DEADLINE: Duration = Duration::from_secs(4);
    // At once: before they have found each other; later: in the middle of the work.
    for (victims, milliseconds) in [
        (&[0][..], 0),
        (&[2], 0),
        (&[0], 1500),
        (&[1], 1500),
        (&[0, 1, 2], 1000),
    ] {
        let mut parent = start(&[&LONG[..], &["--deadline", "4"]].concat());
        let family = children(&parent);
        std::thread::sleep(Duration::from_millis(milliseconds));
        for &victim in victims {
            signal("STOP", family[victim]);
        }
        let limit = DEADLINE + SLACK + CROWDED;
        let ended = wait_until(limit, || parent.try_wait().expect("a process").is_some());
        let case = format!("P{victims:?} stopped after {milliseconds} ms");
        if ended.is_none() {
            for &process in family.iter().chain([&parent.id()]) {
                signal("KILL", process);
            }
        }
        let status = parent.wait().expect("ends");
        let (mut text, mut said) = (String::new(), String::new());
        let streams = (parent.stdout.take(), parent.stderr.take());
        let (mut stdout, mut stderr) = (streams.0.expect("piped"), streams.1.expect("piped"));
        stdout.read_to_string(&mut text).expect("text");
        stderr.read_to_string(&mut said).expect("text");
        assert!(ended.is_some(), "{case}: still there after {limit:?}");
        assert_eq!(status.code(), Some(3), "{case}: {said}");
        for victim in victims {
            // The last line is the parent's.
            let last = said.lines().last().unwrap_or_default();
            assert!(last.contains(&format!("P{victim}")), "{case}: {said}");
            assert!(last.contains("stopped"), "{case}: {said}");
        }
        assert!(!text.contains("plaintext"), "{case}: a result: {text}");
        for process in family {
            assert!(!lives(process), "{case}: {process} is still there");
        }
    }
}

/// Whether this process, and what it starts, ignores SIGINT.
fn ignores_interrupts() -> bool {
    const SIGINT: u32 = 2;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| (mask >> (SIGINT - 1)) & 1 == 1)
}

#[test]
fn the_parties_end_with_their_parent_whatever_ends_it() {
    for (name, milliseconds) in [("KILL", 0), ("KILL", 1500), ("TERM", 1500), ("INT", 1500)] {
        if name == "INT" && ignores_interrupts() {
            println!("SIGINT is ignored here, as in what a script starts in the background");
            continue;
        }
        let mut parent = start(&[&LONG[..], &["--deadline", "60"]].concat());
        let family = children(&parent);
        std::thread::sleep(Duration::from_millis(milliseconds));
        signal(name, parent.id());
        let status = parent.wait().expect("ends");
        assert!(!status.success(), "SIG{name}: {status}");
        let gone = wait_until(Duration::from_secs(2), || {
            !family.iter().any(|&process| lives(process))
        });
        for &process in &family {
            if lives(process) {
                signal("KILL", process);
            }
        }
        assert!(
            gone.is_some(),
            "SIG{name} after {milliseconds} ms: the parties live on"
        );
    }
}
