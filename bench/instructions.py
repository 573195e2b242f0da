#!/usr/bin/env python3
"""Count instructions of the single-threaded rows, with one thing changed.

    bench/instructions.py PROGRAM
        preemption on against off (BURROW_DEBUG=asyncpreemptoff=1)
    bench/instructions.py PROGRAM --other PROGRAM2
        one build against another

callgrind counts instructions repeatably where a noisy machine measures time
badly. A row's figure is the difference of two runs, of N and 3 N operations,
divided by 2 N: start and end of the process fall out. A row that runs once is
counted whole. What callgrind does not see: caches, and the cost of a locked
instruction.

Exit code: 0, 1 if a measurement failed, 2 for a bad command line.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile

# About as long as a row takes natively for its first N; callgrind takes 50 times
# that.
NATIVE_SECONDS = 0.01
TOTAL = re.compile(r"^(?:summary|totals): (\d+)", re.M)


class Failed(Exception):
    """A measurement that gave no result; the text says why."""


def run(command, env=None, timeout=900):
    try:
        done = subprocess.run(command, capture_output=True, text=True,
                              timeout=timeout, env={**os.environ, **(env or {})})
    except subprocess.TimeoutExpired as e:
        raise Failed(f"{e.timeout} s were not enough") from None
    if done.returncode != 0:
        raise Failed((done.stdout + done.stderr).strip()[-400:])
    return done.stdout


def row_command(program, row, iterations):
    return [program, "--filter", f"^{row}/procs=1$", "--procs", "1",
            "--benchtime", f"{iterations}x", "--in-process"]


def rows(program, pattern):
    """Yields (row, runs once) for what --list prints."""
    for line in run([program, "--list", "--procs", "1"]).splitlines():
        name, _, what = line.partition(" ")
        if re.search(pattern, name):
            yield name.partition("/procs=")[0], what.strip().startswith("[once]")


def iterations(program, row):
    out = run([program, "--filter", f"^{row}/procs=1$", "--procs", "1",
               "--benchtime", f"{int(NATIVE_SECONDS * 1000)}ms"])
    found = re.search(r"^Benchmark\S+\s+(\d+)\s", out, re.M)
    if not found:
        raise Failed("no result: " + out.strip()[-200:])
    return max(1, int(found.group(1)) // 4)


def instructions(program, row, n, env):
    with tempfile.NamedTemporaryFile() as out:
        run(["valgrind", "--tool=callgrind", "-q", "--fair-sched=try",
             f"--callgrind-out-file={out.name}"] + row_command(program, row, n),
            env)
        found = TOTAL.search(out.read().decode())
    if not found:
        raise Failed("callgrind wrote no total")
    return int(found.group(1))


def per_op(program, row, once, n, env):
    if once:
        return float(instructions(program, row, 1, env))
    few = instructions(program, row, n, env)
    return (instructions(program, row, 3 * n, env) - few) / (2 * n)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--other", help="the program to compare with")
    parser.add_argument("--filter", default="", help="rows, a regular expression")
    args = parser.parse_args()
    other = args.other or args.program
    env = {} if args.other else {"BURROW_DEBUG": "asyncpreemptoff=1"}
    print(f"{'row':<28} {'instructions/op':>16} "
          f"{'other' if args.other else 'off':>16} {'ratio':>7}")
    failed = False
    try:
        all_rows = list(rows(args.program, args.filter))
    except (Failed, OSError) as e:
        print(f"instructions.py: {e}", file=sys.stderr)
        return 2
    for row, once in all_rows:
        try:
            n = 1 if once else iterations(args.program, row)
            ours = per_op(args.program, row, once, n, None)
            theirs = per_op(other, row, once, n, env)
            print(f"{row:<28} {ours:>16.1f} {theirs:>16.1f} "
                  f"{ours / theirs:>7.4f}", flush=True)
        except Failed as e:
            failed = True
            print(f"{row:<28} failed: {e}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
