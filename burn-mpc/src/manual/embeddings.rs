//! Embeddings: looking up rows of a table by token ids that are secret.
//!
//! A sentence is a row of ids, and the first layer of a transformer takes a row of its table for each. Whoever learns
//! the ids learns the sentence, so that they must be secret; the table usually is, too. There are three ways, and they
//! differ in who does the work. For `n` ids, and a table of `v` rows of `w` numbers:
//!
//! | way | table | the client sends | the servers do |
//! | --- | --- | --- | --- |
//! | one-hot rows from the client | secret | `n v` words | a product `n x v` by `v x w`, local, and one truncation of `n w` numbers |
//! | ids as secret integers | secret | `n` words | one-hot rows: about `v` ANDs for each id, and a conversion to a number for each place; then the product |
//! | rows from the client | public | `n w` words | nothing |
//!
//! In all of them the number of tokens is public. Pad sentences to a public length.
//!
//! - **One-hot from the client** is the default of the example `private_embedding`: a secret table in few rounds, and
//!   the traffic is the client's upload. Nobody checks that a row has a single one in it. A client that sends other rows gets the
//!   embedding of a mixture of tokens, of which it may learn more than of a sentence.
//! - **Secret ids** need nothing of the client but a number for each token, and models run unchanged:
//!   `Embedding::forward` takes them, and so do `select`, `gather` and `scatter`. The cost is linear in the rows of the
//!   table. An id that no row has sets a [flag](crate::manual::functions#what-happens-beyond). It is also the way where
//!   ids are computed from secrets, such as an `argmax`.
//! - **A public table** is for owners that allow it (many are published). The client looks up on its side and shares
//!   the vectors; the network behind stays secret. `private_embedding --public-embeddings` does that.
//!
//! Ids are shared as integers by [`share_int`](crate::share_int), or by [`share_from`](crate::MpcTensorExt::share_from)
//! of an integer tensor. All three ways give the same vectors:
//!
//! ```
//! use burn::backend::Flex;
//! use burn::nn::EmbeddingConfig;
//! use burn::tensor::{Int, Tensor};
//! use burn_mpc::session::local::three_parties;
//! use burn_mpc::{Mpc, MpcError, MpcTensorExt, Party, SessionConfig, ShareOptions, share_model};
//!
//! const CLIENT: Party = Party::P1;
//! let ids = Tensor::<Flex, 2, Int>::from_data([[2, 0, 4]], &Default::default());
//! // The owner's table: five tokens, a vector of two numbers for each.
//! let table = EmbeddingConfig::new(5, 2).init::<Flex>(&Default::default());
//! let rows = table.weight.val();
//!
//! let [found, ..] = three_parties(&SessionConfig::z64(), |device| {
//!     let mut secret_table = EmbeddingConfig::new(5, 2).init::<Mpc>(&device);
//!     if device.party() == Some(Party::P0) {
//!         secret_table.weight = burn::module::Param::from_data(rows.to_data(), &device);
//!     }
//!     let secret_table = share_model(secret_table, &device, Party::P0, ShareOptions::default())?;
//!     let is_client = device.party() == Some(CLIENT);
//!
//!     // Rows of which one element is 1, made by the client.
//!     let held = is_client.then(|| ids.clone().one_hot::<3>(5).float());
//!     let one_hot = Tensor::<Mpc, 3>::share_from(&device, CLIENT, "one-hot", [1, 3, 5], held)?;
//!     let by_product = one_hot.reshape([3, 5]).matmul(secret_table.weight.val());
//!
//!     // Ids as secret integers, and Burn's own layer.
//!     let held = is_client.then(|| ids.clone());
//!     let secret_ids = Tensor::<Mpc, 2, Int>::share_from(&device, CLIENT, "ids", [1, 3], held)?;
//!     let by_index = secret_table.forward(secret_ids);
//!
//!     // The client's own look-up in a table that is public.
//!     let held = is_client.then(|| table.forward(ids.clone()));
//!     let looked_up = Tensor::<Mpc, 3>::share_from(&device, CLIENT, "vectors", [1, 3, 2], held)?;
//!
//!     let differences = [by_product.reshape([1, 3, 2]), by_index].map(|way| way - looked_up.clone());
//!     Tensor::cat(differences.to_vec(), 0).abs().max().reveal("difference")
//! })?;
//! assert!(found?.into_scalar() < 0.001);
//! # Ok::<(), MpcError>(())
//! ```
//!
//! # More than words
//!
//! *Positions* are public, and so are the types of segments: a `select` by public ids is free, also of a secret table.
//! *Masks* of padding follow from public lengths; a mask of secret lengths is a comparison with `arange`. *The output
//! layer* of a language model is a product with the table; `argmax` of secret logits gives a secret id, which may be
//! looked up again, without a reveal in between. A vocabulary of tens of thousands makes both ends dear: `docs/OPS.md`
//! has the cost for each op, and [`MpcDevice::estimate`](crate::MpcDevice::estimate) that of a program.
//! `docs/spec/conversion.md` says how one-hot rows are made.
