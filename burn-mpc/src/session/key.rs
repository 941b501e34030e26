//! Names of values that a session computes once.

/// Names a value that is the same in every inference: a parameter, or anything derived from
/// parameters and public constants only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key([u8; 16]);

impl Key {
    /// From everything that determines the value.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let mut key = [0; 16];
        key.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Self(key)
    }

    /// Bytes, for deriving further keys.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}
