"""The systems that compare.py measures: burrow_bench and its peers.

A system has a name, a version to show, rows that it knows, and a command that
measures one of them and prints Go's benchmark format. Making one builds it, and
raises stats.Lacks where this machine cannot.
"""

import glob
import os
import re
import shutil
import subprocess

import stats

HERE = os.path.dirname(os.path.abspath(__file__))
# The first Java with virtual threads that need no switch.
FIRST_JDK = 21


class Program:
    """burrow_bench, or a peer in C++ that shares its harness."""

    def __init__(self, name, program, version=""):
        self.name = name
        self.program = program
        self.version = version
        if not os.access(program, os.X_OK):
            raise stats.Lacks(f"{program} is not built")
        self.known = {row for row, _, _ in self.rows("", "1,2")}

    def rows(self, pattern, procs):
        """Yields (row, procs, runs once) for what --list prints."""
        command = [self.program, "--list", "--procs", procs]
        if pattern:
            command += ["--filter", pattern]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            stats.fail_usage(done.stderr.strip())
        for line in done.stdout.splitlines():
            name, _, what = line.partition(" ")
            row, _, count = name.partition("/procs=")
            yield row, int(count), what.strip().startswith("[once]")

    def has(self, row):
        return row in self.known

    def command(self, row, procs, benchtime, timeout):
        return [self.program, "--filter", f"^{row}/procs={procs}$",
                "--procs", str(procs), "--benchtime", benchtime,
                "--timeout", f"{timeout}s"]


class Go:
    """The same rows in Go, built as one test program."""

    name = "go"

    def __init__(self, go, folder):
        self.program = os.path.join(folder, "gobench")
        source = os.path.join(HERE, "peers", "go")
        stats.build([go, "test", "-c", "-o", self.program, "."], source)
        listed = subprocess.run([self.program, "-test.list", "."], check=True,
                                capture_output=True, text=True)
        self.known = set(listed.stdout.split())
        version = subprocess.run([go, "env", "GOVERSION"], check=True,
                                 cwd=source, capture_output=True, text=True)
        self.version = version.stdout.strip().removeprefix("go")

    def has(self, row):
        return f"Benchmark{row}" in self.known

    def command(self, row, procs, benchtime, timeout):
        return [self.program, "-test.run", "^$", "-test.bench",
                f"^Benchmark{row}$/^procs={procs}$",
                "-test.benchtime", benchtime, "-test.timeout", f"{timeout}s"]


class Lister:
    """A peer that is called with ROW PROCS BENCHTIME, or with --list."""

    def __init__(self, name, version, command):
        self.name = name
        self.version = version
        self.program = command
        listed = subprocess.run(command("1") + ["--list"], check=True,
                                capture_output=True, text=True)
        self.known = set(listed.stdout.split())

    def has(self, row):
        return row in self.known

    def command(self, row, procs, benchtime, timeout):
        # It has no limit of its own; compare.py's is 10 s later.
        return ["timeout", str(timeout)] + self.program(str(procs)) + [
            row, str(procs), benchtime]


def tokio(folder):
    program = stats.cargo_program(folder, "rows")
    with open(os.path.join(HERE, "peers", "tokio", "Cargo.toml"),
              encoding="utf-8") as f:
        version = re.search(r'^tokio = .*"=([0-9.]+)"', f.read(), re.M).group(1)
    return Lister("tokio", version, lambda procs: [program])


def find_jdk():
    """Returns the newest JDK's folder and version; at least FIRST_JDK."""
    homes = [os.environ.get("JAVA_HOME", "")] + glob.glob("/usr/lib/jvm/*")
    javac = shutil.which("javac")
    if javac:
        homes.append(os.path.dirname(os.path.dirname(os.path.realpath(javac))))
    found = {}
    for home in homes:
        release = os.path.join(home, "release")
        if not os.access(os.path.join(home, "bin", "javac"), os.X_OK) or \
                not os.path.exists(release):
            continue
        with open(release, encoding="utf-8") as f:
            version = re.search(r'^JAVA_VERSION="(\d+)([^"]*)"', f.read(), re.M)
        if version:
            found[int(version.group(1))] = (home, "".join(version.groups()))
    if not found or max(found) < FIRST_JDK:
        raise stats.Lacks(f"no JDK of version {FIRST_JDK} or newer is here")
    return found[max(found)]


def java(folder):
    home, version = find_jdk()
    classes = os.path.join(folder, "java")
    sources = sorted(glob.glob(os.path.join(HERE, "peers", "java", "*.java")))
    stats.build([os.path.join(home, "bin", "javac"), "-d", classes] + sources,
                HERE)

    def command(procs):
        scheduler = "-Djdk.virtualThreadScheduler"
        return [os.path.join(home, "bin", "java"), "-cp", classes,
                f"{scheduler}.parallelism={procs}",
                f"{scheduler}.maxPoolSize={procs}", "Rows"]
    return Lister("java", version, command)


def boost_fiber(programs):
    program = os.path.join(programs, "peer_boost_fiber")
    if not os.path.exists(program):
        raise stats.Lacks("libboost-fiber-dev was not here when "
                          "burrow_bench was built")
    header = "/usr/include/boost/version.hpp"
    version = ""
    if os.path.exists(header):
        with open(header, encoding="utf-8") as f:
            found = re.search(r'BOOST_LIB_VERSION "([0-9_]+)"', f.read())
        version = found.group(1).replace("_", ".") if found else ""
    return Program("boost_fiber", program, version)


def argobots():
    raise stats.Lacks("Debian packages neither Argobots nor Qthreads")


def makers(programs, folder, go):
    """Returns {name: a function that makes the peer}.

    programs  where the peers in C++ are
    folder    where the others are built
    go        the go command, or None: it is searched for
    """
    return {"go": lambda: Go(stats.find_go(go), folder),
            "tokio": lambda: tokio(folder),
            "boost_fiber": lambda: boost_fiber(programs),
            "threads": lambda: Program(
                "threads", os.path.join(programs, "peer_threads")),
            "java": lambda: java(folder),
            "argobots": argobots}
