//! BERT (Devlin et al., 2018), and sentence embeddings from it as sentence-transformers makes them: the mean of the last
//! hidden states over a sentence's tokens, divided by its length.

use burn::module::Module;
use burn::nn::{
    Embedding, EmbeddingConfig, Gelu, LayerNorm, LayerNormConfig, Linear, LinearConfig,
};
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Bool, Int, Tensor, TensorData, backend::Backend};

/// What is added to variances.
const EPSILON: f64 = 1e-12;

/// The sizes of a BERT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BertSpec {
    /// Tokens that it knows.
    pub vocabulary: usize,
    /// The longest sentence, in tokens.
    pub positions: usize,
    /// Length of a hidden state.
    pub width: usize,
    /// Layers of the encoder.
    pub layers: usize,
    /// Heads of each attention; they divide the width.
    pub heads: usize,
    /// Width between the two products of a layer.
    pub intermediate: usize,
}

impl BertSpec {
    /// all-MiniLM-L6-v2.
    pub const MINILM: Self = Self {
        vocabulary: 30_522,
        positions: 512,
        width: 384,
        layers: 6,
        heads: 12,
        intermediate: 1536,
    };

    /// BERT-base.
    pub const BASE: Self = Self {
        vocabulary: 30_522,
        positions: 512,
        width: 768,
        layers: 12,
        heads: 12,
        intermediate: 3072,
    };

    /// A small one of the same structure, for runs without weights.
    pub const SMALL: Self = Self {
        vocabulary: 1000,
        positions: 64,
        width: 48,
        layers: 2,
        heads: 4,
        intermediate: 192,
    };

    /// The network, not yet with weights.
    pub fn init<B: Backend>(&self, device: &B::Device) -> Bert<B> {
        let table =
            |rows: usize| -> Embedding<B> { EmbeddingConfig::new(rows, self.width).init(device) };
        let norm = || -> LayerNorm<B> {
            let config = LayerNormConfig::new(self.width).with_epsilon(EPSILON);
            config.init(device)
        };
        let linear =
            |from: usize, to: usize| -> Linear<B> { LinearConfig::new(from, to).init(device) };
        let output = |from: usize| BertOutput {
            dense: linear(from, self.width),
            layer_norm: norm(),
        };
        let layer = |_| BertLayer {
            attention: BertAttention {
                self_attention: BertSelfAttention {
                    query: linear(self.width, self.width),
                    key: linear(self.width, self.width),
                    value: linear(self.width, self.width),
                    heads: self.heads,
                },
                output: output(self.width),
            },
            intermediate: BertIntermediate {
                dense: linear(self.width, self.intermediate),
                gelu: Gelu::new(),
            },
            output: output(self.intermediate),
        };
        Bert {
            embeddings: BertEmbeddings {
                word_embeddings: table(self.vocabulary),
                position_embeddings: table(self.positions),
                token_type_embeddings: table(2),
                layer_norm: norm(),
            },
            encoder: BertEncoder {
                layer: (0..self.layers).map(layer).collect(),
            },
        }
    }
}

/// Who is told which part of a network runs, for reports. `()` ignores it.
pub trait Watch {
    /// Runs a part.
    fn part<T>(&self, name: &str, run: impl FnOnce() -> T) -> T;
}

impl Watch for () {
    fn part<T>(&self, _: &str, run: impl FnOnce() -> T) -> T {
        run()
    }
}

/// BERT without its pooler. Fields have the names that Hugging Face gives them, but for `self` and `LayerNorm`.
#[derive(Module, Debug)]
pub struct Bert<B: Backend> {
    /// From tokens to vectors.
    pub embeddings: BertEmbeddings<B>,
    /// The layers.
    pub encoder: BertEncoder<B>,
}

/// The tables, and the norm of their sum.
#[derive(Module, Debug)]
pub struct BertEmbeddings<B: Backend> {
    /// A vector for each token.
    pub word_embeddings: Embedding<B>,
    /// A vector for each place.
    pub position_embeddings: Embedding<B>,
    /// A vector for each sentence of a pair; the second one is not used here.
    pub token_type_embeddings: Embedding<B>,
    /// The norm.
    pub layer_norm: LayerNorm<B>,
}

/// The layers, one after the other.
#[derive(Module, Debug)]
pub struct BertEncoder<B: Backend> {
    /// Them.
    pub layer: Vec<BertLayer<B>>,
}

/// Attention and a network for each token, each followed by a norm of its sum with its input.
#[derive(Module, Debug)]
pub struct BertLayer<B: Backend> {
    attention: BertAttention<B>,
    intermediate: BertIntermediate<B>,
    output: BertOutput<B>,
}

#[derive(Module, Debug)]
struct BertAttention<B: Backend> {
    self_attention: BertSelfAttention<B>,
    output: BertOutput<B>,
}

#[derive(Module, Debug)]
struct BertSelfAttention<B: Backend> {
    query: Linear<B>,
    key: Linear<B>,
    value: Linear<B>,
    heads: usize,
}

#[derive(Module, Debug)]
struct BertIntermediate<B: Backend> {
    dense: Linear<B>,
    gelu: Gelu,
}

#[derive(Module, Debug)]
struct BertOutput<B: Backend> {
    dense: Linear<B>,
    layer_norm: LayerNorm<B>,
}

impl<B: Backend> BertSelfAttention<B> {
    fn forward(&self, x: Tensor<B, 3>, hidden: Option<Tensor<B, 4, Bool>>) -> Tensor<B, 3> {
        let [batch, tokens, width] = x.dims();
        let heads = |x: Tensor<B, 3>| {
            x.reshape([batch, tokens, self.heads, width / self.heads])
                .swap_dims(1, 2)
        };
        let query = heads(self.query.forward(x.clone()));
        let key = heads(self.key.forward(x.clone()));
        let value = heads(self.value.forward(x));
        let options = AttentionModuleOptions::default();
        attention(query, key, value, hidden, None, options)
            .swap_dims(1, 2)
            .reshape([batch, tokens, width])
    }
}

impl<B: Backend> BertOutput<B> {
    fn forward(&self, x: Tensor<B, 3>, input: Tensor<B, 3>) -> Tensor<B, 3> {
        self.layer_norm.forward(self.dense.forward(x) + input)
    }
}

impl<B: Backend> BertLayer<B> {
    fn forward(
        &self,
        x: Tensor<B, 3>,
        hidden: Option<Tensor<B, 4, Bool>>,
        name: &str,
        watch: &impl Watch,
    ) -> Tensor<B, 3> {
        let part = |part: &str| format!("{name}.{part}");
        let attention = &self.attention;
        let seen = watch.part(&part("attention"), || {
            attention.self_attention.forward(x.clone(), hidden)
        });
        let x = watch.part(&part("attention.output"), || {
            attention.output.forward(seen, x)
        });
        let inner = watch.part(&part("intermediate"), || {
            let BertIntermediate { dense, gelu } = &self.intermediate;
            gelu.forward(dense.forward(x.clone()))
        });
        watch.part(&part("output"), || self.output.forward(inner, x))
    }
}

/// True where a key is padding, `[sentences, heads, tokens, tokens]`; none if nothing is padded.
fn padding<B: Backend>(
    lengths: &[usize],
    heads: usize,
    tokens: usize,
    device: &B::Device,
) -> Option<Tensor<B, 4, Bool>> {
    if lengths.iter().all(|&length| length >= tokens) {
        return None;
    }
    let is_padding = lengths
        .iter()
        .flat_map(|&length| (0..tokens).map(move |key| key >= length));
    let data = TensorData::new(
        is_padding.collect::<Vec<_>>(),
        [lengths.len(), 1, 1, tokens],
    );
    let mask = Tensor::<B, 4, Bool>::from_data(data, device);
    Some(mask.expand([lengths.len(), heads, tokens, tokens]))
}

impl<B: Backend> Bert<B> {
    /// Vectors of tokens `[sentences, tokens]`.
    pub fn words(&self, ids: Tensor<B, 2, Int>) -> Tensor<B, 3> {
        self.embeddings.word_embeddings.forward(ids)
    }

    /// Vectors of tokens that come as rows with a one in their place, `[sentences, tokens, vocabulary]`.
    pub fn words_of_one_hot(&self, rows: Tensor<B, 3>) -> Tensor<B, 3> {
        let [sentences, tokens, vocabulary] = rows.dims();
        let table = self.embeddings.word_embeddings.weight.val();
        let width = table.dims()[1];
        rows.reshape([sentences * tokens, vocabulary])
            .matmul(table)
            .reshape([sentences, tokens, width])
    }

    /// From vectors of tokens `[sentences, tokens, width]` to embeddings of sentences `[sentences, width]`, each of
    /// length 1. What lies beyond a sentence's length is padding.
    pub fn embed(
        &self,
        words: Tensor<B, 3>,
        lengths: &[usize],
        watch: &impl Watch,
    ) -> Tensor<B, 2> {
        let [_, tokens, width] = words.dims();
        let device = words.device();
        let x = watch.part("embeddings", || {
            let embeddings = &self.embeddings;
            let places = Tensor::arange(0..tokens as i64, &device).unsqueeze();
            let place = embeddings.position_embeddings.forward(places);
            let first = Tensor::zeros([1, 1], &device);
            let kind = embeddings.token_type_embeddings.forward(first);
            embeddings.layer_norm.forward(words + (place + kind))
        });
        let heads = self
            .encoder
            .layer
            .first()
            .map_or(1, |layer| layer.attention.self_attention.heads);
        let hidden = padding(lengths, heads, tokens, &device);
        let layers = self.encoder.layer.iter().enumerate();
        let x = layers.fold(x, |x, (i, layer)| {
            layer.forward(x, hidden.clone(), &format!("encoder.layer.{i}"), watch)
        });
        watch.part("pooling", || {
            let weight = |length: usize, token: usize| {
                if token < length {
                    1.0 / length as f32
                } else {
                    0.0
                }
            };
            let weights: Vec<f32> = lengths
                .iter()
                .flat_map(|&length| (0..tokens).map(move |token| weight(length, token)))
                .collect();
            let weights = TensorData::new(weights, [lengths.len(), 1, tokens]);
            let means = Tensor::<B, 3>::from_data(weights, &device).matmul(x);
            let means = means.reshape([lengths.len(), width]);
            let squares = means.clone() * means.clone();
            means / squares.sum_dim(1).sqrt()
        })
    }

    /// Embeddings of sentences `[sentences, width]`, from token ids `[sentences, tokens]`.
    pub fn forward(&self, ids: Tensor<B, 2, Int>, lengths: &[usize]) -> Tensor<B, 2> {
        self.embed(self.words(ids), lengths, &())
    }
}
