#!/usr/bin/env bash
# Counts the instructions of each kernel under Callgrind and compares them with benches/instructions.csv; fails if
# one takes more than 2 % more. `--update` writes the file instead. Needs Valgrind, on x86-64.
# Valgrind hides AVX-512, so that the AVX2 path runs; BURN_MPC_ISA says the same.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

command -v valgrind >/dev/null || { echo "valgrind is not installed" >&2 && exit 1; }
readonly TARGET="${CARGO_TARGET_DIR:-target}" STORED=benches/instructions.csv
benches/build.sh
readonly PROGRAM="$TARGET/release/kernel-instructions"
export BURN_MPC_ISA=avx2

found=$(mktemp)
trap 'rm -f "$found" "$found.callgrind"' EXIT
"$PROGRAM" | while IFS= read -r kernel; do
    valgrind --quiet --tool=callgrind --callgrind-out-file="$found.callgrind" --collect-atstart=no \
        --toggle-collect='*measured_kernel*' "$PROGRAM" "$kernel"
    printf '"%s",%s\n' "$kernel" "$(awk '/^(summary|totals):/ { print $2; exit }' "$found.callgrind")"
done >"$found"

if [[ ${1:-} == --update ]]; then
    { echo "kernel,instructions" && cat "$found"; } >"$STORED"
    cat "$STORED"
    exit 0
fi
awk -F'",' '
    FNR == NR { if (FNR > 1) stored[$1] = $2; next }
    {
        name = substr($1, 2)
        if (!($1 in stored)) { printf "%-42s %13d  new\n", name, $2; next }
        change = 100 * ($2 / stored[$1] - 1)
        printf "%-42s %13d  %+.2f %%\n", name, $2, change
        if (change > 2) worse = 1
    }
    END { if (worse) print "more than 2 % above benches/instructions.csv"; exit worse }
' "$STORED" "$found"
