//! Plans as JSON files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{PlanError, PlannedLayer, ReluPlan, drelus};
use crate::file::replace;

/// Version of the file format.
const SCHEMA: u32 = 1;

/// The blocks of a layer as one string of words, which people can read and compare.
pub(super) mod words {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::Block;

    pub(crate) fn serialize<S: Serializer>(blocks: &[Block], to: S) -> Result<S::Ok, S::Error> {
        let words: Vec<String> = blocks.iter().map(ToString::to_string).collect();
        to.serialize_str(&words.join(" "))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Block>, D::Error> {
        let text = String::deserialize(from)?;
        let words = text.split_whitespace().map(str::parse);
        words.collect::<Result<_, _>>().map_err(D::Error::custom)
    }
}

/// What a file holds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: u32,
    model: String,
    drelus: u64,
    full_drelus: u64,
    notes: BTreeMap<String, String>,
    layers: Vec<PlannedLayer>,
    checksum: String,
}

impl ReluPlan {
    fn file(&self) -> File {
        let mut file = File {
            schema: SCHEMA,
            model: self.model.clone(),
            drelus: self.drelus(),
            full_drelus: self.full_drelus(),
            notes: self.notes.clone(),
            layers: self.layers.clone(),
            checksum: String::new(),
        };
        file.checksum = file.checksum();
        file
    }

    /// Digest of everything in the plan; equal plans have equal digests.
    pub fn checksum(&self) -> String {
        self.file().checksum
    }

    /// The content of a plan file.
    pub fn to_json(&self) -> String {
        // No map has a key other than text, and no value is a float: serialising cannot fail.
        let mut text = serde_json::to_string_pretty(&self.file()).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Writes the plan, replacing a file of that name.
    ///
    /// # Errors
    /// [`PlanError::Io`].
    pub fn write(&self, path: &Path) -> Result<(), PlanError> {
        replace(path, self.to_json().as_bytes()).map_err(|source| PlanError::Io {
            path: path.into(),
            source,
        })
    }

    /// Reads a plan.
    ///
    /// # Errors
    /// Typed: no file, no JSON, another schema, a damaged or edited file, counts that do not fit the blocks.
    pub fn read(path: &Path) -> Result<Self, PlanError> {
        let text = fs::read_to_string(path).map_err(|source| PlanError::Io {
            path: path.into(),
            source,
        })?;
        Self::parse(&text, path)
    }

    /// Reads a plan from the content of a file; `path` is for errors.
    ///
    /// # Errors
    /// Those of [`ReluPlan::read`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, PlanError> {
        let json = |source| PlanError::Json {
            path: path.into(),
            source,
        };
        // The version first: another one may have other fields.
        let Version { schema } = serde_json::from_str(text).map_err(json)?;
        if schema != SCHEMA {
            return Err(PlanError::Schema {
                path: path.into(),
                found: schema,
                supported: SCHEMA,
            });
        }
        let file: File = serde_json::from_str(text).map_err(json)?;
        let computed = file.checksum();
        if computed != file.checksum {
            return Err(PlanError::Checksum {
                path: path.into(),
                found: file.checksum,
                computed,
            });
        }
        for layer in &file.layers {
            let counted = drelus(&layer.blocks, layer.map);
            if counted != layer.drelus {
                return Err(PlanError::Count {
                    path: path.into(),
                    layer: layer.path.clone(),
                    stated: layer.drelus,
                    counted,
                });
            }
        }
        Ok(Self {
            model: file.model,
            layers: file.layers,
            notes: file.notes,
        })
    }
}

#[derive(Deserialize)]
struct Version {
    schema: u32,
}

impl File {
    fn checksum(&self) -> String {
        let content = (
            self.schema,
            &self.model,
            self.drelus,
            self.full_drelus,
            &self.notes,
            &self.layers,
        );
        // As in `to_json`: serialising cannot fail.
        let text = serde_json::to_string(&content).unwrap_or_default();
        blake3::hash(text.as_bytes()).to_hex()[..32].to_owned()
    }
}
