//! Laws of the data readers and of finetuning.

#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod binaries;
mod config;
mod folders;
mod learning;
mod loading;
mod network;
mod resuming;
mod shared_data;
mod sheets;
