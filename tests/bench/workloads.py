#!/usr/bin/env python3
"""workloads.py NAME FOLDER: make what the bench scans, anew from fixed seeds; all of it is honest.

A program of its own, so that the bench which measures stays small: a child's peak of memory counts from its parent's.
Prints what it made as JSON: the path to scan and what there is to count.
"""

import collections
import json
import os
import pathlib
import pickle
import pickletools
import random
import shutil
import struct
import sys
import types
import zipfile


def fresh(folder, name):
	path = folder / name
	shutil.rmtree(path, ignore_errors=True)
	path.mkdir(parents=True)
	return path


def small_pickle(rng, number, most=12):
	"""Settings and labels of a model; how many labels is spread evenly over their logarithm."""
	labels = [f"label-{rng.randint(0, 9999)}" for _ in range(int(2 * (most / 2) ** rng.random()))]
	settings = collections.OrderedDict(name=f"model-{number}", layers=rng.randint(1, 40), rate=rng.random(), labels=labels)
	return pickle.dumps(settings, protocol=rng.choice([2, 4]))


def pickles(path, count, most):
	rng, size = random.Random(1), 0
	for number in range(count):
		part = path / f"{number // 1000:02}"
		part.mkdir(exist_ok=True)
		content = small_pickle(rng, number, most)
		size += len(content)
		(part / f"{number}.pkl").write_bytes(content)
	return {"path": str(path), "count": count, "mean": size // count}


def many(folder):
	return pickles(fresh(folder, "many"), 20_000, 12)


def few(folder):
	return pickles(fresh(folder, "few"), 2_000, 2_000)


def one(folder):
	path = folder / "one.pkl"
	path.write_bytes(small_pickle(random.Random(1), 0))
	return {"path": str(path)}


def dense(folder):
	"""Rows of small tuples in shared dictionaries: the shape of a vocabulary with its counts."""
	path, rng = folder / "dense.pkl", random.Random(2)
	rows = [{"token": i, "pairs": (rng.randint(0, 200), rng.randint(0, 60000)), "seen": rng.random() < 0.5} for i in range(480_000)]
	path.write_bytes(pickle.dumps(rows, protocol=4))
	return {"path": str(path), "count": sum(1 for _ in pickletools.genops(path.read_bytes())), "bytes": path.stat().st_size}


class Storage:
	def __init__(self, number, elements):
		self.number, self.elements = number, elements


class Tensor:
	def __init__(self, storage):
		self.storage = storage

	def __reduce__(self):
		return sys.modules["torch._utils"]._rebuild_tensor_v2, (self.storage, 0, (self.storage.elements,), (1,), False, collections.OrderedDict())


def stand_in(module, name, made):
	"""A global under the library's name, so that pickling a reference to it needs no library."""
	made.__module__, made.__qualname__, made.__name__ = module, name, name
	for at in range(module.count(".") + 1):
		parent = ".".join(module.split(".")[:at + 1])
		sys.modules.setdefault(parent, types.ModuleType(parent))
	setattr(sys.modules[module], name, made)
	return made


def checkpoint(folder, size=200_000_000, tensors=300):
	"""A PyTorch checkpoint, each tensor stored and aligned to 64 bytes as the writer does."""
	stand_in("torch._utils", "_rebuild_tensor_v2", lambda *a: None)
	kind = stand_in("torch", "FloatStorage", type("FloatStorage", (), {}))
	import io
	out = io.BytesIO()
	pickler = pickle.Pickler(out, protocol=2)
	pickler.persistent_id = lambda o: ("storage", kind, str(o.number), "cpu", o.elements) if isinstance(o, Storage) else None
	elements = size // tensors // 4
	pickler.dump(collections.OrderedDict((f"layer.{i}.weight", Tensor(Storage(i, elements))) for i in range(tensors)))
	path, weights = folder / "checkpoint.pt", random.Random(3).randbytes(elements * 4)
	with zipfile.ZipFile(path, "w") as archive:
		for name, content in [("data.pkl", out.getvalue()), ("byteorder", b"little"), *((f"data/{i}", weights) for i in range(tensors)), ("version", b"3\n")]:
			entry = zipfile.ZipInfo(f"archive/{name}")
			at = archive.fp.tell() + 30 + len(entry.filename) + 4
			entry.extra = struct.pack("<2sH", b"FB", -at % 64) + b"Z" * (-at % 64)
			archive.writestr(entry, content)
	return {"path": str(path), "bytes": path.stat().st_size}


def shards(folder):
	"""A checkpoint of 100 GB in 50 safetensors shards with their index: sparse, as no disk here holds it otherwise."""
	path, each, kept = fresh(folder, "shards"), 40, {}
	size = 2_000_000_000 // each // 2 * 2
	for number in range(50):
		names = [f"model.layers.{number}.{part}.weight" for part in range(each)]
		header = {name: {"dtype": "BF16", "shape": [size // 2], "data_offsets": [at * size, (at + 1) * size]} for at, name in enumerate(names)}
		text = json.dumps(header).encode()
		text += b" " * (-len(text) % 8)
		file = path / f"model-{number + 1:05}-of-00050.safetensors"
		kept.update((name, file.name) for name in names)
		with open(file, "wb") as out:
			out.write(struct.pack("<Q", len(text)) + text)
			out.truncate(8 + len(text) + each * size)
	(path / "model.safetensors.index.json").write_text(json.dumps({"metadata": {"total_size": 50 * each * size}, "weight_map": kept}))
	return {"path": str(path), "bytes": sum(f.stat().st_size for f in path.iterdir())}


def weights(folder):
	"""One file of 1 GB for the hash: plain numbers in a safetensors file."""
	path, size, block = folder / "weights.safetensors", 1_000_000_000, random.Random(4).randbytes(1_000_000)
	text = json.dumps({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
	with open(path, "wb") as out:
		out.write(struct.pack("<Q", len(text)) + text)
		for _ in range(size // len(block)):
			out.write(block)
	return {"path": str(path), "bytes": os.path.getsize(path)}


if __name__ == "__main__":
	print(json.dumps({w.__name__: w for w in (many, few, one, dense, checkpoint, shards, weights)}[sys.argv[1]](pathlib.Path(sys.argv[2]))))
