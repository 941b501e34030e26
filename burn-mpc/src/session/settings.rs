//! What a session was opened with, and what follows from it.

use crate::Party;
use crate::protocol::{Truncation, Window};
use crate::ring::Ring;
use crate::session::{Scales, Schedule, Session, SessionConfig, layer_of};

impl Session {
    /// Number of the session in this process.
    #[must_use]
    pub(crate) fn id(&self) -> u16 {
        self.settings.id
    }

    /// This party.
    #[must_use]
    pub fn party(&self) -> Party {
        self.settings.party
    }

    /// The agreed parameters.
    #[must_use]
    pub fn config(&self) -> &SessionConfig {
        &self.settings.config
    }

    /// The scales in force.
    #[must_use]
    pub fn scales(&self) -> Scales {
        self.settings.scales
    }

    /// Fractional bits of the weight of a parameter's layer, if that weight has its own scale.
    #[must_use]
    pub(crate) fn weight_scale(&self, parameter: &str) -> Option<u32> {
        self.settings.config.weight_scales.of(layer_of(parameter))
    }

    /// The order of the steps of a (Block-)ReLU: that of the config, with the links that were measured.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        self.settings.schedule
    }

    /// The window of the current layer's signs.
    #[must_use]
    pub(crate) fn window<R: Ring>(&self) -> Window {
        if self.settings.config.windows.is_full() {
            return Window::full::<R>();
        }
        let window = self.settings.config.windows.of(&self.current_layer());
        window.map_or(Window::full::<R>(), Window::within::<R>)
    }

    /// The truncation of values outside gates.
    #[must_use]
    pub(crate) fn truncation(&self) -> Truncation {
        self.settings
            .schedule
            .truncation(self.settings.config.truncation)
    }
}
