#!/usr/bin/env bash
# Measures every row of BENCHMARKS.md on this machine and writes its region `results` and benches/results.csv.
# Options: --small, --only TEXT, --runs N, --dry (writes nothing). Needs the data folder (BURN_MPC_DATA, default
# ../shared/data) for the rows with trained weights; without it they are left out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly TARGET="${CARGO_TARGET_DIR:-target}"
benches/build.sh
exec "$TARGET/release/burn-mpc-bench" "$@"
