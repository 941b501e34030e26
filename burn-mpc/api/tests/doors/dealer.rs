//! Shares that one party deals, and keys that repeat, are for tests.

use burn_mpc_engine::prg::agree_from_insecure_seed;
use burn_mpc_engine::share::dealer;

fn main() {}
