//! Colours that people with any colour vision can tell apart, and that keep their order in grey.

use super::scene::{Color, Marker, WHITE};

/// Text and axes.
pub(super) const INK: Color = Color::opaque(34, 34, 34);
/// Secondary text.
pub(super) const GREY: Color = Color::opaque(102, 102, 102);
/// Grid lines.
pub(super) const FAINT: Color = Color::opaque(226, 226, 226);
/// The main colour of a figure without series: a median, a band.
pub(super) const BLUE: Color = Color::opaque(0, 114, 178);
/// The colour that contrasts with [`BLUE`].
pub(super) const VERMILION: Color = Color::opaque(213, 94, 0);

/// Okabe and Ito's qualitative colours ("Color Universal Design", 2008) without black and yellow, darkest
/// contrasts first.
const QUALITATIVE: [Color; 6] = [
    BLUE,
    VERMILION,
    Color::opaque(0, 158, 115),
    Color::opaque(204, 121, 167),
    Color::opaque(86, 180, 233),
    Color::opaque(230, 159, 0),
];

/// Colour and marker of the `index`-th name. 24 combinations differ.
pub(super) fn qualitative(index: usize) -> (Color, Marker) {
    const MARKERS: [Marker; 4] = [
        Marker::Disc,
        Marker::Square,
        Marker::Diamond,
        Marker::Triangle,
    ];
    let turn = index / QUALITATIVE.len();
    (
        QUALITATIVE[index % QUALITATIVE.len()],
        MARKERS[(index + turn) % MARKERS.len()],
    )
}

/// Viridis (van der Walt and Smith, 2015, CC0) at equal steps from its dark to its light end.
const VIRIDIS: [[u8; 3]; 9] = [
    [68, 1, 84],
    [71, 44, 122],
    [59, 81, 139],
    [44, 113, 142],
    [33, 144, 141],
    [39, 173, 129],
    [92, 200, 99],
    [170, 220, 50],
    [253, 231, 37],
];

/// The colour at `t` in `[0, 1]`, from dark to light; outside, the nearer end.
pub(super) fn viridis(t: f64) -> Color {
    let position = t.clamp(0.0, 1.0) * (VIRIDIS.len() - 1) as f64;
    let index = (position as usize).min(VIRIDIS.len() - 2);
    let share = position - index as f64;
    let (low, high) = (VIRIDIS[index], VIRIDIS[index + 1]);
    let mix = |channel: usize| {
        let (low, high) = (f64::from(low[channel]), f64::from(high[channel]));
        (low + share * (high - low)).round() as u8
    };
    Color::opaque(mix(0), mix(1), mix(2))
}

/// The colour of layer `index` of `count`, from dark to light with depth. The lightest colours are left out:
/// they vanish on white.
pub(super) fn depth(index: usize, count: usize) -> Color {
    viridis(0.88 * index as f64 / count.saturating_sub(1).max(1) as f64)
}

/// Black or white, whichever has the higher contrast with `color` (relative luminance as in the Web Content
/// Accessibility Guidelines 2, with 2.2 as the exponent throughout).
pub(super) fn ink_on(color: Color) -> Color {
    let [r, g, b] = color
        .rgb
        .map(|channel| (f64::from(channel) / 255.0).powf(2.2));
    let luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    if luminance > 0.18 { INK } else { WHITE }
}

#[cfg(test)]
mod tests {
    use super::{ink_on, viridis};

    #[test]
    fn viridis_grows_lighter_and_ends_where_it_should() {
        let luma = |t| {
            let [r, g, b] = viridis(t).rgb.map(f64::from);
            0.299 * r + 0.587 * g + 0.114 * b
        };
        let lumas: Vec<f64> = (0..=100).map(|i| luma(f64::from(i) / 100.0)).collect();
        assert!(lumas.is_sorted(), "{lumas:?}");
        assert_eq!(viridis(-1.0), viridis(0.0));
        assert_eq!(viridis(f64::INFINITY).rgb, [253, 231, 37]);
        assert_ne!(ink_on(viridis(0.0)), ink_on(viridis(1.0)));
    }
}
