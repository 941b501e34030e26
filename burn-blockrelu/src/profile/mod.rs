//! The profile of a network: a distortion for every layer, channel and candidate block.
//!
//! [`profile`] fills a [`Table`] unit by unit with any [`Method`](crate::distortion::Method), shows progress, writes
//! the table as it goes and resumes it after a crash. [`Table::merge`] adds up shards that were computed separately.

mod error;
mod facts;
mod file;
mod run;
mod table;

pub use error::ProfileError;
pub use facts::Facts;
pub use run::{Progress, RunOptions, Shard, profile};
pub use table::{LayerTable, Table};
