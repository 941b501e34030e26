//! A session runs no protocol for its user, and what it compares cannot be added to.

use burn_mpc::MpcDevice;

fn run(device: &MpcDevice) {
    if let Some(session) = device.session() {
        let _ = session.run(|_| Ok::<_, burn_mpc::MpcError>(()));
        session.note("reveal", &[1]);
        session.count_reveal("logits");
    }
}

fn main() {}
