#!/usr/bin/env bash
# Writes docs/MEASUREMENTS.md: every network of the table, measured on this machine now.
# Needs the data folder (BURN_MPC_DATA, default ../shared/data) for the rows with trained weights.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly DATA="${BURN_MPC_DATA:-../shared/data}" OUT=docs/MEASUREMENTS.md
cargo build --release --example private_inference
readonly PROGRAM=target/release/examples/private_inference

row() { "$PROGRAM" --row "$@" | tail -n 1 | tee -a "$OUT"; }

cat >"$OUT" <<EOF
# Measurements

Written by \`docs/measure.sh\`. Seconds are of one inference up to and including the reveal, with weights and
images shared and constants folded before; three parties share the cores of one machine ($(nproc) x $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | xargs), $(date +%Y-%m-%d)),
so read them as ratios. Bytes are those sent by all parties, frame headers included; rounds are links of the
longest chain of dependent messages; both are exact. The error is the largest difference of a logit from
plaintext Burn; "agree" counts images whose likeliest class is plaintext's. Memory is the largest resident set
of a process: of all three parties under \`memory\`, of one under \`tcp\`.

| network | ring | transport | batch | seconds | sent by all | rounds | logit error | agree | peak memory | set-up |
|---|---|---|---|---|---|---|---|---|---|---|
EOF
for transport in memory tcp; do
    row --batch 1 --transport "$transport"
    row --model resnet18-cifar --weights random --batch 1 --transport "$transport"
    row --model resnet50 --weights random --batch 1 --transport "$transport"
    row --model resnet50 --stem avg --weights random --batch 1 --transport "$transport"
    if [[ -d $DATA ]]; then
        row --model mobilenetv2 --weights "$DATA/weights/mobilenet_v2_imagenet_tf2ptq.safetensors" \
            --image "$DATA"/photos/imagenet_*.jpg --batch 1 --transport "$transport"
        row --model resnet50-half --weights "$DATA/weights/opennsfw_resnet50thin.safetensors" \
            --image "$DATA"/photos/imagenet_0*.jpg --batch 1 --transport "$transport"
    fi
done
row --batch 1 --ring 32
row --model resnet18-cifar --weights random --batch 1 --ring 32
if [[ -d $DATA ]]; then
    # Where a layer would leave the 32 bits, the example refuses and says so.
    row --model mobilenetv2 --weights "$DATA/weights/mobilenet_v2_imagenet_tf2ptq.safetensors" \
        --image "$DATA"/photos/imagenet_00_*.jpg --batch 1 --ring 32 || true
fi
cat >>"$OUT" <<'EOF'

The second `resnet50` row has the average-pool stem. Networks without a data folder have random weights.
Agreement over whole sets of images is asserted by `tests/agreement.rs`.
EOF
