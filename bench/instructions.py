#!/usr/bin/env python3
"""Count instructions of the single-threaded rows, with one thing changed.

    bench/instructions.py PROGRAM
        preemption on against off (BURROW_DEBUG=asyncpreemptoff=1)
    bench/instructions.py PROGRAM --other PROGRAM2
        one build against another
    bench/instructions.py PROGRAM --gate BASELINE
        against what was recorded: the guard against getting slower. A row may
        cost 3 % more than recorded, or what its "tolerance" there says, and
        whoever raises that says why in the commit. Another compiler than the
        recorded one makes other code: then nothing is compared, and that is said
    bench/instructions.py PROGRAM --record BASELINE
        records the rows that BASELINE has, or all that --filter names

callgrind counts instructions repeatably where a noisy machine measures time
badly. A row's figure is the difference of two runs, of N and 3 N operations,
divided by 2 N: start and end of the process fall out. A row that runs once is
counted whole. What callgrind does not see: caches, and the cost of a locked
instruction.

Exit code: 0, 1 if a measurement failed or a row became slower, 2 for a bad command
line.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

# About as long as a row takes natively for its first N; callgrind takes 50 times
# that.
NATIVE_SECONDS = 0.01
TOLERANCE = 0.03
# Under callgrind a slice of 10 ms is short: a goroutine that loses its p makes
# another program of a row.
NO_RETAKE = {"BURROW_DEBUG": "asyncpreemptoff=1"}
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


def compiler(program):
    """The compiler that has made a program, by its own note."""
    out = run(["readelf", "-p", ".comment", program])
    return sorted(set(re.findall(r"\]\s+(.*)$", out, re.M)))


def load(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def record(program, path, listed, pattern):
    old = load(path)["rows"] if os.path.exists(path) else {}
    new = {}
    for row, once in listed.items():
        if old and not pattern and row not in old:
            continue
        n = 1 if once else iterations(program, row)
        new[row] = {**old.get(row, {}), "n": n,
                    "instructions": round(per_op(program, row, once, n, NO_RETAKE), 1)}
        print(f"{row:<28} {new[row]['instructions']:>16.1f}", flush=True)
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"compiler": compiler(program), "rows": {**old, **new}}, f,
                  indent=1)
        f.write("\n")


def gate(program, path, listed):
    """Returns how many rows cost more than they may."""
    baseline = load(path)
    if compiler(program) != baseline["compiler"]:
        print(f"gate: skipped: recorded with {baseline['compiler']}, this is "
              f"{compiler(program)}")
        return 0
    slower = 0
    print(f"{'row':<28} {'instructions/op':>16} {'recorded':>16} {'ratio':>7}")
    for row, was in baseline["rows"].items():
        now = per_op(program, row, listed[row], was["n"], NO_RETAKE)
        ratio = now / was["instructions"]
        more = ratio > 1 + was.get("tolerance", TOLERANCE)
        slower += more
        print(f"{row:<28} {now:>16.1f} {was['instructions']:>16.1f} {ratio:>7.4f}"
              f"{'  SLOWER' if more else ''}", flush=True)
    return slower


def compare(program, other, listed):
    """Returns how many rows could not be measured."""
    env = {} if other else NO_RETAKE
    print(f"{'row':<28} {'instructions/op':>16} "
          f"{'other' if other else 'off':>16} {'ratio':>7}")
    failed = 0
    for row, once in listed.items():
        try:
            n = 1 if once else iterations(program, row)
            ours = per_op(program, row, once, n, None)
            theirs = per_op(other or program, row, once, n, env)
            print(f"{row:<28} {ours:>16.1f} {theirs:>16.1f} "
                  f"{ours / theirs:>7.4f}", flush=True)
        except Failed as e:
            failed += 1
            print(f"{row:<28} failed: {e}", flush=True)
    return failed


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("program")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--other", help="the program to compare with")
    how.add_argument("--gate", metavar="BASELINE", help="compare with a record")
    how.add_argument("--record", metavar="BASELINE", help="make that record")
    parser.add_argument("--filter", default="", help="rows, a regular expression")
    args = parser.parse_args()
    try:
        listed = dict(rows(args.program, "" if args.gate else args.filter))
    except (Failed, OSError) as e:
        print(f"instructions.py: {e}", file=sys.stderr)
        return 2
    try:
        if args.gate:
            return 1 if gate(args.program, args.gate, listed) else 0
        if args.record:
            record(args.program, args.record, listed, args.filter)
            return 0
        return 1 if compare(args.program, args.other, listed) else 0
    except Failed as e:
        print(f"instructions.py: {e}", file=sys.stderr)
        return 1
    except (OSError, KeyError, ValueError) as e:
        print(f"instructions.py: {e!r}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
