//! Budgets: how much the signs of a plan may cost, as a share or in signs, bytes or seconds.

use std::str::FromStr;

use burn_blockrelu_core::Block;
use thiserror::Error;

/// What a plan may cost on one image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Budget {
    /// A share of the signs that ordinary ReLUs evaluate, between 0 and 1.
    Ratio(f64),
    /// A number of signs (DReLUs).
    Drelus(u64),
    /// Bytes that all parties send for the Block-ReLUs.
    Bytes(u64),
    /// Seconds on the wire that the Block-ReLUs of one image take on a named network.
    Seconds(f64, Link),
}

/// A named network between the parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// 1 Gbit/s, 0.25 ms one way.
    Lan,
    /// 100 Mbit/s, 20 ms one way.
    Wan,
}

/// A text that does not parse as a budget.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "`{0}` is no budget: expected a share (6% or 0.06), a number of DReLUs (33423, above 100), bytes (25MB, 800kB) or seconds on a \
     network (0.4s@lan, 5s@wan)"
)]
pub struct UnknownBudget(String);

impl FromStr for Budget {
    type Err = UnknownBudget;

    fn from_str(text: &str) -> Result<Self, UnknownBudget> {
        let unknown = || UnknownBudget(text.to_owned());
        let number = |digits: &str| {
            let value: f64 = digits.trim().parse().map_err(|_| unknown())?;
            let valid = value.is_finite() && value >= 0.0;
            valid.then_some(value).ok_or_else(unknown)
        };
        if let Some(percent) = text.strip_suffix('%') {
            let ratio = number(percent)? / 100.0;
            return (ratio <= 1.0)
                .then_some(Self::Ratio(ratio))
                .ok_or_else(unknown);
        }
        for (unit, size) in [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)] {
            if let Some(digits) = text.strip_suffix(unit) {
                return Ok(Self::Bytes((number(digits)? * size) as u64));
            }
        }
        if let Some((seconds, link)) = text.split_once("s@") {
            let link = match link {
                "lan" => Link::Lan,
                "wan" => Link::Wan,
                _ => return Err(unknown()),
            };
            return Ok(Self::Seconds(number(seconds)?, link));
        }
        if let Ok(count) = text.parse::<u64>() {
            // `6` may be meant as 6 %: small numbers are refused.
            return (count > 100)
                .then_some(Self::Drelus(count))
                .ok_or_else(unknown);
        }
        let ratio = number(text)?;
        (ratio <= 1.0)
            .then_some(Self::Ratio(ratio))
            .ok_or_else(unknown)
    }
}

/// What one channel costs, in integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitCosts {
    /// Cost of one sign, whatever its patch.
    pub drelu: u64,
    /// Cost of a sign per pixel of its patch, up to [`Self::seed`] in all.
    pub pad: u64,
    /// Limit of what one patch pays by [`Self::pad`].
    pub seed: u64,
    /// Cost of one pixel in a channel that evaluates signs.
    pub pixel: u64,
    /// Cost of one pixel in a channel that passes unchanged or is dropped.
    pub passed: u64,
}

impl UnitCosts {
    /// Only signs count.
    pub const DRELUS: Self = Self {
        drelu: 1,
        pad: 0,
        seed: 0,
        pixel: 0,
        passed: 0,
    };

    /// Cost of a channel with this block and map.
    pub fn channel(&self, block: Block, map: [usize; 2]) -> u64 {
        let pixels = (map[0] * map[1]) as u64;
        match block {
            Block::Patch { .. } => {
                let patch = |(count, area): (usize, usize)| {
                    count as u64 * (self.drelu + self.seed.min(area as u64 * self.pad))
                };
                block.areas(map).into_iter().map(patch).sum::<u64>() + pixels * self.pixel
            }
            Block::Identity | Block::Zero => pixels * self.passed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Link, UnitCosts};
    use burn_blockrelu_core::Block;

    #[test]
    fn budgets_are_read_in_every_unit() {
        let read = |text: &str| text.parse::<Budget>();
        assert_eq!(read("6%"), Ok(Budget::Ratio(0.06)));
        assert_eq!(read("0.06"), Ok(Budget::Ratio(0.06)));
        assert_eq!(read("33423"), Ok(Budget::Drelus(33423)));
        assert_eq!(read("25MB"), Ok(Budget::Bytes(25_000_000)));
        assert_eq!(read("1.5kB"), Ok(Budget::Bytes(1500)));
        assert_eq!(read("0.4s@lan"), Ok(Budget::Seconds(0.4, Link::Lan)));
        assert_eq!(read("5s@wan"), Ok(Budget::Seconds(5.0, Link::Wan)));
        for text in [
            "", "6", "-1", "110%", "1.5", "NaN", "inf", "3s@moon", "MB", "-2MB",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn channels_without_signs_save_the_product() {
        let costs = UnitCosts {
            drelu: 100,
            pad: 0,
            seed: 0,
            pixel: 10,
            passed: 3,
        };
        let map = [4, 4];
        assert_eq!(costs.channel(Block::RELU, map), 1760);
        assert_eq!(costs.channel(Block::patch(2, 4).unwrap(), map), 360);
        assert_eq!(costs.channel(Block::Identity, map), 48);
        assert_eq!(costs.channel(Block::Zero, map), 48);
        assert_eq!(UnitCosts::DRELUS.channel(Block::RELU, map), 16);
    }
}
