//! The loss of connectionist temporal classification.

use burn::tensor::activation::log_softmax;
use burn::tensor::module::ctc_loss;
use burn_mpc::testkit::{Bound, Place, World};

/// What each of so many steps errs by, and no encoding in between.
fn steps(count: usize) -> Bound {
    Bound::of(0.0, 64.0 * count as f64)
}

fn whole(values: impl Iterator<Item = usize>) -> Vec<i64> {
    values
        .map(|value| i64::try_from(value).unwrap_or_default())
        .collect()
}

/// Sequences and targets of several lengths: secret, public, and both.
pub fn losses<B: Place>(w: &mut World<B>) {
    for [time, batch, classes, most] in [[1, 1, 2, 1], [6, 3, 4, 3], [12, 2, 5, 4]] {
        w.section(format!(
            "{time} steps, {batch} targets of up to {most} letters: "
        ));
        let x = w.secret([time, batch, classes], 3.0);
        let x = log_softmax(x, 2);
        // With room for every letter twice.
        let longest = most.min(time / 2);
        let letters = whole((0..batch * most).map(|i| 1 + (i * i + i / 2) % (classes - 1)));
        let lengths = whole((0..batch).map(|i| time - i.min(time - 1)));
        let counts = whole((0..batch).map(|i| longest - i.min(longest)));
        let targets = w.integers_of(&letters, [batch, most]);
        let (ends, words) = (
            w.integers_of(&lengths, [batch]),
            w.integers_of(&counts, [batch]),
        );
        let known = w.public_ints(&letters, [batch, most]);
        let (known_ends, known_words) = (
            w.public_ints(&lengths, [batch]),
            w.public_ints(&counts, [batch]),
        );
        let all = ctc_loss(x.clone(), targets.clone(), ends.clone(), words.clone(), 0);
        w.check("all secret", all, steps(time));
        let numbers = ctc_loss(x.clone(), known, known_ends.clone(), known_words, 0);
        w.check("secret numbers", numbers, steps(time));
        let some = ctc_loss(x, targets, known_ends, words.clone(), 0);
        w.check("public ends", some, steps(time));
        // Public log-probabilities; the last class is the blank, and the letters are below it.
        let x = log_softmax(w.public([time, batch, classes], 3.0), 2);
        let lower = letters.iter().map(|letter| letter - 1).collect::<Vec<_>>();
        let targets = w.integers_of(&lower, [batch, most]);
        let found = ctc_loss(x, targets, ends, words, classes - 1);
        w.check("public numbers", found, steps(time));
    }
}

/// Equal letters side by side, which need a blank between them, and long targets with just enough steps.
pub fn repeats<B: Place>(w: &mut World<B>) {
    w.section("repeated letters: ");
    let x = log_softmax(w.secret([5, 3, 3], 2.0), 2);
    let targets = w.integers_of(&[1, 1, 1, 1, 2, 1, 1, 2, 2], [3, 3]);
    let ends = w.integers_of(&[5, 3, 5], [3]);
    let words = w.integers_of(&[3, 3, 2], [3]);
    w.check("loss", ctc_loss(x, targets, ends, words, 0), steps(5));
}
