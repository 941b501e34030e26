//! Measures latency and bandwidth of the links between the parties.
//!
//! Each party in turn measures its link to the next one, in both directions, while the third waits, so that nothing
//! else is on the wire. It sends some bytes, gets some back and reads only its own clock. Latency is half of the
//! shortest round trip of a few bytes. Bandwidth is that of the last of several growing bursts, sent one way at a time
//! and answered by a byte. Then all parties exchange their figures and use the worst, so that all continue with the
//! same.
//!
//! Figures are public and affect nothing but speed. A party that answers late or lies makes the others choose a slower
//! schedule.

use std::time::{Duration, Instant};

use super::shaped::LinkShape;
use super::{Mesh, NetError};
use crate::Party;
use crate::step::links::{BACK, FIGURES, PLAN, THERE};

/// Operation number of set-up.
const OP: u64 = 0;

/// Fewest and most pings of a link, and how long more than the fewest are sent.
const PINGS: [usize; 2] = [3, 12];
const PINGING: Duration = Duration::from_millis(50);

/// Lengths of the bursts. They grow, since a fresh socket starts slowly, until one takes [`ENOUGH`] and two round
/// trips.
const BURSTS: [usize; 4] = [64 << 10, 256 << 10, 1 << 20, MAX_BURST];
const MAX_BURST: usize = 4 << 20;
const ENOUGH: Duration = Duration::from_millis(50);
/// Bursts stop growing after the deadline divided by this, since the third party waits.
const PATIENCE: u32 = 16;

/// Bounds to which figures are clamped: microseconds, and kilobits per second.
const MICROS: [u32; 2] = [1, 10_000_000];
const KILOBITS: [u32; 2] = [8, 100_000_000];

/// Measures all links and returns the greatest latency and the least bandwidth among them, equal at all parties, in
/// whole microseconds and kilobits per second. Call it at the same step of set-up at all parties; its traffic is
/// charged to set-up. Bursts stop growing once they have used a fixed share of `deadline`, since the third party waits
/// for two links.
///
/// # Errors
/// Any [`NetError`]; the mesh is dead afterwards.
pub fn measure(mesh: &mut Mesh, deadline: Duration) -> Result<LinkShape, NetError> {
    let party = mesh.party();
    let mut bytes = vec![0; MAX_BURST];
    // Nothing on the way can compress these.
    blake3::Hasher::new().finalize_xof().fill(&mut bytes);
    let mut own = [0; 2];
    for measuring in Party::ALL {
        if party == measuring {
            own = probe(mesh, &mut bytes, deadline / PATIENCE)?;
        } else if party == measuring.next() {
            answer(mesh, measuring, &mut bytes)?;
        }
    }
    let worst = agree(mesh, own)?;
    mesh.finish_setup();
    Ok(worst)
}

/// Microseconds one way and kilobits per second of the link to the next party.
fn probe(mesh: &mut Mesh, bytes: &mut [u8], patience: Duration) -> Result<[u32; 2], NetError> {
    let since = Instant::now();
    let mut trip = Duration::MAX;
    for sent in 0..PINGS[1] {
        if sent >= PINGS[0] && since.elapsed() >= PINGING {
            break;
        }
        trip = trip.min(exchange(mesh, bytes, 1, 1)?);
    }
    let there = bandwidth(mesh, bytes, trip, patience, |burst| [burst, 1])?;
    let back = bandwidth(mesh, bytes, trip, patience, |burst| [1, burst])?;
    plan(mesh, 0, 0)?;
    let micros = (trip / 2).as_nanos().div_ceil(1000);
    Ok([u32::try_from(micros).unwrap_or(u32::MAX), there.min(back)])
}

/// Kilobits per second of growing bursts. `lengths` gives the bytes that go there and back.
fn bandwidth(
    mesh: &mut Mesh,
    bytes: &mut [u8],
    trip: Duration,
    patience: Duration,
    lengths: impl Fn(usize) -> [usize; 2],
) -> Result<u32, NetError> {
    let since = Instant::now();
    let mut kilobits = 0;
    for burst in BURSTS {
        let [there, back] = lengths(burst);
        let took = exchange(mesh, bytes, there, back)?.saturating_sub(trip);
        let micros = took.as_micros().max(1) as u64;
        kilobits = burst as u64 * 8 * 1000 / micros;
        if took >= ENOUGH.max(2 * trip) || since.elapsed() >= patience {
            break;
        }
    }
    Ok(u32::try_from(kilobits).unwrap_or(u32::MAX))
}

/// Sends `there` bytes to the next party, receives `back` bytes and returns the time taken.
fn exchange(
    mesh: &mut Mesh,
    bytes: &mut [u8],
    there: usize,
    back: usize,
) -> Result<Duration, NetError> {
    let peer = mesh.party().next();
    let since = Instant::now();
    plan(mesh, there, back)?;
    mesh.send(peer, OP, THERE.label(), &bytes[..there])?;
    mesh.recv(peer, OP, BACK.label(), &mut bytes[..back])?;
    Ok(since.elapsed())
}

/// Announces to the next party how many bytes go there and back; `back = 0` is the end.
fn plan(mesh: &mut Mesh, there: usize, back: usize) -> Result<(), NetError> {
    let lengths = pair([there as u32, back as u32]);
    mesh.send(mesh.party().next(), OP, PLAN.label(), &lengths)
}

/// The other side of [`probe`].
fn answer(mesh: &mut Mesh, peer: Party, bytes: &mut [u8]) -> Result<(), NetError> {
    // One plan more than an honest peer has exchanges: the end.
    for _ in 0..=PINGS[1] + 2 * BURSTS.len() {
        let mut lengths = [0; 8];
        mesh.recv(peer, OP, PLAN.label(), &mut lengths)?;
        let [there, back] = unpair(lengths).map(|len| (len as usize).min(MAX_BURST));
        if back == 0 {
            break;
        }
        mesh.recv(peer, OP, THERE.label(), &mut bytes[..there])?;
        mesh.send(peer, OP, BACK.label(), &bytes[..back])?;
    }
    Ok(())
}

/// The worst of the figures of all parties.
pub(super) fn agree(mesh: &mut Mesh, own: [u32; 2]) -> Result<LinkShape, NetError> {
    let peers = [mesh.party().next(), mesh.party().prev()];
    for peer in peers {
        mesh.send(peer, OP, FIGURES.label(), &pair(own))?;
    }
    let mut worst = own;
    for peer in peers {
        let mut told = [0; 8];
        mesh.recv(peer, OP, FIGURES.label(), &mut told)?;
        let [micros, kilobits] = unpair(told);
        worst = [worst[0].max(micros), worst[1].min(kilobits)];
    }
    let micros = worst[0].clamp(MICROS[0], MICROS[1]);
    let kilobits = worst[1].clamp(KILOBITS[0], KILOBITS[1]);
    Ok(LinkShape {
        latency: Duration::from_micros(micros.into()),
        bits_per_second: u64::from(kilobits) * 1000,
    })
}

fn pair([a, b]: [u32; 2]) -> [u8; 8] {
    (u64::from(a) | u64::from(b) << 32).to_le_bytes()
}

fn unpair(bytes: [u8; 8]) -> [u32; 2] {
    let both = u64::from_le_bytes(bytes);
    [both as u32, (both >> 32) as u32]
}
