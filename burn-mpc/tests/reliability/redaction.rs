//! R5, R9: seeds are fresh, and no log, error, report or `Debug` shows a secret.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use burn::module::Param;
use burn::tensor::{Tensor, TensorData, TensorPrimitive};
use burn_mpc::backend::MpcTensor;
use burn_mpc::net::tap::Tap;
use burn_mpc::net::{Header, Mesh, Transport};
use burn_mpc::ops;
use burn_mpc::prg::agree_from_insecure_seed;
use burn_mpc::protocol::Audience;
use burn_mpc::report::Report;
use burn_mpc::session::local;
use burn_mpc::share::{Additive, BitShare, Rss, TwoOfTwo};
use burn_mpc::{
    MpcDevice, MpcError, Party, Ring, SessionConfig, ShareOptions, Z64, reveal, reveal_to,
    share_model,
};
use tracing::field::{Field, Visit};
use tracing::span;

use super::common::{IMAGE, Links, Net, PATIENCE, Private, all_ok, input, run, values};

/// What 3.14159265 is in single precision.
const WEIGHT: f32 = std::f32::consts::PI;
/// Its fixed-point code at 16 fractional bits is `0xDEADBE00`.
const PIXEL: f32 = 0xDEAD_BE00_u32 as f32 / 65536.0;
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

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks(3)
        .flat_map(|chunk| {
            let word = chunk
                .iter()
                .fold(0_u32, |word, &byte| word << 8 | u32::from(byte))
                << (8 * (3 - chunk.len()));
            (0..=chunk.len()).map(move |i| char::from(DIGITS[(word >> (18 - 6 * i)) as usize & 63]))
        })
        .collect()
}

/// The ways in which a secret could be written.
fn spellings(value: f32) -> Vec<String> {
    let mut all = vec![];
    let digits = format!("{value:e}");
    let digits = digits.split('e').next().expect("digits").replace('.', "");
    let plain = format!("{value}");
    all.push(digits[..7].to_owned());
    all.push(plain[..plain.len().min(8)].to_owned());
    let bytes = |all: &mut Vec<String>, bytes: &[u8]| {
        let hex = |bytes: &[u8]| {
            bytes.iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            })
        };
        let turned: Vec<u8> = bytes.iter().rev().copied().collect();
        all.push(hex(bytes));
        all.push(hex(&turned));
        all.push(base64(bytes));
        all.push(base64(&turned));
        all.push(format!("{bytes:?}"));
    };
    bytes(&mut all, &value.to_le_bytes());
    bytes(&mut all, &f64::from(value).to_le_bytes());
    for frac in [16, 32] {
        #[expect(clippy::cast_possible_truncation, reason = "as the encoder does")]
        let code = (f64::from(value) * f64::from(frac).exp2()) as i64;
        if code < 1 << 62 {
            bytes(&mut all, &code.to_le_bytes());
            all.push(code.to_string());
            all.push(format!("{code:x}"));
        }
    }
    all
}

fn canaries() -> Vec<String> {
    [WEIGHT, PIXEL, TOO_LARGE]
        .into_iter()
        .flat_map(spellings)
        .collect()
}

#[track_caller]
fn shows_nothing(text: &str) {
    let lower = text.to_lowercase();
    for canary in canaries() {
        let found = text
            .find(&canary)
            .or_else(|| lower.find(&canary.to_lowercase()));
        assert!(found.is_none(), "'{canary}' in: {text}");
    }
}

fn net(device: &MpcDevice, owner: bool) -> Net<Private> {
    let mut net = Net::at(device, owner, true);
    if owner {
        let all = |len: usize| TensorData::new(vec![WEIGHT; len], [len]);
        net.head.bias = Some(Param::from_tensor(Tensor::from_data(all(4), device)));
        net.conv.weight = Param::from_tensor(
            Tensor::<Private, 1>::from_data(all(54), device).reshape([3, 2, 3, 3]),
        );
    }
    net
}

/// Runs once rightly and fails once in each of three ways; gives all that can be printed.
fn everything_printable() -> String {
    let pixels = vec![PIXEL; 72];
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
        let outcomes = run(Links::Memory.ends(), |device, party| {
            let model = net(device, party == Party::P0);
            let model = share_model(model, device, Party::P0, ShareOptions::default())?;
            let x = input(device, Party::P1, "image", IMAGE, &pixels)?;
            say(format!("{model} {model:?} {x} {x:?} {device:?}"));
            let y = model.forward(x.clone());
            say(format!("{y} {y:?}"));
            if let TensorPrimitive::Float(primitive) = y.clone().into_primitive() {
                say(format!(
                    "{primitive:?} {:?}",
                    primitive.secret().expect("secret").state()
                ));
            }
            let read = catch_unwind(AssertUnwindSafe(|| y.clone().into_data()));
            let panic = read.expect_err("secret");
            say(panic.downcast_ref::<String>().cloned().unwrap_or_default());
            let result = match failing {
                Some("range") => {
                    input(device, Party::P1, "image", IMAGE, &[TOO_LARGE; 72]).map(|_| ())
                }
                Some("shape") => misfit(x.clone(), y),
                Some("op") => reveal(y.sin(), "y").map(|_| ()),
                _ => Ok(()),
            };
            if failing == Some("panic") && party == Party::P2 {
                let kept: Tensor<Private, 4> = x;
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
    let config = SessionConfig::z64().with_deadline(PATIENCE);
    let panicked = local::three_parties(&config, |device| {
        let x = x_of(&device, &pixels).expect("shared");
        let _ = x.into_data();
    });
    say(format!(
        "{panicked:?} {}",
        panicked.as_ref().expect_err("panicked")
    ));
    seen.into_inner().expect("whole")
}

/// Digits of times would look like canaries now and then.
fn without_times(mut report: Report) -> Report {
    report.seconds = 0.0;
    report
        .layers
        .iter_mut()
        .for_each(|layer| layer.seconds = 0.0);
    report
}

/// Multiplies matrices that do not fit.
fn misfit(x: Tensor<Private, 4>, y: Tensor<Private, 2>) -> Result<(), MpcError> {
    let (TensorPrimitive::Float(x), TensorPrimitive::Float(y)) =
        (x.into_primitive(), y.into_primitive())
    else {
        panic!("quantized");
    };
    let secret = |tensor: &MpcTensor<_, Z64>| tensor.secret().expect("secret").clone();
    let product = ops::matmul(secret(&x).into(), secret(&y).into());
    ops::reveal_as(&product, Audience::All, "y").map(|_| ())
}

fn x_of(device: &MpcDevice, pixels: &[f32]) -> Result<Tensor<Private, 4>, MpcError> {
    input(device, Party::P1, "image", IMAGE, pixels)
}

#[test]
fn logs_errors_reports_and_debug_show_no_canary() {
    let traced = Everything::default();
    tracing::subscriber::set_global_default(traced.clone()).expect("the only one");
    let printed = everything_printable();
    assert!(printed.contains("MPC-RANGE") && printed.contains("MPC-NOT-REVEALED"));
    assert!(printed.contains("MPC-SHAPE") && printed.contains("MPC-UNSUPPORTED"));
    assert!(printed.contains("\"reveal_labels\":[\"logits\"]"));
    shows_nothing(&printed);
    let traced = traced.0.lock().expect("whole");
    assert!(traced.contains("session failed"), "the subscriber works");
    shows_nothing(&traced);
}

#[test]
fn the_search_finds_canaries_where_they_are() {
    for text in [
        "x = 3.1415927",
        "3735928320",
        "0xDEADBE00",
        "57005.742",
        "[219, 15, 73, 64]",
        "PyQDAAAAAAA=",
        "7654321000000000000",
    ] {
        let found = canaries()
            .iter()
            .any(|canary| text.to_lowercase().contains(&canary.to_lowercase()));
        assert!(found, "{text}");
    }
}

#[test]
fn debug_of_secrets_is_a_fixed_text() {
    let one = || vec![Z64::from_i64(0x00DE_ADBE)];
    assert_eq!(format!("{:?}", Rss::new(one(), one())), "Rss { .. }");
    assert_eq!(format!("{:?}", Additive::new(one())), "Additive { .. }");
    assert_eq!(format!("{:?}", TwoOfTwo::new(one(), 0)), "TwoOfTwo { .. }");
    let bits = BitShare::new(1, vec![1], vec![1]);
    assert_eq!(format!("{bits:?}"), "BitShare { .. }");
    let [end, ..] = Links::Memory.ends();
    let (keys, _) = agree_from_insecure_seed(&mut Mesh::new(end, PATIENCE), 1);
    assert_eq!(
        format!("{keys:?}"),
        "PairKeys { own: Seed(\"redacted\"), next: Seed(\"redacted\") }"
    );
    all_ok(run(Links::Memory.ends(), |device, party| {
        let x = input(device, Party::P0, "x", [1, 2], &[WEIGHT, PIXEL])?;
        let id = device.id();
        let secret = format!(
            "SecretTensor {{ shape: [1, 2], kind: Float, device: MpcDevice({party}, session {id}), .. }}"
        );
        if let TensorPrimitive::Float(primitive) = x.into_primitive() {
            assert_eq!(format!("{primitive:?}"), format!("Secret({secret})"));
            let tensor = primitive.secret().expect("secret");
            assert_eq!(format!("{tensor:?}"), secret);
            assert_eq!(
                format!("{:?}", tensor.state()),
                "Ring { form: Rss(Rss { .. }), frac: 20 }"
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
        Ok(device.online("test")?.shared_random(2))
    }));
    assert_eq!(randoms[0], randoms[1]);
    let mut tag = 0;
    let mut parts = vec![randoms[0].iter().flat_map(|x| x.to_le_bytes()).collect()];
    for record in records
        .iter()
        .flat_map(burn_mpc::net::tap::Records::snapshot)
    {
        let header = Header::decode(&record.header).expect("a frame");
        match (header.session, header.label) {
            // A nonce, a session id's contribution, a masked input.
            (0, 0) => parts.push(record.payload[..32].to_vec()),
            (0, _) => parts.push(record.payload[32..].to_vec()),
            (session, 2) if header.op == 1 => {
                tag = session;
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
