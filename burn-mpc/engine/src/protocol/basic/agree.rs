//! Before anything is opened: do the parties run one program, and does every value lie where its function is defined?

use crate::Party;
use crate::net::NetError;
use crate::protocol::context::flags::product;
use crate::protocol::context::{Context, KeyOf, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::step::agree::DIGEST;
use crate::step::flags::{FACTOR, ZERO};

const DIGEST_BYTES: usize = 32;
/// Two digests: see [`agree`].
const AGREE_BYTES: usize = 2 * DIGEST_BYTES;
/// A part of the product of flags: see [`agree_to_open`].
const FLAG_BYTES: usize = 8;

/// Declared cost of [`agree`]: 64 bytes on each of the six links, 1 round.
pub fn agree_cost() -> Cost {
    cost(AGREE_BYTES)
}

fn cost(bytes: usize) -> Cost {
    let all = [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)];
    Cost::local().round(Party::ALL, &all.map(|(from, to)| (from, to, bytes)))
}

/// Compares transcripts and draws, so that no party opens anything after the parties diverged.
///
/// - **Holds**: nothing new.
/// - **Sends**: 1 round, 64 bytes to each peer: a BLAKE3 digest of public facts and of the
///   addresses and lengths of all draws from the key shared with that peer, and one of the draws
///   from the other key.
/// - **Randomness**: none.
/// - **Correctness**: equal digests mean equal programs up to a hash collision. The peers' draws
///   from the key that this party lacks are compared with each other: otherwise this party would
///   open its share while the two holders of that key have found that they differ.
/// - **Leaks**: nothing; everything digested is public.
///
/// # Errors
/// [`ProtocolError::Desync`] if a peer's digest differs.
pub fn agree(ctx: &mut Context) -> Result<(), ProtocolError> {
    let op = ctx.begin("agree", &[]);
    ctx.declare(&agree_cost());
    if !ctx.computes() {
        return Ok(());
    }
    compared(ctx, op, &[]).map(drop)
}

/// [`agree`], and finds out whether any flag is set that was gathered since the last time: whether any value lies
/// where a function of it is not defined. If so nothing is to be opened.
///
/// - **Holds**: the gathered flags as one word `s`, shared by exclusive or: see `context/flags.rs`. It is zero if no flag
///   is set.
/// - **Sends**: the message of [`agree`], and in it 8 bytes more if flags were gathered: a part of `s r` in `GF(2^64)`,
///   where nobody knows `r`.
/// - **Randomness**: one word of each key for `r`, and an xor zero share.
/// - **Correctness**: `s r = 0` if no flag is set. Otherwise `s != 0`, but for `n` chances in `2^64` of `n` words, and
///   `s r = 0` only if `r = 0`: one chance in `2^64`.
/// - **Leaks**: to every party whether any flag is set; nothing else. For `s != 0` the product is as uniform as `r`, and
///   the zero share hides all but the product.
///
/// # Errors
/// [`ProtocolError::Domain`] if a flag is set; [`ProtocolError::Desync`] if a peer's digest differs.
pub(super) fn agree_to_open(ctx: &mut Context) -> Result<(), ProtocolError> {
    if !ctx.flags().are_gathered() {
        return agree(ctx);
    }
    let op = ctx.begin("agree-flags", &[]);
    ctx.declare(&cost(AGREE_BYTES + FLAG_BYTES));
    let (word, places) = ctx.flags().take();
    if !ctx.computes() {
        return Ok(());
    }
    let party = ctx.party();
    let own = ctx.draw_words(op, KeyOf(party), FACTOR, 1)?;
    let next = ctx.draw_words(op, KeyOf(party.next()), FACTOR, 1)?;
    let zero = ctx.zero_bits(op, ZERO, 1)?;
    let part = product(word[0], own[0] ^ next[0]) ^ product(word[1], own[0]) ^ zero[0];
    let others = compared(ctx, op, &part.to_le_bytes())?;
    let whole = others.into_iter().fold(part, |sum, bytes| {
        let bytes = core::array::from_fn(|i| bytes.get(i).copied().unwrap_or(0));
        sum ^ u64::from_le_bytes(bytes)
    });
    if whole == 0 {
        return Ok(());
    }
    Err(ProtocolError::Domain { party, places })
}

/// `agree_to_open` if flags were gathered, else nothing.
///
/// # Errors
/// [`ProtocolError::Domain`] if a flag is set; those of [`agree`].
pub fn check_flags(ctx: &mut Context) -> Result<(), ProtocolError> {
    if ctx.flags().are_gathered() {
        return agree_to_open(ctx);
    }
    Ok(())
}

/// Exchanges digests, and `more` bytes after them; returns those of both peers.
fn compared(ctx: &mut Context, op: Op, more: &[u8]) -> Result<[Vec<u8>; 2], ProtocolError> {
    let party = ctx.party();
    let peers = [party.next(), party.prev()];
    let digests = peers.map(|peer| ctx.digest_for(peer));
    for (peer, digest) in peers.into_iter().zip(&digests) {
        let other = ctx.draws_hidden_from(peer);
        ctx.send_bytes(op, peer, DIGEST, &[digest, &other[..], more].concat())?;
    }
    let desync = |ctx: &Context, peer| ProtocolError::Desync {
        party,
        peer,
        op: op.id(),
        path: ctx.probe.path(op).into(),
    };
    let mut disagreeing = None;
    let (mut others, mut rest) = (Vec::new(), [Vec::new(), Vec::new()]);
    for (place, (peer, digest)) in peers.into_iter().zip(&digests).enumerate() {
        let received = ctx.recv_bytes(op, peer, DIGEST, AGREE_BYTES + more.len());
        let mut received = received.map_err(|error| match error {
            // A peer that gathered flags where this party did not, or the other way round.
            ProtocolError::Net(NetError::Length { .. }) => desync(ctx, peer),
            error => error,
        })?;
        rest[place] = received.split_off(AGREE_BYTES);
        others.push(received.split_off(DIGEST_BYTES));
        if received != digest {
            disagreeing = disagreeing.or(Some(peer));
        }
    }
    if others[0] != others[1] {
        disagreeing = disagreeing.or(Some(party.next()));
    }
    disagreeing.map_or(Ok(rest), |peer| Err(desync(ctx, peer)))
}
