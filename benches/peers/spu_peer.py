"""SPU, protocol ABY3 on FM64: three processes over loopback. Prints one JSON line (see `common.tell`)."""

import os
import pickle
import re
import subprocess
import sys
import tempfile
import time

import numpy as np

import common
import networks

PARTIES = 3
DEPTHWISE = os.environ.get("SPU_DEPTHWISE", "products")


class JaxOps:
    """`networks` in JAX, channels last."""

    def __init__(self, parameters):
        self.parameters = iter(parameters)

    def conv(self, x, channels, kernel, stride=1, groups=1, gain=None):
        weight, bias = next(self.parameters), next(self.parameters)
        pad = kernel // 2
        if groups > 1:
            return self._depthwise(x, weight, stride, pad) + bias
        dimensions = ("NHWC", "HWIO", "NHWC")
        y = jax.lax.conv_general_dilated(x, weight, (stride, stride), [(pad, pad)] * 2, dimension_numbers=dimensions)
        return y + bias

    def _depthwise(self, x, weight, stride, pad):
        kernel = weight.shape[0]
        x = jnp.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
        height = (x.shape[1] - kernel) // stride + 1
        width = (x.shape[2] - kernel) // stride + 1
        taps = [
            x[0, i : i + stride * (height - 1) + 1 : stride, j : j + stride * (width - 1) + 1 : stride, :]
            for i in range(kernel)
            for j in range(kernel)
        ]
        columns = jnp.stack(taps, axis=0)
        # SPU has no such convolution on secrets. Products of taps and weights are the quicker form here.
        if DEPTHWISE == "products":
            return jnp.sum(columns * weight.reshape(kernel * kernel, 1, 1, -1), axis=0)[None]
        # Channels are the batch of a product of matrices: fewer bytes, but a round for each channel.
        columns = columns.reshape(kernel * kernel, height * width, -1).transpose(2, 1, 0)
        filters = weight.reshape(kernel * kernel, -1).transpose(1, 0)[:, :, None]
        y = jnp.matmul(columns, filters)[:, :, 0]
        return y.transpose(1, 0).reshape(1, height, width, -1)

    def relu(self, x):
        return jnp.maximum(x, 0)

    def add(self, x, y):
        return x + y

    def avg_pool(self, x):
        window, padding = (1, 3, 3, 1), ((0, 0), (1, 1), (1, 1), (0, 0))
        return jax.lax.reduce_window(x, 0.0, jax.lax.add, window, (1, 2, 2, 1), padding) * (1 / 9)

    def mean(self, x):
        return jnp.mean(x, axis=(1, 2))

    def dense(self, x, classes):
        return jnp.matmul(x, next(self.parameters)) + next(self.parameters)


def program(workload):
    """A function of arrays, and the arrays."""
    if workload in networks.MICRO:
        functions = {
            "relu-2^20": lambda x: jnp.maximum(x, 0),
            "mul-2^20": lambda x, y: x * y,
            "matmul-1024": lambda x, y: jnp.matmul(x, y),
        }
        return functions[workload], networks.operands(workload)
    function = networks.NETWORKS[workload][0]
    # OIHW to HWIO; vectors and matrices stay.
    weights = [w.transpose(2, 3, 1, 0) if w.ndim == 4 else w for w in networks.describe(workload).weights]
    image = networks.image(workload).transpose(0, 2, 3, 1)
    return lambda image, *weights: function(JaxOps(weights), image), [image, *weights]


def configuration():
    config = spu.RuntimeConfig(protocol=spu.ProtocolKind.ABY3, field=spu.FieldType.FM64)
    config.enable_pphlo_profile = True  # It logs what a party sent, and how often.
    return config


def prepare(workload, folder):
    """Compiles the program, shares its operands, and computes the plaintext result. Not timed."""
    from spu.utils import frontend

    function, operands = program(workload)
    names = [f"in{i}" for i in range(len(operands))]
    executable, _ = frontend.compile(
        frontend.Kind.JAX,
        function,
        operands,
        {},
        names,
        [spu.Visibility.VIS_SECRET] * len(operands),
        lambda outputs: [f"out{i}" for i in range(len(outputs))],
    )
    io = spu.Io(PARTIES, configuration())
    shares = [io.make_shares(operand, spu.Visibility.VIS_SECRET) for operand in operands]
    for party in range(PARTIES):
        mine = [(share[party].meta, share[party].share_chunks) for share in shares]
        with open(f"{folder}/party{party}", "wb") as file:
            pickle.dump((executable.SerializeToString(), names, mine), file)
    np.save(f"{folder}/plain.npy", np.asarray(function(*operands)))
    with open(f"{folder}/ready", "w"):
        pass


def made_since(made, *sources):
    """Whether a file is there and newer than what it was made from."""
    return os.path.exists(made) and all(os.path.getmtime(made) > os.path.getmtime(source) for source in sources)


def restore(meta, chunks):
    share = spu.libspu.Share()
    share.meta, share.share_chunks = meta, chunks
    return share


def play(party, ports, folder, options):
    """One party: loads its shares, runs, and leaves its result in the folder."""
    with open(f"{folder}/party{party}", "rb") as file:
        code, names, shares = pickle.load(file)
    executable = spu.Executable()
    executable.ParseFromString(code)
    link = spu.link.Desc()
    link.recv_timeout_ms = 600_000
    link.http_max_payload_size = 32 << 20
    for index, port in enumerate(ports):
        link.add_party(f"P{index}", f"127.0.0.1:{port}")
    context = spu.link.create_brpc(link, party)
    runtime = spu.Runtime(context, configuration())
    for name, (meta, chunks) in zip(names, shares):
        runtime.set_var(name, restore(meta, chunks))
    del shares
    seconds = []
    for _ in range(options.warm_up + options.inferences):
        context.barrier()
        start = time.perf_counter()
        runtime.run(executable)
        seconds.append(time.perf_counter() - start)
    output = runtime.get_var("out0")
    result = {"seconds": seconds[options.warm_up :], "output": (output.meta, output.share_chunks)}
    with open(f"{folder}/result{party}", "wb") as file:
        pickle.dump(result, file)
    context.barrier()
    context.stop_link()


def main():
    parser = common.arguments(__doc__)
    parser.add_argument("--play", type=int)
    parser.add_argument("--ports", type=lambda text: [int(port) for port in text.split(",")])
    options = parser.parse_args()
    folder = os.path.join(options.cache, f"spu-{options.workload}-{DEPTHWISE}")
    if options.play is not None:
        play(options.play, options.ports, folder, options)
        return
    if not made_since(f"{folder}/ready", __file__, networks.__file__):
        os.makedirs(folder, exist_ok=True)
        prepare(options.workload, folder)
    ports = ",".join(str(port) for port in common.free_ports(PARTIES))
    logs = [tempfile.TemporaryFile("w+") for _ in range(PARTIES)]
    children = [
        subprocess.Popen(
            [sys.executable, __file__, *sys.argv[1:], "--play", str(party), "--ports", ports],
            stdout=logs[party],
            stderr=subprocess.STDOUT,
        )
        for party in range(PARTIES)
    ]
    statuses = [child.wait() for child in children]
    texts = []
    for log in logs:
        log.seek(0)
        texts.append(log.read())
    if any(statuses):
        sys.exit(f"SPU's parties ended with {statuses}:\n" + "\n".join(text[-3000:] for text in texts))
    parties = []
    for party, text in enumerate(texts):
        with open(f"{folder}/result{party}", "rb") as file:
            result = pickle.load(file)
        # One line a run, as SPU 0.9.5 logs it.
        sent, actions = re.findall(r"total send bytes (\d+), recv bytes \d+, send actions (\d+)", text)[-1]
        result["bytes"] = int(sent)
        # Party 0 sends once a round.
        result["rounds"] = int(actions) if party == 0 else None
        parties.append(result)
        if os.environ.get("PEERS_VERBOSE"):
            print(text, file=sys.stderr)
    io = spu.Io(PARTIES, configuration())
    output = io.reconstruct([restore(*party["output"]) for party in parties])
    error = np.abs(output - np.load(f"{folder}/plain.npy")).max()
    common.tell(f"SPU {spu.__version__} ABY3 FM64", options.workload, parties, error)


if __name__ == "__main__":
    import jax
    import jax.numpy as jnp
    import spu

    main()
