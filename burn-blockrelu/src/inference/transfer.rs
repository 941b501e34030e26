//! Parameters of a module on one backend, moved to the same module on another.

use burn::module::{Module, ModuleVisitor, Param};
use burn::record::{FullPrecisionSettings, NamedMpkBytesRecorder, Recorder, RecorderError};
use burn::tensor::{Bool, Int, Tensor};
use burn_backend::Backend;

/// Why parameters were not moved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The modules do not have the same parameters.
    #[error(
        "the modules differ at {path}: the source has {source_shape}, the target {target_shape}; \
         build the target from the configuration of the source"
    )]
    Mismatch {
        /// Path of the first parameter that differs.
        path: String,
        /// Shape in the source, or "nothing".
        source_shape: String,
        /// Shape in the target, or "nothing".
        target_shape: String,
    },
    /// The parameters of the source could not be written.
    #[error("the parameters of the source could not be written to a record: {0}")]
    Save(#[source] RecorderError),
    /// The record does not fit the target.
    #[error(
        "the record of the source does not fit the target: {0}; build the target from the \
         configuration of the source"
    )]
    Load(#[source] RecorderError),
}

/// Moves the parameters and buffers of `model` into `target`, the same module on another backend.
///
/// They travel as the bytes of a Burn record: each backend has its own record type, but all write the
/// same bytes. Floats travel as `f32`, exactly where both backends compute in `f32`; parameter ids
/// travel along. Shapes are compared before anything is written to `target`.
///
/// `target` should be freshly built. Burn shares the running statistics of `BatchNorm` between a module
/// and its clones, and loading writes through: a `target` that is a clone changes its original too,
/// and so does `model.clone().map(..)`. `model` itself is only read.
///
/// # Errors
///
/// [`TransferError::Mismatch`] if the modules have other parameters or shapes; [`TransferError::Save`]
/// and [`TransferError::Load`] if Burn cannot write the record, or cannot read it as the target's.
pub fn transfer<B1, B2, M1, M2>(
    model: &M1,
    target: M2,
    device: &B2::Device,
) -> Result<M2, TransferError>
where
    B1: Backend,
    B2: Backend,
    M1: Module<B1>,
    M2: Module<B2>,
{
    compare(&shapes::<B1, _>(model), &shapes::<B2, _>(&target))?;
    let recorder = NamedMpkBytesRecorder::<FullPrecisionSettings>::default();
    let record = model.clone().into_record();
    let bytes = Recorder::<B1>::record(&recorder, record, ()).map_err(TransferError::Save)?;
    let record = Recorder::<B2>::load(&recorder, bytes, device).map_err(TransferError::Load)?;
    Ok(target.load_record(record))
}

/// Path and shape of each parameter, in the module's order.
type Shapes = Vec<(String, Vec<usize>)>;

fn compare(source: &Shapes, target: &Shapes) -> Result<(), TransferError> {
    for i in 0..source.len().max(target.len()) {
        let (s, t) = (source.get(i), target.get(i));
        if s != t {
            return Err(TransferError::Mismatch {
                path: s.or(t).map(|(path, _)| path.clone()).unwrap_or_default(),
                source_shape: describe(s),
                target_shape: describe(t),
            });
        }
    }
    Ok(())
}

fn describe(parameter: Option<&(String, Vec<usize>)>) -> String {
    parameter.map_or("nothing".to_owned(), |(path, shape)| {
        format!("{path} {shape:?}")
    })
}

fn shapes<B: Backend, M: Module<B>>(model: &M) -> Shapes {
    let mut visitor = ShapeVisitor::default();
    model.visit(&mut visitor);
    visitor.found
}

#[derive(Default)]
struct ShapeVisitor {
    path: Vec<String>,
    found: Shapes,
}

impl ShapeVisitor {
    fn push(&mut self, shape: &[usize]) {
        self.found.push((self.path.join("."), shape.to_vec()));
    }
}

impl<B: Backend> ModuleVisitor<B> for ShapeVisitor {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        self.push(&param.lazy_shape());
    }

    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<B, D, Int>>) {
        self.push(&param.lazy_shape());
    }

    fn visit_bool<const D: usize>(&mut self, param: &Param<Tensor<B, D, Bool>>) {
        self.push(&param.lazy_shape());
    }

    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }
}
