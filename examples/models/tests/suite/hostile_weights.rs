//! Weight files that a stranger may have made: each gives an error that names it, and none ends the
//! program.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use burn::backend::Flex;
use example_models::assets::resnet20_cifar100_spec;
use example_models::{WeightFile, load_weights};
use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::torch_file;

/// Depth of a file that once ended the program.
const DEEP: usize = 200_000;

fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile-weights");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn archive(pickle: &[u8]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    archive.start_file("archive/data.pkl", options).unwrap();
    archive.write_all(pickle).unwrap();
    archive.finish().unwrap().into_inner()
}

/// The message of a refusal, on a thread whose stack is as small as that of any thread that may
/// load weights.
fn refused(path: &Path) -> String {
    let file = path.to_owned();
    let load = move || {
        let spec = resnet20_cifar100_spec();
        let model = spec.init::<Flex>(&Default::default());
        let error = load_weights(model, &spec, &file).unwrap_err();
        error.to_string()
    };
    let thread = std::thread::Builder::new().stack_size(1 << 20);
    let text = thread.spawn(load).unwrap().join().unwrap();
    assert!(text.contains(path.to_str().unwrap()), "{text}");
    text
}

fn pickle(parts: &[&[u8]]) -> Vec<u8> {
    [b"\x80\x02", &parts.concat()[..], b"."].concat()
}

fn lists(deep: usize) -> Vec<u8> {
    pickle(&[&b"]".repeat(deep), &b"a".repeat(deep - 1)])
}

#[test]
fn objects_nested_deeply_are_refused_in_every_format() {
    let nested = [
        ("lists", lists(DEEP)),
        ("one", pickle(&[b")", &b"\x85".repeat(DEEP)])),
        ("two", pickle(&[b")", &b")\x86".repeat(DEEP)])),
        ("three", pickle(&[b")", &b"))\x87".repeat(DEEP)])),
        ("marks", pickle(&[&b"(".repeat(DEEP), &b"t".repeat(DEEP)])),
        ("listed", pickle(&[&b"(".repeat(DEEP), &b"l".repeat(DEEP)])),
        (
            "dictionaries",
            pickle(&[&b"}X\x01\0\0\0a".repeat(DEEP), b"N", &b"s".repeat(DEEP)]),
        ),
        (
            "dictionaries from marks",
            pickle(&[&b"(X\x01\0\0\0a".repeat(DEEP), b"N", &b"d".repeat(DEEP)]),
        ),
        ("new objects", pickle(&[b")", &b")\x81".repeat(DEEP)])),
        ("built", pickle(&[b")", &b")b".repeat(DEEP)])),
        ("ids", pickle(&[b")", &b"\x85Q".repeat(DEEP)])),
        // Each takes the one before out of the memo.
        ("memo", pickle(&[b")q\0", &b"h\0\x85q\0".repeat(DEEP)])),
    ];
    let legacy = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.".to_vec();
    let number = pickle(&[b"M\xe9\x03"]);
    for (name, pickle) in &nested {
        assert!(pickle.len() < 4_000_000, "{name}");
        let files = [
            archive(pickle),
            pickle.clone(),
            [&legacy[..], &number, &number, pickle, &number].concat(),
            [&legacy[..], &number, &number, &number, pickle].concat(),
        ];
        for (format, bytes) in files.iter().enumerate() {
            let text = refused(&file(&format!("{name} {format}.pt"), bytes));
            assert!(text.contains("nested more than 100"), "{text}");
        }
    }
}

#[test]
fn a_pickle_that_doubles_itself_is_refused() {
    let doubled = pickle(&[b")q\0", &b"h\0h\0\x86q\0".repeat(60)]);
    let text = b"X\0\0\x10\0".to_vec();
    let copied = pickle(&[&text, &vec![b'a'; 1 << 20], b"q\0", &b"h\0".repeat(5_000)]);
    for (name, bytes) in [("doubled", doubled), ("copied", copied)] {
        let text = refused(&file(&format!("{name}.pt"), &archive(&bytes)));
        assert!(text.contains("besides the tensors"), "{text}");
    }
}

#[test]
fn what_the_reader_would_take_for_something_else_is_refused() {
    let cases: [(&str, Vec<u8>, &str); 5] = [
        ("mark", pickle(&[b"]cmark\nmark\nN", b"e"]), "a name"),
        ("proto", pickle(&[b"\x80\x02N"]), "opcode 0x80"),
        ("pop", pickle(&[b"N0N"]), "opcode 0x30"),
        ("underflow", pickle(&[b"Na\x86"]), "not there"),
        ("cut", b"\x80\x02X\xff\xff\0\0abc".to_vec(), "pickle"),
    ];
    for (name, bytes, expected) in cases {
        let text = refused(&file(&format!("{name}.pt"), &archive(&bytes)));
        assert!(text.contains(expected), "{name}: {text}");
    }
}

#[test]
fn what_nests_as_deeply_as_a_checkpoint_may_is_left_to_the_reader() {
    let text = refused(&file("lists.pt", &archive(&lists(100))));
    assert!(!text.contains("nested"), "{text}");
    let text = refused(&file("lists.pt", &archive(&lists(101))));
    assert!(text.contains("nested"), "{text}");
}

#[test]
fn a_checkpoint_of_3000_tensors_is_left_to_the_reader() {
    let tensors: Vec<_> = (0..3000)
        .map(|i| (format!("layer{i}.weight"), vec![1, 1, 1, 1], vec![1.0]))
        .collect();
    let bytes = torch_file::write(&tensors, "bn1.num_batches_tracked");
    let text = refused(&file("many.pt", &bytes));
    assert!(text.contains("3000 surplus"), "{text}");
}

#[test]
fn a_shape_larger_than_the_file_is_refused() {
    for shape in [vec![1 << 30], vec![1 << 30; 2]] {
        let tensors = [("conv1.weight".to_owned(), shape, vec![1.0])];
        let bytes = torch_file::write(&tensors, "bn1.num_batches_tracked");
        let text = refused(&file("large.pt", &bytes));
        assert!(text.contains("room for"), "{text}");
    }
}

#[test]
fn pipes_folders_and_names_cannot_block_or_forge() {
    let folder = file("unused", b"").with_file_name("folder.pt");
    std::fs::create_dir_all(&folder).unwrap();
    let pipe = folder.join("pipe.pth");
    let _ = std::fs::remove_file(&pipe);
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for path in [&folder, &pipe] {
        assert!(refused(path).contains("a folder, pipe or device"));
    }
    let tensors = [("\u{1b}[2J\nforged".to_owned(), vec![1], vec![1.0])];
    let bytes = torch_file::write(&tensors, "bn1.num_batches_tracked");
    let text = refused(&file("names.pt", &bytes));
    assert!(text.contains("\\u{1b}[2J\\nforged"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text:?}");
}

/// Changes or inserts bytes, and cuts off or repeats the rest.
fn edited(mut bytes: Vec<u8>, edits: &[(usize, u8, u8)]) -> Vec<u8> {
    for &(at, byte, how) in edits {
        let at = at % bytes.len().max(1);
        match how {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, byte),
            2 => bytes.extend_from_within(at..),
            3 => bytes[at..]
                .iter_mut()
                .take(8)
                .for_each(|place| *place = byte),
            _ => {
                if let Some(place) = bytes.get_mut(at) {
                    *place ^= byte;
                }
            }
        }
    }
    bytes
}

fn edits() -> impl Strategy<Value = Vec<(usize, u8, u8)>> {
    // Cuts are rare: they leave little to read.
    let how = prop_oneof![1 => Just(0_u8), 8 => 1..8_u8];
    proptest::collection::vec((any::<usize>(), any::<u8>(), how), 1..5)
}

fn small_tensors() -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let tensor = |name: &str, shape: &[usize]| {
        let count = shape.iter().product();
        (name.to_owned(), shape.to_vec(), vec![0.5; count])
    };
    vec![
        tensor("conv1.weight", &[2, 3, 1, 1]),
        tensor("fc.bias", &[4]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn an_edited_safetensors_file_is_weights_or_an_error(edits in edits()) {
        let tensors = small_tensors();
        let views = tensors.iter().map(|(name, shape, values)| {
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            (name.clone(), shape.clone(), bytes)
        });
        let views: Vec<_> = views.collect();
        let views = views.iter().map(|(name, shape, bytes)| {
            let dtype = safetensors::Dtype::F32;
            (name, safetensors::tensor::TensorView::new(dtype, shape.clone(), bytes).unwrap())
        });
        let good = safetensors::serialize(views, None).unwrap();
        let bytes = edited(good, &edits);
        if let Ok(weights) = WeightFile::from_bytes("edited", &bytes) {
            let values: usize = weights.into_tensors().map(|(_, data)| data.num_elements()).sum();
            prop_assert!(4 * values <= 2 * bytes.len(), "{values} values of {} bytes", bytes.len());
        }
    }

    #[test]
    fn an_edited_pytorch_file_is_weights_or_an_error(edits in edits()) {
        let good = torch_file::write(&small_tensors(), "bn1.num_batches_tracked");
        let bytes = edited(good, &edits);
        let path = file("edited.pt", &bytes);
        if let Ok(weights) = WeightFile::open(&path) {
            for (name, data) in weights.into_tensors() {
                let bound = 4 * bytes.len();
                prop_assert!(data.num_elements() <= bound, "{name}: {:?}", data.shape);
            }
        }
    }

    #[test]
    fn an_edited_pickle_is_weights_or_an_error(
        edits in edits(),
        opcodes in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        for (name, bytes) in [
            ("edited.pickle.pt", edited(lists(3), &edits)),
            ("opcodes.pt", pickle(&[&opcodes])),
        ] {
            let _ = WeightFile::open(&file(name, &archive(&bytes)));
            let _ = WeightFile::open(&file(name, &bytes));
        }
    }
}
