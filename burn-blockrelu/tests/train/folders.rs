//! Folders of images.

use burn_blockrelu::data::{DataError, FolderSize, ImageFolder, ImageSource as _, Images};
use image::{Rgb, RgbImage};

#[test]
fn classes_and_files_are_in_alphabetical_order() {
    let root = tempfile::tempdir().unwrap();
    for (class, name, red) in [
        ("zebra", "1.png", 1),
        ("ant", "b.JPG", 200),
        ("ant", "a.webp", 3),
    ] {
        let folder = root.path().join(class);
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join(name);
        RgbImage::from_pixel(40, 20, Rgb([red, 0, 0]))
            .save(&file)
            .unwrap();
    }
    std::fs::write(root.path().join("ant/notes.txt"), "no image").unwrap();
    let folder = ImageFolder::open(root.path(), FolderSize::square(8)).unwrap();
    assert_eq!(folder.classes(), ["ant", "zebra"]);
    assert_eq!(folder.shape(), [3, 8, 8]);
    let images = Images::load(&folder).unwrap();
    let seen: Vec<_> = (0..3)
        .map(|at| {
            (
                images.label(at).unwrap(),
                images.image(at).unwrap().pixels[0],
            )
        })
        .collect();
    assert_eq!((seen[0], seen[2]), ((0, 3), (1, 1)));
    // JPEG is lossy.
    assert!(seen[1].0 == 0 && seen[1].1.abs_diff(200) < 5, "{seen:?}");
}

#[test]
fn the_shorter_side_is_scaled_and_the_centre_cut_out() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("only");
    std::fs::create_dir_all(&folder).unwrap();
    // Three squares side by side: the middle one is the centre.
    let image = RgbImage::from_fn(60, 20, |x, _| Rgb([0, (x / 20) as u8 * 100, 0]));
    image.save(folder.join("wide.png")).unwrap();
    let size = FolderSize {
        shorter_side: 20,
        crop: [20, 16],
    };
    let images = ImageFolder::open(root.path(), size).unwrap();
    let image = images.image(0).unwrap();
    assert_eq!(image.shape, [3, 20, 16]);
    assert!(image.pixels[320..640].iter().all(|green| *green == 100));
    // Half the size, and a crop that is larger than what is there.
    let size = FolderSize {
        shorter_side: 10,
        crop: [12, 10],
    };
    let images = ImageFolder::open(root.path(), size).unwrap();
    let image = images.image(0).unwrap();
    let green = &image.pixels[120..240];
    let row = |at: usize| &green[10 * at..10 * (at + 1)];
    assert!(row(0).iter().chain(row(11)).all(|value| *value == 0));
    assert!((1..11).all(|at| row(at)[5] == 100));
}

#[test]
fn errors_name_the_file() {
    let root = tempfile::tempdir().unwrap();
    let size = FolderSize::square(8);
    let open = || ImageFolder::open(root.path(), size);
    assert!(matches!(open(), Err(DataError::Empty { .. })));
    let folder = root.path().join("cat");
    std::fs::create_dir_all(&folder).unwrap();
    assert!(matches!(open(), Err(DataError::Empty { path, .. }) if path == folder));
    let file = folder.join("cat.png");
    std::fs::write(&file, b"not a picture").unwrap();
    let images = open().unwrap();
    let error = images.image(0).unwrap_err();
    assert!(matches!(&error, DataError::Image { path, .. } if *path == file));
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(images.image(0), Err(DataError::File { path, .. }) if path == file));
    assert!(matches!(
        images.image(1),
        Err(DataError::Index {
            index: 1,
            images: 1
        })
    ));
}
