//! Names of other frameworks, turned into those that models here expect.

use std::collections::BTreeMap;

use burn::tensor::TensorData;

type Tensors = BTreeMap<String, TensorData>;

/// How a weight file names its tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStyle {
    /// Torchvision's names, or nearly: `linear` for `fc`, `shortcut` for `downsample`, and a
    /// MobileNetV2 classifier without dropout before it are understood too.
    Torchvision,
    /// A MobileNetV2 converted from TensorFlow: `conv00.weight` to `conv52.weight`, in the order
    /// of the graph.
    NumberedConvs,
    /// A ResNet-50 converted from Caffe by way of ONNX: `conv_stage0_block0_branch2a_...`, and
    /// `Conv__440_...` where the converter lost the name.
    StagesAndBranches,
    /// A BERT by Hugging Face's names, with or without `bert.` before them. The pooler is dropped.
    HuggingFace,
}

/// Parts of Hugging Face's names that cannot name a field, and the fields that stand for them.
const FIELDS: [(&str, &str); 2] = [("self", "self_attention"), ("LayerNorm", "layer_norm")];

/// The part of a file's name that stands for a field.
pub(super) fn in_file(field: &str) -> &str {
    FIELDS
        .iter()
        .find(|(_, name)| *name == field)
        .map_or(field, |(part, _)| part)
}

/// The field that a part of a file's name stands for.
pub(super) fn in_module(part: &str) -> &str {
    FIELDS
        .iter()
        .find(|(name, _)| *name == part)
        .map_or(part, |(_, field)| field)
}

/// Renames all tensors, and brings classifiers into PyTorch's shape `[classes, features]`.
pub(super) fn to_torchvision(tensors: Tensors) -> (KeyStyle, Tensors) {
    if tensors.contains_key("conv00.weight") {
        let renamed = tensors.into_iter().map(|(name, data)| {
            let name = numbered(&name).unwrap_or(name);
            let data = if name == "classifier.1.weight" {
                without_window(data)
            } else {
                data
            };
            (name, data)
        });
        return (KeyStyle::NumberedConvs, renamed.collect());
    }
    if tensors.keys().any(|name| name.starts_with("conv_stage0_")) {
        return (KeyStyle::StagesAndBranches, staged(tensors));
    }
    let words = "embeddings.word_embeddings.weight";
    let prefix = tensors.keys().find_map(|name| name.strip_suffix(words));
    if let Some(prefix) = prefix.map(str::to_owned) {
        let parts = ["embeddings.", "encoder."];
        let of_encoder = |(name, data): (String, TensorData)| {
            let name = name.strip_prefix(&prefix)?;
            let is_part = parts.iter().any(|part| name.starts_with(part));
            is_part.then(|| (name.to_owned(), data))
        };
        let renamed = tensors.into_iter().filter_map(of_encoder);
        return (KeyStyle::HuggingFace, renamed.collect());
    }
    let prefix = ["module.", "state_dict.", "model."]
        .into_iter()
        .find(|prefix| !tensors.is_empty() && tensors.keys().all(|name| name.starts_with(prefix)))
        .unwrap_or("");
    let head = format!("{prefix}classifier.1.weight");
    let bare_head = !tensors.contains_key(&head);
    let renamed = tensors.into_iter().map(|(name, data)| {
        let name = name[prefix.len()..].replace(".shortcut.", ".downsample.");
        let name = if let Some(rest) = name.strip_prefix("linear.") {
            format!("fc.{rest}")
        } else if bare_head && let Some(rest) = name.strip_prefix("classifier.0.") {
            format!("classifier.1.{rest}")
        } else {
            name
        };
        (name, data)
    });
    (KeyStyle::Torchvision, renamed.collect())
}

/// `conv07.bias` to `features.3.conv.1.0.bias`.
fn numbered(name: &str) -> Option<String> {
    let (index, kind) = name.strip_prefix("conv")?.split_once('.')?;
    let layer = match index.parse::<usize>().ok()? {
        0 => "features.0.0".to_owned(),
        1 => "features.1.conv.0.0".to_owned(),
        2 => "features.1.conv.1".to_owned(),
        index @ 3..=50 => {
            let block = index / 3 + 1;
            match index % 3 {
                2 => format!("features.{block}.conv.2"),
                step => format!("features.{block}.conv.{step}.0"),
            }
        }
        51 => "features.18.0".to_owned(),
        52 => "classifier.1".to_owned(),
        _ => return None,
    };
    Some(format!("{layer}.{kind}"))
}

/// The ONNX names of a folded ResNet-50.
fn staged(tensors: Tensors) -> Tensors {
    // The converter numbered the convolutions whose padding it merged: the stem and all 3x3
    // convolutions, in the order of the graph.
    let number = |name: &str| -> Option<usize> {
        let rest = name.strip_prefix("Conv__")?;
        rest.split_once('_')?.0.parse().ok()
    };
    let mut numbers: Vec<usize> = tensors.keys().filter_map(|name| number(name)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let places: Vec<String> = std::iter::once("conv1".to_owned())
        .chain(
            [3, 4, 6, 3]
                .into_iter()
                .zip(1..)
                .flat_map(|(blocks, stage)| {
                    (0..blocks).map(move |block| format!("layer{stage}.{block}.conv2"))
                }),
        )
        .collect();

    let rename = |name: &str| -> Option<String> {
        if let Some(number) = number(name) {
            let place = places.get(numbers.binary_search(&number).ok()?)?;
            return Some(format!("{place}.{}", kind_of(name)?));
        }
        let rest = name.strip_prefix("conv_stage")?;
        let (stage, rest) = rest.split_once("_block")?;
        let (block, rest) = rest.split_once('_')?;
        let layer = if rest.starts_with("branch2a") {
            "conv1"
        } else if rest.starts_with("branch2c") {
            "conv3"
        } else if rest.starts_with("proj_shortcut") {
            "downsample.0"
        } else {
            return None;
        };
        let stage = stage.parse::<usize>().ok()? + 1;
        Some(format!("layer{stage}.{block}.{layer}.{}", kind_of(name)?))
    };
    let renamed = tensors.iter().map(|(name, data)| match name.as_str() {
        "fc_nsfw.weight" => ("fc.weight".to_owned(), transposed(data.clone())),
        "fc_nsfw/ReadVariableOp:0" => ("fc.bias".to_owned(), data.clone()),
        _ => (rename(name).unwrap_or(name.clone()), data.clone()),
    });
    renamed.collect()
}

fn kind_of(name: &str) -> Option<&'static str> {
    if name.contains("_weights_") {
        Some("weight")
    } else if name.contains("_bias_") {
        Some("bias")
    } else {
        None
    }
}

/// A 1x1 convolution's weights `[out, in, 1, 1]` as those of a linear layer, `[out, in]`.
fn without_window(data: TensorData) -> TensorData {
    match *data.shape.as_slice() {
        [output, input, 1, 1] => TensorData::new(data.iter::<f32>().collect(), [output, input]),
        _ => data,
    }
}

/// `[rows, columns]` to `[columns, rows]`.
fn transposed(data: TensorData) -> TensorData {
    let &[rows, columns] = data.shape.as_slice() else {
        return data;
    };
    let values: Vec<f32> = data.iter::<f32>().collect();
    let turned: Vec<f32> = (0..columns)
        .flat_map(|column| (0..rows).map(move |row| row * columns + column))
        .map(|index| values[index])
        .collect();
    TensorData::new(turned, [columns, rows])
}
