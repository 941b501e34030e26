//! Names that strangers chose only appear in errors, logs and reports.

use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData};
use burn_mpc::session::local::three_parties;
use burn_mpc::{MpcDevice, MpcError, Party, Z64, reveal, share};

use super::common::{Private, config, failing, input, run};

const FORGED: &str = "\u{1b}[31m age\r\n2026-11-28 ERROR forged line\u{202e}";

#[track_caller]
fn is_one_line(text: &str) {
    assert!(
        !text.chars().any(|c| c.is_control() || c == '\u{202e}'),
        "{text:?}"
    );
    assert!(text.len() < 2_000, "{} bytes", text.len());
}

#[test]
fn an_error_shows_a_name_escaped() {
    let long = "x".repeat(10 << 20);
    for name in [FORGED, &long] {
        for bad in [vec![f32::NAN], vec![1.0, 2.0]] {
            let errors = failing(&config(), |device, party| {
                let data = TensorData::new(bad.clone(), [bad.len()]);
                let held = (party == Party::P1).then_some(data);
                let x = share::<Flex, Z64, 1>(device, Party::P1, name, [1], held)?;
                reveal(x, "x").map(|_| ())
            });
            errors
                .iter()
                .for_each(|error| is_one_line(&error.to_string()));
            assert!(
                errors[1]
                    .to_string()
                    .contains(if name == FORGED { "age" } else { "xxx" })
            );
        }
        // The owner gives nothing.
        let errors = failing(&config(), |device, _| {
            let x = share::<Flex, Z64, 1>(device, Party::P1, name, [1], None)?;
            reveal(x, "x").map(|_| ())
        });
        errors
            .iter()
            .for_each(|error| is_one_line(&error.to_string()));
    }
}

#[test]
fn a_report_keeps_labels_and_paths_escaped_and_short() {
    let long = "label".repeat(2 << 20);
    let results = run(&config(), |device, _| {
        let session = device.session().expect("online");
        session.start_measuring();
        for name in [FORGED, &long] {
            let x = input(device, Party::P0, [2], &[1.0, -1.0])?;
            let y = device.scope(name, || x.clone().greater_elem(0.0).float());
            reveal(y, name)?;
        }
        Ok(session.report())
    });
    for (report, _) in results {
        let report = report.expect("run");
        assert_eq!(report.reveal_labels.len(), 2);
        let names = report.layers.iter().map(|layer| &layer.name);
        for name in names.chain(&report.reveal_labels) {
            is_one_line(name);
        }
        is_one_line(&format!("{report:?}")[..1_000]);
    }
}

#[test]
fn the_transcript_covers_what_is_cut_off() {
    let long = "x".repeat(5_000);
    let errors = failing(&config(), |device, party| {
        let name = format!("{long}{}", u8::from(party == Party::P2));
        let x: Tensor<Private, 1> = share(
            device,
            Party::P1,
            &name,
            [1],
            (party == Party::P1).then(|| TensorData::new(vec![1.0_f32], [1])),
        )?;
        reveal(x, "x").map(|_| ())
    });
    assert!(
        errors
            .iter()
            .any(|error| error.to_string().contains("transcript")),
        "{errors:?}"
    );
}

#[test]
fn a_panic_tells_one_line() {
    let error = three_parties(&config(), |device: MpcDevice| {
        assert!(device.party() != Some(Party::P1), "{FORGED}");
        Ok::<_, MpcError>(())
    });
    is_one_line(&error.expect_err("a panic").to_string());
}
