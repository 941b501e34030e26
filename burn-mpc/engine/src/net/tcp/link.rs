//! One connected socket: a buffered reader and a writer thread.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::buffered::Buffered;
use crate::net::QUEUE_CAP_BYTES;
use crate::net::memory::overall_limit;
use crate::net::queue::{FrameQueue, QueueError};
use crate::net::shaped::LinkShape;
use crate::sync::lock;

/// Interval at which a blocked read checks its deadline.
const TICK: Duration = Duration::from_millis(50);
/// How long shutdown waits for queued frames to leave.
const FLUSH: Duration = Duration::from_millis(250);
/// Headers and small messages are read together through a buffer of this size.
const READ_BUFFER_BYTES: usize = 64 << 10;

pub(super) struct Link {
    reader: Mutex<Buffered<TcpStream>>,
    /// The same socket, to close it while it is read from.
    socket: TcpStream,
    queue: Arc<FrameQueue>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Link {
    /// Takes over a connected socket.
    pub(super) fn start(stream: TcpStream, shape: Option<LinkShape>) -> io::Result<Self> {
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TICK))?;
        stream.set_write_timeout(None)?;
        let queue = Arc::new(FrameQueue::new(QUEUE_CAP_BYTES, shape));
        let (written, frames) = (stream.try_clone()?, Arc::clone(&queue));
        let socket = stream.try_clone()?;
        let writer = thread::Builder::new()
            .name("mpc-writer".to_owned())
            .spawn(move || write_frames(written, &frames))?;
        Ok(Self {
            socket,
            reader: Mutex::new(Buffered::new(READ_BUFFER_BYTES, stream)),
            queue,
            writer: Mutex::new(Some(writer)),
        })
    }

    pub(super) fn push(
        &self,
        frame: &[&[u8]],
        patience: Option<Duration>,
    ) -> Result<(), QueueError> {
        self.queue.push(frame, patience)
    }

    pub(super) fn push_last(&self, frame: &[&[u8]]) {
        self.queue.push_last(frame);
    }

    /// Fills `buffer`; `deadline` counts from the last byte that arrived.
    pub(super) fn read(&self, buffer: &mut [u8], deadline: Duration) -> Result<(), QueueError> {
        let mut reader = lock(&self.reader);
        let since = Instant::now();
        let limit = overall_limit(deadline, buffer.len());
        let (mut done, mut last) = (0, since);
        while done < buffer.len() {
            match reader.read(&mut buffer[done..]) {
                Ok(0) => return Err(QueueError::Closed("connection closed".to_owned())),
                Ok(count) => {
                    done += count;
                    if done < buffer.len() {
                        last = Instant::now();
                    }
                }
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {}
                    kind => return Err(QueueError::Closed(format!("{kind:?}: {error}"))),
                },
            }
            if done < buffer.len() && (last.elapsed() >= deadline || since.elapsed() >= limit) {
                return Err(QueueError::TimedOut);
            }
        }
        Ok(())
    }

    /// Waits until all frames have left; `patience` counts from the last byte that did.
    pub(super) fn flush(&self, patience: Duration) {
        let mut before = usize::MAX;
        loop {
            let left = self.queue.drain(patience);
            if left == 0 || left >= before {
                return;
            }
            before = left;
        }
    }

    /// Refuses further frames. Those queued are still written.
    pub(super) fn finish(&self) {
        self.queue.close("closed by this party");
    }

    /// Gives queued frames a moment to leave, then closes the socket and ends the writer.
    pub(super) fn shutdown(&self) {
        self.finish();
        let mut writer = lock(&self.writer);
        let Some(writer) = writer.take() else {
            return;
        };
        self.queue.drain(FLUSH);
        self.queue.close_and_drop("closed by this party");
        // Fails only when the peer closed first; a writer blocked in a write returns either way.
        let _ = self.socket.shutdown(Shutdown::Both);
        // A panic of the writer has been reported by its thread already.
        let _ = writer.join();
    }
}

fn write_frames(mut socket: TcpStream, queue: &FrameQueue) {
    while let Ok(piece) = queue.pop(None) {
        if let Err(error) = socket.write_all(&piece) {
            queue.close_and_drop(&format!("{:?}: {error}", error.kind()));
            return;
        }
        queue.release(piece.len());
        queue.discard(piece);
    }
}
