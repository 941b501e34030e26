//! Makes names, paths and labels that strangers may have chosen safe to show in one line of a log.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Longest name that errors, logs and reports show whole, in bytes.
pub const MAX_SHOWN_BYTES: usize = 256;

/// Escapes control characters and characters that change the writing direction. Cuts `text` if it is longer than
/// [`MAX_SHOWN_BYTES`], and then appends its length and a hash of it, so that different names stay different.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    shown_within(text, MAX_SHOWN_BYTES)
}

/// [`shown`] with `most` bytes as the longest length.
#[must_use]
pub fn shown_within(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most && !text.chars().any(is_unfit) {
        return Cow::Borrowed(text);
    }
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut shown = String::with_capacity(end + 32);
    for character in text[..end].chars() {
        if is_unfit(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    if end < text.len() {
        let hash = blake3::hash(text.as_bytes()).to_hex();
        // Writing to a string does not fail.
        let _ = write!(shown, "...({} bytes, {})", text.len(), &hash[..8]);
    }
    Cow::Owned(shown)
}

/// Whether a character could steer a terminal or forge a line of a log.
fn is_unfit(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::{MAX_SHOWN_BYTES, shown};

    #[test]
    fn ordinary_names_stay_as_they_are() {
        for name in ["layer3.0.conv1.weight", "", "Gewicht für Schicht 2", "重み"] {
            assert_eq!(shown(name), name);
        }
    }

    #[test]
    fn nothing_steers_a_terminal_or_forges_a_line() {
        let forged = "\x1b[31m..\nERROR forged\r\t\u{202e}txt.exe\u{2028}\0\u{9b}2J";
        let text = shown(forged);
        assert!(!text.chars().any(super::is_unfit), "{text:?}");
        assert!(
            text.contains("\\u{1b}[31m..\\nERROR forged\\r\\t\\u{202e}"),
            "{text}"
        );
    }

    #[test]
    fn long_names_are_cut_and_stay_different() {
        let long = "é".repeat(5_000_000);
        let (first, second) = (shown(&long).into_owned(), format!("{long}."));
        assert!(first.len() < MAX_SHOWN_BYTES + 64, "{}", first.len());
        assert!(first.contains("10000000 bytes"), "{first}");
        assert_ne!(first, shown(&second));
        // Escapes are longer than what they stand for, but not by more than ten times.
        assert!(shown(&"\u{202e}".repeat(10_000)).len() < 10 * MAX_SHOWN_BYTES);
    }
}
