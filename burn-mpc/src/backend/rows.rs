//! The rows of the delegation tables: each names a trait method and what a secret does instead.
//!
//! In every row the public case calls the plaintext backend's method of the same name.

/// `fn name(t; arg: Type, ..) => secret;` for a method that takes one tensor first.
macro_rules! unary {
    ($in:ident -> $out:ident; $(fn $name:ident($t:ident $(; $($arg:ident: $ty:ty),+)?) => $secret:expr;)+) => {$(
        fn $name($t: $in<Self> $(, $($arg: $ty),+)?) -> $out<Self> {
            match $t {
                MpcTensor::Public($t, device) => MpcTensor::Public(P::$name($t $(, $($arg),+)?), device),
                MpcTensor::Secret($t) => MpcTensor::Secret($secret),
            }
        }
    )+};
}

/// `fn name() => "hint";` for a method on one tensor that keeps its shape and refuses secrets.
macro_rules! public_only {
    ($in:ident; $(fn $name:ident($($arg:ident: $ty:ty),*) => $hint:expr;)+) => {$(
        fn $name(tensor: $in<Self> $(, $arg: $ty)*) -> $in<Self> {
            match tensor {
                MpcTensor::Public(tensor, device) => MpcTensor::Public(P::$name(tensor $(, $arg)*), device),
                MpcTensor::Secret(tensor) => {
                    MpcTensor::Secret(refuse::refuse_like(stringify!($name), &tensor, $hint))
                }
            }
        }
    )+};
}

/// `fn name(arg: Type, ..) => op;` for a method that takes two tensors first; `op` takes two operands.
macro_rules! binary {
    ($left:ident as $lk:ident, $right:ident as $rk:ident -> $out:ident;
     $(fn $name:ident($($arg:ident: $ty:ty),*) => $secret:expr;)+) => {$(
        fn $name(lhs: $left<Self>, rhs: $right<Self> $(, $arg: $ty)*) -> $out<Self> {
            match (lhs, rhs) {
                (MpcTensor::Public(lhs, device), MpcTensor::Public(rhs, other)) => {
                    let device = lift::meeting(&[&device, &other]);
                    MpcTensor::Public(P::$name(lhs, rhs $(, $arg)*), device)
                }
                (lhs, rhs) => {
                    lift::device_of(&lhs, &rhs);
                    let (lhs, rhs) = (lift::operand::<$lk<P>, R>(lhs), lift::operand::<$rk<P>, R>(rhs));
                    MpcTensor::Secret($secret(lhs, rhs))
                }
            }
        }
    )+};
}

/// `fn name() => "hint";` for a method on two tensors of one kind that refuses secrets.
macro_rules! binary_public_only {
    ($in:ident; $(fn $name:ident() => $hint:expr;)+) => {$(
        fn $name(lhs: $in<Self>, rhs: $in<Self>) -> $in<Self> {
            match (lhs, rhs) {
                (MpcTensor::Public(lhs, device), MpcTensor::Public(rhs, _)) => {
                    MpcTensor::Public(P::$name(lhs, rhs), device)
                }
                (lhs, rhs) => {
                    let (left, right) = (lhs.shape().to_vec(), rhs.shape().to_vec());
                    let (device, out) = (lift::device_of(&lhs, &rhs), lift::broadcast(&left, &right));
                    let kind = lhs.secret().or(rhs.secret()).map_or(Kind::Float, |t| t.kind());
                    MpcTensor::Secret(refuse::refuse(stringify!($name), &device, &[&left, &right], $hint, (out, kind)))
                }
            }
        }
    )+};
}

/// `fn name(arg: Type, ..) => op;` for a tensor and a scalar; `op` takes two operands.
macro_rules! with_scalar {
    ($in:ident -> $out:ident; $(fn $name:ident($($arg:ident: $ty:ty),*) => $secret:expr;)+) => {$(
        fn $name(lhs: $in<Self>, rhs: Scalar $(, $arg: $ty)*) -> $out<Self> {
            match lhs {
                MpcTensor::Public(lhs, device) => MpcTensor::Public(P::$name(lhs, rhs $(, $arg)*), device),
                MpcTensor::Secret(lhs) => MpcTensor::Secret($secret(Operand::Secret(lhs), lift::scalar(rhs))),
            }
        }
    )+};
}

/// `fn name(arg: Type, ..);` for a method that creates a tensor of a given shape.
macro_rules! creation {
    ($out:ident as $kind:ident; $(fn $name:ident($($arg:ident: $ty:ty),*), $dtype:ident;)+) => {$(
        fn $name(shape: Shape $(, $arg: $ty)*, device: &MpcDevice, dtype: $dtype) -> $out<Self> {
            if let Some(refused) = create::oversized::<$kind<P>, R>(stringify!($name), &shape, device) {
                return refused;
            }
            let made = P::$name(shape $(, $arg)*, &kind::plain_device::<P>(), dtype);
            create::created::<$kind<P>, R>(made, device)
        }
    )+};
}

/// `fn name(t; arg: Type, ..) => secret;` for a method that gives values and where they stood.
macro_rules! with_indices {
    ($in:ident; $(fn $name:ident($t:ident; $($arg:ident: $ty:ty),+) => $secret:expr;)+) => {$(
        fn $name($t: $in<Self>, $($arg: $ty),+) -> ($in<Self>, IntTensor<Self>) {
            match $t {
                MpcTensor::Public($t, device) => {
                    let (values, indices) = P::$name($t, $($arg),+);
                    (MpcTensor::Public(values, device.clone()), MpcTensor::Public(indices, device))
                }
                MpcTensor::Secret($t) => {
                    let (values, indices) = $secret;
                    (MpcTensor::Secret(values), MpcTensor::Secret(indices))
                }
            }
        }
    )+};
}

/// Choosing by a mask.
macro_rules! masks {
    ($in:ident as $kind:ident; fill fn $fill:ident, choose fn $choose:ident) => {
        fn $fill(tensor: $in<Self>, mask: BoolTensor<Self>, value: Scalar) -> $in<Self> {
            match (tensor, mask) {
                (MpcTensor::Public(tensor, device), MpcTensor::Public(mask, _)) => {
                    MpcTensor::Public(P::$fill(tensor, mask, value), device)
                }
                (tensor, mask) => {
                    lift::device_of(&tensor, &mask);
                    let (tensor, mask) = (
                        lift::operand::<$kind<P>, R>(tensor),
                        lift::operand::<Bools<P>, R>(mask),
                    );
                    MpcTensor::Secret(ops::mask_fill(
                        tensor,
                        mask,
                        value.elem(),
                        <$kind<P> as kind::Plain>::KIND,
                    ))
                }
            }
        }

        fn $choose(tensor: $in<Self>, mask: BoolTensor<Self>, value: $in<Self>) -> $in<Self> {
            match (tensor, mask, value) {
                (
                    MpcTensor::Public(tensor, device),
                    MpcTensor::Public(mask, _),
                    MpcTensor::Public(value, _),
                ) => MpcTensor::Public(P::$choose(tensor, mask, value), device),
                (tensor, mask, value) => {
                    lift::meeting(&[tensor.device(), mask.device(), value.device()]);
                    let tensor = lift::operand::<$kind<P>, R>(tensor);
                    let mask = lift::operand::<Bools<P>, R>(mask);
                    let value = lift::operand::<$kind<P>, R>(value);
                    MpcTensor::Secret(ops::mask_where(
                        tensor,
                        mask,
                        value,
                        <$kind<P> as kind::Plain>::KIND,
                    ))
                }
            }
        }
    };
}

/// Parts of tensors: selection and gathering by public indices, assignment, joining.
macro_rules! indexing {
    ($in:ident as $kind:ident; fn $select:ident, fn $gather:ident, fn $assign:ident, fn $cat:ident) => {
        fn $select(tensor: $in<Self>, dim: usize, indices: IntTensor<Self>) -> $in<Self> {
            match (tensor, indices) {
                (MpcTensor::Public(tensor, device), MpcTensor::Public(indices, _)) => {
                    MpcTensor::Public(P::$select(tensor, dim, indices), device)
                }
                (tensor, indices) => {
                    MpcTensor::Secret(indexing::select::<$kind<P>, P, R>(tensor, dim, indices))
                }
            }
        }

        fn $gather(dim: usize, tensor: $in<Self>, indices: IntTensor<Self>) -> $in<Self> {
            match (tensor, indices) {
                (MpcTensor::Public(tensor, device), MpcTensor::Public(indices, _)) => {
                    MpcTensor::Public(P::$gather(dim, tensor, indices), device)
                }
                (tensor, indices) => {
                    MpcTensor::Secret(indexing::gather::<$kind<P>, P, R>(dim, tensor, indices))
                }
            }
        }

        fn $assign(tensor: $in<Self>, slices: &[Slice], value: $in<Self>) -> $in<Self> {
            match (tensor, value) {
                (MpcTensor::Public(tensor, device), MpcTensor::Public(value, _)) => {
                    MpcTensor::Public(P::$assign(tensor, slices, value), device)
                }
                (tensor, value) => {
                    MpcTensor::Secret(indexing::slice_assign::<$kind<P>, R>(tensor, slices, value))
                }
            }
        }

        fn $cat(tensors: Vec<$in<Self>>, dim: usize) -> $in<Self> {
            match indexing::all_public(tensors) {
                Ok((tensors, device)) => MpcTensor::Public(P::$cat(tensors, dim), device),
                Err(tensors) => MpcTensor::Secret(indexing::cat::<$kind<P>, R>(tensors, dim)),
            }
        }
    };
}

/// Adding onto parts of tensors named by public indices.
macro_rules! updates {
    ($in:ident as $kind:ident; fn $select:ident by $by_plane:ident, fn $scatter:ident by $by_element:ident) => {
        fn $select(
            tensor: $in<Self>,
            dim: usize,
            indices: IntTensor<Self>,
            value: $in<Self>,
        ) -> $in<Self> {
            match (tensor, indices, value) {
                (
                    MpcTensor::Public(tensor, device),
                    MpcTensor::Public(indices, _),
                    MpcTensor::Public(value, _),
                ) => MpcTensor::Public(P::$select(tensor, dim, indices, value), device),
                (tensor, indices, value) => MpcTensor::Secret(
                    indexing::$by_plane::<$kind<P>, P, R>(tensor, dim, indices, value),
                ),
            }
        }

        fn $scatter(
            dim: usize,
            tensor: $in<Self>,
            indices: IntTensor<Self>,
            value: $in<Self>,
        ) -> $in<Self> {
            match (tensor, indices, value) {
                (
                    MpcTensor::Public(tensor, device),
                    MpcTensor::Public(indices, _),
                    MpcTensor::Public(value, _),
                ) => MpcTensor::Public(P::$scatter(dim, tensor, indices, value), device),
                (tensor, indices, value) => {
                    MpcTensor::Secret(indexing::$by_element::<$kind<P>, P, R>(
                        dim, tensor, indices, value,
                    ))
                }
            }
        }
    };
}

/// Sub-tensors by public coordinates.
macro_rules! indexing_nd {
    ($in:ident as $kind:ident; fn $gather:ident, fn $scatter:ident) => {
        fn $gather(tensor: $in<Self>, indices: IntTensor<Self>) -> $in<Self> {
            match (tensor, indices) {
                (MpcTensor::Public(tensor, device), MpcTensor::Public(indices, _)) => {
                    MpcTensor::Public(P::$gather(tensor, indices), device)
                }
                (tensor, indices) => {
                    MpcTensor::Secret(indexing::gather_nd::<$kind<P>, P, R>(tensor, indices))
                }
            }
        }

        fn $scatter(
            tensor: $in<Self>,
            indices: IntTensor<Self>,
            value: $in<Self>,
            reduction: IndexingUpdateOp,
        ) -> $in<Self> {
            match (tensor, indices, value) {
                (
                    MpcTensor::Public(tensor, device),
                    MpcTensor::Public(indices, _),
                    MpcTensor::Public(value, _),
                ) => MpcTensor::Public(P::$scatter(tensor, indices, value, reduction), device),
                (tensor, indices, value) => MpcTensor::Secret(
                    indexing::scatter_nd::<$kind<P>, P, R>(tensor, indices, value, reduction),
                ),
            }
        }
    };
}

/// `fn name(arg: Type, ..) => "hint";` for the gradient of a layer by its input `x`, given that of its
/// output; refuses secrets.
macro_rules! backward {
    ($in:ident; $(fn $name:ident($($arg:ident: $ty:ty),*) => $hint:expr;)+) => {$(
        fn $name(x: $in<Self>, grad: $in<Self> $(, $arg: $ty)*) -> $in<Self> {
            match (x, grad) {
                (MpcTensor::Public(x, device), MpcTensor::Public(grad, _)) => {
                    MpcTensor::Public(P::$name(x, grad $(, $arg)*), device)
                }
                (x, grad) => {
                    let (shape, device) = (x.shape().to_vec(), lift::device_of(&x, &grad));
                    let out = (shape.clone(), Kind::Float);
                    MpcTensor::Secret(refuse::refuse(stringify!($name), &device, &[&shape], $hint, out))
                }
            }
        }
    )+};
}

/// `fn name(x, weight, bias; arg: Type, ..) => secret;` for a layer with a weight and perhaps a bias; the
/// three names stand for operands. `axis` gives, from the rank of the result, the axis of the bias.
macro_rules! weighted {
    ($axis:expr; $(fn $name:ident($x:ident, $weight:ident, $bias:ident $(; $($arg:ident: $ty:ty),+)?) => $secret:expr;)+) => {$(
        fn $name(
            $x: FloatTensor<Self>,
            $weight: FloatTensor<Self>,
            $bias: Option<FloatTensor<Self>>
            $(, $($arg: $ty),+)?
        ) -> FloatTensor<Self> {
            match ($x, $weight, lift::optional($bias)) {
                (MpcTensor::Public(x, device), MpcTensor::Public(weight, _), Ok(bias)) => {
                    MpcTensor::Public(P::$name(x, weight, bias $(, $($arg),+)?), device)
                }
                // Only the bias is secret: no product of secrets is due.
                (MpcTensor::Public(x, device), MpcTensor::Public(weight, _), Err(bias)) => {
                    lift::meeting(&[&device, bias.device()]);
                    let product = MpcTensor::Public(P::$name(x, weight, None $(, $($arg),+)?), device);
                    MpcTensor::Secret(ops::biased(lift::operand::<Floats<P>, R>(product), bias, $axis))
                }
                ($x, $weight, $bias) => {
                    layers::device([$x.device(), $weight.device()], $bias.as_ref().err());
                    let $x = lift::operand::<Floats<P>, R>($x);
                    let $weight = lift::operand::<Floats<P>, R>($weight);
                    let $bias = lift::optional_operand::<Floats<P>, R>($bias);
                    MpcTensor::Secret($secret)
                }
            }
        }
    )+};
}
