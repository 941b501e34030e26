//! Explaining errors: a run beside its plaintext twin.

use std::sync::Arc;

use crate::error::MpcError;
use crate::protocol::RangeBoard;
use crate::session::shadow::ShadowBoard;
use crate::session::{ErrorReport, MpcDevice, SessionConfig, local};
use burn_mpc_engine::net::{Transport, memory};

/// Runs `program` in one process that sees all values, beside the same program on the plaintext backend, and reports
/// how far every layer is from plaintext. The results are those of [`local::three_parties`].
///
/// The protocols are the real ones on the real ring, so that the report has the errors of a run like this one: of
/// rounding inputs and weights, of truncation, of the approximation of functions, and those that are carried on from
/// earlier layers. The plaintext backend computes in its own precision, 24 bits for `f32`.
///
/// ```
/// use burn::backend::Flex;
/// use burn::tensor::{Tensor, TensorData};
/// use burn_mpc::session::explain;
/// use burn_mpc::{Mpc, MpcError, Party, SessionConfig, Z64, reveal, share};
///
/// let (_, report) = explain(&SessionConfig::z64(), |device| {
///     let data = (device.party() == Some(Party::P1)).then(|| TensorData::from([0.1_f32, 0.7]));
///     let x: Tensor<Mpc, 1> = share::<Flex, Z64, 1>(&device, Party::P1, "x", [2], data)?;
///     reveal(x.clone() * x, "square").map(|_| ())
/// })?;
/// let square = report.layers.last().expect("two ops");
/// assert_eq!((square.layer.as_str(), square.op.as_str()), ("x", "float_mul"));
/// assert!(square.largest_error < 1e-5);
/// # Ok::<(), MpcError>(())
/// ```
///
/// # Errors
/// Those of [`local::three_parties`].
pub fn explain<T: Send>(
    config: &SessionConfig,
    program: impl Fn(MpcDevice) -> T + Sync,
) -> Result<([T; 3], ErrorReport), MpcError> {
    let board = Arc::new(ShadowBoard::default());
    let results = observed(config, &program, None, Some(&board))?;
    Ok((results, ErrorReport::of(&board)))
}

/// Runs `program` over in-memory links, and observes its values on the given boards.
pub(super) fn observed<T: Send>(
    config: &SessionConfig,
    program: &(impl Fn(MpcDevice) -> T + Sync),
    ranges: Option<&Arc<RangeBoard>>,
    shadows: Option<&Arc<ShadowBoard>>,
) -> Result<[T; 3], MpcError> {
    let transports =
        memory::mesh3(config.deadline).map(|transport| Box::new(transport) as Box<dyn Transport>);
    local::over(transports, config, |device| {
        if let Some(session) = device.session() {
            if let Some(board) = ranges {
                session.observe_ranges(board);
            }
            if let Some(board) = shadows {
                session.observe_shadows(board);
            }
        }
        program(device)
    })
}
