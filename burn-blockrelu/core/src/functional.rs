//! Block-ReLU as a function of tensors.

use burn::tensor::activation::relu;
use burn::tensor::backend::{Backend, DeviceOps};
use burn::tensor::{IndexingUpdateOp, Int, Tensor, TensorData};

use crate::Block;
use crate::layout::Layout;

/// Multiplies every pixel by 1 if the sum of its patch is strictly positive and by 0 otherwise; identity
/// channels pass unchanged, zero channels are dropped. The gradient is that of a constant mask.
///
/// All signs are found in one comparison, whatever the number of distinct blocks. A layer of 1x1 blocks is
/// `relu`, and one without signs evaluates none. Only standard ops are used, in an order that is cheap on
/// secret shares: sums of patches, comparison, conversion of one bit per patch, and only then the spread
/// of bits to pixels and one product.
///
/// # Shapes
/// - `input`: `[batch, channels, height, width]`, with as many `blocks` as channels
/// - output: the same
///
/// # Panics
/// If the number of blocks is not that of the channels.
pub fn block_relu<B: Backend>(input: Tensor<B, 4>, blocks: &[Block]) -> Tensor<B, 4> {
    let [_, _, height, width] = input.dims();
    assert_channels(&input.dims(), blocks.len());
    Prepared::new(blocks, [height, width], &input.device()).run(input)
}

/// # Panics
/// If an input of these dimensions has not one channel for each block.
pub(crate) fn assert_channels(dims: &[usize; 4], blocks: usize) {
    assert!(
        dims[1] == blocks,
        "BlockRelu: the input {dims:?} has {} channels, but there are {blocks} blocks; the plan or record was made \
         for another layer",
        dims[1],
    );
}

/// What the blocks of a layer fix for maps of one size, as index tensors of a device.
#[derive(Clone, Debug)]
pub(crate) struct Prepared<B: Backend> {
    layout: Layout,
    device: B::Device,
    /// Signed channels, unless all are; channels that pass.
    signed: Option<Tensor<B, 1, Int>>,
    identity: Option<Tensor<B, 1, Int>>,
    /// The patch of every pixel of the signed channels, unless each pixel is one.
    patches: Option<Tensor<B, 1, Int>>,
    /// Where every channel is once they are grouped, unless they are in order.
    order: Option<Tensor<B, 1, Int>>,
}

impl<B: Backend> Prepared<B> {
    pub(crate) fn new(blocks: &[Block], map: [usize; 2], device: &B::Device) -> Self {
        let layout = Layout::new(blocks, map);
        let channels = |channels: &[usize]| {
            let indices = channels.iter().map(|&c| c as i64).collect();
            (!channels.is_empty() && channels.len() < blocks.len())
                .then(|| indices_on(indices, device))
        };
        let patchwise = !layout.pixelwise && !layout.signed.is_empty();
        Self {
            signed: channels(&layout.signed),
            identity: channels(&layout.identity),
            patches: patchwise.then(|| indices_on(layout.patch_of_pixel(), device)),
            order: layout.order().map(|order| indices_on(order, device)),
            device: device.clone(),
            layout,
        }
    }

    /// Whether it was made for such maps on this device. Devices of two sessions may be equal, but differ in their numbers.
    pub(crate) fn fits(&self, map: [usize; 2], device: &B::Device) -> bool {
        self.layout.map() == map && self.device.id() == device.id()
    }

    /// [`block_relu`] of an input with as many channels as there are blocks.
    pub(crate) fn run(&self, input: Tensor<B, 4>) -> Tensor<B, 4> {
        let [batch, channels, height, width] = input.dims();
        let (layout, device) = (&self.layout, input.device());
        if layout.identity.len() == channels {
            return input;
        }
        let mut parts = Vec::with_capacity(3);
        if layout.signed.len() == channels {
            parts.push(self.gated(input.clone()));
        } else if let Some(signed) = &self.signed {
            parts.push(self.gated(input.clone().select(1, signed.clone())));
        }
        if let Some(identity) = &self.identity {
            parts.push(input.select(1, identity.clone()));
        }
        if !layout.zero.is_empty() {
            let shape = [batch, layout.zero.len(), height, width];
            parts.push(Tensor::zeros(shape, &device));
        }
        let joined = match parts.len() {
            1 => parts.remove(0),
            _ => Tensor::cat(parts, 1),
        };
        match &self.order {
            Some(order) => joined.select(1, order.clone()),
            None => joined,
        }
    }

    /// The channels that evaluate signs.
    fn gated(&self, input: Tensor<B, 4>) -> Tensor<B, 4> {
        let Some(patches) = &self.patches else {
            return relu(input);
        };
        let [batch, channels, height, width] = input.dims();
        let device = input.device();
        let pixels = input.reshape([batch, channels * height * width]);
        let sums = Tensor::<B, 2>::zeros([batch, self.layout.patches], &device).select_assign(
            1,
            patches.clone(),
            pixels.clone().detach(),
            IndexingUpdateOp::Add,
        );
        let mask = sums.greater_elem(0.0).float().select(1, patches.clone());
        (pixels * mask).reshape([batch, channels, height, width])
    }
}

fn indices_on<B: Backend>(indices: Vec<i64>, device: &B::Device) -> Tensor<B, 1, Int> {
    let shape = [indices.len()];
    Tensor::from_data(TensorData::new(indices, shape), device)
}
