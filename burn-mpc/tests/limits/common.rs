//! Three parties on threads.

use std::time::Duration;

use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData};
use burn_mpc::session::local::three_parties;
use burn_mpc::{Mpc, MpcDevice, MpcError, Party, SessionConfig, Z64, share};

/// The backend under test.
pub type Private = Mpc<Flex, Z64>;

/// A deadline that no test may reach, however busy the machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn config() -> SessionConfig {
    SessionConfig::z64().with_deadline(PATIENCE)
}

/// The result of each party, and its session's failure.
pub fn run<T: Send>(
    config: &SessionConfig,
    program: impl Fn(&MpcDevice, Party) -> Result<T, MpcError> + Sync,
) -> [(Result<T, MpcError>, Option<MpcError>); 3] {
    three_parties(config, |device| {
        let result = program(&device, device.party().expect("online"));
        (result, device.failure())
    })
    .expect("no party panics")
}

/// Runs a program that every party ends with an error; the three errors.
#[track_caller]
pub fn failing<T: Send>(
    config: &SessionConfig,
    program: impl Fn(&MpcDevice, Party) -> Result<T, MpcError> + Sync,
) -> [MpcError; 3] {
    run(config, program).map(|(result, failure)| {
        assert!(failure.is_some(), "the session does not know");
        result.err().expect("an error, not a result")
    })
}

/// Shares numbers of `owner`.
pub fn input<const D: usize>(
    device: &MpcDevice,
    owner: Party,
    shape: [usize; D],
    values: &[f32],
) -> Result<Tensor<Private, D>, MpcError> {
    let held = device.party() == Some(owner);
    let data = held.then(|| TensorData::new(values.to_vec(), shape));
    share(device, owner, "x", shape, data)
}
