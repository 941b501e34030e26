//! Moves a link's bytes between its TLS connection and the queues of the protocol's threads.
//!
//! One task sends, one receives. They share the connection under a lock that is held for one poll at a time, never while
//! either waits: TLS has one state for both directions, and a lock held over a wait would let one direction stop the
//! other.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::mpsc::Sender;
use std::task::Poll;
use std::time::Duration;

use burn_mpc_engine::net::pipe::FarEnd;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf, ReadHalf, WriteHalf, split};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_rustls::TlsStream;

type Stream = TlsStream<TcpStream>;

/// Most bytes that are read at once.
const READ_BYTES: usize = 128 << 10;
/// How long a closed link is still read from, so that its last bytes reach the peer.
const LINGER: Duration = Duration::from_millis(250);

/// Starts both tasks. `early` are the link's first bytes, which were read already; `ended` is dropped when the tasks end.
pub(crate) fn start(
    runtime: &Handle,
    stream: Stream,
    early: &[u8],
    end: &FarEnd,
    ended: Sender<()>,
) -> [AbortHandle; 2] {
    let (reader, writer) = split(stream);
    if !early.is_empty() {
        end.put(early);
    }
    let (sending, receiving, sender_ended) = (end.clone(), end.clone(), ended.clone());
    let sends = runtime.spawn(async move {
        send(writer, &sending).await;
        drop(sender_ended);
    });
    let receives = runtime.spawn(async move {
        receive(reader, &receiving).await;
        drop(ended);
    });
    [sends.abort_handle(), receives.abort_handle()]
}

async fn send(mut writer: WriteHalf<Stream>, end: &FarEnd) {
    while let Some(piece) = poll_fn(|cx| end.poll_take(cx)).await {
        let sent = match writer.write_all(&piece).await {
            Ok(()) => writer.flush().await,
            Err(error) => Err(error),
        };
        if let Err(error) = sent {
            end.end_outgoing(&in_words(&error));
            return;
        }
        end.taken(piece);
    }
    // The peer then knows that nothing was cut off. It may be gone.
    let _ = writer.shutdown().await;
}

async fn receive(mut reader: ReadHalf<Stream>, end: &FarEnd) {
    let mut bytes = vec![0; READ_BYTES];
    let reason = loop {
        if !poll_fn(|cx| end.poll_room(cx)).await {
            break None;
        }
        match read_unless_closed(&mut reader, end, &mut bytes).await {
            None => break None,
            Some(Ok(0)) => break Some("connection closed".to_owned()),
            Some(Ok(count)) => end.put(&bytes[..count]),
            Some(Err(error)) => break Some(in_words(&error)),
        }
    };
    if let Some(reason) = reason {
        end.end_incoming(&reason);
        end.end_outgoing(&reason);
        return;
    }
    // Closing a socket with unread bytes would take back what was sent last. Nothing that comes now is wanted.
    let _ = timeout(LINGER, async {
        while reader.read(&mut bytes).await? > 0 {}
        Ok::<_, io::Error>(())
    })
    .await;
}

/// Reads what is there; none when the party takes nothing any more.
async fn read_unless_closed(
    reader: &mut ReadHalf<Stream>,
    end: &FarEnd,
    bytes: &mut [u8],
) -> Option<io::Result<usize>> {
    poll_fn(|cx| {
        if end.poll_closed(cx).is_ready() {
            return Poll::Ready(None);
        }
        let mut buffer = ReadBuf::new(bytes);
        let read = Pin::new(&mut *reader).poll_read(cx, &mut buffer);
        read.map(|read| Some(read.map(|()| buffer.filled().len())))
    })
    .await
}

/// Why a link ended, for the error that names it.
fn in_words(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|e| e.downcast_ref());
    match (inner, error.kind()) {
        (Some(rustls::Error::DecryptError), _) => "TLS: bytes were changed on the way".to_owned(),
        (Some(error), _) => format!("TLS: {error}"),
        (None, io::ErrorKind::UnexpectedEof) => {
            "the connection was cut off without a farewell".to_owned()
        }
        (None, kind) => format!("{kind:?}: {error}"),
    }
}
