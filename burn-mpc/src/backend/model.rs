//! Shares models: the owner's parameters arrive as shares at every party.

use std::collections::BTreeSet;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData, TensorPrimitive};
use burn_backend::Backend;

use super::doors::wrap;
use super::kind::Floats;
use super::shadow::Input;
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
    /// Computes on shares what depends on parameters alone, such as roots of variances and weights that batch
    /// normalisation is folded into. By default their owner computes it in the clear, before anything is shared: it is
    /// more precise, and a weight is sent once, in the form that products take. All parties must pass the same option.
    pub fold_on_shares: bool,
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
    let mut sharer = Sharer {
        device: device.clone(),
        owner,
        owns,
        options,
        path: Path::default(),
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

/// Replaces every float parameter by its shares.
struct Sharer {
    device: MpcDevice,
    owner: Party,
    owns: bool,
    options: ShareOptions,
    path: Path,
    failure: Option<MpcError>,
}

impl Sharer {
    fn is_variance(&self, path: &str) -> bool {
        self.path.in_batch_norm() && path.ends_with("running_var")
    }

    /// Refuses a variance that has no root, or whose root no protocol computes: the network would give wrong numbers
    /// without an error.
    fn check_variance(&self, path: &str, values: Option<&TensorData>) -> Result<(), MpcError> {
        let (true, Some(values)) = (self.is_variance(path), values) else {
            return Ok(());
        };
        let session = self.device.online("share_model")?;
        let on_shares = self.options.fold_on_shares;
        let [low, high] = if on_shares {
            ops::range_of_roots(session)
        } else {
            [f64::MIN_POSITIVE, f64::INFINITY]
        };
        let fits = |variance: f64| (low..high).contains(&(variance + EPSILON));
        let Some(at) = values.iter::<f64>().position(|variance| !fits(variance)) else {
            return Ok(());
        };
        Err(session.fail(&MpcError::Range {
            party: session.party(),
            name: path.to_owned(),
            reason: if on_shares {
                format!(
                    "element {at} with {EPSILON} is not between {low} and {high}, where roots of secrets are computed; \
                     let the owner compute them in the clear, as ShareOptions::default() does"
                )
            } else {
                format!("element {at} is no variance: with {EPSILON} it is not positive and finite")
            },
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
        let values = reads.then(|| read(param.val())).flatten();
        let input = Input::of(&self.device, self.owner, values.as_ref());
        let shared = self.check_variance(&path, values.as_ref()).and_then(|()| {
            let (device, owner) = (&self.device, self.owner);
            with_values(values.as_ref(), |values| {
                if self.options.fold_on_shares {
                    return ops::parameter::<R>(device, owner, &path, shape, values);
                }
                // A variance is not shared, but what follows from its root.
                let checks = !self.is_variance(&path);
                ops::owned_parameter::<R>(device, owner, &path, shape, values, checks)
            })
        });
        match shared {
            Ok(tensor) => {
                let id = param.id;
                let tensor = input.beside::<Floats<P>, R>(tensor, &path);
                Param::initialized(id, wrap(tensor))
            }
            Err(error) => {
                self.failure = Some(error);
                param
            }
        }
    }
}
