//! Image classifiers in plain Burn: the networks, their weights and their preprocessing.
#![warn(missing_docs)]

pub mod cifar;
pub mod layers;
pub mod mobilenet;
pub mod resnet;
