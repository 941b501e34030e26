//! Weights for timing and shape tests: random, but such that activations keep their size.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Tensor, TensorData, backend::Backend};

use crate::bert::Bert;
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
    let images = Images {
        linear_steps: depthwise_ends,
        last_conv: format!("conv{last}"),
        last_norm: format!("bn{last}"),
        branch_scale: 1.0 / (branches.max(4) as f32).sqrt(),
        folded: !names.keys().any(|name| name.ends_with("running_mean")),
    };
    randomised(model, seed, move |path, container, shape| {
        images.law(path, container, shape)
    })
}

/// Replaces all weights of a BERT by random ones; the same seed gives the same on every backend and machine. Hidden
/// states, scores and what comes before a GELU have about the size that they have in trained networks.
pub fn random_bert<B: Backend>(model: Bert<B>, seed: u64) -> Bert<B> {
    randomised(model, seed, |path, container, shape| {
        match (container, path.last().map_or("", String::as_str)) {
            ("Struct:Linear", "weight") => (0.0, 1.5 / (shape[0] as f32).sqrt()),
            ("Struct:LayerNorm", "gamma") => (1.0, 0.1),
            _ => (0.0, 0.1),
        }
    })
}

/// Replaces all parameters by random ones whose mean and standard deviation `law` gives, from the path, the container
/// and the shape as Burn stores it.
fn randomised<B: Backend, M: Module<B>>(
    model: M,
    seed: u64,
    law: impl Fn(&[String], &str, &[usize]) -> (f32, f32),
) -> M {
    model.map(&mut Randomise {
        rng: Rng(seed),
        path: Vec::new(),
        containers: Vec::new(),
        law,
    })
}

/// The law of classifiers of images.
struct Images {
    /// MobileNetV2: the steps without activation end a branch.
    linear_steps: bool,
    last_conv: String,
    last_norm: String,
    branch_scale: f32,
    folded: bool,
}

impl Images {
    fn law(&self, path: &[String], container: &str, shape: &[usize]) -> (f32, f32) {
        let inside = |layer: &str| path.iter().any(|name| name == layer);
        let field = path.last().map_or("", String::as_str);
        // features.N.conv.M.weight, against features.N.conv.M.0.weight of the other steps
        let linear_step = self.linear_steps && inside("conv") && path.len() == 5;
        match (container, field) {
            ("Struct:Conv2d", "weight") => {
                let fan_in: usize = shape[1..].iter().product();
                let gain = if linear_step || inside("downsample") {
                    1.0
                } else {
                    2.0
                };
                let scale = if self.folded && inside(&self.last_conv) {
                    self.branch_scale
                } else if linear_step {
                    0.7
                } else {
                    1.0
                };
                (0.0, scale * (gain / fan_in as f32).sqrt())
            }
            ("Struct:Linear", "weight") => (0.0, 4.0 / (shape[0] as f32).sqrt()),
            ("Struct:BatchNorm", "gamma") if inside(&self.last_norm) => {
                (self.branch_scale, 0.1 * self.branch_scale)
            }
            ("Struct:BatchNorm", "gamma" | "running_var") => (1.0, 0.1),
            _ => (0.0, 0.1),
        }
    }
}

struct Randomise<F> {
    rng: Rng,
    path: Vec<String>,
    containers: Vec<String>,
    law: F,
}

impl<F: Fn(&[String], &str, &[usize]) -> (f32, f32)> Randomise<F> {
    /// Values of the parameter at the current path; `shape` as Burn stores it.
    fn values(&mut self, shape: &[usize]) -> Vec<f32> {
        let count = shape.iter().product();
        let container = self.containers.last().map_or("", String::as_str);
        let (mean, std) = (self.law)(&self.path, container, shape);
        let spread = 3.0 * std; // Real weights have no variance below 0.7 and no such outliers.
        (0..count)
            .map(|_| mean + (std * self.rng.normal()).clamp(-spread, spread))
            .collect()
    }
}

impl<B: Backend, F: Fn(&[String], &str, &[usize]) -> (f32, f32)> ModuleMapper<B> for Randomise<F> {
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
