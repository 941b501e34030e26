#!/usr/bin/env bash
# Builds, in release, the programs that the scripts of this folder run. The example is built as its users build it,
# without the testkit that the benches ask for.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cargo build --release --example private_inference
cargo build --release -p burn-mpc-bench --bins
