#!/usr/bin/env python3
"""Prints the table of ports: which capability is proved on which, by which test.

    port_table.py DIR...

The rows and the tests' names are those of docs/porting.md, "What is proved". DIRs
are build folders: DIR/gtest/ has what GoogleTest wrote, DIR's last word is the
port (build/port-386, build/port-arm64), and else linux/amd64's. The played ports
are in the results of abi_test, whichever folder has them.

A cell: pass; skip, where every one of its tests was; part, where some were; FAIL;
`not run`, where there are no results.
"""
import json
import pathlib
import re
import sys

LINUX = ["amd64", "386", "arm64"]
PLAYED = ["openbsd_amd64", "openbsd_386", "openbsd_arm64", "darwin_amd64",
          "darwin_386", "darwin_arm64"]


def rows():
    """Yields (capability, tests on Linux, tests of the played ports)."""
    text = pathlib.Path(__file__).parent.parent / "docs/porting.md"
    section = text.read_text().split("\n## What is proved\n")[1].split("\n## ")[0]
    for line in section.splitlines():
        cells = [c.strip() for c in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 3 and "`" in line:
            yield (cells[0], *(re.findall(r"`([\w.]+)`", c) for c in cells[1:]))


def results(folders):
    """Returns {port: {Suite.Name: [result of each case]}}."""
    found = {}
    for folder in map(pathlib.Path, folders):
        arch = re.search(r"-(386|arm64)$", folder.name)
        for path in (folder / "gtest").glob("*.json"):
            for suite in json.loads(path.read_text())["testsuites"]:
                for case in suite["testsuite"]:
                    name = case["name"].split("/")[0]
                    name = re.sub(r"_\d+$", "", name)  # GO_TEST's processors
                    name = f'{suite["name"].split("/")[-1]}.{name}'
                    port = arch[1] if arch else "amd64"
                    for played in PLAYED:
                        if case["name"].split("/")[-1].startswith(played):
                            port = played
                    result = "FAIL" if case.get("failures") else case["result"]
                    found.setdefault(port, {}).setdefault(name, []).append(result)
    return found


def cell(tests, found):
    if not tests:
        return "none"
    seen = [r for t in tests for r in found.get(t, ["NONE"])]
    if "FAIL" in seen:
        return "FAIL"
    if "NONE" in seen:
        return "not run"
    skipped = seen.count("SKIPPED")
    return "pass" if not skipped else "skip" if skipped == len(seen) else "part"


def main():
    found = results(sys.argv[1:])
    head = [("linux", "amd64"), ("", "386"), ("", "arm64"), ("openbsd", "amd64"),
            ("", "386"), ("", "arm64"), ("darwin", "amd64"), ("", "386"),
            ("", "arm64")]
    for i, first in enumerate(["ports", ""]):
        print(f"{first:44}" + "".join(f"{h[i]:8}" for h in head).rstrip())
    for capability, linux, played in rows():
        cells = [cell(linux, found.get(p, {})) for p in LINUX]
        cells += [cell(played, found.get(p, {})) for p in PLAYED]
        print(f"{capability:44}" + "".join(f"{c:8}" for c in cells).rstrip())
        print(f"  {', '.join(linux) or 'none'}; {', '.join(played) or 'none'}")


main()
