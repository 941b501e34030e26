//! `--ring auto`: chooses the ring by the images at hand.

use std::time::Instant;

use burn_mpc::net::shown;
use burn_mpc::session::{RangeReport, ScaleSearch};
use burn_mpc::{MpcError, SessionConfig, Z64};

use crate::failure::Failure;
use crate::job::Job;
use crate::options::Options;
use crate::outcome::top5;
use crate::output::Output;
use crate::party::{self, IMAGE_OWNER, PartyResult};
use crate::progress;

/// The job on 32 bits with its scales, if the network fits there and gives these images the classes of 64 bits; else the
/// job on 64 bits. With it comes the calibration that it passed.
pub fn choose(options: &Options, output: &Output) -> Result<(Job, Option<RangeReport>), Failure> {
    if options.frac_bits.is_some() || options.scales.is_some() {
        return Err(MpcError::Config {
            reason: "--frac-bits and --scales belong to a ring; give --ring 64 or 32 with them"
                .into(),
        }
        .into());
    }
    let wide = Job::new(&options.on_ring(64))?;
    let narrow = wide.on_32_bits(options)?;
    let started = Instant::now();
    let line = progress::show("calibrating on both rings");
    let search = ScaleSearch::default();
    let choice = search.choose_ring(
        &wide.config,
        |config, device| {
            let job = if config.headroom_bits == 32 {
                &narrow
            } else {
                &wide
            };
            party::run::<Z64>(job, &device, started)
        },
        |exact, rounded| classes(exact) == classes(rounded),
    )?;
    drop(line);
    if let Some(why) = choice.why_wide {
        writeln!(output, "ring of 64 bits; on 32 bits: {}", shown(&why))?;
        return Ok((wide, Some(choice.ranges)));
    }
    writeln!(
        output,
        "ring of 32 bits: all values fit with {} bits of margin, and these images have the classes of 64 bits; {} \
         fractional bits of activations",
        search.margin, choice.config.frac_bits
    )?;
    let config = SessionConfig {
        program: narrow.config.program.clone(),
        ..choice.config
    };
    Ok((Job { config, ..narrow }, Some(choice.ranges)))
}

/// The likeliest class of every image.
fn classes(parties: &[PartyResult; 3]) -> Vec<Option<String>> {
    let logits = parties[IMAGE_OWNER.index()].logits.iter().flatten();
    logits
        .map(|logits| {
            top5(logits, None)
                .into_iter()
                .next()
                .map(|(class, _)| class)
        })
        .collect()
}
