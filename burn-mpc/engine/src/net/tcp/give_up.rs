//! Giving up during set-up: every peer that can be reached is told why.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use super::accept::accept;
use super::config::TcpConfig;
use super::places::{LAST_WORDS, Places};
use crate::Party;
use crate::net::abort::AbortReason;
use crate::net::error::NetError;

/// How long a party that gives up waits for peers that have not connected yet, to tell them.
const LINGER: Duration = Duration::from_secs(1);

impl Places {
    /// Tells every peer that is linked, or connects within [`LINGER`], why set-up ends. A peer that comes later finds
    /// nobody.
    pub(super) fn give_up(
        mut self,
        config: &TcpConfig,
        listener: Option<&TcpListener>,
        until: Instant,
        error: &NetError,
    ) {
        let reason = error.reason(config.party);
        let now = Instant::now();
        if let Some(listener) = listener
            && until > now
        {
            // Accepts peers until none is missing or the time is over. An error, such as a peer that gives up too, does
            // not end the wait for the others.
            let until = until.min(now + LINGER);
            while accept(config, listener, until, &mut self).is_err() && Instant::now() < until {}
        }
        let mut told: Vec<TcpStream> = Vec::new();
        for peer in Party::ALL {
            if let Some((stream, _)) = self.take(peer) {
                told.extend(tell(stream, config.party, peer, &reason));
            }
        }
        // Reads what is left: closing a socket with unread bytes would take its last words back.
        let since = Instant::now();
        let mut scratch = [0; 4096];
        for mut stream in told {
            while since.elapsed() < LAST_WORDS {
                match stream.read(&mut scratch) {
                    Ok(0) => break,
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(_) => break,
                }
            }
        }
    }
}

fn tell(
    mut stream: TcpStream,
    party: Party,
    peer: Party,
    reason: &AbortReason,
) -> Option<TcpStream> {
    let payload = reason.payload();
    let header = reason.header(party, peer, 0);
    stream.set_nonblocking(false).ok()?;
    stream.set_write_timeout(Some(LAST_WORDS)).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_millis(50)))
        .ok()?;
    stream
        .write_all(&[&header.encode()[..], &payload].concat())
        .ok()?;
    stream.shutdown(Shutdown::Write).ok()?;
    Some(stream)
}
