//! R3: what a party receives follows from public facts, its own randomness and its output.

use burn::backend::Flex;
use burn_mpc::session::Schedule;
use burn_mpc::testkit;
use burn_mpc::{
    Mpc, Party, Ring, SessionConfig, ShareOptions, Z64, prepare, reveal_to, share_model,
};
use burn_mpc_engine::net::tap::{Record, Tap};
use burn_mpc_engine::net::{Header, Transport};
use burn_mpc_engine::protocol::{self, Audience};

use super::common::{IMAGE, Links, Net, PATIENCE, all_ok, input_on, numbers, run_each};

/// A message as a simulator that knows the program writes it: sender, operation, label, length, round.
type Shape = (Party, u64, u16, u32, u32);

fn shapes(records: &[Record]) -> Vec<Vec<Shape>> {
    let all = records.iter().map(|record| {
        let header = Header::decode(&record.header).expect("a frame");
        assert_eq!(record.payload.len(), header.length as usize, "read whole");
        (
            header.sender,
            header.op,
            header.label,
            header.length,
            header.round,
        )
    });
    // The order in which peers are read depends on which is first; the messages of each peer have one order.
    let all: Vec<Shape> = all.collect();
    let from = |peer| {
        all.iter()
            .filter(|shape| shape.0 == peer)
            .copied()
            .collect()
    };
    Party::ALL.map(from).into()
}

/// What every party receives in an inference, on weights and pixels times `factor`.
fn transcript(schedule: Schedule, factor: f32) -> [Vec<Record>; 3] {
    let image: Vec<f32> = numbers(72, 9).iter().map(|x| x * factor).collect();
    let taps = Links::Memory.ends().map(Tap::new);
    let records = [&taps[0], &taps[1], &taps[2]].map(Tap::records);
    let ends = taps.map(|tap| Box::new(tap) as Box<dyn Transport>);
    let config = SessionConfig::z64()
        .with_schedule(schedule)
        .with_deadline(PATIENCE);
    let configs = [(); 3].map(|()| config.clone());
    all_ok(run_each(ends, configs, |device, party| {
        let mut net = Net::<Mpc<Flex, Z64>>::at(device, party == Party::P0, true);
        if party == Party::P0 {
            net.conv.weight = net.conv.weight.map(|weight| weight * factor);
            net.head.weight = net.head.weight.map(|weight| weight * factor);
        }
        let net = share_model(net, device, Party::P0, ShareOptions::default())?;
        let x = input_on::<Z64, 4>(device, Party::P1, "image", IMAGE, &image)?;
        prepare(device, || net.forward(x.clone()))?;
        reveal_to(net.forward(x), Party::P1, "logits")?;
        Ok(())
    }));
    records.map(|records| records.snapshot())
}

#[test]
fn a_simulator_without_inputs_writes_the_same_transcript() {
    for schedule in [
        Schedule::Bytes,
        Schedule::Rounds,
        Schedule::FewestRounds,
        Schedule::Classic,
    ] {
        // The simulator plays all parties on zeros.
        let simulated = transcript(schedule, 0.0);
        for factor in [1.0, -0.25] {
            let real = transcript(schedule, factor);
            for (party, (real, simulated)) in real.iter().zip(&simulated).enumerate() {
                assert!(real.len() > 10, "{} messages", real.len());
                assert_eq!(shapes(real), shapes(simulated), "P{party}, {schedule:?}");
            }
        }
    }
}

/// The only message that depends on the result is the one that opens it to its reader. It is the component of the
/// result that the reader lacks.
#[test]
fn an_opening_is_what_its_reader_computes_from_the_result() {
    let taps = Links::Memory.ends().map(Tap::new);
    let records = taps[1].records();
    let ends = taps.map(|tap| Box::new(tap) as Box<dyn Transport>);
    let words = [3, -5, 1 << 40].map(Z64::from_i64);
    let config = || SessionConfig::z64().with_deadline(PATIENCE);
    let results = all_ok(run_each(
        ends,
        [config(), config(), config()],
        |device, _| {
            testkit::run(device.online("test")?, |ctx| {
                let x = protocol::input(ctx, Party::P0, "x", 3, Some(words.to_vec()))?;
                let y = protocol::input(ctx, Party::P2, "y", 3, Some(words.to_vec()))?;
                let z = protocol::reshare(ctx, &protocol::multiply(&x, &y))?;
                let opened = protocol::reveal(ctx, &z, Audience::One(Party::P1))?;
                Ok::<_, protocol::ProtocolError>((opened, z))
            })
        },
    ));
    let (opened, own) = &results[1];
    let result = opened.as_ref().expect("the reader's");
    assert_eq!(result[..], words.map(|word| word * word));
    let simulated: Vec<Z64> = (0..3)
        .map(|i| result[i] - own.first()[i] - own.second()[i])
        .collect();
    let opening = records
        .snapshot()
        .into_iter()
        .rfind(|record| record.from == Party::P0 && record.payload.len() == 3 * Z64::BYTES)
        .expect("the component that P1 lacks");
    assert_eq!(opening.payload, bytemuck::cast_slice::<Z64, u8>(&simulated));
    assert!(results[0].0.is_none() && results[2].0.is_none());
}
