//! What the draws yield that the watched party does not know: all values, counted up over the instances.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::protocol::tests::view::Address;

/// An element of a draw: where the draw comes from, and which element of an instance it is.
pub(super) type Place = (Address, usize);

/// The elements that a protocol draws from the key that the watched party lacks, each with the number of its values.
pub(super) type Drawn = BTreeMap<Place, u64>;

/// How many ways there are to make these draws.
pub(super) fn ways(drawn: &Drawn) -> u64 {
    drawn.values().product()
}

/// What an element of a draw is in each instance.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Yield {
    /// The same in all instances.
    Same(u64),
    /// A digit of the number of the instance, of `first + instance`.
    Digit { first: u64, worth: u64, radix: u64 },
}

impl Yield {
    /// In one instance.
    pub(crate) fn at(self, instance: usize) -> u64 {
        match self {
            Self::Same(word) => word,
            Self::Digit {
                first,
                worth,
                radix,
            } => {
                let number = first + instance as u64;
                if worth.is_power_of_two() && radix.is_power_of_two() {
                    return number >> worth.trailing_zeros() & (radix - 1);
                }
                number / worth % radix
            }
        }
    }
}

/// The digits of the number of an instance: one for every element that is drawn from the key that the watched party
/// lacks, and above them the number of the cell. Both holders of the key read the same digits.
#[derive(Debug, Default)]
pub(crate) struct Script {
    /// The number of the first instance of this run.
    first: u64,
    /// What each place is worth, if the draws are known; otherwise all digits are 0.
    worth: Option<BTreeMap<Place, (u64, u64)>>,
    /// What was drawn.
    found: Mutex<Drawn>,
}

impl Script {
    /// For the instances from `first` on of a program that makes these draws.
    pub(super) fn of(drawn: &Drawn, first: u64) -> Self {
        let mut next = 1;
        let mut worth = BTreeMap::new();
        for (&place, &radix) in drawn {
            worth.insert(place, (next, radix));
            next *= radix;
        }
        Self {
            first,
            worth: Some(worth),
            found: Mutex::default(),
        }
    }

    /// What was drawn.
    pub(super) fn found(&self) -> Drawn {
        self.found.lock().expect("no holder panicked").clone()
    }

    /// What a draw with `radix` values yields for element `item` of each instance.
    pub(crate) fn yields(&self, from: Address, item: usize, radix: u64) -> Yield {
        let place = (from, item);
        let mut found = self.found.lock().expect("no holder panicked");
        let before = found.insert(place, radix);
        assert!(
            before.is_none_or(|before| before == radix),
            "one draw has {before:?} and {radix} values"
        );
        let Some(worth) = &self.worth else {
            return Yield::Same(0);
        };
        // A draw that is not planned shows when what was found is compared with the plan.
        let Some(&(worth, _)) = worth.get(&place) else {
            return Yield::Same(0);
        };
        Yield::Digit {
            first: self.first,
            worth,
            radix,
        }
    }
}

#[test]
fn digits_take_all_values_together_once() {
    let place = |label, item| ((1, 0, label), item);
    let drawn = Drawn::from([(place(4, 0), 4), (place(4, 1), 4), (place(9, 0), 5)]);
    assert_eq!(ways(&drawn), 80);
    let script = Script::of(&drawn, 80);
    let yields = drawn
        .iter()
        .map(|(&(from, item), &radix)| script.yields(from, item, radix));
    let yields: Vec<Yield> = yields.collect();
    let tuple = |instance| -> Vec<u64> { yields.iter().map(|y| y.at(instance)).collect() };
    let tuples: std::collections::BTreeSet<_> = (0..80).map(tuple).collect();
    assert_eq!(tuples.len(), 80);
    assert!(tuples.contains(&vec![3, 3, 4]) && tuples.contains(&vec![0, 0, 0]));
    assert_eq!(script.found(), drawn);
}
