//! Real networks on real images, privately and in the clear: the labels agree.
//!
//! Needs the data folder (`BURN_MPC_DATA`, default `../shared/data`) and says so when it is missing.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::path::PathBuf;

use burn::backend::Flex;
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use burn_mpc::session::ScaleSearch;
use burn_mpc::session::local::three_parties;
use burn_mpc::{
    Mpc, MpcDevice, MpcError, Party, Ring, SessionConfig, ShareOptions, Z32, Z64, prepare,
    reveal_to, share, share_model,
};
use example_models::data::{DATA_VARIABLE, Dataset};
use example_models::weights::load_weight_file;
use example_models::{AnyModel, ModelKind, ModelSpec, Norm, WeightFile};

#[path = "needed.rs"]
mod needed;

use needed::needed;

/// The data folder; if it is missing, says which test did not run.
fn data() -> Option<PathBuf> {
    needed(
        DATA_VARIABLE,
        "data",
        &["weights", "cifar10_test", "photos"],
    )
}

fn top(logits: &[f32]) -> Option<usize> {
    (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b]))
}

struct Compared {
    private: Vec<Vec<f32>>,
    plain: Vec<Vec<f32>>,
}

impl Compared {
    fn agreeing(&self) -> usize {
        self.private
            .iter()
            .zip(&self.plain)
            .filter(|(a, b)| top(a) == top(b))
            .count()
    }

    fn worst(&self) -> f32 {
        self.worst_of(self.private.len())
    }

    /// The largest difference of a logit of the first images.
    fn worst_of(&self, count: usize) -> f32 {
        let logits = |images: &[Vec<f32>]| images[..count].concat();
        let pairs = logits(&self.private).into_iter().zip(logits(&self.plain));
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }
}

/// A network with its weights. On 32 bits the owner folds batch normalisation in the clear.
struct Network {
    path: PathBuf,
    spec: ModelSpec,
}

impl Network {
    fn new(kind: ModelKind, weights: &str, ring_bits: u32) -> Self {
        let folder = data().expect("looked at before");
        let path = folder.join("weights").join(weights);
        let mut spec = ModelSpec::detect(kind, &WeightFile::open(&path).expect("weights"));
        if ring_bits == 32 {
            spec.norm = Norm::Folded;
        }
        Self { path, spec }
    }

    fn load<B: Backend>(&self, model: AnyModel<B>) -> AnyModel<B> {
        let file = WeightFile::open(&self.path).expect("weights");
        let file = if self.spec.norm == Norm::Folded {
            file.fold_batch_norm()
        } else {
            file
        };
        load_weight_file(model, &self.spec, file).expect("weights")
    }

    fn data(&self, images: &[Vec<f32>]) -> TensorData {
        let [channels, height, width] = self.spec.input_shape();
        TensorData::new(images.concat(), [images.len(), channels, height, width])
    }

    fn rows(&self, logits: TensorData) -> Vec<Vec<f32>> {
        let values: Vec<f32> = logits.iter::<f32>().collect();
        let rows = values.chunks(self.spec.classes);
        rows.map(<[f32]>::to_vec).collect()
    }

    /// Logits in the clear.
    fn plain(&self, images: &[Vec<f32>], batch: usize) -> Vec<Vec<f32>> {
        let device = Default::default();
        let model = self.load::<Flex>(self.spec.init(&device));
        let run = |images| {
            let x = Tensor::from_data(self.data(images), &device);
            self.rows(model.forward(x).into_data())
        };
        images.chunks(batch).flat_map(run).collect()
    }

    /// Runs one party; returns the logits at the images' owner.
    fn play<R: Ring>(
        &self,
        device: &MpcDevice,
        images: &[Vec<f32>],
        batch: usize,
    ) -> Result<Vec<Vec<f32>>, MpcError> {
        let model = self.spec.init::<Mpc<Flex, R>>(device);
        let model = if device.party() == Some(Party::P0) {
            self.load(model)
        } else {
            model
        };
        let model = share_model(model, device, Party::P0, ShareOptions::default())?;
        let [channels, height, width] = self.spec.input_shape();
        let mut logits = Vec::new();
        for (number, images) in images.chunks(batch).enumerate() {
            let shape = [images.len(), channels, height, width];
            let data = (device.party() == Some(Party::P1)).then(|| self.data(images));
            let x = share::<Flex, R, 4>(device, Party::P1, "images", shape, data)?;
            if number == 0 {
                prepare(device, || model.forward(x.clone()))?;
            }
            let output = reveal_to(model.forward(x), Party::P1, "logits")?;
            let rows = output.map(|output| self.rows(output.into_data()));
            logits.extend(rows.into_iter().flatten());
        }
        Ok(logits)
    }

    /// The scales that a calibration on these images gives.
    fn calibrated(&self, config: &SessionConfig, images: &[Vec<f32>]) -> SessionConfig {
        let play = |device| self.play::<Z64>(&device, images, 1);
        let (config, _) = ScaleSearch::default().run(config, play).expect("scales");
        println!(
            "{} fractional bits of activations, {:?} of weights",
            config.frac_bits,
            config.weight_scales.range()
        );
        config
    }

    /// All images in batches, privately and in the clear.
    fn compare<R: Ring>(
        &self,
        config: &SessionConfig,
        images: &[Vec<f32>],
        batch: usize,
    ) -> Compared {
        let results = three_parties(config, |device| self.play::<R>(&device, images, batch));
        let [_, private, _] = results.expect("three parties");
        Compared {
            private: private.expect("revealed"),
            plain: self.plain(images, batch),
        }
    }
}

/// Runs all images in batches, privately on the 64-bit ring and in the clear.
fn compare(kind: ModelKind, weights: &str, images: &[Vec<f32>], batch: usize) -> Compared {
    Network::new(kind, weights, 64).compare::<Z64>(&SessionConfig::z64(), images, batch)
}

fn cifar10(count_per_class: usize) -> Option<Vec<Vec<f32>>> {
    let folder = data()?;
    let preprocessing = ModelSpec::of(ModelKind::Resnet20).preprocessing();
    let set = Dataset::Cifar10.open(&folder).expect("the test set");
    let images = set
        .first_of_each(count_per_class)
        .map(|image| preprocessing.pixels(&image.expect("an image").pixels));
    Some(images.collect())
}

#[test]
fn resnet20_agrees_on_99_of_100_cifar10_images() {
    let Some(images) = cifar10(10) else { return };
    let compared = compare(
        ModelKind::Resnet20,
        "resnet20_cifar10.safetensors",
        &images,
        25,
    );
    println!(
        "{} of {} agree, worst logit {}",
        compared.agreeing(),
        images.len(),
        compared.worst()
    );
    assert_eq!(images.len(), 100);
    assert!(compared.agreeing() >= 99);
}

#[test]
fn resnet56_agrees_on_99_of_100_cifar10_images() {
    let Some(images) = cifar10(10) else { return };
    let compared = compare(
        ModelKind::Resnet56,
        "resnet56_cifar10.safetensors",
        &images,
        25,
    );
    println!(
        "{} of {} agree, worst logit {}",
        compared.agreeing(),
        images.len(),
        compared.worst()
    );
    assert!(compared.agreeing() >= 99);
}

/// Images of each class on which accuracies are compared; `CIFAR10_PER_CLASS=1000` takes the whole test set.
fn per_class() -> usize {
    let count = std::env::var("CIFAR10_PER_CLASS").ok();
    count.and_then(|text| text.parse().ok()).unwrap_or(20)
}

/// The accuracy of the 32-bit ring is within half a point of plaintext's.
fn small_ring_keeps_the_accuracy(kind: ModelKind, weights: &str) {
    let Some(folder) = data() else {
        return;
    };
    let preprocessing = ModelSpec::of(kind).preprocessing();
    let set = Dataset::Cifar10.open(&folder).expect("the test set");
    let (images, labels): (Vec<_>, Vec<_>) = set
        .first_of_each(per_class())
        .map(|image| image.expect("an image"))
        .map(|image| (preprocessing.pixels(&image.pixels), image.label))
        .unzip();
    let network = Network::new(kind, weights, 32);
    // Calibrated on ten of the images.
    let single = SessionConfig::z32();
    let config = network.calibrated(&single, &images[..images.len().min(10)]);
    let compared = network.compare::<Z32>(&config, &images, 40);
    let correct = |logits: &[Vec<f32>]| {
        let hits = logits.iter().zip(&labels);
        hits.filter(|(logits, label)| top(logits) == Some(**label))
            .count() as f64
    };
    let points = |logits| 100.0 * correct(logits) / labels.len() as f64;
    let (private, plain) = (points(&compared.private), points(&compared.plain));
    println!(
        "{kind} on {} images: {private:.2} % privately on 32 bits, {plain:.2} % in the clear; {} agree, worst logit {}",
        labels.len(),
        compared.agreeing(),
        compared.worst()
    );
    assert!((private - plain).abs() <= 0.5);
    let some = images.len().min(20);
    let own = compared.worst_of(some);
    let one = network.compare::<Z32>(&single, &images[..some], 20).worst();
    println!("worst logit of {some}: {own} with scales of weights, {one} without");
    assert!(own < one);
}

#[test]
fn resnet20_on_32_bits_is_within_half_a_point() {
    small_ring_keeps_the_accuracy(ModelKind::Resnet20, "resnet20_cifar10.safetensors");
}

#[test]
fn resnet56_on_32_bits_is_within_half_a_point() {
    small_ring_keeps_the_accuracy(ModelKind::Resnet56, "resnet56_cifar10.safetensors");
}

/// How many photographs MobileNetV2 sees; `PHOTOGRAPHS=8` takes all.
fn photograph_count() -> usize {
    let count = std::env::var("PHOTOGRAPHS").ok();
    count.and_then(|text| text.parse().ok()).unwrap_or(3)
}

/// Photographs of the data folder that satisfy `wanted`.
fn photographs(
    kind: ModelKind,
    weights: &str,
    wanted: impl Fn(&str) -> bool,
) -> Option<Vec<Vec<f32>>> {
    let folder = data()?;
    let spec = ModelSpec::detect(
        kind,
        &WeightFile::open(&folder.join("weights").join(weights)).expect("weights"),
    );
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder.join("photos"))
        .expect("photos")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .is_some_and(&wanted)
        })
        .collect();
    paths.sort();
    Some(
        paths
            .iter()
            .map(|path| spec.preprocessing().load(path).expect("a photograph"))
            .collect(),
    )
}

#[test]
fn mobilenetv2_gives_every_labelled_photograph_its_plaintext_label() {
    let weights = "mobilenet_v2_imagenet_tf2ptq.safetensors";
    let Some(mut images) = photographs(ModelKind::MobileNetV2, weights, |name| {
        name.starts_with("imagenet_")
    }) else {
        return;
    };
    images.truncate(photograph_count().max(2));
    let compared = compare(ModelKind::MobileNetV2, weights, &images, 1);
    println!(
        "{} of {} agree, worst logit {}",
        compared.agreeing(),
        images.len(),
        compared.worst()
    );
    assert_eq!(compared.agreeing(), images.len());
    let network = Network::new(ModelKind::MobileNetV2, weights, 32);
    let single = SessionConfig::z32();
    let config = network.calibrated(&single, &images[..2]);
    let small = network.compare::<Z32>(&config, &images, 1);
    let one = network.compare::<Z32>(&single, &images[..2], 1);
    println!(
        "on 32 bits {} agree, worst logit {}; {} on two with one scale",
        small.agreeing(),
        small.worst(),
        one.worst()
    );
    assert_eq!(small.agreeing(), images.len());
    assert!(small.worst() < one.worst());
}

#[test]
fn half_width_resnet50_has_logit_errors_below_a_hundredth() {
    let weights = "opennsfw_resnet50thin.safetensors";
    let Some(images) = photographs(ModelKind::Resnet50Half, weights, |name| {
        name.starts_with("imagenet_0")
    }) else {
        return;
    };
    let compared = compare(ModelKind::Resnet50Half, weights, &images[..2], 1);
    println!("worst logit {}", compared.worst());
    assert!(compared.worst() < 0.01);
}
