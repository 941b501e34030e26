//! No party but the owner receives or holds a plaintext weight or input.

use std::collections::HashSet;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::{Shape, Tensor, TensorPrimitive};
use burn_mpc::net::Transport;
use burn_mpc::net::tap::Tap;
use burn_mpc::ring::encode;
use burn_mpc::tensor::{Form, State};
use burn_mpc::{Party, Ring, ShareOptions, Z64, prepare, reveal_to, share_model};

use super::common::{
    IMAGE, Links, Net, Private, all_ok, input, numbers, plain_logits, run, values, worst,
};

/// Every way in which `values` may lie in memory or on a wire.
fn canaries(values: &[f32]) -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = vec![];
    for frac in [16, 32] {
        let codes = encode::<Z64>(values, frac, 62).expect("in range");
        all.extend(
            codes
                .iter()
                .map(|code| code.to_i64().to_le_bytes().to_vec()),
        );
    }
    for value in values {
        all.push(f64::from(*value).to_le_bytes().to_vec());
        // Two in a row, as single words of 32 bits turn up by chance.
        let single = value.to_le_bytes();
        all.push([single, single].concat());
    }
    all.extend(
        values
            .windows(2)
            .map(|pair| [pair[0].to_le_bytes(), pair[1].to_le_bytes()].concat()),
    );
    all.retain(|canary| telling(canary) > 1);
    all
}

/// Bytes that do not turn up everywhere.
fn telling(canary: &[u8]) -> usize {
    canary
        .iter()
        .filter(|&&byte| byte != 0 && byte != 255)
        .count()
}

/// Whether a canary lies anywhere, or as one of the words if zeros and two random bytes would do.
fn holds(haystack: &[u8], canaries: &[Vec<u8>]) -> bool {
    let words: HashSet<&[u8]> = canaries.iter().map(Vec::as_slice).collect();
    haystack.chunks_exact(8).any(|word| words.contains(word))
        || haystack
            .windows(8)
            .any(|window| telling(window) > 3 && words.contains(window))
}

/// The float parameters' plaintext values, or all bytes of their shares.
#[derive(Default)]
struct Parameters {
    plain: Vec<f32>,
    shares: Vec<u8>,
    secrets: usize,
}

impl ModuleVisitor<Private> for Parameters {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Private, D>>) {
        let TensorPrimitive::Float(primitive) = param.val().into_primitive() else {
            panic!("quantized");
        };
        let Some(secret) = primitive.secret() else {
            self.plain.extend(param.val().into_data().iter::<f32>());
            return;
        };
        self.secrets += 1;
        let State::Ring {
            form: Form::Rss(share),
            ..
        } = secret.state()
        else {
            panic!("not a fresh share");
        };
        for word in share.first().iter().chain(share.second()) {
            self.shares.extend(word.to_i64().to_le_bytes());
        }
    }
}

#[test]
fn weights_and_inputs_reach_others_as_shares_only() {
    let image: Vec<f32> = numbers(72, 9);
    let taps = Links::Memory.ends().map(Tap::new);
    let records = [&taps[0], &taps[1], &taps[2]].map(Tap::records);
    let ends = taps.map(|tap| Box::new(tap) as Box<dyn Transport>);
    let results = all_ok(run(ends, |device, party| {
        let net = Net::<Private>::at(device, party == Party::P0, true);
        let mut before = Parameters::default();
        net.visit(&mut before);
        let net = share_model(net, device, Party::P0, ShareOptions::default())?;
        let mut after = Parameters::default();
        net.visit(&mut after);
        let x = input(device, Party::P1, "image", IMAGE, &image)?;
        prepare(device, || net.forward(x.clone()))?;
        let _ = reveal_to(net.forward(x), Party::P1, "logits")?;
        Ok((before, after))
    }));
    let weights = canaries(&results[0].0.plain);
    let pixels = canaries(&image);
    assert!(weights.len() > 1000 && pixels.len() > 200);
    for (party, (_, after)) in results.iter().enumerate() {
        assert_eq!((after.secrets, after.plain.len()), (8, 0), "all are secret");
        let received = records[party].snapshot();
        let bytes: usize = received.iter().map(|record| record.payload.len()).sum();
        assert!(bytes > 2000, "nothing recorded");
        for record in received {
            assert!(
                !holds(&record.payload, &weights),
                "weights on the wire to P{party}"
            );
            assert!(
                !holds(&record.payload, &pixels),
                "pixels on the wire to P{party}"
            );
        }
        // Even the owner keeps but two of the three components.
        assert!(
            !holds(&after.shares, &weights),
            "weights in shares of P{party}"
        );
    }
}

#[test]
fn the_search_finds_a_weight_that_is_there() {
    let weights = numbers(54, 1);
    let mut wire = numbers(100, 77)
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect::<Vec<_>>();
    assert!(!holds(&wire, &canaries(&weights)));
    let code = encode::<Z64>(&weights[7..8], 32, 62).expect("in range")[0];
    wire.extend(code.to_i64().to_le_bytes());
    wire.push(1);
    assert!(holds(&wire, &canaries(&weights)));
}

#[test]
fn parties_without_weights_never_look_at_theirs() {
    let image: Vec<f32> = numbers(72, 9);
    let results = all_ok(run(Links::Memory.ends(), |device, party| {
        let mut net = Net::<Private>::at(device, party == Party::P0, true);
        if party != Party::P0 {
            fn never<const D: usize>(
                device: &burn_mpc::MpcDevice,
                shape: [usize; D],
            ) -> Param<Tensor<Private, D>> {
                Param::uninitialized(
                    ParamId::new(),
                    |_, _| panic!("initialised at a party that owns no weights"),
                    device.clone(),
                    false,
                    Shape::from(shape),
                )
            }
            net.conv.weight = never(device, [3, 2, 3, 3]);
            net.conv.bias = Some(never(device, [3]));
            net.head.weight = never(device, [108, 4]);
            net.head.bias = Some(never(device, [4]));
            if let Some(norm) = &mut net.norm {
                norm.gamma = never(device, [3]);
                norm.beta = never(device, [3]);
            }
        }
        let options = ShareOptions {
            fold_batch_norm: (party == Party::P0).then_some(1e-5),
        };
        let net = share_model(net, device, Party::P0, options)?;
        let x = input(device, Party::P1, "image", IMAGE, &image)?;
        Ok(reveal_to(net.forward(x), Party::P1, "logits")?.map(values))
    }));
    let logits = results[1].as_ref().expect("the reader's");
    assert!(worst(logits, &plain_logits(&image, true)) < 0.0035);
}
