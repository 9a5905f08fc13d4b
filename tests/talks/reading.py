#!/usr/bin/env python3
"""reading.py MERLON FOLDER: a verdict reads the program of a checkpoint, not its weights, by the kernel's account; and what only
passes for weights is found all the same, in files so large that weights are looked at by copies of their ends."""

import pathlib
import subprocess
import sys
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "bench"))
import cache
import workloads

MERLON, FOLDER = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve() / "reading"


NOISE = bytes(range(0x99, 0xC2)) * 4096         # no text, no opcode, no field of a message
RUNS = b"cposix\nsystem\n(S'true'\ntR."


def verdict_of(storage, damage=None):
	"""Of a checkpoint with this storage among others: clean weights, but for it."""
	path = FOLDER / "weights.pt"
	with zipfile.ZipFile(path, "w") as archive:
		for name, content in [("data.pkl", b"\x80\x02}."), ("data/0", NOISE), ("data/1", storage), ("data/2", NOISE), ("version", b"3\n")]:
			archive.writestr(f"archive/{name}", content)
	if damage:
		content = path.read_bytes()
		path.write_bytes(content.replace(*damage, 1))
	ran = subprocess.run([str(MERLON), "scan", "--no-digest", "--report", "lines", str(path)], capture_output=True, text=True)
	path.unlink()
	return ran.stdout


def hidden():
	"""What each storage, or lie about one, has to be told from weights by."""
	inner = FOLDER / "inner.zip"
	with zipfile.ZipFile(inner, "w") as archive:
		archive.writestr("x.pkl", RUNS)
	return {
		"nothing": (verdict_of(NOISE), "clean"),
		"a pickle": (verdict_of(RUNS + NOISE), "import.dangerous"),
		"a pickle of protocol 4": (verdict_of(b"\x80\x04" + RUNS + NOISE), "import.dangerous"),
		"an archive at the end": (verdict_of(NOISE + inner.read_bytes()), "import.dangerous"),
		"a local header with another name": (verdict_of(NOISE, (b"archive/data/1", b"archive/data/!")), "archive.header"),
		"a program": (verdict_of(b"\x7fELF\2\1\1" + NOISE), "file.unexamined"),
	}


def main():
	FOLDER.mkdir(parents=True, exist_ok=True)
	told = hidden()
	failed = [name for name, (said, expected) in told.items() if expected not in said]
	for name in failed:
		print(f"FAIL {name} among weights: {told[name]}")
	path = workloads.checkpoint(FOLDER, size=40_000_000, tensors=20)["path"]
	size, left = pathlib.Path(path).stat().st_size, cache.drop(path)
	if left > size // 100:
		print(f"{len(told) - len(failed)} passed, {len(failed)} failed, 1 skipped")        # this file system keeps what it is told to forget
		return bool(failed)
	subprocess.run([str(MERLON), "scan", "--no-digest", path], stdout=subprocess.DEVNULL, check=True)
	share = (cache.resident(path) - left) / size
	good = 0 < share < 0.01
	if not good:
		print(f"FAIL a verdict reads less than a hundredth of a checkpoint: {share:.2%}")
	pathlib.Path(path).unlink()
	bad = len(failed) + (not good)
	print(f"{len(told) + 1 - bad} passed, {bad} failed")
	return bool(bad)


if __name__ == "__main__":
	sys.exit(main())
