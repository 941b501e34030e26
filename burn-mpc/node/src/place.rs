//! A link that exists while others are still being made: it is watched, so that a peer that gives up is heard at once.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use burn_mpc_engine::Party;
use burn_mpc_engine::net::{
    AbortReason, At, FrameKind, HEADER_BYTES, Header, MAX_ABORT_TEXT_BYTES, NetError,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::time::timeout;

use crate::handshake::{Link, linger};

/// How long the rest of an abort frame may take, and how long telling one.
const LAST_WORDS: Duration = Duration::from_millis(250);

pub(crate) struct Place {
    link: Link,
    /// The first bytes that came, at most a header; they belong to the mesh.
    read: Vec<u8>,
    /// Whether this party made the connection.
    pub(crate) dialled: bool,
}

/// What was found on a watched link.
pub(crate) enum Seen {
    /// It is closed or broken.
    Closed,
    /// The header of an abort frame.
    Abort(Header),
}

impl Place {
    pub(crate) fn new(link: Link, dialled: bool) -> Self {
        Self {
            link,
            read: Vec::new(),
            dialled,
        }
    }

    /// Ready when the link ends. A header of anything but an abort frame is left to the mesh, and ends the watch.
    pub(crate) fn poll_watch(&mut self, cx: &mut Context<'_>) -> Poll<Seen> {
        let mut bytes = [0; HEADER_BYTES];
        while self.read.len() < HEADER_BYTES {
            let mut buffer = ReadBuf::new(&mut bytes[self.read.len()..]);
            match Pin::new(&mut self.link.stream).poll_read(cx, &mut buffer) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    self.read.extend_from_slice(buffer.filled());
                }
                Poll::Ready(_) => return Poll::Ready(Seen::Closed),
            }
            if self.read.len() == HEADER_BYTES {
                bytes.copy_from_slice(&self.read);
                if let Ok(header) = Header::decode(&bytes)
                    && header.kind == FrameKind::Abort
                {
                    return Poll::Ready(Seen::Abort(header));
                }
            }
        }
        Poll::Pending
    }

    /// Reads the rest of an abort frame.
    pub(crate) async fn last_words(mut self, header: Header, party: Party) -> NetError {
        let at = At::link(party, self.link.peer, Duration::ZERO);
        let length = (header.length as usize).min(1 + MAX_ABORT_TEXT_BYTES);
        let mut payload = vec![0; length];
        let read = timeout(LAST_WORDS, self.link.stream.read_exact(&mut payload)).await;
        let reason = read
            .is_ok_and(|read| read.is_ok())
            .then(|| AbortReason::read(&header, &payload))
            .flatten();
        match reason {
            Some(reason) => NetError::PeerAborted {
                at,
                origin: reason.origin,
                code: reason.code,
                op: reason.op,
                text: reason.text,
            },
            None => NetError::PeerLost {
                at,
                detail: "it gave up without saying why".to_owned(),
            },
        }
    }

    /// Tells the peer why this party gives up, and closes the link.
    pub(crate) async fn tell(mut self, party: Party, reason: AbortReason) {
        let frame = reason.frame(party, self.link.peer);
        // A peer that is gone is told nothing.
        let told = timeout(LAST_WORDS, async {
            self.link.stream.write_all(&frame).await?;
            self.link.stream.flush().await
        });
        if matches!(told.await, Ok(Ok(()))) {
            linger(self.link.stream).await;
        }
    }

    /// The link, and the bytes of the mesh that were read from it.
    pub(crate) fn into_parts(self) -> (Link, Vec<u8>) {
        (self.link, self.read)
    }
}
