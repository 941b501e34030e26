//! The policy that lets reads reveal is for tests.

use burn_mpc::SessionConfig;

fn main() {
    let _ = SessionConfig {
        all_secret: true,
        ..SessionConfig::z64()
    };
}
