"""The networks and micro operations that every library runs, written once.

A network is a function of an `ops` object, which a peer supplies in its own library: `ops.conv(...)` and the
others take the next parameters in order. `describe` runs it with an `ops` that only follows shapes: it draws
the random weights (batch normalisation folded: every convolution has a bias) and counts products and ReLUs.
"""

from dataclasses import dataclass, field

import numpy as np

SEED = 1


@dataclass
class Description:
    """What `describe` finds: parameters in the order of use, and sizes."""

    input: tuple
    weights: list = field(default_factory=list)
    macs: int = 0
    relus: int = 0


class Shapes:
    """Follows shapes `(channels, height, width)` and draws weights in the layout of PyTorch."""

    def __init__(self, description):
        self.description = description
        self.random = np.random.default_rng(SEED)

    def _normal(self, shape, deviation):
        values = self.random.standard_normal(shape, dtype=np.float32)
        return np.clip(values, -3, 3) * np.float32(deviation)

    def conv(self, x, channels, kernel, stride=1, groups=1, gain=1.4142):
        in_channels, height, width = x
        fan_in = in_channels // groups * kernel * kernel
        shape = (channels, in_channels // groups, kernel, kernel)
        self.description.weights.append(self._normal(shape, gain / fan_in**0.5))
        self.description.weights.append(self._normal((channels,), 0.1))
        pad = kernel // 2
        side = lambda size: (size + 2 * pad - kernel) // stride + 1
        out = (channels, side(height), side(width))
        self.description.macs += out[0] * out[1] * out[2] * fan_in
        return out

    def relu(self, x):
        self.description.relus += x[0] * x[1] * x[2]
        return x

    def add(self, x, y):
        assert x == y, (x, y)
        return x

    def avg_pool(self, x):
        """3x3, stride 2, padded by one; the zeros of the padding count."""
        return (x[0], (x[1] + 1) // 2, (x[2] + 1) // 2)

    def mean(self, x):
        return x[0]

    def dense(self, x, classes):
        self.description.weights.append(self._normal((x, classes), 4 / x**0.5))
        self.description.weights.append(self._normal((classes,), 0.1))
        self.description.macs += x * classes
        return classes


def _resnet18_cifar(ops, x):
    width, branch = 64, 1.4142 / 8**0.5
    x = ops.relu(ops.conv(x, width, 3))
    for stage in range(4):
        for block in range(2):
            channels = width << stage
            stride = 2 if stage > 0 and block == 0 else 1
            y = ops.relu(ops.conv(x, channels, 3, stride))
            y = ops.conv(y, channels, 3, gain=branch)
            shortcut = ops.conv(x, channels, 1, stride, gain=1.0) if stride == 2 else x
            x = ops.relu(ops.add(y, shortcut))
    return ops.dense(ops.mean(x), 10)


def _resnet50_avg(ops, x):
    branch = 1.4142 / 16**0.5
    x = ops.avg_pool(ops.relu(ops.conv(x, 64, 7, 2)))
    for stage, blocks in enumerate([3, 4, 6, 3]):
        for block in range(blocks):
            planes = 64 << stage
            stride = 2 if stage > 0 and block == 0 else 1
            y = ops.relu(ops.conv(x, planes, 1))
            y = ops.relu(ops.conv(y, planes, 3, stride))
            y = ops.conv(y, 4 * planes, 1, gain=branch)
            shortcut = ops.conv(x, 4 * planes, 1, stride, gain=1.0) if block == 0 else x
            x = ops.relu(ops.add(y, shortcut))
    return ops.dense(ops.mean(x), 1000)


def _mobilenetv2_relu(ops, x):
    x = ops.relu(ops.conv(x, 32, 3, 2))
    channels = 32
    table = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    for expansion, output, repeats, first_stride in table:
        for repeat in range(repeats):
            stride = first_stride if repeat == 0 else 1
            hidden = channels * expansion
            y = ops.relu(ops.conv(x, hidden, 1)) if expansion > 1 else x
            y = ops.relu(ops.conv(y, hidden, 3, stride, groups=hidden))
            y = ops.conv(y, output, 1, gain=0.7)
            x = ops.add(x, y) if stride == 1 and channels == output else y
            channels = output
    x = ops.relu(ops.conv(x, 1280, 1))
    return ops.dense(ops.mean(x), 1000)


# Name: (function, input channels, height and width).
NETWORKS = {
    "resnet18-cifar": (_resnet18_cifar, (3, 32, 32)),
    "resnet50-avg": (_resnet50_avg, (3, 224, 224)),
    "mobilenetv2-relu": (_mobilenetv2_relu, (3, 224, 224)),
}

# Name: shapes of the secret operands.
MICRO = {
    "relu-2^20": [(1 << 20,)],
    "mul-2^20": [(1 << 20,), (1 << 20,)],
    "matmul-1024": [(1024, 1024), (1024, 1024)],
}


def describe(name):
    """The description of a network, with its weights."""
    function, shape = NETWORKS[name]
    description = Description(input=shape)
    function(Shapes(description), shape)
    return description


def image(name):
    """A random image as `(1, channels, height, width)`."""
    shape = NETWORKS[name][1]
    return np.random.default_rng(SEED + 1).standard_normal((1, *shape), dtype=np.float32)


def operands(name):
    """Operands of a micro operation, between -2 and 2; those of the product scaled so that it stays small."""
    random = np.random.default_rng(SEED + 2)
    scale = 1 / 16 if name == "matmul-1024" else 1
    return [random.uniform(-2 * scale, 2 * scale, shape).astype(np.float32) for shape in MICRO[name]]


if __name__ == "__main__":
    for name in NETWORKS:
        found = describe(name)
        print(f"{name}: {found.macs / 1e9:.3f} GMAC, {found.relus} ReLUs, {sum(w.size for w in found.weights)} parameters")
