//! The secret inside a primitive shows its shape, and nothing of its cell.

use burn::backend::Flex;
use burn::tensor::backend::BackendTypes;
use burn_mpc::{Mpc, Z64};

type Primitive = <Mpc<Flex, Z64> as BackendTypes>::FloatTensorPrimitive;

fn look(primitive: Primitive) {
    if let Primitive::Secret(secret) = primitive {
        let _ = secret.shape();
        let _ = secret.state();
        let _ = secret.skipped();
        secret.settle(secret.state());
        let _ = secret.with_key(None);
    }
}

fn main() {
    let _ = look;
}
