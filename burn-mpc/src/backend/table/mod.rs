//! One table of ops: a row per method of Burn's backend traits.
//!
//! A row names the method, and the function of [`crate::ops`] that it calls on secrets or the hint with which it
//! refuses them. It gives values of the method's arguments. The group of the row says what the method takes and
//! returns, and the domain its law is tested on. A row of integers that could outgrow a ring names the method on floats
//! that says how large they are (`wide`). From the row come the delegation, the refusal, [`op_table`],
//! `docs/OPS.md`, the measured cost, and the law of that name.

#[macro_use]
mod forms;

mod call;
#[cfg(any(test, feature = "testkit"))]
mod domain;
mod hint;
#[cfg(any(test, feature = "testkit"))]
mod law;
mod prelude;
#[cfg(any(test, feature = "testkit"))]
mod stage;

/// Which operands a row takes.
#[cfg(any(test, feature = "testkit"))]
macro_rules! takes {
    (refuses $reason:expr) => {
        Takes::Public($reason)
    };
    (public $reason:expr) => {
        Takes::Public($reason)
    };
    ($form:ident $secret:expr) => {
        Takes::SecretAndPublic
    };
}

/// How far a result may be off, in units of the session.
#[cfg(test)]
macro_rules! units {
    (within ($units:expr)) => {
        $units
    };
    ($($other:tt)*) => {
        0.0
    };
}

/// The same of a method that is written by hand.
#[cfg(test)]
macro_rules! written_units {
    (law $law:expr, $units:expr) => {
        $units
    };
    ($($other:tt)*) => {
        0.0
    };
}

/// The law of a method that is written by hand.
#[cfg(any(test, feature = "testkit"))]
macro_rules! written_law {
    ($stage:ident law $law:expr $(, $units:expr)?) => {{
        let law: fn(&mut Stage<P>) = $law;
        law($stage);
    }};
    ($stage:ident refuses $reason:expr, $law:expr) => {
        written_law! { $stage law $law }
    };
    ($stage:ident public $reason:expr) => {
        $stage.start()
    };
}

/// The test of a row; a row that only delegates public tensors has none.
#[cfg(test)]
macro_rules! tested {
    (public $name:ident) => {};
    ($how:ident $name:ident) => {
        #[test]
        fn $name() {
            super::Row::prove(super::rows(), stringify!($name));
        }
    };
}

/// An implementation of one of Burn's traits, and its rows. First come `rows` in groups of one form, then methods that
/// are `written` by hand, each followed by its law (`law`, or `refuses` with the hint) or by the reason why it takes
/// public tensors only (`public`).
macro_rules! table {
    ($trait:ident $(<$of:tt>)?;
     $(rows {$($form:ident $head:tt {$(
        fn $name:ident $params:tt => $body:expr $(, $word:ident $tail:tt)?;
     )*})*})?
     $(written {$(
        $(#[$meta:meta])*
        fn $written:ident $signature:tt $(-> $result:ty)? $code:block
        $how:ident $what:expr $(, $why:expr)?;
     )*})?
    ) => {
        impl<P: Backend, R: Ring> $trait $(<$of>)? for Mpc<P, R> {
            $($($($form! { @call $head $name $params ($body) ($($word $tail)?) })*)*)?
            $($($(#[$meta])* fn $written $signature $(-> $result)? $code)*)?
        }

        /// The rows, in the order of the table.
        #[cfg(any(test, feature = "testkit"))]
        pub(super) fn rows() -> Vec<Row> {
            vec![
                $($($(Row {
                    trait_name: stringify!($trait),
                    method: stringify!($name),
                    takes: takes!($form $body),
                    #[cfg(test)]
                    units: units!($($word $tail)?),
                    #[cfg(test)]
                    plain: laws::$name::<Flex>,
                    secret: laws::$name::<Mpc<Flex, Z64>>,
                },)*)*)?
                $($(Row {
                    trait_name: stringify!($trait),
                    method: stringify!($written),
                    takes: takes!($how $what),
                    #[cfg(test)]
                    units: written_units!($how $what $(, $why)?),
                    #[cfg(test)]
                    plain: laws::$written::<Flex>,
                    secret: laws::$written::<Mpc<Flex, Z64>>,
                },)*)?
            ]
        }

        /// What the law of each row calls.
        #[cfg(any(test, feature = "testkit"))]
        mod laws {
            #[allow(clippy::wildcard_imports, reason = "a part of the file it stands in")]
            use super::*;

            $($($(pub(super) fn $name<P: Stand>(stage: &mut Stage<P>) {
                $form! { @law stage $head $name $params }
            })*)*)?
            $($(pub(super) fn $written<P: Stand>(stage: &mut Stage<P>) {
                written_law! { stage $how $what $(, $why)? }
            })*)?
        }

        #[cfg(test)]
        mod tests {
            $($($(tested! { $form $name })*)*)?
            $($(tested! { $how $written })*)?
        }
    };
}

mod activation;
mod bool;
mod device;
mod float;
mod int;
mod module;
mod quantized;

#[cfg(any(test, feature = "testkit"))]
pub use law::{Cost, Row, Takes};

/// Every method that this backend implements. It keeps Burn's default methods, which call these.
#[cfg(any(test, feature = "testkit"))]
#[must_use]
pub fn op_table() -> Vec<Row> {
    [
        device::rows(),
        float::rows(),
        int::rows(),
        bool::rows(),
        activation::rows(),
        module::rows(),
        quantized::rows(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_method_has_one_row() {
        let rows = op_table();
        let methods: BTreeSet<_> = rows.iter().map(|r| (r.trait_name, r.method)).collect();
        assert_eq!(methods.len(), rows.len(), "a method has two rows");
        assert!(rows.len() >= 320, "{} rows", rows.len());
    }

    #[test]
    fn what_takes_public_tensors_only_says_why() {
        for row in op_table() {
            if let Takes::Public(reason) = row.takes {
                assert!(reason.len() > 20, "{}: '{reason}'", row.method);
            }
        }
    }
}
