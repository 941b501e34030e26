//! Accuracy of a network in plaintext, on a CIFAR test set or on single images.
//!
//! ```text
//! cargo run --release -p example-models --example evaluate -- --model resnet20 --dataset cifar100
//! cargo run --release -p example-models --example evaluate -- \
//!     --model mobilenetv2 --weights mobilenet.safetensors --image cat.jpg
//! ```

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData, backend::Backend};
use clap::{Parser, ValueEnum};
use example_models::data::{Dataset, data_dir};
use example_models::weights::load_weight_file;
use example_models::{
    AnyModel, ModelKind, ModelSpec, WeightFile, assets, labels, open_image, random_weights,
};

type Model = AnyModel<Flex>;

#[derive(Clone, Copy, ValueEnum)]
enum DatasetArg {
    Cifar10,
    Cifar100,
}

/// Accuracy of a network in plaintext.
#[derive(Parser)]
struct Args {
    /// resnet20, resnet56, resnet18-cifar, resnet18, ..., mobilenetv2
    #[arg(long, default_value = "resnet20")]
    model: ModelKind,
    /// A .safetensors, .pt or .pth file, or `random`. Without it: the weights of the data folder
    /// that belong to model and data set, or the embedded ones of resnet20 on CIFAR-100.
    #[arg(long)]
    weights: Option<PathBuf>,
    /// Test set to evaluate.
    #[arg(long, value_enum)]
    dataset: Option<DatasetArg>,
    /// Image to classify; may be repeated.
    #[arg(long)]
    image: Vec<PathBuf>,
    /// Most images per class.
    #[arg(long)]
    limit: Option<usize>,
    /// Images per forward pass.
    #[arg(long, default_value_t = 100)]
    batch: usize,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let (spec, model) = model(args)?;
    for path in &args.image {
        classify(&spec, &model, path)?;
    }
    let dataset = match args.dataset {
        Some(DatasetArg::Cifar10) => Dataset::Cifar10,
        Some(DatasetArg::Cifar100) => Dataset::Cifar100,
        None if args.image.is_empty() => return Err("give --dataset or --image".into()),
        None => return Ok(()),
    };
    evaluate(args, &spec, &model, dataset)
}

fn model(args: &Args) -> Result<(ModelSpec, Model), Box<dyn Error>> {
    let device = Default::default();
    let weights = data_dir().join("weights");
    let file = match (&args.weights, args.model, args.dataset) {
        (Some(path), ..) if path == Path::new("random") => {
            let mut spec = ModelSpec::of(args.model);
            if let Some(DatasetArg::Cifar100) = args.dataset {
                spec.classes = 100;
            }
            return Ok((spec, random_weights(spec.init(&device), 0)));
        }
        (Some(path), ..) => WeightFile::open(path)?,
        (None, ModelKind::Resnet20, Some(DatasetArg::Cifar10)) => {
            WeightFile::open(&weights.join("resnet20_cifar10.safetensors"))?
        }
        (None, ModelKind::Resnet20, _) => assets::resnet20_cifar100_weights()?,
        (None, ModelKind::Resnet56, Some(DatasetArg::Cifar10)) => {
            WeightFile::open(&weights.join("resnet56_cifar10.safetensors"))?
        }
        (None, ModelKind::MobileNetV2, _) => {
            WeightFile::open(&weights.join("mobilenet_v2_imagenet_tf2ptq.safetensors"))?
        }
        (None, ModelKind::Resnet50Half, _) => {
            WeightFile::open(&weights.join("opennsfw_resnet50thin.safetensors"))?
        }
        (None, kind, _) => {
            return Err(format!("no weights known for {kind}: give --weights").into());
        }
    };
    let spec = ModelSpec::detect(args.model, &file);
    Ok((spec, load_weight_file(spec.init(&device), &spec, file)?))
}

fn logits(
    spec: &ModelSpec,
    model: &Model,
    values: Vec<f32>,
) -> Result<Vec<Vec<f32>>, Box<dyn Error>> {
    let [channels, height, width] = spec.input_shape();
    let count = values.len() / (channels * height * width);
    let data = TensorData::new(values, [count, channels, height, width]);
    let device = Default::default();
    let output = model.forward(Tensor::<Flex, 4>::from_data(data, &device));
    Flex::sync(&device)?;
    let values = output
        .into_data()
        .to_vec::<f32>()
        .map_err(|e| format!("{e:?}"))?;
    Ok(values.chunks(spec.classes).map(<[f32]>::to_vec).collect())
}

/// Class indices, the most likely first.
fn ranked(logits: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]));
    order
}

fn classify(spec: &ModelSpec, model: &Model, path: &Path) -> Result<(), Box<dyn Error>> {
    let values = spec.preprocessing().image(&open_image(path)?);
    let logits = logits(spec, model, values)?.remove(0);
    let names = labels::for_spec(spec);
    let total: f32 = logits.iter().map(|logit| logit.exp()).sum();
    let best = ranked(&logits).into_iter().take(5).map(|class| {
        let name = names.as_ref().map_or("", |names| names[class]);
        format!(
            "{class} {name} {:.1} %",
            100.0 * logits[class].exp() / total
        )
    });
    println!(
        "{}: {}",
        path.display(),
        best.collect::<Vec<_>>().join(", ")
    );
    Ok(())
}

fn evaluate(
    args: &Args,
    spec: &ModelSpec,
    model: &Model,
    dataset: Dataset,
) -> Result<(), Box<dyn Error>> {
    if spec.classes != dataset.classes() {
        let (have, need) = (spec.classes, dataset.classes());
        return Err(format!("the network has {have} classes, the data set {need}").into());
    }
    let set = dataset.open(&data_dir())?;
    let preprocessing = spec.preprocessing();
    let start = Instant::now();
    let (mut seen, mut top1, mut top5) = (0_usize, 0_usize, 0_usize);
    let mut images = set.first_of_each(args.limit.unwrap_or(usize::MAX));
    loop {
        let (mut values, mut expected) = (Vec::new(), Vec::new());
        for image in images.by_ref().take(args.batch.max(1)) {
            let image = image?;
            values.extend(preprocessing.pixels(&image.pixels));
            expected.push(image.label);
        }
        if expected.is_empty() {
            break;
        }
        for (logits, label) in logits(spec, model, values)?.iter().zip(&expected) {
            let order = ranked(logits);
            seen += 1;
            top1 += usize::from(order[0] == *label);
            top5 += usize::from(order[..5.min(order.len())].contains(label));
        }
        let percent = 100.0 * top1 as f64 / seen as f64;
        eprint!("\r{seen} images, top-1 {percent:.2} %");
        std::io::stderr().flush()?;
    }
    eprintln!();
    let percent = |count: usize| 100.0 * count as f64 / seen.max(1) as f64;
    let seconds = start.elapsed().as_secs_f64();
    if args.json {
        let result = serde_json::json!({
            "model": spec.kind.name(),
            "dataset": dataset.folder(),
            "images": seen,
            "top1": top1,
            "top5": top5,
            "top1_percent": percent(top1),
            "top5_percent": percent(top5),
            "seconds": seconds,
        });
        println!("{result}");
    } else {
        println!(
            "{}: {seen} images in {seconds:.1} s, top-1 {:.2} %, top-5 {:.2} %",
            spec.kind,
            percent(top1),
            percent(top5)
        );
    }
    Ok(())
}
