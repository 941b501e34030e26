//! Shapes of a two-dimensional convolution.

/// Shape of a two-dimensional convolution (cross-correlation, as in neural networks).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConvGeometry {
    /// Images.
    pub batch: usize,
    /// Channels of an image.
    pub in_channels: usize,
    /// Channels of an output image.
    pub out_channels: usize,
    /// Groups of channels; each output channel sees only its own group.
    pub groups: usize,
    /// Height and width of an image.
    pub input: [usize; 2],
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// Vertical and horizontal step of the kernel.
    pub stride: [usize; 2],
    /// Zeros added: `[[top, bottom], [left, right]]`.
    pub padding: [[usize; 2]; 2],
    /// Vertical and horizontal distance of the kernel's taps.
    pub dilation: [usize; 2],
}

/// Sizes that describe no convolution or pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GeometryError {
    /// A size that has to be positive is zero.
    #[error("{what} is {sizes:?}; every entry has to be at least 1")]
    Zero {
        /// Which size.
        what: &'static str,
        /// Its value.
        sizes: [usize; 2],
    },
    /// The groups do not divide the channels.
    #[error("{groups} groups do not divide {in_channels} input and {out_channels} output channels")]
    Groups {
        /// Groups.
        groups: usize,
        /// Input channels.
        in_channels: usize,
        /// Output channels.
        out_channels: usize,
    },
    /// The kernel is larger than the padded input.
    #[error("a kernel extending over {extent:?} does not fit into the padded input {padded:?}")]
    KernelTooLarge {
        /// Height and width of the dilated kernel.
        extent: [usize; 2],
        /// Height and width of the padded input.
        padded: [usize; 2],
    },
    /// A tensor does not fit into the address space.
    #[error("the {tensor} of the layer overflows the address space")]
    Overflow {
        /// Which tensor.
        tensor: &'static str,
    },
}

impl ConvGeometry {
    /// Checks that the sizes describe a convolution.
    ///
    /// # Errors
    ///
    /// [`GeometryError`] names the sizes at fault.
    pub fn validate(&self) -> Result<(), GeometryError> {
        let positive = [
            ("groups", [self.groups, 1]),
            ("kernel", self.kernel),
            ("stride", self.stride),
            ("dilation", self.dilation),
        ];
        for (what, sizes) in positive {
            if sizes.contains(&0) {
                return Err(GeometryError::Zero { what, sizes });
            }
        }
        if !self.in_channels.is_multiple_of(self.groups)
            || !self.out_channels.is_multiple_of(self.groups)
        {
            return Err(GeometryError::Groups {
                groups: self.groups,
                in_channels: self.in_channels,
                out_channels: self.out_channels,
            });
        }
        let (Some(extent), Some(padded)) = (self.checked_extent(), self.checked_padded()) else {
            return Err(GeometryError::Overflow {
                tensor: "padded input",
            });
        };
        if extent[0] > padded[0] || extent[1] > padded[1] {
            return Err(GeometryError::KernelTooLarge { extent, padded });
        }
        let [oh, ow] = self.output();
        // A tensor's bytes, with room to spare.
        let bytes = |sizes: [usize; 4]| sizes.iter().try_fold(16_usize, |p, &s| p.checked_mul(s));
        let ([kh, kw], [ih, iw]) = (self.kernel, padded);
        for (tensor, sizes) in [
            ("padded input", [self.batch, self.in_channels, ih, iw]),
            ("weight", [self.out_channels, self.in_channels, kh, kw]),
            ("output", [self.batch, self.out_channels, oh, ow]),
        ] {
            if bytes(sizes).is_none() {
                return Err(GeometryError::Overflow { tensor });
            }
        }
        Ok(())
    }

    fn checked_extent(&self) -> Option<[usize; 2]> {
        let side = |i: usize| {
            (self.kernel[i] - 1)
                .checked_mul(self.dilation[i])?
                .checked_add(1)
        };
        Some([side(0)?, side(1)?])
    }

    fn checked_padded(&self) -> Option<[usize; 2]> {
        let side = |i: usize| {
            self.input[i]
                .checked_add(self.padding[i][0])?
                .checked_add(self.padding[i][1])
        };
        Some([side(0)?, side(1)?])
    }

    /// Height and width of the output, for valid sizes.
    #[must_use]
    pub fn output(&self) -> [usize; 2] {
        [0, 1].map(|i| {
            let padded = self.input[i] + self.padding[i][0] + self.padding[i][1];
            let extent = (self.kernel[i] - 1) * self.dilation[i] + 1;
            (padded - extent) / self.stride[i] + 1
        })
    }

    /// Products summed into one output element.
    #[must_use]
    pub fn fan_in(&self) -> usize {
        self.in_channels / self.groups * self.kernel[0] * self.kernel[1]
    }

    /// Elements of the input `[batch, in_channels, height, width]`.
    #[must_use]
    pub fn input_len(&self) -> usize {
        self.batch * self.in_channels * self.input[0] * self.input[1]
    }

    /// Elements of the weight `[out_channels, in_channels / groups, kernel height, kernel width]`.
    #[must_use]
    pub fn weight_len(&self) -> usize {
        self.out_channels * self.fan_in()
    }

    /// Elements of the output `[batch, out_channels, output height, output width]`.
    #[must_use]
    pub fn output_len(&self) -> usize {
        let [oh, ow] = self.output();
        self.batch * self.out_channels * oh * ow
    }
}
