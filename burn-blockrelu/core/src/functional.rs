//! Block-ReLU as a function of tensors.

use burn::tensor::activation::relu;
use burn::tensor::backend::Backend;
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
    let [batch, channels, height, width] = input.dims();
    assert!(
        blocks.len() == channels,
        "BlockRelu: the input {:?} has {channels} channels, but there are {} blocks; the plan or record was \
         made for another layer",
        input.dims(),
        blocks.len(),
    );
    let layout = Layout::new(blocks, [height, width]);
    if layout.identity.len() == channels {
        return input;
    }
    let device = input.device();
    let pick = |channels: &[usize]| {
        let indices = channels.iter().map(|&c| c as i64).collect();
        input.clone().select(1, indices_on(indices, &device))
    };
    let mut parts = Vec::with_capacity(3);
    if layout.signed.len() == channels {
        parts.push(signed(input.clone(), &layout));
    } else if !layout.signed.is_empty() {
        parts.push(signed(pick(&layout.signed), &layout));
    }
    if !layout.identity.is_empty() {
        parts.push(pick(&layout.identity));
    }
    if !layout.zero.is_empty() {
        let shape = [batch, layout.zero.len(), height, width];
        parts.push(Tensor::zeros(shape, &device));
    }
    let joined = match parts.len() {
        1 => parts.remove(0),
        _ => Tensor::cat(parts, 1),
    };
    match layout.order() {
        Some(order) => joined.select(1, indices_on(order, &device)),
        None => joined,
    }
}

/// The channels that evaluate signs.
fn signed<B: Backend>(input: Tensor<B, 4>, layout: &Layout) -> Tensor<B, 4> {
    if layout.pixelwise {
        return relu(input);
    }
    let [batch, channels, height, width] = input.dims();
    let device = input.device();
    let pixels = input.reshape([batch, channels * height * width]);
    let patches = indices_on(layout.patch_of_pixel(), &device);
    let sums = Tensor::<B, 2>::zeros([batch, layout.patches], &device).select_assign(
        1,
        patches.clone(),
        pixels.clone().detach(),
        IndexingUpdateOp::Add,
    );
    let mask = sums.greater_elem(0.0).float().select(1, patches);
    (pixels * mask).reshape([batch, channels, height, width])
}

fn indices_on<B: Backend>(indices: Vec<i64>, device: &B::Device) -> Tensor<B, 1, Int> {
    let shape = [indices.len()];
    Tensor::from_data(TensorData::new(indices, shape), device)
}
