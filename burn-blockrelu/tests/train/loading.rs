//! Subsets, augmentation, batches and the order of a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use burn::backend::Flex;
use burn::data::dataloader::DataLoader;
use burn::data::dataloader::batcher::Batcher as _;
use burn_blockrelu::data::{
    Augmentation, FolderSize, ImageBatch, ImageBatcher, ImageFolder, ImageLoader, ImageSource,
    Images, LabelledImage, Normalization, Shuffle, Subset,
};

type Loader = ImageLoader<Flex>;

const PLAIN: Normalization = Normalization {
    mean: [0.0; 3],
    std: [1.0 / 255.0; 3],
};

/// `count` images of one pixel with the index as red, and class `index % classes`.
fn numbered(count: usize, classes: usize) -> Images {
    let pixels = (0..count).flat_map(|at| [at as u8, 0, 0]).collect();
    let labels = (0..count).map(|at| at % classes).collect();
    let names = (0..classes).map(|class| class.to_string()).collect();
    Images::new([3, 1, 1], pixels, labels, names).unwrap()
}

/// The red value of each image of each batch.
fn reds(loader: &dyn DataLoader<Flex, ImageBatch<Flex>>) -> Vec<Vec<u8>> {
    let batches = loader.iter().map(|batch| {
        let values = batch.images.into_data().to_vec::<f32>().unwrap();
        values
            .chunks(3)
            .map(|pixel| pixel[0].round() as u8)
            .collect()
    });
    batches.collect()
}

fn shuffle(total_steps: usize, round_steps: usize, rounds_done: usize) -> Shuffle {
    Shuffle {
        seed: 7,
        augmentation: Augmentation::NONE,
        total_steps,
        round_steps,
        rounds_done,
    }
}

fn loader(shuffle: Shuffle) -> Loader {
    let batcher = ImageBatcher::new(PLAIN);
    Loader::shuffled(
        Arc::new(numbered(10, 2)),
        batcher,
        3,
        shuffle,
        Default::default(),
    )
}

#[test]
fn a_run_does_not_depend_on_how_it_is_cut_into_rounds() {
    let whole = reds(&loader(shuffle(8, 8, 0)));
    assert_eq!(whole.len(), 8);
    for round_steps in [1, 2, 3, 5] {
        let cut = loader(shuffle(8, round_steps, 0));
        let rounds = 8_usize.div_ceil(round_steps);
        let batches: Vec<_> = (0..rounds).flat_map(|_| reds(&cut)).collect();
        assert_eq!(batches, whole, "rounds of {round_steps}");
        assert!(reds(&cut).is_empty());
        let resumed = loader(shuffle(8, round_steps, 1));
        assert_eq!(reds(&resumed)[0], whole[round_steps]);
    }
}

#[test]
fn a_pass_shows_no_image_twice_and_passes_differ() {
    let batches = reds(&loader(shuffle(6, 6, 0)));
    let passes: Vec<Vec<u8>> = batches.chunks(3).map(<[_]>::concat).collect();
    for pass in &passes {
        let mut sorted = pass.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), 9);
    }
    assert_ne!(passes[0], passes[1]);
    let other = Shuffle {
        seed: 8,
        ..shuffle(6, 6, 0)
    };
    assert_ne!(reds(&loader(other)), batches);
}

#[test]
fn a_copy_on_a_device_goes_on_where_the_loader_was() {
    let first = loader(shuffle(8, 2, 0));
    let expected = reds(&loader(shuffle(8, 2, 1)));
    let _ = reds(&first);
    assert_eq!(
        reds(first.to_device(&Default::default()).as_ref()),
        expected
    );
}

#[test]
fn a_sequence_has_every_image_once() {
    let images = Arc::new(numbered(10, 2));
    let loader = Loader::sequential(images, ImageBatcher::new(PLAIN), 4, Default::default());
    let expected = vec![vec![0, 1, 2, 3], vec![4, 5, 6, 7], vec![8, 9]];
    assert_eq!(reds(&loader), expected);
    assert_eq!(reds(&loader), expected);
    assert_eq!(loader.num_items(), 10);
    assert_eq!(reds(loader.slice(2, 5).as_ref()).concat(), [2, 3, 4]);
}

#[test]
fn an_image_that_cannot_be_read_ends_the_batches_with_its_error() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("cat")).unwrap();
    std::fs::write(root.path().join("cat/broken.png"), b"no").unwrap();
    let folder = ImageFolder::open(root.path(), FolderSize::square(4)).unwrap();
    let batcher = ImageBatcher::new(PLAIN);
    let loader = Loader::sequential(Arc::new(folder), batcher, 1, Default::default());
    assert!(loader.iter().next().is_none());
    let error = loader.fault().take().unwrap();
    assert!(error.to_string().contains("broken.png"));
    assert!(!loader.fault().is_set());
}

#[test]
fn batches_are_normalised_by_channel() {
    let image = LabelledImage {
        shape: [3, 1, 2],
        pixels: vec![0, 255, 51, 51, 255, 255],
        label: 4,
    };
    let normalization = Normalization {
        mean: [0.5, 0.2, 0.0],
        std: [0.5, 1.0, 0.25],
    };
    let batcher = ImageBatcher::new(normalization);
    let batch: ImageBatch<Flex> = batcher.batch(vec![image.clone(), image], &Default::default());
    assert_eq!(batch.images.dims(), [2, 3, 1, 2]);
    let values = batch.images.into_data().to_vec::<f32>().unwrap();
    for (value, expected) in values.iter().zip([-1.0, 1.0, 0.0, 0.0, 4.0, 4.0].repeat(2)) {
        assert!((value - expected).abs() < 1e-6);
    }
    let labels: Vec<i64> = batch.labels.into_data().iter().collect();
    assert_eq!(labels, [4, 4]);
}

#[test]
fn augmentation_moves_and_mirrors_and_can_be_repeated() {
    let pixels: Vec<u8> = (0..3 * 25).map(|at| at + 1).collect();
    let image = LabelledImage {
        shape: [3, 5, 5],
        pixels,
        label: 0,
    };
    let augmentation = Augmentation {
        crop_padding: 2,
        fill: [0, 100, 200],
        flip: true,
    };
    let at = |pass, place| augmentation.apply(image.clone(), 1, pass, place);
    let mut seen = BTreeMap::new();
    for place in 0..2000 {
        let out = at(3, place);
        assert_eq!(out, at(3, place));
        // Every channel of the result is a moved (and mirrored) channel with the fill outside.
        let fits = (0..50).filter(|case| {
            let (down, right, mirrored) = (case / 10, case / 2 % 5, case % 2 == 1);
            (0..75).all(|p| {
                let (channel, y, x) = (p / 25, p / 5 % 5, p % 5);
                let x = if mirrored { 4 - x } else { x };
                let inside = (2..7).contains(&(y + down)) && (2..7).contains(&(x + right));
                let expected = if inside {
                    image.pixels[channel * 25 + (y + down - 2) * 5 + x + right - 2]
                } else {
                    [0, 100, 200][channel]
                };
                out.pixels[p] == expected
            })
        });
        let case: Vec<usize> = fits.collect();
        assert_eq!(case.len(), 1, "place {place}");
        *seen.entry(case[0]).or_insert(0) += 1;
    }
    // 50 cases, 40 times each on average.
    assert_eq!(seen.len(), 50);
    assert!(
        seen.values().all(|count| (12..=80).contains(count)),
        "{seen:?}"
    );
    assert_ne!(
        (0..9).map(|place| at(0, place)).collect::<Vec<_>>(),
        (0..9).map(|place| at(1, place)).collect::<Vec<_>>()
    );
    assert_eq!(Augmentation::NONE.apply(image.clone(), 1, 2, 3), image);
}

#[test]
fn a_balanced_subset_shares_evenly_and_can_be_repeated() {
    let images = Arc::new(numbered(100, 7));
    let subset = Subset::balanced(images.clone(), 24, 5);
    assert_eq!(subset.len(), 24);
    let mut counts = BTreeMap::new();
    for at in 0..24 {
        *counts.entry(subset.label(at).unwrap()).or_insert(0) += 1;
        let index = subset.indices()[at];
        assert_eq!(subset.image(at).unwrap(), images.image(index).unwrap());
    }
    assert_eq!(counts.len(), 7);
    assert!(counts.values().all(|count| (3..=4).contains(count)));
    assert!(subset.indices().is_sorted_by(|a, b| a < b));
    let again = Subset::balanced(images.clone(), 24, 5);
    assert_eq!(again.indices(), subset.indices());
    assert_eq!(again.digest(), subset.digest());
    let other = Subset::balanced(images.clone(), 24, 6);
    assert_ne!(other.indices(), subset.indices());
    assert_ne!(other.digest(), subset.digest());
    assert_eq!(Subset::balanced(images, 1000, 5).len(), 100);
}
