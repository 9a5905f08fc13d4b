#!/usr/bin/env python3
"""reading.py MERLON FOLDER: a verdict reads the program of a checkpoint, not its weights, by the kernel's account."""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "bench"))
import cache
import workloads

MERLON, FOLDER = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve() / "reading"


def main():
	FOLDER.mkdir(parents=True, exist_ok=True)
	path = workloads.checkpoint(FOLDER, size=40_000_000, tensors=20)["path"]
	size, left = pathlib.Path(path).stat().st_size, cache.drop(path)
	if left > size // 100:
		print("0 passed, 0 failed, 1 skipped")        # this file system keeps what it is told to forget
		return 0
	subprocess.run([str(MERLON), "scan", "--no-digest", path], stdout=subprocess.DEVNULL, check=True)
	share = (cache.resident(path) - left) / size
	good = 0 < share < 0.01
	if not good:
		print(f"FAIL a verdict reads less than a hundredth of a checkpoint: {share:.2%}")
	pathlib.Path(path).unlink()
	print(f"{int(good)} passed, {int(not good)} failed")
	return not good


if __name__ == "__main__":
	sys.exit(main())
