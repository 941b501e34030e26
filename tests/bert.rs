//! A small BERT with random weights, private and in the clear.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use burn::backend::Flex;
use burn::tensor::{Int, Tensor, TensorData};
use burn_mpc::session::local::three_parties;
use burn_mpc::{
    Audience, Mpc, MpcError, Party, Precision, SessionConfig, ShareOptions, Z64, reveal_with,
    share, share_model,
};
use example_models::{Bert, BertSpec, random_bert};

type Private = Mpc<Flex, Z64>;

const SPEC: BertSpec = BertSpec {
    vocabulary: 30,
    positions: 8,
    width: 24,
    layers: 2,
    heads: 3,
    intermediate: 48,
};

/// The embeddings err by about 2^-14: those of two layers of norms, each right to a few units of 2^-16, and of a last
/// division.
const EXACT: f32 = 4e-4;

#[test]
fn private_embeddings_are_those_of_the_plaintext_with_and_without_padding() {
    let sentences = [[3_usize, 29, 7, 1, 12], [4, 4, 0, 0, 0]];
    for lengths in [[5, 5], [5, 2]] {
        let plain: Bert<Flex> = random_bert(SPEC.init(&Default::default()), 5);
        let ids = TensorData::from(sentences.map(|ids| ids.map(|id| id as i64)));
        let ids = Tensor::<Flex, 2, Int>::from_data(ids, &Default::default());
        let expected = plain.forward(ids, &lengths).into_data();
        let mut rows = vec![0.0_f32; 10 * SPEC.vocabulary];
        for (place, id) in sentences.into_iter().flatten().enumerate() {
            rows[place * SPEC.vocabulary + id] = 1.0;
        }
        let shape = [2, 5, SPEC.vocabulary];
        let results = three_parties(&SessionConfig::z64(), |device| {
            let model = SPEC.init::<Private>(&device);
            let model = if device.party() == Some(Party::P0) {
                random_bert(model, 5)
            } else {
                model
            };
            let model = share_model(model, &device, Party::P0, ShareOptions::default())?;
            let own = device.party() == Some(Party::P1);
            let own = own.then(|| TensorData::new(rows.clone(), shape));
            let rows = share::<Flex, Z64, 3>(&device, Party::P1, "rows", shape, own)?;
            let output = model.embed(model.words_of_one_hot(rows), &lengths, &());
            let client = Audience::One(Party::P1);
            let opened = reveal_with(output, client, "embeddings", Precision::Exact)?;
            Ok::<_, MpcError>(opened.map(Tensor::into_data))
        });
        let [_, found, _] = results
            .expect("parties")
            .map(|result| result.expect("a result"));
        let found = found.expect("the client reads");
        assert_eq!(found.shape, expected.shape);
        let pairs = found.iter::<f32>().zip(expected.iter::<f32>());
        let off = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        println!("lengths {lengths:?}: {off}");
        assert!(off < EXACT, "lengths {lengths:?}: {off}");
    }
}
