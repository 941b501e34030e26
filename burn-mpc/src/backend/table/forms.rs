//! The forms of rows: how a method is delegated, and how its law calls it.
//!
//! Each form has two arms. `@call` writes the method: a call whose tensors are all public goes to the method of the
//! same name of the plaintext backend `P`; any other goes to what the row says. `@law` draws operands from the row's
//! domains, takes the values given beside the arguments, and calls the method on the backend `P` of the stage.

/// What the method makes of the plaintext twins of its operands, in a run that carries them along; see
/// [`shadow`](crate::backend::shadow). In the call, the names are the twins.
macro_rules! traced {
    ($name:ident ($($x:ident: $in:ty),+) => $call:expr) => {
        traced!($name ($($x: $in),+) => $call, () ())
    };
    ($name:ident ($($x:ident: $in:ty),+) => $call:expr, $tail:tt ($($arg:expr),*)) => {
        shadow::Step::of(stringify!($name), &[$(<$in as Taken<R>>::secret(&$x)),+]).map(|step| {
            let step = wide!(step, ($($x: $in),+), $tail ($($arg),*));
            let twin = step.play(|| {
                $(let $x = <$in as Taken<R>>::twin(&$x)?;)+
                Some($call)
            });
            (step, twin)
        })
    };
}

/// The step that knows how large its integers are where nothing wraps: those of the method on floats that a row names
/// as `wide(method)`.
macro_rules! wide {
    ($step:ident, ($($x:ident: $in:ty),+), (wide ($float:ident)) ($($arg:expr),*)) => {{
        let largest = $step.play(|| {
            $(let $x = P::int_into_float(<$in as Taken<R>>::twin(&$x)?, FloatDType::F32);)+
            shadow::largest::<P>(P::$float($($x,)+ $($arg),*))
        });
        $step.reaching(largest)
    }};
    ($step:ident, $operands:tt, $tail:tt $args:tt) => {
        $step
    };
}

/// `fn name(t; arg: Type = value, ..) => secret` for a method on one tensor; in `secret`, `t` is the secret tensor.
macro_rules! one {
    (@call ($in:ty = $domain:expr => $out:ty) $name:ident ($t:ident $(; $($arg:ident: $ty:ty = $value:expr),*)?)
     ($secret:expr) $tail:tt) => {
        fn $name($t: <$in as Taken<R>>::Given $($(, $arg: $ty)*)?) -> <$out as Outcome<R>>::Given {
            let traced = traced!(
                $name ($t: $in) => P::$name($t $($(, Clone::clone(&$arg))*)?), $tail ($($(Clone::clone(&$arg)),*)?)
            );
            match $t {
                MpcTensor::Public($t, device, _) => {
                    <$out as Outcome<R>>::wrap(P::$name($t $($(, $arg)*)?), &device)
                }
                MpcTensor::Secret($t) => {
                    call::beside::<$out, R>(<$out as Outcome<R>>::secret($secret), traced)
                }
            }
        }
    };
    (@law $stage:ident ($in:ty = $domain:expr => $out:ty) $name:ident
     ($t:ident $(; $($arg:ident: $ty:ty = $value:expr),*)?)) => {{
        let $t = <$in as Sampled<P>>::draw($stage, &$domain);
        $($(let $arg: $ty = $value;)*)?
        $stage.start();
        let result = P::$name($t $($(, $arg)*)?);
        <$out as Recorded<P>>::record($stage, result);
    }};
}

/// `fn name(a, b, ..; arg: Type = value, ..) => secret` for a method on several tensors, any of which may be secret; in
/// `secret` the names are operands.
macro_rules! many {
    (@call ($($in:ty = $domain:expr),+ => $out:ty) $name:ident ($($x:ident),+ $(; $($arg:ident: $ty:ty = $value:expr),*)?)
     ($secret:expr) $tail:tt) => {
        fn $name($($x: <$in as Taken<R>>::Given),+ $($(, $arg: $ty)*)?) -> <$out as Outcome<R>>::Given {
            let traced = traced!(
                $name ($($x: $in),+) => P::$name($($x),+ $($(, Clone::clone(&$arg))*)?),
                $tail ($($(Clone::clone(&$arg)),*)?)
            );
            match ($(<$in as Taken<R>>::split($x),)+) {
                ($(Ok($x),)+) => {
                    let device = call::meeting(&[$($x.1),+]);
                    <$out as Outcome<R>>::wrap(P::$name($($x.0),+ $($(, $arg)*)?), &device)
                }
                ($($x,)+) => {
                    call::meeting(&[$(<$in as Taken<R>>::device_of(&$x)),+]);
                    $(let $x = <$in as Taken<R>>::operand($x);)+
                    call::beside::<$out, R>(<$out as Outcome<R>>::secret($secret), traced)
                }
            }
        }
    };
    (@law $stage:ident ($($in:ty = $domain:expr),+ => $out:ty) $name:ident
     ($($x:ident),+ $(; $($arg:ident: $ty:ty = $value:expr),*)?)) => {{
        $(let $x = <$in as Sampled<P>>::draw($stage, &$domain);)+
        $($(let $arg: $ty = $value;)*)?
        $stage.start();
        let result = P::$name($($x),+ $($(, $arg)*)?);
        <$out as Recorded<P>>::record($stage, result);
    }};
}

/// `fn name(arg: Type = value, ..; dtype: Type = value) => make` for a method that creates a tensor of a given shape.
macro_rules! created {
    (@call ($out:ty = $domain:expr) $name:ident
     ($($arg:ident: $ty:ty = $value:expr),*; $dtype:ty = $as:expr) ($make:expr) $tail:tt) => {
        fn $name(shape: Shape $(, $arg: $ty)*, device: &MpcDevice, dtype: $dtype) -> <$out as Outcome<R>>::Given {
            if let Some(refused) = create::oversized::<$out, R>(stringify!($name), &shape, device) {
                return refused;
            }
            $make(P::$name(shape $(, $arg)*, &kind::plain_device::<P>(), dtype), device)
        }
    };
    (@law $stage:ident ($out:ty = $domain:expr) $name:ident
     ($($arg:ident: $ty:ty = $value:expr),*; $dtype:ty = $as:expr)) => {{
        let (shape, device) = ($stage.shape(&$domain), $stage.device.clone());
        $stage.start();
        let made = P::$name(shape $(, $value)*, &device, $as);
        <$out as Recorded<P>>::record($stage, made);
    }};
}

/// `fn name() => take` for hyperplanes along an axis by indices.
macro_rules! selected {
    (@call ($in:ty = $domain:expr) $name:ident () ($take:expr) $tail:tt) => {
        fn $name(
            tensor: <$in as Taken<R>>::Given,
            dim: usize,
            indices: IntTensor<Self>,
        ) -> <$in as Outcome<R>>::Given {
            let traced = traced!($name (tensor: $in, indices: Ints<P>) => P::$name(tensor, dim, indices));
            match (tensor, indices) {
                (MpcTensor::Public(tensor, device, _), MpcTensor::Public(indices, _, _)) => {
                    MpcTensor::public(P::$name(tensor, dim, indices), device)
                }
                (tensor, indices) => {
                    call::beside::<$in, R>(MpcTensor::Secret($take(tensor, dim, indices)), traced)
                },
            }
        }
    };
    (@law $stage:ident ($in:ty = $domain:expr) $name:ident ()) => {{
        let tensor = <$in as Sampled<P>>::draw($stage, &$domain);
        let indices = <Ints<P> as Sampled<P>>::draw($stage, &domain::PLANES);
        $stage.start();
        let result = P::$name(tensor, 0, indices);
        <$in as Recorded<P>>::record($stage, result);
    }};
}

/// `fn name() => take` for elements along an axis by indices.
macro_rules! gathered {
    (@call ($in:ty = $domain:expr) $name:ident () ($take:expr) $tail:tt) => {
        fn $name(
            dim: usize,
            tensor: <$in as Taken<R>>::Given,
            indices: IntTensor<Self>,
        ) -> <$in as Outcome<R>>::Given {
            let traced = traced!($name (tensor: $in, indices: Ints<P>) => P::$name(dim, tensor, indices));
            match (tensor, indices) {
                (MpcTensor::Public(tensor, device, _), MpcTensor::Public(indices, _, _)) => {
                    MpcTensor::public(P::$name(dim, tensor, indices), device)
                }
                (tensor, indices) => {
                    call::beside::<$in, R>(MpcTensor::Secret($take(dim, tensor, indices)), traced)
                },
            }
        }
    };
    (@law $stage:ident ($in:ty = $domain:expr) $name:ident ()) => {{
        let tensor = <$in as Sampled<P>>::draw($stage, &$domain);
        let indices = <Ints<P> as Sampled<P>>::draw($stage, &domain::PLACES);
        $stage.start();
        let result = P::$name(0, tensor, indices);
        <$in as Recorded<P>>::record($stage, result);
    }};
}

/// `fn name() => take` for sub-tensors by coordinates.
macro_rules! gathered_nd {
    (@call ($in:ty = $domain:expr) $name:ident () ($take:expr) $tail:tt) => {
        fn $name(
            tensor: <$in as Taken<R>>::Given,
            indices: IntTensor<Self>,
        ) -> <$in as Outcome<R>>::Given {
            let traced = traced!($name (tensor: $in, indices: Ints<P>) => P::$name(tensor, indices));
            match (tensor, indices) {
                (MpcTensor::Public(tensor, device, _), MpcTensor::Public(indices, _, _)) => {
                    MpcTensor::public(P::$name(tensor, indices), device)
                }
                (tensor, indices) => {
                    call::beside::<$in, R>(MpcTensor::Secret($take(tensor, indices)), traced)
                },
            }
        }
    };
    (@law $stage:ident ($in:ty = $domain:expr) $name:ident ()) => {{
        let tensor = <$in as Sampled<P>>::draw($stage, &$domain);
        let indices = <Ints<P> as Sampled<P>>::draw($stage, &domain::ROWS);
        $stage.start();
        let result = P::$name(tensor, indices);
        <$in as Recorded<P>>::record($stage, result);
    }};
}

/// `fn name() => put` for adding hyperplanes onto a tensor at indices.
macro_rules! selected_onto {
    (@call ($in:ty = $domain:expr) $name:ident () ($put:expr) $tail:tt) => {
        fn $name(
            tensor: <$in as Taken<R>>::Given,
            dim: usize,
            indices: IntTensor<Self>,
            value: <$in as Taken<R>>::Given,
        ) -> <$in as Outcome<R>>::Given {
            let traced = traced!(
                $name (tensor: $in, indices: Ints<P>, value: $in) => P::$name(tensor, dim, indices, value)
            );
            match (tensor, indices, value) {
                (
                    MpcTensor::Public(tensor, device, _),
                    MpcTensor::Public(indices, _, _),
                    MpcTensor::Public(value, _, _),
                ) => MpcTensor::public(P::$name(tensor, dim, indices, value), device),
                (tensor, indices, value) => {
                    call::beside::<$in, R>(MpcTensor::Secret($put(tensor, dim, indices, value)), traced)
                }
            }
        }
    };
    (@law $stage:ident ($in:ty = $domain:expr) $name:ident ()) => {{
        let tensor = <$in as Sampled<P>>::draw($stage, &$domain);
        let indices = <Ints<P> as Sampled<P>>::draw($stage, &domain::PLANES);
        let value = <$in as Sampled<P>>::draw($stage, &$domain.shaped(&[4, 4], &[64, 64]));
        $stage.start();
        let result = P::$name(tensor, 0, indices, value);
        <$in as Recorded<P>>::record($stage, result);
    }};
}

/// `fn name() => put` for adding elements onto a tensor at indices.
macro_rules! scattered {
    (@call ($in:ty = $domain:expr) $name:ident () ($put:expr) $tail:tt) => {
        fn $name(
            dim: usize,
            tensor: <$in as Taken<R>>::Given,
            indices: IntTensor<Self>,
            value: <$in as Taken<R>>::Given,
        ) -> <$in as Outcome<R>>::Given {
            let traced = traced!(
                $name (tensor: $in, indices: Ints<P>, value: $in) => P::$name(dim, tensor, indices, value)
            );
            match (tensor, indices, value) {
                (
                    MpcTensor::Public(tensor, device, _),
                    MpcTensor::Public(indices, _, _),
                    MpcTensor::Public(value, _, _),
                ) => MpcTensor::public(P::$name(dim, tensor, indices, value), device),
                (tensor, indices, value) => {
                    call::beside::<$in, R>(MpcTensor::Secret($put(dim, tensor, indices, value)), traced)
                }
            }
        }
    };
    (@law $stage:ident ($in:ty = $domain:expr) $name:ident ()) => {{
        let tensor = <$in as Sampled<P>>::draw($stage, &$domain);
        let indices = <Ints<P> as Sampled<P>>::draw($stage, &domain::PLACES);
        let value = <$in as Sampled<P>>::draw($stage, &$domain.shaped(&[2, 4], &[64, 64]));
        $stage.start();
        let result = P::$name(0, tensor, indices, value);
        <$in as Recorded<P>>::record($stage, result);
    }};
}

/// `fn name() => put` for updating sub-tensors at coordinates. The law calls every update.
macro_rules! scattered_nd {
    (@call ($in:ty = $domain:expr) $name:ident () ($put:expr) $tail:tt) => {
        fn $name(
            tensor: <$in as Taken<R>>::Given,
            indices: IntTensor<Self>,
            value: <$in as Taken<R>>::Given,
            reduction: IndexingUpdateOp,
        ) -> <$in as Outcome<R>>::Given {
            let traced = traced!(
                $name (tensor: $in, indices: Ints<P>, value: $in) => P::$name(tensor, indices, value, reduction)
            );
            match (tensor, indices, value) {
                (
                    MpcTensor::Public(tensor, device, _),
                    MpcTensor::Public(indices, _, _),
                    MpcTensor::Public(value, _, _),
                ) => MpcTensor::public(P::$name(tensor, indices, value, reduction), device),
                (tensor, indices, value) => {
                    call::beside::<$in, R>(MpcTensor::Secret($put(tensor, indices, value, reduction)), traced)
                }
            }
        }
    };
    (@law $stage:ident ($in:ty = $domain:expr) $name:ident ()) => {{
        let tensor = <$in as Sampled<P>>::draw($stage, &$domain);
        let indices = <Ints<P> as Sampled<P>>::draw($stage, &domain::ROWS);
        let value = <$in as Sampled<P>>::draw($stage, &$domain.shaped(&[4, 4], &[64, 64]));
        $stage.start();
        for &update in updates($stage) {
            let result = P::$name(tensor.clone(), indices.clone(), value.clone(), update);
            <$in as Recorded<P>>::record($stage, result);
        }
    }};
}

/// `fn name() => put` for replacing a regular part.
macro_rules! assigned {
    (@call ($in:ty = $domain:expr) $name:ident () ($put:expr) $tail:tt) => {
        fn $name(
            tensor: <$in as Taken<R>>::Given,
            slices: &[Slice],
            value: <$in as Taken<R>>::Given,
        ) -> <$in as Outcome<R>>::Given {
            let traced = traced!($name (tensor: $in, value: $in) => P::$name(tensor, slices, value));
            match (tensor, value) {
                (MpcTensor::Public(tensor, device, _), MpcTensor::Public(value, _, _)) => {
                    MpcTensor::public(P::$name(tensor, slices, value), device)
                }
                (tensor, value) => {
                    call::beside::<$in, R>(MpcTensor::Secret($put(tensor, slices, value)), traced)
                }
            }
        }
    };
    (@law $stage:ident ($in:ty = $domain:expr) $name:ident ()) => {{
        let tensor = <$in as Sampled<P>>::draw($stage, &$domain);
        let value = <$in as Sampled<P>>::draw($stage, &$domain.shaped(&[2, 2], &[2, 2]));
        let slices = [Slice::new(1, Some(3), 1), Slice::new(0, Some(2), 1)];
        $stage.start();
        let result = P::$name(tensor, &slices, value);
        <$in as Recorded<P>>::record($stage, result);
    }};
}

/// `fn name() => join` for joining tensors.
macro_rules! joined {
    (@call ($in:ty = $domain:expr) $name:ident () ($join:expr) $tail:tt) => {
        fn $name(tensors: Vec<<$in as Taken<R>>::Given>, dim: usize) -> <$in as Outcome<R>>::Given {
            let secrets: Vec<_> = tensors.iter().map(<$in as Taken<R>>::secret).collect();
            let traced = shadow::Step::of(stringify!($name), &secrets).map(|step| {
                let twins = || {
                    tensors
                        .iter()
                        .map(<$in as Taken<R>>::twin)
                        .collect::<Option<_>>()
                };
                let twin = step.play(|| Some(P::$name(twins()?, dim)));
                (step, twin)
            });
            match indexing::all_public(tensors) {
                Ok((tensors, device)) => MpcTensor::public(P::$name(tensors, dim), device),
                Err(tensors) => {
                    call::beside::<$in, R>(MpcTensor::Secret($join(tensors, dim)), traced)
                }
            }
        }
    };
    (@law $stage:ident ($in:ty = $domain:expr) $name:ident ()) => {{
        let first = <$in as Sampled<P>>::draw($stage, &$domain);
        let second = <$in as Sampled<P>>::draw($stage, &$domain);
        $stage.start();
        let result = P::$name(vec![first, second], 1);
        <$in as Recorded<P>>::record($stage, result);
    }};
}

/// `fn name(x, weight, bias; arg: Type = value, ..) => secret, axis(of)` for a layer with a weight and perhaps a bias;
/// in `secret` the three names are operands. `of` maps the rank of the result to the axis of the bias.
macro_rules! weighted {
    (@call ($in:expr, $kernel:expr, $channels:expr) $name:ident
     ($x:ident, $weight:ident, $bias:ident $(; $($arg:ident: $ty:ty = $value:expr),*)?)
     ($secret:expr) (axis ($axis:expr))) => {
        fn $name(
            $x: FloatTensor<Self>,
            $weight: FloatTensor<Self>,
            $bias: Option<FloatTensor<Self>>
            $($(, $arg: $ty)*)?
        ) -> FloatTensor<Self> {
            let traced = traced!(
                $name ($x: Floats<P>, $weight: Floats<P>, $bias: Maybe<Floats<P>>)
                    => P::$name($x, $weight, $bias $($(, Clone::clone(&$arg))*)?)
            );
            let given = match ($x, $weight, lift::optional($bias)) {
                (MpcTensor::Public(x, device, _), MpcTensor::Public(weight, _, _), Ok(bias)) => {
                    MpcTensor::public(P::$name(x, weight, bias $($(, $arg)*)?), device)
                }
                // Only the bias is secret, so that no product of secrets is needed.
                (MpcTensor::Public(x, device, _), MpcTensor::Public(weight, _, _), Err(bias)) => {
                    lift::meeting(&[&device, bias.device()]);
                    let product = MpcTensor::public(P::$name(x, weight, None $($(, $arg)*)?), device);
                    MpcTensor::Secret(ops::biased(lift::operand::<Floats<P>, R>(product), bias, $axis))
                }
                ($x, $weight, $bias) => {
                    layers::device([$x.device(), $weight.device()], $bias.as_ref().err());
                    let $x = lift::operand::<Floats<P>, R>($x);
                    let $weight = lift::operand::<Floats<P>, R>($weight);
                    let $bias = lift::optional_operand::<Floats<P>, R>($bias);
                    MpcTensor::Secret($secret)
                }
            };
            call::beside::<Floats<P>, R>(given, traced)
        }
    };
    (@law $stage:ident ($in:expr, $kernel:expr, $channels:expr) $name:ident
     ($x:ident, $weight:ident, $bias:ident $(; $($arg:ident: $ty:ty = $value:expr),*)?)) => {{
        let $x = <Floats<P> as Sampled<P>>::draw($stage, &$in);
        let $weight = <Floats<P> as Sampled<P>>::draw($stage, &$kernel);
        let $bias = <Floats<P> as Sampled<P>>::draw($stage, &$channels);
        $($(let $arg: $ty = $value;)*)?
        $stage.start();
        let result = P::$name($x, $weight, Some($bias) $($(, $arg)*)?);
        <Floats<P> as Recorded<P>>::record($stage, result);
    }};
}
