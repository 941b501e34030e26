//! Moving parameters between backends.

use burn::record::{BinBytesRecorder, FullPrecisionSettings, Recorder};

use super::*;
use crate::inference::TransferError;

fn bytes<B: Backend>(net: &Net<B>) -> Vec<u8> {
    let recorder = BinBytesRecorder::<FullPrecisionSettings, Vec<u8>>::default();
    Recorder::<B>::record(&recorder, net.clone().into_record(), ()).unwrap()
}

#[test]
fn a_moved_network_has_the_same_record() {
    let (device, plain) = (Default::default(), trained());
    let there = transfer::<Plain, Eval, _, _>(&plain, Net::new(&device), &device).unwrap();
    assert_ne!(bytes(&there), bytes(&Net::<Eval>::new(&device)));
    assert_eq!(bytes(&there), bytes(&plain));
    let back = transfer::<Eval, Plain, _, _>(&there, Net::new(&device), &device).unwrap();
    assert_eq!(bytes(&back), bytes(&plain));
}

#[test]
fn a_record_of_the_plain_backend_loads_on_the_decorator() {
    let (device, plain) = (Default::default(), trained());
    let recorder = BinBytesRecorder::<FullPrecisionSettings, Vec<u8>>::default();
    let record = Recorder::<Eval>::load(&recorder, bytes(&plain), &device).unwrap();
    let there = Net::<Eval>::new(&device).load_record(record);
    let x = floats::<Plain, 4>(2, [2, 2, 6, 6]);
    let found = there.forward(Tensor::from_data(x.clone().into_data(), &device));
    found
        .into_data()
        .assert_eq(&plain.forward(x).into_data(), true);
}

#[test]
fn another_shape_is_an_error_that_names_the_parameter() {
    let (device, plain) = (Default::default(), trained());
    let mut target = Net::<Eval>::new(&device);
    target.head = LinearConfig::new(48, 6).init(&device);
    let error = transfer::<Plain, Eval, _, _>(&plain, target, &device).unwrap_err();
    let TransferError::Mismatch { path, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(path, "head.weight");
}

#[test]
fn a_missing_parameter_is_an_error() {
    let (device, plain) = (Default::default(), trained());
    let mut target = Net::<Eval>::new(&device);
    target.head.bias = None;
    let error = transfer::<Plain, Eval, _, _>(&plain, target, &device).unwrap_err();
    assert!(error.to_string().contains("head.bias"), "{error}");
}
