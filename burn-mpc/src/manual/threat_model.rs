//! Who may learn what.
//!
//! Three [parties](crate::Party) hold every secret as a [replicated share](crate::share::Rss): a sum of
//! three components, two of them at each party. One party's pair is uniform; any two parties know
//! everything. So the promise is: **if no two parties collude and each follows the protocol**, no party
//! learns a weight, an input or an intermediate value that was not revealed to it.
//!
//! # What is public
//!
//! The program (ops, shapes, strides, paths of parameters), the [configuration](crate::SessionConfig),
//! which values are revealed to whom and under which label, message lengths and timing. Whether a tensor
//! is secret is public too. Control flow and message sizes do not depend on secrets.
//!
//! # Doors
//!
//! In: [`share`](crate::share()) for data, [`share_model`](crate::share_model) for weights. A tensor made
//! in any other way is public. Out: [`reveal`](crate::reveal()), [`reveal_to`](crate::reveal_to) and
//! [`reveal_argmax_to`](crate::reveal_argmax_to). Each use is counted and listed in the
//! [report](crate::report::Report). Burn's own reading of a secret is an error. Before anything is opened
//! the parties compare digests of their programs and of their randomness
//! ([`agree`](crate::protocol::agree)).
//!
//! # Not protected
//!
//! Two colluding parties; a party that deviates; side channels of a host; what the revealed output
//! itself tells; and the wire, as long as the only links are memory and [plaintext TCP](crate::net::tcp).
//! A party that runs [`session::local`](crate::session::local) or
//! [`calibrate`](crate::session::calibrate) sees all shares: these are for trying out and for data it
//! may see. `SECURITY.md` of the repository goes boundary by boundary.
