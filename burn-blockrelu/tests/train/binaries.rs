//! The original binary form of CIFAR.

use std::path::Path;

use burn_blockrelu::data::{
    DataError, ImageSource as _, Labels, Split, open_cifar10_binary, open_cifar100_binary,
};

/// A record whose pixels count up from `first`.
fn record(labels: &[u8], first: u8) -> Vec<u8> {
    let pixels = (0..3072_u32).map(|at| (at + u32::from(first)) as u8);
    labels.iter().copied().chain(pixels).collect()
}

fn write(folder: &Path, name: &str, records: &[Vec<u8>]) {
    std::fs::write(folder.join(name), records.concat()).unwrap();
}

#[test]
fn cifar100_has_two_kinds_of_labels() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "train.bin",
        &[record(&[3, 99], 5), record(&[19, 0], 6)],
    );
    let fine = open_cifar100_binary(folder.path(), Split::Train, Labels::Fine).unwrap();
    assert_eq!(
        [fine.label(0), fine.label(1), fine.label(2)],
        [Some(99), Some(0), None]
    );
    assert_eq!(fine.classes().len(), 100);
    assert_eq!(fine.classes()[42], "42");
    let image = fine.image(1).unwrap();
    assert_eq!(image.pixels, record(&[], 6));
    let coarse = open_cifar100_binary(folder.path(), Split::Train, Labels::Coarse).unwrap();
    assert_eq!([coarse.label(0), coarse.label(1)], [Some(3), Some(19)]);
    assert_ne!(fine.digest(), coarse.digest());

    let names: Vec<String> = (0..20).map(|class| format!("group {class}")).collect();
    std::fs::write(
        folder.path().join("coarse_label_names.txt"),
        names.join("\n") + "\n\n",
    )
    .unwrap();
    let coarse = open_cifar100_binary(folder.path(), Split::Train, Labels::Coarse).unwrap();
    assert_eq!(coarse.classes(), names);
}

#[test]
fn cifar10_training_is_five_files_in_order() {
    let folder = tempfile::tempdir().unwrap();
    for batch in 1..=5 {
        write(
            folder.path(),
            &format!("data_batch_{batch}.bin"),
            &[record(&[batch], batch)],
        );
    }
    let images = open_cifar10_binary(folder.path(), Split::Train).unwrap();
    let labels: Vec<_> = (0..images.len())
        .map(|at| images.label(at).unwrap())
        .collect();
    assert_eq!(labels, [1, 2, 3, 4, 5]);
    let missing = open_cifar10_binary(folder.path(), Split::Test).unwrap_err();
    assert!(matches!(&missing, DataError::File { .. }));
    assert!(missing.to_string().contains("test_batch.bin"));
}

#[test]
fn a_damaged_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let open = || open_cifar100_binary(folder.path(), Split::Test, Labels::Fine).unwrap_err();
    let mut cut = record(&[0, 0], 0);
    cut.pop();
    write(folder.path(), "test.bin", &[cut]);
    let error = open();
    assert!(
        matches!(
            &error,
            DataError::Length {
                bytes: 3073,
                record: 3074,
                ..
            }
        ),
        "{error}"
    );
    write(folder.path(), "test.bin", &[]);
    assert!(matches!(open(), DataError::Length { bytes: 0, .. }));
    write(
        folder.path(),
        "test.bin",
        &[record(&[0, 1], 0), record(&[0, 100], 0)],
    );
    let error = open();
    assert!(matches!(
        &error,
        DataError::Label {
            record: 1,
            label: 100,
            ..
        }
    ));
    assert!(error.to_string().contains("test.bin"));
}
