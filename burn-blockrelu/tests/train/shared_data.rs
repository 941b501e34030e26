//! CIFAR in the form that it has in the data folder.

use burn_blockrelu::data::{ImageSource as _, Split, Subset, open_sheets};

#[path = "../../../tests/needed.rs"]
mod needed;

#[test]
fn sheets_of_cifar_have_the_known_counts_and_mean() {
    let parts = ["cifar10_test", "cifar100"];
    let Some(data) = needed::needed("BURN_MPC_DATA", "data", &parts) else {
        return;
    };
    let images = open_sheets(&data.join(parts[0]), Split::Test, Some(20)).unwrap();
    assert_eq!((images.len(), images.classes().len()), (200, 10));
    let images = open_sheets(&data.join(parts[1]), Split::Test, None).unwrap();
    assert_eq!((images.len(), images.classes().len()), (10_000, 100));
    assert_eq!(images.classes()[1], "aquarium_fish");
    assert!((0..10_000).all(|at| images.label(at) == Some(at / 100)));
    // The mean of the training images, which the test images share to the second digit.
    let subset = Subset::balanced(images, 2000, 1);
    let mut sums = [0_u64; 3];
    for at in 0..subset.len() {
        let image = subset.image(at).unwrap();
        for (sum, plane) in sums.iter_mut().zip(image.pixels.chunks(1024)) {
            *sum += plane.iter().map(|value| u64::from(*value)).sum::<u64>();
        }
    }
    for (sum, mean) in sums.into_iter().zip([0.5071, 0.4865, 0.4409]) {
        let measured = sum as f64 / (2000.0 * 1024.0 * 255.0);
        assert!((measured - mean).abs() < 0.02, "{measured} {mean}");
    }
}
