//! Which party owns what.

use burn_mpc::Party;

/// The owner of the weights.
pub const MODEL_OWNER: Party = Party::P0;
/// The owner of the sentences, who learns their embeddings.
pub const CLIENT: Party = Party::P1;
