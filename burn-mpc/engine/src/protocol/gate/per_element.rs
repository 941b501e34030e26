//! Values of patches, one for each element.

use crate::protocol::gate::patches::Patches;

/// For every element the value of its patch, `of_passing` for those without.
pub(super) fn per_element<T: Copy>(patches: &Patches, of_patch: &[T], of_passing: T) -> Vec<T> {
    let value = |patch: u32| of_patch.get(patch as usize).copied();
    let all = patches.patch_of().into_iter();
    all.map(|patch| value(patch).unwrap_or(of_passing))
        .collect()
}
