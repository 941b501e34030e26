//! The example's binary and its processes, for tests that run them.

#![allow(
    dead_code,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "each test takes what it needs, stops at the first surprise, and waits for processes"
)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The binary of `private_inference`.
pub fn program() -> PathBuf {
    program_of("private_inference")
}

/// The binary of an example, which `cargo test` builds beside the tests.
pub fn program_of(example: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let target = test
        .parent()
        .and_then(Path::parent)
        .expect("target/<profile>");
    let program = target.join("examples").join(example);
    assert!(
        program.exists(),
        "{} is missing: run `cargo test`, which builds examples",
        program.display()
    );
    program
}

/// A new folder for one test.
pub fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("burn-mpc-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Runs the example with arguments and waits for its end.
pub fn run(arguments: &[&str]) -> Output {
    Command::new(program())
        .args(arguments)
        .output()
        .expect("runs")
}

/// What it wrote to standard error.
pub fn message(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The example with arguments, its standard streams piped.
pub fn start(arguments: &[&str]) -> Child {
    Command::new(program())
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs")
}

/// Sends a signal by name.
pub fn signal(name: &str, process: u32) {
    let status = Command::new("kill")
        .args([&format!("-{name}"), &process.to_string()])
        .status()
        .expect("kill");
    assert!(status.success(), "kill -{name} {process}: {status}");
}

/// The three children of `parent` in party order, once they are there.
pub fn children(parent: &Child) -> Vec<u32> {
    let id = parent.id();
    let since = Instant::now();
    loop {
        let text =
            std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        let mut found: Vec<u32> = text
            .split_whitespace()
            .filter_map(|id| id.parse().ok())
            .collect();
        // A child that has not yet executed the program must not be stopped: its parent would wait
        // for it.
        let plays = |id: &u32| {
            let line = std::fs::read_to_string(format!("/proc/{id}/cmdline"));
            line.is_ok_and(|line| line.contains("--play-party"))
        };
        if found.len() == 3 && found.iter().all(plays) {
            found.sort_unstable();
            return found;
        }
        assert!(
            since.elapsed() < Duration::from_secs(60),
            "no three children"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a process runs or could run again. A zombie has no program.
pub fn lives(process: u32) -> bool {
    Path::new(&format!("/proc/{process}/exe")).exists()
}

/// Waits until `done`; returns how long that took, or `None` after `limit`.
pub fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> Option<Duration> {
    let since = Instant::now();
    while !done() {
        if since.elapsed() > limit {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Some(since.elapsed())
}
