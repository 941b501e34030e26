//! What a secret prints, and what printing does to a session.

use burn::backend::Flex;
use burn::tensor::activation::relu;
use burn_mpc::{MpcTensorExt, Party, Z64, share_within};

use super::common::{Links, PATIENCE, all_ok, input, run, values};

/// `Debug` asks nothing of the session: one party alone prints, and the program goes on.
#[test]
fn one_party_alone_may_print_a_secret_by_debug() {
    let printed = all_ok(run(Links::Memory.ends(), |device, party| {
        let x = input(device, Party::P0, "x", [1, 2], &[0.5, 0.25])?;
        let limited = share_within::<Flex, Z64, 1>(
            device,
            Party::P0,
            "y",
            [1],
            4096.0,
            (party == Party::P0).then(|| [4000.0_f32].into()),
        )?;
        let waiting = x.clone().matmul(x.clone().transpose());
        let text = (party == Party::P2).then(|| {
            let (whole, truth) = (x.clone(), waiting.clone());
            (format!("{whole:?} {limited:?}"), format!("{truth:?}"))
        });
        let bits = x.clone().greater_elem(0.3);
        let truths = (party == Party::P2).then(|| format!("{bits:?}"));
        let opened = values(waiting.reveal("product")?);
        assert!((opened[0] - 0.3125).abs() < 0.001, "{opened:?}");
        Ok(text.zip(truths))
    }));
    let [None, None, Some(((known, waiting), truths))] = printed else {
        panic!("P2 alone prints: {printed:?}");
    };
    assert!(
        known.contains("Secret(SecretTensor { shape: [1, 2], kind: Float, scale: 20,"),
        "{known}"
    );
    assert!(
        known.contains("shape: [1], kind: Float, scale: 20,"),
        "{known}"
    );
    assert!(
        waiting.contains("shape: [1, 1], kind: Float, scale: not computed,"),
        "{waiting}"
    );
    assert!(
        truths.contains("shape: [1, 2], kind: Bool, scale: 0,"),
        "{truths}"
    );
    for text in [known, waiting, truths] {
        // Neither values nor the declared limit.
        assert!(!text.contains("0.5") && !text.contains("40"), "{text}");
    }
}

/// Burn prints by reading element after element. Each read is refused; nothing is opened and no program fails.
#[test]
fn burns_display_of_a_secret_shows_its_shape_and_no_element() {
    let printed = all_ok(run(Links::Memory.ends(), |device, _| {
        let x = input(device, Party::P0, "x", [2, 2], &[0.5, 0.25, -0.5, 8.0])?;
        // One that is computed, one that waits, integers, truth values, and more elements than Burn prints.
        let texts = vec![
            format!("{x}"),
            format!("{}", x.clone().matmul(x.clone())),
            format!("{}", x.clone().int()),
            format!("{}", x.clone().greater_elem(0.3)),
            format!("{:.2}", x.clone().repeat(&[40, 20])),
        ];
        let labels = device.online("test")?.report().reveal_labels;
        let x = values(x.reveal("x")?);
        Ok((texts, labels, x))
    }));
    for (texts, labels, x) in printed {
        assert_eq!((labels, x), (vec![], vec![0.5, 0.25, -0.5, 8.0]));
        for (text, shape) in texts.iter().zip([[2, 2], [2, 2], [2, 2], [2, 2], [80, 40]]) {
            assert!(text.contains("<Tensor data not available>"), "{text}");
            assert!(text.contains(&format!("shape:  {shape:?}")), "{text}");
            let (data, _) = text.split_once("shape:").expect("a shape");
            let data = data.replace("<Tensor data not available>", "");
            assert!(!data.contains(|c: char| c.is_ascii_digit()), "{text}");
        }
    }
}

/// The slices of Burn's `Display` are ops, also of a value that waits to be computed. The other parties do not take
/// part: all learn of it by an error, and not by waiting for the deadline.
#[test]
fn burns_display_at_one_party_alone_ends_the_session() {
    for waits in [false, true] {
        let outcomes = run(Links::Memory.ends(), |device, party| {
            let x = input(device, Party::P0, "x", [1, 2], &[0.5, 0.25])?;
            let y = if waits { relu(x.clone() * 0.3 * x) } else { x };
            if party == Party::P1 {
                let text = format!("{y}");
                assert!(text.contains("<Tensor data not available>"), "{text}");
            }
            y.reveal("y").map(|_| ())
        });
        for outcome in outcomes {
            let error = outcome.error().to_string();
            assert!(
                error.starts_with("MPC-PROTOCOL") || error.starts_with("MPC-FAILED"),
                "{error}"
            );
            assert!(outcome.ended < PATIENCE / 2, "{waits}: {:?}", outcome.ended);
        }
    }
}
