//! How many elements a shape has: no product of dimensions wraps, and none exceeds what the session allows.

use crate::Party;
use crate::error::MpcError;
use crate::session::{DEFAULT_MAX_ELEMENTS, MpcDevice};

/// Number of elements of a tensor of dimensions `shape`, or of a part of it; `usize::MAX` if there are more. A tensor
/// that holds something has passed [`MpcDevice::checked_elements`], so that this is exact for it and all its parts.
#[must_use]
pub fn elements(shape: &[usize]) -> usize {
    shape
        .iter()
        .fold(1, |product: usize, &size| product.saturating_mul(size))
}

impl MpcDevice {
    /// Number of elements of a tensor of dimensions `shape` that `op` makes or takes.
    ///
    /// A dimension of 0 counts as 1 for the limit, so that no part of a shape that passes is too large either.
    ///
    /// # Errors
    /// [`MpcError::TooLarge`], the same at all parties, if there are more than
    /// [`max_elements`](crate::SessionConfig::max_elements).
    pub fn checked_elements(&self, op: &'static str, shape: &[usize]) -> Result<usize, MpcError> {
        let limit = self.session().map_or(DEFAULT_MAX_ELEMENTS, |session| {
            session.config().max_elements
        });
        let most = shape.iter().fold(1, |product: usize, &size| {
            product.saturating_mul(size.max(1))
        });
        if most <= limit {
            return Ok(elements(shape));
        }
        Err(MpcError::TooLarge {
            party: self.party().unwrap_or(Party::P0),
            op,
            shape: format!("{shape:?}"),
            limit,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::elements;
    use crate::error::MpcError;
    use crate::session::{MpcDevice, SessionConfig};

    #[test]
    fn no_product_of_dimensions_wraps() {
        assert_eq!(elements(&[]), 1);
        assert_eq!(elements(&[3, 4]), 12);
        assert_eq!(elements(&[1 << 32, 1 << 32]), usize::MAX);
        assert_eq!(elements(&[1 << 40, 1 << 40, 0]), 0);
    }

    #[test]
    fn the_limit_is_the_sessions_and_empty_tensors_hide_nothing() {
        let config = SessionConfig::z64().with_max_elements(12);
        let device = MpcDevice::estimate(config).unwrap();
        assert_eq!(device.checked_elements("op", &[3, 4]).unwrap(), 12);
        assert_eq!(device.checked_elements("op", &[0, 4]).unwrap(), 0);
        for shape in [&[13][..], &[2, 7], &[0, 13], &[1 << 32, 1 << 32]] {
            let error = device.checked_elements("op", shape).unwrap_err();
            assert!(
                matches!(error, MpcError::TooLarge { limit: 12, .. }),
                "{error}"
            );
        }
        for wrong in [0, usize::MAX] {
            let config = SessionConfig::z64().with_max_elements(wrong);
            assert!(MpcDevice::estimate(config).is_err());
        }
    }
}
