#!/usr/bin/env python3
"""What an operation costs as goroutines and ps grow in number.

    bench/growth.py PROGRAM --json OUT.json --docs DOCS

Measures burrow_bench's --growth rows at 1 to 1,000,000 goroutines, and its other
rows as they are, each at maxprocs 1, 2, 4, 16 and 64 whatever the machine has;
writes JSON, and pictures into DOCS/benchmarks/: a growth row each (goroutines
across, a line for each maxprocs), and maxprocs.svg (maxprocs across, a line for
each other row). Flat lines are good. Says which rows are over twice as slow at the
most ps as at two.

Exit code: 0, 1 if a row failed, 2 for a bad command line.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys

import stats
import svg

NAME = re.compile(r"Benchmark(\w+)(?:/goroutines=(\d+))?/procs=(\d+)")
TOO_SLOW = 2.0


def measure(program, options, growth):
    """Yields (row, goroutines or 0, procs, ns/op); None for one that failed."""
    command = [program, "--procs", options.procs, "--count",
               str(options.rounds), "--benchtime", options.benchtime,
               "--timeout", f"{options.timeout}s",
               "--filter", options.filter if growth else options.rows]
    with subprocess.Popen(command + (["--growth"] if growth else []),
                          stdout=subprocess.PIPE, text=True) as running:
        for line in running.stdout:
            found = NAME.search(line)
            if not found:
                continue
            print(line.rstrip(), flush=True)
            fields = line.split()
            failed = line.startswith("--- FAIL")
            ns = None if failed else float(fields[fields.index("ns/op") - 1])
            yield (found.group(1), int(found.group(2) or 0),
                   int(found.group(3)), ns)
    if running.returncode == 2:
        stats.fail_usage("no row matches")


def medians(samples):
    """Returns {row: {(goroutines, procs): median}} and the failures."""
    grouped, failed = {}, []
    for row, goroutines, procs, ns in samples:
        if ns is None:
            failed.append(f"{row}/goroutines={goroutines}/procs={procs}")
            continue
        grouped.setdefault(row, {}).setdefault((goroutines, procs), []).append(ns)
    return {row: {at: statistics.median(all_) for at, all_ in points.items()}
            for row, points in grouped.items()}, failed


def draw(folder, growth, others):
    os.makedirs(folder, exist_ok=True)
    for row, points in growth.items():
        series = {}
        for (goroutines, procs), ns in sorted(points.items(),
                                              key=lambda p: p[0][::-1]):
            series.setdefault(f"maxprocs {procs}", []).append((goroutines, ns))
        svg.lines(os.path.join(folder, f"{row.lower()}.svg"),
                  f"{row}: cost of one as goroutines grow in number",
                  "goroutines", "ns", series)
    if others:
        series = {row: sorted((procs, ns) for (_, procs), ns in points.items())
                  for row, points in others.items()}
        svg.lines(os.path.join(folder, "maxprocs.svg"),
                  "Cost of one as maxprocs grows", "maxprocs", "ns", series)


def collapses(rows):
    """Yields what is over TOO_SLOW slower at the most ps than at two."""
    for row, points in rows.items():
        most = max(procs for _, procs in points)
        for (goroutines, procs), ns in points.items():
            two = points.get((goroutines, 2))
            if procs == most > 2 and two and ns > TOO_SLOW * two:
                where = f"/goroutines={goroutines}" if goroutines else ""
                yield f"{row}{where}: {ns / two:.1f} times at maxprocs {most}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--json")
    parser.add_argument("--docs")
    parser.add_argument("--procs", default="1,2,4,16,64")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--benchtime", default="100ms")
    parser.add_argument("--timeout", type=int, default=120)
    parser.add_argument("--filter", default=".", help="of the growth rows")
    parser.add_argument("--rows", help="of the other rows",
                        default="^(?!NewOSProc|Pthread|Parked|NotStarted|Burst)")
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    if not os.access(program, os.X_OK):
        stats.fail_usage(f"{program} is not there")
    growth, failed = medians(measure(program, options, True))
    others, more = medians(measure(program, options, False)) if options.rows \
        else ({}, [])
    for line in collapses({**growth, **others}):
        print("COLLAPSE " + line)
    for name in failed + more:
        print("FAIL " + name)
    if options.json:
        flat = [{"row": row, "goroutines": g, "procs": p, "ns/op": ns}
                for rows in (growth, others) for row, points in rows.items()
                for (g, p), ns in points.items()]
        with open(options.json, "w", encoding="utf-8") as out:
            json.dump({"rounds": options.rounds, "cpu": stats.cpu_model(),
                       "benchtime": options.benchtime, "rows": flat,
                       "failed": failed + more}, out, indent=1)
            out.write("\n")
    if options.docs:
        draw(os.path.join(options.docs, "benchmarks"), growth, others)
    return 1 if failed or more else 0


if __name__ == "__main__":
    sys.exit(main())
