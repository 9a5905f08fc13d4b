#!/usr/bin/env python3
"""Holds our readers against what joblib, dill and cloudpickle write.  Not part of `make test`; `make oracle` runs it.

    build/oracle/bin/python tests/oracle/dumps.py

joblib      arrays of many types, in every compression it knows, are clean; with an object among them whose class
            exists nowhere, before, between or behind the arrays, its import is found; what is cut is never clean
dill, cloudpickle   plain data and arrays are clean; functions and classes that travel by value are dangerous
Nothing is loaded: the objects are only written.
"""
import sys

sys.path = [p for p in sys.path if not p.rstrip("/").endswith("oracle")]   # files beside this one have the names of modules

import json
import os
import random
import subprocess
import tempfile
import types

import cloudpickle
import dill
import joblib
import numpy

MERLON = os.environ.get("MERLON", "build/merlon")
rng = random.Random(8)
passed = failed = 0
COMPRESSIONS = [0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3), ("lz4", 3)]


class Name:
    def __reduce__(self):
        return "thing"

    def __call__(self, *_):
        pass


Name.__module__ = "nosuch"
THING = Name()


class Foreign:
    """Pickles as a call of a name that exists nowhere."""

    def __reduce__(self):
        return THING, ("argument",)


def check(good, what):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good:
        print("FAIL", what)


def scan(folder):
    out = subprocess.run([MERLON, "scan", "--report", "json", "--no-digest", folder], capture_output=True, check=False).stdout
    return {item["path"]: item for item in json.loads(out)["items"]}


def arrays():
    shape = tuple(rng.randrange(0, 5) for _ in range(rng.randrange(0, 4)))
    kind = rng.choice(["f4", "f8", "i1", "i8", "u2", "?", "c16", "f2", "U7", "S5", "M8[ns]", "m8[s]", ">f4", ">i4", "V3", "O", "record", "aligned"])
    if kind == "record":
        return numpy.zeros(shape, [("a", "f4"), ("b", "i8", (2,)), ("c", "U3")])
    if kind == "aligned":
        return numpy.zeros(shape, numpy.dtype([("a", "i1"), ("b", "f8")], align=True))
    if kind == "O":
        return numpy.array([1, "text", None, [1.5], {"k": 2}], dtype=object)[:rng.randrange(6)]
    a = numpy.zeros(shape, kind)
    return numpy.asfortranarray(a) if rng.random() < 0.3 else a[::2] if a.ndim and rng.random() < 0.2 else a


def values(foreign=None):
    made = [rng.choice([arrays, arrays, lambda: "text", lambda: {"k": arrays(), "n": 3}, lambda: [arrays(), arrays()], lambda: numpy.float32(2), lambda: numpy.float64(2)])()
            for _ in range(rng.randrange(1, 5))]
    if foreign:
        made.insert(rng.randrange(len(made) + 1), foreign)
    return made


def dump_foreign(path, compress, protocol):
    """joblib pickles by name, so that the name has to be found while it writes."""
    module = types.ModuleType("nosuch")
    module.thing = THING
    sys.modules["nosuch"] = module
    try:
        joblib.dump(values(Foreign()), path, compress=compress, protocol=protocol)
    finally:
        del sys.modules["nosuch"]


def compare_joblib(folder):
    wanted = {}
    for i in range(40):
        for compress in COMPRESSIONS:
            kind = compress[0] if compress else "plain"
            protocol = rng.choice([2, 3, 4, 5])
            path = os.path.join(folder, f"{i}-{kind}-honest.joblib")
            joblib.dump(values(), path, compress=compress, protocol=protocol)
            wanted[path] = "clean"
            with open(path, "rb") as f:
                data = f.read()
            path = os.path.join(folder, f"{i}-{kind}-foreign.joblib")
            dump_foreign(path, compress, protocol)
            wanted[path] = "foreign"
            path = os.path.join(folder, f"{i}-{kind}-cut.joblib")
            with open(path, "wb") as f:
                f.write(data[:rng.randrange(len(data))])
            wanted[path] = "cut"
    said = scan(folder)
    for path, want in wanted.items():
        item = said[path]
        if want == "clean":
            check(item["verdict"] == "clean", f"{path}: honest, and {item['verdict']}: {item['why']}")
        elif want == "cut":
            check(item["verdict"] != "clean", f"{path}: cut, and clean")
        else:
            check(any("nosuch.thing" in f["message"] for f in item["findings"]), f"{path}: the import is not found: {item['why']}")


def by_value():
    limit = 3

    class Local:
        factor = 2

        def scale(self, x):
            return x * self.factor

    return [lambda x: x + limit, Local, Local(), Local().scale]


def compare_code(folder, writer):
    for i in range(12):
        for protocol in (4, 5) if writer is dill else (2, 4, 5):       # at 2, dill calls types that it looks up by a word
            with open(os.path.join(folder, f"honest-{i}-{protocol}.pkl"), "wb") as f:
                writer.dump(rng.choice([values(), {"a": (1, 2.5, None, True, b"x", "y")}, [1, {2, 3}, frozenset([4])]]), f, protocol=protocol)
    for i, value in enumerate(by_value()):
        for protocol in (2, 4, 5):
            with open(os.path.join(folder, f"code-{i}-{protocol}.pkl"), "wb") as f:
                writer.dump(value, f, protocol=protocol)
    for path, item in scan(folder).items():
        want = "clean" if "honest-" in path else "dangerous"
        check(item["verdict"] == want, f"{path}: {item['verdict']}, not {want}: {item['why']}")


def main():
    for name, compare in [("joblib", compare_joblib), ("dill", lambda f: compare_code(f, dill)), ("cloudpickle", lambda f: compare_code(f, cloudpickle))]:
        before = passed + failed
        with tempfile.TemporaryDirectory() as folder:
            compare(folder)
        print(f"{name}: {passed + failed - before} files")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
