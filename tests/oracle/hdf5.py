#!/usr/bin/env python3
"""Writes varied HDF5 files with h5py and holds our reader against it: the same groups,
datasets and string attributes.  Not part of `make test`: it needs h5py and numpy.

    make build/parts && python3 tests/oracle/hdf5.py [build/parts]
"""
import json
import os
import random
import subprocess
import sys
import tempfile

import h5py
import numpy as np

PARTS = sys.argv[1] if len(sys.argv) > 1 else "build/parts"
FILES = 260


def text(rng, most=40):
    alphabet = "abcXYZ019 _-./:{}[]\"'\\äß€漢🙂\n\t"
    return "".join(rng.choice(alphabet) for _ in range(rng.randrange(most)))


def name(rng, taken):
    while True:
        n = "".join(rng.choice("abcdefgh_0123ü") for _ in range(rng.randrange(1, 12)))
        if n not in taken and n != ".":
            taken.add(n)
            return n


def put_attribute(rng, obj, key):
    kind = rng.randrange(13)
    if kind == 12:
        try:        # what a header cannot hold only new files can keep
            obj.attrs[key] = np.bytes_(b"z" * rng.choice([60000, 66000, 200000]))
        except OSError:
            pass
    elif kind == 0:
        obj.attrs[key] = text(rng)
    elif kind == 1:
        obj.attrs[key] = text(rng).encode()
    elif kind == 2:
        obj.attrs[key] = np.bytes_(text(rng).encode() + b"x")
    elif kind == 3:
        obj.attrs[key] = np.array([text(rng).encode() + b"y" for _ in range(rng.randrange(1, 5))])
    elif kind == 4:
        obj.attrs.create(key, [text(rng) for _ in range(rng.randrange(1, 6))], dtype=h5py.string_dtype())
    elif kind == 5:
        obj.attrs[key] = rng.random()
    elif kind == 6:
        obj.attrs[key] = np.arange(rng.randrange(1, 9))
    elif kind == 7:
        obj.attrs[key] = h5py.Empty("f")
    elif kind == 8:
        obj.attrs[key] = "x" * rng.choice([1, 500, 5000, 70000])
    elif kind == 9:
        obj.attrs.create(key, np.bytes_(b"fixed"), dtype=h5py.string_dtype("ascii", rng.randrange(5, 30)))
    elif kind == 10:
        obj.attrs.create(key, "käse".encode(), dtype=h5py.string_dtype("utf-8", 12))
    else:
        obj.attrs[key] = np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])


def put_dataset(rng, group, key):
    shape = tuple(rng.randrange(1, 6) for _ in range(rng.randrange(0, 4)))
    kind = rng.randrange(9)
    if kind == 0:
        return group.create_dataset(key, shape, dtype=rng.choice(["f4", "f8", "i8", "u1", "f2", ">i4", "?"]))
    if kind == 1:
        return group.create_dataset(key, data=np.random.default_rng(rng.randrange(99)).random(shape))
    if kind == 2 and shape:
        return group.create_dataset(key, shape, dtype="f4", chunks=True, compression=rng.choice(["gzip", "lzf", None]),
                                    shuffle=rng.random() < .5, fletcher32=rng.random() < .5)
    if kind == 3 and shape:
        return group.create_dataset(key, shape, maxshape=(None,) * len(shape), dtype="i2")
    if kind == 4:
        return group.create_dataset(key, data=[text(rng) for _ in range(rng.randrange(1, 20))], dtype=h5py.string_dtype())
    if kind == 5:
        return group.create_dataset(key, data=np.array([b"abc", b"de"]))
    if kind == 6:
        return group.create_dataset(key, data=np.zeros(3, dtype=[("x", "f4"), ("y", "S3")]))
    if kind == 7:
        d = group.create_dataset(key, (3,), dtype=h5py.vlen_dtype(np.dtype("i4")))
        d[0] = [1, 2, 3]
        return d
    return group.create_dataset(key, data=h5py.Empty("f4"))


def fill(rng, group, depth, wide):
    taken = set()
    for _ in range(rng.randrange(0, wide)):
        put_attribute(rng, group, name(rng, taken))
    taken = set()
    for _ in range(rng.randrange(0, wide)):
        child = name(rng, taken)
        what = rng.randrange(10)
        if what < 5 and depth < 5:
            fill(rng, group.create_group(child, track_order=rng.choice([None, True, False])), depth + 1, max(2, wide // 2))
        elif what < 9:
            d = put_dataset(rng, group, child)
            if rng.random() < .4:
                put_attribute(rng, d, "about")
        else:
            group[child] = h5py.SoftLink("/somewhere")
    if depth == 0 and rng.random() < .3:
        group["type"] = np.dtype("f8")
        group["type"].attrs["text"] = "of a type"
    if depth == 0 and rng.random() < .3:
        group.attrs.create("typed", "shared type", dtype=h5py.string_dtype("ascii", 16))
        group["again"] = group


def write(path, number):
    rng = random.Random(number)
    libver = [("earliest", "v108"), "latest", ("v108", "v110"), ("earliest", "latest"), ("v112", "v114"), None][number % 6]
    options = {"libver": libver} if libver else {}
    if number % 7 == 3:
        options["userblock_size"] = rng.choice([512, 1024, 4096])
    wide = rng.choice([3, 6, 6, 12, 40])
    with h5py.File(path, "w", track_order=number % 3 == 0, **options) as f:
        fill(rng, f, 0, wide)
        if number % 13 == 0:
            many = f.create_group("many")
            for i in range(rng.choice([50, 600, 5000])):
                many.create_group(f"member {i:05}")
            lots = f.create_group("lots")
            for i in range(rng.choice([20, 300, 2000])):
                lots.attrs[f"attribute {i:05}"] = f"value {i}"


def strings(value):
    """The strings of an attribute as h5py reads it, or None when it has none."""
    if isinstance(value, str):
        return [value.encode("utf-8", "surrogateescape")]
    if isinstance(value, bytes):
        return [bytes(value)]
    if isinstance(value, np.ndarray) and value.dtype.kind in "SO":
        out = [v.encode("utf-8", "surrogateescape") if isinstance(v, str) else v for v in value.ravel()]
        return out if all(isinstance(v, bytes) for v in out) else None
    return None


def expected(path):
    """What h5py sees: each object once, so a path may be any of its names."""
    groups, datasets, attributes = set(), set(), []

    def look(where, obj):
        if isinstance(obj, h5py.Group):
            groups.add(where if where == "/" else where + "/")
        elif isinstance(obj, h5py.Dataset):
            datasets.add(where)
        for key in obj.attrs:
            try:
                value = obj.attrs[key]
            except (OSError, TypeError):
                continue
            for s in strings(value) or []:
                attributes.append((f"{where}@{key}", s.decode("utf-8", "replace")))

    with h5py.File(path, "r") as f:
        look("/", f)
        f.visititems(lambda where, obj: look("/" + where, obj))
    return groups, datasets, sorted(attributes)


def read(path):
    out = subprocess.run([PARTS, "hdf5", path], capture_output=True, check=False)
    groups, datasets, attributes, oddities = set(), set(), [], []
    for line in out.stdout.decode().splitlines():
        kind, key, value = line.split("\t")
        key, value = json.loads(key), json.loads(value)
        if kind == "metadata" and "@" in key:
            attributes.append((key, value))
        elif kind == "metadata":
            groups.add(key)
        elif kind == "tensor":
            datasets.add(key)
        elif kind == "oddity":
            oddities.append((key, value))
    return groups, datasets, sorted(attributes), oddities


def main():
    wrong = objects = values = noted = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(FILES):
            path = os.path.join(folder, f"{number}.h5")
            write(path, number)
            want, got = expected(path), read(path)
            objects += len(want[0]) + len(want[1])
            values += len(want[2])
            noted += bool(got[3])
            if list(want) == list(got[:3]) and not got[3]:
                continue
            wrong += list(want) != list(got[:3])
            print(f"file {number}: {got[3][:2]}")
            for what, a, b in zip(("groups", "datasets", "attributes"), want, got):
                if a != b:
                    print(f"  {what}: h5py alone {[x for x in a if x not in b][:3]}, ours alone {[x for x in b if x not in a][:3]}")
    print(f"hdf5: {FILES} files, {objects} groups and datasets, {values} string attributes; {wrong} differ, {noted} with something to report")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
