//! Names of values that a session computes once.

/// Names a value that is the same in every inference: a parameter, or anything derived from
/// parameters and public constants only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    bytes: [u8; 16],
    models: Models,
}

/// Whose parameters a value depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Models {
    None,
    One(u32),
    Several,
}

impl Models {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, models) | (models, Self::None) => models,
            (a, b) if a == b => a,
            _ => Self::Several,
        }
    }
}

impl Key {
    /// The key of a public constant, from everything that determines it.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        Self {
            bytes: hash(parts),
            models: Models::None,
        }
    }

    /// The key of a parameter of a model. Models are numbered within their session.
    #[must_use]
    pub fn of_parameter(model: u32, parts: &[&[u8]]) -> Self {
        Self {
            bytes: hash(parts),
            models: Models::One(model),
        }
    }

    /// The key of a value that is computed from this one alone; `parts` say how.
    #[must_use]
    pub fn derive(&self, parts: &[&[u8]]) -> Self {
        Self::all(parts, &[*self])
    }

    /// The key of a value that is computed from those of `from`; `parts` say how.
    #[must_use]
    pub fn all(parts: &[&[u8]], from: &[Self]) -> Self {
        let all: Vec<&[u8]> = parts
            .iter()
            .copied()
            .chain(from.iter().map(|key| key.bytes.as_slice()))
            .collect();
        Self {
            bytes: hash(&all),
            models: from
                .iter()
                .fold(Models::None, |models, key| models.and(key.models)),
        }
    }

    /// Bytes, for the transcript.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 16] {
        &self.bytes
    }

    /// The model whose parameter this is, or on whose parameters alone the value depends.
    #[must_use]
    pub fn model(&self) -> Option<u32> {
        match self.models {
            Models::One(model) => Some(model),
            _ => None,
        }
    }

    /// Whether the value may depend on parameters of that model.
    #[must_use]
    pub fn may_depend_on(&self, model: u32) -> bool {
        self.models == Models::One(model) || self.models == Models::Several
    }
}

fn hash(parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut key = [0; 16];
    key.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    key
}
