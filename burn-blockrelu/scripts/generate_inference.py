#!/usr/bin/env python3
"""Writes the delegation tables of `src/inference/ops/`, from the op traits of burn-backend.

    python3 burn-blockrelu/scripts/generate_inference.py          write the tables
    python3 burn-blockrelu/scripts/generate_inference.py --check  fail if a table is out of date

The traits are read from the cargo registry (`cargo fetch` puts them there). Every function of a trait
becomes one row, provided functions included. A signature that this script does not understand is an
error, so an update of Burn cannot lose a function silently.
"""

import os
import pathlib
import re
import subprocess
import sys

VERSION = "0.21.0"
WIDTH = 100
OUT = pathlib.Path(__file__).resolve().parent.parent / "src" / "inference" / "ops"

# file, trait, source of the trait
TRAITS = [
    ("float", "FloatTensorOps", "ops/tensor.rs"),
    ("int", "IntTensorOps", "ops/int_tensor.rs"),
    ("bool", "BoolTensorOps", "ops/bool_tensor.rs"),
    ("module", "ModuleOps", "ops/modules/base.rs"),
    ("activation", "ActivationOps", "ops/activation.rs"),
    ("quantized", "QTensorOps", "ops/qtensor.rs"),
    ("transaction", "TransactionOps", "ops/transaction.rs"),
]

# Types that name the backend only through its primitives, which both backends share.
SHARED = {
    "Device": "Device",
    "FloatTensor": "FloatTensor",
    "IntTensor": "IntTensor",
    "BoolTensor": "BoolTensor",
    "QuantizedTensor": "QuantizedTensor",
}

# Types that carry the backend as a parameter and have to be taken apart and built again.
WRAPPERS = [
    "Conv2dBackward",
    "Conv3dBackward",
    "DeformConv2dBackward",
    "InterpolateBackward",
    "MaxPool1dBackward",
    "MaxPool1dWithIndices",
    "MaxPool2dBackward",
    "MaxPool2dWithIndices",
    "QuantizationParametersPrimitive",
    "TensorPrimitive",
    "TransactionPrimitive",
]

# Where the names in signatures come from.
ORIGIN = {
    "burn_backend::tensor": [
        "BoolTensor", "Device", "FloatTensor", "IndexingUpdateOp", "IntTensor", "QuantizedTensor",
    ],
    "burn_backend::ops": [
        "ActivationOps", "AttentionModuleOps", "AttentionModuleOptions", "BoolTensorOps", "ConvOptions",
        "ConvTransposeOptions", "DeformConv2dBackward", "DeformConvOptions", "FloatTensorOps",
        "GridSampleOptions", "IntTensorOps", "InterpolateBackward", "InterpolateOptions",
        "MaxPool1dBackward", "MaxPool1dWithIndices", "MaxPool2dBackward", "MaxPool2dWithIndices",
        "ModuleOps", "PadMode", "QTensorOps", "TransactionOps", "TransactionPrimitive",
        "TransactionPrimitiveData", "UnfoldOptions",
    ],
    "burn_backend::tensor::quantization": ["QuantizationParametersPrimitive"],
    "burn_backend::quantization": ["QuantScheme"],
    "burn_backend": [
        "Backend", "BoolDType", "Distribution", "ExecutionError", "FloatDType", "IntDType",
        "Scalar", "Shape", "Slice", "TensorData", "TensorPrimitive",
    ],
    "std::ops": ["Range"],
    "crate::inference": ["Inference"],
    "crate::inference::rewrap": ["Lift", "Lower"],
    "super": ["delegate"],
}
BUILTIN = {
    "Vec", "Option", "Result", "Future", "Output", "Send", "Self", "usize", "bool", "f32", "f64", "i32", "i64",
    "u8", "u32", "u64", "impl", "static", "A", "Inference",
}


def registry():
    home = pathlib.Path(os.environ.get("CARGO_HOME", pathlib.Path.home() / ".cargo"))
    found = sorted(home.glob(f"registry/src/*/burn-backend-{VERSION}/src/backend"))
    if not found:
        sys.exit(f"burn-backend {VERSION} is not in {home}/registry: run `cargo fetch` first")
    return found[0]


def closing(text, start, opening, end):
    """Index after the bracket that closes the one at `start`."""
    depth = 0
    for i in range(start, len(text)):
        if text[i] == opening:
            depth += 1
        elif text[i] == end:
            depth -= 1
            if depth == 0:
                return i + 1
    sys.exit(f"unbalanced {opening}{end}")


def split_commas(text):
    parts, depth, current = [], 0, ""
    for c in text:
        depth += c in "(<[{"
        depth -= c in ")>]}"
        if c == "," and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += c
    parts.append(current)
    return [p.strip() for p in parts if p.strip()]


def plain(ty):
    """A type on one line, its names without their paths."""
    return re.sub(r"\b\w+::", "", " ".join(ty.split()))


def functions(source, trait):
    """The signatures `(name, [(argument, type)], return type)` of a trait, in the order of the source."""
    source = re.sub(r"//[^\n]*", "", source)
    head = re.search(rf"pub trait {trait}<B: Backend>[^{{]*\{{", source)
    if head is None:
        sys.exit(f"no trait {trait}")
    body = source[head.end() : closing(source, head.end() - 1, "{", "}") - 1]
    out, at = [], 0
    while found := re.compile(r"\bfn (\w+)").search(body, at):
        name, i = found.group(1), found.end()
        if body[i] != "(":
            sys.exit(f"{trait}::{name} has generics: write it by hand")
        end = closing(body, i, "(", ")")
        args = []
        for arg in split_commas(body[i + 1 : end - 1]):
            pattern, ty = arg.split(":", 1)
            args.append((pattern.strip().removeprefix("mut ").lstrip("_"), plain(ty)))
        stop = re.compile(r"[;{]").search(re.sub(r"\[[^\]]*\]", lambda m: "#" * len(m.group()), body), end)
        ret = plain(body[end : stop.start()])
        if ret and not ret.startswith("->"):
            sys.exit(f"{trait}::{name}: cannot read `{ret}`")
        at = stop.end() if stop.group() == ";" else closing(body, stop.start(), "{", "}")
        out.append((name, args, ret.removeprefix("->").strip()))
    if len(out) != len(re.findall(r"^    (?:async )?fn ", body, re.M)):
        sys.exit(f"{trait}: a function was missed")
    return out


def wrapped(ty):
    return any(re.search(rf"\b{w}<", ty) for w in WRAPPERS)


def row(name, args, ret):
    """One line of the table; types name the backend `A` where primitives are shared."""

    def own(ty):
        for w in WRAPPERS:
            ty = re.sub(rf"\b{w}<B>", f"{w}<Inference<A>>", ty)
        ty = re.sub(r"(\w+)<B>", lambda m: f"{SHARED[m.group(1)]}<A>", ty)
        if re.search(r"\bB\b", ty):
            sys.exit(f"{name}: the backend occurs in `{ty}` in an unknown way")
        return ty

    params = [f"{a}: {own(t)}" for a, t in args]
    result = own(ret) if ret else "()"
    call = ""
    if wrapped(ret) or any(wrapped(t) for _, t in args):
        passed = []
        for a, t in args:
            passed.append(f"{a}.lower()" if wrapped(t) else a)
        call = f" = A::{name}({', '.join(passed)})" + (".lift()" if wrapped(ret) else "")
    line = f"    {name}({', '.join(params)}) -> {result}{call};"
    if len(line) <= WIDTH:
        return [line]
    lines, current = [f"    {name}("], ""
    for p in params:
        if len(current) + len(p) + 12 > WIDTH:
            lines.append("        " + current.rstrip())
            current = ""
        current += p + ", "
    lines.append("        " + current.rstrip(", "))
    lines.append(f"    ) -> {result}")
    if len(lines[-1] + call) < WIDTH:
        lines[-1] += f"{call};"
    else:
        lines.append(f"       {call};")
    return lines


def imports(used):
    lines = []
    for module, known in ORIGIN.items():
        if names := [n for n in known if n in used]:
            lines.append(f"use {module}::{{{', '.join(names)}}};")
    return lines


def table(trait, fns):
    rows = [line for f in fns for line in row(*f)]
    text = "\n".join(rows)
    types = re.sub(r" = A::.*", "", re.sub(r"\b\w+(?=: )|^    \w+(?=\()", "", text, flags=re.M))
    used = set(re.findall(r"\b[A-Za-z]\w*", types)) | {trait}
    known = BUILTIN | {n for names in ORIGIN.values() for n in names}
    if unknown := sorted(n for n in used if n not in known):
        sys.exit(f"{trait}: where do these names come from? {unknown}")
    used |= {name for name in ("Lift", "Lower") if f".{name.lower()}()" in text}
    text = "\n".join(
        [
            f"//! `{trait}` by delegation; written by `scripts/generate_inference.py` from burn-backend {VERSION}.",
            "",
            *imports(used | {"Backend", "Inference", "delegate"}),
            "",
            f"delegate! {{ {trait}",
            text,
            "}",
            "",
        ]
    )
    return subprocess.run(["rustfmt", "--edition", "2024"], input=text, text=True, capture_output=True, check=True).stdout


def main():
    source, stale = registry(), []
    for file, trait, path in TRAITS:
        fns = functions((source / path).read_text(), trait)
        text, out = table(trait, fns), OUT / f"{file}.rs"
        print(f"{trait}: {len(fns)} functions, {text.count(chr(10))} lines")
        if "--check" in sys.argv[1:]:
            if not out.exists() or out.read_text() != text:
                stale.append(out.name)
        else:
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(text)
    if stale:
        sys.exit(f"out of date: {', '.join(stale)}")


main()
