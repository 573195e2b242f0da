#!/usr/bin/env python3
"""Compare burrow_bench with its peers, honestly.

Each row runs in turn with ours and with each peer (A B A B ...), every
measurement in a process of its own, all pinned to the same processors: one for
procs=1, two for procs=2. A row's figure is the median of its rounds. The ratio
of two medians stands with its 95 % interval, bootstrapped over the rounds;
a row is a win or a loss only when the whole interval is on one side of 1.
Wherever a peer's median is below ours, the row is marked NOT FIRST.
A peer that needs long for one measurement is measured in fewer rounds.
bench/plot.py draws what --json has written.

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
import time

import stats
import systems

# Compared beside ns/op when both sides report them; for all, less is better.
COMPARED = ["cpu-ns/op", "peak-MB", "B/goroutine", "PTE-B/goroutine",
            "create-ns/goroutine", "wake-ns/goroutine", "late-us/sleep",
            "p50-late-ms", "p99-late-ms", "p99-ns", "p99.9-ns", "later-MB"]
# What is touched before a row that runs once is measured for the first time.
FIRST_TOUCH_MB = 600
# Rows in which goroutines wait for slices of the system's or the scheduler's, of some
# ms each, take this long at least; shorter ones are of the first slices only.
LATE = {"WakeLatency", "TimerLate", "HogMix", "HogSleep"}
LATE_MS = 300
# Rounds of a peer whose measurements each take longer than --slow.
SLOW_ROUNDS = 3


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


def time_of(row, once, options):
    """Returns how long to measure the row, and what of that is the row's own, in s."""
    if once:
        return "1x", 0
    short = re.fullmatch(r"(\d+)ms", options.benchtime)
    if row in LATE and short and int(short[1]) < LATE_MS:
        return f"{LATE_MS}ms", LATE_MS / 1e3
    return options.benchtime, 0


def run_row(present, row, procs, once, options, logs):
    """Measures a row in turn; returns {system name: samples}, {name: error}."""
    benchtime, own = time_of(row, once, options)
    memory_mb = FIRST_TOUCH_MB
    samples = {s.name: [] for s in present}
    errors = {}
    slow = set()
    for number in range(options.rounds):
        for system in present:
            if system.name in errors or (system.name in slow and
                                         number >= SLOW_ROUNDS):
                continue
            if once:
                touch_memory(memory_mb)
            start = time.monotonic()
            try:
                sample = measure(system, row, procs, benchtime,
                                 options.timeout, logs[system.name])
                samples[system.name].append(sample)
                memory_mb = max(memory_mb, 1.2 * sample.get("peak-MB", 0))
            except stats.Failed as failure:
                errors[system.name] = str(failure)
            if time.monotonic() - start > options.slow + own and \
                    system is not present[0]:
                slow.add(system.name)
    return samples, errors


def ahead_of_us(samples, ours):
    """Returns (name, median) of the peers whose time is below ours."""
    medians = {name: statistics.median(s["ns/op"] for s in some)
               for name, some in samples.items() if some}
    if ours not in medians:
        return []
    return sorted(((name, m) for name, m in medians.items()
                   if m < medians[ours]), key=lambda pair: pair[1])


def compare_row(ours, peers, row, procs, once, options, logs):
    present = [ours] + [p for p in peers if p.has(row)]
    samples, errors = run_row(present, row, procs, once, options, logs)
    name = f"{row}/procs={procs}"
    ahead = ahead_of_us(samples, ours.name)
    record = {"row": row, "procs": procs, "errors": errors,
              "samples": samples, "comparisons": {},
              "ahead": [who for who, _ in ahead]}
    for system, why in errors.items():
        print(f"{name:<26} FAIL ({system}): {why}", flush=True)
    for peer in present[1:]:
        entries = []
        for unit in ["ns/op"] + COMPARED:
            entry = stats.compare_unit(unit, samples[ours.name],
                                       samples[peer.name], seed=name + unit)
            if entry and not errors.keys() & {ours.name, peer.name}:
                entries.append(entry)
                stats.print_comparison(name, peer.name, entry)
        record["comparisons"][peer.name] = entries
    if len(present) == 1 and not errors:
        median = statistics.median(s["ns/op"] for s in samples[ours.name])
        print(f"{name:<26} {'ns/op':<20} {stats.figure(median):>15} "
              f"{'-':>15}  no peer has this row", flush=True)
    if ahead:
        print(f"{name:<26} NOT FIRST: " + ", ".join(
            f"{who} {stats.figure(m)}" for who, m in ahead), flush=True)
    return record


def summary(records):
    """Prints wins, evens and losses of the rows' time, each loss again, and the
    rows in which we are not first."""
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
            stats.print_comparison(f"{record['row']}/procs={record['procs']}",
                                   peer, entry)
    behind = [r for r in records if r["ahead"]]
    compared = [r for r in records if r["comparisons"]]
    print(f"First in {len(compared) - len(behind)} of {len(compared)} rows"
          + ("; not first:" if behind else ""))
    for r in behind:
        print(f"{r['row']}/procs={r['procs']}: behind {', '.join(r['ahead'])}")


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Runs burrow_bench and its peers in turn and prints ratios "
                    "with 95 %% intervals; below 1 burrow is better.")
    parser.add_argument("--ours", default="build/bench/burrow_bench",
                        help="the program (default %(default)s)")
    parser.add_argument("--go", help="the go command (default: searched for)")
    parser.add_argument("--peers", help="default %(default)s",
                        default="go,tokio,boost_fiber,threads,java,argobots")
    parser.add_argument("--work", help="where the peers are built and stay "
                        "(default: a temporary folder)")
    parser.add_argument("--filter", default="", help="regular expression on "
                        "names as Yield/procs=1")
    parser.add_argument("--procs", default="1,2", help="default 1,2")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--benchtime", default="1s")
    parser.add_argument("--timeout", type=int, default=60,
                        help="seconds for one measurement")
    parser.add_argument("--slow", type=float, default=10, help="a peer's row "
                        "that takes so many seconds has 3 rounds only")
    parser.add_argument("--json", help="write everything measured here")
    parser.add_argument("--logs", help="keep each system's output in this "
                        "folder, for benchstat")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    return options


def main():
    options = parse_arguments()
    program = os.path.abspath(options.ours)
    try:
        ours = systems.Program("burrow", program)
    except stats.Lacks as why:
        stats.fail_usage(f"{why}; build it or give --ours")
    os.environ["BENCH_PROCS"] = options.procs  # what Go's rows run at
    cpus = sorted(os.sched_getaffinity(0))
    jobs = list(ours.rows(options.filter, options.procs))
    records, lacks = [], {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = os.path.abspath(options.work or temporary)
        os.makedirs(folder, exist_ok=True)
        makers = systems.makers(os.path.dirname(program), folder, options.go)
        peers = stats.make_peers(makers, options.peers.split(","), lacks)
        where = options.logs or temporary
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
                       "slow": options.slow,
                       "cpus": cpus, "cpu": stats.cpu_model(),
                       "systems": {s.name: s.version for s in [ours] + peers},
                       "lacks": lacks, "rows": records}, out, indent=1)
            out.write("\n")
    return 1 if any(ours.name in r["errors"] for r in records) else 0


if __name__ == "__main__":
    sys.exit(main())
