#!/usr/bin/env python3
"""Measure the example kv beside redis-server, in turn.

    bench/kv.py --server build/release/examples/kv/kv

Both serve redis-benchmark (Debian: redis-tools) on this machine, one
after the other in each round (A B A B ...), each measurement with a server of its
own. A figure is the median of the rounds: requests a second, and the processor time
of the server, user and system, for a request. The second is the one to look at on a
machine that has other things to do; the ratio there is ours to redis', less is
better. Both have one processor: kv runs with BURROW_MAXPROCS=1 unless --procs says
otherwise, redis-server is single-threaded, without persistence.

Exit code: 0, 1 if a measurement failed, 2 for a bad command line.
"""

import argparse
import csv
import io
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

START_SECONDS = 30


class Failed(Exception):
    """A measurement that gave no result; the text says why."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_ns(pid):
    """Processor time of all threads of a process that there are, in ns."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/schedstat") as f:
                total += int(f.read().split()[0])
        except FileNotFoundError:
            pass
    return total


class Server:
    """A server on a free port, for the time of a with statement."""

    def __init__(self, name, command, env=None, program=None):
        self.name, self.command, self.env = name, command, env
        self.program = program  # if it is not called by its own name

    def __enter__(self):
        self.port = free_port()
        command = [part.replace("PORT", str(self.port)) for part in self.command]
        self.folder = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            command, executable=self.program, cwd=self.folder.name,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, **(self.env or {})})
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except OSError:
                time.sleep(0.02)
        self.__exit__()
        raise Failed(f"{self.name} did not start: {' '.join(command)}")

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.folder.cleanup()


def measure(server, test, pipeline, options):
    """Returns {row: (requests a second, ns of processor time a request)}."""
    before = cpu_ns(server.process.pid)
    done = subprocess.run(
        ["redis-benchmark", "-p", str(server.port), "-t", test, "-c",
         str(options.clients), "-n", str(options.requests), "-P", str(pipeline),
         "-r", str(options.keys), "--csv"], capture_output=True, text=True)
    used = cpu_ns(server.process.pid) - before
    rows = [r for r in csv.reader(io.StringIO(done.stdout)) if r and r[0] != "test"]
    if done.returncode != 0 or len(rows) != 1:
        raise Failed((done.stdout + done.stderr).strip()[-400:] or
                     f"redis-benchmark -t {test}: no answer")
    return float(rows[0][1]), used / options.requests


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="The tests are those of redis-benchmark -t.")
    parser.add_argument("--server", required=True, help="the program kv")
    parser.add_argument("--other", help="another build of kv, in redis' place")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--keys", type=int, default=100_000, help="different ones")
    parser.add_argument("--pipeline", default="1,16", help="depths, with commas")
    parser.add_argument("--tests", default="ping_mbulk,set,get,incr,mset")
    parser.add_argument("--procs", type=int, default=1)
    options = parser.parse_args()
    # Redis' programs are one, which goes by the name that it is called by: Debian's
    # redis-tools has the server without the service.
    redis = shutil.which("redis-server") or shutil.which("redis-check-rdb")
    needed = {"redis-benchmark": shutil.which("redis-benchmark"),
              "redis-server": options.other or redis}
    for program, found in needed.items():
        if found is None:
            parser.error(f"{program} is not installed")
    env = {"BURROW_MAXPROCS": str(options.procs)}

    def kv(name, path):
        return Server(name, [os.path.abspath(path), "127.0.0.1:PORT"], env)

    servers = [kv("kv", options.server)]
    if options.other:
        servers.append(kv("other", options.other))
    else:
        servers.append(Server("redis", ["redis-server", "--port", "PORT", "--save",
                                        "", "--appendonly", "no"],
                              program=redis))

    names = [s.name for s in servers]
    print(f"{'test':<12}{'-P':>4}" + "".join(f"{n + ' req/s':>15}" for n in names) +
          f"{'ratio':>7}" + "".join(f"{n + ' ns cpu':>15}" for n in names) +
          f"{'ratio':>7}")
    for pipeline in [int(p) for p in options.pipeline.split(",")]:
        for test in options.tests.split(","):
            found = {n: [] for n in names}
            for _ in range(options.rounds):
                for server in servers:
                    with server:
                        # The first time makes the keys and warms the memory.
                        measure(server, test, pipeline, options)
                        found[server.name].append(
                            measure(server, test, pipeline, options))
            speed = [statistics.median(r[0] for r in found[n]) for n in names]
            cost = [statistics.median(r[1] for r in found[n]) for n in names]
            print(f"{test:<12}{pipeline:>4}" +
                  "".join(f"{s:>15,.0f}" for s in speed) +
                  f"{speed[0] / speed[1]:>7.2f}" +
                  "".join(f"{c:>15,.0f}" for c in cost) +
                  f"{cost[0] / cost[1]:>7.2f}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except Failed as e:
        print(f"kv.py: {e}", file=sys.stderr)
        sys.exit(1)
