//! What the machine allows: speed of the ring product on all cores, and of loopback.

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Instant;

use burn_mpc::{Ring, Z32, Z64};
use burn_mpc_engine::ring::{matmul_acc, with_threads};

use crate::error::BenchError;
use crate::table::Floors;

/// Side of the square product.
const SIDE: usize = 1024;
/// Products a thread computes, and bytes a sender sends, in one measurement.
const PRODUCTS: usize = 2;
const BYTES: usize = 256 << 20;
/// Bytes of one write.
const CHUNK: usize = 1 << 20;
/// Measurements, of which the best counts.
const TRIES: usize = 3;

/// Measures everything; takes some seconds.
pub fn measure() -> Result<Floors, BenchError> {
    Ok(Floors {
        products: [product_rate::<Z64>()?, product_rate::<Z32>()?],
        loopback: loopback_rate()?,
    })
}

/// Multiplications per second of the ring product, all cores together.
fn product_rate<R: Ring>() -> Result<f64, BenchError> {
    let cores = thread::available_parallelism()?.get();
    let word = |i: usize| R::from_u64((i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let matrix = || (0..SIDE * SIDE).map(word).collect::<Vec<R>>();
    let work = (cores * PRODUCTS * SIDE * SIDE * SIDE) as f64;
    best(|| {
        let tasks = (0..cores).map(|_| {
            let (a, b, mut c) = (matrix(), matrix(), matrix());
            move || {
                with_threads(1, || {
                    for _ in 0..PRODUCTS {
                        matmul_acc(SIDE, SIDE, SIDE, black_box(&a), &b, &mut c);
                    }
                });
                drop(black_box(c));
                Ok(())
            }
        });
        Ok(work / together(tasks.collect())?)
    })
}

/// Bytes per second over loopback while three senders write to three receivers, as three parties do.
fn loopback_rate() -> Result<f64, BenchError> {
    best(|| {
        let mut tasks: Vec<Box<dyn FnOnce() -> std::io::Result<()> + Send>> = Vec::new();
        for _ in 0..3 {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let mut sender = TcpStream::connect(listener.local_addr()?)?;
            let (mut receiver, _) = listener.accept()?;
            tasks.push(Box::new(move || {
                let chunk = vec![1_u8; CHUNK];
                (0..BYTES / CHUNK).try_for_each(|_| sender.write_all(&chunk))
            }));
            tasks.push(Box::new(move || {
                let mut chunk = vec![0_u8; CHUNK];
                (0..BYTES / CHUNK).try_for_each(|_| receiver.read_exact(&mut chunk))
            }));
        }
        Ok(3.0 * BYTES as f64 / together(tasks)?)
    })
}

fn best(mut measure: impl FnMut() -> Result<f64, BenchError>) -> Result<f64, BenchError> {
    let mut best = 0.0_f64;
    for _ in 0..TRIES {
        best = best.max(measure()?);
    }
    Ok(best)
}

/// Seconds that the tasks take when all run at once, a thread each.
fn together<F>(tasks: Vec<F>) -> Result<f64, BenchError>
where
    F: FnOnce() -> std::io::Result<()> + Send + 'static,
{
    let barrier = Arc::new(Barrier::new(tasks.len() + 1));
    let start = |task: F| {
        let barrier = Arc::clone(&barrier);
        thread::spawn(move || {
            barrier.wait();
            task()
        })
    };
    let threads: Vec<_> = tasks.into_iter().map(start).collect();
    barrier.wait();
    let begin = Instant::now();
    for thread in threads {
        thread.join().map_err(|_| BenchError::Thread)??;
    }
    Ok(begin.elapsed().as_secs_f64())
}
