//! How the progress of a run is shown.

#[cfg(feature = "tui")]
use std::io::IsTerminal as _;

use burn_train::metric::MetricDefinition;
#[cfg(feature = "tui")]
use burn_train::renderer::tui::TuiMetricsRendererWrapper;
use burn_train::renderer::{
    EvaluationName, EvaluationProgress, MetricState, MetricsRenderer, MetricsRendererEvaluation,
    MetricsRendererTraining, ProgressType, TrainingProgress,
};
use burn_train::{Interrupter, LearnerSummary, LearningComponentsTypes, SupervisedTraining};
use indicatif::{ProgressBar, ProgressStyle};

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ProgressKind {
    /// Nothing.
    #[default]
    Silent,
    /// A progress bar on standard error, if that is a terminal.
    Bar,
    /// Burn's terminal interface on standard output.
    #[cfg(feature = "tui")]
    Terminal,
}

impl ProgressKind {
    /// The terminal interface (feature `tui`) if standard output is a terminal, else a bar; nothing if `quiet`.
    pub fn detect(quiet: bool) -> Self {
        #[cfg(feature = "tui")]
        if !quiet && std::io::stdout().is_terminal() {
            return Self::Terminal;
        }
        if quiet { Self::Silent } else { Self::Bar }
    }

    /// Sets a training's renderer.
    #[cfg_attr(
        not(feature = "tui"),
        expect(
            unused_variables,
            reason = "the terminal's renderer alone can interrupt"
        )
    )]
    pub(super) fn attach<C: LearningComponentsTypes>(
        self,
        training: SupervisedTraining<C>,
        interrupter: Interrupter,
        checkpoint: Option<usize>,
    ) -> SupervisedTraining<C> {
        match self {
            Self::Silent => training.renderer(BarRenderer::new(ProgressBar::hidden())),
            Self::Bar => training.renderer(BarRenderer::new(ProgressBar::new(0))),
            #[cfg(feature = "tui")]
            Self::Terminal => {
                training.renderer(TuiMetricsRendererWrapper::new(interrupter, checkpoint))
            }
        }
    }
}

/// A progress bar over the images of each round.
struct BarRenderer {
    bar: ProgressBar,
    metrics: Vec<String>,
}

impl BarRenderer {
    fn new(bar: ProgressBar) -> Self {
        let template = "{prefix} {wide_bar} {pos}/{len} images, {eta} left, {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self {
            bar,
            metrics: Vec::new(),
        }
    }

    fn note(&mut self, state: MetricState) {
        if let MetricState::Numeric(_, value) = state {
            self.metrics.push(format!("{:.4}", value.current()));
        }
    }

    fn render(&mut self, what: &str, item: &TrainingProgress) {
        let rounds = &item.global_progress;
        let prefix = format!("{what} {}/{}", rounds.items_processed, rounds.items_total);
        self.bar.set_prefix(prefix);
        if let Some(progress) = &item.progress {
            self.bar.set_length(progress.items_total as u64);
            self.bar.set_position(progress.items_processed as u64);
        }
        let metrics = std::mem::take(&mut self.metrics);
        self.bar.set_message(metrics.join(" "));
    }
}

impl MetricsRendererTraining for BarRenderer {
    fn update_train(&mut self, state: MetricState) {
        self.note(state);
    }

    fn update_valid(&mut self, state: MetricState) {
        self.note(state);
    }

    fn render_train(&mut self, item: TrainingProgress, _: Vec<ProgressType>) {
        self.render("round", &item);
    }

    fn render_valid(&mut self, item: TrainingProgress, _: Vec<ProgressType>) {
        self.render("test of round", &item);
    }

    fn on_train_end(
        &mut self,
        _summary: Option<LearnerSummary>,
    ) -> Result<(), Box<dyn std::error::Error>> {
        self.bar.finish_and_clear();
        Ok(())
    }
}

impl MetricsRendererEvaluation for BarRenderer {
    fn update_test(&mut self, _name: EvaluationName, _state: MetricState) {}

    fn render_test(&mut self, _item: EvaluationProgress, _: Vec<ProgressType>) {}
}

impl MetricsRenderer for BarRenderer {
    fn manual_close(&mut self) {}

    fn register_metric(&mut self, _definition: MetricDefinition) {}
}
