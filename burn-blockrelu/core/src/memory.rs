//! What a module has prepared for the maps that it has seen.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::backend::Backend;

use crate::Block;
use crate::functional::Prepared;

/// Sizes of maps, backends and devices that a module remembers at most.
const MOST: usize = 12;

/// Index tensors of a module, made once for each size of maps: an inference need not make them again, and a backend may
/// recognise them. Clones of a module share them. They are not part of a record. They hold their device, as parameters do.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Vec<Entry>>>);

struct Entry {
    blocks: Vec<Block>,
    /// An `Arc<Prepared<B>>` of some backend.
    prepared: Box<dyn Any + Send>,
}

impl Memory {
    /// What these blocks fix for such maps, made unless it is remembered.
    pub(crate) fn prepared<B: Backend>(
        &self,
        blocks: &[Block],
        map: [usize; 2],
        device: &B::Device,
    ) -> Arc<Prepared<B>> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = entries.iter().find_map(|entry| {
            let prepared = entry.prepared.downcast_ref::<Arc<Prepared<B>>>()?;
            (entry.blocks == blocks && prepared.fits(map, device)).then(|| Arc::clone(prepared))
        });
        known.unwrap_or_else(|| {
            let prepared = Arc::new(Prepared::<B>::new(blocks, map, device));
            let evicted = (entries.len() == MOST).then(|| entries.remove(0));
            entries.push(Entry {
                blocks: blocks.to_vec(),
                prepared: Box::new(Arc::clone(&prepared)),
            });
            // After the lock: it may be the last to hold a device.
            drop(entries);
            drop(evicted);
            prepared
        })
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use burn::backend::Flex;

    use super::Memory;
    use crate::Block;

    #[test]
    fn blocks_and_sizes_of_maps_have_their_own_entries() {
        let memory = Memory::default();
        let device = Default::default();
        let of = |blocks: &[Block], map| memory.prepared::<Flex>(blocks, map, &device);
        let block = Block::patch(2, 2).unwrap();
        let first = of(&[block], [4, 4]);
        assert!(Arc::ptr_eq(&first, &of(&[block], [4, 4])));
        assert!(!Arc::ptr_eq(&first, &of(&[block], [8, 8])));
        assert!(!Arc::ptr_eq(&first, &of(&[Block::RELU], [4, 4])));
        for side in 1..20 {
            of(&[block], [side, 1]);
        }
        assert_eq!(memory.0.lock().unwrap().len(), super::MOST);
    }
}
