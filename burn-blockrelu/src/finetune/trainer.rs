//! A run from its first step, or its last checkpoint, to its end.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::backend::Flex;
use burn::module::{AutodiffModule, HasAutodiffModule, Module};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{Optimizer, SgdConfig};
use burn::record::{Record, Recorder as _};
use burn::tensor::Tensor;
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn_autodiff::Autodiff;
use burn_train::metric::{AccuracyMetric, LearningRateMetric, LossMetric};
use burn_train::{Interrupter, Learner, SupervisedTraining};
use serde::Serialize;

use super::checkpoint::EveryRound;
use super::history::{History, Rounds};
use super::recorder::AtomicRecorder;
use super::run_file::{Identity, Progressed, RunFile};
use super::student::Student;
use super::trainable::trainable;
use super::{
    Classifier, FinetuneConfig, FinetuneError, FinetuneReport, OptimizerConfig, ProgressKind,
    Schedule, model_digest,
};
use crate::data::{Fault, ImageBatcher, ImageLoader, ImageSource, Images, Normalization, Shuffle};

/// A run of finetuning, before it starts.
pub struct Finetune<M> {
    config: FinetuneConfig,
    train: Arc<dyn ImageSource>,
    valid: Option<Arc<dyn ImageSource>>,
    normalization: Normalization,
    teacher: Option<M>,
    directory: Option<PathBuf>,
    progress: ProgressKind,
}

/// The result of a run.
#[derive(Clone, Debug)]
pub struct Finetuned<M> {
    /// The network with the weights after the last step.
    pub model: M,
    /// How it went.
    pub report: FinetuneReport,
}

impl<M> Finetune<M> {
    /// A run with these settings on these images, without progress display, validation and
    /// checkpoints.
    pub fn new(
        config: FinetuneConfig,
        train: Arc<dyn ImageSource>,
        normalization: Normalization,
    ) -> Self {
        Self {
            config,
            train,
            valid: None,
            normalization,
            teacher: None,
            directory: None,
            progress: ProgressKind::Silent,
        }
    }

    /// Tests the network on these images after each round.
    #[must_use]
    pub fn valid(mut self, images: Arc<dyn ImageSource>) -> Self {
        self.valid = Some(images);
        self
    }

    /// The unchanged network, for [`super::Objective::Teacher`].
    #[must_use]
    pub fn teacher(mut self, teacher: M) -> Self {
        self.teacher = Some(teacher);
        self
    }

    /// Writes checkpoints to `directory`, and resumes from the last one there.
    #[must_use]
    pub fn directory(mut self, directory: &Path) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// What is shown while the run lasts.
    #[must_use]
    pub fn progress(mut self, progress: ProgressKind) -> Self {
        self.progress = progress;
        self
    }

    /// Trains `model` on the device that it is on.
    ///
    /// `model` itself is not changed, its running statistics included.
    ///
    /// # Errors
    ///
    /// [`FinetuneError`]: unusable settings, images or teacher; a directory of another run or with
    /// a damaged checkpoint; a loss that is NaN or infinite; an interruption.
    pub fn run<B>(self, model: M) -> Result<Finetuned<M>, FinetuneError>
    where
        B: Backend,
        M: Classifier<B> + HasAutodiffModule<Autodiff<B>> + 'static,
        M::TrainModule: Classifier<Autodiff<B>> + 'static,
    {
        self.config.validate()?;
        self.check::<B>(&model)?;
        let rounds = self.rounds();
        let (run, progressed) = match &self.directory {
            Some(directory) => {
                let (run, progressed) = RunFile::open(directory, self.identity::<B>(&model))?;
                (Some(run), progressed)
            }
            None => (None, Progressed::default()),
        };
        let device = model.devices().into_iter().next().unwrap_or_default();
        let batcher = ImageBatcher::new(self.normalization);
        let shuffle = Shuffle {
            seed: self.config.seed,
            augmentation: self.config.augmentation,
            total_steps: rounds.total_steps,
            round_steps: rounds.round_steps,
            rounds_done: progressed.round.unwrap_or(0),
        };
        let batch_size = self.config.batch_size;
        let train = self.train.clone();
        let train = ImageLoader::<Autodiff<B>>::shuffled(
            train,
            batcher,
            batch_size,
            shuffle,
            device.clone(),
        );
        let valid = self.valid_images()?;
        let valid_images = valid.len();
        let valid = ImageLoader::<B>::sequential(valid, batcher, batch_size, device);
        let faults = [train.fault(), valid.fault()];

        // `train` copies the running statistics into its own graph, so `model` keeps its own.
        let teacher = self.config.objective.needs_teacher();
        let teacher = self.teacher.filter(|_| teacher);
        let student = Student::<Autodiff<B>, M::TrainModule>::new(
            trainable(model.train::<Autodiff<B>>()),
            teacher,
            self.config.objective,
        );
        let optimizer = sgd(&self.config.optimizer).init();
        if let Some((run, round)) = run.as_ref().zip(progressed.round) {
            check_checkpoint(run, round, &student, &optimizer)?;
        }

        let interrupter = Interrupter::new();
        let history = History::new(
            rounds.clone(),
            progressed.rounds,
            faults.to_vec(),
            interrupter.clone(),
        );
        let loss = LossMetric::<Flex>::new();
        let accuracy = AccuracyMetric::<Flex>::new();
        let place = run.as_ref().map_or(Path::new("."), RunFile::directory);
        let mut training = SupervisedTraining::new(place, Arc::new(train), Arc::new(valid))
            .with_interrupter(interrupter.clone())
            .with_application_logger(None)
            .with_metric_logger(history.clone())
            .metrics((loss, accuracy))
            .metric_train_numeric(LearningRateMetric::new())
            .num_epochs(rounds.count());
        training = self
            .progress
            .attach(training, interrupter.clone(), progressed.round);
        if let Some(run) = run {
            let strategy = EveryRound {
                history: history.clone(),
                run,
                interrupter: interrupter.clone(),
            };
            training = training
                .with_file_checkpointer(AtomicRecorder::default())
                .with_checkpointing_strategy(strategy);
        }
        if let Some(round) = progressed.round {
            training = training.checkpoint(round);
        }
        let learner = Learner::new(student, optimizer, rounds.schedule.clone());
        let result = training.launch(learner);

        if let Some(error) = faults.iter().find_map(Fault::take) {
            return Err(error.into());
        }
        if let Some((round, loss)) = history.diverged() {
            return Err(FinetuneError::Diverged { round, loss });
        }
        let reports = history.reports();
        let done = reports.last().map_or(0, |report| report.round);
        let stopped = interrupter.get_message();
        if done < rounds.count() || stopped.is_some() {
            return Err(FinetuneError::Interrupted {
                rounds: done,
                total: rounds.count(),
                reason: stopped.unwrap_or_else(|| "no reason given".into()),
            });
        }
        Ok(Finetuned {
            model: result.model.model,
            report: FinetuneReport {
                config: self.config,
                train_images: self.train.len(),
                valid_images,
                steps: rounds.total_steps,
                resumed_from: progressed.round,
                seconds: reports.iter().map(|report| report.seconds).sum(),
                rounds: reports,
            },
        })
    }
}

impl<M> Finetune<M> {
    /// Finds errors that show before any work.
    fn check<B>(&self, model: &M) -> Result<(), FinetuneError>
    where
        B: Backend,
        M: Classifier<B>,
    {
        if self.train.is_empty() {
            return Err(FinetuneError::NoImages);
        }
        if !self.config.objective.needs_teacher() {
            return Ok(());
        }
        let teacher = self.teacher.as_ref().ok_or(FinetuneError::NoTeacher)?;
        if self.config.objective.needs_features() {
            let device = model.devices().into_iter().next().unwrap_or_default();
            let [channels, height, width] = self.train.shape();
            let image = Tensor::zeros([1, channels, height, width], &device);
            let (_, shown) = model.logits_and_features(image.clone());
            let (_, wanted) = teacher.logits_and_features(image);
            if shown.is_empty() || shown.len() != wanted.len() {
                return Err(FinetuneError::Features {
                    student: shown.len(),
                    teacher: wanted.len(),
                });
            }
        }
        Ok(())
    }

    fn rounds(&self) -> Rounds {
        let config = &self.config;
        // A pass has whole batches only, and at least one.
        let pass_steps = (self.train.len() / config.batch_size).max(1);
        let unit_steps = config.unit_steps(pass_steps);
        let total_steps = config.duration * unit_steps;
        let rate = config.optimizer.learning_rate;
        Rounds {
            schedule: Schedule::new(config.schedule.clone(), rate, unit_steps, total_steps),
            round_steps: config
                .checkpoint_every
                .unwrap_or(pass_steps)
                .min(total_steps),
            total_steps,
        }
    }

    fn identity<B>(&self, model: &M) -> Identity
    where
        B: Backend,
        M: Module<B>,
    {
        let hex = |digest: [u8; 32]| blake3::Hash::from_bytes(digest).to_string();
        let teacher = self
            .teacher
            .as_ref()
            .filter(|_| self.config.objective.needs_teacher());
        Identity {
            settings: text(&self.config),
            normalization: text(&self.normalization),
            train: hex(self.train.digest()),
            valid: self
                .valid
                .as_ref()
                .map_or_else(String::new, |s| hex(s.digest())),
            model: hex(model_digest(model)),
            teacher: teacher.map_or_else(String::new, |teacher| hex(model_digest(teacher))),
        }
    }

    fn valid_images(&self) -> Result<Arc<dyn ImageSource>, FinetuneError> {
        match &self.valid {
            Some(images) => Ok(images.clone()),
            None => {
                let empty = Images::new(self.train.shape(), Vec::new(), Vec::new(), Vec::new())?;
                Ok(Arc::new(empty))
            }
        }
    }
}

/// JSON text, equal for equal values.
fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| error.to_string())
}

fn sgd(config: &OptimizerConfig) -> SgdConfig {
    let momentum = (config.momentum > 0.0).then_some(MomentumConfig {
        momentum: config.momentum,
        dampening: 0.0,
        nesterov: config.nesterov,
    });
    let decay = (config.weight_decay > 0.0).then_some(WeightDecayConfig {
        penalty: config.weight_decay as f32,
    });
    SgdConfig::new()
        .with_momentum(momentum)
        .with_weight_decay(decay)
}

/// Checks that a checkpoint can be read, since Burn's learner panics if it cannot.
fn check_checkpoint<B, M, O>(
    run: &RunFile,
    round: usize,
    _model: &M,
    _optimizer: &O,
) -> Result<(), FinetuneError>
where
    B: AutodiffBackend,
    M: AutodiffModule<B>,
    O: Optimizer<M, B>,
{
    fn readable<B: Backend, R: Record<B>>(
        path: PathBuf,
        round: usize,
    ) -> Result<(), FinetuneError> {
        let read = AtomicRecorder::default().load::<R>(path.clone(), &B::Device::default());
        match read {
            Ok(_) => Ok(()),
            Err(error) => Err(FinetuneError::Checkpoint {
                path: path.with_extension("mpk"),
                round,
                reason: error.to_string(),
            }),
        }
    }
    readable::<B, M::Record>(run.checkpoint("model", round), round)?;
    readable::<B, O::Record>(run.checkpoint("optim", round), round)?;
    readable::<B, usize>(run.checkpoint("scheduler", round), round)
}
