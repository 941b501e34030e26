//! R14: whatever bytes arrive, decoders return a value or an error, and hold no more memory than the input justifies.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::sync::Mutex;
use std::time::Duration;

use burn_mpc::session::WeightScales;
use burn_mpc::{Party, SessionConfig};
use burn_mpc_engine::net::{FrameKind, HEADER_BYTES, Header, Mesh, NetError, Room, Transport};
use proptest::prelude::*;

mod counting;

use counting::{Counting, measured};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What a frame may cost beside the buffer that its receiver has: texts of errors and of an abort.
const FRAME_BYTES: usize = 16 << 10;

/// A peer that sends given bytes, and zeros afterwards.
struct Says(Mutex<Vec<u8>>);

impl Transport for Says {
    fn party(&self) -> Party {
        Party::P0
    }

    fn set_deadline(&self, _: Duration) {}

    fn send(&self, _: Party, _: [u8; HEADER_BYTES], _: &[&[u8]], _: Room) -> Result<(), NetError> {
        Ok(())
    }

    fn send_last(&self, _: Party, _: [u8; HEADER_BYTES], _: &[u8]) {}

    fn recv_header(&self, from: Party) -> Result<[u8; HEADER_BYTES], NetError> {
        let mut header = [0; HEADER_BYTES];
        self.recv_payload(from, &mut header)?;
        Ok(header)
    }

    fn recv_payload(&self, _: Party, buffer: &mut [u8]) -> Result<(), NetError> {
        let mut left = self.0.lock().expect("whole");
        let count = left.len().min(buffer.len());
        for (place, byte) in buffer.iter_mut().zip(left.drain(..count)) {
            *place = byte;
        }
        Ok(())
    }

    fn shutdown(&self) {}
}

const SESSION: u64 = 7;
const OP: u64 = 2;
const LABEL: u16 = 3;
const LENGTH: usize = 24;

/// What a party that waits for one message returns for these bytes, and the most memory that it held.
fn receive(bytes: Vec<u8>) -> (Result<(), NetError>, usize) {
    let mut mesh = Mesh::new(Box::new(Says(Mutex::new(bytes))), Duration::from_secs(1));
    mesh.set_session(SESSION);
    let mut payload = [0; LENGTH];
    measured(|| mesh.recv(Party::P1, OP, LABEL, &mut payload))
}

/// Mostly `right`, or anything.
fn near<T: Clone + std::fmt::Debug + Arbitrary + 'static>(right: T) -> BoxedStrategy<T>
where
    T::Strategy: 'static,
{
    prop_oneof![4 => Just(right), 1 => any::<T>()].boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn any_bytes_are_the_awaited_frame_or_an_error_of_little_memory(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        magic: bool,
    ) {
        let mut bytes = bytes;
        if let Some(first) = bytes.first_mut().filter(|_| magic) {
            *first = 0xB1;
        }
        let (result, held) = receive(bytes);
        prop_assert!(result.is_err());
        prop_assert!(held < FRAME_BYTES, "{held} bytes");
    }

    #[test]
    fn a_frame_with_any_wrong_field_is_an_error_whatever_length_it_states(
        kind in prop_oneof![4 => Just(FrameKind::Data), 1 => Just(FrameKind::Abort), 1 => Just(FrameKind::Hello)],
        peers in prop_oneof![
            4 => Just((Party::P1, Party::P0)),
            1 => Just((Party::P2, Party::P0)),
            1 => Just((Party::P1, Party::P2)),
        ],
        label in near(LABEL),
        length in prop_oneof![4 => Just(LENGTH as u32), 1 => any::<u32>(), 1 => Just(u32::MAX), 1 => Just(1 << 30)],
        session in near(SESSION),
        op in near(OP),
        sequence in near(0_u32),
        round in near(1_u32),
    ) {
        let (sender, receiver) = peers;
        let header = Header { kind, sender, receiver, label, length, session, op, sequence, round };
        let right = kind == FrameKind::Data
            && peers == (Party::P1, Party::P0)
            && (label, length as usize, session, op, sequence) == (LABEL, LENGTH, SESSION, OP, 0);
        let (result, held) = receive(header.encode().to_vec());
        prop_assert_eq!(result.is_ok(), right, "{:?}: {:?}", header, result);
        prop_assert!(held < FRAME_BYTES, "{held} bytes for {header:?}");
    }
}

/// A configuration as text, with all that it may have.
fn config_text() -> Vec<u8> {
    let scales = WeightScales::new([("conv".to_owned(), 13), ("head".to_owned(), 9)].into());
    let config = SessionConfig::z64()
        .with_program("a network")
        .with_weight_scales(scales);
    serde_json::to_vec(&config).expect("a config")
}

/// One change of a text.
#[derive(Clone, Copy, Debug)]
enum Edit {
    Flip(u8),
    Insert(u8),
    Cut,
    Double,
}

fn edited(mut text: Vec<u8>, edits: &[(usize, Edit)]) -> Vec<u8> {
    for &(at, edit) in edits {
        let at = at % (text.len() + 1);
        match edit {
            Edit::Flip(mask) => {
                if let Some(byte) = text.get_mut(at) {
                    *byte ^= mask;
                }
            }
            Edit::Insert(byte) => text.insert(at, byte),
            Edit::Cut => text.truncate(at),
            Edit::Double => text.extend_from_within(at..),
        }
    }
    text
}

fn edits() -> impl Strategy<Value = Vec<(usize, Edit)>> {
    let digits = proptest::sample::select(b"0123456789-.eE[]{}\",:".to_vec());
    let edit = prop_oneof![
        any::<u8>().prop_map(Edit::Flip),
        any::<u8>().prop_map(Edit::Insert),
        digits.prop_map(Edit::Insert),
        Just(Edit::Cut),
        Just(Edit::Double),
    ];
    proptest::collection::vec((any::<usize>(), edit), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn an_edited_configuration_is_one_or_an_error(edits in edits()) {
        let text = edited(config_text(), &edits);
        let (result, held) = measured(|| serde_json::from_slice::<SessionConfig>(&text));
        // Texts and maps of names: a few times what was read.
        prop_assert!(held < 1024 + 64 * text.len(), "{held} bytes for {} of text", text.len());
        if let Ok(config) = result {
            // Whatever it says, it has scales or an error, and a digest.
            let _ = config.scales();
            let _ = config.digest();
        }
    }
}

#[test]
fn a_text_that_nobody_edited_is_the_configuration() {
    let config: SessionConfig = serde_json::from_slice(&config_text()).expect("a config");
    assert_eq!(config.program, "a network");
    assert_eq!(config.weight_scales.of("head"), Some(9));
}

#[test]
fn memory_that_is_held_is_counted() {
    let (kept, held) = measured(|| {
        drop(vec![1_u8; 50_000]);
        vec![1_u8; 20_000]
    });
    assert!((50_000..60_000).contains(&held), "{held}");
    assert_eq!(kept.len(), 20_000);
}
