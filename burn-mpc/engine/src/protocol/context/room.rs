//! Allocates buffers whose length a program or a peer declares: running out of memory is an error, not the end of the
//! process.

use bytemuck::Zeroable;

use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;

impl Context {
    /// `len` zeros, for a message, a draw or an input whose length came from outside.
    ///
    /// # Errors
    /// [`ProtocolError::Memory`] if the process gets no memory for them.
    pub fn zeroed<T: Zeroable>(&self, len: usize) -> Result<Vec<T>, ProtocolError> {
        bytemuck::try_zeroed_vec(len).map_err(|()| ProtocolError::Memory {
            party: self.party(),
            bytes: len.saturating_mul(size_of::<T>()),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::protocol::{Context, ProtocolError, Truncation};

    #[test]
    fn what_no_memory_holds_is_an_error() {
        let ctx = Context::estimating(Truncation::Faithful);
        assert_eq!(ctx.zeroed::<u64>(3).unwrap(), [0; 3]);
        for len in [1 << 46, 1 << 61, usize::MAX] {
            let error = ctx.zeroed::<u64>(len).unwrap_err();
            assert!(matches!(error, ProtocolError::Memory { .. }), "{error}");
        }
    }
}
