#!/usr/bin/env python3
"""Writes burn-mpc/engine/src/protocol/composed/smooth/table.rs: the Chebyshev coefficients of the smooth functions.

`--check` writes nothing and fails if the file is not what this script makes. `--errors` prints the error of every entry.
Needs Python 3 alone.
"""

import math
import re
import sys
from pathlib import Path

TABLE = Path(__file__).resolve().parent.parent / "src/protocol/composed/smooth/table.rs"

# Nodes of the interpolation whose coefficients are cut off: many more than any degree below.
NODES = 256


def chebyshev(g, degree):
    """Coefficients of g on [-1, 1] up to a degree."""
    angles = [math.pi * (k + 0.5) / NODES for k in range(NODES)]
    values = [g(math.cos(angle)) for angle in angles]
    coefficients = [
        2.0 / NODES * math.fsum(value * math.cos(i * angle) for value, angle in zip(values, angles))
        for i in range(degree + 1)
    ]
    coefficients[0] /= 2
    return coefficients


def evaluate(coefficients, t):
    """Clenshaw's recurrence."""
    a = b = 0.0
    for c in reversed(coefficients[1:]):
        a, b = 2 * t * a - b + c, a
    return t * a - b + coefficients[0]


def worst(g, coefficients):
    steps = [i / 4000 - 1 for i in range(8001)]
    return max(abs(evaluate(coefficients, t) - g(t)) for t in steps)


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def softplus(x):
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def gelu(x):
    return x * (1 + math.erf(x / math.sqrt(2))) / 2


def gelu_slope(x):
    return (1 + math.erf(x / math.sqrt(2))) / 2 + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


class Smooth:
    """A function that is `constant + x / 2 (if half) + rest` with an even or odd rest, see `smooth/shape.rs`."""

    def __init__(self, name, doc, function, odd, half, constant, slopes, shapes):
        self.name, self.doc, self.function = name, doc, function
        self.odd, self.half, self.constant, self.slopes = odd, half, constant, slopes
        # Per ring: multiplier m and shift j of the bound 2^j / m, and degree.
        self.shapes = shapes

    def rest(self, x):
        return self.function(x) - self.constant - (x / 2 if self.half else 0)

    def in_u(self, bound):
        """The rest, or its quotient by x / bound, as a function of u = 2 (x / bound)^2 - 1."""

        def g(u):
            t = math.sqrt(max(u + 1, 0) / 2)
            if self.odd:
                t = max(t, 1e-6)
                return self.rest(bound * t) / t
            return self.rest(bound * t)

        return g

    def coefficients(self, bound, degree):
        """Those of the rest, with the tail exactly 0, 1 or x: a multiple of t^(2 degree), which is small but for the bound,
        takes away what is missing there."""
        c = chebyshev(self.in_u(bound), degree)
        line = self.slopes[1] * bound
        tail = round(self.function(bound) - line) + line
        missing = tail - self.constant - (bound / 2 if self.half else 0) - evaluate(c, 1.0)
        power = [2 * math.comb(2 * degree, degree - k) / 4**degree for k in range(degree + 1)]
        power[0] /= 2
        return [a + missing * b for a, b in zip(c, power)]

    def errors(self, c, bound):
        """The largest error inside the bound, and outside, where the value at the bound goes on as a line."""

        def value(x):
            cut = max(-bound, min(bound, x))
            t = cut / bound
            rest = evaluate(c, 2 * t * t - 1) * (t if self.odd else 1)
            tail = self.slopes[1] * max(x - bound, 0) + self.slopes[0] * min(x + bound, 0)
            return self.constant + (cut / 2 if self.half else 0) + rest + tail

        def largest(points):
            return max(abs(value(x) - self.function(x)) for x in points)

        steps = [bound * (i / 2000 - 1) for i in range(4001)]
        beyond = [side * (bound + i / 16) for i in range(1, 400) for side in (-1, 1)]
        return largest(steps), largest(beyond)


def exponential(span):
    """e^(span (t - 1)) as a function of u = 2 t - 1, for t in [0, 1]."""
    return lambda u: math.exp(span * ((u + 1) / 2 - 1))


def of_square(u, g):
    return g(math.sqrt(max(u + 1, 1e-12) / 2))


FUNCTIONS = [
    Smooth("SIGMOID", "`1 / (1 + e^-x)`.", sigmoid, True, False, 0.5, (0, 0), {64: (3, 5, 18), 32: (1, 3, 10)}),
    Smooth("TANH", "The hyperbolic tangent.", math.tanh, True, False, 0.0, (0, 0), {64: (11, 6, 20), 32: (1, 2, 10)}),
    Smooth("ERF", "The error function.", math.erf, True, False, 0.0, (0, 0), {64: (5, 4, 10), 32: (3, 3, 6)}),
    Smooth("GELU", "`x Phi(x)`, with `Phi` of the normal distribution.", gelu, False, True, 0.0, (0, 1), {64: (7, 5, 10), 32: (1, 2, 8)}),
    Smooth("GELU_SLOPE", "The derivative of `x Phi(x)`.", gelu_slope, True, False, 0.5, (0, 0), {64: (13, 6, 12), 32: (1, 2, 7)}),
    Smooth("SOFTPLUS", "`ln(1 + e^x)`.", softplus, False, True, 0.0, (0, 1), {64: (3, 5, 16), 32: (1, 3, 8)}),
]

# Ring: shift of the span 2^j below which e^x counts as 0, squarings, degree.
EXPONENTIAL = {64: (4, 1, 11), 32: (4, 2, 6)}

# Plain series: name, documentation, function of u in [-1, 1], degrees.
SERIES = [
    ("LN", "`ln((u + 3) / 4)`", lambda u: math.log((u + 3) / 4), {64: 7, 32: 4}),
    ("EXP2", "`2^((u + 1) / 2)`", lambda u: 2 ** ((u + 1) / 2), {64: 6, 32: 3}),
    ("SIN", "`sin(pi t) / t` for `u = 2 t^2 - 1`", lambda u: of_square(u, lambda t: math.sin(math.pi * t) / t), {64: 6, 32: 4}),
    ("COS", "`cos(pi t)` for `u = 2 t^2 - 1`", lambda u: of_square(u, lambda t: math.cos(math.pi * t)), {64: 6, 32: 4}),
    ("ATAN", "`atan(t) / t` for `u = 2 t^2 - 1`", lambda u: of_square(u, lambda t: math.atan(t) / t), {64: 8, 32: 5}),
]


def literal(c):
    return repr(c)


def render():
    out = [
        "//! Chebyshev coefficients. Made by `burn-mpc/engine/scripts/smooth.py`; do not edit.",
        "",
        '#![allow(clippy::unreadable_literal, reason = "numbers of a script")]',
        "",
        "use super::shape::{Exponential, Polynomial, Smooth};",
        "",
    ]
    errors = []
    for f in FUNCTIONS:
        out += [f"/// {f.doc}", f"pub const {f.name}: Smooth = Smooth {{"]
        out.append(f"    odd: {str(f.odd).lower()},")
        out.append(f"    half: {str(f.half).lower()},")
        out.append(f"    constant: {f.constant!r},")
        out.append(f"    slopes: [{f.slopes[0]}, {f.slopes[1]}],")
        for ring in (64, 32):
            m, j, degree = f.shapes[ring]
            bound = 2.0**j / m
            c = f.coefficients(bound, degree)
            inside, tails = f.errors(c, bound)
            errors.append((f.name, ring, bound, degree, inside, tails))
            out.append(f"    on_{ring}: Polynomial {{")
            out.append(f"        multiplier: {m},")
            out.append(f"        shift: {j},")
            out.append("        coefficients: &[")
            out += [f"            {literal(x)}," for x in c]
            out.append("        ],")
            out.append("    },")
        out += ["};", ""]
    for ring in (64, 32):
        shift, squarings, degree = EXPONENTIAL[ring]
        g = exponential(2.0**shift / 2**squarings)
        c = chebyshev(g, degree)
        floor = evaluate(c, -1.0) ** (2**squarings)
        errors.append(("EXP", ring, 2.0**shift, degree, worst(g, c) * 2**squarings + floor, floor))
        out += [
            f"/// `e^x` for `-{2**shift} <= x <= 0` on {ring} bits.",
            f"pub(crate) const EXP_{ring}: Exponential = Exponential {{",
            f"    shift: {shift},",
            f"    squarings: {squarings},",
            f"    floor: {floor!r},",
            "    coefficients: &[",
        ]
        out += [f"        {literal(x)}," for x in c]
        out += ["    ],", "};", ""]
    for name, doc, g, degrees in SERIES:
        for ring in (64, 32):
            c = chebyshev(g, degrees[ring])
            errors.append((name, ring, 1.0, degrees[ring], worst(g, c), 0.0))
            out += [f"/// {doc} on {ring} bits.", f"pub(crate) const {name}_{ring}: &[f64] = &["]
            out += [f"    {literal(x)}," for x in c]
            out += ["];", ""]
    return "\n".join(out[:-1]) + "\n", errors


def main():
    text, errors = render()
    if "--errors" in sys.argv:
        for name, ring, bound, degree, inside, tails in errors:
            print(f"{name:9} {ring} bits: bound {bound:.4f}, degree {degree}, error {inside:.1e} inside, {tails:.1e} outside")
    elif "--check" in sys.argv:
        # Mathematical libraries differ in the last digits.
        number = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?")
        found, made = TABLE.read_text(), text
        pairs = zip(number.findall(found), number.findall(made))
        if number.sub("x", found) != number.sub("x", made) or any(abs(float(a) - float(b)) > 1e-12 for a, b in pairs):
            sys.exit(f"{TABLE} is not what this script makes; run it")
    else:
        TABLE.write_text(text)


main()
