//! The plan of a job: which block each channel of each ReLU uses. It is public, and the same at all parties.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use burn::backend::Flex;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use burn_blockrelu_core::observe::{Call, Observer, with_observer};
use burn_blockrelu_core::plan::{PlanError, PlanSpec};
use burn_blockrelu_core::{Block, Layer, LayersError, ReluPlan, layers};
use burn_mpc::{Mpc, MpcDevice, Party, Ring, SessionConfig, ShareOptions, Z64, share, share_model};
use example_models::ModelSpec;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::failure::Failure;
use crate::options::Options;

/// A plan that travels between processes as the content of a plan file.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedPlan {
    /// The plan.
    pub plan: ReluPlan,
}

impl Serialize for SharedPlan {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.plan.to_json())
    }
}

impl<'de> Deserialize<'de> for SharedPlan {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let plan = ReluPlan::parse(&text, Path::new("the plan of the job"));
        let plan = plan.map_err(serde::de::Error::custom)?;
        Ok(Self { plan })
    }
}

impl SharedPlan {
    /// The plan that the options ask for, or the ordinary ReLU everywhere; none for a network without
    /// Block-ReLU. Reads a plan file here, once.
    pub fn new(spec: &ModelSpec, options: &Options) -> Result<Option<Self>, Failure> {
        let (model, layers) = match found(spec) {
            Ok(found) => found,
            Err(Failure::Plan(PlanError::Layers(LayersError::None))) if options.plan.is_none() => {
                return Ok(None);
            }
            Err(Failure::Plan(PlanError::Layers(LayersError::None))) => {
                return Err(Failure::Unplannable(options.model.name()));
            }
            Err(failure) => return Err(failure),
        };
        let spec_of_plan = options
            .plan
            .clone()
            .unwrap_or(PlanSpec::Uniform(Block::RELU));
        let plan = spec_of_plan.plan(model, &layers, options.plan_seed)?;
        // Reports all that does not fit before any party starts.
        plan.apply_checked(spec.init::<Flex>(&Default::default()), &layers)?;
        Ok(Some(Self { plan }))
    }

    /// What the parties compare before they start.
    pub fn checksum(&self) -> String {
        self.plan.checksum()
    }

    /// Counts of signs per image; `executed` is the number that an inference evaluated.
    pub fn drelus(&self, executed: u64) -> Drelus {
        Drelus {
            full: self.plan.full_drelus(),
            planned: self.plan.drelus(),
            executed,
        }
    }
}

/// Fingerprint and Block-ReLUs of a network, from a forward pass on a device where nothing is computed.
fn found(spec: &ModelSpec) -> Result<(String, Vec<Layer>), Failure> {
    type Dry = Mpc<Flex, Z64>;
    let device = MpcDevice::estimate(SessionConfig::z64())?;
    let model = spec.init::<Dry>(&device);
    let model = share_model(model, &device, Party::P0, ShareOptions::default())?;
    let fingerprint = ReluPlan::fingerprint::<Dry, _>(&model).map_err(PlanError::from)?;
    let [channels, height, width] = spec.input_shape();
    let x = share::<Flex, Z64, 4>(
        &device,
        Party::P1,
        "image",
        [1, channels, height, width],
        None,
    )?;
    let layers = layers::<Dry, _, _>(&model, |model| model.forward(x));
    Ok((fingerprint, layers.map_err(PlanError::from)?))
}

/// Signs (DReLUs) per image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Drelus {
    /// With ordinary ReLUs everywhere.
    #[serde(rename = "drelus_full")]
    pub full: u64,
    /// By the plan.
    #[serde(rename = "drelus_planned")]
    pub planned: u64,
    /// In an inference, counted where they were evaluated.
    #[serde(rename = "drelus_executed")]
    pub executed: u64,
}

impl Drelus {
    /// One line for people.
    pub fn line(&self) -> String {
        format!(
            "DReLUs per image: {} planned, {} executed, {:.2} % of {}",
            self.planned,
            self.executed,
            100.0 * self.executed as f64 / self.full as f64,
            self.full
        )
    }
}

/// Watches the Block-ReLUs of an inference: names them for the cost report and counts their signs.
struct Watch {
    device: MpcDevice,
    paths: Vec<String>,
    calls: usize,
    drelus: u64,
}

impl<B: Backend> Observer<B> for Watch {
    fn forward(&mut self, call: Call<'_, B>) -> Tensor<B, 4> {
        let map = call.map();
        let counts = call.blocks.iter().map(|block| block.drelus(map) as u64);
        self.drelus += counts.sum::<u64>();
        let path = self.paths.get(self.calls);
        self.calls += 1;
        match path {
            Some(path) => self.device.scope(path, || call.run()),
            None => call.run(),
        }
    }
}

/// Runs one inference; the cost report lists its Block-ReLUs by their paths. Also returns the signs per image that they
/// evaluated.
pub fn watched<R: Ring, T>(
    plan: Option<&SharedPlan>,
    device: &MpcDevice,
    inference: impl FnOnce() -> T,
) -> (T, u64) {
    // A plan lists its layers in the order in which an inference runs them.
    let layers = plan.map_or(&[][..], |plan| &plan.plan.layers);
    let watch = Rc::new(RefCell::new(Watch {
        device: device.clone(),
        paths: layers.iter().map(|layer| layer.path.clone()).collect(),
        calls: 0,
        drelus: 0,
    }));
    let result = with_observer::<Mpc<Flex, R>, _, _>(&watch, inference);
    let drelus = watch.borrow().drelus;
    (result, drelus)
}
