//! Which network, in which variant.

use std::fmt;
use std::str::FromStr;

use burn::module::Module;
use burn::tensor::{Tensor, backend::Backend};
use burn_blockrelu_core::Classifier;
use thiserror::Error;

use crate::cifar::{CifarResNet, CifarResNetConfig, Shortcut};
use crate::layers::{Activation, Norm, Padding, Stem};
use crate::mobilenet::{MobileNetV2, MobileNetV2Config, scaled};
use crate::preprocess::Preprocessing;
use crate::resnet::{ResNet, ResNetConfig};
use crate::weights::{KeyStyle, WeightFile};

/// A network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModelKind {
    /// CIFAR ResNet of depth 20.
    Resnet20,
    /// CIFAR ResNet of depth 32.
    Resnet32,
    /// CIFAR ResNet of depth 44.
    Resnet44,
    /// CIFAR ResNet of depth 56.
    Resnet56,
    /// CIFAR ResNet of depth 110.
    Resnet110,
    /// ResNet-18 with a 3x3 stem and no pooling after it, for 32x32 images.
    Resnet18Cifar,
    /// ResNet-18.
    Resnet18,
    /// ResNet-34.
    Resnet34,
    /// ResNet-50.
    Resnet50,
    /// ResNet-101.
    Resnet101,
    /// ResNet-50 with half the width.
    Resnet50Half,
    /// MobileNetV2.
    MobileNetV2,
}

/// An unknown model name.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("unknown model `{name}`: expected one of {}", known_names())]
pub struct UnknownModel {
    /// The name as given.
    pub name: String,
}

fn known_names() -> String {
    ModelKind::ALL.map(ModelKind::name).join(", ")
}

impl ModelKind {
    /// All networks.
    pub const ALL: [Self; 12] = [
        Self::Resnet20,
        Self::Resnet32,
        Self::Resnet44,
        Self::Resnet56,
        Self::Resnet110,
        Self::Resnet18Cifar,
        Self::Resnet18,
        Self::Resnet34,
        Self::Resnet50,
        Self::Resnet101,
        Self::Resnet50Half,
        Self::MobileNetV2,
    ];

    /// The name on a command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resnet20 => "resnet20",
            Self::Resnet32 => "resnet32",
            Self::Resnet44 => "resnet44",
            Self::Resnet56 => "resnet56",
            Self::Resnet110 => "resnet110",
            Self::Resnet18Cifar => "resnet18-cifar",
            Self::Resnet18 => "resnet18",
            Self::Resnet34 => "resnet34",
            Self::Resnet50 => "resnet50",
            Self::Resnet101 => "resnet101",
            Self::Resnet50Half => "resnet50-half",
            Self::MobileNetV2 => "mobilenetv2",
        }
    }

    /// Whether the network is one for 32x32 images.
    pub const fn is_cifar(self) -> bool {
        self.cifar_blocks().is_some() || matches!(self, Self::Resnet18Cifar)
    }

    /// Blocks per stage of the three-stage networks.
    const fn cifar_blocks(self) -> Option<usize> {
        match self {
            Self::Resnet20 => Some(3),
            Self::Resnet32 => Some(5),
            Self::Resnet44 => Some(7),
            Self::Resnet56 => Some(9),
            Self::Resnet110 => Some(18),
            _ => None,
        }
    }

    /// The parameter that holds the classifier's weights, `[classes, features]`.
    const fn classifier(self) -> &'static str {
        match self {
            Self::MobileNetV2 => "classifier.1.weight",
            _ => "fc.weight",
        }
    }
}

impl FromStr for ModelKind {
    type Err = UnknownModel;

    fn from_str(name: &str) -> Result<Self, UnknownModel> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| UnknownModel { name: name.into() })
    }
}

impl fmt::Display for ModelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A network in all its details. Start from [`ModelSpec::of`] or [`ModelSpec::detect`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelSpec {
    /// The network.
    pub kind: ModelKind,
    /// Pooling in the stem of an ImageNet ResNet; without effect in other networks.
    pub stem: Stem,
    /// MobileNetV2 with ReLU6 rather than ReLU; without effect in other networks.
    pub relu6: bool,
    /// Size of the output.
    pub classes: usize,
    /// With batch normalisation or folded.
    pub norm: Norm,
    /// Shortcuts of the three-stage CIFAR ResNets where the shape changes.
    pub shortcut: Shortcut,
    /// How windows are padded.
    pub padding: Padding,
    /// Stride in the first convolution of a bottleneck (Caffe) instead of the second.
    pub stride_in_1x1: bool,
    /// Width multiplier of MobileNetV2; without effect in other networks.
    pub width: f64,
}

impl ModelSpec {
    /// The variant published under that name: torchvision's for ImageNet, CIFAR-10 classes and
    /// projections for 32x32 images, and for the ResNet-50 at half width the folded two-class
    /// network converted from Caffe.
    pub fn of(kind: ModelKind) -> Self {
        let half = kind == ModelKind::Resnet50Half;
        Self {
            kind,
            stem: Stem::Max,
            relu6: true,
            classes: if half {
                2
            } else if kind.is_cifar() {
                10
            } else {
                1000
            },
            norm: if half { Norm::Folded } else { Norm::BatchNorm },
            shortcut: Shortcut::Projection,
            padding: if half {
                Padding::Same
            } else {
                Padding::Symmetric
            },
            stride_in_1x1: half,
            width: 1.0,
        }
    }

    /// [`ModelSpec::of`], adapted to what a weight file holds: the number of classes, option-A
    /// shortcuts, folded normalisation, the width, and the padding of converted files.
    /// [`crate::weights::load_weights`] reports what still does not fit.
    pub fn detect(kind: ModelKind, weights: &WeightFile) -> Self {
        let mut spec = Self::of(kind);
        if let Some(&[classes, _]) = weights.shape(kind.classifier()) {
            spec.classes = classes;
        }
        let has = |part: &str| weights.names().any(|name| name.contains(part));
        spec.norm = if has(".running_mean") {
            Norm::BatchNorm
        } else {
            Norm::Folded
        };
        if kind.cifar_blocks().is_some() && !has("downsample") {
            spec.shortcut = Shortcut::OptionA;
        }
        (spec.padding, spec.stride_in_1x1) = match weights.style() {
            KeyStyle::Torchvision | KeyStyle::HuggingFace => (Padding::Symmetric, false),
            KeyStyle::NumberedConvs => (Padding::Same, false),
            KeyStyle::StagesAndBranches => (Padding::Same, true),
        };
        if kind == ModelKind::MobileNetV2 {
            let channels = |name: &str| weights.shape(name).and_then(|shape| shape.first());
            let (first, last) = (
                channels("features.0.0.weight"),
                channels("features.17.conv.2.weight"),
            );
            let widths = [1.0, 0.75, 0.5, 0.35, 1.3, 1.4, 0.25, 2.0];
            let fits = |width: &f64| {
                first == Some(&scaled(32, *width)) && last == Some(&scaled(320, *width))
            };
            spec.width = widths.into_iter().find(fits).unwrap_or(1.0);
        }
        spec
    }

    /// Channels, height and width of the input.
    pub fn input_shape(&self) -> [usize; 3] {
        let [height, width] = self.preprocessing().size;
        [3, height, width]
    }

    /// The preprocessing that the network's weights expect: torchvision's constants, with three
    /// exceptions. The CIFAR-100 networks (recognised by their 100 classes) use those of CIFAR-100,
    /// a SAME-padded MobileNetV2 takes -1 to 1, and a ResNet converted from Caffe takes BGR minus
    /// the mean.
    pub fn preprocessing(&self) -> Preprocessing {
        match self.kind {
            kind if kind.is_cifar() && self.classes == 100 => Preprocessing::cifar100(),
            kind if kind.is_cifar() => Preprocessing::cifar10(),
            ModelKind::MobileNetV2 if self.padding == Padding::Same => Preprocessing::tensorflow(),
            _ if self.stride_in_1x1 => Preprocessing::caffe(),
            _ => Preprocessing::torchvision(),
        }
    }

    /// The network with Burn's initial weights; load or [randomise](crate::random::random_weights)
    /// them before use.
    pub fn init<B: Backend>(&self, device: &B::Device) -> AnyModel<B> {
        if let Some(blocks) = self.kind.cifar_blocks() {
            let config = CifarResNetConfig {
                blocks,
                classes: self.classes,
                shortcut: self.shortcut,
                norm: self.norm,
            };
            return AnyModel::CifarResNet(config.init(device));
        }
        if self.kind == ModelKind::MobileNetV2 {
            let config = MobileNetV2Config {
                classes: self.classes,
                width: self.width,
                activation: if self.relu6 {
                    Activation::Relu6
                } else {
                    Activation::Relu
                },
                norm: self.norm,
                padding: self.padding,
            };
            return AnyModel::MobileNetV2(config.init(device));
        }
        let (blocks, bottleneck) = match self.kind {
            ModelKind::Resnet34 => ([3, 4, 6, 3], false),
            ModelKind::Resnet50 | ModelKind::Resnet50Half => ([3, 4, 6, 3], true),
            ModelKind::Resnet101 => ([3, 4, 23, 3], true),
            _ => ([2, 2, 2, 2], false),
        };
        let config = ResNetConfig {
            blocks,
            bottleneck,
            width: if self.kind == ModelKind::Resnet50Half {
                32
            } else {
                64
            },
            stem: (self.kind != ModelKind::Resnet18Cifar).then_some(self.stem),
            classes: self.classes,
            norm: self.norm,
            padding: self.padding,
            stride_in_1x1: self.stride_in_1x1,
        };
        AnyModel::ResNet(config.init(device))
    }
}

/// Any of the networks.
#[derive(Module, Debug)]
pub enum AnyModel<B: Backend> {
    /// Four stages.
    ResNet(ResNet<B>),
    /// Three stages, for 32x32 images.
    CifarResNet(CifarResNet<B>),
    /// MobileNetV2.
    MobileNetV2(MobileNetV2<B>),
}

impl<B: Backend> AnyModel<B> {
    /// Preprocessed images `[N, 3, H, W]` to logits `[N, classes]`.
    pub fn forward(&self, images: Tensor<B, 4>) -> Tensor<B, 2> {
        match self {
            Self::ResNet(model) => model.forward(images),
            Self::CifarResNet(model) => model.forward(images),
            Self::MobileNetV2(model) => model.forward(images),
        }
    }
}

impl<B: Backend> Classifier<B> for AnyModel<B> {
    fn logits(&self, images: Tensor<B, 4>) -> Tensor<B, 2> {
        self.forward(images)
    }
}
