//! Image files that strangers may have made.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use example_models::preprocess::{ChannelOrder, Resize};
use example_models::{ImageError, Preprocessing, assets, open_image};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, Rgb, RgbImage};

/// Longest time of a refusal on a busy machine; the work that it avoids takes minutes and gigabytes.
const AT_ONCE: Duration = Duration::from_secs(2);

const RULES: [Preprocessing; 5] = [
    Preprocessing::torchvision(),
    Preprocessing::cifar10(),
    Preprocessing::cifar100(),
    Preprocessing::tensorflow(),
    Preprocessing::caffe(),
];

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn noise(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, y| {
        let hash = (u64::from(x) << 32 | u64::from(y)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let hash = (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        Rgb([(hash >> 40) as u8, (hash >> 48) as u8, (hash >> 56) as u8])
    })
    .into()
}

/// The long way: scale the whole image, then cut out the centre.
fn whole(rule: &Preprocessing, image: &DynamicImage) -> Vec<f32> {
    let (width, height) = (image.width(), image.height());
    let [least_height, least_width] = rule.size.map(|side| side as u32);
    let (new_width, new_height) = match rule.resize {
        Resize::Exact([height, width]) => (width as u32, height as u32),
        Resize::ShorterSide(side) => {
            let shorter = width.min(height);
            let scale = |length: u32| (length * side as u32 + shorter / 2) / shorter;
            (scale(width), scale(height))
        }
    };
    let size = (new_width.max(least_width), new_height.max(least_height));
    let scaled = image::imageops::resize(&image.to_rgb8(), size.0, size.1, FilterType::Triangle);
    let (left, top) = ((size.0 - least_width) / 2, (size.1 - least_height) / 2);
    let mut values = Vec::new();
    for channel in 0..3 {
        let source = match rule.order {
            ChannelOrder::Rgb => channel,
            ChannelOrder::Bgr => 2 - channel,
        };
        for y in top..top + least_height {
            for x in left..left + least_width {
                let value = f32::from(scaled.get_pixel(x, y).0[source]);
                values.push((value / 255.0 - rule.mean[channel]) / rule.std[channel]);
            }
        }
    }
    values
}

#[test]
fn the_centre_of_a_scaled_image_equals_that_of_the_whole_to_the_bit() {
    let sizes = [
        (1, 1),
        (32, 32),
        (33, 32),
        (50, 30),
        (7, 100),
        (640, 20),
        (225, 224),
        (256, 256),
        (480, 640),
        (1023, 767),
        (1600, 1200),
        (2592, 1944),
    ];
    for (width, height) in sizes {
        let image = noise(width, height);
        for rule in &RULES {
            let (values, expected) = (rule.image(&image), whole(rule, &image));
            let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert!(
                bits(&values) == bits(&expected),
                "{width}x{height} under {rule:?}"
            );
        }
    }
}

#[test]
fn other_colours_are_converted_as_before() {
    let colour = noise(90, 61);
    let alpha = DynamicImage::from(colour.to_rgba16());
    for image in [colour.grayscale(), alpha, colour.to_luma16().into()] {
        for rule in &RULES {
            assert_eq!(rule.image(&image), whole(rule, &image));
        }
    }
}

#[test]
fn strips_in_memory_cost_what_their_centre_costs() {
    // Scaled as a whole they would take 768 MB and 96 MB.
    for (width, height) in [(1_000_000, 1), (1, 1_000_000)] {
        let image = DynamicImage::new_rgb8(width, height);
        for rule in &RULES {
            let started = Instant::now();
            assert_eq!(rule.image(&image).len(), 3 * rule.size[0] * rule.size[1]);
            assert!(started.elapsed() < 10 * AT_ONCE, "{width}x{height}");
        }
    }
    let empty = Preprocessing::cifar10().image(&DynamicImage::new_rgb8(0, 0));
    assert_eq!(empty, Preprocessing::cifar10().pixels(&[0; 3 * 32 * 32]));
}

/// The error of opening a file; it may not take long.
fn refused(path: &Path) -> ImageError {
    let (sender, answer) = channel();
    let file = path.to_owned();
    // On a thread, since a blocking call would block the test.
    std::thread::spawn(move || {
        let started = Instant::now();
        let error = Preprocessing::torchvision().load(&file).unwrap_err();
        sender.send((error, started.elapsed())).unwrap();
    });
    let answer = answer.recv_timeout(Duration::from_secs(20));
    let (error, took) = answer.unwrap_or_else(|_| panic!("{} blocks", path.display()));
    assert!(took < AT_ONCE, "{} took {took:?}", path.display());
    error
}

#[test]
fn strips_are_refused_at_once_by_path_and_size() {
    let folder = folder("strips");
    for (width, height) in [(65_535, 1), (1_000_000, 1), (1, 65_535), (641, 32)] {
        let path = folder.join(format!("strip {width} {height}.png"));
        DynamicImage::new_rgb8(width, height).save(&path).unwrap();
        let error = refused(&path);
        assert!(matches!(error, ImageError::Aspect { .. }), "{error}");
        let text = error.to_string();
        let size = format!("{width}x{height}");
        assert!(text.contains(&size), "{text}");
        assert!(text.contains(path.to_str().unwrap()), "{text}");
    }
    let path = folder.join("just.png");
    noise(640, 32).save(&path).unwrap();
    assert!(open_image(&path).is_ok());
}

fn png_chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [&kind[..], data].concat();
    let crc = body.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    });
    let length = (data.len() as u32).to_be_bytes();
    [&length[..], &body, &(!crc).to_be_bytes()].concat()
}

#[test]
fn images_beyond_the_memory_limit_are_refused_at_once_by_path_and_size() {
    let folder = folder("bombs");
    let side = 30_000_u32;
    let sides = [side.to_be_bytes(), side.to_be_bytes()].concat();
    let header = [&sides[..], &[8, 2, 0, 0, 0]].concat();
    let png = [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        png_chunk(*b"IHDR", &header),
        png_chunk(*b"IDAT", &[0x78, 0x9c, 3, 0, 0, 0, 0, 1]),
        png_chunk(*b"IEND", &[]),
    ];
    let mut bmp = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    bmp.extend([side.to_le_bytes(), side.to_le_bytes()].concat());
    bmp.extend([1, 0, 24, 0]);
    bmp.extend([0; 24]);
    for (name, bytes) in [("bomb.png", png.concat()), ("bomb.bmp", bmp)] {
        assert!(bytes.len() < 200);
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        let text = refused(&path).to_string();
        assert!(text.contains("30000x30000"), "{text}");
        assert!(text.contains(name), "{text}");
    }
    // 600 MiB that take no space on the disk.
    let path = folder.join("long.jpg");
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(600 << 20).unwrap();
    let error = refused(&path);
    assert!(matches!(error, ImageError::TooLong { .. }), "{error}");
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn pipes_folders_and_devices_are_refused_without_waiting() {
    let folder = folder("no-files");
    let pipe = folder.join("pipe.png");
    let _ = std::fs::remove_file(&pipe);
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for path in [&pipe, &folder, Path::new("/dev/zero")] {
        let error = refused(path);
        assert!(matches!(error, ImageError::NotAFile { .. }), "{error}");
        assert!(error.to_string().contains(path.to_str().unwrap()));
    }
}

#[test]
fn a_path_cannot_forge_a_line() {
    let forged = "\u{1b}[31m\nERROR forged \u{202e}gnp.exe";
    let path = folder("forged").join(forged);
    std::fs::write(&path, "no image").unwrap();
    let other = folder("forged").join(OsStr::from_bytes(b"\xff\n.png"));
    for path in [&path, &other] {
        let text = refused(path).to_string();
        let fits = |c: char| !c.is_control() && c != '\u{202e}';
        assert!(text.chars().all(fits), "{text:?}");
        assert!(text.contains("\\n"), "{text}");
    }
}

/// A JPEG with four corners of different colours, and an EXIF segment before everything else.
fn turned_jpeg(exif: &[u8]) -> Vec<u8> {
    let image = RgbImage::from_fn(64, 32, |x, y| {
        CORNERS[usize::from(x >= 32) + 2 * usize::from(y >= 16)]
    });
    let mut jpeg = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, 100);
    image.write_with_encoder(encoder).unwrap();
    let length = u16::try_from(exif.len() + 8).unwrap().to_be_bytes();
    let segment = [&[0xff, 0xe1], &length[..], b"Exif\0\0", exif].concat();
    [&jpeg[..2], &segment, &jpeg[2..]].concat()
}

const CORNERS: [Rgb<u8>; 4] = [
    Rgb([255, 0, 0]),
    Rgb([0, 255, 0]),
    Rgb([0, 0, 255]),
    Rgb([255, 255, 255]),
];

/// A TIFF header and one entry: tag 0x0112, a short.
fn exif(orientation: u16, big_endian: bool) -> Vec<u8> {
    let short = |value: u16| {
        if big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let long = |value: u32| {
        if big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let order = if big_endian { b"MM" } else { b"II" };
    [
        &order[..],
        &short(42),
        &long(8),
        &short(1),
        &short(0x0112),
        &short(3),
        &long(1),
        &short(orientation),
        &[0, 0],
        &long(0),
    ]
    .concat()
}

/// Which of [`CORNERS`] is nearest to the middle of each quarter.
fn quarters(image: &RgbImage) -> [usize; 4] {
    let (width, height) = image.dimensions();
    [(1, 1), (3, 1), (1, 3), (3, 3)].map(|(x, y)| {
        let pixel = image.get_pixel(x * width / 4, y * height / 4).0;
        let distance = |corner: &Rgb<u8>| -> u32 {
            (0..3)
                .map(|i| u32::from(pixel[i].abs_diff(corner.0[i])))
                .sum()
        };
        (0..4).min_by_key(|&i| distance(&CORNERS[i])).unwrap()
    })
}

#[test]
fn photographs_are_turned_as_their_exif_orientation_says() {
    let folder = folder("turned");
    // From the EXIF standard: which sides the first row and the first column of the file are when one looks at it.
    // Corners as seen: top left, top right, bottom left, bottom right.
    let seen = [
        (1, [0, 1, 2, 3]), // top, left
        (2, [1, 0, 3, 2]), // top, right
        (3, [3, 2, 1, 0]), // bottom, right
        (4, [2, 3, 0, 1]), // bottom, left
        (5, [0, 2, 1, 3]), // left, top
        (6, [2, 0, 3, 1]), // right, top
        (7, [3, 1, 2, 0]), // right, bottom
        (8, [1, 3, 0, 2]), // left, bottom
        (0, [0, 1, 2, 3]), // none of the eight
        (9, [0, 1, 2, 3]),
    ];
    for (orientation, corners) in seen {
        for big_endian in [false, true] {
            let path = folder.join(format!("{orientation}-{big_endian}.jpg"));
            std::fs::write(&path, turned_jpeg(&exif(orientation, big_endian))).unwrap();
            let image = open_image(&path).unwrap().to_rgb8();
            let size = match orientation {
                5..=8 => (32, 64),
                _ => (64, 32),
            };
            assert_eq!(image.dimensions(), size, "orientation {orientation}");
            assert_eq!(quarters(&image), corners, "orientation {orientation}");
            let rule = Preprocessing::caffe();
            assert_eq!(rule.load(&path).unwrap(), rule.image(&image.into()));
        }
    }
    // Cut short, or not EXIF at all: the image stays as stored.
    for exif in [&exif(6, false)[..12], b"nothing"] {
        let path = folder.join("damaged.jpg");
        std::fs::write(&path, turned_jpeg(exif)).unwrap();
        let image = open_image(&path).unwrap().to_rgb8();
        assert_eq!(quarters(&image), [0, 1, 2, 3]);
    }
}

#[test]
fn the_photographs_that_come_with_the_example_are_as_they_were() {
    for (name, png) in assets::PHOTOGRAPHS {
        let image = image::load_from_memory(png).unwrap();
        for rule in &RULES {
            assert_eq!(rule.image(&image), whole(rule, &image), "{name:?}");
        }
    }
}
