//! From sentences to token ids. The client does this on its side.

use std::path::Path;

use tokenizers::Tokenizer;

use crate::failure::Failure;

/// The file of a tokenizer beside weights.
const FILE: &str = "tokenizer.json";

/// Ids that begin and end a sentence, and the first of a word, where words are hashed.
const BEGIN: u32 = 1;
const END: u32 = 2;
const FIRST: u32 = 3;

/// How sentences become ids.
pub enum Words {
    /// By the tokenizer that the network was trained with.
    Trained(Box<Tokenizer>),
    /// By a hash of each word, for random weights.
    Hashed {
        /// Ids that there are.
        vocabulary: usize,
    },
}

impl Words {
    /// Reads the tokenizer of a folder.
    pub fn open(folder: &Path) -> Result<Self, Failure> {
        let file = folder.join(FILE);
        match Tokenizer::from_file(&file) {
            Ok(mut tokenizer) => {
                // The file asks for 128 ids, padded or cut.
                tokenizer.with_padding(None);
                match tokenizer.with_truncation(None) {
                    Ok(_) => Ok(Self::Trained(Box::new(tokenizer))),
                    Err(error) => Err(unreadable(&file, &error)),
                }
            }
            Err(error) => Err(unreadable(&file, &error)),
        }
    }

    /// The ids of a sentence, with those that begin and end it.
    pub fn ids(&self, sentence: &str) -> Result<Vec<u32>, Failure> {
        match self {
            Self::Trained(tokenizer) => match tokenizer.encode(sentence, true) {
                Ok(encoding) => Ok(encoding.get_ids().to_vec()),
                Err(error) => Err(unreadable(Path::new("a sentence"), &error)),
            },
            Self::Hashed { vocabulary } => {
                let words = sentence
                    .split(|c: char| !c.is_alphanumeric())
                    .filter(|word| !word.is_empty());
                let ids = words.map(|word| hashed(&word.to_lowercase(), *vocabulary));
                Ok([BEGIN].into_iter().chain(ids).chain([END]).collect())
            }
        }
    }
}

fn unreadable(file: &Path, error: &impl ToString) -> Failure {
    Failure::Unreadable {
        file: file.into(),
        reason: error.to_string(),
    }
}

/// FNV-1a of a word, within the ids of words.
fn hashed(word: &str, vocabulary: usize) -> u32 {
    let hash = word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    FIRST + (hash % (vocabulary as u64 - u64::from(FIRST))) as u32
}

/// The ids of a sentence that nobody wrote.
pub fn made_up(tokens: usize, vocabulary: usize) -> Vec<u32> {
    (0..tokens)
        .map(|place| hashed(&place.to_string(), vocabulary))
        .collect()
}
