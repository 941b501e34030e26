#!/usr/bin/env bash
# SPU, CrypTen and burn-mpc side by side on this machine; see README.md beside this file.
#   benches/peers/run.sh --small            micro operations and ResNet-18 (CIFAR): about 10 minutes
#   benches/peers/run.sh --full             ResNet-50 and MobileNetV2 as well
# Everything after that goes to compare.py: --rounds N, --workload NAME, --only NAME, --document FILE.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

set=small
case "${1:-}" in
--small | --full) set="${1#--}" && shift ;;
esac

readonly TARGET="${CARGO_TARGET_DIR:-target}"
readonly FOLDER="${PEERS_DIR:-$TARGET/peers}"
readonly SPU="${PEERS_SPU:-spu==0.9.5}"
readonly CRYPTEN="${PEERS_CRYPTEN:-crypten==0.4.1}"
readonly TORCH="${PEERS_TORCH:-torch==2.9.0}"
readonly PYTHON="${PYTHON:-$(command -v python3.11 || command -v python3.10 || command -v python3)}"
mkdir -p "$FOLDER"

# install NAME CHECK STEP...: a virtual environment in which `import CHECK` works. Each step is the arguments of
# one `pip install`. Prints the environment's Python; a failure is told, and the comparison goes on without.
install() {
    local name="$1" check="$2" python="$FOLDER/$1/bin/python" log="$FOLDER/$1.log" step
    shift 2
    if ! "$python" -c "$check" >/dev/null 2>&1; then
        echo "installing $name in $FOLDER/$name (log: $log)" >&2
        "$PYTHON" -m venv --clear "$FOLDER/$name" >"$log" 2>&1 || return 0
        for step in "$@"; do
            # shellcheck disable=SC2086 # a step is several words
            if ! "$python" -m pip install --quiet --disable-pip-version-check $step >>"$log" 2>&1; then
                echo "$name cannot be installed with $("$PYTHON" --version): pip install $step" >&2
                tail -n 5 "$log" >&2
                return 0
            fi
        done
        if ! "$python" -c "$check" >>"$log" 2>&1; then
            echo "$name was installed but cannot be imported:" >&2
            tail -n 5 "$log" >&2
            return 0
        fi
    fi
    echo "$python"
}

benches/build.sh
spu=$(install spu "import spu" "$SPU")
# CrypTen names a package that PyPI withdrew, so its dependencies are named here.
crypten=$(install crypten "import torch, importlib.metadata as m; m.version('crypten')" \
    "$TORCH numpy omegaconf pyyaml" "--no-deps $CRYPTEN")

exec "$PYTHON" benches/peers/compare.py --set "$set" --cache "$FOLDER/cache" --csv "$FOLDER/results.csv" \
    --inference "$TARGET/release/examples/private_inference" --bench "$TARGET/release/burn-mpc-bench" \
    ${spu:+--spu "$spu"} ${crypten:+--crypten "$crypten"} "$@"
