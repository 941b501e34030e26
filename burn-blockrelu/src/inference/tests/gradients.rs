//! Each op, on the decorator and on plain autodiff: the same value and the same gradient.

use burn::tensor::module::{adaptive_avg_pool2d, avg_pool2d, conv2d, linear, max_pool2d};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Bool, IndexingUpdateOp, Int, s};

use super::*;

fn check<const D: usize, const E: usize>(
    shape: [usize; D],
    train: impl Fn(Tensor<Train, D>) -> Tensor<Train, E>,
    eval: impl Fn(Tensor<Eval, D>) -> Tensor<Eval, E>,
) {
    let run = |op: &dyn Fn(Tensor<Train, D>) -> Tensor<Train, E>| {
        let x = floats::<Train, D>(1, shape).require_grad();
        let y = op(x.clone());
        let gradients = (y.clone() * y.clone()).sum().backward();
        let gradient = x.grad(&gradients).expect("the op has a gradient");
        (y.into_data(), gradient.into_data())
    };
    let (value, gradient) = run(&train);
    let (found_value, found_gradient) = run(&|x| to_inner(eval(from_inner(x))));
    found_value.assert_eq(&value, true);
    found_gradient.assert_eq(&gradient, true);
    assert!(
        gradient.iter::<f32>().any(|g| g != 0.0),
        "the gradient is zero everywhere"
    );
}

/// Tests of ops of one tensor: name, rank and shape of the argument, rank of the result.
macro_rules! laws {
    ($($name:ident: $d:literal $shape:expr => $e:literal, |$x:ident| $op:expr;)+) => {$(
        #[test]
        fn $name() {
            fn op<B: Backend>($x: Tensor<B, $d>) -> Tensor<B, $e> {
                $op
            }
            check($shape, op::<Train>, op::<Eval>);
        }
    )+};
}

fn indices<B: Backend>() -> Tensor<B, 1, Int> {
    Tensor::from_ints([2, 0], &Default::default())
}

laws! {
    relu_has_its_gradient: 2 [3, 4] => 2, |x| relu(x);
    conv2d_has_its_gradient: 4 [2, 2, 5, 5] => 4, |x|
        conv2d(x, floats(2, [3, 2, 3, 3]), Some(floats(3, [3])), ConvOptions::new([2, 2], [1, 1], [1, 1], 1));
    conv2d_has_the_gradient_of_its_weights: 4 [3, 2, 3, 3] => 4, |w|
        conv2d(floats(2, [2, 2, 5, 5]), w, None, ConvOptions::new([1, 1], [1, 1], [1, 1], 1));
    avg_pool2d_has_its_gradient: 4 [1, 2, 6, 6] => 4, |x| avg_pool2d(x, [2, 2], [2, 2], [0, 0], true, false);
    adaptive_avg_pool2d_has_its_gradient: 4 [1, 2, 6, 6] => 4, |x| adaptive_avg_pool2d(x, [1, 1]);
    max_pool2d_has_its_gradient: 4 [1, 2, 6, 6] => 4, |x| max_pool2d(x, [2, 2], [2, 2], [0, 0], [1, 1], false);
    linear_has_its_gradient: 2 [3, 4] => 2, |x| linear(x, floats(2, [4, 5]), Some(floats(3, [5])));
    add_has_its_gradient: 2 [3, 4] => 2, |x| x + floats(2, [3, 4]);
    mul_has_its_gradient: 2 [3, 4] => 2, |x| x.clone() * x * floats(2, [1, 4]);
    select_has_its_gradient: 2 [3, 4] => 2, |x| x.select(0, indices());
    select_assign_has_the_gradient_of_its_target: 2 [3, 4] => 2, |x|
        x.select_assign(0, indices(), floats(2, [2, 4]), IndexingUpdateOp::Add);
    select_assign_has_the_gradient_of_its_values: 2 [2, 4] => 2, |v|
        floats(2, [3, 4]).select_assign(0, indices(), v, IndexingUpdateOp::Add);
    cat_has_its_gradient: 2 [3, 4] => 2, |x| Tensor::cat(vec![x.clone(), floats(2, [3, 4]), x], 1);
    slice_has_its_gradient: 2 [3, 4] => 2, |x| x.slice(s![1..3, 0..2]);
    mask_where_has_its_gradient: 2 [3, 4] => 2, |x| {
        let mask = x.clone().greater_elem(0.0);
        x.mask_where(mask, floats(2, [3, 4]))
    };
    reshape_and_reductions_have_their_gradients: 2 [3, 4] => 2, |x| x.reshape([2, 6]).sum_dim(1);
}

#[test]
fn integers_and_booleans_change_sides_unchanged() {
    let ints = indices::<Train>();
    let there: Tensor<Eval, 1, Int> = int_from_inner(ints.clone());
    let mask = there.clone().equal_elem(2);
    assert_eq!(int_to_inner(there).into_data(), ints.clone().into_data());
    let back: Tensor<Train, 1, Bool> = bool_to_inner(mask);
    assert_eq!(back.clone().into_data(), ints.equal_elem(2).into_data());
    let again = bool_from_inner(back.clone());
    assert_eq!(again.into_data(), back.into_data());
}
