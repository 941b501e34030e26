//! Sheets of tiles.

use std::path::Path;

use burn_blockrelu::data::{DataError, ImageSource as _, Split, open_sheets};
use image::{Rgb, RgbImage};

/// A sheet whose tile `t` has red = `10 * t + class`, green = row within, blue = column within.
fn write_sheet(path: &Path, class: u8, columns: u32, rows: u32) {
    let sheet = RgbImage::from_fn(32 * columns, 32 * rows, |x, y| {
        let tile = (y / 32) * columns + x / 32;
        Rgb([10 * tile as u8 + class, (y % 32) as u8, (x % 32) as u8])
    });
    sheet.save(path).unwrap();
}

#[test]
fn tiles_come_row_by_row_and_class_by_class() {
    let folder = tempfile::tempdir().unwrap();
    write_sheet(&folder.path().join("train_1_aquarium_fish.webp"), 1, 3, 2);
    write_sheet(&folder.path().join("train_0_apple.webp"), 0, 2, 1);
    write_sheet(&folder.path().join("test_0_apple.webp"), 7, 1, 1);
    std::fs::write(folder.path().join("README.md"), "train_").unwrap();
    let images = open_sheets(folder.path(), Split::Train, None).unwrap();
    assert_eq!(images.shape(), [3, 32, 32]);
    assert_eq!(images.classes(), ["apple", "aquarium_fish"]);
    assert_eq!(images.len(), 8);
    let labels: Vec<_> = (0..8).map(|at| images.label(at).unwrap()).collect();
    assert_eq!(labels, [0, 0, 1, 1, 1, 1, 1, 1]);
    for (at, red) in [0, 10, 1, 11, 21, 31, 41, 51].into_iter().enumerate() {
        let image = images.image(at).unwrap();
        let plane = |channel: usize| &image.pixels[channel * 1024..(channel + 1) * 1024];
        assert!(plane(0).iter().all(|value| *value == red), "image {at}");
        assert!((0..1024).all(|p| usize::from(plane(1)[p]) == p / 32));
        assert!((0..1024).all(|p| usize::from(plane(2)[p]) == p % 32));
    }
    let few = open_sheets(folder.path(), Split::Train, Some(2)).unwrap();
    assert_eq!(few.len(), 4);
    assert_eq!(few.image(3).unwrap(), images.image(3).unwrap());
    let test = open_sheets(folder.path(), Split::Test, None).unwrap();
    assert_eq!(test.len(), 1);
    assert_ne!(test.digest(), few.digest());
}

#[test]
fn errors_name_the_sheet() {
    let folder = tempfile::tempdir().unwrap();
    let open = || open_sheets(folder.path(), Split::Train, None).unwrap_err();
    let missing = open_sheets(&folder.path().join("none"), Split::Train, None).unwrap_err();
    assert!(matches!(missing, DataError::Folder { .. }), "{missing}");
    assert!(matches!(open(), DataError::Empty { .. }));

    let odd = folder.path().join("train_1_pear.webp");
    RgbImage::new(33, 32).save(&odd).unwrap();
    let gap = open().to_string();
    assert!(gap.contains("sheet of class 0"), "{gap}");
    write_sheet(&folder.path().join("train_0_apple.webp"), 0, 1, 1);
    let grid = open();
    assert!(matches!(&grid, DataError::Grid { path, width: 33, .. } if *path == odd));

    std::fs::write(&odd, b"RIFF....WEBPnonsense").unwrap();
    let broken = open();
    assert!(
        matches!(&broken, DataError::Image { path, .. } if *path == odd),
        "{broken}"
    );
    assert!(broken.to_string().contains("train_1_pear.webp"));

    write_sheet(&folder.path().join("train_01_plum.webp"), 0, 1, 1);
    assert!(matches!(open(), DataError::Duplicate { class: 1, .. }));
    std::fs::write(folder.path().join("train_x_plum.webp"), b"").unwrap();
    assert!(matches!(
        open(),
        DataError::Name { .. } | DataError::Duplicate { .. }
    ));
}
