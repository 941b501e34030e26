//! R5, R9: seeds are fresh, and no log, error, report or `Debug` shows a secret.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use burn::backend::Flex;
use burn::module::{Module, ModuleMapper, Param, RunningState};
use burn::tensor::{Tensor, TensorData, TensorPrimitive};
use burn_mpc::backend::MpcTensor;
use burn_mpc::ops;
use burn_mpc::report::Report;
use burn_mpc::session::{WeightScales, local};
use burn_mpc::testkit;
use burn_mpc::{
    Mpc, MpcDevice, MpcError, Party, Ring, SessionConfig, ShareOptions, Z32, Z64, reveal,
    reveal_to, share_model,
};
use burn_mpc_engine::Rotation;
use burn_mpc_engine::net::tap::Tap;
use burn_mpc_engine::net::{Header, Mesh, Transport};
use burn_mpc_engine::prg::agree_from_insecure_seed;
use burn_mpc_engine::protocol::Audience;
use burn_mpc_engine::ring::encode;
use burn_mpc_engine::share::{Additive, BitShare, Rss, TwoOfTwo};
use burn_mpc_engine::step::Named;
use tracing::field::{Field, Visit};
use tracing::span;

use super::canary::{Texts, fractional_bits};
use super::common::{IMAGE, Links, Net, PATIENCE, all_ok, input, input_on, run, run_each, values};

/// Values of weights, chosen so that even at 10 fractional bits their codes have five digits, which turn up in no
/// report.
const WEIGHTS: [f32; 4] = [23.140_693, -22.459_157, 15.154_262, -19.333_334];
/// Values of pixels, likewise.
const PIXELS: [f32; 3] = [28.374_334, -26.179_94, 30.959_642];
/// Far outside the range.
const TOO_LARGE: f32 = 7.654_321e18;

/// Everything that is traced in this process, at all levels.
#[derive(Clone, Default)]
struct Everything(Arc<Mutex<String>>);

struct Text<'a>(&'a mut String);

impl Visit for Text<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl tracing::Subscriber for Everything {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let mut text = self.0.lock().expect("whole");
        text.push_str(attributes.metadata().name());
        attributes.record(&mut Text(&mut text));
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut Text(&mut self.0.lock().expect("whole")));
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = self.0.lock().expect("whole");
        event.record(&mut Text(&mut text));
        text.push('\n');
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// All that must not be shown in a session of `config`.
fn canaries(config: &SessionConfig) -> Texts {
    let all = [&WEIGHTS[..], &PIXELS, &[TOO_LARGE]].concat();
    Texts::of(&all, config)
}

#[track_caller]
fn shows_nothing(text: &str, config: &SessionConfig) {
    if let Some(found) = canaries(config).found_in(text) {
        panic!("'{found}' in: {text}");
    }
}

/// Puts canaries in the place of all weights.
struct Marked;

impl Marked {
    fn values(len: usize) -> Vec<f32> {
        WEIGHTS.iter().copied().cycle().take(len).collect()
    }
}

impl<R: Ring> ModuleMapper<Mpc<Flex, R>> for Marked {
    fn map_float<const D: usize>(
        &mut self,
        param: Param<Tensor<Mpc<Flex, R>, D>>,
    ) -> Param<Tensor<Mpc<Flex, R>, D>> {
        param.map(|tensor| {
            let dims = tensor.dims();
            let values = Self::values(dims.iter().product());
            Tensor::from_data(TensorData::new(values, dims), &tensor.device())
        })
    }
}

fn net<R: Ring>(device: &MpcDevice, owner: bool) -> Net<Mpc<Flex, R>> {
    let net = Net::at(device, owner, true);
    if !owner {
        return net;
    }
    let mut net = net.map(&mut Marked);
    if let Some(norm) = &mut net.norm {
        // A variance is positive.
        let data = TensorData::new(vec![WEIGHTS[0]; 3], [3]);
        norm.running_var = RunningState::new(Tensor::from_data(data, device));
    }
    net
}

/// Succeeds once and fails once in each of three ways; returns all that can be printed.
fn everything_printable<R: Ring>(config: &SessionConfig) -> String {
    let pixels: Vec<f32> = PIXELS.iter().copied().cycle().take(72).collect();
    let seen = Mutex::new(String::new());
    let say = |text: String| seen.lock().expect("whole").push_str(&(text + "\n"));
    let tell = |outcome: &Option<Result<(), MpcError>>| match outcome {
        Some(Err(error)) => say(format!("{error} {error:?}")),
        Some(Ok(())) => {}
        None => say("a panic".into()),
    };
    for failing in [
        None,
        Some("range"),
        Some("shape"),
        Some("op"),
        Some("panic"),
    ] {
        let configs = [(); 3].map(|()| config.clone().with_deadline(PATIENCE));
        let outcomes = run_each(Links::Memory.ends(), configs, |device, party| {
            let model = net::<R>(device, party == Party::P0);
            let model = share_model(model, device, Party::P0, ShareOptions::default())?;
            let x = x_of::<R>(device, &pixels)?;
            say(format!("{model} {model:?} {x} {x:?} {device:?}"));
            let y = model.forward(x.clone());
            say(format!("{y} {y:?}"));
            if let TensorPrimitive::Float(primitive) = y.clone().into_primitive() {
                say(format!(
                    "{primitive:?} {:?}",
                    testkit::state(testkit::secret(&primitive).expect("secret"))
                ));
            }
            let read = catch_unwind(AssertUnwindSafe(|| y.clone().into_data()));
            let panic = read.expect_err("secret");
            say(panic.downcast_ref::<String>().cloned().unwrap_or_default());
            let result = match failing {
                Some("range") => x_of::<R>(device, &[TOO_LARGE; 72]).map(|_| ()),
                Some("shape") => misfit(x.clone(), y),
                Some("op") => {
                    let whole = y.int();
                    reveal(whole.clone().powi(whole).float(), "y").map(|_| ())
                }
                _ => Ok(()),
            };
            if failing == Some("panic") && party == Party::P2 {
                let kept: Tensor<Mpc<Flex, R>, 4> = x;
                panic!("at {kept:?}");
            }
            if result.is_ok() {
                reveal_to(model.forward(x_of(device, &pixels)?), Party::P1, "logits")?;
            }
            let session = device.online("test")?;
            let report = without_times(session.report());
            say(serde_json::to_string(&report).expect("a report"));
            say(format!("{session:?} {:?} {report:?}", session.config()));
            result
        });
        for outcome in &outcomes {
            tell(&outcome.result);
            say(format!("{:?}", outcome.failure));
        }
    }
    let config = config.clone().with_deadline(PATIENCE);
    let panicked = local::three_parties(&config, |device| {
        let x = x_of::<R>(&device, &pixels).expect("shared");
        let _ = x.into_data();
    });
    say(format!(
        "{panicked:?} {}",
        panicked.as_ref().expect_err("panicked")
    ));
    seen.into_inner().expect("whole")
}

/// Removes times, whose digits would look like canaries now and then.
fn without_times(mut report: Report) -> Report {
    report.seconds = 0.0;
    report
        .layers
        .iter_mut()
        .for_each(|layer| layer.seconds = 0.0);
    report
}

/// Multiplies matrices that do not fit.
fn misfit<R: Ring>(x: Tensor<Mpc<Flex, R>, 4>, y: Tensor<Mpc<Flex, R>, 2>) -> Result<(), MpcError> {
    let (TensorPrimitive::Float(x), TensorPrimitive::Float(y)) =
        (x.into_primitive(), y.into_primitive())
    else {
        panic!("quantized");
    };
    let secret = |tensor: &MpcTensor<_, R>| testkit::secret(tensor).expect("secret").clone();
    let product = ops::matmul(secret(&x).into(), secret(&y).into());
    ops::reveal_as(&product, Audience::All, "y", ops::Precision::Exact).map(|_| ())
}

fn x_of<R: Ring>(device: &MpcDevice, pixels: &[f32]) -> Result<Tensor<Mpc<Flex, R>, 4>, MpcError> {
    input_on(device, Party::P1, "image", IMAGE, pixels)
}

#[test]
fn logs_errors_reports_and_debug_show_no_canary() {
    let traced = Everything::default();
    tracing::subscriber::set_global_default(traced.clone()).expect("the only one");
    let wide = SessionConfig::z64();
    let scaled = wide.clone().with_weight_scales(own_scales());
    let printed = [
        (everything_printable::<Z64>(&wide), wide),
        (everything_printable::<Z64>(&scaled), scaled),
        (
            everything_printable::<Z32>(&SessionConfig::z32()),
            SessionConfig::z32(),
        ),
    ];
    // A copy: a panic under the lock would make every later event of this process panic too.
    let traced = traced.0.lock().expect("whole").clone();
    assert!(traced.contains("session failed"), "the subscriber works");
    let advice = traced.matches("ScaleSearch").count();
    assert!(advice <= 1, "told {advice} times of the search for scales");
    for (printed, config) in &printed {
        assert!(printed.contains("MPC-RANGE") && printed.contains("MPC-NOT-REVEALED"));
        assert!(printed.contains("MPC-SHAPE") && printed.contains("MPC-UNSUPPORTED"));
        assert!(printed.contains("\"reveal_labels\":[\"logits\"]"));
        shows_nothing(printed, config);
        shows_nothing(&traced, config);
    }
}

/// A layer with its own scale.
fn own_scales() -> WeightScales {
    WeightScales::new([("conv".to_owned(), 13)].into())
}

/// What a program might print of one number.
fn printed(value: f32) -> Vec<String> {
    let list = |bytes: &[u8]| format!("seen {bytes:?}.");
    vec![
        format!("x = {value}"),
        format!("{value:.7}"),
        format!("[{value:?}, 0.0]"),
        format!("{:e}", f64::from(value)),
        list(&value.to_le_bytes()),
        list(&value.to_be_bytes()),
        format!("{:?}", [&[7][..], &value.to_ne_bytes(), &[9]].concat()),
        format!("{:#x}", value.to_bits()),
        format!("{:X}", f64::from(value).to_bits()),
    ]
}

/// What a program might print of one code.
fn printed_code<R: Ring>(code: R) -> Vec<String> {
    let (signed, word) = (code.to_i64(), code.to_u64());
    let bytes = bytemuck::bytes_of(&code);
    vec![
        format!("code {signed}."),
        format!("code={word}"),
        format!("{code:?}"),
        format!("[{code:?}, {code:?}]"),
        format!("{word:#018x}"),
        format!("{word:#X}"),
        format!("{signed:x}"),
        format!("{bytes:?}"),
        format!("{:?}", bytes.iter().rev().collect::<Vec<_>>()),
    ]
}

#[test]
fn the_search_finds_canaries_where_they_are() {
    finds_canaries::<Z64>(&SessionConfig::z64());
    finds_canaries::<Z64>(&SessionConfig::z64().with_weight_scales(own_scales()));
    finds_canaries::<Z32>(&SessionConfig::z32());
    let config = SessionConfig::z64();
    let innocent = "P1 sent 31415 bytes in 23 rounds on port 28274; [1, 2, 6, 6], 3.25 s, \
                    session failed: MPC-RANGE at 20 fraction bits, 4398046511104";
    assert_eq!(canaries(&config).found_in(innocent), None);
    assert!(canaries(&config).found_in("7654321000000000000").is_some());
}

fn finds_canaries<R: Ring>(config: &SessionConfig) {
    let search = canaries(config);
    let scales = config.scales().expect("a config");
    let fracs = fractional_bits(config);
    assert!(fracs.contains(&scales.value) && fracs.contains(&scales.product));
    for value in WEIGHTS.into_iter().chain(PIXELS) {
        for text in printed(value) {
            assert!(search.found_in(&text).is_some(), "{text} of {value}");
        }
        for &frac in &fracs {
            // Where the ring is too narrow for the value, nothing holds that code.
            let Ok(code) = encode::<R>(&[value], frac, R::BITS - 1) else {
                continue;
            };
            for code in [code[0], -code[0]] {
                for text in printed_code(code) {
                    assert!(search.found_in(&text).is_some(), "{text}, {frac} bits");
                }
            }
        }
    }
}

#[test]
fn debug_of_secrets_is_a_fixed_text() {
    let one = || vec![Z64::from_i64(0x00DE_ADBE)];
    assert_eq!(format!("{:?}", Rss::new(one(), one())), "Rss { .. }");
    assert_eq!(format!("{:?}", Additive::new(one())), "Additive { .. }");
    let halves = TwoOfTwo::new(one(), Rotation::of(0));
    assert_eq!(format!("{halves:?}"), "TwoOfTwo { .. }");
    let bits = BitShare::new(1, vec![1], vec![1]);
    assert_eq!(format!("{bits:?}"), "BitShare { .. }");
    let [end, ..] = Links::Memory.ends();
    let (keys, _) = agree_from_insecure_seed(&mut Mesh::new(end, PATIENCE), 1);
    assert_eq!(
        format!("{keys:?}"),
        "PairKeys { own: Seed(\"redacted\"), next: Seed(\"redacted\") }"
    );
    all_ok(run(Links::Memory.ends(), |device, party| {
        let x = input(device, Party::P0, "x", [1, 2], &[WEIGHTS[0], PIXELS[0]])?;
        let id = testkit::session_id(device);
        let secret = format!(
            "SecretTensor {{ shape: [1, 2], kind: Float, scale: 20, device: MpcDevice({party}, session {id}), .. }}"
        );
        assert_eq!(
            format!("{x:?}"),
            format!("Tensor {{ primitive: Float(Secret({secret})) }}")
        );
        if let TensorPrimitive::Float(primitive) = x.into_primitive() {
            assert_eq!(format!("{primitive:?}"), format!("Secret({secret})"));
            let tensor = testkit::secret(&primitive).expect("secret");
            assert_eq!(format!("{tensor:?}"), secret);
            assert_eq!(
                format!("{:?}", testkit::state(tensor)),
                "Numbers(Fixed { share: Rss(Rss { .. }), frac: 20 })"
            );
        }
        Ok(())
    }));
}

/// What a session draws at random, as far as messages show it.
fn random_parts() -> (u64, Vec<Vec<u8>>) {
    let taps = Links::Memory.ends().map(Tap::new);
    let records = [&taps[0], &taps[1], &taps[2]].map(Tap::records);
    let ends = taps.map(|tap| Box::new(tap) as Box<dyn Transport>);
    let randoms = all_ok(run(ends, |device, _| {
        let x = input(device, Party::P0, "x", [1, 4], &[0.0; 4])?;
        let _ = values(reveal(x, "x")?);
        Ok(testkit::shared_random(device, 2).expect("a session"))
    }));
    assert_eq!(randoms[0], randoms[1]);
    let mut tag = 0;
    let mut parts = vec![randoms[0].iter().flat_map(|x| x.to_le_bytes()).collect()];
    for record in records
        .iter()
        .flat_map(burn_mpc_engine::net::tap::Records::snapshot)
    {
        let header = Header::decode(&record.header).expect("a frame");
        // A nonce, a session id's contribution, a masked input.
        match Named(header.label).to_string().as_str() {
            "setup.nonces" => parts.push(record.payload[..32].to_vec()),
            "setup.contributions" => parts.push(record.payload[32..].to_vec()),
            "input.message" => {
                tag = header.session;
                parts.push(record.payload);
            }
            _ => {}
        }
    }
    (tag, parts)
}

#[test]
fn sessions_of_one_configuration_share_no_randomness() {
    let ((first, mut parts), (second, more)) = (random_parts(), random_parts());
    assert_ne!(first, second);
    assert_eq!(parts.len(), more.len());
    // One public draw, a nonce at two readers each, six contributions, one masked input.
    assert_eq!(parts.len(), 1 + 6 + 6 + 1);
    parts.extend(more);
    parts.sort();
    parts.dedup();
    assert_eq!(parts.len(), 2 * (1 + 3 + 6 + 1));
}
