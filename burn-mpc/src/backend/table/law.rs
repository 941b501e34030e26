//! The law of a row, and its cost.

use burn::backend::Flex;

#[cfg(test)]
use super::stage::Seen;
use super::stage::{Spent, Stage};
use crate::Mpc;
use crate::error::MpcError;
use crate::ring::Z64;
#[cfg(test)]
use crate::session::local::three_parties;
use crate::session::{MpcDevice, SessionConfig};

type Private = Mpc<Flex, Z64>;

/// Which operands a method takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Public tensors, secret ones, and both together.
    SecretAndPublic,
    /// Public tensors only, for this reason. A secret fails the session with an error that says what to do instead.
    Public(&'static str),
}

/// One method of one of Burn's backend traits.
#[derive(Clone, Copy)]
pub struct Row {
    /// Burn's trait.
    pub trait_name: &'static str,
    /// Its method.
    pub method: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// How far a result on secrets may be off, in units of the session.
    #[cfg(test)]
    pub(super) units: f64,
    #[cfg(test)]
    pub(super) plain: fn(&mut Stage<Flex>),
    pub(super) secret: fn(&mut Stage<Private>),
}

impl core::fmt::Debug for Row {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}::{}: {:?}", self.trait_name, self.method, self.takes)
    }
}

/// What a call on secrets costs, as the estimate declares it.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// Shapes of the operands.
    pub operands: Vec<Vec<usize>>,
    /// Rounds until the result is computed, in whatever form.
    pub rounds: u32,
    /// Bytes of all parties until then, per element of the first operand.
    pub bytes: f64,
    /// Rounds added by a consumer that needs the result replicated, at the scale of the session.
    pub more_rounds: u32,
    /// Those of `bytes` that depend on no share of any value, per element of the first operand.
    pub offline_bytes: f64,
    /// Bytes added by that consumer, per element of the first operand.
    pub more_bytes: f64,
    /// The code of the error, if the method reads a secret.
    pub error: Option<String>,
}

impl Row {
    /// Measures the row at the shape of its domain, by an estimate on `Z_2^64` with the default scales.
    ///
    /// # Errors
    /// That of the session.
    pub fn cost(&self) -> Result<Cost, MpcError> {
        let device = MpcDevice::estimate(SessionConfig::z64())?;
        let mut stage = Stage::new(device.clone(), true, None);
        (self.secret)(&mut stage);
        if let Some(error) = device.failure() {
            return Err(error);
        }
        let first = stage
            .operands
            .first()
            .map_or(1, |shape| shape.iter().product());
        let (computed, total): (Spent, Spent) = (stage.computed, stage.replicated);
        let each = |bytes: u64| bytes as f64 / first as f64;
        // Burn wraps the error of a read in its own words.
        let code = |text: String| {
            let from = text.find("MPC-").unwrap_or_default();
            text[from..]
                .split(':')
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        Ok(Cost {
            operands: stage.operands,
            rounds: computed.rounds,
            bytes: each(computed.bytes),
            offline_bytes: each(computed.offline),
            more_rounds: total.rounds - computed.rounds,
            more_bytes: each(total.bytes - computed.bytes),
            error: stage.error.map(code),
        })
    }

    /// Tests the law of the row called `method`.
    #[cfg(test)]
    pub(super) fn prove(rows: Vec<Self>, method: &str) {
        let row = rows.into_iter().find(|row| row.method == method);
        let row = row.unwrap_or_else(|| panic!("no row {method}"));
        match row.takes {
            Takes::SecretAndPublic => row.holds(),
            Takes::Public(hint) => row.refuses(hint),
        }
    }

    /// Checks that results on secrets equal those in the clear, with all operands secret, and with each one public in
    /// turn.
    #[cfg(test)]
    fn holds(&self) {
        let mut plain = Stage::<Flex>::new(Default::default(), false, None);
        (self.plain)(&mut plain);
        let operands = plain.operands.len();
        let variants = (0..operands).filter(|_| operands > 1).map(Some);
        for open in std::iter::once(None).chain(variants) {
            let found = three_parties(&SessionConfig::z64(), |device| {
                let mut stage = Stage::<Private>::new(device.clone(), false, open);
                (self.secret)(&mut stage);
                assert!(device.failure().is_none(), "{:?}", device.failure());
                stage.results
            });
            let found = found.unwrap_or_else(|error| panic!("{self:?}: {error}"));
            for party in &found {
                self.compare(&plain.results, party, open);
            }
        }
    }

    #[cfg(test)]
    fn compare(&self, expected: &[Seen], found: &[Seen], open: Option<usize>) {
        let unit = 1.0 / 65536.0;
        let case = format!("{self:?}, public: {open:?}");
        assert_eq!(expected.len(), found.len(), "{case}");
        for (expected, found) in expected.iter().zip(found) {
            assert_eq!(expected.shape, found.shape, "{case}");
            assert_eq!(expected.values.len(), found.values.len(), "{case}");
            for (&expected, &found) in expected.values.iter().zip(&found.values) {
                let slack = if self.units == 0.0 {
                    0.0
                } else {
                    self.units * unit + expected.abs() / f64::from(1 << 21)
                };
                // Not `> slack`: a result that is no number must fail too.
                let within = (expected - found).abs() <= slack;
                assert!(
                    within,
                    "{case}: {found}, expected {expected} +- {slack:.3e}"
                );
            }
        }
    }

    /// Checks that secrets end the session with the row's reason, and that the poisoned result has the shape of the
    /// result.
    #[cfg(test)]
    fn refuses(&self, reason: &str) {
        let mut plain = Stage::<Flex>::new(Default::default(), false, None);
        (self.plain)(&mut plain);
        let Ok(device) = MpcDevice::estimate(SessionConfig::z64()) else {
            panic!("no estimate");
        };
        let mut stage = Stage::<Private>::new(device.clone(), false, None);
        // Results are computed instead of opened, since only their shapes are compared.
        stage.measure();
        (self.secret)(&mut stage);
        match device.failure() {
            Some(MpcError::Unsupported { op, hint, .. }) => {
                assert_eq!((op, hint), (self.method, reason));
            }
            other => panic!("{self:?}: {other:?}"),
        }
        let shapes = |seen: &[Seen]| seen.iter().map(|s| s.shape.clone()).collect::<Vec<_>>();
        assert_eq!(shapes(&plain.results), shapes(&stage.results), "{self:?}");
    }
}
