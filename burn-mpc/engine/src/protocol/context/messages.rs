//! What a protocol does with a [`Context`]: sends and receives.

use bytemuck::Pod;

use crate::Party;
use crate::net::NetError;
use crate::protocol::context::{Context, Op};
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring};
use crate::step::Step;

impl Context {
    /// Sends bytes as step `step` of `op`.
    ///
    /// # Errors
    /// Any failure of the link.
    pub fn send_bytes(
        &mut self,
        op: Op,
        to: Party,
        step: Step,
        payload: &[u8],
    ) -> Result<(), ProtocolError> {
        self.probe.message(true, to, op, step, payload.len());
        let sent = self.wire.mesh()?.send(to, op.id(), step.label(), payload);
        self.told(op, sent)
    }

    /// Receives exactly `len` bytes of step `step` of `op`.
    ///
    /// # Errors
    /// Any failure of the link, or a frame that is not the expected one.
    pub fn recv_bytes(
        &mut self,
        op: Op,
        from: Party,
        step: Step,
        len: usize,
    ) -> Result<Vec<u8>, ProtocolError> {
        self.probe.message(false, from, op, step, len);
        let mut payload = self.zeroed(len)?;
        let received = self
            .wire
            .mesh()?
            .recv(from, op.id(), step.label(), &mut payload);
        self.told(op, received)?;
        Ok(payload)
    }

    /// Sends two runs of bytes as one step `step` of `op`.
    ///
    /// # Errors
    /// Any failure of the link.
    pub fn send_parts(
        &mut self,
        op: Op,
        to: Party,
        step: Step,
        parts: [&[u8]; 2],
    ) -> Result<(), ProtocolError> {
        self.probe
            .message(true, to, op, step, parts[0].len() + parts[1].len());
        let sent = self
            .wire
            .mesh()?
            .send_parts(to, op.id(), step.label(), &parts);
        self.told(op, sent)
    }

    /// Receives one step `step` of `op` into two buffers.
    ///
    /// # Errors
    /// Those of [`Self::recv_bytes`].
    pub fn recv_parts(
        &mut self,
        op: Op,
        from: Party,
        step: Step,
        mut parts: [&mut [u8]; 2],
    ) -> Result<(), ProtocolError> {
        self.probe
            .message(false, from, op, step, parts[0].len() + parts[1].len());
        let received = self
            .wire
            .mesh()?
            .recv_parts(from, op.id(), step.label(), &mut parts);
        self.told(op, received)
    }

    /// Sends ring elements as little-endian words.
    ///
    /// # Errors
    /// Those of [`Self::send_bytes`].
    pub fn send<R: Ring>(
        &mut self,
        op: Op,
        to: Party,
        step: Step,
        values: &[R],
    ) -> Result<(), ProtocolError> {
        self.probe.see_of(op, values);
        self.send_bytes(op, to, step, bytemuck::cast_slice(values))
    }

    /// Receives `len` ring elements.
    ///
    /// # Errors
    /// Those of [`Self::recv_bytes`].
    pub fn recv<R: Ring>(
        &mut self,
        op: Op,
        from: Party,
        step: Step,
        len: usize,
    ) -> Result<Vec<R>, ProtocolError> {
        let mut values = self.zeroed::<R>(len)?;
        self.recv_into(op, from, step, &mut values)?;
        Ok(values)
    }

    /// Receives `target.len()` ring elements into `target`.
    ///
    /// # Errors
    /// Those of [`Self::recv_bytes`].
    pub fn recv_into<R: Ring>(
        &mut self,
        op: Op,
        from: Party,
        step: Step,
        target: &mut [R],
    ) -> Result<(), ProtocolError> {
        self.probe
            .message(false, from, op, step, size_of_val(target));
        let bytes = bytemuck::cast_slice_mut(target);
        let received = self.wire.mesh()?.recv(from, op.id(), step.label(), bytes);
        self.told(op, received)?;
        make_canonical(target);
        self.probe.see_of(op, target);
        Ok(())
    }

    /// Receives one step: adds `target.len()` ring elements to `target`, piece by piece, and writes the bytes that
    /// follow them to `behind`.
    ///
    /// # Errors
    /// Those of [`Self::recv_bytes`].
    pub fn recv_onto_and<R: Ring>(
        &mut self,
        op: Op,
        from: Party,
        step: Step,
        target: &mut [R],
        behind: &mut [u8],
    ) -> Result<(), ProtocolError> {
        if !self.takes_pieces::<R>() {
            let mut values = self.zeroed::<R>(target.len())?;
            let parts = [bytemuck::cast_slice_mut(&mut values), behind];
            self.recv_parts(op, from, step, parts)?;
            make_canonical(&mut values);
            self.probe.see(&values);
            ring::add_assign(target, &values);
            return Ok(());
        }
        let bytes = size_of_val(target) + behind.len();
        let (mut words, mut behind) = (target, behind);
        self.recv_bytes_in_pieces(op, from, step, bytes, |piece| {
            // A piece has whole words.
            let (front, rest) = piece.split_at(piece.len().min(size_of_val(words)));
            let (now, later) = core::mem::take(&mut words).split_at_mut(front.len() / R::BYTES);
            ring::add_assign(now, bytemuck::cast_slice(front));
            words = later;
            let (now, later) = core::mem::take(&mut behind).split_at_mut(rest.len());
            now.copy_from_slice(rest);
            behind = later;
        })
    }

    /// Receives `target.len()` ring elements and adds them to `target`, piece by piece.
    ///
    /// # Errors
    /// Those of [`Self::recv_bytes`].
    pub fn recv_onto<R: Ring>(
        &mut self,
        op: Op,
        from: Party,
        step: Step,
        target: &mut [R],
    ) -> Result<(), ProtocolError> {
        if !self.takes_pieces::<R>() {
            let values = self.recv::<R>(op, from, step, target.len())?;
            ring::add_assign(target, &values);
            return Ok(());
        }
        self.recv_pieces(op, from, step, target, ring::add_assign)
    }

    /// Sends the low `bits` bits of every element.
    ///
    /// # Errors
    /// Those of [`Self::send_bytes`].
    pub fn send_low<R: Ring>(
        &mut self,
        op: Op,
        to: Party,
        step: Step,
        values: &[R],
        bits: u32,
    ) -> Result<(), ProtocolError> {
        self.send_bytes(op, to, step, &ring::pack_low_bits(values, bits))
    }

    /// Receives `len` elements below `2^bits`.
    ///
    /// # Errors
    /// Those of [`Self::recv_bytes`].
    pub fn recv_low<R: Ring>(
        &mut self,
        op: Op,
        from: Party,
        step: Step,
        len: usize,
        bits: u32,
    ) -> Result<Vec<R>, ProtocolError> {
        let bytes = self.recv_bytes(op, from, step, ring::low_bits_bytes(bits, len))?;
        let values = ring::unpack_low_bits::<R>(&bytes, bits, len);
        self.probe.see(&values);
        Ok(values)
    }

    /// Sends `planes` bit planes of `len` bits each.
    ///
    /// # Errors
    /// Those of [`Self::send_bytes`].
    pub fn send_planes(
        &mut self,
        op: Op,
        to: Party,
        step: Step,
        words: &[u64],
        planes: usize,
        len: usize,
    ) -> Result<(), ProtocolError> {
        self.probe.see_planes(words);
        if len.is_multiple_of(64) {
            return self.send_bytes(op, to, step, bytemuck::cast_slice(words));
        }
        self.send_bytes(op, to, step, &ring::planes_to_bytes(words, planes, len))
    }

    /// Receives `planes` bit planes of `len` bits each.
    ///
    /// # Errors
    /// Those of [`Self::recv_bytes`].
    pub fn recv_planes(
        &mut self,
        op: Op,
        from: Party,
        step: Step,
        planes: usize,
        len: usize,
    ) -> Result<Vec<u64>, ProtocolError> {
        let words = if len.is_multiple_of(64) {
            self.probe
                .message(false, from, op, step, planes * ring::plane_bytes(len));
            let mut words = self.zeroed::<u64>(planes * len / 64)?;
            let bytes = bytemuck::cast_slice_mut(&mut words);
            let received = self.wire.mesh()?.recv(from, op.id(), step.label(), bytes);
            self.told(op, received)?;
            words
        } else {
            let bytes = self.recv_bytes(op, from, step, planes * ring::plane_bytes(len))?;
            ring::planes_from_bytes(&bytes, planes, len)
        };
        self.probe.see_planes(&words);
        Ok(words)
    }

    /// Receives `planes` bit planes of `len` bits each and xors them onto `target`.
    ///
    /// # Errors
    /// Those of [`Self::recv_bytes`].
    pub fn recv_planes_onto(
        &mut self,
        op: Op,
        from: Party,
        step: Step,
        target: &mut [u64],
        planes: usize,
        len: usize,
    ) -> Result<(), ProtocolError> {
        let pieces = len.is_multiple_of(64) && !self.probe.records();
        if !pieces {
            let words = self.recv_planes(op, from, step, planes, len)?;
            ring::xor_assign(target, &words);
            return Ok(());
        }
        self.recv_pieces(op, from, step, target, ring::xor_assign)
    }

    /// Receives `target.len()` words and applies them to `target`, piece by piece.
    fn recv_pieces<T: Pod>(
        &mut self,
        op: Op,
        from: Party,
        step: Step,
        target: &mut [T],
        apply: impl Fn(&mut [T], &[T]),
    ) -> Result<(), ProtocolError> {
        let bytes = size_of_val(target);
        let mut left = target;
        self.recv_bytes_in_pieces(op, from, step, bytes, |bytes| {
            let words: &[T] = bytemuck::cast_slice(bytes);
            let (now, later) = core::mem::take(&mut left).split_at_mut(words.len());
            apply(now, words);
            left = later;
        })
    }

    fn recv_bytes_in_pieces(
        &mut self,
        op: Op,
        from: Party,
        step: Step,
        bytes: usize,
        consume: impl FnMut(&mut [u8]),
    ) -> Result<(), ProtocolError> {
        self.probe.message(false, from, op, step, bytes);
        let (mesh, piece) = self.wire.mesh_and_piece()?;
        let received = mesh.recv_pieces(from, op.id(), step.label(), bytes, piece, consume);
        self.told(op, received)
    }

    /// Adds to an error of the link which layer and protocol `op` belongs to.
    fn told(&self, op: Op, result: Result<(), NetError>) -> Result<(), ProtocolError> {
        Ok(result.map_err(|error| error.within(op.id(), || self.probe.path(op)))?)
    }
}

/// Clears unused bits of received words.
fn make_canonical<R: Ring>(values: &mut [R]) {
    if R::BITS as usize != 8 * R::BYTES {
        ring::map_assign(values, R::canonical);
    }
}
