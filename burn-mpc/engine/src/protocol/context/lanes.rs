//! Parts of one call that run at the same time, each in its own thread and with its own roles.

use std::thread;

use crate::net::{AbortCode, AbortReason, NetError};
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;

/// Number of lanes of a call. Each lane has another party as A, so that all parties send and compute equally.
pub const LANES: usize = 3;

impl Context {
    /// Runs `work` on every part, part `i` with party `i` as A, all at the same time. Returns the results in the order
    /// of the parts. There are at most [`LANES`] parts.
    ///
    /// Every lane has its own addresses, round clock and transcript. They are joined in the order of the parts. What a
    /// lane draws and sends does not depend on how the lanes interleave.
    ///
    /// - **Sends**, **Randomness**: those of `work`, under addresses that no other lane has, so that pads of different
    ///   lanes are independent; the generator refuses addresses of other lanes.
    /// - **Correctness**: that of `work` on each part; parts have no element in common.
    /// - **Leaks**: a party's view is that of `work` on each part, in another role each time; these views are
    ///   independent.
    ///
    /// # Errors
    /// The first failure. By then the links are closed and the other lanes have ended.
    pub fn in_lanes<P: Send, T: Send>(
        &mut self,
        parts: Vec<P>,
        work: impl Fn(&mut Self, P) -> Result<T, ProtocolError> + Sync,
    ) -> Result<Vec<T>, ProtocolError> {
        debug_assert!(parts.len() <= LANES);
        let lanes = self.fork(parts.len());
        let (lanes, results): (Vec<_>, Vec<_>) = if self.computes() {
            let work = &work;
            thread::scope(|scope| {
                let run = |(lane, part)| scope.spawn(move || guarded(lane, part, work));
                let threads: Vec<_> = lanes.into_iter().zip(parts).map(run).collect();
                let join = |thread: thread::ScopedJoinHandle<'_, _>| {
                    thread
                        .join()
                        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                };
                threads.into_iter().map(join).unzip()
            })
        } else {
            let run = |(mut lane, part)| {
                let result = work(&mut lane, part);
                (lane, result)
            };
            lanes.into_iter().zip(parts).map(run).unzip()
        };
        let mut failures = results.iter().filter_map(|result| result.as_ref().err());
        // A lane that another lane stopped only reports that it was stopped.
        let stopped =
            |error: &&ProtocolError| matches!(error, ProtocolError::Net(NetError::Aborted { .. }));
        let first = failures.clone().find(|error| !stopped(error));
        if let Some(error) = first.or_else(|| failures.next()) {
            return Err(error.clone());
        }
        self.join(lanes)?;
        results.into_iter().collect()
    }
}

/// Runs a lane in its thread. If it fails, closes the links, which wakes the lanes that wait.
fn guarded<P, T>(
    lane: Context,
    part: P,
    work: &impl Fn(&mut Context, P) -> Result<T, ProtocolError>,
) -> (Context, Result<T, ProtocolError>) {
    let mut lane = Alarm(Some(lane));
    let Some(context) = &mut lane.0 else {
        unreachable!("it was put there above");
    };
    let result = work(context, part);
    if let Err(error) = &result {
        stop(context, error.to_string());
    }
    let Some(context) = lane.0.take() else {
        unreachable!("it was put there above");
    };
    (context, result)
}

/// A lane, whose links are closed when its thread panics.
struct Alarm(Option<Context>);

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(context) = &self.0 {
            stop(context, "a lane panicked".to_owned());
        }
    }
}

fn stop(context: &Context, text: String) {
    let (origin, op) = (context.party(), context.pulse().last_op());
    if let Some(links) = context.handle() {
        links.abort(&AbortReason {
            code: AbortCode::Local,
            origin,
            op,
            text,
        });
    }
}
