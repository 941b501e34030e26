//! Batch normalisation folded into the convolution before it, in the clear.

use burn::tensor::TensorData;

use super::WeightFile;

/// Epsilon of every batch normalisation in torchvision's layouts.
pub const BATCH_NORM_EPSILON: f64 = 1e-5;

impl WeightFile {
    /// The same network for a model of [`crate::Norm::Folded`]: every batch normalisation becomes part
    /// of the weight and a bias of the convolution before it. A file without any comes back unchanged.
    #[must_use]
    pub fn fold_batch_norm(mut self) -> Self {
        let suffix = ".running_var";
        let norms: Vec<String> = self
            .tensors
            .keys()
            .filter_map(|name| name.strip_suffix(suffix).map(str::to_owned))
            .collect();
        for norm in norms {
            if let Some(conv) = convolution_before(&norm) {
                self.fold(&norm, &conv);
            }
        }
        self
    }

    fn values(&self, name: &str) -> Option<Vec<f64>> {
        let data = self.tensors.get(name)?;
        Some(data.iter::<f64>().collect())
    }

    /// `w * g / s` and `b - m * g / s` per output channel, with `s = sqrt(v + eps)`.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "weights are single precision"
    )]
    fn fold(&mut self, norm: &str, conv: &str) {
        let part = |name: &str| self.values(&format!("{norm}.{name}"));
        let parts = (
            part("weight"),
            part("bias"),
            part("running_mean"),
            part("running_var"),
        );
        let weight = self.tensors.get(&format!("{conv}.weight")).cloned();
        let ((Some(gamma), Some(beta), Some(mean), Some(var)), Some(weight)) = (parts, weight)
        else {
            return;
        };
        let channels = gamma.len();
        if weight.shape.first() != Some(&channels) || channels == 0 {
            return;
        }
        let scale: Vec<f64> = gamma
            .iter()
            .zip(&var)
            .map(|(g, v)| g / (v + BATCH_NORM_EPSILON).sqrt())
            .collect();
        let inner = weight.num_elements() / channels;
        let folded: Vec<f32> = weight
            .iter::<f64>()
            .enumerate()
            .map(|(i, w)| (w * scale[i / inner]) as f32)
            .collect();
        let old = self
            .values(&format!("{conv}.bias"))
            .unwrap_or_else(|| vec![0.0; channels]);
        let bias: Vec<f32> = (0..channels)
            .map(|c| (beta[c] + (old[c] - mean[c]) * scale[c]) as f32)
            .collect();
        let shape = weight.shape.clone();
        self.tensors
            .insert(format!("{conv}.weight"), TensorData::new(folded, shape));
        self.tensors
            .insert(format!("{conv}.bias"), TensorData::new(bias, [channels]));
        for name in ["weight", "bias", "running_mean", "running_var"] {
            self.tensors.remove(&format!("{norm}.{name}"));
        }
    }
}

/// The convolution that a batch normalisation follows: `bn1` after `conv1`, `downsample.1` after
/// `downsample.0`.
fn convolution_before(norm: &str) -> Option<String> {
    let (prefix, last) = norm.rsplit_once('.').unwrap_or(("", norm));
    let before = match last.strip_prefix("bn") {
        Some(number) => format!("conv{number}"),
        None => last.parse::<usize>().ok()?.checked_sub(1)?.to_string(),
    };
    Some(if prefix.is_empty() {
        before
    } else {
        format!("{prefix}.{before}")
    })
}

#[cfg(test)]
mod tests {
    use burn::backend::Flex;
    use burn::tensor::{Distribution, Tensor};

    use crate::weights::load_weight_file;
    use crate::{ModelSpec, Norm, assets};

    #[test]
    fn folding_changes_no_logit_beyond_rounding() {
        let device = Default::default();
        let spec = assets::resnet20_cifar100_spec();
        let folded_spec = ModelSpec {
            norm: Norm::Folded,
            ..spec
        };
        let weights = assets::resnet20_cifar100_weights().unwrap();
        let plain = load_weight_file(spec.init::<Flex>(&device), &spec, weights.clone()).unwrap();
        let folded = load_weight_file(
            folded_spec.init::<Flex>(&device),
            &folded_spec,
            weights.fold_batch_norm(),
        )
        .unwrap();
        let x = Tensor::random([2, 3, 32, 32], Distribution::Normal(0.0, 1.0), &device);
        let difference = (plain.forward(x.clone()) - folded.forward(x)).abs().max();
        let worst: f32 = difference.into_scalar();
        assert!(worst < 1e-3, "{worst}");
    }
}
