//! What a user can name, and what not: no program that uses `burn-mpc` without `testkit` reaches a share, a protocol or
//! an uncounted opening.
//!
//! Each file of `doors/` is a program that tries; beside it stands what the compiler must refuse, and where. `names.rs`
//! has the names there are. After a change run `UPDATE_DOORS=1 cargo test --package burn-mpc-api-tests` and read the
//! difference.
//!
//! The tests build `burn-mpc` with `testkit`. So this one compiles it once more without, up to what its users' compiler
//! reads, against the dependencies that the tests have built.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const HERE: &str = env!("CARGO_MANIFEST_DIR");
const OUT: &str = env!("CARGO_TARGET_TMPDIR");

#[test]
fn shares_protocols_and_uncounted_openings_are_out_of_reach() {
    let built = Built::ask();
    let engine = built.library("burn-mpc-engine", &Path::new(HERE).join("../engine"), None);
    let backend = built.library("burn-mpc", &Path::new(HERE).join(".."), Some(&engine));
    let mut differing = Vec::new();
    let mut programs = 0;
    for entry in std::fs::read_dir(Path::new(HERE).join("tests/doors")).expect("the programs") {
        let program = entry.expect("a program").path();
        if program.extension().is_none_or(|e| e != "rs") {
            continue;
        }
        programs += 1;
        let said = built.program(&program, &engine, &backend);
        let expected = program.with_extension("stderr");
        if std::env::var_os("UPDATE_DOORS").is_some() {
            std::fs::write(&expected, said).expect("the answer's file");
        } else if std::fs::read_to_string(&expected).ok().as_deref() != Some(&said) {
            differing.push(format!("{}:\n{said}", program.display()));
        }
    }
    assert!(programs > 5, "{programs} programs");
    assert!(
        differing.is_empty(),
        "the compiler now says\n{}",
        differing.join("\n")
    );
}

/// What cargo built for the tests: libraries by package, and which packages a package depends on.
struct Built {
    libraries: HashMap<String, PathBuf>,
    dependencies: HashMap<String, Vec<(String, String)>>,
    folder: PathBuf,
}

impl Built {
    /// Asks cargo what the test command has built. That builds nothing in a run of that command.
    fn ask() -> Self {
        let mut libraries: HashMap<String, (u8, PathBuf)> = HashMap::new();
        for line in cargo(&[
            "test",
            "--workspace",
            "--no-run",
            "--locked",
            "--message-format=json",
        ])
        .lines()
        {
            let message: Value = serde_json::from_str(line).expect("a message of cargo");
            let Some(library) = library_of(&message) else {
                continue;
            };
            // A build script's dependencies may be built a second time, without optimisation.
            let level = message["profile"]["opt_level"]
                .as_str()
                .and_then(|l| l.parse().ok())
                .unwrap_or(0);
            let known = libraries
                .entry(text(&message["package_id"]))
                .or_insert((level, library.clone()));
            if level > known.0 {
                *known = (level, library);
            }
        }
        let metadata: Value =
            serde_json::from_str(&cargo(&["metadata", "--format-version=1", "--locked"]))
                .expect("cargo's metadata");
        let dependencies = list(&metadata["resolve"]["nodes"])
            .map(|node| {
                let normal = |d: &&Value| list(&d["dep_kinds"]).any(|k| k["kind"].is_null());
                let named = list(&node["deps"])
                    .filter(normal)
                    .map(|d| (text(&d["name"]), text(&d["pkg"])));
                (text(&node["id"]), named.collect())
            })
            .collect();
        let libraries: HashMap<_, _> = libraries
            .into_iter()
            .map(|(id, (_, path))| (id, path))
            .collect();
        let folder = libraries
            .values()
            .next()
            .and_then(|l| l.parent())
            .expect("a library")
            .to_owned();
        Self {
            libraries,
            dependencies,
            folder,
        }
    }

    /// The id of `package`, of this workspace.
    fn id(&self, package: &str) -> &str {
        let ours = |id: &&String| {
            id.starts_with("path+")
                && id.rsplit('/').next().is_some_and(|end| {
                    end.split_once('#').is_some_and(|(folder, rest)| {
                        rest.split_once('@').map_or(folder, |(name, _)| name) == package
                    })
                })
        };
        self.dependencies
            .keys()
            .find(ours)
            .unwrap_or_else(|| panic!("cargo knows no `{package}`"))
    }

    /// Compiles the library of `package` without features, to what a program is checked against.
    fn library(&self, package: &str, folder: &Path, engine: Option<&Path>) -> PathBuf {
        let name = package.replace('-', "_");
        let mut rustc = self.rustc(&name, &folder.join("src/lib.rs"));
        rustc.args(["--crate-type=lib", "--cap-lints=allow"]);
        for (name, id) in &self.dependencies[self.id(package)] {
            match engine {
                Some(engine) if name == "burn_mpc_engine" => external(&mut rustc, name, engine),
                _ => external(&mut rustc, name, &self.libraries[id]),
            }
        }
        let output = rustc.output().expect("the compiler");
        assert!(
            output.status.success(),
            "{package}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Path::new(OUT).join(format!("lib{name}.rmeta"))
    }

    /// What the compiler refuses in `program`: each error's first line and its place.
    fn program(&self, program: &Path, engine: &Path, backend: &Path) -> String {
        let mut rustc = self.rustc("door", program);
        external(&mut rustc, "burn_mpc_engine", engine);
        external(&mut rustc, "burn_mpc", backend);
        let (_, burn) = self.dependencies[self.id("burn-mpc")]
            .iter()
            .find(|(name, _)| name == "burn")
            .expect("burn");
        external(&mut rustc, "burn", &self.libraries[burn]);
        let output = rustc
            .args(["--crate-type=bin", "--error-format=short"])
            .output()
            .expect("the compiler");
        assert!(!output.status.success(), "{} compiles", program.display());
        let said = String::from_utf8(output.stderr).expect("text");
        let file = program
            .file_name()
            .and_then(|n| n.to_str())
            .expect("a name");
        // What the compiler adds in notes, and the count at the end, is not what is tested.
        let mut errors = String::new();
        for line in said.lines().filter(|line| line.contains(": error")) {
            let (path, rest) = line.split_once(':').expect("a path and a place");
            assert!(path.ends_with(file), "an error in {path}");
            errors.extend([file, ":", rest, "\n"]);
        }
        errors
    }

    fn rustc(&self, name: &str, source: &Path) -> Command {
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        rustc
            .args(["--edition=2024", "--emit=metadata", "--crate-name", name])
            .arg(source);
        rustc
            .arg("-L")
            .arg(format!("dependency={}", self.folder.display()))
            .args(["-L", OUT, "--out-dir", OUT]);
        rustc.env("CARGO_PKG_VERSION", env!("CARGO_PKG_VERSION"));
        rustc
    }
}

fn external(rustc: &mut Command, name: &str, library: &Path) {
    rustc
        .arg("--extern")
        .arg(format!("{name}={}", library.display()));
}

/// The file of the library or macro that `message` says was built.
fn library_of(message: &Value) -> Option<PathBuf> {
    let kinds = ["lib", "rlib", "proc-macro"];
    let wanted = list(&message["target"]["crate_types"]).any(|t| kinds.iter().any(|k| t == k));
    let test = message["profile"]["test"] == true;
    let mut files = list(&message["filenames"]).map(|f| PathBuf::from(text(f)));
    (wanted && !test)
        .then(|| files.find(|f| f.extension().is_some_and(|e| e == "rlib" || e == "so")))?
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(HERE)
        .output()
        .expect("cargo");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("cargo writes text")
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
