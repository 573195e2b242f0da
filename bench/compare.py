#!/usr/bin/env python3
"""Compare burrow_bench with its peers, honestly.

Each row runs in turn with ours and with each peer (A B A B ...), every
measurement in a process of its own, all pinned to the same processors: one for
procs=1, two for procs=2. A row's figure is the median of its rounds. The ratio
of two medians stands with its 95 % interval, bootstrapped over the rounds;
a row is a win or a loss only when the whole interval is on one side of 1.

Exit code: 0 even if rows are lost, 1 if one of our rows failed, 2 for a bad
command line.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

import stats

HERE = os.path.dirname(os.path.abspath(__file__))

# Compared beside ns/op when both sides report them; for all, less is better.
COMPARED = ["cpu-ns/op", "peak-MB", "B/goroutine", "PTE-B/goroutine",
            "create-ns/goroutine", "wake-ns/goroutine", "late-us/sleep"]
# What is touched before a row that runs once is measured for the first time.
FIRST_TOUCH_MB = 600


class Ours:
    """The program burrow_bench."""

    name = "burrow"

    def __init__(self, program):
        self.program = program

    def rows(self, pattern, procs):
        """Yields (row, procs, runs once) for what --list prints."""
        command = [self.program, "--list", "--procs", procs]
        if pattern:
            command += ["--filter", pattern]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            stats.fail_usage(done.stderr.strip())
        for line in done.stdout.splitlines():
            name, _, what = line.partition(" ")
            row, _, count = name.partition("/procs=")
            yield row, int(count), what.strip().startswith("[once]")

    def has(self, row):
        return True

    def command(self, row, procs, benchtime, timeout):
        return [self.program, "--filter", f"^{row}/procs={procs}$",
                "--procs", str(procs), "--benchtime", benchtime,
                "--timeout", f"{timeout}s"]


class Go:
    """The same rows in Go, built as one test program."""

    name = "Go"

    def __init__(self, go, folder):
        self.program = os.path.join(folder, "gobench")
        source = os.path.join(HERE, "peers", "go")
        stats.build([go, "test", "-c", "-o", self.program, "."], source)
        listed = subprocess.run([self.program, "-test.list", "."], check=True,
                                capture_output=True, text=True)
        self.known = set(listed.stdout.split())
        version = subprocess.run([go, "env", "GOVERSION"], check=True,
                                 cwd=source, capture_output=True, text=True)
        self.name = version.stdout.strip()

    def has(self, row):
        return f"Benchmark{row}" in self.known

    def command(self, row, procs, benchtime, timeout):
        return [self.program, "-test.run", "^$", "-test.bench",
                f"^Benchmark{row}$/^procs={procs}$",
                "-test.benchtime", benchtime, "-test.timeout", f"{timeout}s"]


class Tokio:
    """The same rows on tokio."""

    name = "tokio"

    def __init__(self, folder):
        self.program = stats.cargo_program(folder, "rows")
        listed = subprocess.run([self.program, "--list"], check=True,
                                capture_output=True, text=True)
        self.known = set(listed.stdout.split())

    def has(self, row):
        return row in self.known

    def command(self, row, procs, benchtime, timeout):
        # It has no limit of its own; measure's is 10 s later.
        return ["timeout", str(timeout), self.program, row, str(procs), benchtime]


def parse_lines(text):
    """Returns the {unit: value} of the only result in Go's format."""
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 4 or not fields[0].startswith("Benchmark"):
            continue
        values = fields[2:]
        return {unit: float(value)
                for value, unit in zip(values[::2], values[1::2])}
    failures = re.findall(r"^--- FAIL: \S+ ?(.*)$", text, re.M)
    raise stats.Failed(failures[0] if failures else "no result")


def touch_memory(megabytes):
    """Uses as much memory for a moment, in a process of its own.

    A virtual machine gets memory from its host when it first touches it, which
    takes longer than all that a row of memory measures. So each measurement of
    such a row begins in the same state: the guest has the memory already.
    """
    program = ("import mmap, sys\n"
               "m = mmap.mmap(-1, int(sys.argv[1]) << 20,"
               " flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)\n"
               "m.madvise(mmap.MADV_NOHUGEPAGE)\n"
               "for at in range(0, len(m), 4096): m[at] = 1\n")
    subprocess.run([sys.executable, "-c", program, str(int(megabytes))],
                   check=False)


def measure(system, row, procs, benchtime, timeout, log):
    command = system.command(row, procs, benchtime, timeout)
    try:
        # Each system ends itself in time; the 10 s are for one that cannot.
        done = subprocess.run(command, capture_output=True, text=True,
                              timeout=timeout + 10)
    except subprocess.TimeoutExpired:
        raise stats.Failed(f"no result after {timeout} s") from None
    log.write(done.stdout)
    log.flush()
    return parse_lines(done.stdout)


def pin(procs, cpus):
    """Pins this process, and so its children, to the first `procs` CPUs."""
    os.sched_setaffinity(0, cpus[:procs])


def run_row(systems, row, procs, once, options, logs):
    """Measures a row in turn; returns {system name: (samples, error)}."""
    benchtime = "1x" if once else options.benchtime
    memory_mb = FIRST_TOUCH_MB
    samples = {s.name: [] for s in systems}
    errors = {}
    for _ in range(options.rounds):
        for system in systems:
            if system.name in errors:
                continue
            if once:
                touch_memory(memory_mb)
            try:
                sample = measure(system, row, procs, benchtime,
                                 options.timeout, logs[system.name])
                samples[system.name].append(sample)
                memory_mb = max(memory_mb, 1.2 * sample.get("peak-MB", 0))
            except stats.Failed as failure:
                errors[system.name] = str(failure)
    return samples, errors


def compare_row(ours, peers, row, procs, once, options, logs):
    systems = [ours] + [p for p in peers if p.has(row)]
    samples, errors = run_row(systems, row, procs, once, options, logs)
    name = f"{row}/procs={procs}"
    record = {"row": row, "procs": procs, "errors": errors,
              "samples": samples, "comparisons": {}}
    for system, why in errors.items():
        print(f"{name:<26} FAIL ({system}): {why}", flush=True)
    for peer in systems[1:]:
        entries = []
        for unit in ["ns/op"] + COMPARED:
            entry = stats.compare_unit(unit, samples[ours.name], samples[peer.name],
                                 seed=name + unit)
            if entry and not errors.keys() & {ours.name, peer.name}:
                entries.append(entry)
                stats.print_comparison(name, peer.name, entry)
        record["comparisons"][peer.name] = entries
    if len(systems) == 1 and not errors:
        median = statistics.median(s["ns/op"] for s in samples[ours.name])
        print(f"{name:<26} {'ns/op':<20} {stats.figure(median):>15} "
              f"{'-':>15}  no peer has this row", flush=True)
    return record


def summary(records):
    """Prints wins, evens and losses of the rows' time, and each loss again."""
    count = {}
    losses = []
    for record in records:
        for peer, entries in record["comparisons"].items():
            for entry in entries:
                if entry["unit"] == "ns/op":
                    count[entry["verdict"]] = count.get(entry["verdict"], 0) + 1
                if entry["verdict"].startswith("LOSS"):
                    losses.append((record, peer, entry))
    print("\nTime: " + ", ".join(f"{n} {what}" for what, n in count.items()))
    if losses:
        print("Lost:")
        for record, peer, entry in losses:
            stats.print_comparison(f"{record['row']}/procs={record['procs']}", peer,
                             entry)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Runs burrow_bench and its peers in turn and prints ratios "
                    "with 95 %% intervals; below 1 burrow is better.")
    parser.add_argument("--ours", default="build/bench/burrow_bench",
                        help="the program (default %(default)s)")
    parser.add_argument("--go", help="the go command (default: searched for)")
    parser.add_argument("--peers", default="go,tokio", help="default %(default)s")
    parser.add_argument("--filter", default="", help="regular expression on "
                        "names as Yield/procs=1")
    parser.add_argument("--procs", default="1,2", help="default 1,2")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--benchtime", default="1s")
    parser.add_argument("--timeout", type=int, default=300,
                        help="seconds for one measurement")
    parser.add_argument("--json", help="write everything measured here")
    parser.add_argument("--logs", help="keep each system's output in this "
                        "folder, for benchstat")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    return options


def main():
    options = parse_arguments()
    if not os.access(options.ours, os.X_OK):
        stats.fail_usage(f"{options.ours} is not there; build it or give --ours")
    os.environ["BENCH_PROCS"] = options.procs  # what Go's rows run at
    cpus = sorted(os.sched_getaffinity(0))
    ours = Ours(os.path.abspath(options.ours))
    jobs = list(ours.rows(options.filter, options.procs))
    records = []
    with tempfile.TemporaryDirectory() as folder:
        makers = {"go": lambda: Go(stats.find_go(options.go), folder),
                  "tokio": lambda: Tokio(folder)}
        peers = stats.make_peers(makers, options.peers.split(","))
        where = options.logs or folder
        os.makedirs(where, exist_ok=True)
        logs = {s.name: open(os.path.join(where, f"{s.name}.txt"), "w")
                for s in [ours] + peers}
        stats.print_heading()
        for row, procs, once in jobs:
            pin(procs, cpus)
            records.append(compare_row(ours, peers, row, procs, once, options,
                                       logs))
        for log in logs.values():
            log.close()
    summary(records)
    if options.json:
        with open(options.json, "w") as out:
            json.dump({"rounds": options.rounds, "benchtime": options.benchtime,
                       "cpus": cpus, "rows": records}, out, indent=1)
            out.write("\n")
    return 1 if any(ours.name in r["errors"] for r in records) else 0


if __name__ == "__main__":
    sys.exit(main())
