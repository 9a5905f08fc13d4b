#!/usr/bin/env python3
"""Cuts and changes HDF5 files that h5py wrote and holds our reader against h5py: of a file we have nothing
to report about, we must have seen every object, string attribute, external file and virtual source that h5py
sees.  Blocks with checksums get right ones after a change, or nothing behind the checksum would be tried.
h5py reads metadata only, in a process of its own.  Not part of `make test`: it needs h5py and numpy.

    make build/parts && python3 tests/oracle/hdf5_damaged.py [build/parts [files [changes of each [seed]]]]
"""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter

import h5py

import hdf5

PARTS, FILES, CHANGES, SEED = (sys.argv[1:] + ["build/parts", "24", "400", "1"][len(sys.argv) - 1:])[:4]
SIZE_MOST = 40000       # of a file that is changed: larger ones hold more of the same
HARMLESS = {"file.tail"}
BATCH = 200
SECONDS = 2             # for h5py to read a file in
os.environ["HDF5_PLUGIN_PRELOAD"] = "::"        # no library is loaded for a filter


# ---- checksums ----

def lookup3(data):
    """Bob Jenkins' hashlittle() from 0, as HDF5 uses it."""
    mask = 0xFFFFFFFF
    a = b = c = (0xDEADBEEF + len(data)) & mask
    rotate = lambda x, k: ((x << k) | (x >> (32 - k))) & mask
    word = lambda at: int.from_bytes(data[at:at + 4], "little")
    at, left = 0, len(data)
    while left > 12:
        a, b, c = (a + word(at)) & mask, (b + word(at + 4)) & mask, (c + word(at + 8)) & mask
        a = ((a - c) & mask) ^ rotate(c, 4); c = (c + b) & mask
        b = ((b - a) & mask) ^ rotate(a, 6); a = (a + c) & mask
        c = ((c - b) & mask) ^ rotate(b, 8); b = (b + a) & mask
        a = ((a - c) & mask) ^ rotate(c, 16); c = (c + b) & mask
        b = ((b - a) & mask) ^ rotate(a, 19); a = (a + c) & mask
        c = ((c - b) & mask) ^ rotate(b, 4); b = (b + a) & mask
        at, left = at + 12, left - 12
    if left == 0:
        return c
    a, b, c = (a + word(at)) & mask, (b + word(at + 4)) & mask, (c + word(at + 8)) & mask
    for x, k in (("c", 14), ("a", 11), ("b", 25), ("c", 16), ("a", 4), ("b", 14), ("c", 24)):
        if x == "c":
            c = ((c ^ b) - rotate(b, k)) & mask
        elif x == "a":
            a = ((a ^ c) - rotate(c, k)) & mask
        else:
            b = ((b ^ a) - rotate(a, k)) & mask
    return c


def lengths(data, at):
    """How long the block at `at` may be before its checksum; what is right is tried on the whole file."""
    sign = data[at:at + 4]
    if sign == b"\x89HDF":
        return [44]
    if sign == b"OHDR":
        flags = data[at + 5]
        width = 1 << (flags & 3)
        head = 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        return [head + width + int.from_bytes(data[at + head:at + head + width], "little")]
    if sign == b"FRHP":
        return [142]
    if sign == b"BTHD":
        return [34]
    if sign in (b"BTLF", b"BTIN"):
        return [6 + n * size for size in (11, 17) for n in range(120)]
    return range(4, 600)


def blocks(data):
    found = []
    for sign in (b"\x89HDF", b"OHDR", b"OCHK", b"FRHP", b"BTHD", b"BTLF", b"BTIN"):
        at = data.find(sign)
        while at >= 0:
            found += [(at, n) for n in lengths(data, at)
                      if at + n + 4 <= len(data) and lookup3(data[at:at + n]) == int.from_bytes(data[at + n:at + n + 4], "little")][:1]
            at = data.find(sign, at + 1)
    return found


def seal(data, sealed, changed):
    for at, length in sealed:
        if any(at <= c < at + length for c in changed):
            data[at + length:at + length + 4] = lookup3(bytes(data[at:at + length])).to_bytes(4, "little")


# ---- damage ----

def add_references(path, number):
    """What leads out of the file, where nothing is: h5py tells of it and does not follow it."""
    with h5py.File(path, "r+") as f:
        if number % 3 == 0:
            f.create_dataset("_external", (4,), dtype="f4", external=[("beside.raw", 0, 8), ("../above.raw", 4, 8)])
        if number % 3 == 1:
            layout = h5py.VirtualLayout((4,), "f4")
            layout[:] = h5py.VirtualSource("other.h5", "w", (4,))
            f.create_virtual_dataset("_virtual", layout)
        if number % 3 == 2:
            f["_link"] = h5py.ExternalLink("other.h5", "/w")


def weights(data, spans):
    """Places worth changing: all that is not filled with zeros or the same letter, and blocks more than data."""
    places = [i for i in range(len(data)) if data[i] not in (0, 0x78, 0x7A) or (i and data[i - 1] not in (0, 0x78, 0x7A))]
    for at, length in spans:
        places += list(range(at, at + length))
    return places


def change(rng, data, places, sealed):
    out = bytearray(data)
    changed = []
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        at = rng.choice(places)
        kind = rng.randrange(6)
        if kind == 0:
            out[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            out[at] = rng.choice([0, 1, 2, 3, 4, 8, 16, 64, 127, 128, 255])
        elif kind == 2:
            out[at] = (out[at] + rng.choice([1, -1])) & 255
        elif kind == 3:
            out[at] = rng.randrange(256)
        elif kind == 4 and at + 8 <= len(out):          # an address that leads to another block
            out[at:at + 8] = rng.choice(sealed or [(96, 0)])[0].to_bytes(8, "little")
        else:
            n = rng.choice([2, 4, 8])
            source = rng.choice(places)
            piece = data[source:source + n]
            out[at:at + len(piece)] = piece
            out = out[:len(data)]
        changed += range(at, min(at + 8, len(data)))
    if rng.random() < .8:
        seal(out, sealed, changed)
    return bytes(out)


def damaged(rng, data, changes):
    sealed = blocks(data)
    places = weights(data, sealed)
    for _ in range(changes):
        yield "changed", change(rng, data, places, sealed)
    for _ in range(changes // 4):
        yield "cut", data[:rng.randrange(len(data))]


# ---- what each side sees ----

def plain(text):
    """What is no UTF-8 is told in another way by each: only the rest is compared."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "ignore")
    return "".join(c for c in text if " " <= c <= "~")


def seen_by_h5py(path):
    seen = {"groups": 0, "datasets": 0, "attributes": [], "out": [], "opened": False, "ended": "whole"}
    places = set()

    def attributes(obj):
        try:
            keys = list(obj.attrs)
        except Exception:       # pylint: disable=broad-except
            return
        for key in keys:
            try:
                texts = hdf5.strings(obj.attrs[key]) or []
            except Exception:   # pylint: disable=broad-except
                continue
            seen["attributes"] += [f"{plain(key)}={plain(t)}" for t in texts]

    def look(_, obj):
        place = h5py.h5o.get_info(obj.id).addr
        if place in places:     # by its other name, with a count of references that lies
            return
        places.add(place)
        if isinstance(obj, h5py.Group):
            seen["groups"] += 1
            for key in obj:
                try:
                    link = obj.get(key, getlink=True)
                except Exception:       # pylint: disable=broad-except
                    continue
                if isinstance(link, h5py.ExternalLink):
                    seen["out"].append(plain(link.filename))
        elif isinstance(obj, h5py.Dataset):
            seen["datasets"] += 1
            try:
                seen["out"] += [plain(name) for name, _, _ in obj.external or []][:8]
                if obj.is_virtual:
                    seen["out"] += [plain(s.file_name) for s in obj.virtual_sources()][:1]
            except Exception:   # pylint: disable=broad-except
                pass
        attributes(obj)

    try:
        with h5py.File(path, "r") as f:
            seen["opened"] = True
            look("/", f["/"])
            f.visititems(look)
    except Exception as why:    # pylint: disable=broad-except
        seen["ended"] = type(why).__name__
    return seen


def serve():
    for line in sys.stdin:
        signal.setitimer(signal.ITIMER_REAL, SECONDS)       # ends the process, which is noticed
        print(json.dumps(seen_by_h5py(line.rstrip("\n"))), flush=True)


def ask_h5py(paths):
    """One answer a path, None where h5py ended its process or took too long."""
    answers, tally = {}, Counter()
    todo = list(paths)
    while todo:
        me = [sys.executable, os.path.abspath(__file__), "serve"]
        out = subprocess.run(me, input="\n".join(todo) + "\n", capture_output=True, text=True, check=False).stdout
        lines = [json.loads(l) for l in out.splitlines() if l.endswith("}")]
        answers.update(zip(todo, lines))
        if len(lines) < len(todo):
            answers[todo[len(lines)]] = None
            tally["fell or hung"] += 1
        todo = todo[len(lines) + 1:]
    return answers, tally


def seen_by_us(paths):
    out = subprocess.run([PARTS, "hdf5"] + paths, capture_output=True, check=False).stdout.decode("utf-8", "replace")
    answers, seen = {}, None
    for line in out.splitlines():
        kind, key, value = line.split("\t")
        key, value = json.loads(key), json.loads(value)
        seen = seen or {"groups": 0, "datasets": 0, "attributes": [], "oddities": []}
        if kind == "metadata" and "@" in key and not key.endswith("/"):
            seen["attributes"].append((key, value))
        elif kind == "metadata":
            seen["groups"] += 1
        elif kind == "tensor":
            seen["datasets"] += 1
        elif kind == "oddity":
            seen["oddities"].append((key, value))
        elif kind in ("end", "failed"):
            seen["ended"] = kind
            answers[key], seen = seen, None
    return answers


def missed(theirs, ours):
    """What h5py saw and we did not. A name may hold an "@" itself, so ours is tried at each."""
    have = Counter()
    for key, value in ours["attributes"]:
        pieces = key.split("@")
        have.update({f"{plain('@'.join(pieces[i:]))}={plain(value)}" for i in range(1, len(pieces))})
    out = [f"attribute {a[:80]!r}" for a, n in Counter(theirs["attributes"]).items() if have[a] < n]
    out += [f"{k}: {theirs[k]} for {ours[k]}" for k in ("groups", "datasets") if theirs[k] > ours[k]]
    return out


REFERENCES = {"hdf5.external-file", "hdf5.external-link", "hdf5.virtual", "hdf5.user-link"}


def compare(theirs, ours, tally):
    """What is wrong about one file: all that h5py sees has to be seen where nothing but references is reported."""
    if ours is None or ours["ended"] != "end":
        tally["ours failed"] += 1
        return ["our reader ended"]
    report = [x for x in ours["oddities"] if x[0] not in HARMLESS]
    tally["nothing to report"] += not report
    if theirs is None or not theirs["opened"]:
        tally["h5py does not open"] += 1
        return []
    tally["h5py opens"] += 1
    if not all(x[0] in REFERENCES for x in report):
        return []
    tally["compared"] += 1
    told = plain(re.sub(r"\\x[0-9a-f]{2}|\\[ntr]|\\u[0-9a-f]{4}", "", " ".join(x[1] for x in report)))
    return missed(theirs, ours) + [f"leads out to {n!r}" for n in theirs["out"] if n not in told]


def examine(paths, tally):
    """How many of the files are wrong; those are kept in the folder KEEP."""
    theirs, trouble = ask_h5py(paths)
    tally.update({f"h5py {k}": v for k, v in trouble.items()})
    ours, wrong = seen_by_us(paths), 0
    for path in paths:
        bad = compare(theirs[path], ours.get(path), tally)
        if bad:
            wrong += 1
            print(f"{os.path.basename(path)}: {bad[:3]}")
        if bad and "KEEP" in os.environ:
            shutil.copy(path, os.environ["KEEP"])
        os.remove(path)
    return wrong


def make_base(folder, number):
    path = os.path.join(folder, "base.h5")
    hdf5.write(path, number)
    add_references(path, number)
    with open(path, "rb") as f:
        return f.read()


def main():
    rng = random.Random(int(SEED))
    tally, wrong, number = Counter(), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        while tally["files"] < int(FILES):
            number += 1
            data = make_base(folder, number)
            if len(data) > SIZE_MOST:
                continue
            tally["files"] += 1
            paths = []
            for i, (kind, content) in enumerate(damaged(rng, data, int(CHANGES))):
                tally[kind] += 1
                paths.append(os.path.join(folder, f"{SEED}-{number}-{i}.h5"))
                with open(paths[-1], "wb") as f:
                    f.write(content)
            wrong += sum(examine(paths[i:i + BATCH], tally) for i in range(0, len(paths), BATCH))
    print(f"damaged hdf5, seed {SEED}: " + ", ".join(f"{v} {k}" for k, v in tally.items()) + f"; {wrong} wrong")
    return bool(wrong)


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    else:
        sys.exit(main())
