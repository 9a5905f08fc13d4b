#!/usr/bin/env python3
"""Holds tests/golden/CLASSES to the golden cases: three attacks a class that differ, none clean, and a twin that is.

usage: check-classes.py [table]    the last line is "N passed, N failed"; "table" shows every class
"""
import fnmatch
import pathlib
import re
import sys

GOLDEN = pathlib.Path("tests/golden")
LEAST = 3
VERDICT = re.compile(r"^([^:]*): (clean|suspicious|inconclusive|dangerous) \S+$", re.M)
FINDING = re.compile(r"^\S+?:\d+: \w+ (suspicious|inconclusive|dangerous) ([\w.-]+): (.*)$", re.M)
IMPORT = re.compile(r"\bimports ([\w.-]+)")
ORDER = ["clean", "suspicious", "inconclusive", "dangerous"]


class Case:
    def __init__(self, folder):
        expected = (folder / "expect.txt").read_text(errors="replace")
        verdicts = [v for _, v in VERDICT.findall(expected)]
        self.name = f"{folder.parent.name}/{folder.name}"
        self.verdict = max(verdicts, key=ORDER.index, default="missing")
        self.findings = frozenset((check, message) for _, check, message in FINDING.findall(expected))
        self.imports = frozenset(name for check, message in self.findings if check.startswith("import.") for name in IMPORT.findall(message))


def read_classes():
    classes = []
    for line in (GOLDEN / "CLASSES").read_text().splitlines():
        word, _, rest = line.partition(" ")
        if word == "class":
            number, _, title = rest.partition(" ")
            classes.append({"number": number, "title": title, "attack": [], "twin": []})
        elif word in ("attack", "twin"):
            classes[-1][word] += rest.split()
        elif line and not line.startswith("#"):
            sys.exit(f"CLASSES: \"{line}\" is no line of it")
    return classes


def matching(cases, patterns, problems):
    found = []
    for pattern in patterns:
        these = [case for case in cases if fnmatch.fnmatchcase(case.name, pattern)]
        if not these:
            problems.append(f"{pattern} matches no case")
        found += [case for case in these if case not in found]
    return found


def differing(attacks):
    """How many attacks differ: in what they import or else in what is found; where nothing is looked into, each does."""
    def key(case):
        unexamined = any(check == "file.unexamined" for check, _ in case.findings)
        return case.imports or (case.name if unexamined else case.findings)
    return len({key(case) for case in attacks})


def judge(cases, entry):
    problems = []
    attacks = matching(cases, entry["attack"], problems)
    twins = matching(cases, entry["twin"], problems)
    problems += [f"{case.name} is an attack, and {case.verdict}" for case in attacks if case.verdict in ("clean", "missing")]
    problems += [f"{case.name} is a twin, and {case.verdict}" for case in twins if case.verdict != "clean"]
    if len(attacks) < LEAST:
        problems.append(f"has {len(attacks)} attacks")
    if differing(attacks) < LEAST:
        problems.append(f"has {differing(attacks)} attacks that differ")
    if not twins:
        problems.append("has no twin")
    return len(attacks), differing(attacks), len(twins), problems


def main():
    cases = [Case(path.parent) for path in sorted(GOLDEN.glob("*/*/expect.txt"))]
    failed = 0
    classes = read_classes()
    for entry in classes:
        attacks, differ, twins, problems = judge(cases, entry)
        failed += bool(problems)
        if "table" in sys.argv:
            print(f"{entry['number']:4} {attacks:3} attacks, {differ:3} differ, {twins:3} twins  {entry['title']}")
        for problem in problems:
            print(f"class {entry['number']} ({entry['title']}): {problem}")
    print(f"classes: {len(classes) - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
