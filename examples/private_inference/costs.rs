//! `--costs`: the cost table of the README, from declared costs.

use std::fmt::Write as _;

use clap::Parser;
use serde::Serialize;

use crate::estimate::{self, Estimate};
use crate::failure::Failure;
use crate::job::Job;
use crate::options::Options;
use crate::output::Content;

/// The networks of the table, as command lines.
const NETWORKS: [(&str, &str); 9] = [
    ("ResNet-20, CIFAR", "--model resnet20"),
    ("ResNet-56, CIFAR", "--model resnet56"),
    ("ResNet-18, CIFAR", "--model resnet18-cifar"),
    (
        "ResNet-18, CIFAR, 6 % of the signs",
        "--model resnet18-cifar --plan random:0.06",
    ),
    ("ResNet-18, 224x224", "--model resnet18"),
    ("ResNet-50, 224x224", "--model resnet50"),
    (
        "ResNet-50, average-pool stem",
        "--model resnet50 --stem avg",
    ),
    (
        "the same, 6 % of the signs",
        "--model resnet50 --stem avg --plan random:0.06",
    ),
    ("MobileNetV2, 224x224, ReLU6", "--model mobilenetv2"),
];

/// The cost of one image in every network, on both rings.
#[derive(Clone, Debug, Serialize)]
pub struct Costs {
    /// The rows, in the order of the table.
    pub rows: Vec<Row>,
}

/// One network on one ring.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Its usual name.
    pub network: &'static str,
    /// Options that choose it.
    pub options: &'static str,
    /// What it costs.
    #[serde(flatten)]
    pub estimate: Estimate,
}

impl Content for Costs {
    const SCHEMA: &'static str = "burn-mpc/private_inference/costs";
    const VERSION: u32 = 1;
}

impl Costs {
    /// Adds up the declared costs.
    pub fn new() -> Result<Self, Failure> {
        let mut rows = Vec::new();
        for (network, arguments) in NETWORKS {
            for ring in ["64", "32"] {
                let line = format!(
                    "private_inference {arguments} --weights random --batch 1 --ring {ring}"
                );
                let options = Options::parse_from(line.split_whitespace());
                rows.push(Row {
                    network,
                    options: arguments,
                    estimate: estimate::run(&Job::new(&options)?)?,
                });
            }
        }
        Ok(Self { rows })
    }

    /// A Markdown table: rounds, bytes of all parties, those of them that depend on no input, and modelled wire seconds of one image, on both rings.
    pub fn table(&self) -> String {
        let mut text = String::from(
            "| network, one image | ring | rounds | sent by all | of it offline | LAN wire time | WAN wire time |\n|---|---|---|---|---|---|---|\n",
        );
        for Row {
            network, estimate, ..
        } in &self.rows
        {
            let _ = writeln!(
                text,
                "| {network} | 2^{} | {} | {:.1} MB | {:.1} MB | {:.2} s | {:.1} s |",
                estimate.ring,
                estimate.rounds,
                estimate.bytes_total as f64 / 1e6,
                estimate.bytes_offline as f64 / 1e6,
                estimate.lan_seconds,
                estimate.wan_seconds
            );
        }
        text
    }
}
