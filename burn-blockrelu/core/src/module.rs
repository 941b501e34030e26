//! The Block-ReLU as a Burn module.

use burn::config::Config;
use burn::module::{Content, DisplaySettings, Module, ModuleDisplay, Param, ParamId};
use burn::tensor::backend::Backend;
use burn::tensor::{Int, Tensor, TensorData};

use crate::memory::Memory;
use crate::observe;
use crate::{Block, BlockError};

/// Configuration of a [`BlockRelu`].
#[derive(Config, Debug)]
pub struct BlockReluConfig {
    /// Channels of the input.
    pub channels: usize,
    /// One block per channel; without them, every channel starts as the ordinary ReLU.
    #[config(default = "None")]
    pub blocks: Option<Vec<Block>>,
}

impl BlockReluConfig {
    /// The module, with its block sizes on `device`.
    ///
    /// # Panics
    /// If the number of blocks is not that of the channels.
    pub fn init<B: Backend>(&self, device: &B::Device) -> BlockRelu<B> {
        let blocks = match &self.blocks {
            Some(blocks) => blocks.clone(),
            None => vec![Block::RELU; self.channels],
        };
        assert!(
            blocks.len() == self.channels,
            "BlockReluConfig: {} channels, but {} blocks",
            self.channels,
            blocks.len(),
        );
        BlockRelu {
            block_sizes: Param::initialized(ParamId::new(), sizes(&blocks, device)),
            memory: Memory::default(),
        }
    }
}

/// Blocks as an integer tensor `[channels, 2]`.
pub(crate) fn sizes<B: Backend>(blocks: &[Block], device: &B::Device) -> Tensor<B, 2, Int> {
    let pairs: Vec<i64> = blocks.iter().flat_map(|block| block.to_pair()).collect();
    Tensor::from_data(TensorData::new(pairs, [blocks.len(), 2]), device)
}

/// The blocks in an integer tensor `[channels, 2]`.
pub(crate) fn blocks_of<B: Backend, const D: usize>(
    sizes: Tensor<B, D, Int>,
) -> Result<Vec<Block>, BlockError> {
    let pairs: Vec<i64> = sizes.into_data().iter::<i64>().collect();
    pairs
        .chunks_exact(2)
        .map(|pair| Block::from_pair([pair[0], pair[1]]))
        .collect()
}

/// A ReLU that evaluates one sign per patch of pixels instead of one per pixel, with its own block for each channel
/// (Gorski, Jevnisek, Avidan, "Securing Neural Networks with Knapsack Optimization", arXiv 2304.10442).
///
/// The mask of a patch is 1 if its mean is strictly positive and 0 otherwise; see [`crate::block_relu`].
/// Block sizes are an integer parameter: they travel in records, a visitor finds them and a mapper sets
/// them. Use one module for each place where the network has a ReLU.
///
/// Create it with [`BlockReluConfig`].
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct BlockRelu<B: Backend> {
    /// Height and width of the patches of each channel, `[channels, 2]`; `(0, 1)` is the identity and
    /// `(1, 0)` is zero.
    pub block_sizes: Param<Tensor<B, 2, Int>>,
    #[module(skip)]
    memory: Memory,
}

impl<B: Backend> BlockRelu<B> {
    /// Applies the activation.
    ///
    /// # Shapes
    /// - `input`: `[batch, channels, height, width]`
    /// - output: `[batch, channels, height, width]`
    ///
    /// # Panics
    /// If the number of channels is not that of the configuration, or a loaded record has a block size that is not
    /// valid.
    pub fn forward(&self, input: Tensor<B, 4>) -> Tensor<B, 4> {
        observe::forward(self.block_sizes.id, &self.blocks(), &self.memory, input)
    }

    /// The block of each channel.
    ///
    /// # Panics
    /// If a loaded record has a block size that is not valid.
    pub fn blocks(&self) -> Vec<Block> {
        match blocks_of(self.block_sizes.val()) {
            Ok(blocks) => blocks,
            Err(error) => panic!("BlockRelu: {error}; the loaded record is damaged"),
        }
    }

    /// Number of channels.
    pub fn channels(&self) -> usize {
        self.block_sizes.lazy_shape()[0]
    }
}

impl<B: Backend> ModuleDisplay for BlockRelu<B> {
    fn custom_settings(&self) -> Option<DisplaySettings> {
        DisplaySettings::new()
            .with_new_line_after_attribute(false)
            .optional()
    }

    fn custom_content(&self, content: Content) -> Option<Content> {
        let blocks = self.blocks();
        let count = |test: fn(&Block) -> bool| blocks.iter().filter(|block| test(block)).count();
        content
            .add("channels", &blocks.len())
            .add("relu", &count(|&block| block == Block::RELU))
            .add("identity", &count(|&block| block == Block::Identity))
            .add("zero", &count(|&block| block == Block::Zero))
            .optional()
    }
}
