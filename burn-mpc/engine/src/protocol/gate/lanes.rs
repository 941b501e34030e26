//! Gates in three lanes: in each of them another party plays A.

use crate::party::{Party, Rotation};
use crate::protocol::context::lanes::LANES;
use crate::protocol::context::{Context, Truncation};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::protocol::gate::bytes::{Gated, gate, gate_cost};
use crate::protocol::gate::masked::{gate_masked, gate_masked_cost};
use crate::protocol::gate::parts::PatchPart;
use crate::protocol::gate::patches::Patches;
use crate::protocol::gate::rounds::{Comparison, RoundsGated, gate_rounds, gate_rounds_cost};
use crate::protocol::gate::size::GateSize;
use crate::protocol::truncate::halves::{reshare_halves, reshare_halves_cost, truncate_halves};
use crate::protocol::window::Window;
use crate::ring::Ring;
use crate::share::{Additive, BitShare, Rss, TwoOfTwo};

/// Fewer elements are not worth three times the frames and threads.
const FEWEST: usize = 1 << 13;

/// Whether a gate of that size is cut into lanes, if its patches allow it.
#[must_use]
pub fn takes_lanes(size: GateSize) -> bool {
    size.elements >= FEWEST
}

/// The parts of a gate, if it is cut into lanes.
fn parts<R: Ring>(patches: &Patches) -> Option<Vec<PatchPart>> {
    takes_lanes(patches.size::<R>()).then(|| patches.parts(LANES))?
}

/// Three calls of equal size that run at the same time, each with the roles of its lane.
fn in_lanes_cost(cost: impl Fn([Party; 3]) -> Cost) -> Cost {
    let costs = Rotation::ALL.map(|rotation| cost(rotation.roles()));
    costs.into_iter().fold(Cost::local(), Cost::beside)
}

/// About the cost of [`gate_rounds_in_lanes`]: that of three equal parts.
pub fn gate_rounds_lanes_cost<R: Ring>(
    size: GateSize,
    shift: u32,
    window: Window,
    mode: Truncation,
    comparison: Comparison,
) -> Cost {
    let size = size.part(LANES);
    in_lanes_cost(|roles| gate_rounds_cost::<R>(size, shift, window, mode, comparison, roles))
}

/// About the cost of [`gate_masked_in_lanes`]: that of three equal parts.
pub fn gate_masked_lanes_cost<R: Ring>(
    size: GateSize,
    shift: u32,
    window: Window,
    mode: Truncation,
) -> Cost {
    let size = size.part(LANES);
    in_lanes_cost(|roles| gate_masked_cost::<R>(size, shift, window, mode, roles))
}

/// About the cost of [`gate_in_lanes`] and of replicating its result: that of three equal parts.
pub fn gate_lanes_cost<R: Ring>(
    size: GateSize,
    shift: u32,
    window: Window,
    mode: Truncation,
) -> Cost {
    let size = size.part(LANES);
    in_lanes_cost(|roles| {
        gate_cost::<R>(size, shift, window, mode, roles)
            .then(reshare_halves_cost::<R>(size.elements, roles))
    })
}

/// The result of a gate in lanes.
#[derive(Debug)]
pub struct LanesGated<R> {
    /// The values of [`Gated::values`], in runs of consecutive elements.
    pub values: Vec<TwoOfTwo<R>>,
    /// `[sum of the patch > 0]` per patch.
    pub signs: BitShare,
}

/// Runs [`gate`] in three parts of about equal cost at the same time, where the patches allow it, so that the parties
/// send and compute alike.
///
/// # Errors
/// Those of [`gate`].
pub fn gate_in_lanes<R: Ring>(
    ctx: &mut Context,
    z: &Additive<R>,
    patches: &Patches,
    shift: u32,
    window: Window,
) -> Result<LanesGated<R>, ProtocolError> {
    let Some(parts) = parts::<R>(patches) else {
        let Gated { values, signs } = gate(ctx, z, patches, shift, window)?;
        return Ok(LanesGated {
            values: vec![values],
            signs,
        });
    };
    let numbers = numbers(&parts);
    let gated = ctx.in_lanes(parts, |ctx, part| {
        let z = z.range(part.elements);
        gate(ctx, &z, &part.patches, shift, window)
    })?;
    let (values, signs): (_, Vec<_>) = gated
        .into_iter()
        .map(|part| (part.values, part.signs))
        .unzip();
    Ok(LanesGated {
        values,
        signs: in_order(&signs, &numbers),
    })
}

/// Runs [`gate_rounds`] in three parts of about equal cost at the same time, where the patches allow it.
///
/// # Errors
/// Those of [`gate_rounds`].
pub fn gate_rounds_in_lanes<R: Ring>(
    ctx: &mut Context,
    z: &Additive<R>,
    patches: &Patches,
    shift: u32,
    window: Window,
    comparison: Comparison,
) -> Result<RoundsGated<R>, ProtocolError> {
    replicated_in_lanes(ctx, z, patches, |ctx, z, patches| {
        gate_rounds(ctx, z, patches, shift, window, comparison)
    })
}

/// Runs [`gate_masked`] in three parts of about equal cost at the same time, where the patches allow it.
///
/// # Errors
/// Those of [`gate_masked`].
pub fn gate_masked_in_lanes<R: Ring>(
    ctx: &mut Context,
    z: &Additive<R>,
    patches: &Patches,
    shift: u32,
    window: Window,
) -> Result<RoundsGated<R>, ProtocolError> {
    replicated_in_lanes(ctx, z, patches, |ctx, z, patches| {
        gate_masked(ctx, z, patches, shift, window)
    })
}

/// Runs a gate with a replicated result in parts at the same time, where the patches allow it.
fn replicated_in_lanes<R: Ring>(
    ctx: &mut Context,
    z: &Additive<R>,
    patches: &Patches,
    gate: impl Fn(&mut Context, &Additive<R>, &Patches) -> Result<RoundsGated<R>, ProtocolError> + Sync,
) -> Result<RoundsGated<R>, ProtocolError> {
    let Some(parts) = parts::<R>(patches) else {
        return gate(ctx, z, patches);
    };
    let numbers = numbers(&parts);
    let gated = ctx.in_lanes(parts, |ctx, part| {
        gate(ctx, &z.range(part.elements), &part.patches)
    })?;
    let (values, signs): (Vec<_>, Vec<_>) = gated
        .into_iter()
        .map(|part| (part.values, part.signs))
        .unzip();
    Ok(RoundsGated {
        values: Rss::concat(&values),
        signs: in_order(&signs, &numbers),
    })
}

/// Runs [`reshare_halves`] on every run of elements, each in its lane.
///
/// # Errors
/// Those of [`reshare_halves`].
pub fn reshare_lanes<R: Ring>(
    ctx: &mut Context,
    runs: &[TwoOfTwo<R>],
) -> Result<Rss<R>, ProtocolError> {
    let shares = ctx.in_lanes(runs.to_vec(), |ctx, run| reshare_halves(ctx, &run))?;
    Ok(Rss::concat(&shares))
}

/// Runs [`truncate_halves`] on every run of elements, each in its lane.
///
/// # Errors
/// Those of [`truncate_halves`].
pub fn truncate_lanes<R: Ring>(
    ctx: &mut Context,
    runs: &[TwoOfTwo<R>],
    shift: u32,
) -> Result<Rss<R>, ProtocolError> {
    let shares = ctx.in_lanes(runs.to_vec(), |ctx, run| truncate_halves(ctx, &run, shift))?;
    Ok(Rss::concat(&shares))
}

/// The numbers of all patches, part after part.
fn numbers(parts: &[PatchPart]) -> Vec<usize> {
    parts
        .iter()
        .flat_map(|part| part.numbers.iter().copied())
        .collect()
}

/// Puts the signs of parts in the order of patches: position `i` holds patch `numbers[i]`. If there are no numbers, the
/// signs are in order already.
fn in_order(signs: &[BitShare], numbers: &[usize]) -> BitShare {
    let signs = BitShare::concat(signs);
    if numbers.iter().enumerate().all(|(i, &number)| i == number) {
        return signs;
    }
    let mut place = vec![0; numbers.len()];
    (0..)
        .zip(numbers)
        .for_each(|(i, &number)| place[number] = i);
    signs.pick(&place)
}
