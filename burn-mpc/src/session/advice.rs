//! What whoever opens a session is told, once in a process.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::session::SessionConfig;

/// The narrow ring has few bits, and one scale for all layers wastes some of them.
const SEARCH_SCALES: &str = "a session on Z_2^32 with one scale for all weights: values may wrap unnoticed, and results \
     lose bits. Find scales on sample data by `burn_mpc::session::ScaleSearch` (`run`, or `choose_ring`, which also says \
     whether the ring is wide enough); in the example: `private_inference --ring 32 --scales calibrated`";

/// What to say of a config, if anything. Calibrations play a narrow ring on the wide one, so they hear nothing.
fn advice(config: &SessionConfig) -> Option<&'static str> {
    let narrow = config.ring_bits == 32;
    (narrow && config.weight_scales.is_empty()).then_some(SEARCH_SCALES)
}

/// Whether there is nothing more to say.
pub(super) struct Advice(AtomicBool);

/// Of this process.
pub(super) static ADVICE: Advice = Advice::new();

impl Advice {
    const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Says what there is to say of a config, unless it was said.
    pub(super) fn give(&self, config: &SessionConfig) {
        if let Some(text) = advice(config)
            && !self.0.swap(true, Ordering::Relaxed)
        {
            tracing::warn!("{text}");
        }
    }

    /// The caller knows it: a search may end with no layer that has its own scale.
    pub(super) fn is_known(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::sync::{Arc, Mutex};

    use tracing::field::{Field, Visit};
    use tracing::{Event, Level, Metadata, Subscriber, span};

    use super::{Advice, advice};
    use crate::session::{SessionConfig, WeightScales};

    /// Texts of warnings.
    #[derive(Clone, Default)]
    struct Warnings(Arc<Mutex<Vec<String>>>);

    struct Text(String);

    impl Visit for Text {
        fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
            let _ = write!(self.0, "{value:?}");
        }
    }

    impl Subscriber for Warnings {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            *metadata.level() == Level::WARN
        }
        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }
        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
        fn event(&self, event: &Event<'_>) {
            let mut text = Text(String::new());
            event.record(&mut text);
            self.0.lock().unwrap().push(text.0);
        }
        fn enter(&self, _: &span::Id) {}
        fn exit(&self, _: &span::Id) {}
    }

    fn scaled() -> SessionConfig {
        SessionConfig::z32().with_weight_scales(WeightScales::new([("fc".to_owned(), 12)].into()))
    }

    #[test]
    fn a_session_on_the_narrow_ring_is_told_of_the_search_unless_it_has_scales() {
        assert!(advice(&SessionConfig::z32()).is_some());
        let calibrating = SessionConfig {
            ring_bits: 64,
            ..SessionConfig::z32()
        };
        for config in [SessionConfig::z64(), scaled(), calibrating] {
            assert_eq!(advice(&config), None);
        }
    }

    #[test]
    fn advice_is_given_once() {
        let warnings = Warnings::default();
        tracing::subscriber::with_default(warnings.clone(), || {
            let advice = Advice::new();
            for config in [SessionConfig::z64(), scaled(), SessionConfig::z32()] {
                advice.give(&config);
                advice.give(&config);
            }
            let known = Advice::new();
            known.is_known();
            known.give(&SessionConfig::z32());
        });
        let warnings = warnings.0.lock().unwrap();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("burn_mpc::session::ScaleSearch"));
        assert!(warnings[0].contains("private_inference --ring 32 --scales calibrated"));
    }
}
