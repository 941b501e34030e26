//! `--estimate`: predicts the costs of a run from declared costs alone.

use burn::backend::Flex;
use burn_mpc::net::shaped::LinkShape;
use burn_mpc::{Mpc, MpcDevice, Ring, ShareOptions, Z32, Z64, reveal_to, share, share_model};
use serde::Serialize;

use crate::bill::megabytes;
use crate::failure::Failure;
use crate::job::Job;
use crate::output::{Content, Output};
use crate::party::{IMAGE_OWNER, MODEL_OWNER};
use crate::plan::{Drelus, watched};

/// Predicted cost of one inference.
#[derive(Clone, Debug, Serialize)]
pub struct Estimate {
    /// Name of the model.
    pub model: String,
    /// Bits of the ring.
    pub ring: u32,
    /// Signs per image; absent if the network has no Block-ReLU.
    #[serde(flatten)]
    pub drelus: Option<Drelus>,
    /// Length of the longest chain of dependent messages.
    pub rounds: u32,
    /// Bytes sent by each party, frame headers included.
    pub bytes_sent: [u64; 3],
    /// Bytes sent by all parties.
    pub bytes_total: u64,
    /// Those of them that depend on no share of any value, so that they could be sent before there is an image.
    pub bytes_offline: u64,
    /// Seconds on the wire at 1 Gbit/s and 0.25 ms one way, computing not counted.
    pub lan_seconds: f64,
    /// Seconds on the wire at 100 Mbit/s and 20 ms one way, computing not counted.
    pub wan_seconds: f64,
}

impl Content for Estimate {
    const SCHEMA: &'static str = "burn-mpc/private_inference/estimate";
    const VERSION: u32 = 1;
}

/// Runs the network once on a device that only adds up declared costs.
pub fn run(job: &Job) -> Result<Estimate, Failure> {
    if job.config.ring_bits == 32 {
        estimate::<Z32>(job)
    } else {
        estimate::<Z64>(job)
    }
}

fn estimate<R: Ring>(job: &Job) -> Result<Estimate, Failure> {
    let device = MpcDevice::estimate(job.config.clone())?;
    device.set_current();
    let session = device.online("estimate")?;
    let spec = job.spec()?;
    let model = share_model(
        job.init::<Mpc<Flex, R>>(&device)?,
        &device,
        MODEL_OWNER,
        ShareOptions::default(),
    )?;
    let [channels, height, width] = spec.input_shape();
    let shape = [job.batch, channels, height, width];
    let image = || share::<Flex, R, 4>(&device, IMAGE_OWNER, "image", shape, None);
    // The first pass folds constants; later passes find them cached.
    reveal_to(model.forward(image()?), IMAGE_OWNER, "logits")?;
    let x = image()?;
    session.synchronise()?;
    session.start_measuring();
    let (logits, executed) = watched::<R, _>(job.plan.as_ref(), &device, || model.forward(x));
    reveal_to(logits, IMAGE_OWNER, "logits")?;
    let report = session.report();
    let seconds = |link: LinkShape| link.seconds(report.declared_bytes, report.rounds);
    Ok(Estimate {
        model: job.model.clone(),
        ring: job.config.ring_bits,
        drelus: job.plan.as_ref().map(|plan| plan.drelus(executed)),
        rounds: report.rounds,
        bytes_sent: report.declared_bytes,
        bytes_total: report.declared_bytes.iter().sum(),
        bytes_offline: report.offline_bytes.iter().sum(),
        lan_seconds: seconds(LinkShape::LAN),
        wan_seconds: seconds(LinkShape::WAN),
    })
}

impl Estimate {
    /// Prints the estimate as text.
    pub fn print(&self, output: &Output) -> Result<(), Failure> {
        writeln!(
            output,
            "{} on Z_2^{}, predicted for one inference (set-up not counted):",
            self.model, self.ring
        )?;
        writeln!(
            output,
            "  {} rounds, {} sent ({}), {} of it depends on no input",
            self.rounds,
            megabytes(self.bytes_total),
            self.bytes_sent.map(megabytes).join(" + "),
            megabytes(self.bytes_offline)
        )?;
        if let Some(drelus) = &self.drelus {
            writeln!(output, "  {}", drelus.line())?;
        }
        writeln!(
            output,
            "  on the wire, computing not counted: LAN (1 Gbit/s, 0.25 ms one way) {:.2} s, WAN (100 Mbit/s, 20 ms one way) {:.2} s",
            self.lan_seconds, self.wan_seconds
        )
    }
}
