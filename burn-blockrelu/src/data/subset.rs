//! Some images of a data set, balanced over its classes.

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;

use super::{DataError, ImageSource, LabelledImage};

/// A choice of images of another source.
#[derive(Clone, Debug)]
pub struct Subset<S> {
    source: S,
    indices: Vec<usize>,
}

impl<S: ImageSource> Subset<S> {
    /// Draws `count` images by `seed`, or takes all if there are fewer. The numbers of images per class differ by one
    /// at most, unless a class has too few. The images keep their order.
    pub fn balanced(source: S, count: usize, seed: u64) -> Self {
        let mut by_class = vec![Vec::new(); source.classes().len()];
        for index in 0..source.len() {
            if let Some(of_class) = source
                .label(index)
                .and_then(|label| by_class.get_mut(label))
            {
                of_class.push(index);
            }
        }
        let mut rng = StdRng::seed_from_u64(seed);
        for of_class in &mut by_class {
            of_class.shuffle(&mut rng);
        }
        // The classes that give one image more are drawn at random too.
        by_class.shuffle(&mut rng);
        let longest = by_class.iter().map(Vec::len).max().unwrap_or(0);
        let rounds = (0..longest).flat_map(|round| by_class.iter().map(move |c| c.get(round)));
        let mut indices: Vec<usize> = rounds.flatten().copied().take(count).collect();
        indices.sort_unstable();
        Self { source, indices }
    }

    /// Indices of the images in the source.
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }
}

impl<S: ImageSource> ImageSource for Subset<S> {
    fn len(&self) -> usize {
        self.indices.len()
    }

    fn shape(&self) -> [usize; 3] {
        self.source.shape()
    }

    fn classes(&self) -> &[String] {
        self.source.classes()
    }

    fn label(&self, index: usize) -> Option<usize> {
        self.source.label(*self.indices.get(index)?)
    }

    fn image(&self, index: usize) -> Result<LabelledImage, DataError> {
        let images = self.indices.len();
        let place = self.indices.get(index);
        self.source
            .image(*place.ok_or(DataError::Index { index, images })?)
    }

    fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.source.digest());
        for index in &self.indices {
            hasher.update(&(*index as u64).to_le_bytes());
        }
        *hasher.finalize().as_bytes()
    }
}
