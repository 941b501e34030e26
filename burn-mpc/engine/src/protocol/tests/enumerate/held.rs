//! What the parties hold before a protocol: pieces, each known to some of them.

use crate::party::{Party, Rotation};
use crate::protocol::bits::split_bits::SplitBits;
use crate::protocol::context::Context;
use crate::protocol::testing::SplitMix;
use crate::ring::Ring;
use crate::share::{Additive, BitShare, Rss, TwoOfTwo, XorBits};

/// The form of an input: which pieces it has, and who knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A replicated value: three components, each known to two parties.
    Share,
    /// A replicated bit.
    Bit,
    /// Three parts of a value, each known to one party.
    Parts,
    /// Three parts of a bit.
    BitParts,
    /// Two parts of a value, at `P_0` as A and `P_1` as B.
    Halves,
    /// Two parts of a bit, at `P_0` as A, and at `P_1` and `P_2` as B and C.
    Split,
    /// A value of one party.
    Own(Party),
}

/// A piece of an input: the number of its values, and which parties know it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    radix: u64,
    known: [bool; 3],
}

impl Piece {
    pub(super) fn is_known_to(&self, party: Party) -> bool {
        self.known[party.index()]
    }
}

impl Form {
    pub(super) fn pieces(self, ring_bits: u32) -> Vec<Piece> {
        let to = |parties: &[usize]| [0, 1, 2].map(|i| parties.contains(&i));
        let (pairs, each) = ([[2, 0], [0, 1], [1, 2]], [[0], [1], [2]]);
        let known = match self {
            Self::Share | Self::Bit => pairs.map(|pair| to(&pair)).to_vec(),
            Self::Parts | Self::BitParts => each.map(|one| to(&one)).to_vec(),
            Self::Halves => vec![to(&[0]), to(&[1])],
            Self::Split => vec![to(&[0]), to(&[1, 2])],
            Self::Own(party) => vec![to(&[party.index()])],
        };
        let radix = match self {
            Self::Bit | Self::BitParts | Self::Split => 2,
            _ => 1 << ring_bits,
        };
        let piece = |known| Piece { radix, known };
        known.into_iter().map(piece).collect()
    }
}

/// All pieces of a program's inputs, in the order of the inputs.
#[derive(Clone, Debug)]
pub(super) struct Pieces {
    forms: Vec<Form>,
    all: Vec<Piece>,
    /// The first piece of each input.
    starts: Vec<usize>,
}

impl Pieces {
    pub(super) fn of(forms: &[Form], ring_bits: u32) -> Self {
        let (mut pieces, mut starts) = (Vec::new(), Vec::new());
        for form in forms {
            starts.push(pieces.len());
            pieces.extend(form.pieces(ring_bits));
        }
        Self {
            forms: forms.to_vec(),
            all: pieces,
            starts,
        }
    }

    /// How many ways there are to choose what a party does not know.
    pub(super) fn cells(&self, watched: Party) -> u64 {
        let unknown = self.all.iter().filter(|piece| !piece.is_known_to(watched));
        unknown.map(|piece| piece.radix).product()
    }

    /// All pieces in cell `cell`: what the watched party knows depends on the sample alone.
    pub(super) fn in_cell(&self, watched: Party, sample: u64, mut cell: u64) -> Vec<u64> {
        let mut own = SplitMix(sample ^ 0x6f77_6e00);
        let mut value = |piece: &Piece| {
            // Drawn for every piece, so that what is known does not depend on who knows the rest.
            let word = own.next();
            if piece.is_known_to(watched) {
                return word % piece.radix;
            }
            let digit = cell % piece.radix;
            cell /= piece.radix;
            digit
        };
        self.all.iter().map(&mut value).collect()
    }

    /// What `party` holds in instances with these pieces.
    pub(super) fn held(&self, party: Party, instances: &[&[u64]]) -> Held {
        let known = |(at, piece): (usize, &Piece)| {
            let values = instances.iter().map(|pieces| pieces[at]);
            if piece.is_known_to(party) {
                values.collect()
            } else {
                Vec::new()
            }
        };
        Held {
            party,
            n: instances.len(),
            forms: self.forms.clone(),
            starts: self.starts.clone(),
            pieces: self.all.iter().enumerate().map(known).collect(),
        }
    }
}

/// What one party holds before a protocol, in all instances; nothing where it does not know a piece.
pub(super) struct Held {
    party: Party,
    /// Instances.
    pub(super) n: usize,
    forms: Vec<Form>,
    starts: Vec<usize>,
    pieces: Vec<Vec<u64>>,
}

impl Held {
    /// Piece `at` of an input of the given form.
    fn piece(&self, input: usize, form: Form, at: usize) -> &[u64] {
        assert_eq!(self.forms[input], form, "the form of input {input}");
        &self.pieces[self.starts[input] + at]
    }

    fn words<R: Ring>(&self, input: usize, form: Form, at: usize) -> Vec<R> {
        let piece = self.piece(input, form, at).iter();
        piece.map(|&word| R::from_u64(word)).collect()
    }

    fn packed(&self, input: usize, form: Form, at: usize) -> Vec<u64> {
        let bits = |chunk: &[u64]| (0..).zip(chunk).map(|(i, bit)| bit << i).sum();
        self.piece(input, form, at).chunks(64).map(bits).collect()
    }

    pub(super) fn share<R: Ring>(&self, input: usize) -> Rss<R> {
        let [own, next] = [self.party, self.party.next()];
        let component = |of: Party| self.words(input, Form::Share, of.index());
        Rss::new(component(own), component(next))
    }

    pub(super) fn bit(&self, input: usize) -> BitShare {
        let [own, next] = [self.party, self.party.next()];
        let component = |of: Party| self.packed(input, Form::Bit, of.index());
        BitShare::new(self.n, component(own), component(next))
    }

    pub(super) fn parts<R: Ring>(&self, input: usize) -> Additive<R> {
        Additive::new(self.words(input, Form::Parts, self.party.index()))
    }

    pub(super) fn bit_parts(&self, input: usize) -> XorBits {
        XorBits::new(
            self.n,
            self.packed(input, Form::BitParts, self.party.index()),
        )
    }

    /// C has zeros.
    pub(super) fn halves<R: Ring>(&self, input: usize) -> TwoOfTwo<R> {
        let part = match self.party.index() {
            2 => vec![R::ZERO; self.n],
            at => self.words(input, Form::Halves, at),
        };
        TwoOfTwo::new(part, Rotation::of(0))
    }

    pub(super) fn split(&self, ctx: &mut Context, input: usize) -> SplitBits {
        let at = self.party.index().min(1);
        let op = ctx.begin_as("split bits", &[], Rotation::of(0));
        SplitBits::new(op, self.n, self.packed(input, Form::Split, at))
    }

    /// The values of their owner; none elsewhere.
    pub(super) fn own<R: Ring>(&self, input: usize, owner: Party) -> Option<Vec<R>> {
        let values = self.words(input, Form::Own(owner), 0);
        (self.party == owner).then_some(values)
    }
}
