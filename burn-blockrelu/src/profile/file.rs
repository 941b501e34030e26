//! Tables as safetensors files: per layer the sums `[channels, candidates]` (F64) and the candidates
//! `[candidates, 2]` (I64); everything else, and a checksum, in the metadata.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use burn_blockrelu_core::Block;
use burn_blockrelu_core::file::replace;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::{LayerTable, ProfileError, Table};

/// Version of the file format.
const SCHEMA: u32 = 1;

/// Key of the metadata in the header of the file.
const KEY: &str = "blockrelu-profile";

/// The metadata.
#[derive(Serialize, Deserialize)]
struct Header {
    schema: u32,
    model: String,
    weights: String,
    method: String,
    samples: String,
    units: usize,
    done: Vec<usize>,
    layers: Vec<LayerHeader>,
    // An integer, since a float may lose its last bit in JSON.
    milliseconds: u64,
    checksum: String,
}

/// The version alone, since another version may have other fields.
#[derive(Deserialize)]
struct Version {
    schema: u32,
}

#[derive(Serialize, Deserialize)]
struct LayerHeader {
    path: String,
    map: [usize; 2],
    channels: usize,
    samples: u64,
}

/// Content of one layer as bytes.
struct Bytes {
    sums: Vec<u8>,
    candidates: Vec<u8>,
}

impl Bytes {
    fn of(layer: &LayerTable) -> Self {
        let pairs = layer.candidates.iter().flat_map(|block| block.to_pair());
        Self {
            sums: layer
                .sums
                .iter()
                .flat_map(|sum| sum.to_le_bytes())
                .collect(),
            candidates: pairs.flat_map(i64::to_le_bytes).collect(),
        }
    }
}

/// Digest of the metadata, with its checksum empty, and of the tensors.
fn checksum(header: &Header, layers: &[Bytes]) -> String {
    let mut hash = blake3::Hasher::new();
    let facts = (
        (
            &header.model,
            &header.weights,
            &header.method,
            &header.samples,
        ),
        (header.schema, header.units, &header.done),
        (&header.layers, header.milliseconds),
    );
    // Maps with text keys, integers and text: serialising cannot fail.
    hash.update(&serde_json::to_vec(&facts).unwrap_or_default());
    for bytes in layers {
        hash.update(&bytes.sums);
        hash.update(&bytes.candidates);
    }
    hash.finalize().to_hex()[..32].to_owned()
}

impl Table {
    /// Writes the table, replacing a file of that name at once.
    ///
    /// # Errors
    /// [`ProfileError::Io`].
    pub fn write(&self, path: &Path) -> Result<(), ProfileError> {
        let failed = |source| ProfileError::Io {
            path: path.into(),
            source,
        };
        let bytes: Vec<Bytes> = self.layers.iter().map(Bytes::of).collect();
        let layer = |layer: &LayerTable| LayerHeader {
            path: layer.path.clone(),
            map: layer.map,
            channels: layer.channels,
            samples: layer.samples,
        };
        let mut header = Header {
            schema: SCHEMA,
            model: self.model.clone(),
            weights: self.weights.clone(),
            method: self.method.clone(),
            samples: self.samples.clone(),
            units: self.units,
            done: self.done.clone(),
            layers: self.layers.iter().map(layer).collect(),
            milliseconds: (1000.0 * self.seconds) as u64,
            checksum: String::new(),
        };
        header.checksum = checksum(&header, &bytes);
        let text = serde_json::to_string(&header).unwrap_or_default();
        let mut views = Vec::with_capacity(2 * bytes.len());
        for (index, (layer, bytes)) in self.layers.iter().zip(&bytes).enumerate() {
            let count = layer.candidates.len();
            let parts = [
                ("sums", Dtype::F64, [layer.channels, count], &bytes.sums),
                ("candidates", Dtype::I64, [count, 2], &bytes.candidates),
            ];
            for (name, dtype, shape, data) in parts {
                let view = TensorView::new(dtype, shape.to_vec(), data);
                let view = view.map_err(|error| failed(std::io::Error::other(error)))?;
                views.push((tensor_name(index, name), view));
            }
        }
        let metadata = HashMap::from([(KEY.to_owned(), text)]);
        let content = safetensors::serialize(views, Some(metadata));
        let content = content.map_err(|error| failed(std::io::Error::other(error)))?;
        replace(path, &content).map_err(failed)
    }

    /// Reads a table.
    ///
    /// # Errors
    /// [`ProfileError`] for a missing file, another format or schema, or a damaged file.
    pub fn read(path: &Path) -> Result<Self, ProfileError> {
        let content = fs::read(path).map_err(|source| ProfileError::Io {
            path: path.into(),
            source,
        })?;
        Self::parse(&content, path)
    }

    fn parse(content: &[u8], path: &Path) -> Result<Self, ProfileError> {
        let failed = |reason: String| ProfileError::Format {
            path: path.into(),
            reason,
        };
        let (_, metadata) =
            SafeTensors::read_metadata(content).map_err(|error| failed(error.to_string()))?;
        let text = metadata.metadata().as_ref().and_then(|map| map.get(KEY));
        let text = text.ok_or_else(|| failed(format!("no `{KEY}` in its metadata")))?;
        let json = |error: serde_json::Error| failed(error.to_string());
        let Version { schema } = serde_json::from_str(text).map_err(json)?;
        if schema != SCHEMA {
            return Err(ProfileError::Schema {
                path: path.into(),
                found: schema,
                supported: SCHEMA,
            });
        }
        let header: Header = serde_json::from_str(text).map_err(json)?;
        let file = SafeTensors::deserialize(content).map_err(|error| failed(error.to_string()))?;
        let data = |index: usize, name: &str, dtype: Dtype| {
            let name = tensor_name(index, name);
            let view = file
                .tensor(&name)
                .map_err(|error| failed(error.to_string()))?;
            if view.dtype() != dtype || view.shape().len() != 2 {
                return Err(failed(format!("`{name}` has type {:?}", view.dtype())));
            }
            Ok((view.data().to_vec(), view.shape().to_vec()))
        };
        let mut layers = Vec::new();
        let mut bytes = Vec::new();
        for (index, layer) in header.layers.iter().enumerate() {
            let (sums, shape) = data(index, "sums", Dtype::F64)?;
            let (candidates, pairs) = data(index, "candidates", Dtype::I64)?;
            if shape != [layer.channels, pairs[0]] || pairs[1] != 2 {
                return Err(failed(format!(
                    "`{}` has sums of shape {shape:?}",
                    layer.path
                )));
            }
            layers.push(LayerTable {
                path: layer.path.clone(),
                map: layer.map,
                channels: layer.channels,
                candidates: blocks(&candidates).map_err(|error| failed(error.to_string()))?,
                samples: layer.samples,
                sums: words(&sums).map(f64::from_le_bytes).collect(),
            });
            bytes.push(Bytes { sums, candidates });
        }
        let computed = checksum(&header, &bytes);
        if computed != header.checksum {
            return Err(ProfileError::Checksum {
                path: path.into(),
                found: header.checksum,
                computed,
            });
        }
        Ok(Self {
            model: header.model,
            weights: header.weights,
            method: header.method,
            samples: header.samples,
            units: header.units,
            done: header.done,
            layers,
            seconds: header.milliseconds as f64 / 1000.0,
        })
    }
}

/// Names a tensor by the layer's number, since a path may hold characters that a tensor's name may
/// not.
fn tensor_name(layer: usize, part: &str) -> String {
    format!("{layer:04}.{part}")
}

fn words(bytes: &[u8]) -> impl Iterator<Item = [u8; 8]> {
    bytes.as_chunks::<8>().0.iter().copied()
}

fn blocks(bytes: &[u8]) -> Result<Vec<Block>, burn_blockrelu_core::BlockError> {
    let sides: Vec<i64> = words(bytes).map(i64::from_le_bytes).collect();
    let pairs = sides.as_chunks::<2>().0;
    pairs.iter().map(|&pair| Block::from_pair(pair)).collect()
}
