#!/usr/bin/env bash
# Counts the instructions of every party in every protocol on secrets that differ in signs, magnitudes and zeros, and
# fails if they differ where they did not: control flow would depend on a secret (R11). Needs Valgrind.
# A program that is built already may be named: benches/secrets.sh target/debug/secret-instructions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

command -v valgrind >/dev/null || { echo "valgrind is not installed" >&2 && exit 1; }
if [[ $# -eq 0 ]]; then
    benches/build.sh
    set -- "${CARGO_TARGET_DIR:-target}/release/secret-instructions"
fi
readonly PROGRAM=$1
# Counts that differ and are known to: by a dozen of 600,000 instructions in loops of ring/elementwise.rs over words and
# bits; in gates of few rounds by 200 of a million, which have not been traced (they open bits under one-time bits).
readonly KNOWN=("gate" "gate of few rounds" "gate of fewest rounds, patches")
export BURN_MPC_ISA=avx2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
readarray -t secrets < <("$PROGRAM" secrets)
worse=0
while IFS= read -r protocol; do
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
            note="differs by secret"
            if printf '%s\n' "${KNOWN[@]}" | grep -qxF "$protocol"; then note="differs, as known"; else worse=1; fi
            printf '%-32s P%d %s: %s\n' "$protocol" "$party" "$note" "$(paste -sd' ' "$work/counts$party")"
        fi
    done
done < <("$PROGRAM")
exit "$worse"
