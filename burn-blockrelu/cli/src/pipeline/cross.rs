//! Plans by an objective with cross terms.

use burn::tensor::backend::Backend;
use burn_blockrelu_core::ReluPlan;

use super::super::failure::Failure;
use super::setup::Setup;
use burn_blockrelu::budget::UnitCosts;
use burn_blockrelu::distortion::Method as _;
use burn_blockrelu::knapsack::quadratic::{LocalSearch, SketchMatrix, improve};
use burn_blockrelu::knapsack::{Problem, solve};
use burn_blockrelu::profile::Table;
use burn_blockrelu::solve::Options;

/// The additive optimum at `percent` of the DReLUs, improved by local search on the sketched joint distortion.
///
/// The sketch of an option is `g . d` for every sample and probe; products of the sketches of two channels estimate
/// how far their distortions add up or cancel.
pub(super) fn cross_plan<B: Backend>(
    setup: &Setup<B>,
    probes: usize,
    table: &Table,
    percent: f64,
    device: &B::Device,
) -> Result<(ReluPlan, String), Failure> {
    let limit = (percent / 100.0 * table.full_drelus() as f64).floor() as u64;
    let options = Options::of(table, UnitCosts::DRELUS)?;
    let problem = Problem::new(options.values.clone(), limit)?;
    let start = solve(&problem);
    let sketch = setup.sketch(probes, device);
    // Index of each option's response among those of a layer's candidates.
    let mut places = Vec::new();
    let mut group = 0;
    for layer in &table.layers {
        let mut of_layer = Vec::new();
        for channel in 0..layer.channels {
            for block in &options.blocks[group] {
                let candidate = layer.candidates.iter().position(|other| other == block);
                let candidate = candidate.ok_or("an option is no candidate")?;
                of_layer.push(channel * layer.candidates.len() + candidate);
            }
            group += 1;
        }
        places.push(of_layer);
    }
    let mut columns: Vec<Vec<f32>> = Vec::new();
    for unit in 0..sketch.units() {
        for probe in 0..probes.max(1) {
            let (responses, elements) = sketch.responses(unit, probe)?;
            let scale = 1.0 / (elements as f32).sqrt();
            let pairs: Vec<usize> = table.layers.iter().map(|layer| layer.sums.len()).collect();
            let count = responses[0].len() / pairs[0];
            for sample in 0..count {
                let layers = responses.iter().zip(&pairs).zip(&places);
                let column = layers.flat_map(|((response, &pairs), places)| {
                    places
                        .iter()
                        .map(move |&place| response[sample * pairs + place] * scale)
                });
                columns.push(column.collect());
            }
        }
    }
    let length = columns.len();
    let rows = columns.first().map_or(0, Vec::len);
    let mut matrix = vec![0.0; rows * length];
    for (k, column) in columns.iter().enumerate() {
        for (row, &value) in column.iter().enumerate() {
            matrix[row * length + k] = value;
        }
    }
    let sketches = SketchMatrix::new(&problem, length, &matrix)?;
    let better = improve(&problem, &sketches, &start, LocalSearch::default())?;
    let remark = format!(
        "sketched objective {:.3} to {:.3}",
        better.start_value, better.value
    );
    Ok((options.plan(table, &better.choice), remark))
}
