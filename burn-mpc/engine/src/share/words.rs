//! The words of a component, or their number alone where a protocol only declares its cost.

use std::sync::{Arc, OnceLock};

use bytemuck::Zeroable;

/// Words that clones share until one of them is changed.
#[derive(Clone)]
pub(super) enum Words<T> {
    /// Words.
    Held(Arc<Vec<T>>),
    /// A number of words without content, which take no memory. A caller that reads them gets zeros, allocated at that
    /// moment.
    Counted(usize, Arc<OnceLock<Vec<T>>>),
}

impl<T: Clone + Zeroable> Words<T> {
    pub(super) fn new(words: Vec<T>) -> Self {
        Self::Held(Arc::new(words))
    }

    pub(super) fn counted(len: usize) -> Self {
        Self::Counted(len, Arc::default())
    }

    pub(super) fn is_counted(&self) -> bool {
        matches!(self, Self::Counted(..))
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Held(words) => words.len(),
            Self::Counted(len, _) => *len,
        }
    }

    pub(super) fn as_slice(&self) -> &[T] {
        match self {
            Self::Held(words) => words,
            Self::Counted(len, zeros) => zeros.get_or_init(|| bytemuck::zeroed_vec(*len)),
        }
    }

    /// The words, to be changed in place. They are copied first if a clone shares them.
    pub(super) fn as_mut_slice(&mut self) -> &mut [T] {
        if let Self::Counted(len, _) = self {
            *self = Self::new(bytemuck::zeroed_vec(*len));
        }
        match self {
            Self::Held(words) => Arc::make_mut(words).as_mut_slice(),
            Self::Counted(..) => &mut [],
        }
    }

    pub(super) fn into_vec(self) -> Vec<T> {
        match self {
            Self::Held(words) => Arc::unwrap_or_clone(words),
            Self::Counted(len, _) => bytemuck::zeroed_vec(len),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn counted_words_take_no_memory_until_they_are_read() {
        let many = Words::<u64>::counted(1 << 60);
        assert_eq!(many.clone().len(), 1 << 60);
        assert!(many.is_counted());
        let mut few = Words::<u64>::counted(3);
        assert_eq!(few.as_slice(), [0; 3]);
        few.as_mut_slice()[1] = 7;
        assert!(!few.is_counted());
        assert_eq!(few.into_vec(), [0, 7, 0]);
    }
}
