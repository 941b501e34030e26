//! R25: equal seeds give equal shares, results and bytes, whatever carries them and on however many threads.

use burn::backend::Flex;
use burn::tensor::activation::relu;
use burn::tensor::{Tensor, TensorPrimitive};
use burn_mpc::fixed::{Fixed, Form};
use burn_mpc::session::Schedule;
use burn_mpc::tensor::State;
use burn_mpc::testkit;
use burn_mpc::{Mpc, MpcDevice, Party, Ring, SessionConfig, Z32, Z64, reveal};
use burn_mpc_engine::ring::with_threads;

use super::common::{IMAGE, Links, Net, PATIENCE, all_ok, input_on, numbers, run_opened, values};

/// Wide enough that a product is split among threads: 2 * 64 * 512 * 512 multiplications and more.
const WIDE: [usize; 2] = [64, 512];

/// What one party ends with.
#[derive(Clone, Debug, PartialEq)]
struct Trace {
    /// Bits of what was opened.
    opened: Vec<u32>,
    /// Both components of a secret that was not opened.
    shares: Vec<u64>,
    sent: (u64, u64, u32),
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn shares<R: Ring, const D: usize>(tensor: Tensor<Mpc<Flex, R>, D>) -> Vec<u64> {
    let TensorPrimitive::Float(primitive) = tensor.into_primitive() else {
        panic!("quantized");
    };
    let State::Numbers(Fixed { share: form, .. }) =
        testkit::state(testkit::secret(&primitive).expect("secret"))
    else {
        panic!("not computed");
    };
    let words = match &form {
        Form::Rss(share) => [share.first(), share.second()].concat(),
        form => form.to_additive().part().to_vec(),
    };
    words.into_iter().map(Ring::to_u64).collect()
}

/// A network, and a product of a wide matrix, opened and as shares.
fn trace<R: Ring>(links: Links, schedule: Schedule, threads: usize, seed: u64) -> [Trace; 3] {
    let config = SessionConfig::for_ring(R::BITS)
        .expect("a ring")
        .with_schedule(schedule)
        .with_deadline(PATIENCE);
    let configs = [(); 3].map(|()| config.clone());
    let (image, wide) = (numbers(72, 9), numbers(WIDE[0] * WIDE[1], 3));
    let open = |end, config| MpcDevice::open_from_insecure_seed(end, config, seed);
    all_ok(run_opened(links.ends(), configs, open, |device, party| {
        with_threads(threads, || {
            let net = Net::<Mpc<Flex, R>>::at(device, party == Party::P0, true);
            let net = burn_mpc::share_model(net, device, Party::P0, Default::default())?;
            let x = input_on::<R, 4>(device, Party::P1, "image", IMAGE, &image)?;
            let mut opened = bits(&values(reveal(net.forward(x), "logits")?));
            let x = input_on::<R, 2>(device, Party::P2, "wide", WIDE, &wide)? * 0.125;
            let product = relu(x.clone().matmul(x.transpose()));
            // Opening computes it.
            opened.extend(bits(&values(reveal(product.clone(), "product")?)));
            let report = device.online("test")?.report();
            Ok(Trace {
                opened,
                shares: shares(product),
                sent: (report.bytes_sent, report.frames_sent, report.rounds),
            })
        })
    }))
}

fn repeats<R: Ring>(schedule: Schedule) {
    let first = trace::<R>(Links::Memory, schedule, 1, 1);
    assert!(first[0].shares.len() >= WIDE[0] * WIDE[0]);
    assert!(first.iter().all(|party| party.opened == first[0].opened));
    for (links, threads) in [
        (Links::Memory, 1),
        (Links::Memory, 2),
        (Links::Tcp, 1),
        (Links::Tcp, 3),
    ] {
        let again = trace::<R>(links, schedule, threads, 1);
        for (party, (a, b)) in first.iter().zip(&again).enumerate() {
            assert!(a == b, "P{party} over {links:?} on {threads} threads");
        }
    }
    // Another seed gives other shares, so that the comparison above is meaningful. One party may hold none.
    let other = trace::<R>(Links::Memory, schedule, 1, 2);
    let differ = |(a, b): &(&Trace, &Trace)| {
        let same = a.shares.iter().zip(&b.shares).filter(|(a, b)| a == b);
        same.count() < a.shares.len() / 8
    };
    assert!(first.iter().zip(&other).filter(differ).count() >= 2);
    assert!(first.iter().zip(&other).all(|(a, b)| a.sent == b.sent));
}

#[test]
fn equal_seeds_give_equal_bits_over_memory_and_sockets_and_on_any_number_of_threads() {
    for schedule in [Schedule::Bytes, Schedule::Rounds, Schedule::Classic] {
        repeats::<Z64>(schedule);
    }
    repeats::<Z32>(Schedule::Bytes);
}
