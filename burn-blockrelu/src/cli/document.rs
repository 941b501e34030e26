//! Generated regions of documents.

use std::path::Path;

use super::super::{Failure, write_file};

const BEGIN: &str = "<!-- results:begin -->";
const END: &str = "<!-- results:end -->";

/// Replaces the region of results in a Markdown file.
pub(super) fn update(document: &Path, region: &str) -> Result<(), Failure> {
    let text = std::fs::read_to_string(document)
        .map_err(|error| format!("{}: {error}", document.display()))?;
    let text = replaced(&text, region)
        .ok_or_else(|| format!("{}: no region {BEGIN} ... {END}", document.display()))?;
    write_file(document, text.as_bytes())
}

fn replaced(text: &str, region: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!(
        "{before}{BEGIN}\n{}\n{END}{after}",
        region.trim_end()
    ))
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn only_the_named_region_is_replaced() {
        let text = "a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n";
        let new = replaced(text, "x", "new\n").unwrap();
        assert_eq!(new, text.replace("old", "new"));
        assert_eq!(replaced(&new, "x", "new\n").unwrap(), new);
        assert_eq!(replaced(text, "y", "new"), None);
    }
}
