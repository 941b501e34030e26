//! Layers: linear, convolution, pooling, interpolation and the rest.

use burn_backend::ops::{
    AttentionModuleOptions, ConvOptions, ConvTransposeOptions, DeformConvOptions,
    InterpolateOptions, MaxPool2dBackward, ModuleOps, UnfoldOptions,
};

use super::prelude::*;
use crate::ops::{Deformable, Windows};
use crate::tensor::SecretTensor;

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

        weighted (domain::VOLUMES, domain::BLOCKS, domain::CHANNELS) {
            fn conv3d(
                x, weight, bias;
                options: ConvOptions<3> = ConvOptions::new([1, 2, 1], [0, 1, 1], [1, 1, 2], 1)
            ) => layers::conv3d(x, weight, bias, &options), axis(|_| 1);
            fn conv_transpose3d(
                x, weight, bias;
                options: ConvTransposeOptions<3> =
                    ConvTransposeOptions::new([1, 2, 1], [0, 1, 1], [0, 1, 0], [1, 1, 2], 1)
            ) => layers::conv_transpose3d(&x, &weight, bias, &options), axis(|_| 1);
        }

        // Samples of up to 3 times masks and weights of up to 3, 36 of them: each factor is rounded.
        many (
            Floats<P> = domain::IMAGES, Floats<P> = domain::OFFSETS, Floats<P> = domain::KERNELS,
            Maybe<Floats<P>> = domain::WEIGHTS, Maybe<Floats<P>> = domain::CHANNELS => Floats<P>
        ) {
            fn deform_conv2d(
                x, offset, weight, mask, bias;
                options: DeformConvOptions<2> = DeformConvOptions::new([1, 1], [0, 0], [1, 1], 1, 1)
            ) => layers::deform_conv2d(Deformable { x, offset, weight, mask, bias }, &options), within(64.0);
        }

        many (
            Floats<P> = domain::IMAGES, Floats<P> = domain::OFFSETS, Floats<P> = domain::KERNELS,
            Maybe<Floats<P>> = domain::WEIGHTS, Maybe<Floats<P>> = domain::CHANNELS,
            Floats<P> = domain::IMAGES.shaped(&[2, 4, 4, 4], &[1, 4, 30, 30]) => DeformGradients<P>
        ) {
            fn deform_conv2d_backward(
                x, offset, weight, mask, bias, output_grad;
                options: DeformConvOptions<2> = DeformConvOptions::new([1, 1], [0, 0], [1, 1], 1, 1)
            ) => layers::deform_conv2d_backward(
                Deformable { x, offset, weight, mask, bias }, output_grad, &options
            ), within(4096.0);
        }

        // Gradients: only the dimensions of the input matter.
        many (Floats<P> = domain::IMAGES, Floats<P> = domain::POOLED => Floats<P>) {
            fn avg_pool2d_backward(
                x, grad; kernel_size: [usize; 2] = [3, 2], stride: [usize; 2] = [2, 2], padding: [usize; 2] = [1, 0],
                count_include_pad: bool = false, ceil_mode: bool = false
            ) => ops::avg_pool2d_backward(
                x.shape(), layers::gradient(&x, grad), kernel_size, stride, padding, count_include_pad, ceil_mode
            ), within(4.0);
            fn adaptive_avg_pool2d_backward(x, grad) =>
                ops::adaptive_avg_pool2d_backward(x.shape(), layers::gradient(&x, grad)), within(4.0);
        }

        many (Floats<P> = domain::IMAGES, Floats<P> = domain::ENLARGED => Floats<P>) {
            fn interpolate_backward(
                x, grad; output_size: [usize; 2] = [9, 9], options: InterpolateOptions = domain::bilinear()
            ) => layers::interpolate_backward::<P, R>(x.shape(), layers::gradient(&x, grad), output_size, &options),
                within(32.0);
        }

        one (Floats<P> = domain::IMAGES => Pooled<P>) {
            fn max_pool2d_with_indices(
                x; kernel_size: [usize; 2] = [2, 3], stride: [usize; 2] = [2, 2], padding: [usize; 2] = [1, 1],
                dilation: [usize; 2] = [1, 1], ceil_mode: bool = false
            ) => ops::max_pool2d_with_indices(
                &x, Windows { kernel: kernel_size, stride, padding, dilation, ceil_mode }
            );
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

        // Six steps, each of which errs by what a log-softmax of three does.
        many (
            Floats<P> = domain::SIGNED.shaped(&[6, 2, 4], &[64, 16, 4]), Ints<P> = domain::LETTERS,
            Ints<P> = domain::LENGTHS, Ints<P> = domain::WORDS => Floats<P>
        ) {
            fn ctc_loss(log_probs, targets, input_lengths, target_lengths; blank: usize = 0) =>
                ops::ctc_loss(ops::Ctc { log_probs, targets, input_lengths, target_lengths, blank }), within(32.0);
        }

        // Sums of eight products with sines and cosines.
        one (Floats<P> = domain::SIGNED.shaped(&[3, 8], &[64, 64]) => Pair<Floats<P>, Floats<P>>) {
            fn rfft(signal; dim: usize = 1, n: Option<usize> = None) => layers::rfft::<P, R>(signal, dim, n), within(8.0);
        }

        many (
            Floats<P> = domain::SIGNED.shaped(&[4, 5], &[64, 33]), Floats<P> = domain::SIGNED.shaped(&[4, 5], &[64, 33])
            => Floats<P>
        ) {
            fn irfft(re, im; dim: usize = 1, n: Option<usize> = None) =>
                layers::irfft::<P, R>(re, im, dim, n), within(8.0);
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
            layers::device([x.device(), output_grad.device()], indices.secret());
            let traced = traced!(
                max_pool2d_with_indices_backward (x: Floats<P>, output_grad: Floats<P>, indices: Ints<P>) =>
                    P::max_pool2d_with_indices_backward(
                        x, kernel_size, stride, padding, dilation, ceil_mode, output_grad, indices,
                    )
            );
            match (x, output_grad, indices) {
                (MpcTensor::Public(x, device, _), MpcTensor::Public(grad, _, _), MpcTensor::Public(indices, _, _)) => {
                    let grads = P::max_pool2d_with_indices_backward(
                        x, kernel_size, stride, padding, dilation, ceil_mode, grad, indices,
                    );
                    PoolGradient::<P>::wrap(grads, &device)
                }
                (x, grad, indices) => {
                    let device = indices.secret().map_or(x.device(), SecretTensor::device).clone();
                    let shape = x.shape().to_vec();
                    let grad = lift::secret::<Floats<P>, R>(grad, &device);
                    let indices = lift::operand::<Ints<P>, R>(indices);
                    let windows = Windows { kernel: kernel_size, stride, padding, dilation, ceil_mode };
                    let gradient = ops::max_pool2d_with_indices_backward(&shape, grad, indices, windows);
                    call::beside::<PoolGradient<P>, R>(PoolGradient::<P>::secret(gradient), traced)
                }
            }
        }
        law |stage| {
            let x = Floats::<P>::draw(stage, &domain::IMAGES);
            let grad = Floats::<P>::draw(stage, &domain::POOLED);
            let pooled = P::max_pool2d_with_indices(x.clone(), [2, 2], [2, 2], [0, 0], [1, 1], false);
            stage.start();
            let result = P::max_pool2d_with_indices_backward(
                x, [2, 2], [2, 2], [0, 0], [1, 1], false, grad, pooled.indices
            );
            PoolGradient::<P>::record(stage, result);
        };
    }
}
