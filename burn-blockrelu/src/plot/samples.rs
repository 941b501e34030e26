//! Data for tests, of the shape of a ResNet-20's.

use burn_blockrelu_core::Block;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

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

pub(super) fn accuracy() -> AccuracyAgainstBudget {
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

pub(super) fn heat_map() -> BlockHeatMap {
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

pub(super) fn distortions() -> DistortionCurves {
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

pub(super) fn agreement() -> AgreementScatter {
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

pub(super) fn all() -> [(&'static str, Plot); 4] {
    [
        ("accuracy", Plot::AccuracyAgainstBudget(accuracy())),
        ("agreement", Plot::AgreementScatter(agreement())),
        ("blocks", Plot::BlockHeatMap(heat_map())),
        ("distortion", Plot::DistortionCurves(distortions())),
    ]
}

/// The figures that are hardest to lay out.
pub(super) fn extremes() -> Vec<(&'static str, Plot)> {
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

pub(super) fn everything() -> impl Iterator<Item = (&'static str, Plot)> {
    all().into_iter().chain(extremes())
}
