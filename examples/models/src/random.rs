//! Weights for timing and shape tests: random, but such that activations keep their size.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Tensor, TensorData, backend::Backend};

use crate::spec::AnyModel;
use crate::weights::expected_weights;

/// Replaces all weights and statistics by random ones; the same seed gives the same on every
/// backend and machine.
///
/// Convolutions get He's variance, batch normalisations statistics near those of white noise, and
/// the last layer of each residual branch is made small enough that the sum over all blocks stays
/// bounded. Logits come out with a magnitude between 1 and 20 for inputs of variance one.
pub fn random_weights<B: Backend>(model: AnyModel<B>, seed: u64) -> AnyModel<B> {
    let depthwise_ends = match &model {
        AnyModel::MobileNetV2(_) => true,
        AnyModel::ResNet(_) | AnyModel::CifarResNet(_) => false,
    };
    let names = expected_weights(&model);
    let has = |layer: &str| names.keys().filter(|name| name.ends_with(layer)).count();
    let (last, branches) = match has("conv3.weight") {
        0 => (2, has("conv2.weight")),
        count => (3, count),
    };
    let mut mapper = Randomise {
        rng: Rng(seed),
        path: Vec::new(),
        containers: Vec::new(),
        linear_steps: depthwise_ends,
        last_conv: format!("conv{last}"),
        last_norm: format!("bn{last}"),
        branch_scale: 1.0 / (branches.max(4) as f32).sqrt(),
        folded: !names.keys().any(|name| name.ends_with("running_mean")),
    };
    model.map(&mut mapper)
}

struct Randomise {
    rng: Rng,
    path: Vec<String>,
    containers: Vec<String>,
    /// MobileNetV2: the steps without activation end a branch.
    linear_steps: bool,
    last_conv: String,
    last_norm: String,
    branch_scale: f32,
    folded: bool,
}

impl Randomise {
    /// Whether `layer` is in the current path.
    fn inside(&self, layer: &str) -> bool {
        self.path.iter().any(|name| name == layer)
    }

    /// Values of the parameter at the current path; `shape` as Burn stores it.
    fn values(&mut self, shape: &[usize]) -> Vec<f32> {
        let count = shape.iter().product();
        let container = self.containers.last().map_or("", String::as_str);
        let field = self.path.last().map_or("", String::as_str);
        // features.N.conv.M.weight, against features.N.conv.M.0.weight of the other steps
        let linear_step = self.linear_steps && self.inside("conv") && self.path.len() == 5;
        let (mean, std) = match (container, field) {
            ("Struct:Conv2d", "weight") => {
                let fan_in: usize = shape[1..].iter().product();
                let gain = if linear_step || self.inside("downsample") {
                    1.0
                } else {
                    2.0
                };
                let scale = if self.folded && self.inside(&self.last_conv) {
                    self.branch_scale
                } else if linear_step {
                    0.7
                } else {
                    1.0
                };
                (0.0, scale * (gain / fan_in as f32).sqrt())
            }
            ("Struct:Linear", "weight") => (0.0, 4.0 / (shape[0] as f32).sqrt()),
            ("Struct:BatchNorm", "gamma") if self.inside(&self.last_norm) => {
                (self.branch_scale, 0.1 * self.branch_scale)
            }
            ("Struct:BatchNorm", "gamma" | "running_var") => (1.0, 0.1),
            _ => (0.0, 0.1),
        };
        let spread = 3.0 * std; // Real weights have no variance below 0.7 and no such outliers.
        (0..count)
            .map(|_| mean + (std * self.rng.normal()).clamp(-spread, spread))
            .collect()
    }
}

impl<B: Backend> ModuleMapper<B> for Randomise {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.containers.push(container_type.to_owned());
        if !container_type.starts_with("Enum:") {
            self.path.push(name.to_owned());
        }
    }

    fn exit_module(&mut self, _name: &str, container_type: &str) {
        self.containers.pop();
        if !container_type.starts_with("Enum:") {
            self.path.pop();
        }
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
        let shape = param.lazy_shape();
        let device = param.lazy_device();
        let data = TensorData::new(self.values(&shape.to_vec()), shape);
        let id = param.id;
        param.transform_for_load(Tensor::from_data(data, &device), id)
    }
}

/// `SplitMix64`: tiny, seedable, the same everywhere. For test weights, nothing secret.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Roughly standard normal: the centred sum of twelve uniform numbers, without a function whose
    /// last digit depends on the platform.
    fn normal(&mut self) -> f32 {
        let sum: u64 = (0..3)
            .map(|_| {
                let bits = self.next();
                (0..4)
                    .map(|part| (bits >> (16 * part)) & 0xffff)
                    .sum::<u64>()
            })
            .sum();
        sum as f32 / 65536.0 - 6.0
    }
}
