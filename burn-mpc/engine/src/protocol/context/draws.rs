//! What a protocol does with a [`Context`]: draws randomness.

use crate::prg::{KeySide, Keystream};
use crate::protocol::context::{Context, Form, KeyOf, Op};
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring};
use crate::step::Step;

impl Context {
    pub(crate) fn side(&self, key: KeyOf) -> Result<KeySide, ProtocolError> {
        if key.0 == self.party() {
            Ok(KeySide::Own)
        } else if key.0 == self.party().next() {
            Ok(KeySide::Next)
        } else {
            Err(ProtocolError::ForeignKey {
                party: self.party(),
                component: key.0,
            })
        }
    }

    /// `len` uniform ring elements known to both holders of `key`.
    ///
    /// # Errors
    /// A reused address, or a key that this party does not hold.
    pub fn draw<R: Ring>(
        &mut self,
        op: Op,
        key: KeyOf,
        step: Step,
        len: usize,
    ) -> Result<Vec<R>, ProtocolError> {
        let side = self.side(key)?;
        let (id, from) = self.probe.source(op, key, step, Form::Ring, len);
        let mut drawn = self.live_prg()?.draw(side, id, from, len)?;
        self.probe.drawn(op, key, step, (id, from), &mut drawn);
        Ok(drawn)
    }

    /// `words` uniform 64-bit words known to both holders of `key`.
    ///
    /// # Errors
    /// Those of [`Self::draw`].
    pub fn draw_words(
        &mut self,
        op: Op,
        key: KeyOf,
        step: Step,
        words: usize,
    ) -> Result<Vec<u64>, ProtocolError> {
        let side = self.side(key)?;
        let (id, from) = self.probe.source(op, key, step, Form::Words, words);
        let mut drawn = self.live_prg()?.draw_u64(side, id, from, words)?;
        self.probe
            .drawn_words(op, key, step, (id, from), &mut drawn);
        Ok(drawn)
    }

    /// This party's part of an additive sharing of zero: `F(K_i) - F(K_{i+1})`.
    ///
    /// # Errors
    /// Those of [`Self::draw`].
    pub fn zero_share<R: Ring>(
        &mut self,
        op: Op,
        step: Step,
        len: usize,
    ) -> Result<Vec<R>, ProtocolError> {
        let mut own = self.draw::<R>(op, KeyOf(self.party()), step, len)?;
        self.apply_drawn(
            op,
            KeyOf(self.party().next()),
            step,
            &mut own,
            |own, next| {
                ring::sub_assign(own, next);
            },
        )?;
        Ok(own)
    }

    /// `values` masked by this party's part of an additive sharing of zero.
    ///
    /// # Errors
    /// Those of [`Self::draw`].
    pub fn masked_by_zero<R: Ring>(
        &mut self,
        op: Op,
        step: Step,
        values: &[R],
    ) -> Result<Vec<R>, ProtocolError> {
        let (own, next) = (KeyOf(self.party()), KeyOf(self.party().next()));
        if !self.takes_pieces::<R>() {
            let mut masked = self.zero_share::<R>(op, step, values.len())?;
            ring::add_assign(&mut masked, values);
            return Ok(masked);
        }
        let mut own = self.keystream(op, own, step, size_of_val(values))?;
        let mut next = self.keystream(op, next, step, size_of_val(values))?;
        let mut masked = Vec::with_capacity(values.len());
        own.pieces(values.len(), |own| {
            let start = masked.len();
            masked.extend_from_slice(&values[start..start + own.len()]);
            let piece = &mut masked[start..];
            ring::add_assign(piece, own);
            next.apply(piece, ring::sub_assign);
        });
        Ok(masked)
    }

    /// Draws `target.len()` elements and subtracts them from `target`; returns them.
    ///
    /// # Errors
    /// Those of [`Self::draw`].
    pub fn draw_off<R: Ring>(
        &mut self,
        op: Op,
        key: KeyOf,
        step: Step,
        target: &mut [R],
    ) -> Result<Vec<R>, ProtocolError> {
        let mut drawn = Vec::with_capacity(target.len());
        self.apply_drawn(op, key, step, target, |target, piece| {
            ring::sub_assign(target, piece);
            drawn.extend_from_slice(piece);
        })?;
        Ok(drawn)
    }

    /// Whether words may be drawn and received piece by piece. Not if a word has unused bits, which must be cleared;
    /// nor if a view is recorded, which needs the words whole.
    pub(crate) fn takes_pieces<R: Ring>(&self) -> bool {
        R::BITS as usize == 8 * R::BYTES && !self.probe.records()
    }

    fn keystream(
        &mut self,
        op: Op,
        key: KeyOf,
        step: Step,
        bytes: usize,
    ) -> Result<Keystream, ProtocolError> {
        let side = self.side(key)?;
        Ok(self.live_prg()?.open(side, op.id(), step.label(), bytes)?)
    }

    /// This party's part of an xor sharing of zero bits, in words.
    ///
    /// # Errors
    /// Those of [`Self::draw`].
    pub fn zero_bits(
        &mut self,
        op: Op,
        step: Step,
        words: usize,
    ) -> Result<Vec<u64>, ProtocolError> {
        let mut own = self.draw_words(op, KeyOf(self.party()), step, words)?;
        let next = KeyOf(self.party().next());
        if self.probe.records() {
            let next = self.draw_words(op, next, step, words)?;
            ring::xor_assign(&mut own, &next);
            return Ok(own);
        }
        let mut stream = self.keystream(op, next, step, 8 * words)?;
        stream.apply(&mut own, ring::xor_assign);
        Ok(own)
    }

    /// Draws `target.len()` ring elements known to both holders of `key` and applies them to `target`, piece
    /// by piece.
    ///
    /// # Errors
    /// Those of [`Self::draw`].
    pub fn apply_drawn<R: Ring>(
        &mut self,
        op: Op,
        key: KeyOf,
        step: Step,
        target: &mut [R],
        mut apply: impl FnMut(&mut [R], &[R]),
    ) -> Result<(), ProtocolError> {
        if !self.takes_pieces::<R>() {
            let drawn = self.draw::<R>(op, key, step, target.len())?;
            apply(target, &drawn);
            return Ok(());
        }
        let mut stream = self.keystream(op, key, step, size_of_val(target))?;
        stream.apply(target, apply);
        Ok(())
    }
}
