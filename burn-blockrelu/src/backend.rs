//! Which Burn backend a command runs on.

use std::fmt;
use std::str::FromStr;

use burn::backend::Flex;
use burn::tensor::backend::Backend;
use thiserror::Error;

/// A backend that a command line may name. [`BackendKind::Tch`] and [`BackendKind::Cuda`] need the
/// cargo feature of that name; without it [`BackendKind::from_str`] and [`BackendKind::run`] return
/// an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BackendKind {
    /// Burn's own CPU backend, in every build.
    #[default]
    Flex,
    /// `LibTorch` on the CPU.
    Tch,
    /// The first CUDA device.
    Cuda,
}

/// Why a backend cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BackendError {
    /// An unknown name.
    #[error("unknown backend `{name}`: expected flex, tch or cuda")]
    Unknown {
        /// The name as given.
        name: String,
    },
    /// A backend left out of this build.
    #[error("this build has no backend `{kind}`: build with `--features {kind}`")]
    NotBuilt {
        /// The backend.
        kind: BackendKind,
    },
}

/// Work that runs on any backend; see [`BackendKind::run`].
pub trait BackendTask {
    /// The task's result.
    type Output;

    /// Does the work on a device. Training wraps `B` in `burn_autodiff::Autodiff`.
    fn run<B: Backend>(self, device: B::Device) -> Self::Output;
}

impl BackendKind {
    /// All backends, built or not.
    pub const ALL: [Self; 3] = [Self::Flex, Self::Tch, Self::Cuda];

    /// The name on a command line, and of the cargo feature where one is needed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flex => "flex",
            Self::Tch => "tch",
            Self::Cuda => "cuda",
        }
    }

    /// Whether this build has it.
    pub const fn is_built(self) -> bool {
        match self {
            Self::Flex => true,
            Self::Tch => cfg!(feature = "tch"),
            Self::Cuda => cfg!(feature = "cuda"),
        }
    }

    /// Runs a task on the backend's default device: the CPU, or the first CUDA device.
    ///
    /// # Errors
    ///
    /// [`BackendError::NotBuilt`] names the cargo feature that is missing.
    pub fn run<T: BackendTask>(self, task: T) -> Result<T::Output, BackendError> {
        match self {
            Self::Flex => Ok(task.run::<Flex>(Default::default())),
            #[cfg(feature = "tch")]
            Self::Tch => Ok(task.run::<burn::backend::LibTorch>(Default::default())),
            #[cfg(feature = "cuda")]
            Self::Cuda => Ok(task.run::<burn::backend::Cuda>(Default::default())),
            #[allow(
                unreachable_patterns,
                reason = "a build with all features has no other kind"
            )]
            kind => Err(BackendError::NotBuilt { kind }),
        }
    }
}

impl FromStr for BackendKind {
    type Err = BackendError;

    fn from_str(name: &str) -> Result<Self, BackendError> {
        let kind = Self::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| BackendError::Unknown { name: name.into() })?;
        if kind.is_built() {
            Ok(kind)
        } else {
            Err(BackendError::NotBuilt { kind })
        }
    }
}

impl fmt::Display for BackendKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Two;

    impl BackendTask for Two {
        type Output = f32;

        fn run<B: Backend>(self, device: B::Device) -> f32 {
            use burn::tensor::{ElementConversion as _, Tensor};
            let ones = Tensor::<B, 1>::ones([2], &device);
            ones.sum().into_scalar().elem()
        }
    }

    #[test]
    fn every_built_backend_runs_a_task() {
        for kind in BackendKind::ALL {
            if kind.is_built() && kind != BackendKind::Cuda {
                assert_eq!(kind.run(Two), Ok(2.0), "{kind}");
            }
        }
    }

    #[test]
    fn a_backend_left_out_names_its_feature() {
        for kind in BackendKind::ALL {
            match kind.name().parse::<BackendKind>() {
                Ok(parsed) => assert_eq!(parsed, kind),
                Err(error) => {
                    assert_eq!(error, BackendError::NotBuilt { kind });
                    assert!(error.to_string().contains(&format!("--features {kind}")));
                    assert_eq!(kind.run(Two), Err(error));
                }
            }
        }
        let unknown = "metal".parse::<BackendKind>().unwrap_err();
        assert!(unknown.to_string().contains("flex, tch or cuda"));
    }
}
