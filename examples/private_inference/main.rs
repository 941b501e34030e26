//! Private inference on real photographs.
//!
//! ```text
//! cargo run --release --example private_inference
//! cargo run --release --example private_inference -- --model mobilenetv2 --weights FILE --image FILE --transport tcp
//! ```
//!
//! Party 0 owns the weights, party 1 the images; party 1 alone learns the logits.

mod bill;
mod costs;
mod duties;
mod estimate;
mod exit;
mod explain;
mod failure;
mod family;
mod in_memory;
mod job;
mod network;
mod options;
mod outcome;
mod output;
mod party;
mod plan;
mod processes;
mod progress;
mod reply;
mod ring;
mod threads;
mod trace;

use std::process::ExitCode;
use std::time::Instant;

use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData};
use burn_mpc::session::{LayerRange, failure_probability};
use burn_mpc::session::{RangeReport, ScaleSearch, Windows, calibrate};
use burn_mpc::{Z32, Z64};
use clap::Parser;
use example_models::labels;

use exit::ended;
use failure::Failure;
use job::Job;
use network::TransportChoice;
use options::{Options, RingOption, TruncationChoice};
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
    work(options, &output)?;
    output::finish()
}

fn work(options: &Options, output: &Output) -> Result<(), Failure> {
    if options.costs {
        let costs = costs::Costs::new()?;
        // If one output fails, the other is still written.
        let json = output.json(&costs);
        let text = write!(output, "{}", costs.table());
        return json.and(text);
    }
    if options.estimate {
        options.config("")?.schedule.unmeasured()?;
    }
    let (mut job, searched) = match options.ring {
        RingOption::Bits(_) => {
            let mut job = Job::new(options)?;
            let search = options.scale_search();
            let searched = search.map(|search| calibrate_scales(&mut job, search, output));
            (job, searched.transpose()?)
        }
        RingOption::Auto => ring::choose(options, output)?,
    };
    if options.windows {
        calibrate_windows(&mut job, options, output)?;
    }
    if options.estimate {
        let estimate = estimate::run(&job)?;
        let json = output.json(&estimate);
        return json.and(estimate.print(output));
    }
    if options.ranges || job.config.ring_bits == 32 {
        let ranges = match searched.filter(|_| !options.windows) {
            Some(ranges) => ranges,
            None => measure_ranges(&job)?,
        };
        print_ranges(&ranges, options.ranges, output)?;
        ranges.check()?;
    }
    if options.truncation == TruncationChoice::Probabilistic {
        print_failure_probability(&job, output)?;
    }
    if options.explain_error {
        let explained = explain::run(&job)?;
        let json = output.json(&explained);
        return json.and(explained.print(output));
    }
    let plain = plaintext(&job)?;
    let parties = match options.transport {
        TransportChoice::Memory => in_memory::run(&job)?,
        TransportChoice::Tcp => processes::run(&job)?,
    };
    let labels = labels::for_spec(&job.spec()?);
    let outcome = Outcome::new(
        &job,
        options.transport.name(),
        parties,
        &plain,
        labels.as_deref(),
    )?;
    let json = output.json(&outcome);
    json.and(outcome.print(output, &job.image_names()))
}

/// The logits of the same network on the same images in the clear.
fn plaintext(job: &Job) -> Result<Vec<Vec<f32>>, Failure> {
    let _line = progress::show("in the clear");
    let device = Default::default();
    let model = job.load_model::<Flex>(&device)?;
    let [channels, height, width] = job.spec()?.input_shape();
    let images = job.load_images()?;
    Ok(images
        .into_iter()
        .map(|image| {
            let x = Tensor::from_data(
                TensorData::new(image, [1, channels, height, width]),
                &device,
            );
            model.forward(x).into_data().iter::<f32>().collect()
        })
        .collect())
}

/// Fits the scales to the job's images.
fn calibrate_scales(
    job: &mut Job,
    search: ScaleSearch,
    output: &Output,
) -> Result<RangeReport, Failure> {
    let started = Instant::now();
    let line = progress::show("calibrating scales");
    let (config, ranges) = search.run(&job.config, |device| {
        party::run::<Z64>(job, &device, started)
    })?;
    drop(line);
    job.config = config;
    if let Some((fewest, most)) = job.config.weight_scales.range() {
        writeln!(
            output,
            "scales calibrated on these images with {} bits of margin: {} fractional bits of activations, {fewest} to {most} \
             of weights",
            search.margin, job.config.frac_bits
        )?;
    }
    Ok(ranges)
}

/// Bits added to what the calibration saw: two allow values four times as large.
const WINDOW_MARGIN: u32 = 2;

/// Fits the windows of signs to the job's images, and tests them in a run on the same images in which all values are
/// visible.
fn calibrate_windows(job: &mut Job, options: &Options, output: &Output) -> Result<(), Failure> {
    let ranges = measure_ranges(job)?;
    job.config.windows = Windows::calibrated(&ranges, WINDOW_MARGIN, options.ignore_bits);
    if job.config.windows.is_full() {
        return Err(Failure::Unnamed(options.model.name()));
    }
    let tried = measure_ranges(job)?;
    tried.check()?;
    let widths: Vec<u32> = job
        .config
        .windows
        .iter()
        .map(|(_, window)| window.width())
        .collect();
    let (narrow, wide) = (widths.iter().min(), widths.iter().max());
    let (uncertain, signs) = tried.uncertain_signs();
    writeln!(
        output,
        "signs are taken from {} to {} bits, calibrated on these images with {WINDOW_MARGIN} bits of margin; the plaintext \
         twin has {uncertain} of {signs} signs that the ignored bits may turn",
        narrow.unwrap_or(&0),
        wide.unwrap_or(&0),
    )?;
    Ok(())
}

/// Prints a bound on the probability that the probabilistic truncation destroys a value of an inference.
fn print_failure_probability(job: &Job, output: &Output) -> Result<(), Failure> {
    let ranges = measure_ranges(job)?;
    let probability = |layer: &LayerRange| {
        if job.config.ring_bits == 32 {
            failure_probability::<Z32>(layer.truncated, layer.bits)
        } else {
            failure_probability::<Z64>(layer.truncated, layer.bits)
        }
    };
    let sum: f64 = ranges.layers.iter().map(probability).sum();
    writeln!(
        output,
        "probabilistic truncation destroys a value of this run with probability at most {:.1e}",
        sum.min(1.0)
    )?;
    Ok(())
}

/// Runs the job with all values visible in this process, and measures how many bits they need.
fn measure_ranges(job: &Job) -> Result<RangeReport, Failure> {
    let _line = progress::show("calibrating");
    let started = Instant::now();
    let (results, ranges) = calibrate(&job.config, |device| {
        party::run::<Z64>(job, &device, started)
    })?;
    for result in results {
        result?;
    }
    Ok(ranges)
}

fn print_ranges(ranges: &RangeReport, all: bool, output: &Output) -> Result<(), Failure> {
    if all {
        writeln!(
            output,
            "integer bits needed, of {} there are:",
            ranges.available
        )?;
        for layer in &ranges.layers {
            writeln!(output, "  {:<36}{:>4}", layer.name, layer.bits)?;
        }
        writeln!(
            output,
            "fractional and significant bits of weights, and bits of what they produce:"
        )?;
        for product in &ranges.products {
            writeln!(
                output,
                "  {:<36}{:>4}{:>4}{:>4}",
                product.layer, product.frac_bits, product.weight_bits, product.bits
            )?;
        }
    }
    if let Some(widest) = ranges.widest() {
        writeln!(
            output,
            "widest layer in calibration: {} with {} of {} bits",
            widest.name, widest.bits, ranges.available
        )?;
    }
    Ok(())
}
