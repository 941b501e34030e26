//! One image of a data set.

/// One image and its class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledImage {
    /// Channels, height and width.
    pub shape: [usize; 3],
    /// `[3, H, W]`, row-major: the red plane, the green, the blue.
    pub pixels: Vec<u8>,
    /// Its class.
    pub label: usize,
}
