//! `blockrelu apply`: the module on tensors of a file.

use std::path::PathBuf;

use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData};
use burn_autodiff::Autodiff;
use burn_blockrelu_core::{Block, BlockReluConfig};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::Serialize;

use super::failure::Failure;
use super::output::{say, write_file, write_json};

/// Options of `apply`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Safetensors file with `x` `[N, C, H, W]` (F32), `block_sizes` `[C, 2]` (I64) and, for a gradient, `grad_y`.
    #[arg(long)]
    tensor: PathBuf,
    /// Safetensors file to write: `y`, `mask` and, where `grad_y` was given, `grad_x`.
    #[arg(long)]
    out: PathBuf,
    /// Summary for programs.
    #[arg(long)]
    pub(super) json: Option<PathBuf>,
}

/// What `--json` writes.
#[derive(Debug, Serialize)]
struct Summary {
    shape: [usize; 4],
    /// Signs evaluated on one image.
    drelus: usize,
    /// Share of the pixels that pass.
    on_fraction: f64,
}

type Train = Autodiff<Flex>;

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let bytes = std::fs::read(&args.tensor)
        .map_err(|error| format!("{}: {error}", args.tensor.display()))?;
    let file = SafeTensors::deserialize(&bytes)
        .map_err(|error| format!("{}: {error}", args.tensor.display()))?;
    let (x, shape) = floats(&file, "x")?;
    let blocks = blocks(&file)?;
    let [_, channels, height, width] = shape;
    if blocks.len() != channels {
        return Err(format!(
            "x has {channels} channels, block_sizes has {} rows",
            blocks.len()
        )
        .into());
    }
    let device = Default::default();
    let relu = BlockReluConfig::new(channels)
        .with_blocks(Some(blocks.clone()))
        .init(&device);
    let tensor =
        |values: Vec<f32>| Tensor::<Train, 4>::from_data(TensorData::new(values, shape), &device);
    let gradient = |weights: Vec<f32>| -> Result<Vec<f32>, Failure> {
        let x = tensor(x.clone()).require_grad();
        let grads = (relu.forward(x.clone()) * tensor(weights)).sum().backward();
        // Without signs and identity channels nothing depends on x: the gradient is zero.
        x.grad(&grads)
            .map_or_else(|| Ok(vec![0.0; shape.iter().product()]), values)
    };
    let y = values(relu.forward(tensor(x.clone())).inner())?;
    // The gradient of a sum is the mask.
    let mask = gradient(vec![1.0; x.len()])?;
    let on_fraction = mask.iter().map(|&m| f64::from(m)).sum::<f64>() / mask.len().max(1) as f64;
    let mut tensors = vec![("y", y), ("mask", mask)];
    if file.names().contains(&"grad_y") {
        let (grad_y, other) = floats(&file, "grad_y")?;
        if other != shape {
            return Err(format!("grad_y has shape {other:?}, x {shape:?}").into());
        }
        tensors.push(("grad_x", gradient(grad_y)?));
    }
    let bytes: Vec<(&str, Vec<u8>)> = tensors
        .iter()
        .map(|(name, values)| (*name, values.iter().flat_map(|v| v.to_le_bytes()).collect()))
        .collect();
    let views = bytes
        .iter()
        .map(|(name, bytes)| Ok((*name, TensorView::new(Dtype::F32, shape.to_vec(), bytes)?)))
        .collect::<Result<Vec<_>, Failure>>()?;
    write_file(&args.out, &safetensors::serialize(views, None)?)?;
    let drelus = blocks
        .iter()
        .map(|block| block.drelus([height, width]))
        .sum();
    let summary = Summary {
        shape,
        drelus,
        on_fraction,
    };
    write_json(args.json.as_ref(), &summary)?;
    say(format_args!(
        "{shape:?}: {drelus} DReLUs an image, {:.1} % of the pixels pass",
        100.0 * on_fraction
    ))
}

fn values(tensor: Tensor<Flex, 4>) -> Result<Vec<f32>, Failure> {
    Ok(tensor
        .into_data()
        .to_vec::<f32>()
        .map_err(|error| format!("{error:?}"))?)
}

fn floats(file: &SafeTensors<'_>, name: &str) -> Result<(Vec<f32>, [usize; 4]), Failure> {
    let view = file.tensor(name)?;
    let shape: [usize; 4] = view
        .shape()
        .try_into()
        .map_err(|_| format!("{name} has shape {:?}, not [N, C, H, W]", view.shape()))?;
    if view.dtype() != Dtype::F32 {
        return Err(format!("{name} is {:?}, not F32", view.dtype()).into());
    }
    let words = view.data().as_chunks::<4>().0;
    Ok((
        words.iter().map(|&word| f32::from_le_bytes(word)).collect(),
        shape,
    ))
}

fn blocks(file: &SafeTensors<'_>) -> Result<Vec<Block>, Failure> {
    let view = file.tensor("block_sizes")?;
    if view.dtype() != Dtype::I64 || view.shape().len() != 2 || view.shape()[1] != 2 {
        let (dtype, shape) = (view.dtype(), view.shape());
        return Err(format!("block_sizes is {dtype:?} {shape:?}, not I64 [C, 2]").into());
    }
    let words = view.data().as_chunks::<8>().0;
    let sides: Vec<i64> = words.iter().map(|&word| i64::from_le_bytes(word)).collect();
    let pairs = sides.as_chunks::<2>().0;
    Ok(pairs
        .iter()
        .map(|&pair| Block::from_pair(pair))
        .collect::<Result<_, _>>()?)
}
