//! Sharing keeps exactly what was given, or refuses it.

use burn::backend::Flex;
use burn::module::{Module, Param};
use burn::tensor::{DType, Tensor, TensorData};
use burn_mpc::backend::MpcTensor;
use burn_mpc::fixed::{Fixed, Form};
use burn_mpc::tensor::State;
use burn_mpc::testkit;
use burn_mpc::{
    MpcError, Party, SessionConfig, ShareOptions, Z64, reveal, share, share_model, share_within,
};
use burn_mpc_engine::ring::Ring;

use super::common::{Private, config, failing, run};

/// The words that a tensor holds, and their fractional bits: first components of all parties add up to them.
fn first<const D: usize>(tensor: Tensor<Private, D>) -> (Vec<Z64>, u32) {
    let MpcTensor::Secret(tensor) = tensor.into_primitive().tensor() else {
        panic!("public");
    };
    testkit::settle(&tensor);
    match testkit::state(&tensor) {
        State::Numbers(Fixed {
            share: Form::Rss(share),
            frac,
        }) => (share.first().to_vec(), frac),
        _ => panic!("not as it was shared"),
    }
}

fn sum(components: [(Vec<Z64>, u32); 3]) -> (Vec<i64>, u32) {
    let [(a, frac), (b, _), (c, _)] = components;
    let words = a.iter().zip(&b).zip(&c);
    (
        words.map(|((&a, &b), &c)| (a + b + c).to_i64()).collect(),
        frac,
    )
}

/// Words of `data` as they were shared, and their fractional bits.
fn shared(config: &SessionConfig, data: &TensorData) -> (Vec<i64>, u32) {
    let len = data.num_elements();
    // A little less than all that the ring holds.
    let scales = config.scales().expect("a config");
    let limit = 0.99 * f64::from(scales.limit() - scales.value).exp2();
    let components = run(config, |device, party| {
        let held = (party == Party::P1).then(|| data.clone());
        Ok(first(share_within::<Flex, Z64, 1>(
            device,
            Party::P1,
            "x",
            [len],
            limit,
            held,
        )?))
    });
    sum(components.map(|(result, _)| result.expect("shared")))
}

fn refused(config: &SessionConfig, data: &TensorData) {
    let errors = failing(config, |device, party| {
        let held = (party == Party::P1).then(|| data.clone());
        let x = share::<Flex, Z64, 1>(device, Party::P1, "x", [data.num_elements()], held)?;
        reveal(x, "x").map(|_| ())
    });
    assert!(matches!(errors[1], MpcError::Range { .. }), "{}", errors[1]);
}

#[test]
fn integers_of_every_type_are_shared_exactly() {
    fn check<E: burn::tensor::Element>(values: Vec<E>, expected: &[i64]) {
        let (words, frac) = shared(&config(), &TensorData::new(values, [expected.len()]));
        let exact: Vec<i64> = expected.iter().map(|value| value << frac).collect();
        assert_eq!(words, exact, "{}", std::any::type_name::<E>());
    }
    check(
        vec![16_777_217_i32, 123_456_789, 2_000_000_001, i32::MIN],
        &[16_777_217, 123_456_789, 2_000_000_001, i64::from(i32::MIN)],
    );
    check(
        vec![4_000_000_000_001_i64, -4_000_000_000_001],
        &[4_000_000_000_001, -4_000_000_000_001],
    );
    check(vec![u32::MAX, 3], &[i64::from(u32::MAX), 3]);
    check(vec![4_000_000_000_001_u64], &[4_000_000_000_001]);
    check(vec![i16::MIN, i16::MAX], &[-32768, 32767]);
    check(vec![i8::MIN, i8::MAX], &[-128, 127]);
    check(vec![u16::MAX], &[65535]);
    check(vec![u8::MAX], &[255]);
    check(vec![true, false], &[1, 0]);
}

#[test]
fn integers_that_no_double_holds_are_exact_too() {
    let config = config().with_frac_bits(4);
    let value = (1_i64 << 57) + 1;
    let (words, frac) = shared(&config, &TensorData::new(vec![value, -value], [2]));
    assert_eq!((words, frac), (vec![value << 4, -value << 4], 4));
}

#[test]
fn doubles_are_shared_to_the_unit() {
    let values = [1_234_567.891, -0.1, 1.0 / 3.0, 4.0e12 + 0.3];
    let (words, frac) = shared(&config(), &TensorData::new(values.to_vec(), [4]));
    for (word, value) in words.into_iter().zip(values) {
        let exact = value * f64::from(frac).exp2();
        assert!(
            (word as f64 - exact).abs() <= 0.5,
            "{value}: {word} and {exact}"
        );
    }
}

#[test]
fn halves_and_singles_are_shared_as_they_are() {
    let values = [1.5_f32, -0.25, 1024.0, 0.099_975_586];
    let single = TensorData::new(values.to_vec(), [4]);
    let expected = shared(&config(), &single);
    for dtype in [DType::F16, DType::F64, DType::Flex32] {
        let data = single.clone().convert_dtype(dtype);
        assert_eq!(shared(&config(), &data), expected, "{dtype:?}");
    }
    let coarse = TensorData::new(vec![1.5_f32, -0.25, 1024.0, 0.100_097_656], [4]);
    let data = coarse.clone().convert_dtype(DType::BF16);
    assert_eq!(shared(&config(), &data), shared(&config(), &coarse));
}

#[test]
fn what_does_not_fit_is_refused_and_not_wrapped() {
    for data in [
        TensorData::new(vec![0, i64::MAX], [2]),
        TensorData::new(vec![0, i64::MIN], [2]),
        TensorData::new(vec![0, u64::MAX], [2]),
        TensorData::new(vec![0.0, 1.0e300], [2]),
        TensorData::new(vec![0.0, f64::NAN], [2]),
    ] {
        refused(&config(), &data);
    }
}

#[test]
fn differences_of_large_integers_open_as_they_are() {
    let results = run(&config(), |device, party| {
        let data = TensorData::new(vec![16_777_217_i32, 123_456_789], [2]);
        let x = share_within::<Flex, Z64, 1>(
            device,
            Party::P0,
            "x",
            [2],
            2e8,
            (party == Party::P0).then_some(data),
        )?;
        // Both are single-precision numbers: the distance is not lost in them.
        let near = Tensor::<Private, 1>::from_floats([16_777_216.0, 123_456_784.0], device);
        Ok(reveal(x - near, "distance")?
            .into_data()
            .to_vec::<f32>()
            .expect("floats"))
    });
    for (result, _) in results {
        assert_eq!(result.expect("opened"), [1.0, 5.0]);
    }
}

#[derive(Module, Debug)]
struct Model<B: burn::tensor::backend::Backend> {
    bias: Param<Tensor<B, 1>>,
}

#[test]
fn parameters_in_double_precision_are_not_rounded_to_single() {
    let value = 12_345.678_912_345_678_f64;
    let components = run(&config(), |device, party| {
        let given = if party == Party::P0 { value } else { 0.0 };
        let data = TensorData::new(vec![given], [1]);
        let bias = Tensor::<Private, 1>::from_data(data, (device, DType::F64));
        let model = Model {
            bias: Param::from_tensor(bias),
        };
        let model = share_model(model, device, Party::P0, ShareOptions::default())?;
        Ok(first(model.bias.val()))
    });
    let (words, frac) = sum(components.map(|(result, _)| result.expect("shared")));
    let exact = value * f64::from(frac).exp2();
    assert!(
        (words[0] as f64 - exact).abs() <= 0.5,
        "{} and {exact}",
        words[0]
    );
    // Single precision is off by more than that.
    assert!((f64::from(value as f32) - value).abs() * f64::from(frac).exp2() > 1.0);
}
