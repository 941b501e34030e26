#!/usr/bin/env bash
# Builds, in release, the programs that the scripts of this folder run. All at once, always the same: another choice
# of targets would build Burn again with other features.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cargo build --release -p burn-private-inference -p burn-mpc-bench --example private_inference --bin burn-mpc-bench \
    --bin kernel-instructions --bin secret-instructions
