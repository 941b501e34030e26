//! What each of the three parties does.

use std::sync::Arc;
use std::time::Instant;

use burn::backend::Flex;
use burn::tensor::TensorData;
use burn_mpc::net::shaped::LinkShape;
use burn_mpc::report::Report;
use burn_mpc::{
    Mpc, MpcDevice, Party, Ring, ShareOptions, Z32, Z64, prepare_only, reveal_to, share,
    share_model,
};
use serde::{Deserialize, Serialize};

use crate::duties::{peak_rss_bytes, phase, report_to_peers};
use crate::failure::Failure;
use crate::job::Job;
use crate::plan::watched;
use crate::progress;

/// The owner of the weights.
pub const MODEL_OWNER: Party = Party::P0;
/// The owner of the images, who learns the logits.
pub const IMAGE_OWNER: Party = Party::P1;
/// Who learns the result.
pub const READER: Party = IMAGE_OWNER;

/// What one party reports at the end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PartyResult {
    /// The cost report of the first inference.
    pub report: Report,
    /// The links that schedules were chosen for, given or measured.
    pub network: Option<LinkShape>,
    /// Signs per image that Block-ReLUs evaluated in it.
    pub drelus: u64,
    /// Logits per image; at their owner only.
    pub logits: Option<Vec<Vec<f32>>>,
    /// Seconds from connecting to the first inference.
    pub setup_seconds: f64,
    /// Bytes this party sent in that time.
    pub setup_bytes: u64,
    /// Rounds in that time.
    pub setup_rounds: u32,
    /// Largest resident set of the process.
    pub peak_rss_bytes: u64,
}

/// Runs the whole job as one party, on the job's ring.
pub fn play(job: &Job, device: &MpcDevice, started: Instant) -> Result<PartyResult, Failure> {
    if job.config.ring_bits == 32 {
        run::<Z32>(job, device, started)
    } else {
        run::<Z64>(job, device, started)
    }
}

/// Runs the whole job as one party.
pub fn run<R: Ring>(
    job: &Job,
    device: &MpcDevice,
    started: Instant,
) -> Result<PartyResult, Failure> {
    type Private<R> = Mpc<Flex, R>;
    let session = device.online("private_inference")?;
    let party = session.party();
    let spec = job.spec()?;
    let plan = job.plan.as_ref();
    // A public number derived from the session's id, so that each session has another.
    let name: Vec<u64> = session
        .shared_random(1)
        .into_iter()
        .map(f64::to_bits)
        .collect();
    phase(party, format_args!("set-up, session {name:x?}"));
    let show = |name: String| {
        // One party reports for all.
        if party == IMAGE_OWNER {
            let session = Arc::downgrade(session);
            progress::phase(name, move || Some(session.upgrade()?.spent()));
        }
    };
    // Only the owner reads the weight file; the others build the same network without its weights.
    let model = if party == MODEL_OWNER {
        report_to_peers(device, job.load_model::<Private<R>>(device))?
    } else {
        job.init::<Private<R>>(device)?
    };
    phase(party, format_args!("sharing"));
    show("sharing weights".into());
    let model = share_model(model, device, MODEL_OWNER, ShareOptions::default())?;
    let images = if party == IMAGE_OWNER {
        Some(report_to_peers(device, job.load_images())?)
    } else {
        None
    };
    let [channels, height, width] = spec.input_shape();
    let shape = [job.batch, channels, height, width];

    let mut first = None;
    let mut logits = Vec::new();
    let batches = job.batches();
    for (number, batch) in batches.iter().enumerate() {
        let data = images.as_ref().map(|images| {
            let values: Vec<f32> = batch
                .iter()
                .flat_map(|&i| images[i].iter().copied())
                .collect();
            TensorData::new(values, shape)
        });
        let x = share::<Flex, R, 4>(device, IMAGE_OWNER, "image", shape, data)?;
        if number == 0 {
            show("preparing".into());
            prepare_only(device, || model.forward(x.clone()))?;
        }
        session.synchronise()?;
        let (setup_bytes, setup_rounds) = session.spent();
        let setup_seconds = started.elapsed().as_secs_f64();
        phase(party, format_args!("inference {}", number + 1));
        show(format!("inference {} of {}", number + 1, batches.len()));
        session.start_measuring();
        let (output, drelus) = watched::<R, _>(plan, device, || model.forward(x));
        let output = reveal_to(output, IMAGE_OWNER, "logits")?;
        let report = session.report();
        first.get_or_insert((report, drelus, setup_seconds, setup_bytes, setup_rounds));
        if let Some(output) = output {
            let values: Vec<f32> = output.into_data().iter::<f32>().collect();
            logits.extend(values.chunks(spec.classes).map(<[f32]>::to_vec));
        }
    }
    session.close()?;
    phase(party, format_args!("done"));
    logits.truncate(job.image_count());
    let (report, drelus, setup_seconds, setup_bytes, setup_rounds) =
        first.ok_or(Failure::Child("there was no image".into()))?;
    Ok(PartyResult {
        report,
        network: session.schedule().links(),
        drelus,
        logits: (party == IMAGE_OWNER).then_some(logits),
        setup_seconds,
        setup_bytes,
        setup_rounds,
        peak_rss_bytes: peak_rss_bytes(),
    })
}
