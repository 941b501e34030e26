//! Laws of all plots, on data of the shape of a ResNet-20's.

use std::fs;
use std::path::Path;

use burn_blockrelu_core::Block;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::font::{CAPITAL_HEIGHT, Font};
use super::scene::{Anchor, Label, Shape};
use super::*;

const LAYERS: usize = 19;

fn rng() -> StdRng {
    StdRng::seed_from_u64(20)
}

/// Paths, channels and map sides of the ReLU layers of a CIFAR ResNet-20.
fn layers() -> Vec<(String, usize, usize)> {
    let stage = |index: usize| [(16, 32), (32, 16), (64, 8)][index];
    let mut layers = vec![("stem.relu".to_owned(), 16, 32)];
    for block in 0..9 {
        for relu in 1..=2 {
            let (channels, side) = stage(block / 3);
            let name = format!("layers.{}.{}.relu{relu}", block / 3, block % 3);
            layers.push((name, channels, side));
        }
    }
    assert_eq!(layers.len(), LAYERS);
    layers
}

fn accuracy() -> AccuracyAgainstBudget {
    let mut series = Vec::new();
    let methods = [
        ("knapsack, exact", 0.9, 5.0),
        ("knapsack, sketch", 1.05, 5.5),
        ("uniform block", 1.9, 14.0),
        ("random plan", 2.6, 20.0),
    ];
    for (name, loss, slope) in methods {
        for (stage, factor) in [(Stage::Before, 2.6), (Stage::After, 0.6)] {
            let points = [6.0, 10.0, 15.0, 25.0, 50.0, 100.0].map(|percent: f64| BudgetPoint {
                drelu_percent: percent,
                accuracy_percent: 2.0
                    + 60.0
                        * (-(loss * factor * slope / 40.0) * (100.0 / percent).ln().powf(1.6))
                            .exp(),
            });
            series.push(AccuracySeries {
                name: name.to_owned(),
                stage,
                points: points.to_vec(),
            });
        }
    }
    AccuracyAgainstBudget {
        title: "ResNet-20 on CIFAR-100: accuracy at a DReLU budget".to_owned(),
        baseline: Some(62.14),
        series,
    }
}

fn heat_map() -> BlockHeatMap {
    let mut rng = rng();
    let mut blocks_of = |channels: usize, side: usize, depth: usize| {
        let mut block = || {
            let large = rng.random_range(0.0..1.0) * (1.0 + side as f64 / 8.0);
            let side_of = |x: f64| (2f64.powf(x).round() as u32).clamp(1, side as u32);
            match rng.random_range(0..20) {
                0..3 => Block::Identity,
                3 if depth > 15 => Block::Zero,
                _ => Block::patch(side_of(large), side_of(large * rng.random_range(0.5..1.2)))
                    .unwrap(),
            }
        };
        (0..channels).map(|_| block()).collect()
    };
    BlockHeatMap {
        title: "ResNet-20 at 10 % of its DReLUs: block areas chosen by the knapsack".to_owned(),
        layers: layers()
            .into_iter()
            .enumerate()
            .map(|(depth, (name, channels, side))| LayerBlocks {
                name,
                map: [side, side],
                blocks: blocks_of(channels, side, depth),
            })
            .collect(),
    }
}

fn distortions() -> DistortionCurves {
    let mut rng = rng();
    let layers = layers().into_iter().map(|(name, channels, side)| {
        let scale = 10f64.powf(rng.random_range(-3.5..-1.5));
        let mut sample = |drelus: u64| -> Vec<f64> {
            let kept = drelus as f64 / (side * side) as f64;
            let value = |spread: f64| scale * (1.0 - kept) * 10f64.powf(spread - kept);
            (0..channels)
                .map(|_| value(rng.random_range(-1.0..1.0)))
                .collect()
        };
        let counts = (1..=side as u64).flat_map(|h| [h * h, h * h.div_ceil(2)]);
        let mut counts: Vec<u64> = counts.collect();
        counts.sort_unstable();
        counts.dedup();
        LayerDistortions {
            name,
            curve: counts
                .into_iter()
                .map(|drelus| CurvePoint {
                    drelus,
                    distortion: Quartiles::of(&sample(drelus)).unwrap(),
                })
                .collect(),
            identity: Quartiles::of(&sample(0)),
        }
    });
    DistortionCurves {
        title: "ResNet-20 on CIFAR-100: distortion by layer and DReLU count".to_owned(),
        layers: layers.collect(),
    }
}

fn agreement() -> AgreementScatter {
    let mut rng = rng();
    let layers = layers().into_iter().map(|(name, channels, _)| {
        let scale: f64 = rng.random_range(-4.0..-2.0);
        let noise = rng.random_range(0.1..0.5);
        let points = (0..channels * 30).map(|_| {
            let exact = scale + rng.random_range(-1.5..1.5);
            DistortionPair {
                exact: 10f64.powf(exact),
                sketch: 10f64.powf(exact + rng.random_range(-noise..noise)),
            }
        });
        LayerAgreement {
            name,
            points: points.collect(),
        }
    });
    AgreementScatter {
        title: "Sketched against exact distortion, ResNet-20".to_owned(),
        layers: layers.collect(),
    }
}

fn all() -> [(&'static str, Plot); 4] {
    [
        ("accuracy", Plot::AccuracyAgainstBudget(accuracy())),
        ("agreement", Plot::AgreementScatter(agreement())),
        ("blocks", Plot::BlockHeatMap(heat_map())),
        ("distortion", Plot::DistortionCurves(distortions())),
    ]
}

/// The figures that are hardest to lay out.
fn extremes() -> Vec<(&'static str, Plot)> {
    let mut one_heat = heat_map();
    one_heat.layers.truncate(1);
    one_heat.layers[0].name =
        "encoder.a.very.long.path.of.modules.that.never.ends.block.relu".into();
    let mut one_curve = distortions();
    one_curve.layers.truncate(1);
    let mut many_curves = distortions();
    let mut many_heat = heat_map();
    for copy in 1..4 {
        many_curves.layers.extend(distortions().layers);
        many_heat.layers.extend(heat_map().layers);
        many_heat.layers[copy].blocks.clear();
    }
    many_curves.title = "A very long title ".repeat(12);
    let mut long_names = accuracy();
    for series in &mut long_names.series {
        series.name = format!("a long name of a way to choose: {}", series.name);
    }
    long_names.series[0].points[0].accuracy_percent = f64::NAN;
    long_names.series[1].points[1].drelu_percent = 0.0;
    long_names.series[2].points[1].accuracy_percent = 162.0;
    let mut one_point = agreement();
    one_point.layers.truncate(1);
    one_point.layers[0].points.truncate(1);
    let mut many_points = agreement();
    for _ in 1..4 {
        many_points.layers.extend(agreement().layers);
    }
    for point in &mut many_points.layers[3].points[..40] {
        point.sketch = -point.sketch;
    }
    let mut narrow = distortions();
    narrow.layers.truncate(7);
    for layer in &mut narrow.layers {
        let last = layer.curve[layer.curve.len() - 3];
        layer.curve = vec![last];
        layer.curve[0].distortion = Quartiles {
            lower: 2.21e-3,
            median: 2.22e-3,
            upper: 2.225e-3,
        };
        layer.identity = Some(layer.curve[0].distortion);
    }
    vec![
        ("distortion-narrow", Plot::DistortionCurves(narrow)),
        (
            "accuracy-long-names",
            Plot::AccuracyAgainstBudget(long_names),
        ),
        ("agreement-many", Plot::AgreementScatter(many_points)),
        ("agreement-one", Plot::AgreementScatter(one_point)),
        ("blocks-many", Plot::BlockHeatMap(many_heat)),
        ("blocks-one", Plot::BlockHeatMap(one_heat)),
        ("distortion-many", Plot::DistortionCurves(many_curves)),
        ("distortion-one", Plot::DistortionCurves(one_curve)),
    ]
}

fn everything() -> impl Iterator<Item = (&'static str, Plot)> {
    all().into_iter().chain(extremes())
}

/// Both files of `plot`.
fn drawn(plot: &Plot) -> (String, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let [svg, png] = plot.write(&folder.path().join("plot")).unwrap();
    (fs::read_to_string(svg).unwrap(), fs::read(png).unwrap())
}

/// Set `PLOT_SAMPLES` to a folder to look at them.
#[test]
fn samples_are_written_where_asked() {
    if let Some(folder) = std::env::var_os("PLOT_SAMPLES") {
        for (name, plot) in everything() {
            plot.write(&Path::new(&folder).join(name)).unwrap();
        }
    }
}

/// Checks that tags nest and close, attributes are quoted and no bare `&` or `<` stands in texts; returns the
/// texts, in order.
fn svg_texts(svg: &str) -> Vec<String> {
    let mut open = Vec::new();
    let mut texts = Vec::new();
    for piece in svg.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').expect("a tag ends");
        assert!(tag.matches('"').count().is_multiple_of(2), "quotes: {tag}");
        for entity in text.split('&').skip(1).chain(tag.split('&').skip(1)) {
            let (name, _) = entity.split_once(';').expect("an entity ends");
            assert!(
                ["lt", "gt", "amp", "quot", "apos"].contains(&name),
                "{name}"
            );
        }
        let unprintable = |c: char| c.is_control() && c != '\n';
        assert!(!text.contains(unprintable), "{text:?}");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "tags nest"),
            None if tag.ends_with('/') => {}
            None => open.push(tag.split(' ').next().unwrap()),
        }
        if !text.trim().is_empty() {
            assert_eq!(open.last(), Some(&"text"), "text outside: {text}");
            texts.push(text.trim().to_owned());
        }
    }
    assert!(open.is_empty(), "{open:?} stay open");
    texts
}

#[test]
fn files_are_whole_and_agree_in_size() {
    for (name, plot) in everything() {
        let (svg, png) = drawn(&plot);
        assert!(!svg_texts(&svg).is_empty(), "{name}");
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"), "{name}");
        let picture = image::load_from_memory(&png).unwrap().into_rgb8();
        let (width, height) = (picture.width() / 2, picture.height() / 2);
        let size = format!("<svg width=\"{width}\" height=\"{height}\" ");
        assert!(svg.starts_with(&size), "{name}: {}", &svg[..80]);
        assert_eq!(picture.get_pixel(0, 0).0, [255; 3], "{name}: on white");
        let ink = picture.pixels().filter(|pixel| pixel.0 != [255; 3]).count();
        assert!(ink > 3000, "{name}: {ink} pixels are drawn");
    }
}

#[test]
fn labels_are_in_the_svg() {
    let expected: [(Plot, &[&str]); 4] = [
        (
            Plot::AccuracyAgainstBudget(accuracy()),
            &[
                "6",
                "15",
                "100",
                "Accuracy (%)",
                "random plan",
                "unchanged: 62.14 %",
            ],
        ),
        (
            Plot::AgreementScatter(agreement()),
            &[
                "stem.relu",
                "10⁻³",
                "Sketched distortion",
                "Exact distortion",
            ],
        ),
        (
            Plot::BlockHeatMap(heat_map()),
            &["layers.2.2.relu2", "3–4", "id", "zero", "DReLUs left"],
        ),
        (
            Plot::DistortionCurves(distortions()),
            &["layers.1.0.relu1", "100", "DReLUs of a channel"],
        ),
    ];
    for (plot, labels) in expected {
        let texts = svg_texts(&drawn(&plot).0);
        for label in labels {
            assert!(texts.iter().any(|text| text == label), "{label}: {texts:?}");
        }
    }
}

#[test]
fn no_label_leaves_the_figure_and_none_overlap() {
    for (name, plot) in everything() {
        let scene = match &plot {
            Plot::AccuracyAgainstBudget(plot) => plot.scene(),
            Plot::AgreementScatter(plot) => plot.scene(),
            Plot::BlockHeatMap(plot) => plot.scene(),
            Plot::DistortionCurves(plot) => plot.scene(),
        };
        let scene = scene.unwrap();
        let [width, height] = scene.size.map(f64::from);
        let boxes: Vec<_> = scene
            .shapes
            .iter()
            .filter_map(|shape| match shape {
                Shape::Label(label) => Some((label_box(label, &scene.font), &label.text)),
                _ => None,
            })
            .collect();
        for (index, ([left, top, right, bottom], text)) in boxes.iter().enumerate() {
            let inside = *left >= 0.0 && *top >= 0.0 && *right <= width && *bottom <= height;
            assert!(inside, "{name}: `{text}` leaves the figure");
            for (other, other_text) in &boxes[..index] {
                let apart = other[2] <= *left
                    || *right <= other[0]
                    || other[3] <= *top
                    || *bottom <= other[1];
                assert!(apart, "{name}: `{text}` lies on `{other_text}`");
            }
        }
    }
}

/// Left, top, right and bottom of the capitals of a label.
fn label_box(label: &Label, font: &Font) -> [f64; 4] {
    let width = font.width(&label.text, label.size);
    let start = match label.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => -width / 2.0,
        Anchor::End => -width,
    };
    let half = CAPITAL_HEIGHT / 2.0 * label.size;
    let [x, y] = label.at;
    if label.upwards {
        [x - half, y - start - width, x + half, y - start]
    } else {
        [x + start, y - half, x + start + width, y + half]
    }
}

#[test]
fn the_same_data_give_the_same_bytes_also_through_json() {
    for (name, plot) in everything() {
        let json = serde_json::to_string(&plot).unwrap();
        let read: Plot = serde_json::from_str(&json).unwrap();
        assert_eq!(drawn(&plot), drawn(&read), "{name}");
    }
}

#[test]
fn points_left_out_are_counted_in_a_note() {
    let texts = |name: &str| {
        let (_, plot) = extremes().into_iter().find(|plot| plot.0 == name).unwrap();
        svg_texts(&drawn(&plot).0).join("\n")
    };
    assert!(texts("accuracy-long-names").contains(
        "Not drawn: 1 point NaN or infinite, 1 point zero or negative on a logarithmic axis, 1 point \
         outside 0 to 100 %."
    ));
    let many = texts("agreement-many");
    assert!(many.contains("Not drawn: 40 points zero or negative on a logarithmic axis."));
    assert!(many.contains("of 82,520 points; correlations are over all."));
    assert!(texts("blocks-many").contains("Not drawn: layers without channels: 3."));
}

#[test]
fn names_of_any_characters_stay_well_formed() {
    let name = "<a href=\"x\"> & 'b' \u{0} \u{7f} \n \u{202e} 名";
    let mut plot = accuracy();
    plot.title = name.to_owned();
    plot.series[0].name = name.to_owned();
    let (svg, _) = drawn(&Plot::AccuracyAgainstBudget(plot));
    assert!(
        svg_texts(&svg)
            .iter()
            .any(|text| text.starts_with("&lt;a href=&quot;x&quot;&gt; &amp;"))
    );
}

#[test]
fn nothing_to_draw_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let stem = folder.path().join("plot");
    let mut no_points = accuracy();
    no_points
        .series
        .iter_mut()
        .for_each(|series| series.points.clear());
    let mut no_channels = heat_map();
    no_channels
        .layers
        .iter_mut()
        .for_each(|layer| layer.blocks.clear());
    let mut no_curves = distortions();
    for layer in &mut no_curves.layers {
        layer.curve.clear();
        layer.identity = None;
    }
    let mut no_pairs = agreement();
    no_pairs
        .layers
        .iter_mut()
        .for_each(|layer| layer.points.clear());
    let title = String::new;
    let (layers, baseline) = (Vec::new(), Some(50.0));
    let empty = [
        Plot::AccuracyAgainstBudget(AccuracyAgainstBudget {
            title: title(),
            baseline,
            series: Vec::new(),
        }),
        Plot::AccuracyAgainstBudget(no_points),
        Plot::AgreementScatter(AgreementScatter {
            title: title(),
            layers: Vec::new(),
        }),
        Plot::AgreementScatter(no_pairs),
        Plot::BlockHeatMap(BlockHeatMap {
            title: title(),
            layers,
        }),
        Plot::BlockHeatMap(no_channels),
        Plot::DistortionCurves(DistortionCurves {
            title: title(),
            layers: Vec::new(),
        }),
        Plot::DistortionCurves(no_curves),
    ];
    for plot in empty {
        let result = plot.write(&stem);
        assert!(matches!(result, Err(PlotError::Empty { .. })), "{result:?}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn points_that_no_axis_shows_are_an_error_that_counts_them() {
    let point = |exact, sketch| DistortionPair { exact, sketch };
    let plot = AgreementScatter {
        title: String::new(),
        layers: vec![LayerAgreement {
            name: "relu".to_owned(),
            points: vec![
                point(f64::NAN, 1.0),
                point(1.0, f64::INFINITY),
                point(0.0, 1.0),
                point(1.0, -1.0),
                point(f64::NEG_INFINITY, 0.0),
            ],
        }],
    };
    let error = plot.write(Path::new("unused")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "agreement scatter: nothing is left to draw: 3 points NaN or infinite, 2 points zero or negative \
         on a logarithmic axis"
    );
}

#[test]
fn too_many_layers_are_an_error() {
    let mut plot = distortions();
    plot.layers = vec![plot.layers[0].clone(); MAX_LAYERS + 1];
    let result = plot.write(Path::new("unused"));
    assert!(matches!(
        result,
        Err(PlotError::TooManyLayers { layers: 121, .. })
    ));
}

#[test]
fn writing_replaces_both_files_and_leaves_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let stem = folder.path().join("made/on demand/budget.v2");
    let first = accuracy().write(&stem).unwrap();
    let old = fs::read(&first[1]).unwrap();
    let second = agreement().write(&stem).unwrap();
    assert_eq!(first, second);
    assert_ne!(fs::read(&second[1]).unwrap(), old);
    let names = fs::read_dir(stem.parent().unwrap()).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["budget.v2.png", "budget.v2.svg"]);
}

#[test]
fn paths_that_cannot_be_written_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "a file").unwrap();
    let below = accuracy().write(&file.join("plot"));
    assert!(matches!(below, Err(PlotError::File { .. })), "{below:?}");
    for nameless in ["", "/", ".."] {
        let result = accuracy().write(Path::new(nameless));
        assert!(matches!(result, Err(PlotError::Stem(_))), "{result:?}");
    }
    // A folder stands where the file should: nothing of the attempt stays.
    fs::create_dir(folder.path().join("plot.svg")).unwrap();
    let result = accuracy().write(&folder.path().join("plot"));
    assert!(matches!(
        result,
        Err(PlotError::File {
            action: "replace",
            ..
        })
    ));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}
