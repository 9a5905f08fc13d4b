#!/usr/bin/env python3
"""Holds our pickle machine against the unpicklers of CPython.  Not part of `make test`; `make oracle` runs it.

    python3 tests/oracle/pickle.py [--streams N] [--seed N] [--corpus FOLDER]...

Seeded random streams of all 68 opcodes, mutations of them and of the files in the corpus folders are read
by the C unpickler and by the one written in Python, as programs read files: from memory, from a buffered
file, stream after stream with one unpickler or with a new one each, with every text encoding in use.
Nothing is resolved or called: find_class and persistent_load are replaced, every name becomes a stand-in
that notes what is done to it.

Whatever a reader imports, calls, fills or asks for before it stops must be among our events.  Where it is
not, the file must at least be inconclusive or dangerous; such streams are counted, not passed over.
"""
import sys

sys.path = [p for p in sys.path if not p.rstrip("/").endswith("oracle")]   # this file's name is that of a module

import _compat_pickle
import _pickle
import argparse
import copyreg
import io
import json
import os
import pickle
import random
import re
import resource
import signal
import subprocess
import tempfile
import warnings
import zipfile

MERLON = os.environ.get("MERLON", "build/merlon")
PARTS = os.environ.get("PARTS", "build/parts")
BATCH = 2000

# ---- readers ----

seen = set()        # of the reader that runs: (kind, "module name")


class Standin(type):
    """Stands for an import, and for all that comes of it; a class, so that every opcode takes it."""

    def __call__(cls, *args, **keywords):
        return note(cls, "call")

    def __setstate__(cls, state):
        note(cls, "state")

    def append(cls, item):
        note(cls, "items")

    def extend(cls, items):
        note(cls, "items")

    def add(cls, item):
        note(cls, "items")

    def __setitem__(cls, key, value):
        note(cls, "items")


def standin(origin):
    return Standin("standin", (), {"origin": origin, "__new__": lambda cls, *args, **keywords: note(cls, "call")})


def note(cls, kind):
    seen.add((kind, cls.origin))
    return standin(cls.origin) if kind == "call" else None


def written(name):
    return "%s %s" % name


def mapped(module, name, protocol):
    if protocol < 3:
        if (module, name) in _compat_pickle.NAME_MAPPING:
            return _compat_pickle.NAME_MAPPING[(module, name)]
        module = _compat_pickle.IMPORT_MAPPING.get(module, module)
    return module, name


class Names:
    """What both unpicklers are told to do instead of importing."""

    def find_class(self, module, name):
        if module.startswith("extension"):
            seen.add(("extension", "extension " + name))
            return standin("extension " + name)
        seen.add(("import", written((module, name))))
        if hasattr(self, "proto"):
            seen.add(("resolved", written(mapped(module, name, self.proto))))
        return standin(written((module, name)))

    def persistent_load(self, pid):
        seen.add(("persistent", ""))
        return standin("persistent")


class InC(Names, _pickle.Unpickler):
    pass


class InPython(Names, pickle._Unpickler):
    pass


EXTENSIONS = {1: "1", 2: "2", 300: "300", 70000: "70000"}
for code, name in EXTENSIONS.items():
    copyreg.add_extension("extension", name, code)


def too_slow(*_):
    raise TimeoutError


signal.signal(signal.SIGALRM, too_slow)
warnings.simplefilter("ignore")
sys.unraisablehook = lambda _: None     # a buffer that outlives its bytearray, and the like


def read_all(unpickler, opened, encoding, one):
    """Loads until nothing is left or a load fails; what happened is in `seen`. Returns how many loads were whole."""
    whole = 0
    reader = None
    signal.setitimer(signal.ITIMER_REAL, 2)
    try:
        while whole < 50:
            copyreg._extension_cache.clear()
            if reader is None or not one:
                reader = unpickler(opened, encoding=encoding, buffers=iter([b"buffer"] * 4))
            reader.load()
            whole += 1
    except Exception:       # whatever stops the reader stops it
        pass
    signal.setitimer(signal.ITIMER_REAL, 0)
    return whole


# Every way is in use somewhere: pickle.load, joblib, torch, numpy, loops over a file.
READERS = [(unpickler, opened, encoding, one)
           for unpickler in (InC, InPython) for opened in ("memory", "buffered")
           for encoding, one in (("ASCII", False), ("ASCII", True), ("UTF-8", False), ("latin1", False), ("bytes", False))
           if unpickler is InC or (opened == "memory" and encoding in ("ASCII", "latin1"))]


def events_of(data):
    """What any reader does with these bytes, and how many of the readers got through the first stream."""
    union = {}      # event: the first reader that sees it
    whole = 0
    for unpickler, opened, encoding, one in READERS:
        seen.clear()
        raw = io.BytesIO(data)
        whole += read_all(unpickler, raw if opened == "memory" else io.BufferedReader(raw, len(data) + 16), encoding, one) > 0
        for event in seen:
            union.setdefault(event, f"{unpickler.__name__} {opened} {encoding} {'again' if one else 'anew'}")
    return union, whole


# ---- streams ----

NAMES = [("nosuch", "Thing"), ("nosuch.deep", "other"), ("collections", "OrderedDict"), ("collections", "Counter"), ("numpy", "dtype"),
         ("__builtin__", "list"), ("__builtin__", "xrange"), ("copy_reg", "_reconstructor"), ("UserDict", "UserDict"), ("builtins", "set"),
         ("itertools", "izip"), ("nosuch\r", "Thing"), ("nosuch", "a.b"), ("nosuché", "ü"), ("urllib", "quote"), ("", "x"), ("nosuch", "")]
NUMBERS = ["0", "1", "00", "01", "7", "-3", "0x10", "0o17", "0b11", "010", " 1", "+1", "1 ", "1_0", "1__0", "_1", "1L", "0x1L", "12L", "L", "", "-", "1\0", "1\0x",
           "\0", "99999999999999999999", "1e3", "abc", "\t2\t", "0_1", "00000", "-0", "0x", "0x_1", "1\x0b", "1\x85", "1\xa0", "٣"]
FLOATS = ["1.5", "-0.0", "inf", "nan", "1e400", "1_0.5", " 1.5", "1.5 ", "1.5\0", "0x1p3", "", ".5", "5.", "1e", "infinity", "-NaN", "1_000.0_1", "1._5", "1.5\x0b"]
STRINGS = ["'a'", '"a"', "'a", "a", "'\\x41'", "'\\x4'", "'\\101'", "'a'b'", "''", "'é'", "'\\", "'\\\\'", "'nosuch'", "'Thing'", "'a' ", "'\\N{x}'", "'", "\"'", "'\\777'"]
UNICODES = ["a", "\\u0041", "\\u004", "\\U00000041", "\\U00110000", "é", "", "nosuch", "\\\\u0041", "\\", "\\x41", "Thing", "\\ud800"]
WORDS = [b"nosuch", b"Thing", b"other", b"collections", b"OrderedDict", b"", b"a.b", "é".encode(), b"\xe9", b"\xed\xa0\x80", b"\n", b"x" * 300]

rng = random.Random(0)


def le(value, width):
    return (value & ((1 << 8 * width) - 1)).to_bytes(width, "little")


def line(choices):
    return rng.choice(choices).encode("utf-8" if rng.random() < 0.7 else "latin1", "replace") + b"\n"


def length(real, width):
    """Of what follows; now and then a lie."""
    lie = rng.random()
    if lie < 0.97:
        return le(real, width)
    return le(rng.choice([real + 1, real + 5, -1, 1 << 31, max(real - 1, 0), 1 << 62]), width)


def sized(width, body=None):
    body = rng.choice(WORDS) if body is None else body
    body = body[:255] if width == 1 else body
    return length(len(body), width) + body


def import_lines():
    module, name = rng.choice(NAMES[:12] if rng.random() < 0.9 else NAMES)
    return module.encode() + b"\n" + name.encode() + b"\n"


def slot(width):
    return le(rng.choice([0, 1, 2, 3, 4, 5, 255, 256, 65536]) if rng.random() < 0.3 else rng.randrange(4), width)


def slot_line():
    return (str(rng.randrange(5)) + "\n").encode() if rng.random() < 0.8 else line(NUMBERS)


NOTHING = lambda: b""
# opcode: (argument, values it takes, values it leaves); "M" down to the mark
OPCODES = {
    b"(": (NOTHING, 0, "mark"), b"0": (NOTHING, 1, 0), b"1": (NOTHING, "M", 0), b"2": (NOTHING, 1, 2),
    b"F": (lambda: line(FLOATS), 0, 1), b"I": (lambda: line(NUMBERS), 0, 1), b"L": (lambda: line(NUMBERS), 0, 1),
    b"J": (lambda: le(rng.randrange(-9, 9), 4), 0, 1), b"K": (lambda: le(rng.randrange(256), 1), 0, 1), b"M": (lambda: le(rng.randrange(9), 2), 0, 1),
    b"\x8a": (lambda: sized(1, rng.choice([b"", b"\1", b"\xff" * 9])), 0, 1), b"\x8b": (lambda: sized(4, b"\2\1"), 0, 1),
    b"G": (lambda: bytes(8), 0, 1), b"N": (NOTHING, 0, 1), b"\x88": (NOTHING, 0, 1), b"\x89": (NOTHING, 0, 1),
    b"S": (lambda: line(STRINGS), 0, 1), b"T": (lambda: sized(4), 0, 1), b"U": (lambda: sized(1), 0, 1),
    b"V": (lambda: line(UNICODES), 0, 1), b"\x8c": (lambda: sized(1), 0, 1), b"X": (lambda: sized(4), 0, 1), b"\x8d": (lambda: sized(8), 0, 1),
    b"C": (lambda: sized(1), 0, 1), b"B": (lambda: sized(4), 0, 1), b"\x8e": (lambda: sized(8), 0, 1), b"\x96": (lambda: sized(8), 0, 1),
    b"\x97": (NOTHING, 0, 1), b"\x98": (NOTHING, 1, 1),
    b"]": (NOTHING, 0, 1), b"a": (NOTHING, 2, 1), b"e": (NOTHING, "M1", 1), b"l": (NOTHING, "M", 1),
    b")": (NOTHING, 0, 1), b"t": (NOTHING, "M", 1), b"\x85": (NOTHING, 1, 1), b"\x86": (NOTHING, 2, 1), b"\x87": (NOTHING, 3, 1),
    b"}": (NOTHING, 0, 1), b"d": (NOTHING, "M", 1), b"s": (NOTHING, 3, 1), b"u": (NOTHING, "M1", 1),
    b"\x8f": (NOTHING, 0, 1), b"\x90": (NOTHING, "M1", 1), b"\x91": (NOTHING, "M", 1),
    b"g": (slot_line, 0, 1), b"h": (lambda: slot(1), 0, 1), b"j": (lambda: slot(4), 0, 1),
    b"p": (slot_line, 1, 1), b"q": (lambda: slot(1), 1, 1), b"r": (lambda: slot(4), 1, 1), b"\x94": (NOTHING, 1, 1),
    b"\x82": (lambda: le(rng.choice([1, 2, 2, 0, 9]), 1), 0, 1), b"\x83": (lambda: le(rng.choice([1, 300]), 2), 0, 1),
    b"\x84": (lambda: le(rng.choice([1, 70000, -1]), 4), 0, 1),
    b"c": (import_lines, 0, 1), b"\x93": (NOTHING, 2, 1), b"R": (NOTHING, 2, 1), b"b": (NOTHING, 2, 1),
    b"i": (import_lines, "M", 1), b"o": (NOTHING, "M", 1), b"\x81": (NOTHING, 2, 1), b"\x92": (NOTHING, 3, 1),
    b"\x80": (lambda: le(rng.choice([0, 1, 2, 3, 4, 5, 5, 6]), 1), 0, 0), b"\x95": (lambda: le(rng.choice([0, 1, 2, 5, 9, 30, 1 << 40]), 8), 0, 0),
    b"P": (lambda: line(["pid", "é", ""]), 0, 1), b"Q": (NOTHING, 1, 1), b".": (NOTHING, 1, 0),
}
assert len(OPCODES) == 68


def push_name():
    """What leads to events: an import, by one of its ways."""
    way = rng.random()
    if way < 0.5:
        return b"c" + import_lines()
    module, name = (s.encode() for s in rng.choice(NAMES[:12]))
    push = lambda b: rng.choice([lambda: b"\x8c" + sized(1, b), lambda: b"X" + sized(4, b), lambda: b"V" + b + b"\n",
                                 lambda: b"U" + sized(1, b), lambda: b"S'" + b + b"'\n"])()
    junk = rng.choice([b"", b"", b"K\0000", b"(1", b"q\5", b"\x94", b"20"])
    return push(module) + junk + push(name) + b"\x93"


def use():
    """A call or a change, of one of the many kinds, with a value that fits, mostly."""
    args = rng.choice([b")", b"N\x85", b"]", b"}", b"\x8c\2ab", b"K\1\x85", b"(K\1K\2t", b"\x8f", b"K\7", b"C\2ab", b"c" + import_lines(), b"h\0"])
    return rng.choice([args + b"R", args + b"\x81", args + b"}\x92", args + b"b", b"K\1a", b"(K\1K\2e", b"K\1K\2s", b"(K\1K\2u", b"(K\1u", b"(K\1\x90", b"(e", b"(u",
                       b"(\x90", b"(" + push_name() + args + b"o", b"0(" + b"K\1i" + import_lines(), b"Q", args + b"R0" + push_name(), b"\x82\2"])


def opcode(depth, marks):
    """One that the stack allows, mostly."""
    while True:
        op = rng.choice(list(OPCODES))
        argument, takes, leaves = OPCODES[op]
        fits = marks if isinstance(takes, str) else depth >= takes
        if (fits and op != b".") or rng.random() < 0.01:
            return op + argument(), takes, leaves


def body():
    out, depth, marks = [], 0, []
    for _ in range(rng.randrange(1, 25)):
        kind = rng.random()
        if kind < 0.2:
            out.append(push_name())
            depth += 1
        elif kind < 0.4 and depth > 0:
            out.append(use())
        else:
            op, takes, leaves = opcode(depth, marks)
            out.append(op)
            if isinstance(takes, str):
                depth = max(marks.pop() - (takes == "M1"), 0) if marks else depth
            else:
                depth = max(depth - takes, 0)
            if leaves == "mark":
                marks.append(depth)
            else:
                depth += leaves
    if depth == 0 or (marks and marks[-1] == depth):
        out.append(b"N")
    return out


def framed(ops):
    """Some of the opcodes in a frame, of the right length or nearly."""
    begin = rng.randrange(len(ops))
    end = rng.randrange(begin, len(ops)) + 1
    inside = b"".join(ops[begin:end])
    size = len(inside) + (rng.choice([0, 0, 0, 1, -1, 3, -4, 12]))
    return ops[:begin] + [b"\x95" + le(max(size, 0), 8)] + ops[begin:end] + ops[end:]


def stream():
    ops = body()
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2])):
        ops = framed(ops)
    protocol = rng.choice([None, 2, 3, 4, 5])
    if protocol is not None:
        ops.insert(0, bytes((0x80, protocol)))
    return b"".join(ops) + b"."


def file_of_streams():
    out = b"".join(stream() for _ in range(rng.choice([1, 1, 1, 1, 2, 3])))
    return out[:rng.randrange(1, len(out))] if rng.random() < 0.05 else out


def mutated(data):
    b = bytearray(data)
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(b) + 1)
        what = rng.random()
        if what < 0.35 and at < len(b):
            b[at] = rng.choice(list(OPCODES))[0] if rng.random() < 0.6 else rng.randrange(256)
        elif what < 0.5:
            del b[at:at + rng.randrange(1, 4)]
        elif what < 0.7:
            b[at:at] = rng.choice([rng.choice(list(OPCODES)), push_name(), use(), bytes((rng.randrange(256),))])
        elif what < 0.85:
            other = rng.randrange(len(b) + 1)
            b[at:at] = b[other:other + rng.randrange(1, 30)]
        else:
            op = rng.choice(list(OPCODES))
            b[at:at] = op + OPCODES[op][0]()
    return bytes(b[:1 << 16])


def corpus(folders):
    """Pickles of these folders, also out of archives."""
    found = []
    for folder in folders:
        for root, _, files in sorted(os.walk(folder)):
            for name in sorted(files):
                with open(os.path.join(root, name), "rb") as f:
                    data = f.read()
                try:
                    with zipfile.ZipFile(io.BytesIO(data)) as z:
                        found += [z.read(n) for n in z.namelist() if n.endswith("pkl")]
                except Exception:       # no archive, or one zipfile refuses
                    if name.endswith((".pkl", ".pickle", ".bin", ".pt", ".npy", ".joblib")):
                        found.append(data)
    return [d for d in found if 0 < len(d) < 1 << 20]


# ---- ours ----

NOT_ASCII = re.compile(r"[^\x01-\x7f]+|\\u[0-9a-f]{4}")


def plainly(name):
    return NOT_ASCII.sub("?", name)


def our_events(paths):
    """Of each file: the events and oddities that the formats find which read pickles."""
    both = zip(*(events_as(form, paths) for form in ("pickle", "pytorch-legacy")))
    return [tuple(a | b for a, b in zip(*pair)) for pair in both]


def events_as(form, paths):
    out = subprocess.run([PARTS, form, *paths], capture_output=True, check=False, text=True).stdout
    found, events, oddities = [], set(), set()
    for row in out.split("\n")[:-1]:
        kind, name, value = row.split("\t")
        if kind in ("end", "failed"):
            found.append((events, oddities))
            events, oddities = set(), set()
        elif kind == "oddity":
            oddities.add(json.loads(value))
        else:
            name, value = json.loads(name), json.loads(value)
            events.add((kind, plainly(name)))
            if kind == "import":
                events.add(("resolved", plainly(value)))
    assert len(found) == len(paths), "parts ended early"
    return found


def verdicts(folder):
    out = subprocess.run([MERLON, "scan", "--report", "json", "--no-digest", folder], capture_output=True, check=False).stdout
    return {item["path"]: item["verdict"] for item in json.loads(out)["items"]}


def is_known(event, ours):
    """Something computed stands for any name: it is dangerous wherever it is imported."""
    return event in ours or event[1].startswith("unknown")


class Count:
    def __init__(self):
        self.streams = self.whole = self.eventful = self.events = self.told = self.failed = 0


def compare(batch, folder, count):
    paths = []
    for i, data in enumerate(batch):
        paths.append(os.path.join(folder, f"{i:05}.pkl"))
        with open(paths[-1], "wb") as f:
            f.write(data)
    theirs = [events_of(data) for data in batch]
    said = verdicts(folder)
    for path, data, (events, whole), (ours, oddities) in zip(paths, batch, theirs, our_events(paths)):
        events = {(kind, plainly(name)): reader for (kind, name), reader in events.items()}
        missed = sorted(e + (reader,) for e, reader in events.items() if not is_known(e, ours))
        count.streams += 1
        count.whole += whole > 0
        count.eventful += bool(events)
        count.events += len(events)
        if missed and said[path] in ("inconclusive", "dangerous"):
            count.told += 1
        elif missed:
            count.failed += 1
        if missed and (count.failed + count.told <= 10 or said[path] not in ("inconclusive", "dangerous")):
            print("FAIL" if said[path] in ("clean", "suspicious") else "told", said[path], missed[:3], oddities, data[:400])
    for path in paths:
        os.unlink(path)


def make(kind, seeds):
    if kind == "random":
        return file_of_streams()
    return mutated(rng.choice(seeds) if kind == "corpus" else file_of_streams())


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--streams", type=int, default=24000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--corpus", action="append", default=[])
    chosen = options.parse_args()
    rng.seed(chosen.seed)
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))      # one opcode can ask for any amount
    seeds = corpus(chosen.corpus)
    plan = {"random": chosen.streams // 2, "mutated": chosen.streams // (4 if seeds else 2), "corpus": chosen.streams // 4 if seeds else 0}
    failed = streams = 0
    with tempfile.TemporaryDirectory() as folder:
        for kind, total in [("as found", len(seeds))] + list(plan.items()):
            count = Count()
            for begin in range(0, total, BATCH):
                size = min(BATCH, total - begin)
                batch = seeds[begin:begin + size] if kind == "as found" else [make(kind, seeds) for _ in range(size)]
                compare(batch, folder, count)
            if total:
                print(f"{kind}: {count.streams} files, {count.whole} with a stream some reader finishes, {count.eventful} in which one imports or calls, "
                      f"{count.events} events; {count.told} with an event we do not see and a verdict that says so, {count.failed} without")
            failed += count.failed
            streams += count.streams
    print(f"{streams - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
