//! Checked sessions: a value that outgrew the ring keeps everything closed, wherever it did.

use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn_mpc::report::Report;
use burn_mpc::session::Windows;
use burn_mpc::{Audience, MpcDevice, MpcError, Party, Precision, SessionConfig, reveal_with};
use burn_mpc_engine::protocol::Window;

use super::common::{
    IMAGE, Links, Net, Outcome, PATIENCE, Private, all_ok, input, numbers, plain_logits, run_each,
    tolerance, values,
};

type Found = Result<(Vec<f32>, Report), MpcError>;

fn outcomes(
    checked: bool,
    program: impl Fn(&MpcDevice) -> Result<Tensor<Private, 2>, MpcError> + Sync,
) -> [Outcome<(Vec<f32>, Report)>; 3] {
    let config = || {
        let config = SessionConfig::z64().with_deadline(PATIENCE);
        if checked { config.checked() } else { config }
    };
    let configs = [config(), config(), config()];
    run_each(Links::Memory.ends(), configs, |device, _| -> Found {
        let y = reveal_with(program(device)?, Audience::All, "y", Precision::Exact)?;
        let values = values(y.ok_or(MpcError::NotRevealed)?);
        Ok((values, device.online("test")?.report()))
    })
}

#[test]
fn what_fits_is_revealed_and_costs_what_is_declared() {
    let image = numbers(IMAGE.iter().product(), 5);
    let expected = plain_logits(&image, false);
    let network = |device: &MpcDevice| {
        let owner = device.party() == Some(Party::P0);
        let net = Net::<Private>::at(device, owner, false);
        let net = burn_mpc::share_model(net, device, Party::P0, burn_mpc::ShareOptions::default())?;
        Ok(net.forward(input(device, Party::P1, "image", IMAGE, &image)?))
    };
    let bytes = [false, true].map(|checked| {
        let mut sum = 0;
        for (found, report) in all_ok(outcomes(checked, network)) {
            for (found, expected) in found.iter().zip(&expected) {
                assert!(
                    (found - expected).abs() <= tolerance(20),
                    "{found} {expected}"
                );
            }
            let declared = report.declared_bytes[report.party];
            assert_eq!(report.bytes_sent, declared);
            sum += report.bytes_sent;
        }
        sum
    });
    assert!(bytes[1] > bytes[0], "{bytes:?}");
}

/// A third power of these is beyond the ring at the scale of a product, by several times its size.
#[test]
fn what_outgrew_the_ring_keeps_everything_closed() {
    let large: Vec<f32> = (0..32_u8).map(|i| 1500.0 + 13.0 * f32::from(i)).collect();
    let uses: [fn(Tensor<Private, 2>) -> Tensor<Private, 2>; 4] = [
        |cube| cube,
        |cube| relu(cube),
        |cube| cube.greater_elem(1.0).float(),
        |cube| cube.slice([0..4, 0..8]) * 0.125 * 0.3,
    ];
    for consume in uses {
        let program = |device: &MpcDevice| {
            let x = input(device, Party::P1, "x", [4, 8], &large)?;
            Ok(consume(x.clone() * x.clone() * x))
        };
        // Without a check it is a wrong number.
        for (found, _) in all_ok(outcomes(false, program)) {
            assert!(found.iter().all(|&y| y < 1.0e9), "{found:?}");
        }
        for party in &outcomes(true, program) {
            let error = party.error();
            assert!(matches!(error, MpcError::Domain { .. }), "{error}");
        }
    }
}

#[test]
fn windows_of_bits_are_refused() {
    let windows = Windows::unchecked([("layer".to_owned(), Window { low: 0, high: 40 })].into());
    let config = SessionConfig::z64().with_windows(windows).checked();
    let error = config.scales().expect_err("windows beside the check");
    assert!(error.to_string().contains("checked session"), "{error}");
}
