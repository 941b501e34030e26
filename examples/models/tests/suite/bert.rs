//! BERT beside what sentence-transformers computes with the same weights.

use std::path::PathBuf;

use burn::backend::Flex;
use burn::tensor::{Int, Tensor, TensorData};
use example_models::data::DATA_VARIABLE;
use example_models::weights::{expected_weights, load_bert, save_weights};
use example_models::{Bert, BertSpec, WeightFile, random_bert};
use serde_json::Value;

use super::needed::needed;

fn small() -> Bert<Flex> {
    random_bert(BertSpec::SMALL.init(&Default::default()), 7)
}

/// Embeddings of sentences padded with zeros to the longest.
fn embeddings(model: &Bert<Flex>, sentences: &[Vec<i64>]) -> Vec<Vec<f32>> {
    let lengths: Vec<usize> = sentences.iter().map(Vec::len).collect();
    let tokens = lengths.iter().copied().max().unwrap();
    let padded = sentences.iter().flat_map(|ids| {
        let padding = tokens - ids.len();
        ids.iter().copied().chain(std::iter::repeat_n(0, padding))
    });
    let data = TensorData::new(padded.collect::<Vec<_>>(), [sentences.len(), tokens]);
    let ids = Tensor::<Flex, 2, Int>::from_data(data, &Default::default());
    let output = model.forward(ids, &lengths);
    let width = output.dims()[1];
    let values = output.into_data().to_vec::<f32>().unwrap();
    values.chunks(width).map(<[f32]>::to_vec).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        let pairs = a.iter().zip(b);
        pairs.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn minilm_embeds_the_reference_sentences_as_the_reference_does() {
    let part = "weights/minilm";
    let Some(data) = needed(DATA_VARIABLE, "data", &[part]) else {
        return;
    };
    let folder = data.join(part);
    let file = WeightFile::open(&folder.join("model_f16.safetensors")).unwrap();
    let model = load_bert(BertSpec::MINILM.init(&Default::default()), file).unwrap();
    let text = std::fs::read_to_string(folder.join("reference.json")).unwrap();
    let reference: Value = serde_json::from_str(&text).unwrap();
    let rows = |key: &str| reference[key].as_array().unwrap().clone();
    let ids: Vec<Vec<i64>> = rows("token_ids")
        .iter()
        .map(|row| {
            row.as_array()
                .unwrap()
                .iter()
                .map(|id| id.as_i64().unwrap())
                .collect()
        })
        .collect();
    let together = embeddings(&model, &ids);
    for (at, expected) in rows("embedding").iter().enumerate() {
        let expected = expected.as_array().unwrap().iter();
        let expected: Vec<f32> = expected.map(|v| v.as_f64().unwrap() as f32).collect();
        let alone = embeddings(&model, &ids[at..=at]);
        for found in [&together[at], &alone[0]] {
            let cosine = cosine(found, &expected);
            assert!(cosine > 0.9999, "sentence {at}: {cosine}");
            let length: f32 = found.iter().map(|v| v * v).sum();
            assert!((length - 1.0).abs() < 1e-4, "sentence {at}: {length}");
        }
    }
}

#[test]
fn padding_changes_no_embedding() {
    let model = small();
    let sentences = [vec![1, 5, 9, 700, 2], vec![1, 2], vec![1, 44, 2]];
    let together = embeddings(&model, &sentences);
    for (at, sentence) in sentences.iter().enumerate() {
        let alone = embeddings(&model, std::slice::from_ref(sentence));
        let pairs = alone[0].iter().zip(&together[at]);
        let off = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(off < 1e-5, "sentence {at}: {off}");
    }
}

#[test]
fn rows_with_a_one_are_looked_up_like_ids() {
    let (model, device) = (small(), Default::default());
    let ids = TensorData::from([[1_i64, 999, 0], [7, 7, 2]]);
    let ids = Tensor::<Flex, 2, Int>::from_data(ids, &device);
    let rows: Tensor<Flex, 3> = ids.clone().one_hot(BertSpec::SMALL.vocabulary).float();
    let (a, b) = (model.words(ids), model.words_of_one_hot(rows));
    assert_eq!(a.into_data(), b.into_data());
}

#[test]
fn names_are_those_of_hugging_face() {
    let expected = expected_weights(&BertSpec::MINILM.init::<Flex>(&Default::default()));
    // 5 of embeddings, 16 of each layer; the file has two of the pooler besides.
    assert_eq!(expected.len(), 5 + 6 * 16);
    assert_eq!(expected["embeddings.word_embeddings.weight"], [30_522, 384]);
    assert_eq!(expected["embeddings.LayerNorm.bias"], [384]);
    assert_eq!(
        expected["encoder.layer.5.attention.self.query.weight"],
        [384, 384]
    );
    assert_eq!(
        expected["encoder.layer.0.attention.output.LayerNorm.weight"],
        [384]
    );
    assert_eq!(
        expected["encoder.layer.0.intermediate.dense.weight"],
        [1536, 384]
    );
    let base = expected_weights(&BertSpec::BASE.init::<Flex>(&Default::default()));
    let count: usize = base
        .values()
        .map(|shape| shape.iter().product::<usize>())
        .sum();
    // 109,482,240 parameters, less those of the pooler.
    assert_eq!(count, 109_482_240 - 768 * 769);
}

#[test]
fn saved_weights_load_again_and_another_size_is_an_error() {
    let model = small();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("bert.safetensors");
    save_weights(&model, &path).unwrap();
    let init = || BertSpec::SMALL.init::<Flex>(&Default::default());
    let again = load_bert(init(), WeightFile::open(&path).unwrap()).unwrap();
    let sentence = [vec![1, 5, 9, 700, 2]];
    assert_eq!(embeddings(&model, &sentence), embeddings(&again, &sentence));
    let other = BertSpec::MINILM.init::<Flex>(&Default::default());
    let error = load_bert(other, WeightFile::open(&path).unwrap()).unwrap_err();
    let text = error.to_string();
    for part in [
        "BERT",
        "encoder.layer.5.attention.self.key.bias",
        "LayerNorm",
    ] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
}
