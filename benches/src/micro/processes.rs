//! Three processes on loopback. One JSON value per line: a child reads its job, writes its port, reads the three
//! ports, and writes its result.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use burn_mpc::{MpcDevice, MpcError, Party, Z32, Z64};
use burn_mpc_engine::net::tcp::{TcpConfig, TcpTransport};

use super::job::Job;
use super::measured::{Measured, PartyResult};
use super::party::party;
use crate::error::BenchError;

/// How long the children may take to find each other.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// A child that does not outlive its parent.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Usually the child has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    fn tell(&mut self, value: &impl serde::Serialize) -> Result<(), BenchError> {
        let input = self.0.stdin.as_mut();
        write_line(&mut input.ok_or_else(no_pipe)?, value)
    }
}

fn no_pipe() -> std::io::Error {
    std::io::Error::other("a child has no pipe")
}

/// Runs the job in three processes of this program.
pub fn run(job: &Job) -> Result<Measured, BenchError> {
    let program = std::env::current_exe()?;
    let (mut children, mut outputs) = (Vec::new(), Vec::new());
    for party in Party::ALL {
        let mut child = Command::new(&program)
            .args(["play", &party.index().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        outputs.push(BufReader::new(child.stdout.take().ok_or_else(no_pipe)?));
        children.push(Running(child));
    }
    for child in &mut children {
        child.tell(job)?;
    }
    let mut ports = Vec::new();
    for (party, output) in outputs.iter_mut().enumerate() {
        ports.push(read_line::<u16>(output, party)?);
    }
    for child in &mut children {
        child.tell(&ports)?;
    }
    let mut result = |party: usize| read_line::<PartyResult>(&mut outputs[party], party);
    Ok(Measured::of(&[result(0)?, result(1)?, result(2)?]))
}

/// Plays one party in this process.
pub fn play(index: usize) -> Result<(), BenchError> {
    let mut input = BufReader::new(std::io::stdin());
    let mut output = std::io::stdout();
    let job: Job = read_line(&mut input, index)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    write_line(&mut output, &listener.local_addr()?.port())?;
    let ports: [u16; 3] = read_line(&mut input, index)?;
    let config = TcpConfig {
        party: Party::of(index),
        addresses: ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        deadline: job.config.deadline,
        connect_timeout: CONNECT_TIMEOUT,
        program_digest: job.config.digest(),
        // Loopback only: the processes are on one machine.
        insecure_plaintext: true,
        allow_non_loopback: false,
        shape: None,
    };
    let transport = TcpTransport::establish(&config, listener).map_err(MpcError::from)?;
    let device = MpcDevice::open(Box::new(transport), job.config.clone())?;
    device.set_current();
    let result = if job.config.ring_bits == 32 {
        party::<Z32>(&job, &device)?
    } else {
        party::<Z64>(&job, &device)?
    };
    write_line(&mut output, &result)
}

fn write_line(output: &mut impl Write, value: &impl serde::Serialize) -> Result<(), BenchError> {
    let mut line = serde_json::to_string(value)?;
    line.push('\n');
    output.write_all(line.as_bytes())?;
    Ok(output.flush()?)
}

/// The next line from, or at, a party.
fn read_line<T>(input: &mut impl BufRead, party: usize) -> Result<T, BenchError>
where
    T: serde::de::DeserializeOwned,
{
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Err(BenchError::Party(party));
    }
    Ok(serde_json::from_str(&line)?)
}
