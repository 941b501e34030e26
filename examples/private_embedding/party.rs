//! What each of the three parties does.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData};
use burn_mpc::{
    Audience, Mpc, MpcDevice, MpcError, Party, Precision, ShareOptions, Z64, prepare, reveal_with,
    share, share_model,
};
use example_models::Bert;
use example_models::bert::Watch;
use serde::{Deserialize, Serialize};

use crate::duties::{peak_rss_bytes, phase, report_to_peers};
use crate::failure::Failure;
use crate::job::Job;
use crate::ledger::{Ledger, Part};
use crate::progress;
use crate::roles::{CLIENT, MODEL_OWNER};

/// Who learns the result.
pub const READER: Party = CLIENT;

/// The backend of the parties.
pub type Private = Mpc<Flex, Z64>;

/// Entries of a unit vector of some hundred numbers are about 0.05: 13 bits leave them eight significant ones, and a
/// cosine an error of about 0.0001. Fewer bits than that would tell the client less about the weights, but disturb the
/// order of neighbours.
const PRECISION: Precision = Precision::Bits(13);

/// What one party reports at the end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PartyResult {
    /// The embedding of each sentence; at the client only.
    pub embeddings: Option<Vec<Vec<f32>>>,
    /// The cost of each part, of all inferences together.
    pub parts: Vec<Part>,
    /// Bytes that this party sent in them.
    pub bytes_sent: u64,
    /// Rounds of them.
    pub rounds: u32,
    /// Seconds of them, up to and including the reveals.
    pub seconds: f64,
    /// Their openings.
    pub reveal_labels: Vec<String>,
    /// Seconds from connecting to the first inference.
    pub setup_seconds: f64,
    /// Bytes this party sent in that time.
    pub setup_bytes: u64,
    /// Largest resident set of the process.
    pub peak_rss_bytes: u64,
}

/// Computes the embeddings of the sentences of one inference, from the client's rows.
pub fn embed(
    job: &Job,
    device: &MpcDevice,
    model: &Bert<Private>,
    batch: &Range<usize>,
    rows: Option<TensorData>,
    watch: &impl Watch,
) -> Result<Tensor<Private, 2>, MpcError> {
    let shape = [batch.len(), job.longest(batch), job.row_width()];
    let words = watch.part("look-up", || {
        let rows = share::<Flex, Z64, 3>(device, CLIENT, "token rows", shape, rows)?;
        if job.public_embeddings {
            return Ok(rows);
        }
        // A movement computes the product, so that its time is charged here.
        let words = model.words_of_one_hot(rows);
        Ok::<_, MpcError>(words.swap_dims(0, 1).swap_dims(0, 1))
    })?;
    Ok(model.embed(words, &job.lengths[batch.clone()], watch))
}

/// Opens embeddings to the client.
pub fn open(embeddings: Tensor<Private, 2>) -> Result<Option<Tensor<Flex, 2>>, MpcError> {
    reveal_with(embeddings, Audience::One(CLIENT), "embeddings", PRECISION)
}

/// Runs the whole job as one party.
pub fn play(job: &Job, device: &MpcDevice, started: Instant) -> Result<PartyResult, Failure> {
    let session = device.online("private_embedding")?;
    let party = session.party();
    phase(party, format_args!("set-up"));
    let show = |name: String| {
        // One party reports for all.
        if party == READER {
            let session = Arc::downgrade(session);
            progress::phase(name, move || Some(session.upgrade()?.spent()));
        }
    };
    // Only the owner reads the weight file; the others build the same network without its weights.
    let model = if party == MODEL_OWNER {
        report_to_peers(device, job.load_model::<Private>(device))?
    } else {
        job.spec().init::<Private>(device)
    };
    phase(party, format_args!("sharing"));
    show("sharing weights".into());
    let model = share_model(model, device, MODEL_OWNER, ShareOptions::default())?;
    let rows = if party == CLIENT {
        Some(report_to_peers(device, job.rows())?)
    } else {
        None
    };
    let batches = job.batches();
    // Shares what depends on weights alone, in the form in which it is used.
    show("preparing".into());
    for batch in &batches {
        let mut failed = Ok(());
        prepare(device, || {
            embed(job, device, &model, batch, None, &()).unwrap_or_else(|error| {
                failed = Err(error);
                Tensor::zeros([batch.len(), job.spec().width], device)
            })
        })?;
        failed?;
    }
    session.synchronise()?;
    let mut result = PartyResult {
        embeddings: (party == CLIENT).then(Vec::new),
        parts: Vec::new(),
        bytes_sent: 0,
        rounds: 0,
        seconds: 0.0,
        reveal_labels: Vec::new(),
        setup_seconds: started.elapsed().as_secs_f64(),
        setup_bytes: session.spent().0,
        peak_rss_bytes: 0,
    };
    let ledger = Ledger::new(device);
    for (number, batch) in batches.iter().enumerate() {
        phase(party, format_args!("inference {}", number + 1));
        show(format!("inference {} of {}", number + 1, batches.len()));
        session.synchronise()?;
        let data = rows.as_ref().map(|rows| rows.of(job, batch));
        session.start_measuring();
        let output = embed(job, device, &model, batch, data, &ledger)?;
        let output = ledger.part("reveal", || open(output))?;
        let report = session.report();
        result.bytes_sent += report.bytes_sent;
        result.rounds += report.clock[1] - report.clock[0];
        result.seconds += report.seconds;
        result.reveal_labels.extend(report.reveal_labels);
        if let (Some(embeddings), Some(output)) = (&mut result.embeddings, output) {
            let values: Vec<f32> = output.into_data().iter::<f32>().collect();
            embeddings.extend(values.chunks(job.spec().width).map(<[f32]>::to_vec));
        }
    }
    session.close()?;
    phase(party, format_args!("done"));
    Ok(PartyResult {
        parts: ledger.parts(),
        peak_rss_bytes: peak_rss_bytes(),
        ..result
    })
}
