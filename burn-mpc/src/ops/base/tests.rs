//! Sources against what Flex does to a tensor that counts up.

use std::sync::Arc;

use burn::backend::Flex;
use burn::tensor::{Int, Slice, Tensor, TensorData};

use super::indices::Indices;
use super::places::{ZERO, for_each_coordinate};
use super::source::*;
use crate::ring::{Ring, Z64};

/// A source whose list was made.
type Listed = (Vec<usize>, Vec<usize>);

/// The list, which agrees with what is taken and with what is added at the places.
fn listed(source: Source) -> Listed {
    let shape = source.shape().to_vec();
    let places = source.places();
    let list = places.list();
    assert_eq!(places.count(), list.len());
    let inside = |&&place: &&usize| place != ZERO;
    let len = list.iter().filter(inside).max().map_or(0, |&last| last + 1);
    let from: Vec<usize> = (0..len).collect();
    assert_eq!(places.take(&from, ZERO), list);
    if !places.have_zeros() {
        let values: Vec<Z64> = (1..=list.len() as u64).map(Z64::from_u64).collect();
        // Longer than needed, so that it holds whole axes.
        let (mut added, mut expected) = (vec![Z64::ZERO; 1000], vec![Z64::ZERO; 1000]);
        places.add(&mut added, &values);
        for (&place, &value) in list.iter().zip(&values) {
            expected[place] += value;
        }
        assert_eq!(added, expected);
        let mut counts = vec![0; len];
        list.iter().for_each(|&place| counts[place] += 1);
        assert_eq!(places.most_at_one(), counts.into_iter().max().unwrap_or(0));
    }
    (shape, list)
}

fn along(indices: &[i64]) -> Arc<Indices> {
    Arc::new(Indices::new(indices))
}

fn counting<const D: usize>(shape: [usize; D]) -> Tensor<Flex, D, Int> {
    let count: usize = shape.iter().product();
    let values: Vec<i64> = (0..count as i64).collect();
    Tensor::from_data(TensorData::new(values, shape), &Default::default())
}

/// What Flex made of a counting tensor, as a source.
fn source_of<const D: usize>(tensor: Tensor<Flex, D, Int>) -> Listed {
    let shape = tensor.dims().to_vec();
    (
        shape,
        tensor
            .into_data()
            .iter::<i64>()
            .map(|value| value as usize)
            .collect(),
    )
}

fn ints<const D: usize>(values: &[i64], shape: [usize; D]) -> Tensor<Flex, D, Int> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &Default::default())
}

#[test]
fn permute_matches_flex() {
    let expected = source_of(counting([2, 3, 4]).permute([2, 0, 1]));
    assert_eq!(listed(permute_source(&[2, 3, 4], &[2, 0, 1])), expected);
}

#[test]
fn flip_matches_flex() {
    let expected = source_of(counting([2, 3, 4]).flip([0, 2]));
    assert_eq!(listed(flip_source(&[2, 3, 4], &[0, 2])), expected);
    assert_eq!(listed(flip_source(&[0, 3], &[0])), (vec![0, 3], vec![]));
}

#[test]
fn expand_matches_flex() {
    let expected = source_of(counting([3, 1]).expand([2, 3, 4]));
    assert_eq!(listed(expand_source(&[3, 1], &[2, 3, 4])), expected);
    assert_eq!(listed(expand_source(&[], &[2])), (vec![2], vec![0, 0]));
}

#[test]
fn slices_match_flex() {
    let cases = [
        (
            [Slice::new(1, Some(3), 1), Slice::new(0, None, 2)],
            [Span::ranged(1, 3, 1), Span::ranged(0, 5, 2)],
        ),
        (
            [Slice::new(0, None, -1), Slice::new(1, Some(5), -2)],
            [Span::ranged(0, 4, -1), Span::ranged(1, 5, -2)],
        ),
        (
            [Slice::new(-3, Some(-1), 1), Slice::new(4, None, -3)],
            [Span::ranged(1, 3, 1), Span::ranged(4, 5, -3)],
        ),
    ];
    for (slices, spans) in cases {
        assert_eq!(
            listed(slice_source(&[4, 5], &spans)),
            source_of(counting([4, 5]).slice(slices)),
            "{slices:?}"
        );
    }
    #[allow(clippy::single_range_in_vec_init, reason = "Burn's own slicing")]
    let rows = source_of(counting([4, 5]).slice([1..2]));
    assert_eq!(
        listed(slice_source(&[4, 5], &[Span::ranged(1, 2, 1)])),
        rows
    );
}

#[test]
fn empty_slices_have_no_elements() {
    assert_eq!(
        listed(slice_source(&[4, 5], &[Span::ranged(2, 2, 1)])),
        (vec![0, 5], vec![])
    );
}

#[test]
fn select_and_gather_match_flex() {
    let picks = [2, 0, 2];
    let expected = source_of(counting([2, 3, 4]).select(1, ints(&picks, [3])));
    assert_eq!(
        select_source(&[2, 3, 4], 1, &along(&picks)).map(listed),
        Some(expected)
    );
    let picks = [1, 0, 0, 2, 2, 1];
    let expected = source_of(counting([2, 3]).gather(1, ints(&picks, [2, 3])));
    assert_eq!(
        gather_source(&[2, 3], 1, &picks, &[2, 3]).map(listed),
        Some(expected)
    );
}

#[test]
fn indices_out_of_range_give_no_source() {
    assert_eq!(select_source(&[2, 3], 1, &along(&[3])).map(listed), None);
    assert_eq!(select_source(&[2, 3], 1, &along(&[-1])).map(listed), None);
    assert_eq!(
        gather_source(&[2, 3], 1, &[0, 3], &[2, 1]).map(listed),
        None
    );
    assert_eq!(
        gather_nd_source(&[2, 3], &[1, 3], &[1, 2]).map(listed),
        None
    );
}

#[test]
fn gather_nd_takes_whole_rows() {
    let source = gather_nd_source(&[2, 3, 2], &[1, 2, 0, 1], &[2, 2]).map(listed);
    assert_eq!(source, Some((vec![2, 2], vec![10, 11, 2, 3])));
}

#[test]
fn repeat_matches_flex() {
    let expected = source_of(counting([2, 3, 2]).repeat_dim(1, 3));
    assert_eq!(listed(repeat_source(&[2, 3, 2], 1, 3)), expected);
}

#[test]
fn unfold_matches_flex() {
    let expected = source_of(counting([2, 7, 3]).unfold::<4, _>(1, 3, 2));
    assert_eq!(listed(unfold_source(&[2, 7, 3], 1, 3, 2)), expected);
}

#[test]
fn patches_of_an_image() {
    let source = unfold4d_source([1, 1, 3, 3], [2, 2], [2, 2], [1, 1], [1, 1]);
    let (shape, source) = listed(source);
    assert_eq!(shape, [1, 4, 4]);
    let rows: Vec<&[usize]> = source.chunks(4).collect();
    assert_eq!(rows[0], [ZERO, ZERO, ZERO, 4]);
    assert_eq!(rows[3], [0, 2, 6, 8]);
}

#[test]
fn spread_sets_zeros_around_and_between() {
    let (shape, source) = listed(spread_source(&[2, 2], &[1, 0], &[2, 1], &[0, 1]));
    assert_eq!(shape, [4, 3]);
    let z = ZERO;
    assert_eq!(source, [z, z, z, 0, 1, z, z, z, z, 2, 3, z]);
}

#[test]
fn coordinates_of_a_scalar_and_of_nothing() {
    let mut seen = 0;
    for_each_coordinate(&[], |at| seen += 1 + at.len());
    for_each_coordinate(&[3, 0], |_| seen += 100);
    assert_eq!(seen, 1);
}
