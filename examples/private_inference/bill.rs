//! Costs as text.

/// The beginning of a name, as much as fits a column.
pub fn shorten(text: &str) -> String {
    if text.chars().count() <= 30 {
        text.to_owned()
    } else {
        text.chars().take(29).chain(['…']).collect()
    }
}

/// Bytes as megabytes (10^6).
#[expect(clippy::cast_precision_loss, reason = "for display")]
pub fn megabytes(bytes: u64) -> String {
    format!("{:.3} MB", bytes as f64 / 1e6)
}
