#!/usr/bin/env python3
"""Compare burrow's network servers with their peers, honestly.

Each row runs in turn with ours and with each peer (A B A B ...), every
measurement with a server process of its own and one client for all,
bench/net/client.cc. With one worker the server has one processor and the client
another, on which it spins; with two workers both share both. Medians, ratios and intervals are
those of stats.py. cpu-us/msg is the processor time of all the server's threads,
system calls included, in the measured seconds.

Rows: echo and http, 1, 64 and 1000 connections, 1 and 2 workers. A message of
echo has 64 bytes; http is GET /plaintext, "Hello, World!".

Exit code: 0 even if rows are lost, 1 if one of our rows failed, 2 for a bad
command line.
"""

import argparse
import json
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile

import stats

HERE = os.path.dirname(os.path.abspath(__file__))
UNITS = ["msg/s", "cpu-us/msg", "p99-us", "peak-MB"]
CONNECTIONS = [1, 64, 1000]
WORKERS = [1, 2]
PEERS = ["epoll", "llhttp", "same", "go", "tokio"]


def executable(path):
    if not os.access(path, os.X_OK):
        raise stats.Lacks(f"{path} is not built")
    return path


class Burrow:
    """examples/echo and examples/httpd of a build folder."""

    def __init__(self, name, build):
        self.name = name
        self.examples = os.path.join(os.path.abspath(build), "examples")

    def command(self, kind, port, workers):
        name = {"echo": "echo", "http": "httpd"}[kind]
        program = os.path.join(self.examples, name)
        if os.path.isdir(program):  # an example of several files
            program = os.path.join(program, name)
        return ([executable(program), f"127.0.0.1:{port}"],
                {"BURROW_MAXPROCS": str(workers)})


class Epoll:
    """peers/epoll."""

    name = "epoll"

    def __init__(self, build):
        self.program = os.path.join(os.path.abspath(build), "bench/peer_epoll")

    def command(self, kind, port, workers):
        return [executable(self.program), kind, str(port), str(workers)], {}


class Llhttp(Epoll):
    """peers/epoll with httpd's parser: http only."""

    name = "llhttp"

    def command(self, kind, port, workers):
        if kind != "http":
            raise stats.Lacks("it is of http only")
        return super().command("parse", port, workers)


class Same:
    """examples/httpd with epoll's events in place of goroutines: http only."""

    name = "same"

    def __init__(self, build):
        self.program = os.path.join(os.path.abspath(build),
                                    "bench/peer_epoll_httpd")

    def command(self, kind, port, workers):
        if kind != "http" or workers != 1:
            raise stats.Lacks("it is of http with one worker only")
        return [executable(self.program), str(port)], {}


class Go:
    """peers/go/netserver."""

    name = "Go"

    def __init__(self, folder):
        go = stats.find_go()
        self.program = os.path.join(folder, "netserver-go")
        stats.build([go, "build", "-o", self.program, "./netserver"],
                    os.path.join(HERE, "peers", "go"))

    def command(self, kind, port, workers):
        return [self.program, kind, str(port)], {"GOMAXPROCS": str(workers)}


class Tokio:
    """peers/tokio."""

    name = "tokio"

    def __init__(self, folder):
        self.program = stats.cargo_program(folder, "netserver")

    def command(self, kind, port, workers):
        return [self.program, kind, str(port), str(workers)], {}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def peak_mb(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"VmHWM:\s*(\d+)", status.read()).group(1)) / 1024


def processors(workers, cpus):
    """Returns the sets of CPUs of the server and of the client."""
    if workers == 1 and len(cpus) > 1:
        return {cpus[0]}, {cpus[1]}
    return set(cpus[:2]), set(cpus[:2])


def measure(system, kind, connections, workers, options):
    port = free_port()
    argv, env = system.command(kind, port, workers)
    server_cpus, client_cpus = processors(workers, options.cpus)
    server = subprocess.Popen(
        argv, env={**os.environ, **env}, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, server_cpus))
    client = [options.client, "--pid", str(server.pid), "--warmup",
              str(options.warmup), "--seconds", str(options.seconds)]
    client += ["--spin", "no" if server_cpus & client_cpus else "yes"]
    client += ["--http", "/plaintext"] if kind == "http" else []
    client += [str(port), str(connections)]
    try:
        done = subprocess.run(
            client, capture_output=True, text=True,
            timeout=options.seconds + options.warmup + 60,
            preexec_fn=lambda: os.sched_setaffinity(0, client_cpus))
        if done.returncode != 0:
            raise stats.Failed(done.stderr.strip() or "the client failed")
        out = json.loads(done.stdout)
        out["peak-MB"] = peak_mb(server.pid)
    except subprocess.TimeoutExpired:
        raise stats.Failed("the client hangs") from None
    finally:
        server.kill()
        server.wait()
    out["msg/s"] = out["messages_per_s"]
    out["cpu-us/msg"] = out["server_us"]
    out["p99-us"] = out["p99_us"]
    return out


def run_row(systems, row, options):
    """Measures a row in turn; returns samples, errors and lacks by name."""
    samples = {s.name: [] for s in systems}
    errors, lacks = {}, {}
    for _ in range(options.rounds):
        for system in systems:
            if system.name in errors or system.name in lacks:
                continue
            try:
                samples[system.name].append(measure(system, *row, options))
            except stats.Lacks as why:
                lacks[system.name] = str(why)
            except (stats.Failed, OSError) as failure:
                errors[system.name] = str(failure)
    return samples, errors, lacks


def median(samples, what):
    return statistics.median(s[what] for s in samples)


def print_alone(name, system, samples):
    """Says what a ratio does not: latencies, whose time it was, and whether the
    load was all of the connections: a few that are served well are cheaper."""
    unserved = median(samples, "unserved")
    print(f"{name:<26} {system}: p50 {median(samples, 'p50_us'):.0f} "
          f"p90 {median(samples, 'p90_us'):.0f} "
          f"p99 {median(samples, 'p99_us'):.0f} "
          f"p99.9 {median(samples, 'p999_us'):.0f} "
          f"max {median(samples, 'max_us'):.0f} us; "
          f"busy: server {median(samples, 'server_busy'):.2f} "
          f"client {median(samples, 'client_busy'):.2f}"
          + (f"; NOT SERVED: {unserved:.0f} connections" if unserved else ""),
          flush=True)


def compare_row(systems, row, options, told):
    kind, connections, workers = row
    name = f"{kind}/conns={connections}/procs={workers}"
    samples, errors, lacks = run_row(systems, row, options)
    for system, why in lacks.items():
        if (system, why) not in told:
            told.add((system, why))
            print(f"{name:<26} {system} is missing: {why}", flush=True)
    for system, why in errors.items():
        print(f"{name:<26} FAIL ({system}): {why}", flush=True)
    bad = errors.keys() | lacks.keys()
    ours, comparisons = systems[0].name, {}
    for peer in (s.name for s in systems[1:]):
        if bad & {ours, peer}:
            continue
        found = [stats.compare_unit(unit, samples[ours], samples[peer],
                                    seed=name + unit) for unit in UNITS]
        comparisons[peer] = [entry for entry in found if entry]
        for entry in comparisons[peer]:
            stats.print_comparison(name, peer, entry)
    for system in systems:
        if system.name not in bad:
            print_alone(name, system.name, samples[system.name])
    return {"row": name, "errors": errors, "lacks": lacks, "samples": samples,
            "comparisons": comparisons}


def find_systems(options, folder):
    """Ours first."""
    systems = [Burrow("burrow", options.build)]
    if options.against:
        systems.append(Burrow("other", options.against))
    makers = {"epoll": lambda: Epoll(options.build),
              "llhttp": lambda: Llhttp(options.build),
              "same": lambda: Same(options.build), "go": lambda: Go(folder),
              "tokio": lambda: Tokio(folder)}
    return systems + stats.make_peers(makers, options.peers)


def allow_descriptors(wanted):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted and hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Runs network servers in turn and prints ratios with "
                    "95 %% intervals; below 1 burrow is better, but for msg/s.")
    parser.add_argument("--build", default="build/release",
                        help="the build folder (default %(default)s)")
    parser.add_argument("--against", help="another build folder, whose burrow "
                        "is a peer, too")
    parser.add_argument("--peers", default=",".join(PEERS),
                        help="default %(default)s; may be empty")
    parser.add_argument("--work", help="where the peers are built and stay "
                        "(default: a temporary folder)")
    parser.add_argument("--filter", default="", help="regular expression on "
                        "names as echo/conns=64/procs=1")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--warmup", type=float, default=0.3)
    parser.add_argument("--json", help="write everything measured here")
    options = parser.parse_args()
    if options.rounds < 1 or options.seconds <= 0 or options.warmup < 0:
        parser.error("--rounds must be 1 or more, --seconds above 0")
    options.peers = [name for name in options.peers.split(",") if name]
    unknown = set(options.peers) - set(PEERS)
    if unknown:
        parser.error("no such peer: " + ", ".join(sorted(unknown)))
    options.cpus = sorted(os.sched_getaffinity(0))
    options.client = os.path.join(os.path.abspath(options.build),
                                  "bench/net_client")
    return options


def main():
    options = parse_arguments()
    try:
        executable(options.client)
    except stats.Lacks as why:
        stats.fail_usage(f"{why}; build it or give --build")
    if len(options.cpus) < 2:
        print("one processor: server and client share it", file=sys.stderr)
    allow_descriptors(max(CONNECTIONS) + 200)
    rows = [(kind, connections, workers) for kind in ("echo", "http")
            for connections in CONNECTIONS for workers in WORKERS]
    rows = [row for row in rows if re.search(
        options.filter, "{}/conns={}/procs={}".format(*row))]
    records, told = [], set()
    with tempfile.TemporaryDirectory() as temporary:
        folder = os.path.abspath(options.work or temporary)
        os.makedirs(folder, exist_ok=True)
        systems = find_systems(options, folder)
        stats.print_heading()
        for row in rows:
            records.append(compare_row(systems, row, options, told))
    if options.json:
        with open(options.json, "w") as out:
            json.dump({"rounds": options.rounds, "seconds": options.seconds,
                       "cpus": options.cpus, "rows": records}, out, indent=1)
            out.write("\n")
    return 1 if any("burrow" in r["errors"] for r in records) else 0


if __name__ == "__main__":
    sys.exit(main())
