//! Burn's recurrent layers, unchanged.

use burn::module::Module;
use burn::nn::{BiLstmConfig, GruConfig, LstmConfig};
use burn_mpc::testkit::{Bound, Place, World};
use burn_mpc::{SessionConfig, Z32, Z64, laws};

use super::Secretly;

/// States of up to 1 behind four steps. Each gate errs by a few units of 2^-16 (of 2^-10 on 32 bits), and a step passes
/// on what the one before erred.
fn recurrences<B: Place>(w: &mut World<B>) {
    let device = w.device.clone();
    let unit = if w.frac_bits() > 10 { 400.0 } else { 24.0 };
    let near = Bound::of(0.0, unit);
    let x = w.secret([3, 4, 5], 1.0);
    w.section("lstm ");
    let lstm = LstmConfig::new(5, 6, true)
        .init::<B>(&device)
        .map(&mut Secretly(w, 0.5));
    let (output, state) = lstm.forward(x.clone(), None);
    w.check("output", output, near);
    w.check("cell", state.cell, near);
    let both = BiLstmConfig::new(5, 4, true)
        .init::<B>(&device)
        .map(&mut Secretly(w, 0.5));
    w.check("both ways", both.forward(x.clone(), None).0, near);
    w.section("gru ");
    for reset_after in [true, false] {
        let gru = GruConfig::new(5, 6, true).with_reset_after(reset_after);
        let gru = gru.init::<B>(&device).map(&mut Secretly(w, 0.5));
        w.check(
            &format!("{reset_after}"),
            gru.forward(x.clone(), None),
            near,
        );
    }
}

#[test]
fn burns_recurrent_layers_agree() {
    laws!(Z64, SessionConfig::z64(); recurrences);
    laws!(Z32, SessionConfig::z32(); recurrences);
}
