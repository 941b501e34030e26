"""Runs every workload in turn on every library, round after round on one machine, and prints the ratios.

Only Python's own library is needed here; `run.sh` makes the environments of the peers and calls this.
"""

import argparse
import csv
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
OURS = "burn-mpc"
LIMIT_SECONDS = 900  # of one run, set-up included

# Our command lines for the networks; and the variants that stand beside the plain run.
NETWORKS = {
    "resnet18-cifar": ["--model", "resnet18-cifar"],
    "resnet50-avg": ["--model", "resnet50", "--stem", "avg"],
    "mobilenetv2-relu": ["--model", "mobilenetv2", "--relu6", "relu"],
}
VARIANTS = {
    OURS: [],
    "burn-mpc, 6 % of the DReLUs": ["--plan", "random:0.06"],
    "burn-mpc, Z_2^32": ["--ring", "32"],
    "burn-mpc, Z_2^32, 6 %": ["--ring", "32", "--plan", "random:0.06"],
}
MICRO = ["relu-2^20", "mul-2^20", "matmul-1024"]
# Timed runs of an operation in each process: it takes too little time for one.
REPEATED = 5
MICRO_VARIANTS = {OURS: [], "burn-mpc, Z_2^32": ["--ring", "32"]}
SETS = {
    "small": [*MICRO, "resnet18-cifar"],
    "full": [*MICRO, *NETWORKS],
}


def contestants(workload, options):
    """Name and command of each program that runs a workload; each prints or writes one JSON object."""
    result = {}
    if workload in NETWORKS:
        for name, extra in VARIANTS.items():
            command = [options.inference, *NETWORKS[workload], "--weights", "random", "--batch", "1"]
            photograph = str(REPOSITORY / "examples/models/assets/coffee.png")
            result[name] = [*command, "--image", photograph, "--transport", "tcp", *extra, "--json"]
    else:
        for name, extra in MICRO_VARIANTS.items():
            result[name] = [options.bench, "micro", workload, "--runs", str(REPEATED), *extra, "--json"]
    runs = ["--cache", str(options.cache)]
    runs += ["--inferences", str(REPEATED)] if workload in MICRO else []
    # The long networks have no warm-up: a run takes minutes.
    runs += ["--warm-up", "1"] if workload in SETS["small"] else []
    if options.spu:
        result["SPU"] = [options.spu, str(HERE / "spu_peer.py"), workload, *runs]
    if options.crypten:
        result["CrypTen"] = [options.crypten, str(HERE / "crypten_peer.py"), workload, *runs]
    return {name: command for name, command in result.items() if not options.only or name in options.only}


def run(command, options):
    """One run: a dictionary with seconds, bytes, rounds and max_abs_err, or a message."""
    ours = command[-1] == "--json"
    path = options.cache / "ours.json"
    command = [*command, str(path)] if ours else command
    # A session that leads its own group, so that a run over its time is ended with all its processes.
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        output, errors = child.communicate(timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, 9)
        child.communicate()
        return f"no result within {LIMIT_SECONDS} s"
    if child.returncode:
        lines = (errors or output).strip().splitlines()
        return f"ended with {child.returncode}: " + "\n    ".join(lines[-8:])
    if not ours:
        return json.loads(output.strip().splitlines()[-1])
    found = json.loads(path.read_text())
    return {
        "peer": OURS,
        "seconds": [found["seconds"]],
        "bytes": found["bytes_total"],
        "rounds": found["rounds"],
        "max_abs_err": found["max_abs_err"],
    }


def measure(workload, options):
    """Rows of one workload: every contestant once a round, in turn."""
    programs = contestants(workload, options)
    found = {name: [] for name in programs}
    for number in range(options.rounds):
        for name, command in list(programs.items()):
            begin = time.monotonic()
            result = run(command, options)
            if isinstance(result, str):
                print(f"{workload}: {name} fails and is left out: {result}", file=sys.stderr, flush=True)
                del programs[name]
                continue
            found[name].append(result)
            seconds = min(result["seconds"])
            print(
                f"{workload}, round {number + 1} of {options.rounds}, {name}: {seconds:.3f} s, "
                f"{result['bytes'] / 1e6:.1f} MB ({time.monotonic() - begin:.0f} s with set-up)",
                file=sys.stderr,
                flush=True,
            )
    rows = []
    for name, results in found.items():
        if results:
            seconds = [value for result in results for value in result["seconds"]]
            last = results[-1]
            title = name if name.startswith(OURS) else last["peer"]
            rows.append(
                {
                    "workload": workload,
                    "library": title,
                    "runs": len(seconds),
                    "seconds_median": statistics.median(seconds),
                    "seconds_best": min(seconds),
                    "bytes": last["bytes"],
                    "rounds": last["rounds"],
                    "max_abs_err": max(result["max_abs_err"] for result in results),
                }
            )
    base = next((row for row in rows if row["library"] == OURS), None)
    for row in rows:
        row["times_seconds"] = row["seconds_median"] / base["seconds_median"] if base else None
        row["times_bytes"] = row["bytes"] / base["bytes"] if base else None
    return rows


def table(rows):
    """The rows as Markdown."""
    lines = [
        "| workload | library | seconds, median | best | times ours | sent by all | times ours | rounds | error |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    times = lambda value: "–" if value is None else f"{value:.2f}"
    for row in rows:
        lines.append(
            f"| {row['workload']} | {row['library']} | {row['seconds_median']:.3f} | {row['seconds_best']:.3f} "
            f"| {times(row['times_seconds'])} | {row['bytes'] / 1e6:.1f} MB | {times(row['times_bytes'])} "
            f"| {row['rounds'] or '–'} | {row['max_abs_err']:.2g} |"
        )
    return "\n".join(lines) + "\n"


def write_region(path, content):
    """Replaces the lines between the markers of the document."""
    text = path.read_text()
    begin, end = "<!-- peers:begin -->\n", "<!-- peers:end -->"
    before, rest = text.split(begin)
    _, after = rest.split(end)
    path.write_text(before + begin + content + end + after)


def conditions(options):
    """One sentence on when and where."""
    lines = [line.split(":", 1) for line in open("/proc/cpuinfo") if ":" in line]
    fields = {key.strip(): value.strip() for key, value in lines}
    model, family = fields.get("model name", "unknown"), fields.get("cpu family", "unknown")
    return (
        f"{os.cpu_count()} x {model} (family {family}), {datetime.date.today()}, {options.rounds} rounds in turn, "
        f"loopback, load average before the run {os.getloadavg()[0]:.1f}.\n\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", choices=SETS, default="small")
    parser.add_argument("--workload", action="append", help="only this one; may be repeated")
    parser.add_argument("--only", action="append", help="only this library or variant; may be repeated")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--inference", required=True, help="the program private_inference")
    parser.add_argument("--bench", required=True, help="the program burn-mpc-bench")
    parser.add_argument("--spu", help="Python with SPU")
    parser.add_argument("--crypten", help="Python with CrypTen")
    parser.add_argument("--cache", type=pathlib.Path, required=True, help="folder for what set-up makes")
    parser.add_argument("--csv", type=pathlib.Path, required=True)
    parser.add_argument("--document", type=pathlib.Path, help="Markdown file whose region `peers` is replaced")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    where, rows = conditions(options), []
    for workload in options.workload or SETS[options.set]:
        rows += measure(workload, options)
    if not rows:
        sys.exit("nothing ran")
    with open(options.csv, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    content = where + table(rows)
    if options.document:
        write_region(options.document, content)
    print(content)
    print(f"also in {options.csv}")


if __name__ == "__main__":
    main()
