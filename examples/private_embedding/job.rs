//! One job: which network, which weights, which sentences; and how to load them.

use std::ops::Range;
use std::path::{Path, PathBuf};

use burn::backend::Flex;
use burn::tensor::TensorData;
use burn::tensor::backend::Backend;
use burn_mpc::net::shaped::LinkShape;
use burn_mpc::{Party, SessionConfig};
use example_models::data::data_dir;
use example_models::weights::load_bert;
use example_models::{Bert, BertSpec, WeightFile, random_bert};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::network;
use crate::options::{Model, Options};
use crate::output::note;
use crate::roles::{CLIENT, MODEL_OWNER};
use crate::words::{self, Words};

/// Seed of random weights: the plaintext run and the owner must make the same ones.
const RANDOM_SEED: u64 = 1;

/// Names of the weight file in its folder; the first that is there is read.
const WEIGHT_FILES: [&str; 2] = ["model_f16.safetensors", "model.safetensors"];

/// The table of token embeddings in it.
const TABLE: &str = "embeddings.word_embeddings.weight";

/// The file of sentences beside the weights.
const REFERENCE: &str = "reference.json";

/// What is embedded without a reference.
const SENTENCES: [&str; 4] = [
    "A man is playing a guitar on stage.",
    "A woman is playing a violin on stage.",
    "The stock market fell sharply after the announcement.",
    "How do I reset my password?",
];

/// Everything that a party needs to know.
#[derive(Clone, Serialize, Deserialize)]
pub struct Job {
    /// The network.
    pub model: Model,
    /// The folder of its weights, read by their owner; random ones if there is none.
    pub weights: Option<PathBuf>,
    /// Whether the table of token embeddings is public.
    pub public_embeddings: bool,
    /// The length of each sentence in tokens: public.
    pub lengths: Vec<usize>,
    /// The ids of each sentence; at the client only.
    pub tokens: Vec<Vec<u32>>,
    /// Sentences per inference.
    pub batch: usize,
    /// Parameters of the session.
    pub config: SessionConfig,
    /// The latency and bandwidth to which links are slowed down.
    pub link: Option<LinkShape>,
}

/// The sentences of the reference beside the weights.
#[derive(Deserialize)]
struct Reference {
    sentences: Vec<String>,
}

/// The network, and the folder of its weights.
fn network_of(options: &Options) -> (Model, Option<PathBuf>) {
    let wanted = options.model.unwrap_or(Model::Minilm);
    match &options.weights {
        _ if wanted != Model::Minilm => (wanted, None),
        Some(path) if path == Path::new("random") => (wanted, None),
        Some(path) => (wanted, Some(path.clone())),
        None => {
            let folder = data_dir().join("weights").join("minilm");
            if folder.is_dir() {
                return (wanted, Some(folder));
            }
            let model = options.model.unwrap_or(Model::Small);
            note(format_args!(
                "no weights of all-MiniLM-L6-v2 in the data folder: the network `{}` with random weights, whose embeddings \
                 mean nothing\n",
                model.name()
            ));
            (model, None)
        }
    }
}

/// The sentences, or a name for one that nobody wrote, and their ids.
fn read(
    options: &Options,
    folder: Option<&Path>,
    spec: BertSpec,
) -> Result<(Vec<String>, Vec<Vec<u32>>), Failure> {
    let lone =
        (options.model == Some(Model::BertBase) && options.sentence.is_empty()).then_some(128);
    if let Some(tokens) = options.tokens.or(lone) {
        let ids = words::made_up(tokens as usize, spec.vocabulary);
        return Ok((vec![format!("{tokens} tokens, made up")], vec![ids]));
    }
    let words = match folder {
        Some(folder) => Words::open(folder)?,
        None => Words::Hashed {
            vocabulary: spec.vocabulary,
        },
    };
    let sentences = match folder.map(|folder| folder.join(REFERENCE)) {
        _ if !options.sentence.is_empty() => options.sentence.clone(),
        Some(file) if file.is_file() => {
            let text = std::fs::read_to_string(&file);
            let text = text.map_err(|error| error.to_string());
            let reference = text.and_then(|text| {
                serde_json::from_str::<Reference>(&text).map_err(|error| error.to_string())
            });
            reference
                .map_err(|reason| Failure::Unreadable { file, reason })?
                .sentences
        }
        _ => SENTENCES.map(str::to_owned).to_vec(),
    };
    let ids = sentences.iter().map(|sentence| words.ids(sentence));
    let ids = ids.collect::<Result<_, _>>()?;
    Ok((sentences, ids))
}

impl Job {
    /// Makes the job from the options; also returns the sentences, for the one who reads the result.
    pub fn new(options: &Options) -> Result<(Self, Vec<String>), Failure> {
        let (model, weights) = network_of(options);
        let spec = model.spec();
        let (sentences, tokens) = read(options, weights.as_deref(), spec)?;
        let lengths: Vec<usize> = tokens.iter().map(Vec::len).collect();
        let misfit = lengths
            .iter()
            .position(|length| !(1..=spec.positions).contains(length));
        if let Some(at) = misfit {
            return Err(Failure::Length {
                number: at + 1,
                tokens: lengths[at],
                most: spec.positions,
            });
        }
        let batch = options.batch.map_or(lengths.len(), |batch| batch as usize);
        // What all parties must run.
        let program = format!(
            "private_embedding {} public {} batch {batch} lengths {lengths:?}",
            model.name(),
            options.public_embeddings
        );
        let job = Self {
            model,
            weights,
            public_embeddings: options.public_embeddings,
            lengths,
            tokens,
            batch,
            config: options.config(&program)?,
            link: network::slowed(options.network, options.shaped)?,
        };
        Ok((job, sentences))
    }

    /// What a party is told of it: only the client knows the tokens, and only the owner where the weights are, unless
    /// their table is public.
    pub fn of(&self, party: Party) -> Self {
        let mut job = self.clone();
        if party != CLIENT {
            job.tokens.clear();
        }
        if party != MODEL_OWNER && !(party == CLIENT && self.public_embeddings) {
            job.weights = None;
        }
        job
    }

    /// The sizes of the network.
    pub fn spec(&self) -> BertSpec {
        self.model.spec()
    }

    /// The sentences of each inference.
    pub fn batches(&self) -> Vec<Range<usize>> {
        let count = self.lengths.len();
        let firsts = (0..count).step_by(self.batch.max(1));
        firsts
            .map(|first| first..(first + self.batch).min(count))
            .collect()
    }

    /// The most tokens of a sentence of an inference.
    pub fn longest(&self, batch: &Range<usize>) -> usize {
        let lengths = self.lengths[batch.clone()].iter();
        lengths.copied().max().unwrap_or(1)
    }

    fn weight_file(folder: &Path) -> Result<WeightFile, Failure> {
        let mut files = WEIGHT_FILES.iter().map(|name| folder.join(name));
        let file = files.find(|file| file.is_file());
        let file = file.ok_or_else(|| Failure::NoWeights(folder.into()))?;
        Ok(WeightFile::open(&file)?)
    }

    /// The network with its weights: for their owner, and for the run in plaintext.
    pub fn load_model<B: Backend>(&self, device: &B::Device) -> Result<Bert<B>, Failure> {
        let model = self.spec().init::<B>(device);
        match &self.weights {
            None => Ok(random_bert(model, RANDOM_SEED)),
            Some(folder) => Ok(load_bert(model, Self::weight_file(folder)?)?),
        }
    }

    /// The table of token embeddings, where it is public.
    fn table(&self) -> Result<Vec<f32>, Failure> {
        let Some(folder) = &self.weights else {
            let model = self.load_model::<Flex>(&Default::default())?;
            let table = model.embeddings.word_embeddings.weight.val();
            return Ok(table.into_data().iter::<f32>().collect());
        };
        let mut tensors = Self::weight_file(folder)?.into_tensors();
        let table = tensors.find(|(name, _)| name == TABLE);
        let table = table.ok_or_else(|| Failure::NoWeights(folder.clone()))?;
        Ok(table.1.iter::<f32>().collect())
    }

    /// How the client's tokens enter a session.
    pub fn rows(&self) -> Result<Rows, Failure> {
        let spec = self.spec();
        if !self.public_embeddings {
            return Ok(Rows {
                width: spec.vocabulary,
                table: None,
            });
        }
        Ok(Rows {
            width: spec.width,
            table: Some(self.table()?),
        })
    }

    /// The length of the client's row for each token.
    pub fn row_width(&self) -> usize {
        if self.public_embeddings {
            self.spec().width
        } else {
            self.spec().vocabulary
        }
    }
}

/// The client's row for each token.
pub struct Rows {
    width: usize,
    /// The public table of token embeddings; if there is none, rows have a one in the token's place.
    table: Option<Vec<f32>>,
}

impl Rows {
    /// The rows of the sentences of one inference, `[sentences, tokens, width]`; padding is zeros.
    pub fn of(&self, job: &Job, batch: &Range<usize>) -> TensorData {
        let (width, tokens) = (self.width, job.longest(batch));
        let mut values = vec![0.0_f32; batch.len() * tokens * width];
        for (sentence, ids) in job.tokens[batch.clone()].iter().enumerate() {
            for (place, &id) in ids.iter().enumerate() {
                let row = &mut values[(sentence * tokens + place) * width..][..width];
                let id = id as usize;
                match &self.table {
                    Some(table) => row.copy_from_slice(&table[id * width..][..width]),
                    None => row[id] = 1.0,
                }
            }
        }
        TensorData::new(values, [batch.len(), tokens, width])
    }
}
