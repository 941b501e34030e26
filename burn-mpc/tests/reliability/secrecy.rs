//! No party but the owner receives or holds a plaintext weight or input.

use burn::backend::Flex;
use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::{Shape, Tensor, TensorPrimitive};
use burn_mpc::fixed::{Fixed, Form};
use burn_mpc::session::WeightScales;
use burn_mpc::tensor::State;
use burn_mpc::testkit;
use burn_mpc::{
    Mpc, Party, Ring, SessionConfig, ShareOptions, Z32, Z64, prepare, reveal_to, share_model,
};
use burn_mpc_engine::net::Transport;
use burn_mpc_engine::net::tap::Tap;
use burn_mpc_engine::ring::encode;

use super::canary::{Words, fractional_bits};
use super::common::{
    IMAGE, Links, Net, PATIENCE, Private, all_ok, input, input_on, numbers, open_exactly,
    plain_logits, run, run_each, tolerance, values, worst,
};

/// The float parameters' plaintext values, or all bytes of their shares.
#[derive(Default)]
struct Parameters {
    plain: Vec<f32>,
    shares: Vec<u8>,
    secrets: usize,
}

impl<R: Ring> ModuleVisitor<Mpc<Flex, R>> for Parameters {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Mpc<Flex, R>, D>>) {
        let TensorPrimitive::Float(primitive) = param.val().into_primitive() else {
            panic!("quantized");
        };
        let Some(secret) = testkit::secret(&primitive) else {
            self.plain.extend(param.val().into_data().iter::<f32>());
            return;
        };
        self.secrets += 1;
        testkit::settle(secret);
        let State::Numbers(Fixed {
            share: Form::Rss(share),
            ..
        }) = testkit::state(secret)
        else {
            panic!("not a fresh share");
        };
        for word in share.first().iter().chain(share.second()) {
            self.shares.extend(bytemuck::bytes_of(word));
        }
    }
}

/// The configurations that are tested: other scales are other codes.
fn wide() -> [SessionConfig; 3] {
    let scales = WeightScales::new([("conv".to_owned(), 14), ("head".to_owned(), 22)].into());
    [
        SessionConfig::z64(),
        SessionConfig::z64().with_frac_bits(16),
        SessionConfig::z64().with_weight_scales(scales),
    ]
}

fn narrow() -> [SessionConfig; 2] {
    let scales = WeightScales::new([("conv".to_owned(), 12)].into());
    [
        SessionConfig::z32(),
        SessionConfig::z32().with_weight_scales(scales),
    ]
}

#[test]
fn weights_and_inputs_reach_others_as_shares_only() {
    wide().into_iter().for_each(reach_as_shares_only::<Z64>);
    narrow().into_iter().for_each(reach_as_shares_only::<Z32>);
}

fn reach_as_shares_only<R: Ring>(config: SessionConfig) {
    let image: Vec<f32> = numbers(72, 9);
    let taps = Links::Memory.ends().map(Tap::new);
    let records = [&taps[0], &taps[1], &taps[2]].map(Tap::records);
    let ends = taps.map(|tap| Box::new(tap) as Box<dyn Transport>);
    let configs = [(); 3].map(|()| config.clone().with_deadline(PATIENCE));
    let results = all_ok(run_each(ends, configs, |device, party| {
        let net = Net::<Mpc<Flex, R>>::at(device, party == Party::P0, true);
        let mut before = Parameters::default();
        net.visit(&mut before);
        let net = share_model(net, device, Party::P0, ShareOptions::default())?;
        let x = input_on::<R, 4>(device, Party::P1, "image", IMAGE, &image)?;
        prepare(device, || net.forward(x.clone()))?;
        let _ = reveal_to(net.forward(x), Party::P1, "logits")?;
        // Parameters that were used in a folded form alone are shared now.
        let mut after = Parameters::default();
        net.visit(&mut after);
        Ok((before, after))
    }));
    let weights = Words::of::<R>(&results[0].0.plain, &config);
    let pixels = Words::of::<R>(&image, &config);
    assert!(weights.len() > 1000 && pixels.len() > 200);
    for (party, (_, after)) in results.iter().enumerate() {
        assert_eq!((after.secrets, after.plain.len()), (8, 0), "all are secret");
        let received = records[party].snapshot();
        let bytes: usize = received.iter().map(|record| record.payload.len()).sum();
        assert!(bytes > 500, "nothing recorded");
        for record in received {
            assert!(
                !weights.lie_in(&record.payload),
                "weights on the wire to P{party}; {config:?}"
            );
            assert!(
                !pixels.lie_in(&record.payload),
                "pixels on the wire to P{party}; {config:?}"
            );
        }
        // Shares at the owner are two of three components, too.
        assert!(
            !weights.lie_in(&after.shares),
            "weights in shares of P{party}; {config:?}"
        );
    }
}

#[test]
fn the_search_finds_what_lies_on_a_wire_in_the_clear() {
    wide().iter().for_each(finds_codes::<Z64>);
    narrow().iter().for_each(finds_codes::<Z32>);
}

/// The messages are made by the encoder that sharing uses.
fn finds_codes<R: Ring>(config: &SessionConfig) {
    let pixels = numbers(72, 9);
    let search = Words::of::<R>(&pixels, config);
    let noise: Vec<u8> = numbers(4096, 77)
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    assert!(!search.lie_in(&noise), "what is not there");
    let fracs = fractional_bits(config);
    let scales = config.scales().expect("a config");
    assert!(fracs.contains(&scales.value) && fracs.contains(&scales.product));
    assert!(
        config
            .weight_scales
            .iter()
            .all(|(_, bits)| fracs.contains(&bits))
    );
    for frac in fracs {
        let codes = encode::<R>(&pixels, frac, R::BITS - 1).expect("in range");
        for sign in [R::ONE, -R::ONE] {
            let codes: Vec<R> = codes.iter().map(|&code| sign * code).collect();
            let little: &[u8] = bytemuck::cast_slice(&codes);
            let mut big = little.to_vec();
            big.chunks_mut(R::BYTES).for_each(<[u8]>::reverse);
            for message in [little, &big] {
                // At the beginning of a message, within one, and after a header of odd length.
                for before in [0, 64, 1, 31] {
                    let wire = [&noise[..before], message, &noise[..before]].concat();
                    assert!(search.lie_in(&wire), "{frac} bits, after {before} bytes");
                }
                // One value, or two on the ring of short words, is enough nearly always.
                let few = message.chunks(8);
                let all = few.len();
                let found = few.filter(|few| search.lie_in(few)).count();
                let least = if frac > 12 { all * 9 / 10 } else { all / 2 };
                assert!(found >= least, "{frac} bits: {found} of {all}");
            }
        }
    }
    let singles: Vec<u8> = pixels.iter().flat_map(|x| x.to_be_bytes()).collect();
    let doubles = pixels.iter().flat_map(|&x| f64::from(x).to_le_bytes());
    assert!(search.lie_in(&singles) && search.lie_in(&doubles.collect::<Vec<_>>()));
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
        let net = share_model(net, device, Party::P0, ShareOptions::default())?;
        let x = input(device, Party::P1, "image", IMAGE, &image)?;
        let scales = device.online("test")?.scales();
        let logits = open_exactly(net.forward(x), Party::P1, "logits")?;
        Ok((logits.map(values), tolerance(scales.value)))
    }));
    let (logits, tolerance) = &results[1];
    let worst = worst(
        logits.as_ref().expect("the reader's"),
        &plain_logits(&image, true),
    );
    assert!(worst < *tolerance, "{worst}");
}
