"""What the bench scans, made anew from fixed seeds; all of it is honest."""

import collections
import pathlib
import pickle
import random
import shutil


def fresh(folder, name):
	path = folder / name
	shutil.rmtree(path, ignore_errors=True)
	path.mkdir(parents=True)
	return path


def small_pickle(rng, number):
	settings = collections.OrderedDict(name=f"model-{number}", layers=rng.randint(1, 40), rate=rng.random(), labels=[f"label-{rng.randint(0, 99)}" for _ in range(rng.randint(2, 12))])
	return pickle.dumps(settings, protocol=rng.choice([2, 4]))


def small_pickles(folder, count=20_000):
	path, rng = fresh(folder, "small"), random.Random(1)
	for number in range(count):
		part = path / f"{number // 1000:02}"
		part.mkdir(exist_ok=True)
		(part / f"{number}.pkl").write_bytes(small_pickle(rng, number))
	return path, count


def one_small(folder):
	path = folder / "one.pkl"
	path.write_bytes(small_pickle(random.Random(1), 0))
	return path


def dense_pickle(folder):
	"""Rows of small tuples in shared dictionaries: the shape of a vocabulary with its counts."""
	path, rng = pathlib.Path(folder) / "dense.pkl", random.Random(2)
	rows = [{"token": i, "pairs": (rng.randint(0, 200), rng.randint(0, 60000)), "seen": rng.random() < 0.5} for i in range(400_000)]
	with open(path, "wb") as out:
		pickle.dump(rows, out, protocol=4)
	return path, count_opcodes(path)


def count_opcodes(path):
	import pickletools
	return sum(1 for _ in pickletools.genops(path.read_bytes()))
