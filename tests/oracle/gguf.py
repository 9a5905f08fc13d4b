#!/usr/bin/env python3
"""Holds our GGUF reader against the gguf package.  Not part of `make test`; `make oracle` runs it.

    build/oracle/bin/python tests/oracle/gguf.py [--files N]

Files its writer makes are clean, and have the keys, texts and tensors its reader sees.  Files with bytes changed
or cut that its reader cannot read are never clean, but for two kinds: names that are not UTF-8, about which the
reader in C does not ask, and files without any data, which are in use for vocabularies and get a note.
"""
import sys

sys.path = [p for p in sys.path if not p.rstrip("/").endswith("oracle")]   # this file's name is that of a package

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import tempfile

import gguf
import numpy

MERLON = os.environ.get("MERLON", "build/merlon")
PARTS = os.environ.get("PARTS", "build/parts")
rng = random.Random(4)
SCALARS = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64", "bool", "string"]


def text():
    return rng.choice(["", "a", "llama", "é😀", "x" * 300, "two\nlines"])


def scalar(kind):
    return {"bool": True, "string": text(), "float32": 1.5, "float64": -2.5}.get(kind, 7)


def write(path):
    writer = gguf.GGUFWriter(path, rng.choice(["llama", "gpt2", "bert"]))
    for i in range(rng.randrange(8)):
        kind = rng.choice(SCALARS)
        getattr(writer, "add_" + kind)(f"test.{kind}.{i}", scalar(kind))
    for i in range(rng.randrange(4)):
        kind = rng.choice([int, float, str, bool])
        writer.add_array(f"test.array.{i}", [kind(j) for j in range(rng.randrange(1, 9))])
    if rng.random() < 0.3:
        writer.add_custom_alignment(rng.choice([8, 16, 64, 256]))
    for i in range(rng.randrange(1, 5)):
        shape = [rng.randrange(1, 4) for _ in range(rng.randrange(0, 3))] + [32 * rng.randrange(1, 4)]
        kind = rng.choice(["float32", "float16", "int8", "int32", "float64", "q8_0", "q4_0"])
        if kind.startswith("q"):
            quantized = gguf.quants.quantize(numpy.ones(shape, "float32"), getattr(gguf.GGMLQuantizationType, kind.upper()))
            writer.add_tensor(f"blk.{i}.weight", quantized, raw_dtype=getattr(gguf.GGMLQuantizationType, kind.upper()))
        else:
            writer.add_tensor(f"blk.{i}.weight", numpy.ones(shape, kind))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def theirs(path):
    reader = gguf.GGUFReader(path)
    found = {("tensor", t.name, "") for t in reader.tensors}
    for key, field in reader.fields.items():
        if key.startswith("GGUF."):
            continue
        is_text = field.types == [gguf.GGUFValueType.STRING]
        found.add(("metadata", key, field.contents() if is_text else None))
    return found


def ours(path, texts):
    out = subprocess.run([PARTS, "gguf", path], capture_output=True, check=False, text=True).stdout
    found = set()
    for row in out.split("\n")[:-1]:
        kind, name, value = row.split("\t")
        name = json.loads(name)
        if kind == "tensor":
            found.add((kind, name, ""))
        elif kind == "metadata":
            found.add((kind, name, json.loads(value) if name in texts else None))
    return found


def too_slow(*_):
    raise TimeoutError


def refused(path):
    signal.signal(signal.SIGALRM, too_slow)
    signal.setitimer(signal.ITIMER_REAL, 2)
    try:
        theirs(path)
        return ""
    except (TimeoutError, MemoryError):
        return ""               # it may get through it, given more
    except Exception as e:      # whatever it raises, it cannot read the file
        return "" if isinstance(e, UnicodeDecodeError) else repr(e)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--files", type=int, default=100)
    chosen = options.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))      # its reader believes every count
    compared = failed = refusals = 0
    with tempfile.TemporaryDirectory() as folder:
        honest, broken = os.path.join(folder, "honest"), os.path.join(folder, "broken")
        os.mkdir(honest)
        os.mkdir(broken)
        for i in range(chosen.files):
            path = os.path.join(honest, f"{i}.gguf")
            write(path)
            reference = theirs(path)
            same = ours(path, {key for kind, key, value in reference if value is not None and kind == "metadata"}) == reference
            compared += 1
            failed += not same
            if not same:
                print("FAIL other keys, texts or tensors", path)
            with open(path, "rb") as f:
                data = f.read()
            for j in range(10):
                b = bytearray(data)
                b[rng.randrange(min(len(b), 700))] = rng.randrange(256)
                with open(os.path.join(broken, f"{i}-{j}.gguf"), "wb") as f:
                    f.write(b if rng.random() < 0.8 else b[:rng.randrange(len(b))])
        out = subprocess.run([MERLON, "scan", "--report", "json", "--no-digest", folder], capture_output=True, check=False).stdout
        for item in json.loads(out)["items"]:
            bad = "" if any(f["check"] == "gguf.no-data" for f in item["findings"]) else refused(item["path"])
            refusals += bad != ""
            compared += 1
            wrong = (item["path"].startswith(honest) and item["verdict"] != "clean") or (bad and item["verdict"] == "clean")
            failed += bool(wrong)
            if wrong:
                print("FAIL", item["path"], item["verdict"], item["why"], bad)
    print(f"gguf: {chosen.files} files as written, {chosen.files * 10} with bytes changed or cut, {refusals} of them refused by the reader of gguf")
    print(f"{compared - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
