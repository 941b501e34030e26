//! Sessions whose randomness anybody can compute, for tests that compare two runs bit by bit.

use crate::error::MpcError;
use crate::prg::agree_from_insecure_seed;
use crate::session::device::next_id;
use crate::session::{MpcDevice, Session, SessionConfig};
use burn_mpc_engine::net::Transport;

impl MpcDevice {
    /// Opens a session whose keys follow from `seed`: nothing is secret in it.
    ///
    /// # Errors
    /// A config without headroom. Set-up exchanges nothing, so peers are not compared.
    pub fn open_from_insecure_seed(
        transport: Box<dyn Transport>,
        config: SessionConfig,
        seed: u64,
    ) -> Result<Self, MpcError> {
        let session = Session::open_with(transport, config, next_id(), |mesh, _| {
            Ok(agree_from_insecure_seed(mesh, seed))
        })?;
        Ok(Self::register(session))
    }
}
