//! Three processes on loopback: the parent hands out the job and the ports, the children answer with
//! their results.
//!
//! Protocol between parent and child, one JSON value per line: the child reads the [`Job`], writes its port as a
//! [`Reply`], reads the three ports, and writes its [`PartyResult`]. After the ports the parent sends empty lines,
//! which a child that is not stopped answers at once. When its input ends, the parent has ended, and the child ends
//! too.

use std::io::{BufRead, BufReader, Stdin, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use burn_mpc::net::tcp::{TcpConfig, TcpTransport};
use burn_mpc::{MpcDevice, Party};

use crate::duties::phase;
use crate::failure::Failure;
use crate::family::{self, Family};
use crate::job::Job;
use crate::party::{self, PartyResult, READER};
use crate::progress;
use crate::reply::Reply;
use crate::threads::spawn;

/// How long the children may take to find each other, unless the deadline is shorter.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// Stack of the thread that plays a party, as large as a main thread's.
const STACK_BYTES: usize = 8 << 20;

/// Starts three processes and collects their results in party order.
pub fn run(job: &Job) -> Result<Vec<PartyResult>, Failure> {
    Family::start(job)?.results()
}

/// Plays one party in this process, until it is done or the parent is gone.
pub fn play(party: usize) -> Result<(), Failure> {
    let started = Instant::now();
    let mut input = BufReader::new(std::io::stdin());
    let job: Job = read_line(&mut input)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port(party)))?;
    answer(&Reply::Port(listener.local_addr()?.port()))?;
    let ports: [u16; 3] = read_line(&mut input)?;
    // The first message ends this process: the party's result, or the end of the parent.
    let (ended, end) = channel();
    let gone = ended.clone();
    spawn("parent", None, move || watch(input, &gone))?;
    let _line = (party == READER.index()).then(|| progress::show("three processes"));
    spawn("party", Some(STACK_BYTES), move || {
        let result = connect(party, &job, listener, ports)
            .and_then(|device| {
                device.set_current();
                party::play(&job, &device, started)
            })
            .and_then(|result| answer(&Reply::Done(Box::new(result))));
        // If the parent is gone too, nobody receives this.
        let _ = ended.send(result);
    })?;
    end.recv()
        .unwrap_or_else(|_| Err(Failure::Child("its thread panicked".into())))
}

/// The port where a party listens: a free one, or its own of three in `BURN_MPC_PORTS`, which tests set to start again
/// on the ports of a killed run.
fn port(party: usize) -> u16 {
    let ports = std::env::var("BURN_MPC_PORTS").unwrap_or_default();
    let port = ports.split(',').nth(party);
    port.and_then(|port| port.parse().ok()).unwrap_or(0)
}

/// Answers the parent's lines until they end.
fn watch(mut input: BufReader<Stdin>, gone: &Sender<Result<(), Failure>>) {
    let mut line = String::new();
    let failure = loop {
        line.clear();
        match input.read_line(&mut line) {
            Ok(0) => break Failure::Orphaned,
            Ok(_) => {}
            Err(error) => break error.into(),
        }
        if let Err(failure) = answer(&Reply::Alive) {
            break failure;
        }
    };
    // The party may have ended already.
    let _ = gone.send(Err(failure));
}

fn connect(
    party: usize,
    job: &Job,
    listener: TcpListener,
    ports: [u16; 3],
) -> Result<MpcDevice, Failure> {
    let config = TcpConfig {
        party: Party::of(party),
        addresses: ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        deadline: job.config.deadline,
        connect_timeout: CONNECT_TIMEOUT.min(job.config.deadline),
        program_digest: job.config.digest(),
        // Loopback only: the processes are on one machine.
        insecure_plaintext: true,
        allow_non_loopback: false,
        shape: job.link,
    };
    let (port, process) = (ports[party], std::process::id());
    let name = format_args!("connecting at {port}, process {process}");
    phase(config.party, name);
    let transport = TcpTransport::establish(&config, listener).map_err(burn_mpc::MpcError::from)?;
    Ok(MpcDevice::open(Box::new(transport), job.config.clone())?)
}

/// Writes a whole line under a lock, since two threads answer.
fn answer(reply: &Reply) -> Result<(), Failure> {
    let line = family::line(reply)?;
    let mut output = std::io::stdout().lock();
    output.write_all(line.as_bytes())?;
    Ok(output.flush()?)
}

fn read_line<T: serde::de::DeserializeOwned>(input: &mut impl BufRead) -> Result<T, Failure> {
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Err(Failure::Orphaned);
    }
    Ok(serde_json::from_str(&line)?)
}
