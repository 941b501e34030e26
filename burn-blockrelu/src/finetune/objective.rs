//! What finetuning minimises.

use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::backend::Backend;
use burn::tensor::{Int, Tensor};
use serde::{Deserialize, Serialize};

/// The loss of a run.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Objective {
    /// Cross-entropy against the labels, as in the paper (arXiv 2304.10442).
    #[default]
    CrossEntropy,
    /// With the unchanged network as teacher (Hinton et al., arXiv 1503.02531):
    /// `(1 - weight) CE + weight T^2 KL(teacher_T || student_T) + features F`, where `X_T` is the
    /// distribution of the logits divided by `T`, and `F` the mean over the shared activations of
    /// their squared difference, relative to the mean square of the teacher's.
    Teacher {
        /// `T`, more than 0. Higher values give more weight to the less likely classes.
        #[serde(default = "default_temperature")]
        temperature: f64,
        /// Share of the teacher, 0 to 1.
        #[serde(default = "default_weight")]
        weight: f64,
        /// Factor of the activations that [`super::Classifier::logits_and_features`] returns; 0
        /// ignores them.
        #[serde(default)]
        features: f64,
    },
}

const fn default_temperature() -> f64 {
    4.0
}

const fn default_weight() -> f64 {
    0.9
}

impl Objective {
    /// With a teacher at temperature 4 and weight 0.9, without features.
    pub const TEACHER: Self = Self::Teacher {
        temperature: default_temperature(),
        weight: default_weight(),
        features: 0.0,
    };

    /// Whether a teacher is asked for.
    pub const fn needs_teacher(&self) -> bool {
        matches!(self, Self::Teacher { .. })
    }

    /// Whether inner activations are compared.
    pub fn needs_features(&self) -> bool {
        matches!(self, Self::Teacher { features, .. } if *features > 0.0)
    }
}

/// Cross-entropy of each image.
///
/// # Shapes
///
/// - logits: `[N, K]`, labels: `[N]`
/// - output: `[N]`
pub(super) fn cross_entropy<B: Backend>(
    logits: Tensor<B, 2>,
    labels: Tensor<B, 1, Int>,
) -> Tensor<B, 1> {
    let labels = labels.unsqueeze_dim::<2>(1);
    log_softmax(logits, 1)
        .gather(1, labels)
        .squeeze_dim::<1>(1)
        .neg()
}

/// `T^2 KL(teacher_T || student_T)` of each image.
///
/// # Shapes
///
/// - student, teacher: logits `[N, K]`
/// - output: `[N]`
pub(super) fn distillation<B: Backend>(
    student: Tensor<B, 2>,
    teacher: Tensor<B, 2>,
    temperature: f64,
) -> Tensor<B, 1> {
    let expected = softmax(teacher.clone() / temperature, 1);
    let difference = log_softmax(teacher / temperature, 1) - log_softmax(student / temperature, 1);
    (expected * difference).sum_dim(1).squeeze_dim::<1>(1) * temperature.powi(2)
}

/// Mean over the pairs of `mean((s - t)^2) / mean(t^2)`; `[1]`, or none without pairs.
pub(super) fn feature_distance<B: Backend>(
    student: Vec<Tensor<B, 4>>,
    teacher: Vec<Tensor<B, 4>>,
) -> Option<Tensor<B, 1>> {
    /// Keeps a teacher's activation of all zeros from dividing by zero.
    const EPSILON: f64 = 1e-12;
    let count = student.len().min(teacher.len());
    let pairs = student.into_iter().zip(teacher);
    let distances = pairs.map(|(student, teacher)| {
        let scale = teacher.clone().powi_scalar(2).mean() + EPSILON;
        (student - teacher).powi_scalar(2).mean() / scale
    });
    distances
        .reduce(|sum, one| sum + one)
        .map(|sum| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use burn::backend::Flex;
    use burn_autodiff::Autodiff;

    use super::*;

    type Traced = Autodiff<Flex>;

    fn values<const D: usize>(tensor: Tensor<Flex, D>) -> Vec<f32> {
        tensor.into_data().to_vec().unwrap()
    }

    #[test]
    fn cross_entropy_is_that_of_each_image() {
        let device = Default::default();
        let logits = Tensor::<Flex, 2>::from_data([[0.0, 0.0], [1.0, 3.0]], &device);
        let labels = Tensor::from_data([1, 0], &device);
        let losses = values(cross_entropy(logits, labels));
        let second = (1.0 + 2.0_f32.exp()).ln();
        assert!((losses[0] - 2.0_f32.ln()).abs() < 1e-6);
        assert!((losses[1] - second).abs() < 1e-6);
    }

    #[test]
    fn distillation_is_zero_with_zero_gradient_at_the_teachers_logits() {
        let device = Default::default();
        let data = [[2.0, -1.0, 0.5], [0.1, 0.2, -3.0]];
        let teacher = Tensor::<Traced, 2>::from_data(data, &device);
        for temperature in [1.0, 4.0] {
            // A constant added to an image's logits changes nothing.
            let student = (teacher.clone() + 0.75).detach().require_grad();
            let loss = distillation(student.clone(), teacher.clone(), temperature);
            let gradients = loss.clone().sum().backward();
            let gradient = student.grad(&gradients).unwrap();
            for value in values(loss.inner()).iter().chain(&values(gradient)) {
                assert!(value.abs() < 1e-5, "{value}");
            }
        }
    }

    #[test]
    fn distillation_is_the_scaled_divergence_and_pulls_to_the_teacher() {
        let device = Default::default();
        let teacher = Tensor::<Traced, 2>::from_data([[2.0, 0.0]], &device);
        let student = Tensor::<Traced, 2>::from_data([[0.0, 0.0]], &device).require_grad();
        let loss = distillation(student.clone(), teacher, 2.0);
        let p = 1.0_f32.exp() / (1.0 + 1.0_f32.exp());
        let expected = 4.0 * (p * (2.0 * p).ln() + (1.0 - p) * (2.0 * (1.0 - p)).ln());
        let gradients = loss.clone().sum().backward();
        assert!((values(loss.inner())[0] - expected).abs() < 1e-5);
        let gradient = values(student.grad(&gradients).unwrap());
        // T (q - p), by hand.
        assert!((gradient[0] - 2.0 * (0.5 - p)).abs() < 1e-5, "{gradient:?}");
    }

    #[test]
    fn features_are_compared_relative_to_the_teachers() {
        let device = Default::default();
        let wanted = Tensor::<Flex, 4>::from_data([[[[3.0, 4.0]]]], &device);
        let shown = Tensor::<Flex, 4>::from_data([[[[3.0, 0.0]]]], &device);
        let same = feature_distance(vec![wanted.clone()], vec![wanted.clone()]);
        assert_eq!(values(same.unwrap()), [0.0]);
        let both = feature_distance(vec![shown, wanted.clone()], vec![wanted.clone(), wanted]);
        assert!((values(both.unwrap())[0] - 0.5 * 16.0 / 25.0).abs() < 1e-6);
        assert!(feature_distance::<Flex>(Vec::new(), Vec::new()).is_none());
    }
}
