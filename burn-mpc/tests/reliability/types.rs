//! R11: what the compiler refuses to do with a secret.

use std::fmt::{Display, LowerHex};
use std::hash::Hash;
use std::marker::PhantomData;
use std::ops::Deref;

use burn::tensor::TensorData;
use burn_mpc::Z64;
use burn_mpc::backend::MpcTensor;
use burn_mpc::fixed::Form;
use burn_mpc::tensor::{SecretTensor, State};
use burn_mpc_engine::prg::{Keystream, PairKeys, Prg, Seed};
use burn_mpc_engine::protocol::SplitBits;
use burn_mpc_engine::share::{Additive, BitShare, Rss, TwoOfTwo, XorBits};

/// Whether a type has a trait. Where it has it, the constant of the type hides that of the trait.
macro_rules! has {
    ($type:ty: $($bound:tt)+) => {{
        struct Check<T: ?Sized>(PhantomData<T>);
        #[allow(dead_code, reason = "used by types that lack the trait")]
        trait Absent {
            const HAS: bool = false;
        }
        impl<T: ?Sized> Absent for Check<T> {}
        #[allow(dead_code, reason = "used by types that have the trait")]
        impl<T: ?Sized + $($bound)+> Check<T> {
            const HAS: bool = true;
        }
        Check::<$type>::HAS
    }};
}

/// Names of the traits by which a value could be compared, printed, written or taken out.
macro_rules! ways_out {
    ($type:ty) => {{
        let all = [
            ("PartialEq", has!($type: PartialEq)),
            ("PartialOrd", has!($type: PartialOrd)),
            ("Hash", has!($type: Hash)),
            ("Display", has!($type: Display)),
            ("LowerHex", has!($type: LowerHex)),
            ("Serialize", has!($type: serde::Serialize)),
            ("Into<bool>", has!($type: Into<bool>)),
            ("Into<f64>", has!($type: Into<f64>)),
            ("Into<Vec<Z64>>", has!($type: Into<Vec<Z64>>)),
            ("Into<Vec<u64>>", has!($type: Into<Vec<u64>>)),
            ("Into<TensorData>", has!($type: Into<TensorData>)),
            ("AsRef<[Z64]>", has!($type: AsRef<[Z64]>)),
            ("AsRef<[u8]>", has!($type: AsRef<[u8]>)),
            ("Deref", has!($type: Deref)),
            ("IntoIterator", has!($type: IntoIterator)),
        ];
        let found: Vec<&str> = all.iter().filter(|(_, has)| *has).map(|(name, _)| *name).collect();
        found
    }};
}

#[test]
fn secrets_cannot_be_compared_printed_written_or_converted() {
    // With any type of public tensor.
    type Primitive = MpcTensor<Vec<u8>, Z64>;
    for (name, found) in [
        ("Rss", ways_out!(Rss<Z64>)),
        ("Additive", ways_out!(Additive<Z64>)),
        ("TwoOfTwo", ways_out!(TwoOfTwo<Z64>)),
        ("BitShare", ways_out!(BitShare)),
        ("XorBits", ways_out!(XorBits)),
        ("SplitBits", ways_out!(SplitBits)),
        ("Form", ways_out!(Form<Z64>)),
        ("State", ways_out!(State<Z64>)),
        ("SecretTensor", ways_out!(SecretTensor<Z64>)),
        ("MpcTensor", ways_out!(Primitive)),
        ("Seed", ways_out!(Seed)),
        ("PairKeys", ways_out!(PairKeys)),
        ("Prg", ways_out!(Prg)),
        ("Keystream", ways_out!(Keystream)),
    ] {
        assert!(found.is_empty(), "{name}: {found:?}");
    }
}

#[test]
fn keys_cannot_be_copied() {
    for (name, copied) in [
        ("Seed", has!(Seed: Clone)),
        ("PairKeys", has!(PairKeys: Clone)),
        ("Prg", has!(Prg: Clone)),
        ("Keystream", has!(Keystream: Clone)),
    ] {
        assert!(!copied, "{name}");
    }
    assert!(has!(Rss<Z64>: Clone), "the check sees what is there");
}

/// A type with everything that a secret must not have.
#[test]
fn the_check_sees_the_traits_that_a_type_has() {
    assert_eq!(
        ways_out!(String),
        [
            "PartialEq",
            "PartialOrd",
            "Hash",
            "Display",
            "Serialize",
            "AsRef<[u8]>",
            "Deref"
        ]
    );
    assert_eq!(
        ways_out!(Vec<Z64>),
        [
            "PartialEq",
            "Into<Vec<Z64>>",
            "AsRef<[Z64]>",
            "Deref",
            "IntoIterator"
        ]
    );
    assert_eq!(
        ways_out!(bool),
        [
            "PartialEq",
            "PartialOrd",
            "Hash",
            "Display",
            "Serialize",
            "Into<bool>",
            "Into<f64>"
        ]
    );
    assert!(
        has!(u64: LowerHex) && has!(Vec<u64>: Into<Vec<u64>>) && has!(TensorData: Into<TensorData>)
    );
}
