//! Laws: one program, run by the plaintext backend and by three parties on secrets, gives one result.
//!
//! A program is a function `fn<B: Place>(&mut World<B>)`. It asks its [`World`] for secret inputs, which
//! are shared by their owner where the backend is [`Mpc`] and plain tensors elsewhere, and
//! hands each result to [`World::check`] with a [`Bound`] derived from the error model. [`agree`] runs it
//! on both and compares.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "test support stops at the first surprise"
)]

#[cfg(test)]
mod all_secret;
mod bound;
mod inside;
mod place;
mod world;

pub use bound::Bound;
pub use inside::{note_reads, reads, run, secret, session_id, settle, shared_random, state, twin};
pub use place::Place;
pub use world::{Record, World};

use burn::backend::Flex;
use burn_backend::Backend;

use crate::Mpc;
use crate::ring::Ring;
use crate::session::SessionConfig;
use crate::session::local::three_parties;

/// Runs a program in the clear on Flex, and on secrets with `P` for what is public, and compares all results.
///
/// # Panics
/// Listing every result that differs by more than its bound, or that differs between parties.
pub fn agree<P: Backend, R: Ring>(
    config: &SessionConfig,
    plain: impl Fn(&mut World<Flex>),
    secret: impl Fn(&mut World<Mpc<P, R>>) + Sync,
) {
    let mut world = World::<Flex>::new(Default::default(), config.frac_bits);
    plain(&mut world);
    let expected = world.into_records();
    let found = three_parties(config, |device| {
        let mut world = World::<Mpc<P, R>>::new(device, config.frac_bits);
        secret(&mut world);
        world.into_records()
    })
    .unwrap_or_else(|error| panic!("{error}"));
    assert_agreement(&expected, &found);
}

fn assert_agreement(expected: &[Record], found: &[Vec<Record>; 3]) {
    let complaints = compare(expected, found);
    assert!(
        complaints.is_empty(),
        "{} of {} results are off:\n{}",
        complaints.len(),
        expected.len(),
        complaints.join("\n")
    );
}

fn compare(expected: &[Record], found: &[Vec<Record>; 3]) -> Vec<String> {
    let [first, others @ ..] = found;
    let mut complaints = vec![];
    if expected.len() != first.len() {
        complaints.push(format!("{} results, not {}", first.len(), expected.len()));
    }
    for (i, (expected, found)) in expected.iter().zip(first).enumerate() {
        complaints.extend(expected.complaint(found));
        if others.iter().any(|party| party.get(i) != Some(found)) {
            complaints.push(format!("{}: the parties differ", expected.name));
        }
    }
    complaints
}

/// Runs programs in the clear and on secrets of a ring: `laws!(Z64, config; program, other)`.
#[macro_export]
macro_rules! laws {
    ($ring:ty, $config:expr; $($program:path),+ $(,)?) => {
        $crate::laws!(burn::backend::Flex, $ring, $config; $($program),+)
    };
    ($plain:ty, $ring:ty, $config:expr; $($program:path),+ $(,)?) => {
        $crate::testkit::agree::<$plain, $ring>(
            &$config,
            |world| { $($program(world);)+ },
            |world| { $($program(world);)+ },
        )
    };
}
