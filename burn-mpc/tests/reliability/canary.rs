//! What a secret would look like where it must not be: in messages, in shares, in anything printed.
//!
//! The patterns follow from the scales of the session that is tested: a code at another scale is another number.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;

use burn_mpc::{Ring, SessionConfig};

/// The fractional bits at which a session of this configuration may hold a value.
pub fn fractional_bits(config: &SessionConfig) -> BTreeSet<u32> {
    let scales = config.scales().expect("a config");
    let session = [scales.value, scales.product, scales.finest, scales.sum()];
    let own = config.weight_scales.iter();
    let own = own.flat_map(|(_, bits)| [bits, bits + scales.value]);
    session.into_iter().chain(own).collect()
}

/// `value` at `frac` fractional bits; `None` if no word of 64 bits holds it.
fn code(value: f32, frac: u32) -> Option<i64> {
    let scaled = (f64::from(value) * f64::from(frac).exp2()).round_ties_even();
    #[expect(clippy::cast_possible_truncation, reason = "below 2^62")]
    (scaled.abs() < 62_f64.exp2()).then_some(scaled as i64)
}

/// The number of bytes that are neither all zeros nor all ones, which turn up everywhere.
fn telling(bytes: &[u8]) -> usize {
    let tells = |byte: &&u8| **byte != 0 && **byte != 255;
    bytes.iter().filter(tells).count()
}

/// What eight bytes of a message look like if they hold a value, or two values on a ring of short words.
pub struct Words {
    words: HashSet<[u8; 8]>,
    /// Bytes of a word of the ring; values begin at multiples of it.
    step: usize,
}

impl Words {
    /// Words that `values` turn into on ring `R` under `config`, in both byte orders: codes and negated codes at every
    /// scale in use, single and double precision. Words of 32 bits turn up by chance, so that two neighbours count as
    /// one word.
    pub fn of<R: Ring>(values: &[f32], config: &SessionConfig) -> Self {
        let mut words = HashSet::new();
        let mut single = |word: [u8; 8]| {
            let turned = {
                let mut turned = word;
                turned.reverse();
                turned
            };
            words.extend([word, turned].into_iter().filter(|word| telling(word) > 1));
        };
        let fracs = fractional_bits(config);
        for &value in values {
            single(f64::from(value).to_le_bytes());
            for code in fracs.iter().filter_map(|&frac| code(value, frac)) {
                single(code.to_le_bytes());
                single(code.wrapping_neg().to_le_bytes());
            }
        }
        let mut pair = |a: [u8; 4], b: [u8; 4]| {
            let join = |a: [u8; 4], b: [u8; 4]| {
                let mut word = [0; 8];
                word[..4].copy_from_slice(&a);
                word[4..].copy_from_slice(&b);
                word
            };
            let turned = |mut half: [u8; 4]| {
                half.reverse();
                half
            };
            let all = [join(a, b), join(turned(a), turned(b))];
            words.extend(all.into_iter().filter(|word| telling(word) > 1));
        };
        let twice = values.iter().map(|&value| [value, value]);
        let neighbours = values.windows(2).map(|pair| [pair[0], pair[1]]);
        for [a, b] in twice.chain(neighbours) {
            pair(a.to_le_bytes(), b.to_le_bytes());
            if R::BITS == 32 {
                for &frac in &fracs {
                    let (Some(a), Some(b)) = (code(a, frac), code(b, frac)) else {
                        continue;
                    };
                    // As the ring has them: modulo 2^32.
                    let word = |code: i64| (code as u32).to_le_bytes();
                    pair(word(a), word(b));
                    pair(word(a.wrapping_neg()), word(b.wrapping_neg()));
                }
            }
        }
        Self {
            words,
            step: R::BYTES,
        }
    }

    /// Number of different words.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether `bytes` hold one of the words: anywhere, if it has four or more bytes that are neither zeros nor ones;
    /// else where a word of the ring may begin. Three shorter ones elsewhere count as well.
    pub fn lie_in(&self, bytes: &[u8]) -> bool {
        let mut astray = 0;
        bytes.windows(8).enumerate().any(|(at, window)| {
            let word: &[u8; 8] = window.try_into().expect("eight bytes");
            if telling(word) < 2 || !self.words.contains(word) {
                return false;
            }
            astray += 1;
            at % self.step == 0 || telling(word) > 3 || astray == 3
        })
    }
}

/// Spellings that are found anywhere in a text.
const LONG: usize = 7;
/// Shorter ones, down to this length, are found as whole numbers only.
const SHORT: usize = 5;
/// The shortest whole hexadecimal numbers that are found.
const HEX: usize = 4;

/// What a text looks like if it holds a value.
pub struct Texts {
    long: Vec<String>,
    short: HashSet<String>,
}

impl Texts {
    /// Spellings of `values` as numbers, as codes at every scale that `config` uses (signed, unsigned, hexadecimal, on
    /// both rings), and as bytes in both orders (hexadecimal, base 64, a list).
    pub fn of(values: &[f32], config: &SessionConfig) -> Self {
        let mut all = BTreeSet::new();
        let fracs = fractional_bits(config);
        for &value in values {
            number(&mut all, value);
            spell_bytes(&mut all, &value.to_le_bytes());
            spell_bytes(&mut all, &f64::from(value).to_le_bytes());
            for code in fracs.iter().filter_map(|&frac| code(value, frac)) {
                spell_code(&mut all, code);
                spell_code(&mut all, code.wrapping_neg());
            }
        }
        let (long, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|text| text.len() >= LONG);
        let short = rest.into_iter().filter(|text| {
            let decimal = text.chars().all(|c| c.is_ascii_digit());
            text.len() >= if decimal { SHORT } else { HEX }
        });
        Self {
            long,
            short: short.collect(),
        }
    }

    /// A spelling that `text` contains, in whatever case.
    pub fn found_in(&self, text: &str) -> Option<&str> {
        let text = text.to_lowercase();
        let mut tokens = text.split(|c: char| !c.is_ascii_alphanumeric());
        let long = self.long.iter().find(|spelling| text.contains(*spelling));
        let whole = |token: &str| {
            let hex = token.strip_prefix("0x");
            let digits = hex.map_or(token, |digits| digits.trim_start_matches('0'));
            self.short.get(digits)
        };
        long.or_else(|| tokens.find_map(whole)).map(String::as_str)
    }
}

/// The first seven digits, with a point and without.
fn number(all: &mut BTreeSet<String>, value: f32) {
    let (single, double) = (value.abs(), f64::from(value).abs());
    let texts = [
        format!("{single}"),
        format!("{single:e}"),
        format!("{double}"),
        format!("{double:e}"),
    ];
    for text in texts {
        let digits = text.split('e').next().unwrap_or_default();
        all.insert(digits.chars().take(LONG + 1).collect());
        all.insert(digits.replace('.', "").chars().take(LONG).collect());
    }
}

fn spell_code(all: &mut BTreeSet<String>, code: i64) {
    all.extend([
        code.unsigned_abs().to_string(),
        code.cast_unsigned().to_string(),
        format!("{code:x}"),
    ]);
    spell_bytes(all, &code.to_le_bytes());
    let narrow = code as u32;
    // The low half of a fine code may be a round number, such as 2^31, which appears elsewhere as itself.
    if narrow.trailing_zeros() < 16 {
        all.extend([narrow.to_string(), format!("{narrow:x}")]);
        spell_bytes(all, &narrow.to_le_bytes());
    }
}

fn spell_bytes(all: &mut BTreeSet<String>, bytes: &[u8]) {
    if telling(bytes) < 2 {
        return;
    }
    let turned: Vec<u8> = bytes.iter().rev().copied().collect();
    for bytes in [bytes, &turned] {
        all.insert(hex(bytes));
        all.insert(base64(bytes).to_lowercase());
        // Also within a longer list.
        let list = format!("{bytes:?}");
        all.insert(list.trim_matches(['[', ']']).to_owned());
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks(3)
        .flat_map(|chunk| {
            let word = chunk
                .iter()
                .fold(0_u32, |word, &byte| word << 8 | u32::from(byte))
                << (8 * (3 - chunk.len()));
            (0..=chunk.len()).map(move |i| char::from(DIGITS[(word >> (18 - 6 * i)) as usize & 63]))
        })
        .collect()
}
