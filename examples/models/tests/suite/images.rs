//! Preprocessing.

use example_models::data::{DataError, Dataset, TestSet};
use example_models::preprocess::{ChannelOrder, Resize};
use example_models::{ModelKind, ModelSpec, Preprocessing, assets, labels, open_image};
use image::{DynamicImage, Rgb, RgbImage};

#[test]
fn cuts_out_the_centre_and_orders_channels() {
    // 4 wide, 2 high; red counts columns, green rows.
    let image = RgbImage::from_fn(4, 2, |x, y| Rgb([10 * x as u8, 100 * y as u8, 255]));
    let rule = Preprocessing {
        size: [2, 2],
        resize: Resize::ShorterSide(2),
        order: ChannelOrder::Bgr,
        mean: [0.0, 0.0, 20.0 / 255.0],
        std: [1.0, 1.0 / 255.0, 1.0 / 255.0],
    };
    let values = rule.image(&DynamicImage::ImageRgb8(image));
    let expected = [1., 1., 1., 1., 0., 0., 100., 100., -10., 0., -10., 0.];
    for (value, expected) in values.iter().zip(expected) {
        assert!((value - expected).abs() < 1e-4, "{values:?}");
    }
    assert_eq!(values.len(), expected.len());
}

#[test]
fn scales_as_each_rule_says() {
    let image = DynamicImage::ImageRgb8(RgbImage::from_pixel(50, 30, Rgb([104, 117, 123])));
    let zero = |values: Vec<f32>| values.iter().all(|value| value.abs() < 1e-3);
    for rule in [
        Preprocessing::torchvision(),
        Preprocessing::cifar10(),
        Preprocessing::cifar100(),
        Preprocessing::tensorflow(),
    ] {
        assert_eq!(rule.image(&image).len(), 3 * rule.size[0] * rule.size[1]);
    }
    // Caffe's mean is in the order blue, green, red.
    assert!(!zero(Preprocessing::caffe().image(&image)));
    let image = DynamicImage::ImageRgb8(RgbImage::from_pixel(50, 30, Rgb([123, 117, 104])));
    assert!(zero(Preprocessing::caffe().image(&image)));
}

#[test]
fn tensorflow_takes_minus_one_to_one() {
    for (value, expected) in [(0, -1.0), (255, 1.0)] {
        let pixels = vec![value; 3 * 4];
        let values = Preprocessing::tensorflow().pixels(&pixels);
        assert_eq!(values, vec![expected; 3 * 4]);
    }
}

#[test]
fn tiles_and_images_agree() {
    let path = assets::folder().join("rocket.png");
    let image = open_image(&path).unwrap();
    let rgb = image.to_rgb8();
    let planes: Vec<u8> = (0..3)
        .flat_map(|channel| rgb.pixels().map(move |pixel| pixel.0[channel]))
        .collect();
    for rule in [Preprocessing::cifar100(), Preprocessing::cifar10()] {
        assert_eq!(rule.image(&image), rule.pixels(&planes));
        assert_eq!(rule.load(&path).unwrap(), rule.pixels(&planes));
    }
}

#[test]
fn a_file_that_is_no_image_is_named() {
    for file in ["ATTRIBUTION.md", "absent.png"] {
        let path = assets::folder().join(file);
        let error = Preprocessing::cifar100()
            .load(&path)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(file) && error.contains("not an image"),
            "{error}"
        );
    }
}

#[test]
fn class_names_are_complete() {
    let specs = [
        (ModelKind::Resnet50Half, 2),
        (ModelKind::Resnet56, 10),
        (ModelKind::Resnet20, 100),
        (ModelKind::Resnet18, 1000),
        (ModelKind::MobileNetV2, 1001),
    ];
    for (kind, classes) in specs {
        let of = ModelSpec::of(kind);
        let names = labels::for_spec(&ModelSpec { classes, ..of }).unwrap();
        assert_eq!(names.len(), classes);
        assert_eq!(labels::for_spec(&ModelSpec { classes: 7, ..of }), None);
    }
    assert_eq!(labels::cifar100()[69], "rocket");
    assert_eq!(labels::cifar10()[9], "truck");
    assert_eq!(labels::imagenet()[0], "tench");
}

#[test]
fn test_sets_are_read_tile_by_tile() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("sheets");
    std::fs::create_dir_all(&folder).unwrap();
    let pixel =
        |x: u32, y: u32| Rgb([(x / 32 * 10 + y / 32) as u8, (x % 32) as u8, (y % 32) as u8]);
    let sheet = RgbImage::from_fn(96, 64, pixel);
    // The decoder looks at the content, so a PNG under the name of a sheet will do.
    let path = folder.join("test_07_some_name.webp");
    sheet
        .save_with_format(&path, image::ImageFormat::Png)
        .unwrap();
    let images: Vec<_> = TestSet::open(&folder)
        .unwrap()
        .images()
        .map(Result::unwrap)
        .collect();
    let tiles: Vec<_> = images
        .iter()
        .map(|image| (image.label, image.pixels[0]))
        .collect();
    assert_eq!(tiles, [(7, 0), (7, 10), (7, 20), (7, 1), (7, 11), (7, 21)]);
    assert_eq!(images[0].pixels.len(), 3 * 32 * 32);
    assert_eq!(images[0].pixels[1024 + 31], 31); // green of the last column
    assert_eq!(images[0].pixels[2048 + 32], 1); // blue of the second row

    let odd = RgbImage::new(40, 32);
    odd.save_with_format(&path, image::ImageFormat::Png)
        .unwrap();
    let error = TestSet::open(&folder)
        .unwrap()
        .images()
        .next()
        .unwrap()
        .unwrap_err();
    assert!(
        matches!(error, DataError::Grid { width: 40, .. }),
        "{error}"
    );
    let absent = Dataset::Cifar10.open(&folder).unwrap_err().to_string();
    assert!(
        absent.contains("cifar10_test") && absent.contains("BURN_MPC_DATA"),
        "{absent}"
    );
}

#[test]
fn test_sets_are_complete() {
    let Some(data) = super::data() else { return };
    let set = Dataset::Cifar100.open(&data).unwrap();
    assert_eq!(set.images().map(Result::unwrap).count(), 10_000);
    assert_eq!(set.first_of_each(2).map(Result::unwrap).count(), 200);
}
