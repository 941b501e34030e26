//! Memory of a session. Alone in its process, since it reads the size of the whole.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use burn::backend::Flex;
use burn_mpc::net::memory;
use burn_mpc::{MpcError, Party, ShareOptions, Z64, prepare, prepare_only, reveal_to, share_model};

#[allow(dead_code, reason = "shared with the tests of reliability")]
#[path = "reliability/common.rs"]
mod common;

use common::{IMAGE, Net, PATIENCE, Private, all_ok, input, numbers, run, values};

const BATCH: usize = 64;
const INFERENCES: usize = 100;
/// After as many, everything that is kept has been made.
const WARM: usize = 20;
/// Far less than one tensor of activations for each inference and party.
const SLACK_BYTES: u64 = 6 << 20;

fn ends() -> common::Ends {
    memory::mesh3(PATIENCE).map(|end| Box::new(end) as Box<dyn burn_mpc::net::Transport>)
}

/// Resident bytes of this process; `None` where the system does not tell.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

#[test]
fn a_hundred_inferences_take_the_memory_of_twenty() {
    let image = numbers(BATCH * IMAGE.iter().product::<usize>(), 5);
    let shape = [BATCH, IMAGE[1], IMAGE[2], IMAGE[3]];
    let grown = all_ok(run(ends(), |device, party| {
        let model = Net::<Private>::at(device, party == Party::P0, true);
        let model = share_model(model, device, Party::P0, ShareOptions::default())?;
        let mut before = None;
        for number in 0..INFERENCES {
            let x = input(device, Party::P1, "image", shape, &image)?;
            if number == 0 {
                prepare(device, || model.forward(x.clone()))?;
            }
            if number == WARM {
                before = resident();
            }
            reveal_to(model.forward(x), Party::P1, "logits")?;
        }
        Ok(before
            .zip(resident())
            .map(|(before, after)| after.saturating_sub(before)))
    }));
    for grown in grown.into_iter().flatten() {
        assert!(grown < SLACK_BYTES, "{grown} bytes more");
    }
}

#[test]
fn a_weight_kept_only_folded_computes_the_same_and_serves_nothing_else() {
    let image = numbers(IMAGE.iter().product::<usize>(), 6);
    let outcomes = run(ends(), |device, party| {
        let model = Net::<Private>::at(device, party == Party::P0, true);
        let model = share_model(model, device, Party::P0, ShareOptions::default())?;
        let x = input(device, Party::P1, "image", IMAGE, &image)?;
        prepare_only(device, || model.forward(x.clone()))?;
        let logits = reveal_to(model.forward(x.clone()), Party::P1, "logits")?.map(values);
        let raw = model.conv.forward(x);
        let error = reveal_to::<Flex, Z64, 4>(raw, Party::P1, "raw").expect_err("no weight");
        Ok((logits, error))
    });
    let expected = common::plain_logits(&image, true);
    for (party, (logits, error)) in all_ok(outcomes).into_iter().enumerate() {
        if let Some(logits) = logits {
            assert!(common::worst(&logits, &expected) < 1e-3);
        }
        assert!(
            matches!(
                error,
                MpcError::Forgotten { .. } | MpcError::Protocol(_) | MpcError::Closed { .. }
            ),
            "P{party}: {error}"
        );
    }
}
