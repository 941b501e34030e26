//! Generated regions of documents.

use std::path::Path;

use super::failure::Failure;
use super::output::write_file;

/// Replaces the region between `<!-- NAME:begin -->` and `<!-- NAME:end -->` of a Markdown file.
pub(super) fn update(document: &Path, name: &str, region: &str) -> Result<(), Failure> {
    let text = std::fs::read_to_string(document)
        .map_err(|error| format!("{}: {error}", document.display()))?;
    let text = replaced(&text, name, region)
        .ok_or_else(|| format!("{}: no region <!-- {name}:begin -->", document.display()))?;
    write_file(document, text.as_bytes())
}

fn replaced(text: &str, name: &str, region: &str) -> Option<String> {
    let begin = format!("<!-- {name}:begin -->");
    let end = format!("<!-- {name}:end -->");
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    let region = region.trim_end();
    Some(format!("{before}{begin}\n{region}\n{end}{after}"))
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
