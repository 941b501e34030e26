//! Shares models: the owner's parameters arrive as shares at every party.

use std::collections::{BTreeSet, HashMap};

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData, TensorPrimitive};
use burn_backend::Backend;

use super::doors::wrap;
use super::values::with_values;
use super::{Mpc, MpcTensor};
use crate::Party;
use crate::error::MpcError;
use crate::ops;
use crate::ring::Ring;
use crate::session::{Execution, MpcDevice};

/// Burn's default of what batch normalisation adds to a variance.
const EPSILON: f64 = 1e-5;

/// Burn's own name of the batch normalisation's container.
const BATCH_NORM: &str = "Struct:BatchNorm";

/// How the owner's parameters are treated before they are shared.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ShareOptions {
    /// Folds batch normalisation in the clear with this epsilon: mean 0, variance `1 - eps`, gamma
    /// and beta rewritten. More precise on the 32-bit ring; the computed function is the same.
    pub fold_batch_norm: Option<f64>,
}

/// Shares every float parameter of `model`, owned by `owner`. All parties pass the same module; only
/// the owner's holds real weights, the others' values are never read. Integers stay public.
///
/// # Errors
/// [`MpcError::Range`] naming the parameter that does not fit; failure of the session.
pub fn share_model<P: Backend, R: Ring, M: Module<Mpc<P, R>>>(
    model: M,
    device: &MpcDevice,
    owner: Party,
    options: ShareOptions,
) -> Result<M, MpcError> {
    let session = device.online("share_model")?;
    let party = session.party();
    let owns = party == owner && session.execution(true) != Execution::Estimate;
    let mut folded = HashMap::new();
    if let (Some(eps), true) = (options.fold_batch_norm, owns) {
        let mut collector = Collector::default();
        session.without_shared_draws(|| model.visit(&mut collector));
        folded = collector.fold(eps);
    }
    let mut sharer = Sharer {
        device: device.clone(),
        owner,
        owns,
        path: Path::default(),
        folded,
        failure: None,
    };
    // Only the owner reads its parameters, and a read may draw their initial values.
    let model = session.as_one_model(|| session.without_shared_draws(|| model.map(&mut sharer)));
    sharer.failure.map_or(Ok(model), Err)
}

/// Drops a model that [`share_model`] shared, with all that its session remembers of it, such as folded weights. A
/// service that serves several models one after the other in one session calls it between them. All parties call it at
/// the same place of the program.
///
/// # Errors
/// [`MpcError::Offline`] without a session; [`MpcError::ConcurrentUse`]; the failure of the session.
pub fn forget_model<P: Backend, R: Ring, M: Module<Mpc<P, R>>>(
    model: M,
    device: &MpcDevice,
) -> Result<(), MpcError> {
    let session = device.online("forget_model")?;
    let mut models = Models::default();
    session.without_shared_draws(|| model.visit(&mut models));
    drop(model);
    for model in models.0 {
        session.forget(model)?;
    }
    session.failure().map_or(Ok(()), Err)
}

/// Numbers of the models that visited parameters belong to.
#[derive(Default)]
struct Models(BTreeSet<u32>);

impl<P: Backend, R: Ring> ModuleVisitor<Mpc<P, R>> for Models {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Mpc<P, R>, D>>) {
        if let TensorPrimitive::Float(MpcTensor::Secret(secret)) = param.val().into_primitive() {
            self.0.extend(secret.key().and_then(|key| key.model()));
        }
    }
}

/// Dotted path of the parameter being visited; enum variants do not show in it.
#[derive(Default)]
struct Path {
    names: Vec<(String, bool)>,
    containers: Vec<String>,
}

impl Path {
    fn enter(&mut self, name: &str, container: &str) {
        self.names
            .push((name.to_owned(), !container.starts_with("Enum:")));
        self.containers.push(container.to_owned());
    }

    fn exit(&mut self) {
        self.names.pop();
        self.containers.pop();
    }

    fn text(&self) -> String {
        let shown = self.names.iter().filter(|(_, shown)| *shown);
        shown
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>()
            .join(".")
    }

    fn in_batch_norm(&self) -> bool {
        self.containers
            .iter()
            .rev()
            .any(|container| container == BATCH_NORM)
    }
}

fn read<P: Backend, R: Ring, const D: usize>(tensor: Tensor<Mpc<P, R>, D>) -> Option<TensorData> {
    match tensor.into_primitive() {
        TensorPrimitive::Float(MpcTensor::Public(public, _, _)) => {
            let public = Tensor::<P, D>::from_primitive(TensorPrimitive::Float(public));
            Some(public.into_data())
        }
        _ => None,
    }
}

/// Collects the four vectors of every batch normalisation at the owner.
#[derive(Default)]
struct Collector {
    path: Path,
    norms: HashMap<String, HashMap<String, Vec<f64>>>,
}

impl Collector {
    /// Replacement values by parameter path.
    fn fold(self, eps: f64) -> HashMap<String, Vec<f64>> {
        let mut folded = HashMap::new();
        for (prefix, parts) in self.norms {
            let part = |name: &str| parts.get(name);
            let (Some(gamma), Some(beta), Some(mean), Some(var)) = (
                part("gamma"),
                part("beta"),
                part("running_mean"),
                part("running_var"),
            ) else {
                continue;
            };
            let scale: Vec<f64> = gamma
                .iter()
                .zip(var)
                .map(|(&g, &v)| g / (v + eps).sqrt())
                .collect();
            let mut put = |name: &str, values: Vec<f64>| {
                folded.insert(format!("{prefix}{name}"), values);
            };
            let shift = beta
                .iter()
                .zip(mean)
                .zip(&scale)
                .map(|((&b, &m), s)| b - m * s)
                .collect();
            put("beta", shift);
            put("running_mean", vec![0.0; scale.len()]);
            put("running_var", vec![1.0 - eps; scale.len()]);
            put("gamma", scale);
        }
        folded
    }
}

impl<P: Backend, R: Ring> ModuleVisitor<Mpc<P, R>> for Collector {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Mpc<P, R>, D>>) {
        if !self.path.in_batch_norm() {
            return;
        }
        let path = self.path.text();
        if let Some(values) = read(param.val()) {
            // With its dot; a model that is a normalisation itself has none.
            let (prefix, name) = path.split_at(path.rfind('.').map_or(0, |dot| dot + 1));
            self.norms
                .entry(prefix.to_owned())
                .or_default()
                .insert(name.to_owned(), values.iter().collect());
        }
    }
}

/// Replaces every float parameter by its shares.
struct Sharer {
    device: MpcDevice,
    owner: Party,
    owns: bool,
    path: Path,
    folded: HashMap<String, Vec<f64>>,
    failure: Option<MpcError>,
}

impl Sharer {
    /// Refuses a variance whose root no protocol computes: the network would give wrong numbers without an error.
    fn check_variance(&self, path: &str, values: Option<&TensorData>) -> Result<(), MpcError> {
        let is_variance = self.path.in_batch_norm() && path.ends_with("running_var");
        let (true, Some(values)) = (is_variance, values) else {
            return Ok(());
        };
        let session = self.device.online("share_model")?;
        let [low, high] = ops::range_of_roots(session);
        let fits = |variance: f64| (low..high).contains(&(variance + EPSILON));
        let Some(at) = values.iter::<f64>().position(|variance| !fits(variance)) else {
            return Ok(());
        };
        Err(session.fail(&MpcError::Range {
            party: session.party(),
            name: path.to_owned(),
            reason: format!(
                "element {at} with {EPSILON} is not between {low} and {high}, where roots of secrets are computed; fold \
                 batch normalisation in the clear with ShareOptions::fold_batch_norm"
            ),
        }))
    }
}

impl<P: Backend, R: Ring> ModuleMapper<Mpc<P, R>> for Sharer {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(
        &mut self,
        param: Param<Tensor<Mpc<P, R>, D>>,
    ) -> Param<Tensor<Mpc<P, R>, D>> {
        if self.failure.is_some() {
            return param;
        }
        let path = self.path.text();
        let shape = param.lazy_shape().to_vec();
        // A parameter that is too large is not read: `ops::parameter` returns the error.
        let reads = self.owns && self.device.checked_elements("share", &shape).is_ok();
        let values = reads
            .then(|| match self.folded.remove(&path) {
                Some(values) => Some(TensorData::new(values, shape.clone())),
                None => read(param.val()),
            })
            .flatten();
        let shared = self.check_variance(&path, values.as_ref()).and_then(|()| {
            with_values(values.as_ref(), |values| {
                ops::parameter::<R>(&self.device, self.owner, &path, shape, values)
            })
        });
        match shared {
            Ok(tensor) => {
                let id = param.id;
                Param::initialized(id, wrap(tensor))
            }
            Err(error) => {
                self.failure = Some(error);
                param
            }
        }
    }
}
