//! Paths and names, which strangers may have chosen, as text that fits a line of an error.

use std::path::Path;

/// Longest text that an error shows whole, in characters.
const MAX_SHOWN: usize = 1024;

/// A path with control characters, and those that change the direction of writing, escaped.
pub(crate) fn shown(path: &Path) -> String {
    shown_text(&path.to_string_lossy())
}

/// A name, or what a reader said, as text that is fit to be shown; the rest of a long text is left out.
pub(crate) fn shown_text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().min(MAX_SHOWN));
    for (count, character) in text.chars().enumerate() {
        if count == MAX_SHOWN {
            shown.push_str("...");
            break;
        }
        if is_unfit(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Whether a character would do more to a terminal or a log than to stand in it.
fn is_unfit(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
