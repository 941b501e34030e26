//! The gradients of the deformable convolution.

use crate::ops::base::call::device_of;
use crate::ops::base::operand::secret;
use crate::ops::deform::{Deformable, Prepared, prepared};
use crate::ops::movement::{cat, permute, reshape};
use crate::ops::sample::{across, along, hats, slopes};
use crate::ops::{ConvSettings, arith, linear, reduce};
use crate::ring::Ring;
use crate::tensor::{Kind, Operand, SecretTensor};

/// Gradients by the operands of [`Deformable`].
#[derive(Debug)]
pub struct DeformGradients<R: Ring> {
    /// By the images.
    pub x: SecretTensor<R>,
    /// By the displacements.
    pub offset: SecretTensor<R>,
    /// By the weights.
    pub weight: SecretTensor<R>,
    /// By the mask, if there was one.
    pub mask: Option<SecretTensor<R>>,
    /// By the bias, if there was one.
    pub bias: Option<SecretTensor<R>>,
}

fn product<R: Ring>(a: &SecretTensor<R>, b: &SecretTensor<R>) -> SecretTensor<R> {
    arith::mul(a.clone().into(), b.clone().into())
}

fn matmul<R: Ring>(a: SecretTensor<R>, b: SecretTensor<R>) -> SecretTensor<R> {
    linear::matmul(a.into(), b.into())
}

/// Gradients by all operands, for the gradient of the result. A place between two pixels changes a sample by their
/// difference; on a pixel, by that to the next one.
pub fn deform_conv2d_backward<R: Ring>(
    operands: Deformable<R>,
    grad: Operand<R>,
    settings: ConvSettings,
    offset_groups: usize,
) -> DeformGradients<R> {
    let Deformable {
        x,
        offset,
        weight,
        mask,
        bias,
    } = operands;
    let shapes = [&x, &offset, &weight].map(|operand| operand.shape().to_vec());
    let mask_shape = mask.as_ref().map(|mask| mask.shape().to_vec());
    let device = device_of(&[&x, &grad]);
    let Ok(parts) = prepared(x, offset, weight, mask, settings, offset_groups) else {
        let poisoned = |shape: Vec<usize>| SecretTensor::poisoned(&device, shape, Kind::Float);
        let [x, offset, weight] = shapes.map(poisoned);
        return DeformGradients {
            x,
            offset,
            weight,
            mask: mask_shape.map(poisoned),
            bias: bias.map(|bias| poisoned(bias.shape().to_vec())),
        };
    };
    let samples = parts.samples();
    let Prepared {
        device,
        batch,
        groups,
        outputs,
        inputs,
        taps,
        images,
        places,
        mask,
        weight,
        ..
    } = parts;
    let hold = |operand: Operand<R>| secret(operand, Kind::Float, &device);
    let [sets, channels, height, width] = [0, 1, 2, 3].map(|axis| images.shape()[axis]);
    let all = taps * samples;
    let [rows, columns, weight, grad] =
        [places[0].clone(), places[1].clone(), weight, grad].map(hold);
    let mask = mask.map(hold);
    let (in_rows, in_columns) = (hats(rows.clone(), height), hats(columns.clone(), width));
    let along_columns = along(&images, in_columns.clone(), 3, &device);
    let along_rows = along(&images, in_rows.clone(), 2, &device);
    let sampled = across(along_columns.clone(), in_rows.clone());

    let grad = reshape(grad, vec![batch, groups, outputs / groups, samples]);
    let back = matmul(permute(weight, &[0, 1, 3, 2]), grad.clone());
    let by_masked = reshape(back, vec![sets, channels, all]);
    let by_mask = mask.as_ref().map(|_| {
        let sum = reduce::sum_dim(product(&by_masked, &sampled), 1);
        reshape(sum, mask_shape.unwrap_or_default())
    });
    let (by_sample, masked) = match &mask {
        None => (by_masked, sampled),
        Some(mask) => (product(&by_masked, mask), product(&sampled, mask)),
    };

    let matrix = reshape(masked, vec![batch, groups, inputs * taps, samples]);
    let by_weight = matmul(grad.clone(), permute(matrix, &[0, 1, 3, 2]));
    let by_weight = reshape(reduce::sum_dim(by_weight, 0), shapes[2].clone());
    let by_bias = bias.map(|_| {
        let sums = reduce::sum_dim(reduce::sum_dim(grad, 3), 0);
        reshape(sums, vec![outputs])
    });

    let by_place = |along: SecretTensor<R>, slopes: SecretTensor<R>| {
        let one = permute(by_sample.clone(), &[0, 2, 1]);
        let one = reshape(one, vec![sets, all, channels, 1]);
        let of_channels = reduce::sum_dim(product(&along, &one), 2);
        let of_channels = reshape(of_channels, slopes.shape().to_vec());
        let sum = reduce::sum_dim(product(&of_channels, &slopes), 2);
        reshape(sum, vec![sets, taps, 1, samples])
    };
    let by_row = by_place(along_columns, slopes(rows, height));
    let by_column = by_place(along_rows, slopes(columns, width));
    let by_offset = cat(
        vec![by_row.into(), by_column.into()],
        2,
        Kind::Float,
        &device,
    );

    let spread = {
        let one = reshape(by_sample, vec![sets, channels, 1, all]);
        let rows = reshape(permute(in_rows, &[0, 2, 1]), vec![sets, 1, height, all]);
        reshape(product(&one, &rows), vec![sets, channels * height, all])
    };
    let by_x = matmul(spread, in_columns);
    DeformGradients {
        x: reshape(by_x, shapes[0].clone()),
        offset: reshape(by_offset, shapes[1].clone()),
        weight: by_weight,
        mask: by_mask,
        bias: by_bias,
    }
}
