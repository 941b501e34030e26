//! Plans without a profile: uniform and random ones, for comparisons and cost runs.

use std::path::PathBuf;
use std::str::FromStr;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{PlanError, ReluPlan};
use crate::{Block, Layer, candidates};

/// How far a random plan may be from the wanted share, relative to it.
const TOLERANCE: f64 = 0.01;

/// What `--plan` names.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PlanSpec {
    /// A plan file.
    File(PathBuf),
    /// The same block in every channel.
    Uniform(Block),
    /// Random blocks that evaluate this share of the signs.
    Random(f64),
}

impl FromStr for PlanSpec {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        let unknown = || PlanError::Spec(text.to_owned());
        if let Some(block) = text.strip_prefix("uniform:") {
            return block.parse().map(Self::Uniform).map_err(|_| unknown());
        }
        if let Some(ratio) = text.strip_prefix("random:") {
            let ratio = ratio.parse().map_err(|_| unknown())?;
            let valid = 0.0 < ratio && ratio <= 1.0;
            return valid.then_some(Self::Random(ratio)).ok_or_else(unknown);
        }
        if text.is_empty() {
            return Err(unknown());
        }
        Ok(Self::File(text.into()))
    }
}

impl PlanSpec {
    /// Reads the plan, or makes it for the layers of the model with fingerprint `model`. `seed` is for random plans.
    ///
    /// # Errors
    /// Those of [`ReluPlan::read`] and [`ReluPlan::random`].
    pub fn plan(&self, model: String, layers: &[Layer], seed: u64) -> Result<ReluPlan, PlanError> {
        match self {
            Self::File(path) => ReluPlan::read(path),
            Self::Uniform(block) => Ok(ReluPlan::uniform(model, layers, *block)),
            Self::Random(ratio) => ReluPlan::random(model, layers, *ratio, seed),
        }
    }
}

impl ReluPlan {
    /// The same block in every channel of every layer.
    pub fn uniform(model: String, layers: &[Layer], block: Block) -> Self {
        let blocks = layers.iter().map(|layer| vec![block; layer.channels()]);
        let mut plan = Self::new(model, layers, blocks.collect());
        plan.notes.insert("plan".into(), format!("uniform:{block}"));
        plan
    }

    /// Blocks drawn from the paper's candidates (identity and zero left out), so that the executed share of the
    /// signs is within 1 % of `ratio`. The same seed makes the same plan.
    ///
    /// Every channel is drawn first; then single channels are drawn anew, and kept if the share comes closer.
    ///
    /// # Errors
    /// [`PlanError::Ratio`] if the candidates cannot reach the share.
    pub fn random(
        model: String,
        layers: &[Layer],
        ratio: f64,
        seed: u64,
    ) -> Result<Self, PlanError> {
        let lists: Vec<Vec<Block>> = layers
            .iter()
            .map(|layer| candidates::paper(layer.map))
            .collect();
        let full: u64 = layers.iter().map(Layer::full_drelus).sum();
        let cost = |layer: usize, block: Block| block.drelus(layers[layer].map) as i64;
        let least: i64 = (0..layers.len())
            .map(|l| {
                let cheapest = lists[l].iter().map(|&block| cost(l, block)).min();
                cheapest.unwrap_or(0) * layers[l].channels() as i64
            })
            .sum();
        let wanted = ratio * full as f64;
        let failed = || PlanError::Ratio {
            wanted: ratio,
            least: least as f64 / full as f64,
        };
        if !(0.0..=1.0).contains(&ratio) || (least as f64) > wanted * (1.0 + TOLERANCE) {
            return Err(failed());
        }
        let mut rng = StdRng::seed_from_u64(seed);
        let mut draw = |l: usize| lists[l][rng.random_range(0..lists[l].len())];
        let mut blocks: Vec<Vec<Block>> = layers
            .iter()
            .enumerate()
            .map(|(l, layer)| (0..layer.channels()).map(|_| draw(l)).collect())
            .collect();
        let channels: Vec<(usize, usize)> = layers
            .iter()
            .enumerate()
            .flat_map(|(l, layer)| (0..layer.channels()).map(move |c| (l, c)))
            .collect();
        let mut total: i64 = channels.iter().map(|&(l, c)| cost(l, blocks[l][c])).sum();
        let distance = |total: i64| (total as f64 - wanted).abs();
        // The search stops at a tenth of the tolerance, closer than a plan must come.
        let goal = 0.1 * TOLERANCE * wanted;
        let mut pick = StdRng::seed_from_u64(seed ^ 0x5eed);
        for _ in 0..channels.len() * 2000 {
            if distance(total) <= goal {
                break;
            }
            let (l, c) = channels[pick.random_range(0..channels.len())];
            let block = draw(l);
            let changed = total - cost(l, blocks[l][c]) + cost(l, block);
            if distance(changed) < distance(total) {
                blocks[l][c] = block;
                total = changed;
            }
        }
        if distance(total) > TOLERANCE * wanted {
            return Err(failed());
        }
        let mut plan = Self::new(model, layers, blocks);
        plan.notes.insert("plan".into(), format!("random:{ratio}"));
        plan.notes.insert("seed".into(), seed.to_string());
        Ok(plan)
    }
}
