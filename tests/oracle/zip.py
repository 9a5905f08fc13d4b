#!/usr/bin/env python3
"""Holds our ZIP reader against Python's zipfile and, where torch is installed, torch's.  Not part of `make test`.

    python3 tests/oracle/zip.py [--files N]

Archives in the layout of a torch checkpoint, honest ones and ones with lies in their headers.  Every member is an
inert pickle that imports a name of its own, which exists nowhere; nothing here is unpickled.

Honest archives give no finding about the archive, and all readers see the same members.  What one of the readers
sees in a member of any archive we see too: its import is among our findings.  Where the readers do not see the
same members with the same content, or one of them refuses the archive, there is a finding about the archive.
"""
import sys

sys.path = [p for p in sys.path if not p.rstrip("/").endswith("oracle")]

import argparse
import io
import json
import os
import random
import re
import struct
import subprocess
import tempfile
import zipfile
import zlib

try:
    from torch._C import PyTorchFileReader
except ImportError:
    PyTorchFileReader = None

MERLON = os.environ.get("MERLON", "build/merlon")
rng = random.Random(6)
serial = 0


def program():
    """A pickle nobody has written before."""
    global serial
    serial += 1
    return b"cnosuch\nmember%d\n." % serial


class Member:
    def __init__(self, name, data, method=0):
        self.name, self.data, self.method = name.encode(), data, method
        self.packed = zlib.compressobj(9, zlib.DEFLATED, -15) if method == 8 else None
        self.packed = self.packed.compress(data) + self.packed.flush() if self.packed else data
        if method not in (0, 8):
            box = io.BytesIO()
            with zipfile.ZipFile(box, "w", method) as z:
                z.writestr("x", data)
                start = z.getinfo("x").header_offset + 31
                self.packed = box.getvalue()[start:start + z.getinfo("x").compress_size]
        crc = zlib.crc32(data)
        self.central = {"needed": 20, "flags": 0, "method": method, "crc": crc, "packed": len(self.packed), "size": len(data), "name": self.name, "attributes": 0, "extra": b""}
        self.local = dict(self.central)
        self.listed = True
        self.follows = False


def local_header(m):
    h = m.local
    body = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", h["needed"], h["flags"], h["method"], 0, 0x21, h["crc"], h["packed"], h["size"], len(h["name"]), len(h["extra"]))
    return body + h["name"] + h["extra"]


def central_header(m, offset):
    h = m.central
    body = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, h["needed"], h["flags"], h["method"], 0, 0x21, h["crc"], h["packed"], h["size"], len(h["name"]),
                       len(h["extra"]), 0, 0, 0, h["attributes"], h.get("offset", offset))
    return body + h["name"] + h["extra"]


def archive(members, base=0, comment=b"", zip64=False, end=None):
    out, listing = b"", []
    for m in members:
        if m.listed:
            listing.append((m, base + len(out)))
        out += local_header(m) + m.packed
        if m.follows:
            out += struct.pack("<4sIII", b"PK\7\10", zlib.crc32(m.data), len(m.packed), len(m.data))
    directory = b"".join(central_header(m, at) for m, at in listing)
    at, size, count = base + len(out), len(directory), len(listing)
    out += directory
    if zip64:
        record = base + len(out)
        far = {"at": at, "size": size, "count": count, **(zip64 if isinstance(zip64, dict) else {})}
        out += struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 20, 45, 0, 0, far["count"], far["count"], far["size"], far["at"])
        out += struct.pack("<4sIQI", b"PK\6\7", 0, record, 1)
    said = {"at": at, "size": size, "count": count, **(end or {})}
    return out + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, said["count"], said["count"], said["size"], said["at"], len(comment)) + comment


def members(method=None):
    pick = lambda: rng.choice([0, 0, 8]) if method is None else method
    made = [Member("m/data.pkl", program(), pick()), Member("m/version", b"3\n")]
    made += [Member(f"m/{name}", program(), pick()) for name in rng.sample(["extra.pkl", "a/b.pkl", "code.pkl", "zz.pkl"], rng.randrange(3))]
    if rng.random() < 0.3:
        rng.shuffle(made)
    return made


def honest():
    made = members()
    for m in made:
        if rng.random() < 0.2:
            m.local["extra"] = b"FB" + struct.pack("<H", 8) + b"Z" * 8
        if rng.random() < 0.2:
            m.follows = True
            m.local.update(flags=8, crc=0, packed=0, size=0)
            m.central["flags"] = 8
    return archive(made, comment=rng.choice([b"", b"", b"a comment"]), zip64=rng.random() < 0.3)


def lie_local(made):
    m = rng.choice(made)
    field = rng.choice(["name", "flags", "method", "crc", "packed", "size", "extra"])
    m.local[field] = {"name": b"m/other.pkl", "flags": rng.choice([1, 8, 0x20, 0x40, 0x800, 0x2000]), "method": rng.choice([0, 8, 12, 99]), "crc": 7,
                      "packed": rng.choice([0, 1, 1 << 20]), "size": rng.choice([0, 1, 1 << 20]), "extra": struct.pack("<HHQQ", 1, 16, 5, 5)}[field]
    return archive(made)


def lie_central(made):
    m = rng.choice(made)
    field = rng.choice(["name", "flags", "method", "crc", "packed", "size", "needed", "offset", "extra", "attributes"])
    m.central[field] = {"name": rng.choice([b"m/other.pkl", b"m/data.pkl\0x", b"../m/x", m.name.upper(), b"m\\data.pkl", b"m/\xe9"]), "flags": rng.choice([1, 0x20, 0x40, 0x800, 0x2000]),
                        "method": rng.choice([0, 8, 12, 14, 99]), "crc": 7, "packed": rng.choice([0, 1, len(m.packed) - 1, len(m.packed) + 4, 1 << 20]),
                        "size": rng.choice([0, 1, len(m.data) - 1, len(m.data) + 4, 1 << 20]), "needed": rng.choice([64, 255]), "offset": rng.choice([0, 1, 40]),
                        "extra": rng.choice([struct.pack("<HHQQQ", 1, 24, 5, 5, 0), b"\x01\0", struct.pack("<HHBI", 0x7075, 5 + 10, 1, zlib.crc32(m.name)) + b"m/other.pk"]),
                        "attributes": 0xA1FF << 16}[field]
    return archive(made)


def lie_twice(made):
    m = rng.choice(made)
    twin = Member(rng.choice([m.name.decode(), m.name.decode().upper()]), program())
    made.insert(rng.choice([made.index(m) + 1, rng.randrange(len(made) + 1)]), twin)
    return archive(made)


def lie_around(made):
    inside = archive(made)
    other = archive(members())
    fill = rng.choice([bytes(64), b"text before it " * 5, program(), other, bytes(70000)])
    return rng.choice([lambda: fill + inside, lambda: fill + archive(made, base=len(fill)), lambda: inside + fill, lambda: other + inside,
                       lambda: archive(made, comment=other), lambda: archive(made, comment=b"PK\5\6" + bytes(18))])()


def lie_end(made):
    field = rng.choice(["at", "size", "count"])
    wrong = {field: rng.choice([0, 1, 46, 0xFFFF, 1 << 16 if field != "count" else 9])}
    return archive(made, end=wrong) if rng.random() < 0.5 else archive(made, zip64=wrong if rng.random() < 0.7 else True, end=wrong if rng.random() < 0.4 else None)


def lie_unlisted(made):
    hidden = rng.choice(made)
    hidden.listed = False
    return archive(made)


def packing():
    """No lie, but torch knows only deflate."""
    return archive(members(rng.choice([12, 14])))


def lie_anywhere(made):
    b = bytearray(archive(made))
    for _ in range(rng.randrange(1, 4)):
        b[rng.randrange(len(b))] = rng.choice([0, 1, 0xFF, rng.randrange(256)])
    return bytes(b)


LIES = [lie_local, lie_central, lie_twice, lie_around, lie_end, lie_unlisted, lie_anywhere]

# ---- readers ----


def by_zipfile(data):
    """What zipfile gives for every name, None for a member it refuses; None when it refuses the archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            return {name: read(z.read, name) for name in z.namelist() if not name.endswith("/")}
    except Exception:       # whatever it raises, it refuses
        return None


def by_torch(data):
    try:
        z = PyTorchFileReader(io.BytesIO(data))
        names = z.get_all_records()
        return {name: read(z.get_record, name) for name in names}
    except Exception:
        return None


def read(how, name):
    try:
        return bytes(how(name))
    except Exception:
        return None


def same(first, second):
    """torch gives names without the top folder."""
    if first is None or second is None:
        return first is second
    return {name.partition("/")[2]: data for name, data in first.items()} == second


# Said of an archive itself; all other findings are about what its members import.
ABOUT = re.compile(r"archive\.|file\.(malformed|unexamined|bomb|two-formats|unknown|tail|extension)|program\.nested|torch\.")


def compare(made, folder, truth, packings):
    paths = []
    for i, data in enumerate(made):
        paths.append(os.path.join(folder, f"{i:05}.pt"))
        with open(paths[-1], "wb") as f:
            f.write(data)
    out = subprocess.run([MERLON, "scan", "--report", "json", "--no-digest", folder], capture_output=True, check=False).stdout
    said = {item["path"]: item for item in json.loads(out)["items"]}
    failed = differ = 0
    for path, data in zip(paths, made):
        views = [by_zipfile(data)] + ([by_torch(data)] if PyTorchFileReader else [])
        findings = said[path]["findings"]
        imports = {n for f in findings for n in re.findall(r"nosuch\.(member\d+)", f["message"])}
        about = [f["check"] for f in findings if ABOUT.match(f["check"])]
        wanted = {n.decode() for v in views for content in (v or {}).values() for n in re.findall(rb"\Acnosuch\n(member\d+)\n\.\Z", content or b"")}
        views = views[:1] if packings else views
        refused = any(v is None or None in v.values() for v in views)
        disagree = refused or any(not same(views[0], v) for v in views[1:])
        differ += disagree
        unseen = wanted - imports and "file.unexamined" not in about
        problem = "a member is not seen" if unseen else "readers differ, and nothing is said" if disagree and not about else \
            "honest, and something is said" if truth and (about or disagree) else None
        if problem:
            failed += 1
            print("FAIL", problem, sorted(wanted - imports), [v and {n: c and c[:30] for n, c in v.items()} for v in views], about, data if len(data) < 900 else len(data))
        os.unlink(path)
    return differ, failed


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--files", type=int, default=3000)
    chosen = options.parse_args()
    failed = 0
    if not PyTorchFileReader:
        print("torch is not here: archives are held against zipfile alone")
    with tempfile.TemporaryDirectory() as folder:
        for name, how in [("honest", honest), ("honest, packed otherwise", packing)] + [(lie.__name__.replace("lie_", "with a lie: "), lie) for lie in LIES]:
            made = [how() if name.startswith("honest") else how(members()) for _ in range(chosen.files // 10)]
            differ, bad = compare(made, folder, how in (honest, packing), how is packing)
            print(f"{name}: {len(made)} archives, {differ} that readers do not see alike, {bad} failed")
            failed += bad
    total = chosen.files // 10 * (2 + len(LIES))
    print(f"{total - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
