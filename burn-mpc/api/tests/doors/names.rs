//! Every name that a user has, and the README's program. The one error is on purpose: that there is no other shows that
//! the names exist without `testkit`.

#![allow(unused)]

use burn_mpc::report::{LayerCost, Report};
use burn_mpc::session::local::three_parties;
use burn_mpc::session::{RingChoice, ScaleSearch, Scales, Schedule, Session, WeightScales, Windows, calibrate};
use burn_mpc::{
    Audience, BlockReluSize, Cost, CostModel, Mpc, MpcDevice, MpcError, MpcTensorExt, Party, Precision, Ring,
    SessionConfig, ShareOptions, Truncation, Z32, Z64, forget_model, prepare, prepare_only, reveal,
    reveal_argmax_to, reveal_to, reveal_with, share, share_int, share_model, share_within,
};

#[path = "../../../../examples/your_own_model/main.rs"]
mod readme;

fn main() {
    let () = "every name above exists";
}
