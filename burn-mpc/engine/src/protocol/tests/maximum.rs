//! Tournaments: values, first winner, absent entries, odd counts.

use crate::protocol::testing::{SplitMix, join, join_additive, mine, seed, three};
use crate::protocol::{Context, ProtocolError, Window, maximum, tournament};
use crate::ring::{Ring, Z32, Z64};

struct Game<R> {
    planes: usize,
    len: usize,
    values: Vec<R>,
    present: Vec<bool>,
}

impl<R: Ring> Game<R> {
    /// The greatest present value per position and the first plane that has it.
    fn winners(&self) -> Vec<(i64, usize)> {
        let of = |position: usize| {
            let mut best: Option<(i64, usize)> = None;
            for plane in 0..self.planes {
                let at = plane * self.len + position;
                let entry = self.values[at].to_i64();
                if self.present[at] && best.is_none_or(|(most, _)| entry > most) {
                    best = Some((entry, plane));
                }
            }
            best.expect("someone takes part")
        };
        (0..self.len).map(of).collect()
    }

    fn check(&self, rng: &mut SplitMix) {
        let shares = rng.deal(&self.values);
        let (values, planes): (Vec<i64>, Vec<usize>) = self.winners().into_iter().unzip();
        let signed = |joined: Vec<R>| joined.iter().map(|v| v.to_i64()).collect::<Vec<i64>>();
        let entries = |ctx: &Context| (mine(ctx, &shares).clone(), self.present.clone());

        let window = Window::full::<R>();
        let got = three(rng.next(), |ctx| -> Result<_, ProtocolError> {
            let (values, present) = entries(ctx);
            maximum(ctx, self.planes, self.len, values, present, window)
        });
        assert_eq!(signed(join(&got)), values);

        let got = three(rng.next(), |ctx| -> Result<_, ProtocolError> {
            let (values, present) = entries(ctx);
            tournament(ctx, self.planes, self.len, values, present)
        });
        let maxima = [0, 1, 2].map(|i| got[i].values.clone());
        assert_eq!(signed(join_additive(&maxima)), values);
        let numbers = [0, 1, 2].map(|i| got[i].planes.clone());
        let joined: Vec<usize> = join_additive(&numbers)
            .iter()
            .map(|v| usize::try_from(v.to_u64()).unwrap())
            .collect();
        assert_eq!(joined, planes, "{} planes", self.planes);
    }
}

fn games<R: Ring>() {
    let mut rng = SplitMix(seed(601));
    for planes in [1, 2, 3, 4, 5, 9] {
        for len in [1, 7, 65] {
            let entries = planes * len;
            // Few values give many ties; wide ones use half the ring.
            for bits in [1, R::BITS - 3] {
                let values = rng.signed::<R>(bits, entries);
                let game = Game {
                    planes,
                    len,
                    values,
                    present: vec![true; entries],
                };
                game.check(&mut rng);
                let mut present: Vec<bool> = (0..entries).map(|_| rng.below(3) > 0).collect();
                for position in 0..len {
                    let certain = rng.below(planes);
                    present[certain * len + position] = true;
                }
                Game { present, ..game }.check(&mut rng);
            }
        }
    }
}

#[test]
fn a_tournament_finds_the_first_maximum_of_those_present() {
    games::<Z64>();
    games::<Z32>();
}

#[test]
fn walkovers_alone_send_nothing() {
    let mut rng = SplitMix(seed(602));
    // One entry per position: no match at any level.
    for planes in [2, 3, 5] {
        for only in 0..planes {
            let mut present = vec![false; planes * 4];
            present[only * 4..(only + 1) * 4].fill(true);
            let values = rng.signed::<Z64>(20, planes * 4);
            Game {
                planes,
                len: 4,
                values,
                present,
            }
            .check(&mut rng);
        }
    }
}
