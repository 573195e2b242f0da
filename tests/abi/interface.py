#!/usr/bin/env python3
"""interface.py HEADER... -- PROGRAM... -- CASES... - that each port has all of sys/.

Every function that the headers declare must be defined in each of the programs,
which are linked of all of a port's files, and named in CASES, which calls those that
make system calls (prog/inject*.cc).
"""
import re
import subprocess
import sys

# A declaration; parameters may be pointers to functions.
FUNCTION = re.compile(
    r"\b(\w+)\([^;{}()]*(?:\([^;{}]*\)[^;{}]*)*\)\s*noexcept;")

split = sys.argv.index("--")
declared = set()
for header in sys.argv[1:split]:
    text = re.sub(r"//.*", "", open(header).read())
    declared |= set(FUNCTION.findall(text))
if len(declared) < 50:
    sys.exit(f"only {len(declared)} functions found in {sys.argv[1:split]}")
bad = False
second = sys.argv.index("--", split + 1)
named = set()
for cases in sys.argv[second + 1:]:
    named |= set(re.findall(r"\w+", open(cases).read()))
for name in sorted(declared - named):
    print(f"no case of {name}")
    bad = True
for program in sys.argv[split + 1:second]:
    names = subprocess.run(["nm", "-C", "--defined-only", program], check=True,
                           capture_output=True, text=True).stdout
    defined = set(re.findall(r" [TtWw] burrow::sys::(\w+)\(", names))
    lacking = sorted(declared - defined)
    print(f"{program}: {len(declared & defined)} of {len(declared)} functions")
    for name in lacking:
        print(f"  lacks {name}")
        bad = True
sys.exit(bad)
