//! Sentence embeddings from a transformer, private on both sides.
//!
//! ```text
//! cargo run --release --example private_embedding
//! cargo run --release --example private_embedding -- --sentence "How do I reset my password?" --sentence "..."
//! cargo run --release --example private_embedding -- --model bert-base --tokens 128 --estimate
//! ```
//!
//! Party 0 owns the weights of all-MiniLM-L6-v2, party 1 (the client) the sentences; the client alone learns the
//! embeddings. Cosines are printed beside those of the same network in the clear, with the largest difference, which
//! must stay below 0.005, and what each part of the network cost.
//!
//! **The weights** are in the folder `weights/minilm` of the data folder (`BURN_MPC_DATA`, or `../shared/data` beside
//! the workspace), or where `--weights` says: `model_f16.safetensors` or `model.safetensors`, and `tokenizer.json`, by
//! Hugging Face's names. Without them a small network of the same structure runs, with random weights and words hashed
//! into its vocabulary, and the program says so.
//!
//! **What is secret**: all weights and the tokens. **What is public**: the sizes of the network, the number of sentences
//! and the length of each in tokens.
//!
//! **The look-up.** Which row of the embedding table a token takes is secret. By default the client shares, for each
//! token, a row of the vocabulary's length with a one in its place, and the parties multiply these rows by the secret
//! table: `8 x 30,522` bytes for a token, since a shared input is one word for each element, and one product without a
//! message. (Sharing the rows as bits would be 1/64 of that, but each bit would cost several words to become a number.)
//! With `--public-embeddings` the owner publishes the table. Then the client looks up on its side and shares the vectors,
//! 3 KB for a token; the positions' table and the norm after it stay secret.
//!
//! Sentences of one inference are padded to the longest of them, and padding is masked, in public, since lengths are.
//! `--batch 1` runs them one after the other: fewer bytes, more rounds.

mod estimate;
mod failure;
mod job;
mod ledger;
mod options;
mod outcome;
mod party;
mod roles;
mod similarity;
mod words;

// Three parties as threads or processes, and what a program says: the same as in `private_inference`, with this
// package's job, party and failures.
#[path = "../private_inference/bill.rs"]
mod bill;
#[path = "../private_inference/duties.rs"]
mod duties;
#[path = "../private_inference/exit.rs"]
mod exit;
#[path = "../private_inference/family.rs"]
mod family;
#[path = "../private_inference/in_memory.rs"]
mod in_memory;
#[path = "../private_inference/network.rs"]
mod network;
#[path = "../private_inference/output.rs"]
mod output;
#[path = "../private_inference/processes.rs"]
mod processes;
#[path = "../private_inference/progress.rs"]
mod progress;
#[path = "../private_inference/reply.rs"]
mod reply;
#[path = "../private_inference/threads.rs"]
mod threads;
#[path = "../private_inference/trace.rs"]
mod trace;

use std::process::ExitCode;

use burn::backend::Flex;
use burn::tensor::{Int, Tensor, TensorData};
use clap::Parser;

use exit::ended;
use failure::Failure;
use job::Job;
use network::TransportChoice;
use options::Options;
use outcome::Outcome;
use output::Output;

fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(told) => {
            return ended(
                told.print().map_err(output::unwritten),
                told.exit_code(),
                "",
            );
        }
    };
    trace::install();
    match options.play_party {
        Some(party) => ended(processes::play(party.into()), 0, &format!("P{party}: ")),
        None => ended(run(&options), 0, ""),
    }
}

fn run(options: &Options) -> Result<(), Failure> {
    let output = Output::new(options.json.as_deref())?;
    let (job, sentences) = Job::new(options)?;
    if options.estimate {
        job.config.schedule.unmeasured()?;
        let estimate = estimate::run(&job)?;
        let json = output.json(&estimate);
        json.and(estimate.print(&output))?;
        return output::finish();
    }
    let plain = plaintext(&job)?;
    let parties = match options.transport {
        TransportChoice::Memory => in_memory::run(&job)?,
        TransportChoice::Tcp => processes::run(&job)?,
    };
    let outcome = Outcome::new(&job, options.transport.name(), sentences, parties, plain)?;
    let json = output.json(&outcome);
    json.and(outcome.print(&output))?;
    output::finish()?;
    outcome.check()
}

/// The embeddings of the same network in the clear.
fn plaintext(job: &Job) -> Result<Vec<Vec<f32>>, Failure> {
    let _line = progress::show("in the clear");
    let device = Default::default();
    let model = job.load_model::<Flex>(&device)?;
    let embedding = |tokens: &Vec<u32>| {
        let ids: Vec<i64> = tokens.iter().map(|&id| id.into()).collect();
        let ids = TensorData::new(ids, [1, tokens.len()]);
        let ids = Tensor::<Flex, 2, Int>::from_data(ids, &device);
        let embedding = model.forward(ids, &[tokens.len()]);
        embedding.into_data().iter::<f32>().collect()
    };
    Ok(job.tokens.iter().map(embedding).collect())
}
