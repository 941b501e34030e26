//! Who may learn what.
//!
//! Three [parties](crate::Party) hold every secret as a [replicated share](burn_mpc_engine::share::Rss): a sum of
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
//! # Where values enter and leave
//!
//! In: [`share`](crate::share()) and [`share_int`](crate::share_int) for data, [`share_model`](crate::share_model) for
//! weights. A tensor made in any other way is public. Out: [`reveal`](crate::reveal()), [`reveal_to`](crate::reveal_to),
//! [`reveal_with`](crate::reveal_with) and [`reveal_argmax_to`](crate::reveal_argmax_to). Each use is counted and
//! listed in the [report](crate::report::Report). Reading a secret through Burn is an error. Before anything is opened
//! the parties compare digests of their programs and of their randomness ([`agree`](burn_mpc_engine::protocol::agree)).
//!
//! A sort opens something, too: the places of a row's elements after a [shuffle](burn_mpc_engine::protocol::shuffle()) that
//! no party knows. They are a uniform permutation, whatever is sorted.
//!
//! # What an opened result reveals
//!
//! Each message is uniform to its receiver, or made of what the receiver knows. What a party learns in all is described
//! by the functionality that it takes part in. That of truncation is weaker than "the quotient, rounded at random":
//!
//! - [`Faithful`](burn_mpc_engine::protocol::Truncation::Faithful),
//!   [`Star`](burn_mpc_engine::protocol::Truncation::Star) and
//!   [`Probabilistic`](burn_mpc_engine::protocol::Truncation::Probabilistic) give `floor(z / 2^f) + [u < z mod 2^f]`,
//!   where `u`, uniform in `[0, 2^f)`, is **known to one party** (A), and `u - z mod 2^f` to another (B; under the star
//!   to both B and C). A party alone learns nothing from its number. A party that also learns the result, or a function
//!   of it, learns on which side of its number the low bits of `z` lie.
//! - [`Exact`](burn_mpc_engine::protocol::Truncation::Exact) gives `floor((z + 2^(f-1)) / 2^f)`, a function of `z`. It
//!   costs less than twice the bytes of faithful truncation and more rounds, and (Block-)ReLUs run step by step.
//!
//! A reveal opens the value rounded to a public [`Precision`](crate::Precision), 10 fractional bits unless another is
//! asked for by name: `2^f floor((z + 2^(f-1)) / 2^f)`, a function of the value alone. With
//! [`Precision::Exact`](crate::Precision::Exact) it opens all bits; logits have twice the session's fractional bits.
//!
//! What a reader learns from repeated runs, if it plays A or B in the truncations before a last layer, under faithful
//! truncation:
//!
//! | what it reads | runs of one input | what it knows |
//! | --- | --- | --- |
//! | exact logits, 16 hidden units | 1,000 | every weight of the last layer at active units, exactly (`tests/repeated_input.rs`) |
//! | exact logits, 64 hidden units | 6,000 | the same, and 20 bits below one unit of every activation |
//! | 20 fractional bits | 4,000; 40,000; 200,000 | the weights to 30; 11; 4 % |
//! | 16 fractional bits | 4,000; 40,000; 200,000 | to 570; 200; 86 % |
//! | 12 fractional bits | 200,000 | to 1000 % |
//! | 10 fractional bits | 100,000 | none of the weights, of an image that lies on no border (`tests/repeated_input.rs`) |
//! | 10, 4 or 1 fractional bits, or the class alone, of inputs that it chose to lie on a border | 1,000; 4,000 as A | an output's weights, up to a common factor, to some 20; 15 % |
//! | exact logits, `Truncation::Exact` | any | the same logits every time |
//!
//! Rows without a test were measured in a simulation with 16 hidden units and 20 fractional bits, except the second
//! row, which was measured on this code. A batch counts as that many runs. **Rounding limits a reader with one given
//! input; it is no protection against one that chooses inputs**: on the border between two rounded values, or two
//! classes, each result shows to which side the earlier roundings of that run have moved it, and a border is found in
//! some 25 to 50 runs. In a session that has only 10 fractional bits, such as the 32-bit default, a step of a hidden
//! value is a step of the result, even at a precision of 10 bits. Where readers are free to ask often, use
//! `Truncation::Exact`, under which results are a function of the inputs and the network alone, and limit how often
//! readers may ask. The class alone ([`reveal_argmax_to`](crate::reveal_argmax_to)) tells least for each query: prefer
//! it where the reader needs no more. Four bits less make a reader's error some 16 times as large, so it needs some 256
//! times the runs.
//!
//! A window of signs that ignores low bits also rounds by what the parties hold; a session of exact truncation refuses
//! it.
//!
//! Replicas are compared where a replicated value is opened, and before it is rounded. The result of a product is not
//! replicated: nothing is compared where logits of a linear layer are opened.
//!
//! # Not protected
//!
//! Two colluding parties; a party that deviates; side channels of a host; what the revealed output itself discloses;
//! and the wire, as long as the only links are memory and [plaintext TCP](burn_mpc_engine::net::tcp). A party that runs
//! [`session::local`](crate::session::local) or [`calibrate`](crate::session::calibrate) sees all shares: use these for
//! experiments and for data that the party may see. `SECURITY.md` of the repository goes boundary by boundary.
