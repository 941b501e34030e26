//! Knapsacks of the size and shape of ImageNet-ResNet-50's: 49 layers, 22,720 channels, 9.6 million DReLUs.

use burn_blockrelu::Block;
use burn_blockrelu::knapsack::Problem;

use super::Random;

/// How distortions are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Falling with the count, with noise, over five orders of magnitude between channels.
    Realistic,
    /// Realistic, rounded to 0.01: most channels tie.
    Rounded,
    /// The DReLUs saved, up to a thousandth: every multiplier is nearly the break's.
    Correlated,
    /// The DReLUs saved, exactly.
    SubsetSum,
    /// Realistic, with costs in bytes of the comparison and the product.
    Bytes,
}

pub const KINDS: [Kind; 5] = [
    Kind::Realistic,
    Kind::Rounded,
    Kind::Correlated,
    Kind::SubsetSum,
    Kind::Bytes,
];

/// `(channels, side of the map)` of each ReLU layer.
pub fn layers() -> Vec<(usize, usize)> {
    let mut layers = vec![(64, 112)];
    for (stage, blocks) in [3, 4, 6, 3].into_iter().enumerate() {
        let (width, side) = (64 << stage, 56 >> stage);
        for block in 0..blocks {
            let first = if block == 0 && stage > 0 {
                2 * side
            } else {
                side
            };
            layers.extend([(width, first), (width, side), (4 * width, side)]);
        }
    }
    layers
}

/// The paper's candidates for a map, and the identity.
pub fn candidates(side: usize) -> Vec<Block> {
    let texts = match side {
        7 => {
            "1x1 1x2 2x1 1x3 3x1 1x4 2x2 4x1 2x3 3x2 1x7 2x4 4x2 7x1 3x3 3x4 4x3 2x7 4x4 7x2 4x7 \
             7x4 7x7"
        }
        14 => {
            "1x1 1x2 2x1 1x3 3x1 1x4 2x2 4x1 1x5 5x1 1x6 2x3 3x2 6x1 1x7 2x4 4x2 7x1 3x3 2x5 5x2 \
             2x6 3x4 4x3 6x2 3x5 5x3 2x7 4x4 7x2 3x6 6x3 4x5 5x4 3x7 4x6 6x4 7x3 5x5 3x9 9x3 5x6 \
             6x5 4x7 7x4 3x12 6x6 12x4 7x7 5x10 10x5 4x15 5x12 6x10 10x6 12x5 4x14 7x7 14x4 6x12 \
             12x6 5x14 7x10 10x7 14x5 6x14 7x12 12x7 14x6 10x10 7x14 14x7 14x14"
        }
        28 => {
            "1x1 1x2 2x1 1x3 3x1 1x4 2x2 4x1 1x5 5x1 1x6 2x3 3x2 6x1 1x7 2x4 4x2 7x1 3x3 2x5 5x2 \
             2x6 3x4 4x3 6x2 3x5 5x3 2x7 4x4 7x2 3x6 6x3 4x5 5x4 3x7 4x6 6x4 7x3 5x5 3x9 9x3 5x6 \
             6x5 4x7 7x4 3x12 6x6 6x7 7x6 12x4 7x7 5x10 10x5 4x15 5x12 6x10 10x6 12x5 4x14 7x7 14x4 \
             6x12 12x6 5x14 7x10 10x7 14x5 6x14 7x12 12x7 14x6 10x10 7x14 14x7 12x12 14x14 21x21 \
             28x28"
        }
        56 => {
            "1x1 1x2 2x1 1x3 3x1 1x4 2x2 4x1 1x5 5x1 1x7 2x3 3x2 7x1 2x4 4x2 3x3 2x5 5x2 2x7 3x4 \
             4x3 7x2 3x5 5x3 2x8 4x4 8x2 3x7 7x3 4x5 5x4 2x12 3x8 4x7 7x4 8x3 12x2 5x5 3x9 9x3 5x7 \
             7x5 2x14 4x8 8x4 14x2 3x12 6x6 12x3 5x8 8x5 4x12 7x8 8x7 12x4 7x7 5x10 10x5 7x9 9x7 \
             5x12 7x10 10x7 12x5 4x14 8x8 14x4 7x12 12x7 5x15 15x5 8x10 10x8 9x9 7x14 8x12 12x8 \
             14x7 10x10 9x12 12x9 8x14 14x8 11x11 8x14 14x8 12x12 10x14 14x10 12x14 14x12 13x13 \
             12x14 14x12 14x14 28x28 56x56"
        }
        112 => {
            "1x1 1x2 2x1 1x3 3x1 1x4 2x2 4x1 1x5 5x1 1x7 2x3 3x2 7x1 2x4 4x2 3x3 2x5 5x2 2x7 3x4 \
             4x3 7x2 3x5 5x3 2x8 4x4 8x2 3x7 7x3 4x5 5x4 2x12 3x8 4x7 7x4 8x3 12x2 5x5 3x9 9x3 5x7 \
             7x5 2x14 4x8 8x4 14x2 3x12 6x6 12x3 5x8 8x5 4x12 7x8 8x7 12x4 7x7 5x10 10x5 7x9 9x7 \
             5x12 7x10 10x7 12x5 4x14 8x8 14x4 7x12 12x7 5x15 15x5 8x10 10x8 9x9 7x14 8x12 12x8 \
             14x7 10x10 9x12 12x9 8x14 14x8 11x11 8x14 14x8 12x12 10x14 14x10 12x14 14x12 13x13 \
             12x14 14x12 14x14 28x28 56x56 112x112"
        }
        _ => panic!("no layer has a map of {side}"),
    };
    let blocks = texts.split_whitespace().map(str::parse);
    let mut blocks: Vec<Block> = blocks.collect::<Result<_, _>>().expect("blocks");
    blocks.push(Block::Identity);
    blocks
}

/// A knapsack of every channel, with a budget of `ratio` of all DReLUs or bytes.
pub fn problem(kind: Kind, seed: u64, ratio: f64) -> Problem {
    let mut random = Random(seed);
    let (mut groups, mut full) = (Vec::new(), 0);
    for (channels, side) in layers() {
        let blocks = candidates(side);
        let pixels = (side * side) as u64;
        for _ in 0..channels {
            let scale = 10_f64.powf(4.0 * random.uniform() - 4.0) * random.normal().exp();
            let power = 0.2 + 0.4 * random.uniform();
            let mut options = Vec::with_capacity(blocks.len());
            for &block in &blocks {
                let drelus = block.drelus([side, side]) as u64;
                let share = drelus as f64 / pixels as f64;
                let noise = (0.15 * random.normal()).exp();
                let saved = match block {
                    Block::Identity => 1.5,
                    _ => 1.0 - share.powf(power),
                };
                let value = scale * saved * noise;
                let value = match kind {
                    Kind::Realistic | Kind::Bytes => value,
                    Kind::Rounded => (value * 100.0).round() / 100.0,
                    Kind::Correlated => (pixels - drelus) as f64 * (1.0 + 1e-3 * noise),
                    Kind::SubsetSum => (pixels - drelus) as f64,
                };
                let cost = match kind {
                    Kind::Bytes if drelus > 0 => 512 * drelus + 24 * pixels,
                    _ => drelus,
                };
                options.push((cost, value));
            }
            full += options[0].0;
            groups.push(options);
        }
    }
    Problem::new(groups, (ratio * full as f64) as u64).expect("a knapsack")
}
