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

/// One line.
const TEMPLATE: &str = "{prefix} {wide_bar} {pos}/{len} images, {eta} left, {msg}";

/// A progress bar over the images of each round.
struct BarRenderer {
    bar: ProgressBar,
    metrics: Vec<String>,
}

impl BarRenderer {
    fn new(bar: ProgressBar) -> Self {
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use burn::data::dataloader::Progress;
    use burn_train::metric::{MetricEntry, MetricId, NumericEntry, SerializedEntry};

    use super::{
        BarRenderer, MetricState, MetricsRendererTraining as _, ProgressBar, ProgressStyle,
        TEMPLATE, TrainingProgress,
    };

    fn loss(value: f64) -> MetricState {
        let name = MetricId::new(Arc::new("loss".to_owned()));
        let text = SerializedEntry::new(String::new(), String::new());
        MetricState::Numeric(MetricEntry::new(name, text), NumericEntry::Value(value))
    }

    fn step(images: usize, round: usize) -> TrainingProgress {
        let of = |items_processed, items_total| Progress {
            items_processed,
            items_total,
        };
        TrainingProgress {
            progress: Some(of(images, 64)),
            global_progress: of(round, 3),
            iteration: None,
        }
    }

    #[test]
    fn the_bar_says_which_round_it_is_how_many_images_passed_and_the_last_metrics() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
        let bar = ProgressBar::hidden();
        let mut renderer = BarRenderer::new(bar.clone());
        let shown = || {
            let (position, length) = (bar.position(), bar.length());
            (bar.prefix(), position, length, bar.message())
        };
        renderer.update_train(loss(0.75));
        renderer.update_train(loss(0.5));
        renderer.render_train(step(16, 1), vec![]);
        let first = ("round 1/3".into(), 16, Some(64), "0.7500 0.5000".into());
        assert_eq!(shown(), first);
        renderer.update_valid(loss(0.25));
        renderer.render_valid(step(64, 2), vec![]);
        let test = ("test of round 2/3".into(), 64, Some(64), "0.2500".into());
        assert_eq!(shown(), test);
    }
}
