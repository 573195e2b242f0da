#!/usr/bin/env python3
"""Simulate burrow's scheduler and Go's on 1 to 256 processors, for docs/scaling.md.

    bench/scaling.py SCALING DOCS [--procs 1,8,64] [--workloads waves,tree]

SCALING is the program that bench/scaling/ makes. Between its two marks the tables of
DOCS/scaling.md are written anew, and pictures into DOCS/scaling/. With --patch FILE
the tables are printed instead, with a third scheduler: burrow's with that patch to
runtime/, built in SCALING's build folder.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import svg

WORKLOADS = {
    "waves": "One spawns 16 P goroutines of 2 us, waits for them, and again",
    "tree": "fib, a goroutine a call, 0.5 us each; joined",
    "pairs-few": "P/2 pairs play ping-pong over unbuffered channels",
    "pairs-many": "4 P pairs play ping-pong over unbuffered channels",
    "fan": "One sends jobs of 20 us to P workers over one channel; one collects",
    "ring": "A token goes around a ring of 1,000 goroutines",
    "skewed": "One spawns 40 P goroutines of 20 us and computes on for 400 us",
    **{f"requests-{us}-{load}":
       f"Requests of {us} us by the poller, Poisson, {load} % of all processors"
       for us in (1, 10, 100) for load in (30, 60, 90)},
}
PROCS = [1, 2, 8, 16, 64, 128, 256]
START, END = "<!-- begin of the tables -->", "<!-- end of the tables -->"
DRAWN = ["waves", "tree", "pairs-many", "requests-10-60"]


def simulate(program, protocol, workload, procs, machine):
    run = subprocess.run(
        [program, protocol, workload, str(procs), "machine=" + machine],
        capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"{protocol} {workload} {procs}: {run.stderr or run.stdout}")
    return json.loads(run.stdout)


def cells(d):
    """What a table says of one simulation."""
    lock = sum(v[2] for k, v in d["lines"].items() if "sched.lock" in k)
    asleep = sum(v[3] for k, v in d["lines"].items() if "sched.lock" in k)
    own = f"{d['makespan_us'] / d['ideal_us']:.2f}" if d["ideal_us"] else ""
    return [f"{d['makespan_us']:,.0f}", own, f"{d['moved']:.3f}",
            f"{d['transfers']:.2f}", f"{d['contended']:.2f}", f"{lock:,.0f}",
            f"{asleep:.3f}", f"{d['wakes'] - asleep:.4f}".replace("-", ""),
            f"{d['interrupts']:.2f}", f"{d['pauses']:.1f}",
            f"{100 * d['wasted']:.0f}", f"{d['p50_us']:.2f}",
            f"{d['p99_us']:,.1f}"]


HEAD = ["P", "", "makespan us", "to ideal", "moved", "transfers", "contended",
        "lock ns", "lock sleeps", "wakes", "interrupts", "pauses", "idle %",
        "p50 us", "p99 us"]


def table(results, workload, procs, names):
    lines = [f"### {workload}", "", WORKLOADS.get(workload, "") + ".", "",
             "| " + " | ".join(HEAD) + " |", "|" + " --- |" * len(HEAD)]
    for p in procs:
        for name in names:
            row = [str(p), name] + cells(results[name, workload, p])
            lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"


def patched(program, patch):
    """Builds the program with the patch; returns its path."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    build = os.path.dirname(os.path.dirname(os.path.dirname(program)))
    name = os.path.splitext(os.path.basename(patch))[0]
    tree = os.path.join(build, "scaling-variants", name)
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(root, tree, ignore=shutil.ignore_patterns(
        ".git", "build", "docs", os.path.basename(build)))
    with open(patch, encoding="utf-8") as f:
        subprocess.run(["patch", "-s", "-p1", "-d", tree], stdin=f, check=True)
    for command in (["meson", "setup", "b", "--buildtype=debugoptimized",
                     "-Dbuild_tests=false", "-Dbuild_examples=false"],
                    ["ninja", "-C", "b", "bench/scaling/scaling"]):
        subprocess.run(command, cwd=tree, check=True, stdout=subprocess.DEVNULL)
    return name, os.path.join(tree, "b/bench/scaling/scaling")


def draw(results, docs, procs):
    folder = os.path.join(docs, "scaling")
    os.makedirs(folder, exist_ok=True)
    for w in DRAWN:
        series = {n: [(p, results[n, w, p]["makespan_us"] * 1000
                       / results[n, w, p]["tasks"] * p) for p in procs]
                  for n in ("burrow", "go")}
        svg.lines(os.path.join(folder, w + ".svg"),
                  f"{w}: processor time a task (simulated)", "ps", "ns", series)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("program")
    p.add_argument("docs")
    p.add_argument("--procs", default=",".join(map(str, PROCS)))
    p.add_argument("--workloads", default=",".join(WORKLOADS))
    p.add_argument("--machine", default="server", choices=["server", "vm"])
    p.add_argument("--patch", action="append", default=[])
    p.add_argument("--json")
    a = p.parse_args()
    procs = [int(x) for x in a.procs.split(",")]
    workloads = a.workloads.split(",")
    program = os.path.abspath(a.program)
    systems = {"burrow": (program, "burrow"), "go": (program, "go")}
    for patch in a.patch:
        name, made = patched(program, patch)
        systems[name] = (made, "burrow")
    what = [(n, w, k) for w in workloads for k in procs for n in systems]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = pool.map(
            lambda x: simulate(*systems[x[0]], x[1], x[2], a.machine), what)
        results = dict(zip(what, done))
    if a.json:
        with open(a.json, "w", encoding="utf-8") as f:
            json.dump([{**d, "system": k[0]} for k, d in results.items()], f)
    text = "\n".join(table(results, w, procs, list(systems)) for w in workloads)
    path = os.path.join(a.docs, "scaling.md")
    if a.patch or procs != PROCS or workloads != list(WORKLOADS):
        print(text)
        return
    with open(path, encoding="utf-8") as f:
        doc = f.read()
    before, rest = doc.split(START)
    after = rest.split(END)[1]
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"{before}{START}\n\n{text}\n{END}{after}")
    draw(results, a.docs, procs)


if __name__ == "__main__":
    main()
