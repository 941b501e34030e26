//! The whole table: every row in turn, round after round.

use std::path::{Path, PathBuf};

use burn_mpc_engine::ring::isa_name;

use crate::error::BenchError;
use crate::median::median;
use crate::options::Options;
use crate::table::{self, Line};
use crate::{example, floors, macs, micro, rows};

/// Timed runs of an operation in each process. Their median counts, since one run is too short.
const REPEATED: usize = 9;

/// What is measured for one row.
enum Work {
    Operation(micro::Op, u32),
    Network(Box<rows::Row>),
}

impl Work {
    fn title(&self) -> String {
        match self {
            Self::Operation(op, ring) => format!("{}, 2^{ring}", op.name()),
            Self::Network(row) => format!("{}, {}", row.network.name, row.mode.0),
        }
    }

    /// Runs it once and returns its figures.
    fn run(&self, program: &Path, first: bool) -> Result<Line, BenchError> {
        match self {
            Self::Operation(op, ring) => {
                let found = micro::run(&micro::job(*op, *ring, REPEATED)?)?;
                Ok(Line {
                    name: op.name().to_owned(),
                    mode: if *ring == 64 { "full" } else { "2^32" }.to_owned(),
                    ring: *ring,
                    link: None,
                    batch: 1,
                    runs: 0,
                    seconds: found.seconds,
                    best: found.best,
                    bytes_sent: found.bytes_sent,
                    bytes_offline: found.bytes_offline,
                    rounds: found.rounds,
                    peak_rss_bytes: found.peak_rss_bytes.into_iter().max().unwrap_or(0),
                    max_abs_err: found.max_abs_err,
                    agreement: None,
                    macs: op.macs(),
                    setup: None,
                })
            }
            Self::Network(row) => {
                let found = example::run(program, row, first)?;
                Ok(Line {
                    name: row.network.name.to_owned(),
                    mode: row.mode.0.to_owned(),
                    ring: row.ring(),
                    link: row.link(),
                    batch: row.batch(),
                    runs: 0,
                    seconds: found.seconds,
                    best: found.seconds,
                    bytes_sent: found.bytes_sent,
                    bytes_offline: found.bytes_offline,
                    rounds: found.rounds,
                    peak_rss_bytes: found.peak_rss_bytes.iter().copied().max().unwrap_or(0),
                    max_abs_err: found.max_abs_err,
                    agreement: Some(found.agreement()),
                    macs: row.batch() * macs::macs(row.network.name).unwrap_or(0),
                    setup: Some((found.setup_seconds, found.setup_bytes)),
                })
            }
        }
    }
}

/// Measures every row in turn and writes the table.
pub fn table(options: &Options) -> Result<(), BenchError> {
    let beside = std::env::current_exe()?.with_file_name("examples");
    let program = options.program.clone();
    let program = program.unwrap_or_else(|| beside.join("private_inference"));
    let mut work: Vec<Work> = micro::Op::ALL
        .into_iter()
        .flat_map(|op| [64, 32].map(|ring| Work::Operation(op, ring)))
        .collect();
    let networks = rows::rows(options.small, &data_folder(options));
    work.extend(networks.into_iter().map(|row| Work::Network(Box::new(row))));
    work.retain(|work| work.title().contains(&options.only));

    eprintln!("measuring the machine");
    let before = floors::measure()?;
    let (mut lines, mut failures) = (Vec::new(), Vec::new());
    let mut seconds: Vec<Vec<f64>> = Vec::new();
    work.retain(|work| match work.run(&program, true) {
        Ok(line) => {
            eprintln!("{}: {:.3} s", work.title(), line.seconds);
            seconds.push(vec![line.seconds]);
            lines.push(line);
            true
        }
        Err(error) => {
            eprintln!("{}: {error}", work.title());
            failures.push(format!("{}: {error}", work.title()));
            false
        }
    });
    for round in 1..options.runs {
        for (work, seconds) in work.iter().zip(&mut seconds) {
            seconds.push(work.run(&program, false)?.seconds);
        }
        eprintln!("round {} of {}", round + 1, options.runs);
    }
    for (line, seconds) in lines.iter_mut().zip(&mut seconds) {
        line.seconds = median(seconds);
        line.best = seconds.first().copied().unwrap_or(line.best);
        line.runs = seconds.len();
    }
    // Measured twice, since another tenant may slow down one of the two.
    let floors = before.or_faster(floors::measure()?);
    let text = conditions(options.runs) + &table::markdown(&lines, &failures, &floors);
    println!("{text}");
    if options.dry {
        return Ok(());
    }
    std::fs::write(&options.csv, table::csv(&lines, &floors))?;
    table::write_region(&options.document, &options.region, &text)
}

/// The folder with trained weights and photographs.
fn data_folder(options: &Options) -> PathBuf {
    let named = std::env::var_os("BURN_MPC_DATA").map(PathBuf::from);
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    options.data.clone().or(named).unwrap_or_else(default)
}

/// One sentence on where and how.
fn conditions(runs: usize) -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let fields = info.lines().filter_map(|line| line.split_once(':'));
        let mut named = fields.filter(|(key, _)| key.trim() == name);
        named.next().map_or("unknown", |(_, value)| value.trim())
    };
    // A virtual machine may hide the model behind a name that many have.
    let (model, family) = (field("model name"), field("cpu family"));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown").to_owned();
    format!(
        "{cores} x {model} (family {family}, {}), load average {load} at the end, {runs} runs of each row in turn. ",
        isa_name()
    )
}
