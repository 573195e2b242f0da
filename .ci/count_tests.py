#!/usr/bin/env python3
"""Sums the tests of one or more build folders into one line.

    count_tests.py [--skipped N] DIR...   prints "N passed, N failed, N skipped"

N are skipped beside those of the folders: what could not even be built here.
Each DIR holds meson-logs/testlog*.json, a line for each test program, and
gtest/<program>.json, which GoogleTest wrote when that program came to its end.
A program that died before, or is no GoogleTest program, counts as one test.
Exits with 1 if anything failed or nothing ran.
"""
import json
import pathlib
import sys

OK = {"OK", "EXPECTEDFAIL"}
SKIPPED = {"SKIP", "IGNORED"}


def cases(report):
    """Yields (name, "passed" | "failed" | "skipped") of a GoogleTest report."""
    for suite in report["testsuites"]:
        for case in suite["testsuite"]:
            name = f'{suite["name"]}.{case["name"]}'
            if case.get("failures"):
                yield name, "failed"
            elif case["result"] == "SKIPPED":
                yield name, "skipped"
            elif case["result"] == "COMPLETED":
                yield name, "passed"


def programs(build):
    """Yields (program, result, GoogleTest report or None) of a build folder."""
    # Under a wrapper (valgrind) the log has its name: the newest counts.
    log = max((build / "meson-logs").glob("testlog*.json"), default=None,
              key=lambda path: path.stat().st_mtime)
    if log is None:
        sys.exit(f"{build}: no test has run")
    for line in log.read_text().splitlines():
        entry = json.loads(line)
        program = pathlib.Path(entry["command"][-1]).name
        report = build / "gtest" / f"{program}.json"
        found = json.loads(report.read_text()) if report.exists() else None
        yield program, entry["result"], found


def main():
    arguments = sys.argv[1:]
    total = {"passed": 0, "failed": 0, "skipped": 0}
    if arguments[:1] == ["--skipped"]:
        total["skipped"] = int(arguments[1])
        arguments = arguments[2:]
    for build in map(pathlib.Path, arguments):
        for program, result, report in programs(build):
            good = result in OK or result in SKIPPED
            results = list(cases(report)) if report else []
            if good and not results:
                results = [(program, "passed" if result in OK else "skipped")]
            if not good and not any(r == "failed" for _, r in results):
                results.append((f"{program} ({result.lower()})", "failed"))
            for name, outcome in results:
                total[outcome] += 1
                if outcome == "failed":
                    print(f"FAILED {build}: {program}: {name}")
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**total))
    return 1 if total["failed"] or not total["passed"] else 0


sys.exit(main())
