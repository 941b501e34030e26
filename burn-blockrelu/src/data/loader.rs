//! A Burn data loader whose batches are a function of the step.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use burn::data::dataloader::batcher::Batcher;
use burn::data::dataloader::{DataLoader, DataLoaderIterator, Progress};
use burn::tensor::backend::Backend;
use rand::seq::SliceRandom as _;

use super::augment::generator;
use super::{Augmentation, DataError, ImageBatch, ImageBatcher, ImageSource, LabelledImage};

/// The first error of a loader. An iterator over batches cannot return an error, so it ends there; its caller checks
/// this value afterwards.
#[derive(Clone, Debug, Default)]
pub struct Fault(Arc<Mutex<Option<DataError>>>);

impl Fault {
    /// Takes the error out.
    pub fn take(&self) -> Option<DataError> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.take()
    }

    /// Whether there is an error.
    pub fn is_set(&self) -> bool {
        let slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.is_some()
    }

    fn put(&self, error: DataError) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.get_or_insert(error);
    }
}

/// Order and augmentation of training images. Step `s` of a run uses batch `s mod k` of pass `s / k`. Each pass
/// shuffles the images anew and has `k` whole batches; images that do not fill a batch are skipped in that pass. So a
/// run can be cut into rounds of any length, and resumed after any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shuffle {
    /// All randomness derives from it.
    pub seed: u64,
    /// Crops and flips.
    pub augmentation: Augmentation,
    /// Steps of the whole run.
    pub total_steps: usize,
    /// Steps of a round; one call of `iter` yields one round.
    pub round_steps: usize,
    /// Rounds that are done already.
    pub rounds_done: usize,
}

#[derive(Clone)]
enum Order {
    /// All images once, the last batch smaller.
    Sequential,
    Shuffled(Shuffle),
}

/// Batches of images on a device.
pub struct ImageLoader<B: Backend> {
    source: Arc<dyn ImageSource>,
    batcher: ImageBatcher,
    batch_size: usize,
    order: Order,
    window: Range<usize>,
    next_round: AtomicUsize,
    fault: Fault,
    device: B::Device,
}

impl<B: Backend> ImageLoader<B> {
    /// All images in their order, as they are; the last batch may be smaller.
    pub fn sequential(
        source: Arc<dyn ImageSource>,
        batcher: ImageBatcher,
        batch_size: usize,
        device: B::Device,
    ) -> Self {
        Self::new(source, batcher, batch_size, Order::Sequential, device)
    }

    /// Shuffled and augmented images, one round per call of `iter`. `batch_size` is limited to the number of images.
    pub fn shuffled(
        source: Arc<dyn ImageSource>,
        batcher: ImageBatcher,
        batch_size: usize,
        shuffle: Shuffle,
        device: B::Device,
    ) -> Self {
        Self::new(
            source,
            batcher,
            batch_size,
            Order::Shuffled(shuffle),
            device,
        )
    }

    fn new(
        source: Arc<dyn ImageSource>,
        batcher: ImageBatcher,
        batch_size: usize,
        order: Order,
        device: B::Device,
    ) -> Self {
        let rounds_done = match &order {
            Order::Sequential => 0,
            Order::Shuffled(shuffle) => shuffle.rounds_done,
        };
        Self {
            batcher,
            batch_size: batch_size.clamp(1, source.len().max(1)),
            order,
            window: 0..source.len(),
            next_round: AtomicUsize::new(rounds_done),
            fault: Fault::default(),
            source,
            device,
        }
    }

    /// Where the loader, and every copy of it, reports an image that could not be read.
    pub fn fault(&self) -> Fault {
        self.fault.clone()
    }

    fn copy(&self, device: B::Device, window: Range<usize>) -> Self {
        Self {
            source: self.source.clone(),
            batcher: self.batcher,
            batch_size: self.batch_size.min(window.len().max(1)),
            order: self.order.clone(),
            window,
            next_round: AtomicUsize::new(self.next_round.load(Ordering::SeqCst)),
            fault: self.fault.clone(),
            device,
        }
    }

    /// Batches in a pass over shuffled images.
    fn pass_steps(&self) -> usize {
        self.window.len() / self.batch_size
    }
}

impl<B: Backend> DataLoader<B, ImageBatch<B>> for ImageLoader<B> {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<ImageBatch<B>> + 'a> {
        let steps = match &self.order {
            Order::Sequential => 0..self.window.len().div_ceil(self.batch_size),
            Order::Shuffled(_) if self.pass_steps() == 0 => 0..0,
            Order::Shuffled(shuffle) => {
                let round = self.next_round.fetch_add(1, Ordering::SeqCst);
                let end = |rounds: usize| {
                    let steps = rounds.saturating_mul(shuffle.round_steps);
                    steps.min(shuffle.total_steps)
                };
                end(round)..end(round + 1)
            }
        };
        Box::new(Batches {
            loader: self,
            total: steps.len(),
            steps,
            pass: None,
        })
    }

    fn num_items(&self) -> usize {
        match &self.order {
            Order::Sequential => self.window.len(),
            Order::Shuffled(shuffle) => {
                shuffle.round_steps.min(shuffle.total_steps) * self.batch_size
            }
        }
    }

    fn to_device(&self, device: &B::Device) -> Arc<dyn DataLoader<B, ImageBatch<B>>> {
        Arc::new(self.copy(device.clone(), self.window.clone()))
    }

    fn slice(&self, start: usize, end: usize) -> Arc<dyn DataLoader<B, ImageBatch<B>>> {
        let last = self.window.end;
        let from = self.window.start.saturating_add(start).min(last);
        let to = self.window.start.saturating_add(end).clamp(from, last);
        Arc::new(self.copy(self.device.clone(), from..to))
    }
}

struct Batches<'a, B: Backend> {
    loader: &'a ImageLoader<B>,
    steps: Range<usize>,
    total: usize,
    /// Number of the current pass and its order of images.
    pass: Option<(usize, Vec<usize>)>,
}

impl<B: Backend> Batches<'_, B> {
    fn images(&mut self, step: usize) -> Result<Vec<LabelledImage>, DataError> {
        let loader = self.loader;
        let size = loader.batch_size;
        match &loader.order {
            Order::Sequential => {
                let from = loader.window.start + step * size;
                let to = (from + size).min(loader.window.end);
                (from..to).map(|index| loader.source.image(index)).collect()
            }
            Order::Shuffled(shuffle) => {
                let (pass, batch) = (step / loader.pass_steps(), step % loader.pass_steps());
                let order = match self.pass.take() {
                    Some((number, order)) if number == pass => order,
                    _ => {
                        let mut order: Vec<usize> = loader.window.clone().collect();
                        order.shuffle(&mut generator(b"order", [shuffle.seed, pass as u64]));
                        order
                    }
                };
                let images = (batch * size..(batch + 1) * size).map(|place| {
                    let image = loader.source.image(order[place])?;
                    let (pass, place) = (pass as u64, place as u64);
                    Ok(shuffle.augmentation.apply(image, shuffle.seed, pass, place))
                });
                let images = images.collect();
                self.pass = Some((pass, order));
                images
            }
        }
    }
}

impl<B: Backend> Iterator for Batches<'_, B> {
    type Item = ImageBatch<B>;

    fn next(&mut self) -> Option<ImageBatch<B>> {
        let step = self.steps.next()?;
        match self.images(step) {
            Ok(images) => Some(self.loader.batcher.batch(images, &self.loader.device)),
            Err(error) => {
                self.loader.fault.put(error);
                self.steps = 0..0;
                None
            }
        }
    }
}

impl<B: Backend> DataLoaderIterator<ImageBatch<B>> for Batches<'_, B> {
    fn progress(&self) -> Progress {
        let done = (self.total - self.steps.len()) * self.loader.batch_size;
        let total = self.total * self.loader.batch_size;
        Progress::new(done.min(total), total)
    }
}
