//! The links of a context, while it has any, and their counters.

use core::ops::Range;

use crate::net::{Counters, LinksHandle, Mesh, NetError};
use crate::protocol::error::ProtocolError;

/// Words per piece of a message that is consumed as it arrives: small enough to stay in the second-level cache.
const PIECE_WORDS: usize = 16 << 10;

/// Links to both peers; none in an estimate, or once they are closed.
#[derive(Default)]
pub(super) struct Wire {
    mesh: Option<Mesh>,
    /// Counters of closed links: since set-up, and of set-up.
    last: (Counters, Counters),
    /// Buffer of messages that are consumed piece by piece.
    piece: Vec<u64>,
}

impl Wire {
    pub(super) fn of(mesh: Mesh) -> Self {
        Self {
            mesh: Some(mesh),
            ..Self::default()
        }
    }

    /// The links.
    pub(super) fn mesh(&mut self) -> Result<&mut Mesh, ProtocolError> {
        self.mesh.as_mut().ok_or(ProtocolError::NoLinks)
    }

    /// The links, and room for a piece of a message.
    pub(super) fn mesh_and_piece(&mut self) -> Result<(&mut Mesh, &mut [u8]), ProtocolError> {
        self.piece.resize(PIECE_WORDS, 0);
        let mesh = self.mesh.as_mut().ok_or(ProtocolError::NoLinks)?;
        Ok((mesh, bytemuck::cast_slice_mut(&mut self.piece)))
    }

    /// Measured totals since set-up.
    pub(super) fn counters(&self) -> Counters {
        self.mesh.as_ref().map_or(self.last.0, Mesh::counters)
    }

    /// What set-up cost.
    pub(super) fn setup_counters(&self) -> Counters {
        self.mesh.as_ref().map_or(self.last.1, Mesh::setup_counters)
    }

    pub(super) fn handle(&self) -> Option<LinksHandle> {
        self.mesh.as_ref().map(Mesh::handle)
    }

    /// Closes the links and keeps their counters.
    pub(super) fn close(&mut self) {
        self.last = (self.counters(), self.setup_counters());
        self.mesh = None;
    }

    /// The same links for a lane: `own` are the numbers of its calls, `all` those of all lanes.
    pub(super) fn lane(&self, own: Range<u64>, all: Range<u64>) -> Self {
        Self {
            mesh: self.mesh.as_ref().map(|mesh| mesh.lane(own, all)),
            ..Self::default()
        }
    }

    /// Continues after `lanes` have ended.
    pub(super) fn join(&mut self, lanes: Vec<Self>) -> Result<(), NetError> {
        let lanes: Vec<Mesh> = lanes.into_iter().filter_map(|lane| lane.mesh).collect();
        match &mut self.mesh {
            Some(mesh) => mesh.join(&lanes),
            None => Ok(()),
        }
    }
}
