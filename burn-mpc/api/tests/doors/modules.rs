//! Shares, protocols and the ops on them have no path.

use burn_mpc::backend::MpcTensor;
use burn_mpc::ops::reveal_values;
use burn_mpc::protocol::reveal;
use burn_mpc::share::Rss;
use burn_mpc::tensor::SecretTensor;
use burn_mpc::testkit;

fn main() {}
