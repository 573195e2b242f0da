#!/usr/bin/env python3
"""What a small program costs: to compile, in bytes, to start and to end.

    bench/footprint.py BUILD [--rounds N] [--json OUT.json]

The program makes one goroutine (task, fiber, thread) and waits for it. Compiled in
turn, one file with optimisation, for burrow (all of <burrow/burrow.h>, linked with
BUILD's shared and static library), std::thread, Boost.Fiber and Go (whose build
cache has its libraries). Prints medians; a system that is not here is said so.
"""

import argparse
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import stats

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOURCES = {
    "burrow": ("cc", """#include <burrow/burrow.h>
int main() {
  return burrow::run([] {
    burrow::wait_group wg;
    wg.go([] {});
    wg.wait();
  });
}
"""),
    "threads": ("cc", """#include <thread>
int main() { std::thread([] {}).join(); }
"""),
    "boost_fiber": ("cc", """#include <boost/fiber/all.hpp>
int main() { boost::fibers::fiber([] {}).join(); }
"""),
    "go": ("go", """package main

import "sync"

func main() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() { wg.Done() }()
	wg.Wait()
}
"""),
}


def commands(build, go):
    """Yields (name, source, command without its source and output, what runs
    it needs in the environment)."""
    cxx = shlex.split(os.environ.get("CXX", "g++")) + ["-std=c++20", "-O2"]
    include = os.path.join(ROOT, "runtime", "include")
    libs = {"LD_LIBRARY_PATH": os.path.abspath(build)}
    yield ("burrow", "burrow", cxx + ["-I", include], [
        "-L", build, "-lburrow", "-pthread"], libs)
    yield ("burrow, static", "burrow", cxx + ["-I", include], [
        os.path.join(build, "libburrow.a"), "-lboost_context", "-ldl",
        "-pthread"], {})
    yield "threads", "threads", cxx, ["-pthread"], {}
    yield "boost_fiber", "boost_fiber", cxx, [
        "-lboost_fiber", "-lboost_context", "-pthread"], {}
    if go:
        yield "go", "go", [go, "build"], [], {}


def seconds(command, env=None):
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True,
                          env={**os.environ, **(env or {})})
    took = time.monotonic() - start
    if done.returncode != 0:
        raise stats.Failed((done.stderr.strip() or "it failed").splitlines()[-1])
    return took


def measure(folder, build, rounds, go):
    samples, errors = {}, {}
    for _ in range(rounds):
        for name, source, before, after, env in commands(build, go):
            suffix, text = SOURCES[source]
            path = os.path.join(folder, f"{source}.{suffix}")
            program = os.path.join(folder, "program")
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            mine = samples.setdefault(name, {"compile-s": [], "run-ms": []})
            try:
                mine["compile-s"].append(
                    seconds(before + ["-o", program, path] + after))
                mine["bytes"] = [os.path.getsize(program)]
                for _ in range(20):
                    mine["run-ms"].append(1e3 * seconds([program], env))
                seconds(["strip", program])
                mine["stripped-bytes"] = [os.path.getsize(program)]
            except stats.Failed as why:
                errors[name] = str(why)
    return {name: {unit: statistics.median(values)
                   for unit, values in units.items() if values}
            for name, units in samples.items() if name not in errors}, errors


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json")
    options = parser.parse_args()
    go = shutil.which("go") or shutil.which("/usr/local/go/bin/go")
    with tempfile.TemporaryDirectory() as folder:
        found, errors = measure(folder, options.build, options.rounds, go)
    print(f"{'':<16} {'compile s':>10} {'bytes':>12} {'stripped':>12} "
          f"{'run ms':>8}")
    for name, of in found.items():
        print(f"{name:<16} {of['compile-s']:>10.2f} {of['bytes']:>12,} "
              f"{of['stripped-bytes']:>12,} {of['run-ms']:>8.2f}")
    for name, why in {**errors, **({} if go else {"go": "not here"})}.items():
        print(f"{name} is missing: {why}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as out:
            json.dump({"found": found, "lacks": errors}, out, indent=1)
            out.write("\n")
    return 1 if {"burrow", "burrow, static"} & errors.keys() else 0


if __name__ == "__main__":
    sys.exit(main())
