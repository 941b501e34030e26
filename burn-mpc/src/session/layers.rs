//! Charges ops to layers, and records values of layers for a calibration.

use std::sync::Arc;

use crate::protocol::{Execution, RangeBoard};
use crate::ring::Ring;
use crate::session::shadow::ShadowBoard;
use crate::session::{Session, Shadows, layer_of};
use crate::sync::lock;

/// An open layer or scope, which ends when this is dropped, also by a panic, and the execution to go back to.
struct Open<'a>(&'a Session, Option<Execution>);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let Self(session, was) = self;
        let mut context = lock(&session.context);
        if let Some(was) = *was {
            context.set_execution(was);
        }
        let mut meter = lock(&session.meter);
        meter.exit(session.watch.reading());
        // What follows belongs to the layer around.
        context.set_layer(meter.current());
    }
}

impl Session {
    /// Runs `work` and charges it to a layer; its protocol calls run as `execution` says.
    pub(crate) fn layer<T>(
        &self,
        op: &str,
        path: Option<&str>,
        execution: Execution,
        work: impl FnOnce() -> T,
    ) -> T {
        let was = {
            let mut context = lock(&self.context);
            let mut meter = lock(&self.meter);
            meter.enter(self.watch.reading(), op, path);
            context.set_layer(meter.current());
            drop(meter);
            context.set_execution(execution)
        };
        let _open = Open(self, Some(was));
        work()
    }

    /// Runs `work` as the part `path` of the model. The report charges its ops that have no own path, such as a
    /// comparison, to one line of that name, even if they are computed later.
    pub fn scope<T>(&self, path: &str, work: impl FnOnce() -> T) -> T {
        if self.claim(path).is_err() {
            return work();
        }
        {
            let mut context = lock(&self.context);
            let mut meter = lock(&self.meter);
            meter.enter_scope(self.watch.reading(), path);
            context.set_layer(meter.current());
        }
        let _open = Open(self, None);
        work()
    }

    /// Name of the open scope, if no layer was opened in it.
    #[must_use]
    pub(crate) fn current_scope(&self) -> Option<Arc<str>> {
        lock(&self.meter).scope().map(Arc::from)
    }

    /// Name of the layer that is being computed.
    #[must_use]
    pub(crate) fn current_layer(&self) -> String {
        lock(&self.meter).current().to_owned()
    }

    /// Records magnitudes on a board that the three parties of this process share.
    pub(crate) fn observe_ranges(&self, board: &Arc<RangeBoard>) {
        lock(&self.context).observe_ranges(Arc::clone(board));
    }

    /// Carries plaintext twins along from now on, and compares them on a board that the three parties of this process
    /// share.
    pub(super) fn observe_shadows(&self, board: &Arc<ShadowBoard>) {
        self.shadows
            .get_or_init(|| Shadows::new(self.party(), board));
    }

    /// The plaintext twins, if this session carries them along.
    pub(crate) fn shadows(&self) -> Option<&Shadows> {
        self.shadows.get()
    }

    /// Records, in a calibration, that a linear layer ran with a weight of `frac` fractional bits.
    pub(crate) fn produced<R: Ring>(
        &self,
        weight: &str,
        frac: u32,
        share: impl FnOnce() -> Vec<R>,
    ) {
        if let Some(board) = self.ranges() {
            board.produced(self.party(), layer_of(weight), frac, &share());
        }
    }

    /// The board of a calibration, if this is one.
    pub(super) fn ranges(&self) -> Option<Arc<RangeBoard>> {
        lock(&self.context).ranges()
    }
}
