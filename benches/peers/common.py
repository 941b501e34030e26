"""What the runs of all peers share: counting bytes, ports, and how a result is told."""

import argparse
import json
import os
import socket
import struct
import sys

# Offsets in Linux's struct tcp_info.
TCP_INFO_BYTES_RECEIVED, TCP_INFO_BYTES_SENT = 128, 200


def tcp_bytes():
    """Payload bytes that this process has sent and received over its open TCP sockets, whichever library opened
    them."""
    sent = received = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            if not os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                continue
            with socket.socket(fileno=os.dup(int(name))) as copy:
                if copy.type != socket.SOCK_STREAM or copy.family not in (socket.AF_INET, socket.AF_INET6):
                    continue
                info = copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
                received += struct.unpack_from("<Q", info, TCP_INFO_BYTES_RECEIVED)[0]
                sent += struct.unpack_from("<Q", info, TCP_INFO_BYTES_SENT)[0]
        except OSError:
            continue  # The listing's own descriptor, or a socket that has just been closed.
    return sent, received


def free_ports(count):
    """Ports of loopback that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    for entry in sockets:
        entry.bind(("127.0.0.1", 0))
    ports = [entry.getsockname()[1] for entry in sockets]
    for entry in sockets:
        entry.close()
    return ports


def arguments(description):
    """The command line of every peer."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("workload")
    parser.add_argument("--inferences", type=int, default=1, help="timed runs in this process group")
    parser.add_argument("--warm-up", type=int, default=0, help="runs before them that are not timed")
    parser.add_argument("--cache", default=".", help="folder for what set-up makes")
    return parser


def tell(peer, workload, parties, max_abs_err):
    """Prints one JSON line: of each run the slowest party's seconds, bytes of all parties in the last one."""
    runs = zip(*[party["seconds"] for party in parties])
    result = {
        "peer": peer,
        "workload": workload,
        "seconds": [max(run) for run in runs],
        "bytes": sum(party["bytes"] for party in parties),
        "rounds": max((party["rounds"] or 0 for party in parties), default=0) or None,
        "max_abs_err": float(max_abs_err),
    }
    print(json.dumps(result), flush=True)
