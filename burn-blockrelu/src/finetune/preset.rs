//! Settings that have a name.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::{FinetuneConfig, Objective, OptimizerConfig, ScheduleConfig, Unit};
use crate::data::Augmentation;

/// The settings of Gorski, Jevnisek and Avidan (arXiv 2304.10442), and short ones for this
/// library's examples. Settings that the authors do not give are the defaults of their training
/// framework: batches of 128 (CIFAR), 16 (VOC, ADE20K).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Preset {
    /// 120 epochs for ResNet-18 on CIFAR-100.
    Cifar100Resnet18,
    /// 25 epochs for ResNet-50 on ImageNet.
    ImagenetResnet50,
    /// 20,000 steps for `DeepLabV3` with ResNet-50 on VOC 2012.
    VocDeeplab,
    /// 40,000 steps for `DeepLabV3` with MobileNetV2 on ADE20K.
    Ade20kDeeplab,
    /// 20 steps for the CIFAR-100 ResNet-20 of the examples.
    Short,
}

/// An unknown preset name.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
#[error("unknown preset `{name}`: expected one of {}", Preset::ALL.map(Preset::name).join(", "))]
pub struct UnknownPreset {
    /// The name as given.
    pub name: String,
}

impl Preset {
    /// All presets.
    pub const ALL: [Self; 5] = [
        Self::Cifar100Resnet18,
        Self::ImagenetResnet50,
        Self::VocDeeplab,
        Self::Ade20kDeeplab,
        Self::Short,
    ];

    /// The name in files and on command lines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cifar100Resnet18 => "cifar100-resnet18",
            Self::ImagenetResnet50 => "imagenet-resnet50",
            Self::VocDeeplab => "voc-deeplab",
            Self::Ade20kDeeplab => "ade20k-deeplab",
            Self::Short => "short",
        }
    }

    /// The settings.
    pub fn config(self) -> FinetuneConfig {
        let multi_step = |milestones: &[usize], warm_up| ScheduleConfig::MultiStep {
            milestones: milestones.to_vec(),
            factor: 0.25,
            warm_up,
        };
        let poly = |min_learning_rate| ScheduleConfig::Poly {
            power: 0.9,
            min_learning_rate,
            warm_up: 1000,
        };
        match self {
            Self::Cifar100Resnet18 => FinetuneConfig {
                duration: 120,
                schedule: multi_step(&[30, 60, 90], 5),
                ..paper(Unit::Epochs, 128, 0.005, 1e-3)
            },
            Self::ImagenetResnet50 => FinetuneConfig {
                duration: 25,
                schedule: multi_step(&[12, 18, 22], 0),
                augmentation: Augmentation {
                    crop_padding: 0,
                    ..Augmentation::CIFAR
                },
                ..paper(Unit::Epochs, 256, 0.005, 1e-4)
            },
            Self::VocDeeplab => FinetuneConfig {
                duration: 20_000,
                schedule: poly(1e-4),
                ..paper(Unit::Steps, 16, 5e-4, 5e-4)
            },
            Self::Ade20kDeeplab => FinetuneConfig {
                duration: 40_000,
                schedule: poly(0.0),
                ..paper(Unit::Steps, 16, 5e-4, 5e-4)
            },
            Self::Short => FinetuneConfig {
                duration: 20,
                schedule: ScheduleConfig::Poly {
                    power: 1.0,
                    min_learning_rate: 0.0,
                    warm_up: 2,
                },
                objective: Objective::TEACHER,
                // Each image is seen once at most, and crops shift the statistics of normalisation.
                augmentation: Augmentation {
                    crop_padding: 0,
                    ..Augmentation::CIFAR
                },
                ..paper(Unit::Steps, 128, 0.02, 5e-4)
            },
        }
    }
}

fn paper(unit: Unit, batch_size: usize, learning_rate: f64, weight_decay: f64) -> FinetuneConfig {
    FinetuneConfig {
        duration: 1,
        unit,
        batch_size,
        optimizer: OptimizerConfig {
            learning_rate,
            momentum: 0.9,
            nesterov: false,
            weight_decay,
        },
        schedule: ScheduleConfig::Constant { warm_up: 0 },
        objective: Objective::CrossEntropy,
        augmentation: Augmentation::CIFAR,
        checkpoint_every: None,
        seed: 0,
    }
}

impl FromStr for Preset {
    type Err = UnknownPreset;

    fn from_str(name: &str) -> Result<Self, UnknownPreset> {
        Self::ALL
            .into_iter()
            .find(|preset| preset.name() == name)
            .ok_or_else(|| UnknownPreset { name: name.into() })
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
