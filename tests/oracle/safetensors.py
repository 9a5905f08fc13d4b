#!/usr/bin/env python3
"""Holds our safetensors reader against the reference.  Not part of `make test`; `make oracle` runs it.

    build/oracle/bin/python tests/oracle/safetensors.py [--files N] [--corpus FOLDER]

Generated files, files of the corpus and mutations of both: what the reference refuses is never clean here, and
what it accepts is clean here, but for what we refuse on purpose (STRICTER).  Of files both accept, the tensors
have the same names.
"""
import sys

sys.path = [p for p in sys.path if not p.rstrip("/").endswith("oracle")]   # this file's name is that of a package

import argparse
import json
import os
import random
import resource
import struct
import subprocess
import tempfile

import safetensors

MERLON = os.environ.get("MERLON", "build/merlon")
PARTS = os.environ.get("PARTS", "build/parts")
# The reference takes the last of two equal keys; other readers take the first.
STRICTER = {"tensors.duplicate"}
DTYPES = {"BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2, "I32": 4, "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8, "C64": 8}
rng = random.Random(3)


def packed(header, data):
    text = header if isinstance(header, bytes) else json.dumps(header, separators=rng.choice([(",", ":"), (", ", ": ")])).encode()
    if rng.random() < 0.7:      # of any length, whose bytes may be how some other format begins
        text += b" " * ((-len(text) % 8) + 8 * rng.choice([0, 0, rng.randrange(200)]))
    return struct.pack("<Q", len(text)) + text + data


def honest():
    header, at = {}, 0
    if rng.random() < 0.4:
        header["__metadata__"] = {f"k{i}": rng.choice(["v", "", "é", "\u0000", "😀"]) for i in range(rng.randrange(3))}
    for i in range(rng.randrange(5)):
        dtype = rng.choice(list(DTYPES))
        shape = [rng.randrange(4) for _ in range(rng.randrange(4))]
        size = DTYPES[dtype]
        for side in shape:
            size *= side
        header[rng.choice([f"t{i}", f"läyer.{i}", f"a/b\"{i}"])] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    if rng.random() < 0.3:
        items = list(header.items())
        rng.shuffle(items)
        header = dict(items)
    text = json.dumps(header)
    if header and rng.random() < 0.05:
        text = "{" + text[1:-1] + ", " + text[1:]       # every key twice
    return packed(text.encode() if rng.random() < 0.5 else header, bytes(at))


WORDS = [b'"dtype"', b'"shape"', b'"data_offsets"', b'"__metadata__"', b'"F32"', b'"F4"', b'"F6_E2M3"', b'"F8_E8M0"', b'"f32"', b"null", b"true", b"[]", b"{}", b'""', b"-1", b"1.0", b"1e1", b"0",
         b"01", b"18446744073709551615", b"18446744073709551616", b",", b":", b'"', b"\\u0041", b"\\ud800", b"\\/", b"\xff", b"\xed\xa0\x80", b"\n", b"\t", b"\x0b", b"/**/", b'"x":1,', b"+1", b"-0", b"[1,2]", b"\x00", b"1e400"]


def mutated(data):
    """Mostly the header changes; its length is then put right, mostly."""
    length = int.from_bytes(data[:8], "little")
    if length > len(data) - 8 or rng.random() < 0.15:
        b = bytearray(data)
        for _ in range(rng.randrange(1, 3)):
            if b:
                b[rng.randrange(len(b))] = rng.randrange(256)
        return bytes(b[:rng.randrange(len(b) + 1)] if rng.random() < 0.3 else b)
    header, body = bytearray(data[8:8 + length]), data[8 + length:]
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(header) + 1)
        what = rng.random()
        if what < 0.3 and at < len(header):
            header[at] = rng.choice(b'0123456789{}[]":, abFtU\\') if rng.random() < 0.8 else rng.randrange(256)
        elif what < 0.5:
            del header[at:at + rng.randrange(1, 5)]
        elif what < 0.8:
            header[at:at] = rng.choice(WORDS)
        else:
            other = rng.randrange(len(header) + 1)
            header[at:at] = header[other:other + rng.randrange(1, 40)]
    if rng.random() < 0.2:
        body = rng.choice([body[:-1], body + b"\0", body + bytes(8), b""])
    return (struct.pack("<Q", len(header)) if rng.random() < 0.95 else data[:8]) + bytes(header) + body


def theirs(data):
    """The names of the tensors, or None."""
    try:
        return {name for name, _ in safetensors.deserialize(data)}
    except Exception:       # whatever it raises, it refuses
        return None


def ours(folder):
    out = subprocess.run([MERLON, "scan", "--report", "json", "--no-digest", folder], capture_output=True, check=False).stdout
    return {item["path"]: item for item in json.loads(out)["items"]}


def our_names(paths):
    out = subprocess.run([PARTS, "safetensors", *paths], capture_output=True, check=False, text=True).stdout
    found, names = [], set()
    for row in out.split("\n")[:-1]:
        kind, name, _ = row.split("\t")
        if kind in ("end", "failed"):
            found.append(names)
            names = set()
        elif kind == "tensor":
            names.add(json.loads(name))
    return dict(zip(paths, found))


def compare(made, folder):
    paths = []
    for i, data in enumerate(made):
        paths.append(os.path.join(folder, f"{i:05}.safetensors"))
        with open(paths[-1], "wb") as f:
            f.write(data)
    said, names = ours(folder), our_names(paths)
    accepted = stricter = failed = 0
    for path, data in zip(paths, made):
        reference, item = theirs(data), said[path]
        clean = item["verdict"] == "clean"
        accepted += reference is not None
        on_purpose = not clean and reference is not None and any(f["check"] in STRICTER for f in item["findings"])
        stricter += on_purpose
        if (clean != (reference is not None) and not on_purpose) or (clean and names[path] != reference):
            failed += 1
            print("FAIL", "reference accepts" if reference is not None else "reference refuses", item["verdict"], item["why"], data[:300])
        os.unlink(path)
    return accepted, stricter, failed


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--files", type=int, default=8000)
    options.add_argument("--corpus")
    chosen = options.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    seeds = []
    if chosen.corpus:
        for name in sorted(n for n in os.listdir(chosen.corpus) if n.endswith(".safetensors")):
            with open(os.path.join(chosen.corpus, name), "rb") as f:
                seeds.append(f.read())
    made = list(seeds) + [honest() for _ in range(chosen.files // 4)]
    small = [s for s in made if 8 < len(s) < 1 << 16]
    made += [mutated(rng.choice(small)) for _ in range(chosen.files * 3 // 4)]
    with tempfile.TemporaryDirectory() as folder:
        accepted, stricter, failed = compare(made, folder)
    print(f"safetensors {safetensors.__version__}: {len(made)} files, {len(seeds)} of them of the corpus, {accepted} accepted by the reference, "
          f"{stricter} of these refused here on purpose")
    print(f"{len(made) - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
