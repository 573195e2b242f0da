"""What compare.py and net.py share: ratios, intervals, how they are said, and how
peers are built.

A row's figure is the median of its rounds. The ratio of two medians stands with
its 95 % interval, bootstrapped over the rounds; a row is a win or a loss only
when the whole interval is on one side of 1.
"""

import os
import random
import re
import shutil
import statistics
import subprocess
import sys

# With fewer rounds no interval around a median can be one of 95 %.
ENOUGH_ROUNDS = 6
# Below these a difference of two readings of /proc is noise, not memory.
NOISE = {"B/goroutine": 16.0, "PTE-B/goroutine": 16.0, "peak-MB": 1.0}
# Of these more is better; of all others less.
MORE_IS_BETTER = {"msg/s"}
RESAMPLES = 4000


class Failed(Exception):
    """A measurement that gave no result; the text says why."""


class Lacks(Exception):
    """A peer that cannot run here; the text says why."""


def build(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise Lacks("it does not build: " + (lines[-1] if lines else "?"))


def cargo_program(folder, name):
    """Builds a program of peers/tokio in `folder`, and returns its path."""
    cargo = shutil.which("cargo")
    if not cargo:
        raise Lacks("the cargo command is not here")
    # cargo writes beside the sources: so they are copied.
    source = os.path.join(folder, "tokio")
    here = os.path.dirname(os.path.abspath(__file__))
    shutil.copytree(os.path.join(here, "peers", "tokio"), source,
                    dirs_exist_ok=True)
    build([cargo, "build", "--release", "--quiet", "--bin", name], source)
    return os.path.join(source, "target", "release", name)


def fail_usage(message):
    print(f"{os.path.basename(sys.argv[0])}: {message}", file=sys.stderr)
    sys.exit(2)


def interval(ours, theirs, seed):
    """Ratio of medians and its 95 % bootstrap interval over paired rounds."""
    def ratio(a, b):
        low = statistics.median(b)
        return statistics.median(a) / low if low else float("inf")

    pairs = list(zip(ours, theirs))
    rng = random.Random(seed)
    ratios = []
    for _ in range(RESAMPLES if len(pairs) > 1 else 1):
        sample = rng.choices(pairs, k=len(pairs))
        ratios.append(ratio(*zip(*sample)))
    ratios.sort()
    low = ratios[int(0.025 * (len(ratios) - 1))]
    high = ratios[int(0.975 * (len(ratios) - 1) + 0.5)]
    return ratio(ours, theirs), low, high


def verdict(low, high, rounds, more_is_better=False):
    """Says who is ahead; "?" where the rounds are too few to be sure."""
    sure = "" if rounds >= ENOUGH_ROUNDS else "?"
    if high < 1:
        return ("LOSS" if more_is_better else "win") + sure
    if low > 1:
        return ("win" if more_is_better else "LOSS") + sure
    return "even" + sure


def compare_unit(unit, ours, theirs, seed):
    """Returns the comparison of one unit, or None if a side lacks it."""
    pairs = [(a[unit], b[unit]) for a, b in zip(ours, theirs)
             if unit in a and unit in b]
    if not pairs:
        return None
    a, b = [list(side) for side in zip(*pairs)]
    floor = NOISE.get(unit, 0.0)
    if max(statistics.median(a), statistics.median(b)) < floor:
        return None
    if unit in NOISE and min(statistics.median(a), statistics.median(b)) <= 0:
        return None
    ratio, low, high = interval(a, b, seed)
    return {"unit": unit, "ours": statistics.median(a),
            "theirs": statistics.median(b), "ratio": ratio, "low": low,
            "high": high,
            "verdict": verdict(low, high, len(pairs), unit in MORE_IS_BETTER),
            "ours_samples": a, "theirs_samples": b}


def figure(value):
    for limit, digits in ((10, 2), (100, 1)):
        if abs(value) < limit:
            return f"{value:.{digits}f}"
    return f"{value:,.0f}"


def print_heading():
    print(f"{'row':<26} {'unit':<20} {'burrow':>15} {'peer':>15} "
          f"{'ratio':>7} [95 % interval]")


def print_comparison(name, peer, entry):
    print(f"{name:<26} {entry['unit']:<20} {figure(entry['ours']):>15} "
          f"{figure(entry['theirs']):>15} {entry['ratio']:>7.3f} "
          f"[{entry['low']:.3f}, {entry['high']:.3f}]  {entry['verdict']} "
          f"({peer})", flush=True)


def find_go(given=None):
    go = given or shutil.which("go") or shutil.which("/usr/local/go/bin/go")
    if not go:
        raise Lacks("the go command is not here")
    return go


def make_peers(makers, names, lacks=None):
    """Builds what is wanted; a peer that cannot be built is said, noted in
    {name: why} `lacks`, and left out."""
    peers = []
    for name in names:
        if name not in makers:
            fail_usage(f"--peers: there is no {name!r}")
        try:
            peers.append(makers[name]())
        except Lacks as why:
            print(f"{name} is missing: {why}", flush=True)
            if lacks is not None:
                lacks[name] = str(why)
    return peers


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        found = re.search(r"^model name\s*: (.*)$", f.read(), re.M)
    return found.group(1) if found else "unknown"
