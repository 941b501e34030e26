//! Outside unit tests nothing records what a party sees: the type has no value, and the compiler drops its calls.

use crate::Party;
use crate::protocol::context::op::{Form, KeyOf, Op, Source};
use crate::ring::Ring;
use crate::step::Step;

/// In unit tests a view of one party takes the place of this type.
pub(crate) enum Recorder {}

impl Recorder {
    pub(super) fn lane(&self) -> Self {
        match *self {}
    }

    pub(super) fn join(&mut self, _: Self) {
        match *self {}
    }

    pub(super) fn call(&mut self, _: u64, _: &str) {
        match *self {}
    }

    pub(super) fn message(&mut self, _: bool, _: Party, _: Op, _: Step, _: usize) {
        match *self {}
    }

    pub(super) fn source(&mut self, _: Op, _: KeyOf, _: Step, _: Form, _: usize) -> Source {
        match *self {}
    }

    pub(super) fn drawn<R: Ring>(&mut self, _: Op, _: KeyOf, _: Step, _: Source, _: &mut [R]) {
        match *self {}
    }

    pub(super) fn drawn_words(&mut self, _: Op, _: KeyOf, _: Step, _: Source, _: &mut [u64]) {
        match *self {}
    }

    pub(super) fn drawn_small(&mut self, _: Op, _: KeyOf, _: Step, _: Source, _: (&mut [u8], u8)) {
        match *self {}
    }

    pub(super) fn see<R: Ring>(&mut self, _: &[R]) {
        match *self {}
    }

    pub(super) fn see_of<R: Ring>(&mut self, _: Op, _: &[R]) {
        match *self {}
    }

    pub(super) fn see_small(&mut self, _: &[u8], _: u32) {
        match *self {}
    }

    pub(super) fn see_planes(&mut self, _: &[u64]) {
        match *self {}
    }
}
