#!/usr/bin/env python3
"""hosted_config.py SOURCE WORK CXX... - which threads a hosted system's build takes.

Configures burrow for OpenBSD and Darwin as hosts: osproc=auto and osproc=pthread both
choose libc's threads, osproc=raw is refused with the reason, and so is a processor
without a switch of burrow's own. No program is built: this machine's compiler stands
in for theirs, of which Meson asks little.
"""

import json
import pathlib
import shutil
import subprocess
import sys

CROSS = """
[binaries]
c = '{cc}'
cpp = {cxx}
ar = 'ar'
strip = 'strip'
pkgconfig = 'false'
[properties]
needs_exe_wrapper = true
[host_machine]
system = '{system}'
cpu_family = '{cpu}'
cpu = '{cpu}'
endian = 'little'
"""

failed = []


def check(what, holds, text=""):
    if not holds:
        failed.append(what)
        print(f"FAILED: {what}\n{text}")


def setup(source, work, cxx, system, cpu, *options):
    """Returns Meson's exit status, its output, and the build folder."""
    build = work / "-".join([system, cpu, *options])
    shutil.rmtree(build, ignore_errors=True)
    cross = work / f"{system}-{cpu}.ini"
    cross.write_text(CROSS.format(cc="cc", cxx=cxx, system=system, cpu=cpu))
    done = subprocess.run(
        ["meson", "setup", build, source, "--cross-file", cross, *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout, build


def chosen(build):
    """How the runtime is compiled: the macros, and of which files."""
    commands = json.loads((build / "compile_commands.json").read_text())
    runtime = [c for c in commands if "burrow_runtime" in c["output"]]
    macros = {w for w in runtime[0]["command"].split() if w.startswith("-DBURROW_")}
    return macros, {pathlib.Path(c["file"]).name for c in runtime}


def main():
    source, work = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    cxx = sys.argv[3:]
    work.mkdir(parents=True, exist_ok=True)
    for system in ("openbsd", "darwin"):
        for option in ((), ("-Dosproc=pthread",)):
            status, said, build = setup(source, work, cxx, system, "x86_64", *option)
            name = f"{system} {option}"
            check(f"{name}: configured", status == 0, said)
            if status != 0:
                continue
            check(f"{name}: said", "threads are libc's (osproc=pthread)" in said, said)
            macros, files = chosen(build)
            check(f"{name}: macros", "-DBURROW_OSPROC_PTHREAD" in macros and
                  "-DBURROW_OSPROC_RAW" not in macros, macros)
            check(f"{name}: files", "osproc_pthread.cc" in files and
                  "osproc_hosted.cc" in files and f"libc_{system}.cc" in files and
                  not files & {"osproc_raw.cc", "glibc_tcb.cc"}, files)
        why = {"openbsd": "system calls in libc alone",
               "darwin": "libSystem has registered"}[system]
        status, said, _ = setup(source, work, cxx, system, "x86_64", "-Dosproc=raw")
        check(f"{system} raw: refused, and why",
              status != 0 and why in said and "docs/porting.md" in said, said)
        status, said, _ = setup(source, work, cxx, system, "x86_64", "-Dswitch=boost")
        check(f"{system} boost: refused", status != 0 and "switch=boost" in said, said)
        status, said, _ = setup(source, work, cxx, system, "aarch64")
        check(f"{system} arm64: refused", status != 0 and "burrow runs on" in said, said)
    shutil.rmtree(work)
    sys.exit(1 if failed else 0)


main()
