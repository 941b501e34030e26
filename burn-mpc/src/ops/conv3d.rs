//! A convolution over three axes, as one over images.
//!
//! The slices that a window covers become channels of an image, and the slices of the result images of a batch. So all
//! products of an output are summed by one convolution of the existing kernel, and what follows reshares and truncates
//! each output once.

use crate::error::MpcError;
use crate::ops::ConvSettings;
use crate::ops::base::call::{Call, device_of, refused, shape_error};
use crate::ops::base::force;
use crate::ops::linear::{self, conv_shape};
use crate::ops::movement::{self, Source, ZERO};
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Bound, Kind, Operand, SecretTensor};

/// `[N, I, D, H, W] * [O, I / groups, d, h, w] -> [N, O, D', H', W']`, plus `bias` `[O]`.
pub fn conv3d<R: Ring>(
    x: Operand<R>,
    weight: Operand<R>,
    bias: Option<Operand<R>>,
    settings: ConvSettings<3>,
) -> SecretTensor<R> {
    let device = device_of(&[&x, &weight]);
    let out = conv_shape(x.shape(), weight.shape(), settings);
    let (&[batch, channels, depth, height, width], &[outputs, inputs, taps, rows, columns]) =
        (x.shape(), weight.shape())
    else {
        let reason = "expected [N, I, D, H, W] and [O, I/groups, d, h, w]";
        return misfit(&device, &x, &weight, out, reason);
    };
    let (stride, padding, dilation) = (
        settings.stride[0],
        settings.padding[0],
        settings.dilation[0],
    );
    let slices = out[2];
    if slices == 0 || taps == 0 || stride == 0 || dilation == 0 {
        return misfit(&device, &x, &weight, out, "the kernel does not fit");
    }
    let shape = vec![batch, slices, channels, taps, height, width];
    if let Some(refused) = refused(&device, "conv3d", &[&shape], (&out, Kind::Float)) {
        return refused;
    }
    let x = replicated(x);
    let source = Source::new(shape, move |shape| {
        let plane = height * width;
        let mut places = Vec::with_capacity(shape.iter().product());
        for image in 0..batch {
            for slice in 0..slices {
                for channel in 0..channels {
                    for tap in 0..taps {
                        let at = (slice * stride + tap * dilation).wrapping_sub(padding);
                        if at < depth {
                            let first = ((image * channels + channel) * depth + at) * plane;
                            places.extend(first..first + plane);
                        } else {
                            places.extend(core::iter::repeat_n(ZERO, plane));
                        }
                    }
                }
            }
        }
        places
    });
    let images = movement::remap_operand("conv3d", &x, source, &device).reshape(vec![
        batch * slices,
        channels * taps,
        height,
        width,
    ]);
    let kernel = weight.reshape(vec![outputs, inputs * taps, rows, columns]);
    let [stride, padding, dilation] = [settings.stride, settings.padding, settings.dilation]
        .map(|[_, rows, columns]| [rows, columns]);
    let plane = ConvSettings {
        stride,
        padding,
        dilation,
        groups: settings.groups,
    };
    let result = linear::conv(images, kernel, bias, plane);
    let &[_, _, rows, columns] = result.shape() else {
        return result;
    };
    let result = result.reshape(vec![batch, slices, outputs, rows, columns]);
    movement::permute(result, &[0, 2, 1, 3, 4])
}

/// An input as products take it, so that it is not replicated once for every slice that reads it.
fn replicated<R: Ring>(x: Operand<R>) -> Operand<R> {
    let Operand::Secret(tensor) = x else {
        return x;
    };
    if let Some(session) = tensor.device().session()
        && session.failure().is_none()
    {
        let most = session.scales().value;
        let replicated = session
            .claim("conv3d")
            .and_then(|()| force::replicated_at_most(session, &tensor, most));
        if let Err(error) = replicated {
            session.fail(&error);
        }
    }
    Operand::Secret(tensor)
}

fn misfit<R: Ring>(
    device: &MpcDevice,
    x: &Operand<R>,
    weight: &Operand<R>,
    shape: Vec<usize>,
    reason: &'static str,
) -> SecretTensor<R> {
    let call = Call {
        op: "conv3d",
        device,
        shape,
        kind: Kind::Float,
        key: None,
        bound: Bound::NONE,
    };
    call.run(|session| -> Result<SecretTensor<R>, MpcError> {
        let shapes = [x.shape(), weight.shape()];
        Err(shape_error(session, "conv3d", &shapes, reason))
    })
}
