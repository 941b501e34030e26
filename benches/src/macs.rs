//! Multiplications of an inference in the clear, counted from the networks' published shapes.

/// Follows the shape of an activation through a network.
struct Walk {
    channels: u64,
    side: u64,
    macs: u64,
    parameters: u64,
}

impl Walk {
    fn new(side: u64) -> Self {
        Self {
            channels: 3,
            side,
            macs: 0,
            parameters: 0,
        }
    }

    /// A convolution with a bias: the normalisation is folded.
    fn conv(&mut self, channels: u64, kernel: u64, stride: u64, groups: u64) {
        let fan_in = self.channels / groups * kernel * kernel;
        self.channels = channels;
        self.side = self.side.div_ceil(stride);
        self.macs += channels * self.side * self.side * fan_in;
        self.parameters += channels * (fan_in + 1);
    }

    /// A convolution beside the last ones, from a map of another shape.
    fn shortcut(&mut self, channels: u64, side: u64, output: u64, stride: u64) {
        let main = (self.channels, self.side);
        (self.channels, self.side) = (channels, side);
        self.conv(output, 1, stride, 1);
        debug_assert_eq!(main, (self.channels, self.side));
    }

    fn dense(&mut self, classes: u64) {
        self.macs += self.channels * classes;
        self.parameters += (self.channels + 1) * classes;
    }
}

/// Multiplications and parameters of the network that the table calls `name`; none for an unknown one.
fn walk(name: &str) -> Option<Walk> {
    let name = name.split(',').next().unwrap_or(name);
    match name {
        "resnet20" => Some(cifar(3, 100)),
        "resnet18-cifar" => Some(resnet(32, [2, 2, 2, 2], None, 64, 10)),
        "resnet50" | "resnet50-avg" => Some(resnet(224, [3, 4, 6, 3], Some(1), 64, 1000)),
        "resnet50-half" => Some(resnet(224, [3, 4, 6, 3], Some(0), 32, 2)),
        "mobilenetv2" | "mobilenetv2-relu" => Some(mobilenet()),
        _ => None,
    }
}

/// Multiplications of one inference.
pub fn macs(name: &str) -> Option<u64> {
    walk(name).map(|walk| walk.macs)
}

/// Three stages of basic blocks, shortcuts without parameters.
fn cifar(blocks: u64, classes: u64) -> Walk {
    let mut w = Walk::new(32);
    w.conv(16, 3, 1, 1);
    for stage in 0..3 {
        for block in 0..blocks {
            let stride = if stage > 0 && block == 0 { 2 } else { 1 };
            w.conv(16 << stage, 3, stride, 1);
            w.conv(16 << stage, 3, 1, 1);
        }
    }
    w.dense(classes);
    w
}

/// Channels of a ResNet's first convolution, whatever its width.
const STEM: u64 = 64;

/// Four stages of basic blocks, or of bottlenecks, in which convolution number `strided` has the stride.
fn resnet(side: u64, blocks: [u64; 4], strided: Option<u64>, width: u64, classes: u64) -> Walk {
    let mut w = Walk::new(side);
    if side == 32 {
        w.conv(STEM, 3, 1, 1);
    } else {
        w.conv(STEM, 7, 2, 1);
        w.side = w.side.div_ceil(2);
    }
    for (stage, &count) in blocks.iter().enumerate() {
        let planes = width << stage;
        let output = if strided.is_some() {
            4 * planes
        } else {
            planes
        };
        for block in 0..count {
            let (channels, side) = (w.channels, w.side);
            let stride = if stage > 0 && block == 0 { 2 } else { 1 };
            if let Some(strided) = strided {
                let strides = if strided == 0 {
                    [stride, 1]
                } else {
                    [1, stride]
                };
                w.conv(planes, 1, strides[0], 1);
                w.conv(planes, 3, strides[1], 1);
                w.conv(output, 1, 1, 1);
            } else {
                w.conv(planes, 3, stride, 1);
                w.conv(planes, 3, 1, 1);
            }
            if channels != output || stride != 1 {
                w.shortcut(channels, side, output, stride);
            }
        }
    }
    w.dense(classes);
    w
}

fn mobilenet() -> Walk {
    // Expansion, channels, repeats, first stride.
    const STAGES: [[u64; 4]; 7] = [
        [1, 16, 1, 1],
        [6, 24, 2, 2],
        [6, 32, 3, 2],
        [6, 64, 4, 2],
        [6, 96, 3, 1],
        [6, 160, 3, 2],
        [6, 320, 1, 1],
    ];
    let mut w = Walk::new(224);
    w.conv(32, 3, 2, 1);
    for [expansion, output, repeats, first_stride] in STAGES {
        for repeat in 0..repeats {
            let hidden = w.channels * expansion;
            if expansion > 1 {
                w.conv(hidden, 1, 1, 1);
            }
            let stride = if repeat == 0 { first_stride } else { 1 };
            w.conv(hidden, 3, stride, hidden);
            w.conv(output, 1, 1, 1);
        }
    }
    w.conv(1280, 1, 1, 1);
    w.dense(1000);
    w
}

#[cfg(test)]
mod tests {
    use burn::backend::Flex;
    use burn::module::Module;
    use example_models::{ModelKind, ModelSpec, Norm, Shortcut};

    use super::{macs, walk};
    use crate::rows::NETWORKS;

    #[test]
    fn the_shapes_have_as_many_parameters_as_the_models() {
        for name in ["resnet18-cifar", "resnet50", "resnet50-half", "mobilenetv2"] {
            let kind: ModelKind = name.parse().unwrap();
            let spec = ModelSpec {
                norm: Norm::Folded,
                ..ModelSpec::of(kind)
            };
            let model = spec.init::<Flex>(&Default::default());
            let walk = walk(name).unwrap();
            assert_eq!(walk.parameters, model.num_params() as u64, "{name}");
        }
    }

    #[test]
    fn the_small_network_has_shortcuts_without_parameters() {
        let spec = ModelSpec {
            norm: Norm::Folded,
            shortcut: Shortcut::OptionA,
            classes: 100,
            ..ModelSpec::of(ModelKind::Resnet20)
        };
        let model = spec.init::<Flex>(&Default::default());
        let walk = walk("resnet20").unwrap();
        assert_eq!(walk.parameters, model.num_params() as u64);
    }

    #[test]
    fn every_network_of_the_table_is_counted() {
        for network in NETWORKS {
            assert!(macs(network.name).is_some(), "{}", network.name);
        }
    }

    #[test]
    fn published_counts_are_met() {
        let giga = |name| macs(name).unwrap() as f64 / 1e9;
        assert!((giga("resnet50") - 4.09).abs() < 0.01);
        assert!((giga("mobilenetv2") - 0.301).abs() < 0.001);
        assert!((giga("resnet18-cifar") - 0.555).abs() < 0.001);
    }
}
