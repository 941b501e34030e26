"""CrypTen with a trusted dealer: two parties and the dealer, three processes over loopback. Prints one JSON line
(see `common.tell`)."""

import json
import os
import subprocess
import sys
import tempfile
import time
import types
from importlib.metadata import version

import numpy as np

import common
import networks

PARTIES, DEALER = 2, 2


def import_crypten():
    """CrypTen without its ONNX converter, which imports parts of PyTorch that later versions moved."""
    converter = types.ModuleType("crypten.nn.onnx_converter")
    converter.from_onnx = converter.from_pytorch = converter.from_tensorflow = None
    converter.TF_AND_TF2ONNX = False
    sys.modules[converter.__name__] = converter
    import crypten

    return crypten


class TorchOps:
    """`networks` on PyTorch's or CrypTen's tensors, channels first."""

    def __init__(self, parameters, private):
        self.parameters = iter(parameters)
        self.private = private

    def conv(self, x, channels, kernel, stride=1, groups=1, gain=None):
        weight, bias = next(self.parameters), next(self.parameters)
        options = {"stride": stride, "padding": kernel // 2, "groups": groups}
        y = x.conv2d(weight, **options) if self.private else torch.conv2d(x, weight, **options)
        return y + bias.reshape(1, -1, 1, 1)

    def relu(self, x):
        return x.relu()

    def add(self, x, y):
        return x + y

    def avg_pool(self, x):
        if self.private:
            return x.avg_pool2d(3, stride=2, padding=1)
        return torch.nn.functional.avg_pool2d(x, 3, stride=2, padding=1)

    def mean(self, x):
        return x.mean(dim=(2, 3)) if not self.private else x.mean((2, 3))

    def dense(self, x, classes):
        return x.matmul(next(self.parameters)) + next(self.parameters)


def program(workload):
    """A function of `private` and operands, and the operands."""
    if workload in networks.MICRO:
        functions = {
            "relu-2^20": lambda private, x: x.relu(),
            "mul-2^20": lambda private, x, y: x * y,
            "matmul-1024": lambda private, x, y: x.matmul(y),
        }
        return functions[workload], networks.operands(workload)
    function = networks.NETWORKS[workload][0]
    run = lambda private, image, *weights: function(TorchOps(weights, private), image)
    return run, [networks.image(workload), *networks.describe(workload).weights]


def play(rank, options):
    """One party, or the dealer; leaves its figures in the cache."""
    crypten = import_crypten()
    crypten.config.cfg.mpc.provider = "TTP"
    if "CRYPTEN_THREADS" in os.environ:
        torch.set_num_threads(int(os.environ["CRYPTEN_THREADS"]))
    if rank == DEALER:
        from crypten.mpc.provider.ttp_provider import TTPServer

        TTPServer()
        return
    crypten.init()
    function, operands = program(options.workload)
    operands = [torch.from_numpy(np.ascontiguousarray(operand)) for operand in operands]
    # The image (or first operand) is party 1's, the weights are party 0's.
    secrets = [crypten.cryptensor(operand, src=1 if i == 0 else 0) for i, operand in enumerate(operands)]
    communicator = crypten.communicator.get()
    seconds, rounds = [], None
    with crypten.no_grad():
        for run in range(options.warm_up + options.inferences):
            # CrypTen counts its rounds in the first run.
            crypten.config.cfg.communicator.verbose = run == 0
            communicator.reset_communication_stats()
            communicator.barrier()
            before, start = common.tcp_bytes(), time.perf_counter()
            output = function(True, *secrets)
            elapsed = time.perf_counter() - start
            moved = [after - earlier for after, earlier in zip(common.tcp_bytes(), before)]
            if run == 0:
                rounds = communicator.comm_rounds
            if run >= options.warm_up:
                seconds.append(elapsed)
    # Ring elements, decoded here: CrypTen's own decoding is off by one at negative integers.
    output = output.reveal().double() / output._tensor.encoder.scale
    error = (output - function(False, *operands)).abs().max().item()
    # The dealer and party 1 talk to party 0 only: what it sends and receives is everything.
    result = {"seconds": seconds, "bytes": sum(moved) if rank == 0 else 0, "rounds": rounds, "error": error}
    with open(f"{options.cache}/crypten{rank}.json", "w") as file:
        json.dump(result, file)
    crypten.uninit()


def main():
    parser = common.arguments(__doc__)
    parser.add_argument("--play", type=int)
    options = parser.parse_args()
    if options.play is not None:
        play(options.play, options)
        return
    [port] = common.free_ports(1)
    children, logs = [], [tempfile.TemporaryFile("w+") for _ in range(PARTIES + 1)]
    for rank in range(PARTIES + 1):
        surroundings = {
            "WORLD_SIZE": str(PARTIES),
            "RANK": str(rank),
            "RENDEZVOUS": f"tcp://127.0.0.1:{port}",
            "DISTRIBUTED_BACKEND": "gloo",
            "GLOO_SOCKET_IFNAME": "lo",
        }
        command = [sys.executable, __file__, *sys.argv[1:], "--play", str(rank)]
        log = {"stdout": logs[rank], "stderr": subprocess.STDOUT}
        children.append(subprocess.Popen(command, env=os.environ | surroundings, **log))
    statuses = [child.wait() for child in children]
    if any(statuses):
        for log in logs:
            log.seek(0)
        texts = "\n".join(log.read()[-3000:] for log in logs)
        sys.exit(f"CrypTen's processes ended with {statuses}:\n{texts}")
    parties = []
    for rank in range(PARTIES):
        with open(f"{options.cache}/crypten{rank}.json") as file:
            parties.append(json.load(file))
    name = f"CrypTen {version('crypten')}, 2 parties and dealer"
    common.tell(name, options.workload, parties, parties[1]["error"])


if __name__ == "__main__":
    import torch

    main()
