#!/usr/bin/env bash
# Counts the instructions of every party in every protocol on secrets that differ in signs, magnitudes and zeros, and
# fails if they differ: control flow would depend on a secret (R11). Needs Valgrind.
# A program that is built already may be named: benches/secrets.sh target/debug/secret-instructions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

command -v valgrind >/dev/null || { echo "valgrind is not installed" >&2 && exit 1; }
if [[ $# -eq 0 ]]; then
    benches/build.sh
    set -- "${CARGO_TARGET_DIR:-target}/release/secret-instructions"
fi
readonly PROGRAM=$1
export BURN_MPC_ISA=avx2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
readarray -t secrets < <("$PROGRAM" secrets)
readarray -t protocols < <("$PROGRAM")
[[ ${#secrets[@]} -gt 1 && ${#protocols[@]} -gt 0 ]] || { echo "$PROGRAM names no protocols" >&2 && exit 1; }
worse=0
for protocol in "${protocols[@]}"; do
    for party in 0 1 2; do : >"$work/counts$party"; done
    for secret in "${secrets[@]}"; do
        "$PROGRAM" record "$protocol" "$secret" "$work"
        for party in 0 1 2; do
            valgrind --quiet --tool=callgrind --callgrind-out-file="$work/callgrind" --collect-atstart=no \
                --toggle-collect='*measured_protocol*' "$PROGRAM" replay "$protocol" "$secret" "$party" "$work"
            awk '/^(summary|totals):/ { print $2; exit }' "$work/callgrind" >>"$work/counts$party"
        done
    done
    for party in 0 1 2; do
        found=$(sort -n -u "$work/counts$party" | paste -sd' ')
        if [[ $(wc -w <<<"$found") -eq 1 && $found -gt 0 ]]; then
            printf '%-32s P%d %12d\n' "$protocol" "$party" "$found"
        else
            worse=1
            printf '%-32s P%d differs by secret: %s\n' "$protocol" "$party" "$(paste -sd' ' "$work/counts$party")"
        fi
    done
done
exit "$worse"
