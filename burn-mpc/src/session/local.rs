//! Three parties in one process, on three threads, for examples, tests and calibration.
//!
//! The process sees all shares, so this protects nothing; it runs the real protocols.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use crate::Party;
use crate::error::MpcError;
use crate::session::{MpcDevice, SessionConfig};
use crate::sync::lock;
use burn_mpc_engine::net::{Transport, memory, shown_within};

/// The most bytes of a panic's text that an error shows.
const MAX_MESSAGE_BYTES: usize = 4096;

/// Runs `program` once per party over in-memory links; the results come in party order.
///
/// # Errors
/// A party's set-up failure, or a panic of its program, which ends the other parties at once. A panic is returned
/// before the lost links that it causes.
pub fn three_parties<T: Send>(
    config: &SessionConfig,
    program: impl Fn(MpcDevice) -> T + Sync,
) -> Result<[T; 3], MpcError> {
    let transports =
        memory::mesh3(config.deadline).map(|transport| Box::new(transport) as Box<dyn Transport>);
    over(transports, config, program)
}

/// Runs three parties in one process, over given links.
///
/// # Errors
/// Those of [`three_parties`].
pub fn over<T: Send>(
    transports: [Box<dyn Transport>; 3],
    config: &SessionConfig,
    program: impl Fn(MpcDevice) -> T + Sync,
) -> Result<[T; 3], MpcError> {
    let places = [(); 3].map(|()| Mutex::new(None));
    let ends = play_all(transports, config, &|party, device| {
        let value = program(device);
        *lock(&places[party]) = Some(value);
    });
    let results = ends.into_iter().zip(places).filter_map(|(end, place)| {
        let value = || place.into_inner().unwrap_or_else(PoisonError::into_inner);
        end.map_or_else(|error| Some(Err(error)), |()| value().map(Ok))
    });
    let mut first: Option<MpcError> = None;
    let mut values = Vec::new();
    for result in results {
        match result {
            Ok(value) => values.push(value),
            Err(error) => first = Some(prefer(first, error)),
        }
    }
    match (first, <[T; 3]>::try_from(values)) {
        (None, Ok(values)) => Ok(values),
        (Some(error), _) => Err(error),
        (None, Err(_)) => Err(MpcError::Internal {
            what: "a party gave neither a result nor an error",
        }),
    }
}

/// A panic explains more than the lost link that it caused.
fn prefer(first: Option<MpcError>, second: MpcError) -> MpcError {
    match first {
        Some(first) if !matches!(second, MpcError::Panicked { .. }) => first,
        _ => second,
    }
}

/// Runs `program`, which gets the place of its party, at all parties. Compiled once for all programs.
fn play_all(
    transports: [Box<dyn Transport>; 3],
    config: &SessionConfig,
    program: &(dyn Fn(usize, MpcDevice) + Sync),
) -> [Result<(), MpcError>; 3] {
    std::thread::scope(|scope| {
        let mut places = 0..;
        let parties = transports.map(|transport| {
            let place = places.next().unwrap_or_default();
            let config = config.clone();
            scope.spawn(move || play(transport, config, &|device| program(place, device)))
        });
        parties.map(|party| {
            party
                .join()
                .unwrap_or_else(|panic| Err(panicked(Party::P0, &*panic)))
        })
    })
}

fn play(
    transport: Box<dyn Transport>,
    config: SessionConfig,
    program: &dyn Fn(MpcDevice),
) -> Result<(), MpcError> {
    let device = MpcDevice::open(transport, config)?;
    device.set_current();
    let result = catch_unwind(AssertUnwindSafe(|| program(device.clone())));
    result.map_err(|panic| {
        let error = panicked(device.party().unwrap_or(Party::P0), &*panic);
        device.fail(&error);
        error
    })
}

fn panicked(party: Party, panic: &(dyn std::any::Any + Send)) -> MpcError {
    let message = panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "no message".into());
    let message = shown_within(&message, MAX_MESSAGE_BYTES).into_owned();
    MpcError::Panicked { party, message }
}
