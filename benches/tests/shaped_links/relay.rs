//! A relay between real sockets that delays what passes and limits its rate. It shares no code with the simulated
//! links: bytes are stamped as they arrive, in small chunks, and written when they are due.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use burn_mpc_engine::net::shaped::LinkShape;

/// Bytes that are stamped together; at 20 Mbit/s they take 3 ms.
const CHUNK: usize = 8 << 10;

/// Starts a relay to `target`; gives its address. Its threads end with the connections that pass through it.
pub fn start(target: SocketAddr, shape: LinkShape) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || -> io::Result<()> {
        let (near, _) = listener.accept()?;
        let far = TcpStream::connect(target)?;
        for stream in [&near, &far] {
            stream.set_nodelay(true)?;
        }
        pass(near.try_clone()?, far.try_clone()?, shape);
        pass(far, near, shape);
        Ok(())
    });
    Ok(address)
}

/// One direction: a thread that stamps, and one that waits and writes.
fn pass(mut from: TcpStream, mut to: TcpStream, shape: LinkShape) {
    let (sender, receiver) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut free = Instant::now();
        let mut chunk = [0; CHUNK];
        while let Ok(count) = from.read(&mut chunk) {
            if count == 0 {
                break;
            }
            free = free.max(Instant::now()) + seconds(count, shape);
            if sender
                .send((free + shape.latency, chunk[..count].to_vec()))
                .is_err()
            {
                break;
            }
        }
    });
    thread::spawn(move || {
        for (due, bytes) in receiver {
            while let Some(left) = due.checked_duration_since(Instant::now()) {
                if left.is_zero() {
                    break;
                }
                thread::park_timeout(left);
            }
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}

fn seconds(bytes: usize, shape: LinkShape) -> Duration {
    Duration::from_secs_f64(bytes as f64 * 8.0 / shape.bits_per_second as f64)
}
