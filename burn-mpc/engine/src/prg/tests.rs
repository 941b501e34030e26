//! Laws of seeds, set-up and streams.

use std::collections::HashSet;
use std::time::Duration;

use aes::Aes128Enc;
use cipher::{BlockCipherEncrypt, KeyInit};
use zeroize::ZeroizeOnDrop;

use super::{
    KeySide, MAX_STREAM_BYTES, PairKeys, Prg, PrgError, Seed, SetupError, agree_from_insecure_seed,
    setup,
};
use crate::net::{HEADER_BYTES, Mesh, NetError, Room, Transport, memory};
use crate::ring::Z4;
use crate::{Party, Ring, Z32, Z64};

fn on_meshes<T: Send>(run: impl Fn(&mut Mesh) -> T + Sync) -> [T; 3] {
    let deadline = Duration::from_millis(500);
    let run = &run;
    std::thread::scope(|scope| {
        memory::mesh3(deadline)
            .map(|end| scope.spawn(move || run(&mut Mesh::new(Box::new(end), deadline))))
            .map(|thread| thread.join().expect("a party panicked"))
    })
}

fn test_keys() -> PairKeys {
    let [p0, ..] = memory::mesh3(Duration::ZERO);
    agree_from_insecure_seed(&mut Mesh::new(Box::new(p0), Duration::ZERO), 1).0
}

#[test]
fn aes_matches_fips_197() {
    let key: [u8; 16] = std::array::from_fn(|i| i as u8);
    let mut block: [u8; 16] = std::array::from_fn(|i| 0x11 * i as u8);
    Aes128Enc::new((&key).into()).encrypt_block((&mut block).into());
    assert_eq!(
        u128::from_be_bytes(block),
        0x69c4_e0d8_6a7b_0430_d8cd_b780_70b4_c55a
    );
}

#[test]
fn a_stream_is_aes_of_its_address_and_counter() {
    let keys = test_keys();
    let cipher = Aes128Enc::new(keys.next.stream_key().bytes().into());
    for (op, label) in [(0, 0), (1, 2), (u64::MAX, u16::MAX)] {
        let mut stream = [0; 16 * 40 + 5];
        Prg::new(&keys)
            .draw_bytes(KeySide::Next, op, label, &mut stream)
            .expect("a fresh address");
        for (b, found) in stream.chunks(16).enumerate() {
            let low = (u64::from(label) << 48) + b as u64;
            let mut block = (u128::from(op) << 64 | u128::from(low)).to_le_bytes();
            cipher.encrypt_block((&mut block).into());
            assert_eq!(found, &block[..found.len()]);
        }
    }
}

#[test]
fn the_two_holders_of_a_key_draw_equal_streams_and_digests() {
    let drawn = on_meshes(|mesh| {
        let (keys, session) = setup::agree(mesh, "program = 5\n").expect("set-up");
        let mut prg = Prg::new(&keys);
        let mut draws = [KeySide::Own, KeySide::Next]
            .map(|side| prg.draw::<Z64>(side, 3, 1, 100).expect("fresh"));
        for (side, draws) in [KeySide::Own, KeySide::Next].into_iter().zip(&mut draws) {
            let more = prg.draw_u64(side, 4, 1, 9).expect("fresh");
            draws.extend(more.into_iter().map(Z64::from_u64));
        }
        (
            draws,
            prg.digests(),
            session,
            mesh.setup_counters(),
            mesh.counters(),
        )
    });
    for party in Party::ALL {
        let (mine, next) = (&drawn[party.index()], &drawn[party.next().index()]);
        assert_eq!(
            mine.0[1], next.0[0],
            "K_{{i+1}} is the next party's own key"
        );
        assert_ne!(mine.0[0], mine.0[1]);
        assert_eq!(mine.1[1], next.1[0]);
        assert_eq!(mine.2, next.2);
        assert_eq!(mine.3.round, 2);
        assert_eq!(mine.4, Default::default());
    }
}

#[test]
fn a_skipped_draw_shows_in_the_digest_of_its_key_only() {
    let keys = test_keys();
    let digests = |skip: bool| {
        let mut prg = Prg::new(&keys);
        prg.draw::<Z32>(KeySide::Own, 1, 0, 8).expect("fresh");
        if !skip {
            prg.draw::<Z32>(KeySide::Next, 1, 0, 8).expect("fresh");
        }
        prg.digests()
    };
    assert_eq!(digests(false)[0], digests(true)[0]);
    assert_ne!(digests(false)[1], digests(true)[1]);
}

#[test]
fn same_address_twice_is_refused() {
    let mut prg = Prg::new(&test_keys());
    prg.draw::<Z64>(KeySide::Own, 2, 0, 4).expect("fresh");
    prg.draw::<Z64>(KeySide::Next, 2, 0, 4).expect("other key");
    prg.draw::<Z64>(KeySide::Own, 2, 1, 4).expect("other label");
    let before = prg.digests();
    let again = prg.draw::<Z64>(KeySide::Own, 2, 0, 4);
    assert!(matches!(
        again,
        Err(PrgError::Reused {
            op: 2,
            label: 0,
            current: 2,
            ..
        })
    ));
    prg.draw::<Z64>(KeySide::Own, 3, 0, 4).expect("next op");
    let past = prg.draw::<Z64>(KeySide::Own, 2, 7, 4);
    assert!(matches!(
        past,
        Err(PrgError::Reused {
            op: 2,
            label: 7,
            current: 3,
            ..
        })
    ));
    assert_ne!(prg.digests(), before);
}

#[test]
fn draws_longer_than_a_stream_are_refused() {
    let mut prg = Prg::new(&test_keys());
    let words = usize::try_from(MAX_STREAM_BYTES / 8 + 1).expect("64 bits");
    let error = prg.draw::<Z64>(KeySide::Own, 1, 0, words);
    assert!(matches!(error, Err(PrgError::TooLong { .. })));
    let error = prg.draw_u64(KeySide::Own, 1, 0, usize::MAX);
    assert!(matches!(error, Err(PrgError::TooLong { .. })));
}

#[test]
fn different_addresses_never_collide_in_a_million_blocks() {
    let mut prg = Prg::new(&test_keys());
    let mut seen = HashSet::with_capacity(1_050_000);
    let mut drawn = 0;
    for op in 0..32 {
        for label in [0, 1, 2, 255, 256, 4096, 32_768, u16::MAX] {
            for side in [KeySide::Own, KeySide::Next] {
                let words = prg.draw_u64(side, op, label, 2 * 2048).expect("fresh");
                drawn += words.len() / 2;
                seen.extend(words.chunks(2).map(|block| (block[0], block[1])));
            }
        }
    }
    assert!(drawn >= 1_000_000);
    assert_eq!(seen.len(), drawn);
}

#[test]
fn small_ring_words_are_canonical() {
    let mut prg = Prg::new(&test_keys());
    let words = prg.draw::<Z4>(KeySide::Own, 1, 0, 4096).expect("fresh");
    let mut counts = [0; 16];
    for word in words {
        assert_eq!(word, word.canonical());
        counts[word.to_u64() as usize] += 1;
    }
    assert!(counts.iter().all(|&count| (150..370).contains(&count)));
}

#[test]
fn two_set_ups_share_no_seed_and_no_session() {
    let runs = [(); 2].map(|()| {
        on_meshes(|mesh| {
            let (keys, session) = setup::agree(mesh, "").expect("set-up");
            (keys.own.fingerprint(), keys.next.fingerprint(), session)
        })
    });
    let mut seeds = HashSet::new();
    for run in &runs {
        for party in Party::ALL {
            assert_eq!(run[party.index()].1, run[party.next().index()].0);
            assert!(seeds.insert(run[party.index()].0));
        }
    }
    assert_ne!(runs[0][0].2, runs[1][0].2);
}

#[test]
fn another_program_is_refused_by_name() {
    let errors = on_meshes(|mesh| {
        let p1 = mesh.party() == Party::P1;
        let text = format!(
            "version = 1\nfrac_bits = {}\nprogram = x\n",
            20 + u32::from(p1)
        );
        setup::agree(mesh, &text).expect_err("digests differ")
    });
    for (error, reporter) in errors.into_iter().zip(Party::ALL) {
        let SetupError::ProgramMismatch {
            party,
            peer,
            field,
            here,
            there,
        } = &error
        else {
            panic!("{error}");
        };
        assert_eq!((*party, field.as_str()), (reporter, "frac_bits"));
        assert_ne!(*party == Party::P1, *peer == Party::P1);
        let values = if *party == Party::P1 {
            ["21", "20"]
        } else {
            ["20", "21"]
        };
        assert_eq!([here.as_str(), there], values, "{error}");
    }
}

/// Links in memory with a secret for each channel.
struct Bound(memory::MemoryTransport, [Option<[u8; 32]>; 3]);

impl Transport for Bound {
    fn party(&self) -> Party {
        self.0.party()
    }

    fn set_deadline(&self, deadline: Duration) {
        self.0.set_deadline(deadline);
    }

    fn send(
        &self,
        to: Party,
        header: [u8; HEADER_BYTES],
        payload: &[&[u8]],
        room: Room,
    ) -> Result<(), NetError> {
        self.0.send(to, header, payload, room)
    }

    fn send_last(&self, to: Party, header: [u8; HEADER_BYTES], payload: &[u8]) {
        self.0.send_last(to, header, payload);
    }

    fn recv_header(&self, from: Party) -> Result<[u8; HEADER_BYTES], NetError> {
        self.0.recv_header(from)
    }

    fn recv_payload(&self, from: Party, buffer: &mut [u8]) -> Result<(), NetError> {
        self.0.recv_payload(from, buffer)
    }

    fn binding(&self, peer: Party) -> Option<[u8; 32]> {
        self.1[peer.index()]
    }

    fn shutdown(&self) {
        self.0.shutdown();
    }
}

/// Agrees over channels whose secrets are `secret(party, peer)`.
fn agree_bound(
    secret: impl Fn(Party, Party) -> Option<u8> + Sync,
) -> [Result<[[u8; 32]; 2], SetupError>; 3] {
    let deadline = Duration::from_millis(500);
    let secret = &secret;
    std::thread::scope(|scope| {
        memory::mesh3(deadline)
            .map(|end| {
                scope.spawn(move || {
                    let party = end.party();
                    let secrets = Party::ALL.map(|peer| secret(party, peer).map(|s| [s; 32]));
                    let mut mesh = Mesh::new(Box::new(Bound(end, secrets)), deadline);
                    let (keys, _) = setup::agree(&mut mesh, "")?;
                    Ok([&keys.own, &keys.next].map(Seed::fingerprint))
                })
            })
            .map(|thread| thread.join().expect("a party panicked"))
    })
}

#[test]
fn keys_are_bound_to_the_channels_of_their_pairs() {
    // The secret of a channel is named by the party that belongs to neither of its ends.
    let third = |a: Party, b: Party| (3 - a.index() - b.index()) as u8;
    let agreed = agree_bound(|a, b| (a != b).then(|| third(a, b)))
        .map(|keys| keys.expect("equal secrets at both ends"));
    for party in Party::ALL {
        let [_, next] = agreed[party.index()];
        let [own, _] = agreed[party.next().index()];
        assert_eq!(next, own, "{party}");
    }
}

#[test]
fn two_ends_of_different_channels_do_not_agree() {
    // Somebody between P0 and P1 has a channel to each.
    let results = agree_bound(|a, b| {
        let between = a == Party::P0 && b == Party::P1;
        (a != b).then_some(u8::from(between))
    });
    let mismatch = |party, peer| Err(SetupError::KeyMismatch { party, peer });
    // P2 may be done when the others find out; its next call then says so. Whoever compares first tells the other.
    let [p0, p1, _] = results;
    assert!(p0.is_err() && p1.is_err());
    assert!(p0 == mismatch(Party::P0, Party::P1) || p1 == mismatch(Party::P1, Party::P0));
}

#[test]
fn a_secret_at_one_end_alone_is_no_agreement() {
    let [p0, ..] = agree_bound(|a, b| (a == Party::P0 && b != a).then_some(1));
    // The others send no confirmation; P0 tells them when it gives up.
    assert!(p0.is_err());
}

#[test]
fn insecure_seeds_are_deterministic_and_consistent() {
    let run = |seed| {
        on_meshes(|mesh| {
            let (keys, session) = agree_from_insecure_seed(mesh, seed);
            (keys.own.fingerprint(), keys.next.fingerprint(), session)
        })
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1)[0].0, run(2)[0].0);
    let keys = run(3);
    for party in Party::ALL {
        assert_eq!(keys[party.index()].1, keys[party.next().index()].0);
    }
}

#[test]
fn seeds_print_as_redacted() {
    assert_eq!(
        format!("{:?}", test_keys()),
        r#"PairKeys { own: Seed("redacted"), next: Seed("redacted") }"#
    );
    assert_eq!(format!("{:?}", Prg::new(&test_keys())), "Prg { op: 0, .. }");
}

#[test]
fn seeds_erase_themselves() {
    fn erases<T: ZeroizeOnDrop>() {}
    erases::<Seed>();
    erases::<PairKeys>();
    erases::<Aes128Enc>();
}

#[test]
fn the_only_entropy_is_the_operating_systems() {
    let sources = [
        include_str!("seed.rs"),
        include_str!("stream.rs"),
        include_str!("setup.rs"),
    ];
    let calls: usize = sources
        .iter()
        .map(|s| s.matches("getrandom::").count())
        .sum();
    assert_eq!(calls, 1);
    for forbidden in ["rand::rng", "thread_rng", "SystemTime", "RandomState"] {
        assert!(sources.iter().all(|source| !source.contains(forbidden)));
    }
}
