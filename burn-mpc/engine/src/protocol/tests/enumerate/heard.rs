//! Nothing that comes is left out: every frame is made of the items that a view has of it.

use crate::net::Header;
use crate::net::tap::Record;
use crate::protocol::tests::view::{Item, View};
use crate::step::{Named, Step, agree, reveal, rounding};

/// The values of an item in its packed form of `bits` bits each, or nothing if they do not fit.
fn packed(item: &Item, bits: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0_u8; item.values.len() * bits / 8];
    for (i, &value) in item.values.iter().enumerate() {
        if bits < 8 && value >> bits != 0 {
            return None;
        }
        let at = i * bits;
        let two = u16::from(value) << (at % 8);
        bytes[at / 8] |= two as u8;
        if two >> 8 != 0 {
            bytes[at / 8 + 1] |= (two >> 8) as u8;
        }
    }
    Some(bytes)
}

/// Whether a payload consists of the first of these items: packed, or whole and patch after patch.
fn is_made_of(payload: &[u8], items: &[&Item], areas: [usize; 2]) -> bool {
    if payload.is_empty() {
        return true;
    }
    // A view may have the items of a message in another order.
    let by_item = (0..items.len()).any(|at| {
        let rest = [&items[..at], &items[at + 1..]].concat();
        (1..=8).any(|bits| {
            let packed = packed(items[at], bits);
            let left = packed.and_then(|packed| payload.strip_prefix(&packed[..]));
            left.is_some_and(|left| is_made_of(left, &rest, areas))
        })
    });
    by_item
        || areas.into_iter().any(|area| {
            let bytes = area * items.first().map_or(0, |first| first.values.len());
            if area < 2 || items.len() < area || payload.len() < bytes {
                return false;
            }
            let (patches, left) = payload.split_at(bytes);
            let (these, rest) = items.split_at(area);
            let mut words = patches.iter().enumerate();
            words.all(|(at, &byte)| these[at % area].values[at / area] == byte)
                && is_made_of(left, rest, areas)
        })
}

/// Asserts that every frame of a program consists of items of the view, but for digests: those of facts, which do not
/// depend on instances, and those of components that the receiver holds or is about to read.
pub(super) fn assert_heard(name: &str, view: &View, frames: &[Record], areas: [usize; 2]) {
    let digests = [agree::DIGEST, reveal::COPY, rounding::COPY].map(Step::label);
    for (at, &(sent, peer, op, label, _)) in view.shape.iter().enumerate() {
        if sent || digests.contains(&label) {
            continue;
        }
        let is_frame = |record: &&Record| {
            let header = Header::decode(&record.header).expect("a header");
            (record.from, header.op, header.label) == (peer, op, label)
        };
        let frame = frames.iter().find(is_frame).expect("a frame");
        let items = view.items.iter().zip(&view.marks);
        let items: Vec<&Item> = items
            .filter(|item| *item.1 == at)
            .map(|item| item.0)
            .collect();
        assert!(
            is_made_of(&frame.payload, &items, areas),
            "{name}: {} of call {op} has other bytes than its items",
            Named(label)
        );
    }
}

#[test]
fn a_payload_with_another_byte_is_not_made_of_its_items() {
    let item = |values: &[u8]| Item {
        bits: 3,
        values: values.to_vec(),
    };
    let [a, b] = [[1, 2, 3, 4, 5, 6, 7, 0], [1, 0, 1, 1, 0, 0, 0, 1]].map(|x| item(&x));
    let three: u32 = a
        .values
        .iter()
        .rev()
        .fold(0, |bits, &x| bits << 3 | u32::from(x));
    let payload = [&three.to_le_bytes()[..3], &[0b1000_1101]].concat();
    assert!(is_made_of(&payload, &[&a, &b], [1, 0]));
    assert!(!is_made_of(&payload, &[&a], [1, 0]));
    assert!(!is_made_of(&payload, &[&b, &b], [1, 0]));
    for at in 0..4 {
        let mut other = payload.clone();
        other[at] ^= 16;
        assert!(!is_made_of(&other, &[&a, &b], [1, 0]), "byte {at}");
    }
    let pairs: Vec<u8> = a
        .values
        .iter()
        .zip(&b.values)
        .flat_map(|(&x, &y)| [x, y])
        .collect();
    assert!(is_made_of(&pairs, &[&a, &b], [2, 0]));
    assert!(!is_made_of(&pairs, &[&b, &a], [2, 0]));
}
