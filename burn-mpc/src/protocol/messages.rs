//! What a protocol does with a [`Context`]: draws randomness, sends and receives.

use bytemuck::Pod;

use crate::Party;
use crate::prg::KeySide;
use crate::protocol::context::{Context, KeyOf, Op};
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring};

/// Words of a piece of a message that is consumed as it arrives: small enough to stay in the second-level
/// cache.
const PIECE_WORDS: usize = 16 << 10;

impl Context {
    pub(super) fn side(&self, key: KeyOf) -> Result<KeySide, ProtocolError> {
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
        label: u16,
        len: usize,
    ) -> Result<Vec<R>, ProtocolError> {
        let side = self.side(key)?;
        let drawn = self.live_prg()?.draw(side, op.id(), label, len)?;
        #[cfg(test)]
        self.see(&drawn);
        Ok(drawn)
    }

    /// `words` uniform 64-bit words known to both holders of `key`.
    ///
    /// # Errors
    /// As [`Self::draw`].
    pub fn draw_words(
        &mut self,
        op: Op,
        key: KeyOf,
        label: u16,
        words: usize,
    ) -> Result<Vec<u64>, ProtocolError> {
        let side = self.side(key)?;
        let drawn = self.live_prg()?.draw_u64(side, op.id(), label, words)?;
        #[cfg(test)]
        self.see_planes(&drawn);
        Ok(drawn)
    }

    /// This party's part of an additive sharing of zero: `F(K_i) - F(K_{i+1})`.
    ///
    /// # Errors
    /// As [`Self::draw`].
    pub fn zero_share<R: Ring>(
        &mut self,
        op: Op,
        label: u16,
        len: usize,
    ) -> Result<Vec<R>, ProtocolError> {
        let mut own = self.draw::<R>(op, KeyOf(self.party()), label, len)?;
        self.apply_drawn(
            op,
            KeyOf(self.party().next()),
            label,
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
    /// As [`Self::draw`].
    pub fn masked_by_zero<R: Ring>(
        &mut self,
        op: Op,
        label: u16,
        values: &[R],
    ) -> Result<Vec<R>, ProtocolError> {
        let mut masked = self.zero_share::<R>(op, label, values.len())?;
        ring::add_assign(&mut masked, values);
        Ok(masked)
    }

    /// This party's part of an xor sharing of zero bits, in words.
    ///
    /// # Errors
    /// As [`Self::draw`].
    pub fn zero_bits(
        &mut self,
        op: Op,
        label: u16,
        words: usize,
    ) -> Result<Vec<u64>, ProtocolError> {
        let mut own = self.draw_words(op, KeyOf(self.party()), label, words)?;
        let next = KeyOf(self.party().next());
        #[cfg(test)]
        if self.view.is_some() {
            let next = self.draw_words(op, next, label, words)?;
            ring::xor_assign(&mut own, &next);
            return Ok(own);
        }
        let side = self.side(next)?;
        let mut stream = self.live_prg()?.open(side, op.id(), label, 8 * words)?;
        stream.apply(&mut own, ring::xor_assign);
        Ok(own)
    }

    /// Draws `target.len()` ring elements known to both holders of `key` and applies them to `target`, piece
    /// by piece.
    ///
    /// # Errors
    /// As [`Self::draw`].
    pub fn apply_drawn<R: Ring>(
        &mut self,
        op: Op,
        key: KeyOf,
        label: u16,
        target: &mut [R],
        mut apply: impl FnMut(&mut [R], &[R]),
    ) -> Result<(), ProtocolError> {
        // Words that are not made of whole bytes have to be cut, and a view is recorded whole.
        let whole = R::BITS as usize == 8 * R::BYTES;
        #[cfg(test)]
        let whole = whole && self.view.is_none();
        if !whole {
            let drawn = self.draw::<R>(op, key, label, target.len())?;
            apply(target, &drawn);
            return Ok(());
        }
        let side = self.side(key)?;
        let bytes = size_of_val(target);
        let mut stream = self.live_prg()?.open(side, op.id(), label, bytes)?;
        stream.apply(target, apply);
        Ok(())
    }

    /// Sends bytes as step `label` of `op`.
    ///
    /// # Errors
    /// Any failure of the link.
    pub fn send_bytes(
        &mut self,
        op: Op,
        to: Party,
        label: u16,
        payload: &[u8],
    ) -> Result<(), ProtocolError> {
        #[cfg(test)]
        self.see_step(true, to, op, label, payload.len());
        Ok(self.live_mesh()?.send(to, op.id(), label, payload)?)
    }

    /// Receives exactly `len` bytes of step `label` of `op`.
    ///
    /// # Errors
    /// Any failure of the link, or a frame that is not the expected one.
    pub fn recv_bytes(
        &mut self,
        op: Op,
        from: Party,
        label: u16,
        len: usize,
    ) -> Result<Vec<u8>, ProtocolError> {
        #[cfg(test)]
        self.see_step(false, from, op, label, len);
        let mut payload = vec![0; len];
        self.live_mesh()?.recv(from, op.id(), label, &mut payload)?;
        Ok(payload)
    }

    /// Sends two runs of bytes as one step `label` of `op`.
    ///
    /// # Errors
    /// Any failure of the link.
    pub fn send_parts(
        &mut self,
        op: Op,
        to: Party,
        label: u16,
        parts: [&[u8]; 2],
    ) -> Result<(), ProtocolError> {
        #[cfg(test)]
        self.see_step(true, to, op, label, parts[0].len() + parts[1].len());
        Ok(self.live_mesh()?.send_parts(to, op.id(), label, &parts)?)
    }

    /// Receives one step `label` of `op` into two buffers.
    ///
    /// # Errors
    /// As [`Self::recv_bytes`].
    pub fn recv_parts(
        &mut self,
        op: Op,
        from: Party,
        label: u16,
        mut parts: [&mut [u8]; 2],
    ) -> Result<(), ProtocolError> {
        #[cfg(test)]
        self.see_step(false, from, op, label, parts[0].len() + parts[1].len());
        Ok(self
            .live_mesh()?
            .recv_parts(from, op.id(), label, &mut parts)?)
    }

    /// Sends ring elements as little-endian words.
    ///
    /// # Errors
    /// As [`Self::send_bytes`].
    pub fn send<R: Ring>(
        &mut self,
        op: Op,
        to: Party,
        label: u16,
        values: &[R],
    ) -> Result<(), ProtocolError> {
        #[cfg(test)]
        self.see(values);
        self.send_bytes(op, to, label, bytemuck::cast_slice(values))
    }

    /// Receives `len` ring elements.
    ///
    /// # Errors
    /// As [`Self::recv_bytes`].
    pub fn recv<R: Ring>(
        &mut self,
        op: Op,
        from: Party,
        label: u16,
        len: usize,
    ) -> Result<Vec<R>, ProtocolError> {
        #[cfg(test)]
        self.see_step(false, from, op, label, len * R::BYTES);
        let mut values = bytemuck::zeroed_vec::<R>(len);
        self.live_mesh()?
            .recv(from, op.id(), label, bytemuck::cast_slice_mut(&mut values))?;
        make_canonical(&mut values);
        #[cfg(test)]
        self.see(&values);
        Ok(values)
    }

    /// Receives as many ring elements as `target` has and adds them to it, piece by piece.
    ///
    /// # Errors
    /// As [`Self::recv_bytes`].
    pub fn recv_onto<R: Ring>(
        &mut self,
        op: Op,
        from: Party,
        label: u16,
        target: &mut [R],
    ) -> Result<(), ProtocolError> {
        let pieces = R::BITS as usize == 8 * R::BYTES;
        #[cfg(test)]
        let pieces = pieces && self.view.is_none();
        if !pieces {
            let values = self.recv::<R>(op, from, label, target.len())?;
            ring::add_assign(target, &values);
            return Ok(());
        }
        self.recv_pieces(op, from, label, target, ring::add_assign)
    }

    /// Sends the low `bits` bits of every element.
    ///
    /// # Errors
    /// As [`Self::send_bytes`].
    pub fn send_low<R: Ring>(
        &mut self,
        op: Op,
        to: Party,
        label: u16,
        values: &[R],
        bits: u32,
    ) -> Result<(), ProtocolError> {
        self.send_bytes(op, to, label, &ring::pack_low_bits(values, bits))
    }

    /// Receives `len` elements below `2^bits`.
    ///
    /// # Errors
    /// As [`Self::recv_bytes`].
    pub fn recv_low<R: Ring>(
        &mut self,
        op: Op,
        from: Party,
        label: u16,
        len: usize,
        bits: u32,
    ) -> Result<Vec<R>, ProtocolError> {
        let bytes = self.recv_bytes(op, from, label, ring::low_bits_bytes(bits, len))?;
        let values = ring::unpack_low_bits::<R>(&bytes, bits, len);
        #[cfg(test)]
        self.see(&values);
        Ok(values)
    }

    /// Sends `planes` bit planes of `len` bits each.
    ///
    /// # Errors
    /// As [`Self::send_bytes`].
    pub fn send_planes(
        &mut self,
        op: Op,
        to: Party,
        label: u16,
        words: &[u64],
        planes: usize,
        len: usize,
    ) -> Result<(), ProtocolError> {
        #[cfg(test)]
        self.see_planes(words);
        if len.is_multiple_of(64) {
            return self.send_bytes(op, to, label, bytemuck::cast_slice(words));
        }
        self.send_bytes(op, to, label, &ring::planes_to_bytes(words, planes, len))
    }

    /// Receives `planes` bit planes of `len` bits each.
    ///
    /// # Errors
    /// As [`Self::recv_bytes`].
    pub fn recv_planes(
        &mut self,
        op: Op,
        from: Party,
        label: u16,
        planes: usize,
        len: usize,
    ) -> Result<Vec<u64>, ProtocolError> {
        let words = if len.is_multiple_of(64) {
            #[cfg(test)]
            self.see_step(false, from, op, label, planes * ring::plane_bytes(len));
            let mut words = bytemuck::zeroed_vec::<u64>(planes * len / 64);
            let bytes = bytemuck::cast_slice_mut(&mut words);
            self.live_mesh()?.recv(from, op.id(), label, bytes)?;
            words
        } else {
            let bytes = self.recv_bytes(op, from, label, planes * ring::plane_bytes(len))?;
            ring::planes_from_bytes(&bytes, planes, len)
        };
        #[cfg(test)]
        self.see_planes(&words);
        Ok(words)
    }

    /// Receives as many planes as `target` has and xors them onto it.
    ///
    /// # Errors
    /// As [`Self::recv_bytes`].
    pub fn recv_planes_onto(
        &mut self,
        op: Op,
        from: Party,
        label: u16,
        target: &mut [u64],
        planes: usize,
        len: usize,
    ) -> Result<(), ProtocolError> {
        let pieces = len.is_multiple_of(64);
        #[cfg(test)]
        let pieces = pieces && self.view.is_none();
        if !pieces {
            let words = self.recv_planes(op, from, label, planes, len)?;
            ring::xor_assign(target, &words);
            return Ok(());
        }
        self.recv_pieces(op, from, label, target, ring::xor_assign)
    }

    /// Receives as many words as `target` has and applies them to it, piece by piece.
    fn recv_pieces<T: Pod>(
        &mut self,
        op: Op,
        from: Party,
        label: u16,
        target: &mut [T],
        apply: impl Fn(&mut [T], &[T]),
    ) -> Result<(), ProtocolError> {
        #[cfg(test)]
        self.see_step(false, from, op, label, size_of_val(target));
        let mut piece = core::mem::take(&mut self.piece);
        piece.resize(PIECE_WORDS, 0);
        let bytes = size_of_val(target);
        let mut left = target;
        self.live_mesh()?.recv_pieces(
            from,
            op.id(),
            label,
            bytes,
            bytemuck::cast_slice_mut(&mut piece),
            |bytes| {
                let words: &[T] = bytemuck::cast_slice(bytes);
                let (now, later) = core::mem::take(&mut left).split_at_mut(words.len());
                apply(now, words);
                left = later;
            },
        )?;
        self.piece = piece;
        Ok(())
    }
}

/// Clears unused bits of received words.
fn make_canonical<R: Ring>(values: &mut [R]) {
    if R::BITS as usize != 8 * R::BYTES {
        ring::map_assign(values, R::canonical);
    }
}
