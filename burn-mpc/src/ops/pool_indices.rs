//! Maximum pooling with the places of the maxima, which are secret, and its gradient.

use crate::fixed::{Fixed, Form, constant};
use crate::ops::base::call::{Call, mark_if_skipped, misfit, refused};
use crate::ops::base::force;
use crate::ops::base::max_pool::{Windows, smallest};
use crate::ops::base::shape::images;
use crate::ops::compare::equal;
use crate::ops::movement::{self, Places, reshape};
use crate::ops::remap::scatter_sum;
use crate::ops::{arith, convert};
use crate::protocol;
use crate::ring::{self, Ring};
use crate::tensor::{Kind, Operand, PublicTensor, SecretTensor, elements};

/// What each tap of each window reads: `[tap][output]`, the place in the plane, `None` in the padding.
fn reads(windows: &Windows, input: [usize; 2], output: [usize; 2]) -> Vec<Vec<Option<usize>>> {
    let [rows, columns] = [0, 1].map(|axis| windows.taps(axis, input[axis], output[axis]));
    let mut reads = Vec::with_capacity(rows.len() * columns.len());
    for row in &rows {
        for column in &columns {
            let place =
                |row: &Option<usize>, column: &Option<usize>| Some((*row)? * input[1] + (*column)?);
            let places = row
                .iter()
                .flat_map(|row| column.iter().map(move |column| place(row, column)));
            reads.push(places.collect());
        }
    }
    reads
}

/// Maxima over windows of `[N, C, H, W]`, and their places in the plane; the first of equal elements wins. One
/// tournament over all taps of a window. A window in the padding has the smallest number, at place -1.
pub fn max_pool2d_with_indices<R: Ring>(
    tensor: &SecretTensor<R>,
    windows: Windows,
) -> (SecretTensor<R>, SecretTensor<R>) {
    let op = "max_pool2d_with_indices";
    let geometry = images(tensor.shape())
        .and_then(|(outer, input)| Some((outer, input, windows.output(input)?)));
    let Some((outer, input, output)) = geometry else {
        let wrong = || misfit(tensor, op, "expected [N, C, H, W] and a window that fits");
        return (wrong(), wrong().with_kind(Kind::Int));
    };
    let (planes, each) = (elements(&outer), elements(&output));
    let shape = [outer, output].concat();
    let device = tensor.device();
    let mut reach = tensor.reach();
    let mut places = None;
    let call = Call {
        op,
        device,
        shape: shape.clone(),
        kind: tensor.kind(),
        key: None,
        bound: tensor.bound(),
    };
    let values = call.run(|session| {
        let Windows {
            kernel,
            stride,
            padding,
            dilation,
            ..
        } = windows;
        session.note("window", [kernel, stride, padding, dilation].as_flattened());
        let taps = elements(&windows.kernel);
        device.checked_elements(op, &[taps, each])?;
        device.checked_elements(op, &[taps, planes, each])?;
        let reads = reads(&windows, input, output);
        let vacant = windows.vacant(input);
        let (found, _) = force::replicated_without_excess(session, tensor)?;
        let size = elements(&input);
        let candidates = found.share.map_to(reads.len() * planes * each, |x| {
            let taps = reads.iter().flat_map(|tap| {
                x.chunks_exact(size.max(1)).flat_map(move |plane| {
                    tap.iter()
                        .map(move |read| read.map_or(R::ZERO, |at| plane[at]))
                })
            });
            taps.collect()
        });
        let present = protocol::Present {
            pattern: reads.iter().flatten().map(Option::is_some).collect(),
            outer: planes,
            inner: 1,
        };
        let number = |i: usize| {
            let read = reads[i / (planes * each).max(1)][i % each.max(1)];
            read.map_or(R::ZERO, |at| R::from_u64(at as u64))
        };
        let winner = session.run(|ctx| {
            let len = planes * each;
            protocol::tournament_of(ctx, reads.len(), len, candidates, present, number)
        })?;
        let (mut maxima, mut at) = (Form::Additive(winner.values), Form::Additive(winner.planes));
        if !vacant.is_empty() {
            let smallest = smallest(session, found.frac);
            reach = Some(reach.unwrap_or(0.0).max(smallest));
            // Where nothing was compared there are zeros.
            let filled = |form: Form<R>, number: f64, frac: u32| {
                let rows = vacant.iter().map(|&v| if v { number } else { 0.0 });
                let row = constant::lift::<R>(session, &rows.collect::<Vec<_>>(), frac)?;
                Ok::<_, crate::error::MpcError>(form.zip_each(&Form::Rss(row), |x, row| {
                    x.chunks_exact(row.len().max(1))
                        .flat_map(|plane| ring::add(plane, row))
                        .collect()
                }))
            };
            maxima = filled(maxima, -smallest, found.frac)?;
            at = filled(at, -1.0, 0)?;
        }
        let at = Fixed::new(at, 0);
        let at = SecretTensor::of_numbers(device, shape.clone(), Kind::Int, at);
        // The call marks its own result alone.
        mark_if_skipped(session, &at);
        places = Some(at);
        let numbers = Fixed::new(maxima, found.frac);
        Ok(SecretTensor::of_numbers(
            device,
            shape.clone(),
            tensor.kind(),
            numbers,
        ))
    });
    let places = places.unwrap_or_else(|| SecretTensor::poisoned(device, shape, Kind::Int));
    (values.with_reach(reach), places)
}

/// The gradient of a maximum pooling by its input, of these dimensions: each element of `grad` is added at the place of
/// its maximum. At secret places it is compared with every place of its window.
pub fn max_pool2d_with_indices_backward<R: Ring>(
    input: &[usize],
    grad: SecretTensor<R>,
    indices: Operand<R>,
    windows: Windows,
) -> SecretTensor<R> {
    let op = "max_pool2d_with_indices_backward";
    let geometry = images(input)
        .and_then(|(outer, size)| Some((outer, size, windows.output(size)?)))
        .filter(|(outer, _, output)| {
            let shape = [*outer, *output].concat();
            grad.shape() == shape && indices.shape() == shape
        });
    let Some((outer, size, output)) = geometry else {
        return misfit(
            &grad,
            op,
            "the gradient and the indices are not those of such a pooling",
        );
    };
    let (planes, plane, each) = (elements(&outer), elements(&size), elements(&output));
    let taps = elements(&windows.kernel);
    let sizes: [&[usize]; 2] = [&[taps, each], &[taps, planes, each]];
    if let Some(refused) = refused(grad.device(), op, &sizes, (input, Kind::Float)) {
        return refused;
    }
    let zeros = |kept: &SecretTensor<R>| {
        let source = movement::Source::new(vec![planes * plane], |shape| {
            vec![movement::ZERO; elements(shape)]
        });
        movement::remap(kept, op, source)
    };
    match indices {
        Operand::Public(indices) => {
            let of = |(i, place): (usize, &f64)| (i / each.max(1) * plane, *place);
            let targets = indices.values.iter().enumerate().map(of);
            let inside =
                |&(_, (_, place)): &(usize, (usize, f64))| place >= 0.0 && place < plane as f64;
            let taken: Vec<(usize, (usize, f64))> = targets.enumerate().filter(inside).collect();
            let from: Vec<usize> = taken.iter().map(|(i, _)| *i).collect();
            let to = taken
                .iter()
                .map(|(_, (first, place))| first + *place as usize)
                .collect();
            let source = movement::Source::new(vec![from.len()], move |_| from);
            let terms = movement::remap(&grad, op, source);
            let sum = scatter_sum(zeros(&grad), terms, &Places::listed(to));
            reshape(sum, input.to_vec())
        }
        Operand::Secret(indices) => {
            let reads = reads(&windows, size, output);
            let candidates = PublicTensor {
                shape: vec![1, taps, each],
                // In the padding, where no maximum is.
                values: reads
                    .iter()
                    .flatten()
                    .map(|read| read.map_or(-2.0, |at| at as f64))
                    .collect(),
            };
            let indices = reshape(indices, vec![planes, 1, each]);
            let grad = reshape(grad, vec![planes, 1, each]);
            let hits = equal(indices.into(), Operand::Public(candidates));
            let hits = convert::bool_into_float(hits);
            let terms = arith::mul(hits.into(), grad.clone().into());
            let inside: Vec<(usize, usize)> = (0..planes)
                .flat_map(|image| {
                    let places = reads.iter().flatten().enumerate();
                    places.filter_map(move |(i, read)| {
                        Some((image * taps * each + i, image * plane + (*read)?))
                    })
                })
                .collect();
            let (from, to): (Vec<usize>, Vec<usize>) = inside.into_iter().unzip();
            let source = movement::Source::new(vec![from.len()], move |_| from);
            let terms = movement::remap(&terms, op, source);
            let sum = scatter_sum(zeros(&grad), terms, &Places::listed(to));
            reshape(sum, input.to_vec())
        }
    }
}
