//! Why the example stopped.

/// Why the example stopped.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A session failed.
    #[error(transparent)]
    Mpc(#[from] burn_mpc::MpcError),
    /// Weights could not be loaded.
    #[error(transparent)]
    Weights(#[from] example_models::WeightsError),
    /// An image could not be loaded.
    #[error(transparent)]
    Image(#[from] example_models::ImageError),
    /// An embedded image could not be decoded.
    #[error(transparent)]
    Decode(#[from] image::ImageError),
    /// The model's name is unknown.
    #[error(transparent)]
    Model(#[from] example_models::UnknownModel),
    /// A plan cannot be read, made or applied.
    #[error(transparent)]
    Plan(#[from] burn_blockrelu_core::PlanError),
    /// A plan for a network that keeps its ReLU6.
    #[error(
        "--plan: {0} has no BlockRelu that a plan could change, since it keeps ReLU6; pass --relu6 relu"
    )]
    Unplannable(&'static str),
    /// Windows for a network none of whose signs is taken in a layer with a name.
    #[error(
        "--windows: {0} takes no sign in a layer with a name, since it keeps ReLU6; pass --relu6 relu"
    )]
    Unnamed(&'static str),
    /// A pipe, thread or process failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A result could not be written.
    #[error("cannot write {to}: {source}")]
    Output {
        /// The file, or `standard output`.
        to: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The reader of standard output has closed it. No message is printed.
    #[error("standard output was closed")]
    Unread,
    /// A message between processes or the report was malformed.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The parent of this process, which plays a party, has ended.
    #[error("the process that started this one has ended")]
    Orphaned,
    /// A child process failed; it has printed its own message.
    #[error("a party failed: {0}")]
    Child(String),
}
