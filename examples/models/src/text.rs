//! Shows paths and names that strangers may have chosen as text that fits a line of an error.

use std::path::Path;

/// Longest text that an error shows whole, in characters.
const MAX_SHOWN: usize = 1024;

/// A path with control characters, and those that change the direction of writing, escaped.
pub(crate) fn shown(path: &Path) -> String {
    shown_text(&path.to_string_lossy())
}

/// A name or a reader's message as text that is safe to show; a long text is cut.
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

/// Whether a character would act on a terminal or a log instead of only appearing in it.
fn is_unfit(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
