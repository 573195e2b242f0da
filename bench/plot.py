#!/usr/bin/env python3
"""Draw docs/benchmarks.md and its pictures from what compare.py has measured.

    bench/plot.py RESULTS.json DOCS

Writes DOCS/benchmarks.md and a picture for each group of rows into
DOCS/benchmarks/. The same results make the same files. Rows in which burrow is
not first are marked, in the pictures as in the tables.
"""

import glob
import json
import os
import re
import statistics
import sys

import svg

# (file, title, unit that is drawn, pattern of its rows); the first that fits.
GROUPS = [
    ("yield", "Switching", "ns/op", r"Yield"),
    ("spawn", "Making goroutines", "ns/op", r"Spawn(Waves1000|Join)|AsyncGet"),
    ("channels", "Channels", "ns/op",
     r"PingPong|Ring1000|SPSC|MPMC|TryRecv|Chameneos"),
    ("elements", "Channels, by size of an element", "ns/op", r"Chan\d+"),
    ("select", "Select", "ns/op", r"Select"),
    ("locks", "Locks", "ns/op", r"Mutex|WaitGroup|Once"),
    ("forkjoin", "Trees of goroutines", "ns/op",
     r"Skynet|Fib|NQueens|Matmul|Mergesort|UTS|SpawnWave1M|Sieve"),
    ("memory", "Memory of a goroutine", "B/goroutine", r"Parked|NotStarted"),
    ("burst", "Memory after a burst", "later-MB", r"Burst"),
    ("latency", "Timers, latency, goroutines that never yield", "ns/op", r"."),
]
TITLE = """# Benchmarks

Made by `./dev bench --plot` (bench/compare.py measures, bench/plot.py draws); do not
edit. {cpu}, {rounds} rounds of {benchtime} taken in turn (of a peer that takes above
{slow} s for one: 3; WakeLatency, TimerLate and those with hogs for 300 ms), each
measurement in a process of its own, pinned to as many processors as the row has ps. A
figure is the median. "ratio" is burrow's time to the best peer's, with its 95 %
interval: below 1 burrow is first. In brackets: processor time, and peak memory of the
process.

{systems}
"""


def display(name, results):
    return f"{name} {results['systems'].get(name, '')}".strip()


def figures(samples, unit):
    values = [s[unit] for s in samples if unit in s]
    if not values:
        return None
    return statistics.median(values), min(values), max(values)


def cell(samples):
    wall = figures(samples, "ns/op")
    if not wall:
        return ""
    text = svg.human(wall[0], "ns")
    besides = []
    cpu, peak = figures(samples, "cpu-ns/op"), figures(samples, "peak-MB")
    if cpu:
        besides.append(svg.human(cpu[0], "ns"))
    if peak:
        besides.append(svg.human(peak[0], "MB"))
    return text + (f"<br>({', '.join(besides)})" if besides else "")


def ratio(record):
    """Says burrow's ratio to the peer that is best in the row."""
    found = []
    for peer, entries in record["comparisons"].items():
        for e in entries:
            if e["unit"] == "ns/op":
                found.append((e["theirs"], peer, e))
    if not found:
        return "no peer"
    _, peer, e = min(found, key=lambda f: f[0])
    text = f"{e['ratio']:.2f} [{e['low']:.2f}, {e['high']:.2f}] of {peer}"
    return text if not record["ahead"] else f"**not first**: {text}"


def table(records, names, results):
    head = ["row", "P", "ratio"] + [display(n, results) for n in names]
    out = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for r in records:
        cells = [r["row"], str(r["procs"]), ratio(r)]
        for n in names:
            if n in r["errors"]:
                cells.append("failed: " + r["errors"][n].replace("|", "/"))
            else:
                cells.append(cell(r["samples"].get(n, [])))
        out.append("| " + " | ".join(cells) + " |")
    return "\n".join(out)


def draw(path, title, unit, records, names):
    rows = []
    for r in records:
        some = {}
        for n in names:
            if n in r["errors"]:
                some[n] = "failed: " + r["errors"][n]
            elif figures(r["samples"].get(n, []), unit):
                some[n] = figures(r["samples"][n], unit)
        if some:
            rows.append((f"{r['row']}, {r['procs']} P", some))
    if rows:
        shown = {"ns/op": "ns", "later-MB": "MB"}.get(unit, "B")
        svg.bars(path, title, shown, rows)
    return bool(rows)


def group_of(record):
    for group in GROUPS:
        if re.match(group[3], record["row"]):
            return group[0]
    return None


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    with open(sys.argv[1], encoding="utf-8") as f:
        results = json.load(f)
    folder = os.path.join(sys.argv[2], "benchmarks")
    os.makedirs(folder, exist_ok=True)
    for name, _, _, _ in GROUPS:
        for old in glob.glob(os.path.join(folder, name + ".svg")):
            os.remove(old)
    names = list(results["systems"])
    known = ", ".join(display(n, results) for n in names) + "."
    for name, why in results["lacks"].items():
        known += f"\nWithout {name}: {why}."
    rows = results["rows"]
    compared = [r for r in rows if r["comparisons"]]
    behind = [r for r in compared if r["ahead"]]
    text = [TITLE.format(systems=known, **{k: results[k] for k in (
        "cpu", "rounds", "benchtime", "slow")})]
    text.append(f"First in {len(compared) - len(behind)} of {len(compared)} rows"
                f" that a peer has, too. Not first in {len(behind)}:"
                if behind else f"First in all {len(compared)} rows that a peer"
                " has, too.")
    for r in behind:
        text.append(f"- {r['row']}, {r['procs']} P: {ratio(r)}; ahead: "
                    + ", ".join(r["ahead"]))
    for name, title, unit, _ in GROUPS:
        mine = [r for r in rows if group_of(r) == name]
        if not mine:
            continue
        text.append(f"\n## {title}\n")
        heading = title if unit == "ns/op" else f"{title}, {unit}"
        if draw(os.path.join(folder, name + ".svg"), heading, unit, mine, names):
            text.append(f"![{heading}](benchmarks/{name}.svg)\n")
        text.append(table(mine, names, results))
    grown = sorted(glob.glob(os.path.join(folder, "grow*.svg"))
                   + glob.glob(os.path.join(folder, "maxprocs.svg")))
    if grown:
        text.append("\n## Cost as work grows\n\nMade by `./dev bench --growth`"
                    " (bench/growth.py).\n")
    for path in map(os.path.basename, grown):
        text.append(f"![{path[:-4]}](benchmarks/{path})\n")
    with open(os.path.join(sys.argv[2], "benchmarks.md"), "w",
              encoding="utf-8") as f:
        f.write("\n".join(text) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
