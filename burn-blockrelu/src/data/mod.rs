//! Labelled images: readers, subsets, augmentation and batches.
//!
//! Every reader gives an [`ImageSource`]: images `[3, H, W]` of bytes with a label each. CIFAR, as
//! tile sheets ([`open_sheets`]) or in its original binary form ([`open_cifar100_binary`],
//! [`open_cifar10_binary`]), is held in memory as [`Images`]; an [`ImageFolder`] decodes its files
//! when they are asked for. [`ImageLoader`] is a Burn `DataLoader` over any of them, and
//! [`ImageBatcher`] a Burn `Batcher`. All randomness is a function of a seed and a position, so
//! that a run can be repeated and resumed.

mod augment;
mod batch;
mod binary;
mod error;
mod folder;
mod image;
mod images;
mod loader;
mod sheets;
mod source;
mod subset;

pub use augment::Augmentation;
pub use batch::{ImageBatch, ImageBatcher, Normalization};
pub use binary::{Labels, open_cifar10_binary, open_cifar100_binary, read_cifar_binary};
pub use error::DataError;
pub use folder::{FolderSize, ImageFolder};
pub use image::LabelledImage;
pub use images::Images;
pub use loader::{Fault, ImageLoader, Shuffle};
pub use sheets::{Split, open_sheets};
pub use source::ImageSource;
pub use subset::Subset;
