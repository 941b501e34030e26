//! `--costs`: the cost table of the README, from declared costs.

use std::fmt::Write as _;

use clap::Parser;

use crate::Failure;
use crate::estimate;
use crate::job::Job;
use crate::options::Options;

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

/// A Markdown table: rounds, bytes of all parties and modelled wire seconds of one image, on both rings.
pub fn table() -> Result<String, Failure> {
    let mut text = String::from(
        "| network, one image | ring | rounds | sent by all | LAN wire time | WAN wire time |\n|---|---|---|---|---|---|\n",
    );
    for (name, arguments) in NETWORKS {
        for ring in ["64", "32"] {
            let line =
                format!("private_inference {arguments} --weights random --batch 1 --ring {ring}");
            let options = Options::parse_from(line.split_whitespace());
            let estimate = estimate::run(&Job::new(&options)?)?;
            let _ = writeln!(
                text,
                "| {name} | 2^{ring} | {} | {:.1} MB | {:.2} s | {:.1} s |",
                estimate.rounds,
                estimate.bytes_total as f64 / 1e6,
                estimate.lan_seconds,
                estimate.wan_seconds
            );
        }
    }
    Ok(text)
}
