//! Three processes on loopback: the parent hands out the job and the ports, the children answer with
//! their results.
//!
//! Protocol between parent and child, one JSON value per line: the child reads the [`Job`], writes its
//! port, reads the three ports, and writes its [`PartyResult`].

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use burn_mpc::net::tcp::{TcpConfig, TcpTransport};
use burn_mpc::{MpcDevice, Party, Z32, Z64};

use crate::Failure;
use crate::job::Job;
use crate::party::{self, PartyResult};

/// How long the children may take to find each other.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

struct Running {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already gone in the good case; otherwise nothing may be left running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts three processes and collects their results in party order.
pub fn run(job: &Job) -> Result<Vec<PartyResult>, Failure> {
    let program = std::env::current_exe()?;
    let mut children = Vec::new();
    for party in Party::ALL {
        let mut child = Command::new(&program)
            .args(["--play-party", &party.index().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure::Child("a child has no pipes".into()));
        };
        children.push(Running {
            child,
            input,
            output: BufReader::new(output),
        });
    }
    for running in &mut children {
        write_line(&mut running.input, job)?;
    }
    let mut ports = Vec::new();
    for running in &mut children {
        ports.push(read_line::<u16>(&mut running.output)?);
    }
    for running in &mut children {
        write_line(&mut running.input, &ports)?;
    }
    let mut results = Vec::new();
    let mut failed = Vec::new();
    for (party, mut running) in Party::ALL.into_iter().zip(children) {
        let result = read_line::<PartyResult>(&mut running.output);
        let status = running.child.wait()?;
        match result {
            Ok(result) if status.success() => results.push(result),
            _ => failed.push(format!("{party} ended with {status}")),
        }
    }
    if failed.is_empty() {
        Ok(results)
    } else {
        Err(Failure::Child(failed.join("; ")))
    }
}

/// Plays one party in this process.
pub fn play(party: usize) -> Result<(), Failure> {
    let started = Instant::now();
    let mut input = BufReader::new(std::io::stdin());
    let job: Job = read_line(&mut input)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut output = std::io::stdout();
    write_line(&mut output, &listener.local_addr()?.port())?;
    let ports: [u16; 3] = read_line(&mut input)?;
    let config = TcpConfig {
        party: Party::of(party),
        addresses: ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        deadline: job.config.deadline,
        connect_timeout: CONNECT_TIMEOUT,
        program_digest: job.config.digest(),
        // Loopback only: the processes are on one machine.
        insecure_plaintext: true,
        allow_non_loopback: false,
        shape: job.link,
    };
    let transport = TcpTransport::establish(&config, listener).map_err(burn_mpc::MpcError::from)?;
    let device = MpcDevice::open(Box::new(transport), job.config.clone())?;
    device.set_current();
    let result = if job.config.ring_bits == 32 {
        party::run::<Z32>(&job, &device, started)?
    } else {
        party::run::<Z64>(&job, &device, started)?
    };
    write_line(&mut output, &result)
}

fn write_line(output: &mut impl Write, value: &impl serde::Serialize) -> Result<(), Failure> {
    let mut line = serde_json::to_string(value)?;
    line.push('\n');
    output.write_all(line.as_bytes())?;
    Ok(output.flush()?)
}

fn read_line<T: serde::de::DeserializeOwned>(input: &mut impl BufRead) -> Result<T, Failure> {
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Err(Failure::Child("a process ended without an answer".into()));
    }
    Ok(serde_json::from_str(&line)?)
}
