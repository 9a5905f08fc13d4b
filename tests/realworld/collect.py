#!/usr/bin/env python3
"""collect.py MERLON FOLDER PAGE: what Merlon says of real files that people publish.

Fetches the packages of files.txt through their registries' own clients, checks each archive's
SHA-256, takes the named files out of them, scans them, and writes PAGE: a table of all files, and
for what is not called clean the reason and the explanation of files.txt.
Ends with status 1 when a verdict differs from the one files.txt expects, 2 when a package could not be had.
"""

import collections
import fnmatch
import hashlib
import json
import pathlib
import resource
import shutil
import stat
import subprocess
import sys
import tarfile
import time
import zipfile

import registries

MERLON, FOLDER, PAGE = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
LIST = pathlib.Path(__file__).with_name("files.txt")
Package = collections.namedtuple("Package", "kind name version archive sha256 licence wanted")
Wanted = collections.namedtuple("Wanted", "pattern verdict why")
LONGEST = 1 << 30  # no file of the list is longer
LISTED = []  # every line of files, in the order of the list


def packages():
	found = []
	for line in LIST.read_text().splitlines():
		if not line.strip() or line.startswith("#"):
			continue
		if line.startswith("\t"):
			pattern, _, told = line.strip().partition(" = ")
			verdict, _, why = told.partition(": ")
			found[-1].wanted.append(Wanted(pattern, verdict or "clean", why))
			LISTED.append((found[-1].name, found[-1].wanted[-1]))
		else:
			found.append(Package(*line.split(None, 5), []))
	return found


def digest(path):
	with open(path, "rb") as file:
		return hashlib.file_digest(file, "sha256").hexdigest()


def fetched(package):
	"""The archive of a package on this disk, its digest compared; fetched when it is not there."""
	path = FOLDER / "archives" / package.archive
	if not path.exists():
		path.parent.mkdir(parents=True, exist_ok=True)
		part = path.with_name(path.name + ".part")
		registries.KINDS[package.kind](package.name, package.version, package.archive, part)
		part.rename(path)
	if digest(path) != package.sha256:
		raise LookupError(f"{package.archive} has another digest than files.txt says")
	return path


def members(path):
	"""Names and openers of the regular files of an archive."""
	if zipfile.is_zipfile(path):
		archive = zipfile.ZipFile(path)
		for entry in archive.infolist():
			if not entry.is_dir() and not stat.S_ISLNK(entry.external_attr >> 16) and entry.file_size <= LONGEST:
				yield entry.filename, lambda entry=entry: archive.open(entry)
	else:
		archive = tarfile.open(path)
		for entry in archive:
			if entry.isfile() and entry.size <= LONGEST:
				yield entry.name, lambda entry=entry: archive.extractfile(entry)


def matching(package, name):
	return next((w for w in package.wanted if fnmatch.fnmatchcase(name, w.pattern)), None)


def extracted(package, path):
	"""Takes the wanted files out; what each should be called, by its place under FOLDER/files."""
	place, expected, used = FOLDER / "files" / package.name.replace("/", "-").strip("@"), {}, set()
	for name, opened in members(path):
		wanted = matching(package, name)
		if not wanted:
			continue
		used.add(wanted)
		target = place / name
		if ".." in target.parts or name.startswith("/"):
			raise LookupError(f"{name} leaves the folder")
		target.parent.mkdir(parents=True, exist_ok=True)
		with opened() as source, open(target, "wb") as out:
			shutil.copyfileobj(source, out)
		expected[str(target)] = (package, name, wanted)
	left = [wanted.pattern for wanted in package.wanted if wanted not in used]
	if left:
		raise LookupError(f"no file of {package.archive} is left for {', '.join(left)}")
	return expected


def scan():
	"""Merlon's report of all files, seconds by the clock, seconds of CPU."""
	report, begun = FOLDER / "report.json", time.monotonic()
	before = resource.getrusage(resource.RUSAGE_CHILDREN)
	done = subprocess.run([str(MERLON), "scan", "--report", f"json={report}", str(FOLDER / "files")])
	after = resource.getrusage(resource.RUSAGE_CHILDREN)
	if done.returncode not in (0, 1, 2):
		sys.exit(f"collect: merlon ended with {done.returncode}")
	cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
	return json.loads(report.read_text()), time.monotonic() - begun, cpu


def reasons(item):
	"""What was found, each kind once, the worst first; Merlon's own sentence when there is no finding."""
	worst = ["dangerous", "inconclusive", "suspicious", "clean"]
	found = sorted((f for f in item["findings"] if f["verdict"] != "clean"), key=lambda f: worst.index(f["verdict"]))
	told = dict.fromkeys(f"`{f['check']}` {f['message']}" for f in found)
	return list(told)[:3] + ([f"and {len(told) - 3} more"] if len(told) > 3 else []) or [item["why"]]


def cell(text):
	return text.replace("|", "\\|").replace("\n", " ")


def page(out, items, expected, seconds, cpu, version):
	verdicts = collections.Counter(item["verdict"] for item in items)
	kinds, clean = collections.Counter(), collections.Counter()
	for item in items:
		kind = ", ".join(item["formats"]) or "no format"
		kinds[kind] += 1
		clean[kind] += item["verdict"] == "clean"
	size = sum(item["size"] for item in items)
	print("# Real files\n", file=out)
	print(f"By `make realworld` from [files.txt](../tests/realworld/files.txt): {version}, {len(items)} files of {len({e[0].name for e in expected.values()})} published packages, "
	      f"{size / 1e6:.1f} MB, scanned in {seconds:.2f} s ({cpu:.2f} s of CPU). None is known to be hostile, so each row that is not clean is either "
	      "something that a person should decide, or something that Merlon cannot yet do; below the table stands which.\n", file=out)
	print(", ".join(f"{verdicts[v]} {v}" for v in ("clean", "suspicious", "inconclusive", "dangerous")) + ".\n", file=out)
	print("| format | files | clean |\n|---|---:|---:|", file=out)
	for kind in sorted(kinds):
		print(f"| {kind} | {kinds[kind]} | {clean[kind]} |", file=out)
	print("\n## What is not clean, and why\n", file=out)
	groups = collections.defaultdict(list)
	for item in items:
		package, name, wanted = expected[item["path"]]
		if item["verdict"] != "clean" or wanted.verdict != "clean":
			groups[(package.name, wanted)].append((name, item))
	for (package, wanted), rows in sorted(groups.items(), key=lambda g: LISTED.index(g[0])):
		print(f"### {package}, `{wanted.pattern}`: {len(rows)} × {rows[0][1]['verdict']}\n", file=out)
		print((wanted.why or "*Not explained yet.*") + "\n", file=out)
		for told, names in grouped(rows).items():
			print(f"* {', '.join(f'`{n}`' for n in names[:4])}{f' and {len(names) - 4} more' if len(names) > 4 else ''}: {told}", file=out)
		print(file=out)
	print("## All files\n", file=out)
	print("| package | file | format | bytes | verdict |\n|---|---|---|---:|---|", file=out)
	for item in items:
		package, name, _ = expected[item["path"]]
		verdict = item["verdict"] if item["verdict"] == "clean" else f"**{item['verdict']}**"
		print(f"| {package.name} | {cell(name)} | {', '.join(item['formats']) or '-'} | {item['size']:,} | {verdict} |", file=out)
	print("\n## Packages\n\n| kind | package | version | licence | SHA-256 of the archive |\n|---|---|---|---|---|", file=out)
	for package in dict.fromkeys(e[0][:6] for e in expected.values()):
		print(f"| {package[0]} | {package[1]} | {package[2]} | {package[5]} | `{package[4]}` |", file=out)


def grouped(rows):
	"""Files by the checks that spoke, with what the first of them was told."""
	found, told = collections.defaultdict(list), {}
	for name, item in rows:
		checks = tuple(sorted({f["check"] for f in item["findings"] if f["verdict"] != "clean"}))
		found[checks].append(name.rsplit("/", 1)[-1])
		told.setdefault(checks, shortened(reasons(item)[0]))
	return {told[checks]: names for checks, names in found.items()}


def shortened(text):
	return cell(text if len(text) <= 160 else text[:160].rsplit(" ", 1)[0] + " ...")


def show(items, expected):
	"""The same as rows of text, and the number of verdicts that nobody expected."""
	wrong = 0
	for item in items:
		package, name, wanted = expected[item["path"]]
		other = item["verdict"] != wanted.verdict
		wrong += other
		print(f"{item['verdict']:13} {','.join(item['formats']) or '-':22} {item['size']:>11,}  {package.name}: {name}{'   EXPECTED ' + wanted.verdict if other else ''}")
		if item["verdict"] != "clean":
			print(*(f"{'':50}{told}" for told in reasons(item)), sep="\n")
	return wrong


def main():
	shutil.rmtree(FOLDER / "files", ignore_errors=True)
	expected, missing = {}, 0
	for package in packages():
		try:
			expected |= extracted(package, fetched(package))
		except (LookupError, OSError) as error:
			missing += 1
			print(f"{package.kind} {package.name} {package.version}: could not be had: {error}", file=sys.stderr)
	report, seconds, cpu = scan()
	items = [item for item in report["items"] if item["path"] in expected]
	if len(items) != len(expected):
		sys.exit(f"collect: {len(expected)} files were extracted and {len(items)} reported")
	wrong = show(items, expected)
	version = subprocess.run([str(MERLON), "--version"], capture_output=True, text=True).stdout.strip()
	if not missing:
		with open(PAGE, "w", encoding="utf-8") as out:
			page(out, items, expected, seconds, cpu, version)
	clean = sum(item["verdict"] == "clean" for item in items)
	print(f"{len(items)} files, {clean} clean; {len(items) - wrong} passed, {wrong} failed" + (f", {missing} packages could not be had" if missing else ""))
	sys.exit(1 if wrong else 2 if missing else 0)


if __name__ == "__main__":
	main()
