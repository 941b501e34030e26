//! Public limits on the magnitudes of secrets.

/// A public limit that no element exceeds in magnitude, if one was declared.
///
/// The owner of large values declares their limit; ops carry it along, so that a result that cannot fit is an
/// error before anything wraps. A tensor without one counts as a value that is small enough to be multiplied once:
/// see [`Scales::once`](crate::session::Scales::once).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bound(Option<f64>);

impl Bound {
    /// Nobody declared a limit.
    pub const NONE: Self = Self(None);

    /// A declared limit.
    #[must_use]
    pub fn declared(limit: f64) -> Self {
        Self(Some(limit.abs()))
    }

    /// The limit, if one was declared.
    #[must_use]
    pub fn limit(self) -> Option<f64> {
        self.0
    }

    /// Maps the limit, if one was declared, to that of a function of the tensor.
    #[must_use]
    pub fn map(self, of: impl FnOnce(f64) -> f64) -> Self {
        Self(self.0.map(of))
    }
}
