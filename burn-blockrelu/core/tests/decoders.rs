//! R14: whatever a plan file says, reading it gives a plan or an error, and holds memory only in proportion to the
//! file.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::path::Path;

use burn_blockrelu_core::plan::PlannedLayer;
use burn_blockrelu_core::{Block, PlanError, ReluPlan};
use proptest::prelude::*;

#[path = "../../../burn-mpc/tests/decoders/counting.rs"]
mod counting;

use counting::{Counting, measured};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn layer(map: [usize; 2], drelus: u64, blocks: &[&str]) -> PlannedLayer {
    let blocks: Vec<Block> = blocks.iter().map(|name| name.parse().unwrap()).collect();
    PlannedLayer {
        path: "layer1.relu".into(),
        map,
        drelus,
        blocks,
    }
}

/// A file whose checksum is right, whatever it says: checksums have no key.
fn file(drelus: u64, full: u64, layers: &[PlannedLayer]) -> String {
    let notes = BTreeMap::from([("made by", "a test")]);
    let content = serde_json::to_string(&(1, "model", drelus, full, &notes, layers)).unwrap();
    let checksum = &blake3::hash(content.as_bytes()).to_hex()[..32];
    serde_json::json!({
        "schema": 1, "model": "model", "drelus": drelus, "full_drelus": full,
        "notes": notes, "layers": layers, "checksum": checksum,
    })
    .to_string()
}

/// Reads a plan; the most memory that it took must be a few times that of the text.
fn parse(text: &str) -> Result<ReluPlan, PlanError> {
    let (result, held) = measured(|| ReluPlan::parse(text, Path::new("plan.json")));
    // Text and values twice, a checksum over the text, and an error with its path.
    let most = 4096 + 64 * text.len();
    assert!(held < most, "{held} bytes for {} of text", text.len());
    result
}

#[test]
fn a_file_made_here_is_a_plan() {
    let text = file(16 + 4, 32, &[layer([4, 4], 20, &["1x1", "2x2"])]);
    let plan = parse(&text).unwrap();
    assert_eq!((plan.drelus(), plan.full_drelus()), (20, 32));
    assert!(matches!(
        parse(&text.replace("20", "21")),
        Err(PlanError::Checksum { .. })
    ));
}

#[test]
fn sizes_that_no_map_has_are_refused_without_a_panic() {
    for map in [
        [usize::MAX, 1],
        [usize::MAX, usize::MAX],
        [1 << 32, 1 << 32],
        [0, usize::MAX],
        [1 << 40, 2],
    ] {
        for stated in [0, 1, u64::MAX] {
            for blocks in [&["1x1"; 3][..], &["2x3", "id", "zero", "1x1"]] {
                let layers = [layer(map, stated, blocks), layer(map, stated, blocks)];
                let text = file(stated, stated, &layers);
                if let Ok(plan) = parse(&text) {
                    // Each layer has the count that the file states.
                    assert!(plan.layers.iter().all(|layer| layer.drelus == stated));
                    let _ = (plan.drelus(), plan.full_drelus(), plan.ratio());
                    let _ = plan.to_json();
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn an_edited_file_is_refused_or_says_what_it_said(
        edits in proptest::collection::vec((any::<usize>(), any::<u8>(), 0..3_u8), 1..5),
    ) {
        let text = file(20, 32, &[layer([4, 4], 20, &["1x1", "2x2"])]);
        let plan = parse(&text).unwrap();
        let mut bytes = text.into_bytes();
        for (at, byte, how) in edits {
            let at = at % bytes.len();
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => bytes.truncate(at.max(1)),
            }
        }
        if let Ok(text) = String::from_utf8(bytes)
            && let Ok(found) = parse(&text)
        {
            prop_assert_eq!(found, plan);
        }
    }

    #[test]
    fn any_text_is_refused(text in "\\PC{0,400}") {
        prop_assert!(parse(&text).is_err());
    }
}
