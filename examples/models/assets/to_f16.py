#!/usr/bin/env python3
"""Rounds a safetensors file of f32 tensors to f16.

to_f16.py resnet20_cifar100.safetensors resnet20_cifar100.f16.safetensors
"""
import json
import struct
import sys


def main(source, target):
    with open(source, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        body = file.read()
    metadata = header.pop("__metadata__", {})
    metadata["rounded"] = "f16"
    new_header, new_body = {"__metadata__": metadata}, bytearray()
    for name in sorted(header):
        entry = header[name]
        if entry["dtype"] != "F32":
            sys.exit(f"{name}: is {entry['dtype']}, expected F32")
        start, end = entry["data_offsets"]
        count = (end - start) // 4
        values = struct.unpack(f"<{count}f", body[start:end])
        begin = len(new_body)
        new_body += struct.pack(f"<{count}e", *values)
        new_header[name] = {
            "dtype": "F16",
            "shape": entry["shape"],
            "data_offsets": [begin, len(new_body)],
        }
    text = json.dumps(new_header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(target, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + new_body)


if __name__ == "__main__":
    main(*sys.argv[1:])
