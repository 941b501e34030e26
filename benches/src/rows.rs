//! What the table measures: networks times modes, one line each.

use std::path::{Path, PathBuf};

use burn_mpc_engine::net::shaped::LinkShape;

/// A network, as arguments of the example `private_inference`.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    /// Its name in the table.
    pub name: &'static str,
    /// Its arguments.
    pub arguments: &'static str,
    /// Files of the data folder: weights, and images to classify. Without them weights are random and the images
    /// those of the example. Rows whose files are missing are left out.
    pub data: Option<(&'static str, &'static str)>,
    /// Modes that it is measured in, by name.
    pub modes: &'static [&'static str],
    /// Whether it belongs to the small set.
    pub small: bool,
}

const ALL: &[&str] = &[
    "full",
    "6 %",
    "windows",
    "2^32",
    "2^32, 6 %",
    "LAN",
    "LAN, 6 %",
    "2^32, LAN",
    "2^32, LAN, 6 %",
];
const ALL_BATCHES_AND_LINKS: &[&str] = &[
    "full",
    "batch 8",
    "batch 32",
    "6 %",
    "windows",
    "2^32",
    "2^32, 6 %",
    "few rounds",
    "LAN",
    "LAN, 6 %",
    "2^32, LAN",
    "2^32, LAN, 6 %",
    "WAN",
    "WAN, 6 %",
];
const EXACT: &[&str] = &["full", "2^32"];
const EXACT_BATCHES: &[&str] = &["full", "batch 8", "batch 32", "2^32"];
const RANDOM: &str = "--weights random";

/// The networks.
#[rustfmt::skip] // one line each
pub const NETWORKS: &[Network] = &[
    Network { name: "resnet20", arguments: "--model resnet20", data: None, modes: EXACT_BATCHES, small: true },
    Network { name: "resnet18-cifar", arguments: "--model resnet18-cifar", data: None, modes: ALL_BATCHES_AND_LINKS, small: true },
    Network { name: "resnet50-avg", arguments: "--model resnet50 --stem avg", data: None, modes: ALL, small: false },
    Network { name: "resnet50", arguments: "--model resnet50", data: None, modes: EXACT, small: false },
    Network { name: "mobilenetv2-relu", arguments: "--model mobilenetv2 --relu6 relu", data: None, modes: ALL, small: false },
    Network { name: "mobilenetv2, trained", arguments: "--model mobilenetv2", data: Some(("weights/mobilenet_v2_imagenet_tf2ptq.safetensors", "photos/imagenet_")), modes: EXACT, small: false },
    Network { name: "resnet50-half, trained", arguments: "--model resnet50-half", data: Some(("weights/opennsfw_resnet50thin.safetensors", "photos/imagenet_0")), modes: EXACT, small: false },
];

/// A mode: its name in the table, and its arguments.
pub type Mode = (&'static str, &'static str);

/// The mode that evaluates all signs where `mode` evaluates 6 % of them.
pub fn dense(mode: &str) -> Option<&str> {
    match mode {
        "6 %" => Some("full"),
        mode => mode.strip_suffix(", 6 %"),
    }
}

/// The modes.
#[rustfmt::skip] // one line each
pub const MODES: &[Mode] = &[
    ("full", ""),
    ("batch 8", "--batch 8"),
    ("batch 32", "--batch 32"),
    ("6 %", "--plan random:0.06"),
    ("windows", "--windows"),
    ("2^32", "--ring 32"),
    ("2^32, 6 %", "--ring 32 --plan random:0.06"),
    ("LAN", "--network lan --shaped"),
    ("LAN, 6 %", "--network lan --shaped --plan random:0.06"),
    ("2^32, LAN", "--ring 32 --network lan --shaped"),
    ("2^32, LAN, 6 %", "--ring 32 --network lan --shaped --plan random:0.06"),
    ("WAN", "--network wan --shaped"),
    ("WAN, 6 %", "--network wan --shaped --plan random:0.06"),
    ("few rounds", "--schedule fewest-rounds"),
];

/// One row: what the example is called with.
#[derive(Clone, Debug)]
pub struct Row {
    /// The network.
    pub network: Network,
    /// The mode.
    pub mode: Mode,
    /// Files to classify; none: the example's own photographs.
    pub images: Vec<PathBuf>,
    weights: Option<PathBuf>,
}

impl Row {
    /// Bits of the ring.
    pub fn ring(&self) -> u32 {
        if self.mode.1.contains("--ring 32") {
            32
        } else {
            64
        }
    }

    /// Images per inference.
    pub fn batch(&self) -> u64 {
        let batch = self.mode.1.strip_prefix("--batch ");
        batch.and_then(|count| count.parse().ok()).unwrap_or(1)
    }

    /// The links, if they are slowed down.
    pub fn link(&self) -> Option<LinkShape> {
        let (_, name) = self.mode.1.split_once("--network ")?;
        LinkShape::named(name.split(' ').next()?)
    }

    /// Arguments of the example. Without `all_images`, one image only: repeated runs are timed, not checked.
    pub fn arguments(&self, all_images: bool) -> Vec<String> {
        let words = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let mut result = words(self.network.arguments);
        if self.batch() == 1 {
            result.extend(words(self.mode.1));
        }
        match &self.weights {
            Some(file) => result.extend(["--weights".into(), file.display().to_string()]),
            // Its weights come with the example.
            None if self.network.name == "resnet20" => {}
            None => result.extend(words(RANDOM)),
        }
        let count = if all_images { self.images.len() } else { 1 };
        let images = self.images.iter().take(count);
        let mut images: Vec<String> = images.map(|path| path.display().to_string()).collect();
        if images.is_empty() && !all_images {
            images.push(ONE_IMAGE.to_owned());
        }
        if !images.is_empty() {
            result.push("--image".to_owned());
            result.extend(images);
        }
        result
    }
}

/// One of the example's photographs.
const ONE_IMAGE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../examples/models/assets/coffee.png"
);

/// The rows to measure. `data` is the folder with trained weights.
pub fn rows(small: bool, data: &Path) -> Vec<Row> {
    let mut rows = Vec::new();
    for network in NETWORKS.iter().filter(|network| network.small || !small) {
        let (weights, images) = match network.data {
            None => (None, Vec::new()),
            Some((weights, images)) => match files(data, weights, images) {
                Some((weights, images)) => (Some(weights), images),
                None => continue,
            },
        };
        for mode in MODES {
            if network.modes.contains(&mode.0) {
                rows.push(Row {
                    network: *network,
                    mode: *mode,
                    images: images.clone(),
                    weights: weights.clone(),
                });
            }
        }
    }
    rows
}

/// The weight file, and the image files that begin with `prefix`, if both are there.
fn files(data: &Path, weights: &str, prefix: &str) -> Option<(PathBuf, Vec<PathBuf>)> {
    let weights = data.join(weights);
    let (folder, prefix) = prefix.rsplit_once('/')?;
    let mut images: Vec<PathBuf> = std::fs::read_dir(data.join(folder))
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with(prefix))
        })
        .collect();
    images.sort();
    (weights.is_file() && !images.is_empty()).then_some((weights, images))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{MODES, NETWORKS, dense, rows};

    #[test]
    fn every_mode_of_a_network_is_known() {
        let known: Vec<&str> = MODES.iter().map(|mode| mode.0).collect();
        for network in NETWORKS {
            for mode in network.modes {
                assert!(known.contains(mode), "{}: {mode}", network.name);
                if let Some(dense) = dense(mode) {
                    assert!(network.modes.contains(&dense), "{}: {dense}", network.name);
                }
            }
        }
    }

    #[test]
    fn repeated_runs_classify_one_image() {
        let rows = rows(true, Path::new("nowhere"));
        assert!(!rows.is_empty());
        for row in rows {
            assert!(!row.arguments(true).contains(&"--image".to_owned()));
            let last = row.arguments(false).pop().unwrap();
            assert!(Path::new(&last).is_file(), "{last}");
        }
    }
}
