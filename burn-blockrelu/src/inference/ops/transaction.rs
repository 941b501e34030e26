//! `TransactionOps` by delegation; written by `scripts/generate_inference.py` from burn-backend 0.21.0.

use super::delegate;
use crate::inference::Inference;
use crate::inference::rewrap::Lower;
use burn_backend::ops::{TransactionOps, TransactionPrimitive, TransactionPrimitiveData};
use burn_backend::{Backend, ExecutionError};

delegate! { TransactionOps
    tr_execute(
        transaction: TransactionPrimitive<Inference<A>>
    ) -> impl Future<Output = Result<TransactionPrimitiveData, ExecutionError>> + Send
        = A::tr_execute(transaction.lower());
}
