//! Layers: linear, convolution, pooling, interpolation and the rest.

use burn_backend::ops::conv::calculate_conv_output_sizes;
use burn_backend::ops::{
    AttentionModuleOptions, ConvOptions, ConvTransposeOptions, DeformConvOptions,
    InterpolateOptions, MaxPool2dBackward, ModuleOps, UnfoldOptions,
};

use super::hint;
use super::prelude::*;

table! { ModuleOps<Self>;
    rows {
        weighted (domain::SIGNED, domain::RIGHT, domain::SIGNED.shaped(&[5], &[64])) {
            fn linear(x, weight, bias) => ops::linear(x, weight, bias), axis(|rank| rank - 1);
        }

        weighted (domain::SIGNALS, domain::TAPS, domain::CHANNELS) {
            fn conv1d(x, weight, bias; options: ConvOptions<1> = ConvOptions::new([1], [1], [1], 1)) =>
                layers::conv1d(x, weight, bias, &options), axis(|_| 1);
        }

        weighted (domain::IMAGES, domain::KERNELS, domain::CHANNELS) {
            fn conv2d(x, weight, bias; options: ConvOptions<2> = ConvOptions::new([1, 1], [1, 1], [1, 1], 1)) =>
                layers::conv2d(x, weight, bias, &options), axis(|_| 1);
            fn conv_transpose2d(
                x, weight, bias;
                options: ConvTransposeOptions<2> = ConvTransposeOptions::new([2, 2], [1, 1], [1, 1], [1, 1], 1)
            ) => layers::conv_transpose2d(&x, &weight, bias, &options), axis(|_| 1);
        }

        one (Floats<P> = domain::IMAGES => Floats<P>) {
            fn unfold4d(
                t; kernel_size: [usize; 2] = [2, 2],
                options: UnfoldOptions = UnfoldOptions::new([1, 1], [0, 0], [1, 1])
            ) => layers::unfold4d(t, kernel_size, &options);
            fn avg_pool2d(
                t; kernel_size: [usize; 2] = [2, 2], stride: [usize; 2] = [2, 2], padding: [usize; 2] = [0, 0],
                count_include_pad: bool = true, ceil_mode: bool = false
            ) => ops::avg_pool2d(t, kernel_size, stride, padding, count_include_pad, ceil_mode);
            fn adaptive_avg_pool2d(t; output_size: [usize; 2] = [3, 2]) =>
                ops::adaptive_avg_pool2d(t, output_size), within(16.0);
            fn max_pool2d(
                t; kernel_size: [usize; 2] = [2, 2], stride: [usize; 2] = [2, 2], padding: [usize; 2] = [0, 0],
                dilation: [usize; 2] = [1, 1], ceil_mode: bool = false
            ) => ops::max_pool2d(t, kernel_size, stride, padding, dilation, ceil_mode);
            // Weights of up to 3 significant digits in both directions: each counts as an operand with L = 3 twice.
            fn interpolate(
                t; output_size: [usize; 2] = [9, 9], options: InterpolateOptions = domain::bilinear()
            ) => layers::interpolate::<P, R>(t, output_size, &options), within(16.0);
        }

        refused (Floats<P> = domain::VOLUMES, Floats<P> = domain::BLOCKS, Maybe<Floats<P>> = domain::CHANNELS => Floats<P>) {
            fn conv3d(
                x, weight, bias;
                options: ConvOptions<3> = ConvOptions::new([1, 2, 1], [0, 1, 1], [1, 1, 2], 1)
            ) => hint::CONV3D, shaped({
                let ConvOptions { stride, padding, dilation, .. } = options;
                let sizes = calculate_conv_output_sizes(&weight[2..], &stride, &padding, &dilation, &x[2..]);
                [&[x[0], weight[0]][..], &sizes].concat()
            });
            fn conv_transpose3d(
                x, weight, bias;
                options: ConvTransposeOptions<3> =
                    ConvTransposeOptions::new([1, 2, 1], [0, 1, 1], [0, 1, 0], [1, 1, 2], 1)
            ) => hint::CONV3D, shaped({
                let size = |i: usize| shapes::transposed_size(x[i + 2], weight[i + 2], i, &options);
                vec![x[0], weight[1] * options.groups, size(0), size(1), size(2)]
            });
        }

        refused (
            Floats<P> = domain::IMAGES, Floats<P> = domain::OFFSETS, Floats<P> = domain::KERNELS,
            Maybe<Floats<P>> = domain::WEIGHTS, Maybe<Floats<P>> = domain::CHANNELS => Floats<P>
        ) {
            fn deform_conv2d(
                x, offset, weight, mask, bias;
                options: DeformConvOptions<2> = DeformConvOptions::new([1, 1], [0, 0], [1, 1], 1, 1)
            ) => hint::DEFORM, shaped(vec![x[0], weight[0], offset[2], offset[3]]);
        }

        refused (
            Floats<P> = domain::IMAGES, Floats<P> = domain::OFFSETS, Floats<P> = domain::KERNELS,
            Maybe<Floats<P>> = domain::WEIGHTS, Maybe<Floats<P>> = domain::CHANNELS,
            Floats<P> = domain::IMAGES.shaped(&[2, 4, 4, 4], &[1, 4, 30, 30]) => DeformGradients<P>
        ) {
            fn deform_conv2d_backward(
                x, offset, weight, mask, bias, output_grad;
                options: DeformConvOptions<2> = DeformConvOptions::new([1, 1], [0, 0], [1, 1], 1, 1)
            ) => hint::TRAINING;
        }

        refused (Floats<P> = domain::IMAGES, Floats<P> = domain::POOLED => Floats<P>) {
            fn avg_pool2d_backward(
                x, grad; kernel_size: [usize; 2] = [2, 2], stride: [usize; 2] = [2, 2], padding: [usize; 2] = [0, 0],
                count_include_pad: bool = true, ceil_mode: bool = false
            ) => hint::TRAINING, shaped(x.clone());
            fn adaptive_avg_pool2d_backward(x, grad) => hint::TRAINING, shaped(x.clone());
            fn interpolate_backward(
                x, grad; output_size: [usize; 2] = [3, 3], options: InterpolateOptions = domain::nearest()
            ) => hint::TRAINING, shaped(x.clone());
        }

        refused (Floats<P> = domain::IMAGES => Pooled<P>) {
            fn max_pool2d_with_indices(
                x; kernel_size: [usize; 2] = [2, 3], stride: [usize; 2] = [2, 2], padding: [usize; 2] = [1, 1],
                dilation: [usize; 2] = [1, 1], ceil_mode: bool = true
            ) => hint::POOL_INDICES, shaped({
                let size = |i: usize| ops::pooled(
                    x[i + 2], kernel_size[i], stride[i], padding[i], dilation[i], ceil_mode
                ).unwrap_or(1);
                vec![x[0], x[1], size(0), size(1)]
            });
        }

        // Weights err by 4 units each, are up to 3 times as large in the sum of six, and scores err by what six products
        // of up to 3 do.
        many (
            Floats<P> = domain::IMAGES, Floats<P> = domain::IMAGES, Floats<P> = domain::IMAGES,
            Maybe<Bools<P>> = domain::BITS.shaped(&[2, 4, 6, 6], &[1, 4, 32, 32]), Maybe<Floats<P>> = domain::IMAGES
            => Floats<P>
        ) {
            fn attention(
                query, key, value, mask, attn_bias; options: AttentionModuleOptions = AttentionModuleOptions::default()
            ) => layers::attention(query, &key, value, mask, attn_bias, &options), within(100.0);
        }

        many (
            Floats<P> = domain::SIGNED, Floats<P> = domain::CHANNELS.shaped(&[4], &[64]),
            Maybe<Floats<P>> = domain::CHANNELS.shaped(&[4], &[64]) => Floats<P>
        ) {
            fn layer_norm(t, gamma, beta; epsilon: f64 = 1e-5) =>
                ops::layer_norm(t, gamma, beta, epsilon), within(16.0);
        }

        refused (
            Floats<P> = domain::SIGNED.shaped(&[6, 2, 4], &[64, 16, 4]), Ints<P> = domain::LETTERS,
            Ints<P> = domain::LENGTHS, Ints<P> = domain::WORDS => Floats<P>
        ) {
            fn ctc_loss(log_probs, targets, input_lengths, target_lengths; blank: usize = 0) =>
                hint::CTC, shaped(vec![log_probs[1]]);
        }

        refused (Floats<P> = domain::SIGNED => Pair<Floats<P>, Floats<P>>) {
            fn rfft(signal; dim: usize = 1, n: Option<usize> = None) =>
                hint::FFT, shaped(lift::with_dim(&signal, dim, n.unwrap_or(signal[dim]) / 2 + 1));
        }

        refused (Floats<P> = domain::TRIPLES, Floats<P> = domain::TRIPLES => Floats<P>) {
            fn irfft(re, im; dim: usize = 1, n: Option<usize> = None) =>
                hint::FFT, shaped(lift::with_dim(&re, dim, n.unwrap_or(re[dim].saturating_sub(1) * 2)));
        }
    }

    written {
        #[allow(clippy::too_many_arguments)]
        fn max_pool2d_with_indices_backward(
            x: FloatTensor<Self>,
            kernel_size: [usize; 2],
            stride: [usize; 2],
            padding: [usize; 2],
            dilation: [usize; 2],
            ceil_mode: bool,
            output_grad: FloatTensor<Self>,
            indices: IntTensor<Self>
        ) -> MaxPool2dBackward<Self> {
            let shape = x.shape().to_vec();
            let device = layers::device([x.device(), output_grad.device()], indices.secret());
            match (x, output_grad, indices) {
                (MpcTensor::Public(x, device, _), MpcTensor::Public(grad, _, _), MpcTensor::Public(indices, _, _)) => {
                    let grads = P::max_pool2d_with_indices_backward(
                        x, kernel_size, stride, padding, dilation, ceil_mode, grad, indices,
                    );
                    PoolGradient::<P>::wrap(grads, &device)
                }
                _ => {
                    let (op, hint) = ("max_pool2d_with_indices_backward", hint::TRAINING);
                    let refusal = Refusal { op, device, shapes: &[&shape], hint };
                    PoolGradient::<P>::refused(&refusal, shape.clone())
                }
            }
        }
        refuses hint::TRAINING, |stage| {
            let x = Floats::<P>::draw(stage, &domain::IMAGES);
            let grad = Floats::<P>::draw(stage, &domain::POOLED);
            let indices = Ints::<P>::draw(stage, &domain::CORNERS);
            stage.start();
            let result = P::max_pool2d_with_indices_backward(
                x, [2, 2], [2, 2], [0, 0], [1, 1], false, grad, indices
            );
            PoolGradient::<P>::record(stage, result);
        };
    }
}
