//! Magnitudes seen in a calibration run, where one process plays all three parties.
//!
//! Not a protocol: the board adds up the three additive parts of a value. Only somebody who may see the value can do
//! that, such as an owner who tries a model on sample data before offering it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use serde::{Deserialize, Serialize};

use crate::Party;
use crate::protocol::window::Window;
use crate::ring::Ring;
use crate::sync::lock;

/// The widest value of one layer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerRange {
    /// Name of the layer, as in the report.
    pub name: String,
    /// The smallest `b` with `|int| < 2^b` for every truncated, compared or opened value of the layer.
    pub bits: u32,
    /// The smallest such `b` for the values, or sums of values, whose signs the layer takes. None if it takes none.
    #[serde(default)]
    pub sign_bits: Option<u32>,
    /// Values truncated.
    #[serde(default)]
    pub truncated: u64,
    /// Signs taken.
    #[serde(default)]
    pub signs: u64,
    /// Signs that may be wrong because of the lower end of the window.
    #[serde(default)]
    pub uncertain: u64,
    /// Signs of values beyond `2^(high - 1) - 2^low`, the largest that the window holds. Such signs mean nothing.
    #[serde(default)]
    pub outside: u64,
}

impl LayerRange {
    fn join(&mut self, other: &Self) {
        self.bits = self.bits.max(other.bits);
        self.sign_bits = self.sign_bits.max(other.sign_bits);
        self.truncated += other.truncated;
        self.signs += other.signs;
        self.uncertain += other.uncertain;
        self.outside += other.outside;
    }
}

/// How wide a linear layer's values and its weight got: the figures from which the scale of its weight is chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductRange {
    /// Path of the layer.
    pub layer: String,
    /// Fractional bits of its weight in this run.
    pub frac_bits: u32,
    /// The smallest `b` with `|int| < 2^b` for every element of its weight.
    pub weight_bits: u32,
    /// Width in bits of the widest value that this layer fed before the next linear layer ran. Includes sums with other
    /// branches and sums of patches. Where another contributing weight has more fractional bits, the width is taken at
    /// the scale of this layer's weight.
    pub bits: u32,
    /// Name of the layer that truncated, compared or opened the widest of these values; empty if none was.
    pub seen_at: String,
}

/// What a value is observed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Use {
    Truncated,
    Signed,
    Opened,
}

/// Collects the parts of every observed value and keeps the magnitudes.
#[derive(Debug, Default)]
pub struct RangeBoard {
    state: Mutex<State>,
}

/// Parts that arrived so far, added up.
#[derive(Debug, Default)]
struct Parts {
    sums: Vec<u64>,
    count: u32,
    /// Indices of the linear layers that produced the value.
    producers: Vec<usize>,
}

impl Parts {
    /// Adds a part. Returns whether it was the third, so that the sum is the whole value.
    fn add<R: Ring>(&mut self, part: &[R]) -> bool {
        self.sums.resize(part.len(), 0);
        let pairs = self.sums.iter_mut().zip(part);
        pairs.for_each(|(sum, x)| *sum = sum.wrapping_add(x.to_u64()));
        self.count += 1;
        self.count == 3
    }

    fn magnitudes<R: Ring>(&self) -> impl Iterator<Item = u64> + '_ {
        let magnitude = |&sum: &u64| R::from_u64(sum).to_i64().unsigned_abs();
        self.sums.iter().map(magnitude)
    }

    fn bits<R: Ring>(&self) -> u32 {
        u64::BITS - self.magnitudes::<R>().max().unwrap_or(0).leading_zeros()
    }
}

#[derive(Debug, Default)]
struct State {
    open: HashMap<(u64, Use), Parts>,
    layers: Vec<LayerRange>,
    products: Vec<ProductRange>,
    /// Weights of the products, until all parties have added their parts.
    weights: Vec<(Parts, [bool; 3])>,
    /// The linear layers that produce the values observed now, as `P0` computed them. All parties have the same order.
    latest: Vec<usize>,
    /// Whether a value was observed since `P0` computed the last of these layers.
    observed: bool,
    /// Whether the first party computes something that is the same in every inference.
    constant: bool,
    /// Every value observed: its call, what for, the index of its layer, and its bits.
    seen: Vec<(u64, Use, usize, u32)>,
}

impl RangeBoard {
    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Adds one party's additive part of the value that `op` truncates.
    pub fn deposit<R: Ring>(&self, op: u64, party: Party, layer: &str, part: &[R]) {
        self.add((op, Use::Truncated), party, None, layer, part);
    }

    /// Adds one party's additive part of the value whose sign `op` takes.
    pub fn deposit_signed<R: Ring>(
        &self,
        op: u64,
        party: Party,
        layer: &str,
        part: &[R],
        window: Window,
    ) {
        self.add((op, Use::Signed), party, Some(window), layer, part);
    }

    /// Adds one party's additive part of the value that `op` opens.
    pub fn deposit_opened<R: Ring>(&self, op: u64, party: Party, layer: &str, part: &[R]) {
        self.add((op, Use::Opened), party, None, layer, part);
    }

    /// Records that a party has computed a linear layer with a weight of `frac_bits` fractional bits, and adds the
    /// party's additive part of that weight. Evaluation is lazy: observed values are attributed to this layer until,
    /// after an observed value, the next linear layer runs.
    pub fn produced<R: Ring>(&self, party: Party, layer: &str, frac_bits: u32, weight: &[R]) {
        let mut state = self.lock();
        let known = |range: &ProductRange| range.layer == layer;
        let at = state.products.iter().position(known).unwrap_or_else(|| {
            state.products.push(ProductRange {
                layer: layer.to_owned(),
                frac_bits,
                weight_bits: 0,
                bits: 0,
                seen_at: String::new(),
            });
            state.weights.push(Default::default());
            state.products.len() - 1
        });
        if party == Party::P0 {
            if core::mem::take(&mut state.observed) {
                state.latest.clear();
            }
            state.latest.push(at);
        }
        let (parts, shown) = &mut state.weights[at];
        if !core::mem::replace(&mut shown[party.index()], true) && parts.add(weight) {
            let bits = core::mem::take(parts).bits::<R>();
            state.products[at].weight_bits = bits;
        }
    }

    /// Sets whether a party computes values that are the same in every inference. Such values are attributed to no
    /// linear layer. Returns the previous setting. Only the setting of `P0` counts; for the others nothing is set, and
    /// the result is false.
    pub fn set_constant(&self, party: Party, constant: bool) -> bool {
        let mut state = self.lock();
        if party == Party::P0 {
            core::mem::replace(&mut state.constant, constant)
        } else {
            false
        }
    }

    fn add<R: Ring>(
        &self,
        (op, purpose): (u64, Use),
        party: Party,
        window: Option<Window>,
        layer: &str,
        part: &[R],
    ) {
        let state = &mut *self.lock();
        let parts = state.open.entry((op, purpose)).or_default();
        if party == Party::P0 && !state.constant {
            parts.producers.clone_from(&state.latest);
            state.observed = true;
        }
        if !parts.add(part) {
            return;
        }
        let parts = state.open.remove(&(op, purpose)).unwrap_or_default();
        let bits = parts.bits::<R>();
        let count = parts.sums.len() as u64;
        let mut seen = LayerRange {
            name: layer.to_owned(),
            bits,
            ..LayerRange::default()
        };
        if purpose == Use::Truncated {
            seen.truncated = count;
        }
        if let Some(window) = window {
            // The bits dropped below `low` may carry; in the negated sums of patches they may borrow.
            let bit = |at: u32| 1_u64 << at.min(u64::BITS - 1);
            let largest = bit(window.high.saturating_sub(1)).saturating_sub(bit(window.low));
            let beyond = |&x: &u64| x > largest;
            let below = |&x: &u64| x > 0 && x >> window.low == 0;
            seen.sign_bits = Some(bits);
            seen.signs = count;
            seen.outside = parts.magnitudes::<R>().filter(beyond).count() as u64;
            seen.uncertain = parts.magnitudes::<R>().filter(below).count() as u64;
        }
        let scales = parts.producers.iter();
        let finest = scales
            .map(|&at| state.products[at].frac_bits)
            .max()
            .unwrap_or(0);
        for &at in &parts.producers {
            let product = &mut state.products[at];
            let bits = bits.saturating_sub(finest - product.frac_bits);
            if bits > product.bits {
                product.bits = bits;
                layer.clone_into(&mut product.seen_at);
            }
        }
        let known = state.layers.iter().position(|range| range.name == layer);
        let at = known.unwrap_or(state.layers.len());
        match known {
            Some(at) => state.layers[at].join(&seen),
            None => state.layers.push(seen),
        }
        state.seen.push((op, purpose, at, bits));
    }

    /// The bits of every value of a layer, in order of execution.
    #[must_use]
    pub fn bits_of(&self, layer: &str) -> Vec<u32> {
        let state = self.lock();
        let name = |at: usize| state.layers[at].name.as_str();
        let mut seen: Vec<_> = state
            .seen
            .iter()
            .filter(|value| name(value.2) == layer)
            .collect();
        seen.sort_unstable();
        seen.iter().map(|value| value.3).collect()
    }

    /// The widest value of every layer, in order of execution.
    #[must_use]
    pub fn layers(&self) -> Vec<LayerRange> {
        self.lock().layers.clone()
    }

    /// The linear layers, in order of execution.
    #[must_use]
    pub fn products(&self) -> Vec<ProductRange> {
        self.lock().products.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::RangeBoard;
    use crate::Party;
    use crate::protocol::testing::{join_bits, mine, three};
    use crate::protocol::{Window, msb_in};
    use crate::ring::{Ring, Z64};
    use crate::share::Rss;

    fn all(of: impl Fn(Party, Z64)) {
        // The first party's part is the value; the parts of the others are zero.
        for party in Party::ALL {
            of(party, Z64::from_u64(u64::from(party == Party::P0)));
        }
    }

    #[test]
    fn values_come_out_of_the_layers_computed_since_the_last_one() {
        let board = RangeBoard::default();
        let produced = |layer: &str, frac: u32| {
            all(|party, one| board.produced(party, layer, frac, &[one.shl(3)]));
        };
        let seen = |op, name: &str, bits: u32| {
            all(|party, one| board.deposit(op, party, name, &[one.shl(bits - 1)]));
        };
        produced("a", 10);
        seen(1, "relu", 20);
        // The same product again, summed up.
        seen(2, "pool", 23);
        produced("b", 12);
        produced("c", 9);
        seen(3, "sum", 25);
        // A value that is the same in every inference is attributed to no layer.
        assert!(!board.set_constant(Party::P0, true));
        seen(4, "fold", 40);
        assert!(board.set_constant(Party::P0, false));
        let products = board.products();
        let of = |at: usize| {
            let product = &products[at];
            assert_eq!(product.weight_bits, 4);
            (
                product.layer.as_str(),
                product.bits,
                product.seen_at.as_str(),
            )
        };
        assert_eq!(of(0), ("a", 23, "pool"));
        assert_eq!(of(1), ("b", 25, "sum"));
        // At its own scale the sum would be three bits narrower.
        assert_eq!(of(2), ("c", 22, "sum"));
    }

    /// Window `[2, 6)` of 6 bits: all values under all masks, with each party in the role that knows the mask.
    #[test]
    fn a_window_holds_exactly_what_is_not_counted_as_outside() {
        let window = Window { low: 2, high: 6 };
        let mut components: [Vec<Z64>; 3] = Default::default();
        let mut values = Vec::new();
        for (x, mask) in (-32..32).flat_map(|x| (0..64).map(move |mask| (x, mask))) {
            for a in 0..3 {
                let parts = [mask, 0, x - mask].map(Z64::from_i64);
                for (i, part) in parts.into_iter().enumerate() {
                    components[(a + i) % 3].push(part);
                }
            }
            values.push(x);
        }
        let shares =
            [0, 1, 2].map(|i| Rss::new(components[i].clone(), components[(i + 1) % 3].clone()));
        let board = Arc::new(RangeBoard::default());
        let signs = join_bits(&three(7, |ctx| {
            ctx.observe_ranges(Arc::clone(&board));
            ctx.set_layer("layer");
            msb_in(ctx, mine(ctx, &shares), window.range())
        }));
        // For how many of the 64 masks the sign of `x` is wrong with some party in the role that knows the mask.
        let wrong_of = |x: i64| {
            let wrong = |&(i, _): &(usize, &i64)| (0..3).any(|a| signs[3 * i + a] != (x < 0));
            let mine = values.iter().enumerate().filter(|(_, value)| **value == x);
            mine.filter(wrong).count()
        };
        for x in -32..32_i64 {
            let expected = match x {
                // A lost carry takes one off `floor(x / 4)`: 0 becomes negative, and -8, the smallest of four bits,
                // positive.
                1 | -31 => 32,
                2 | -30 => 16,
                0 | -32 => 48,
                _ => 0,
            };
            assert_eq!(wrong_of(x), expected, "{x}");
        }
        let largest = (1 << (window.high - 1)) - (1 << window.low);
        let outside = values.iter().filter(|x| x.abs() > largest).count() as u64;
        let seen = &board.layers()[0];
        assert_eq!(
            (seen.outside, seen.signs),
            (3 * outside, 3 * values.len() as u64)
        );
        // Exact at the border, on both sides and up to the widest window.
        for (high, low) in [(6, 2), (64, 0), (64, 20), (32, 0)] {
            let largest = (1_u64 << (high - 1)) - (1 << low);
            for (op, (magnitude, outside)) in
                [(largest, 0), (largest + 1, 1)].into_iter().enumerate()
            {
                let board = RangeBoard::default();
                all(|party, one| {
                    let part = Z64::from_u64(one.to_u64() * magnitude);
                    let part = if op == 0 { -part } else { part };
                    board.deposit_signed(1, party, "layer", &[part], Window { low, high });
                });
                assert_eq!(
                    board.layers()[0].outside,
                    outside,
                    "{high} {low} {magnitude}"
                );
            }
        }
    }
}
