//! Laws of all plots.

use std::fs;
use std::path::Path;

use super::font::{CAPITAL_HEIGHT, Font};
use super::samples::{accuracy, agreement, all, distortions, everything, extremes, heat_map};
use super::scene::{Anchor, Label, Shape};
use super::*;

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

/// Checks that tags nest and close, attributes are quoted and texts have no bare `&` or `<`; returns the texts, in
/// order.
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
    for (name, plot) in all() {
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
    // A folder is in place of the file: the attempt leaves nothing behind.
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

#[test]
fn values_at_the_ends_of_f64_are_drawn() {
    let ends = [f64::from_bits(1), f64::MIN_POSITIVE, 1.0, f64::MAX];
    let pairs = ends
        .iter()
        .flat_map(|&exact| ends.map(|sketch| DistortionPair { exact, sketch }));
    let scatter = AgreementScatter {
        title: String::new(),
        layers: vec![LayerAgreement {
            name: String::new(),
            points: pairs.collect(),
        }],
    };
    drawn(&Plot::AgreementScatter(scatter));
    let curve = ends.map(|value| CurvePoint {
        drelus: u64::MAX,
        distortion: Quartiles {
            lower: -value,
            median: value,
            upper: f64::MAX,
        },
    });
    let curves = DistortionCurves {
        title: String::new(),
        layers: vec![LayerDistortions {
            name: String::new(),
            curve: curve.to_vec(),
            identity: None,
        }],
    };
    drawn(&Plot::DistortionCurves(curves));
}
