//! Writes a checkpoint as `torch.save` does: a zip archive with a pickle and one file per storage.

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The bytes of a `.pt` file with f32 tensors and, as in BatchNorm, one i64 scalar.
pub fn write(tensors: &[(String, Vec<usize>, Vec<f32>)], counter: &str) -> Vec<u8> {
    let mut pickle = vec![0x80, 2, b'}', b'('];
    let mut storages = Vec::new();
    for (name, shape, values) in tensors {
        let key = storages.len().to_string();
        tensor(&mut pickle, name, "FloatStorage", &key, shape, values.len());
        storages.push(
            values
                .iter()
                .flat_map(|v| v.to_le_bytes())
                .collect::<Vec<u8>>(),
        );
    }
    let key = storages.len().to_string();
    tensor(&mut pickle, counter, "LongStorage", &key, &[], 1);
    storages.push(3_i64.to_le_bytes().to_vec());
    pickle.extend(b"u.");

    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut add = |name: String, bytes: &[u8]| {
        archive.start_file(name, options).unwrap();
        archive.write_all(bytes).unwrap();
    };
    add("archive/data.pkl".into(), &pickle);
    add("archive/byteorder".into(), b"little");
    for (key, bytes) in storages.iter().enumerate() {
        add(format!("archive/data/{key}"), bytes);
    }
    add("archive/version".into(), b"3\n");
    archive.finish().unwrap().into_inner()
}

fn tensor(
    pickle: &mut Vec<u8>,
    name: &str,
    storage: &str,
    key: &str,
    shape: &[usize],
    count: usize,
) {
    text(pickle, name);
    pickle.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
    text(pickle, "storage");
    pickle.extend(format!("ctorch\n{storage}\n").as_bytes());
    text(pickle, key);
    text(pickle, "cpu");
    int(pickle, count);
    pickle.extend(b"tQ"); // the storage, by persistent id
    int(pickle, 0); // offset
    let strides = (0..shape.len()).map(|axis| shape[axis + 1..].iter().product());
    tuple(pickle, shape.iter().copied());
    tuple(pickle, strides);
    pickle.extend(b"\x89ccollections\nOrderedDict\n)RtR"); // no gradient, no hooks
}

fn tuple(pickle: &mut Vec<u8>, values: impl Iterator<Item = usize>) {
    pickle.push(b'(');
    values.for_each(|value| int(pickle, value));
    pickle.push(b't');
}

fn int(pickle: &mut Vec<u8>, value: usize) {
    pickle.push(b'J');
    pickle.extend(i32::try_from(value).unwrap().to_le_bytes());
}

fn text(pickle: &mut Vec<u8>, value: &str) {
    pickle.push(b'X');
    pickle.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
    pickle.extend(value.as_bytes());
}
