//! What a convolution sums over.

/// One convolution of a sum.
#[derive(Clone, Copy)]
pub(super) struct Term<'a, R> {
    pub(super) x: &'a [R],
    pub(super) w: &'a [R],
}
