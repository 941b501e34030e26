//! The operations that are measured.

use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

use crate::error::BenchError;

/// An operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// `max(x, 0)` of 2^20 elements.
    Relu,
    /// Product of 2^20 pairs, truncated.
    Mul,
    /// Product of two 1024 x 1024 matrices, truncated.
    Matmul,
}

impl Op {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Relu, Self::Mul, Self::Matmul];
    /// Rows and columns of every operand and result.
    pub(super) const SIDE: usize = 1024;

    /// Its name on the command line and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Relu => "relu-2^20",
            Self::Mul => "mul-2^20",
            Self::Matmul => "matmul-1024",
        }
    }

    /// The operation of that name.
    pub fn named(name: &str) -> Result<Self, BenchError> {
        let found = Self::ALL.into_iter().find(|op| op.name() == name);
        found.ok_or_else(|| BenchError::UnknownMicro(name.to_owned()))
    }

    /// Multiplications in the clear.
    pub fn macs(self) -> u64 {
        let side = Self::SIDE as u64;
        match self {
            Self::Relu => 0,
            Self::Mul => side.pow(2),
            Self::Matmul => side.pow(3),
        }
    }

    /// Its result.
    pub(super) fn run<B: burn::tensor::backend::Backend>(
        self,
        [x, y]: [Tensor<B, 2>; 2],
    ) -> Tensor<B, 2> {
        match self {
            Self::Relu => activation::relu(x),
            Self::Mul => x * y,
            Self::Matmul => x.matmul(y),
        }
    }
}
