#!/usr/bin/env python3
"""classes.py MERLON RECIPE-TOOL PEERS FOLDER PAGE [LABELLED]: what Merlon and its peers say of every attack, by class.

The inputs are all golden cases, made from their recipes; what is an attack, and of which class, stands
in classes.txt and in the cases themselves, never in a verdict. LABELLED is a folder with folders whose
manifest.json says what each file is. The tools only scan; nothing is ever loaded.
"""

import collections
import concurrent.futures
import fnmatch
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

MERLON, RECIPE, PEERS, FOLDER, PAGE = (pathlib.Path(a).resolve() for a in sys.argv[1:6])
LABELLED = pathlib.Path(sys.argv[6]).resolve() if len(sys.argv) > 6 else None
HERE = pathlib.Path(__file__).parent.resolve()
ENVIRONMENT = dict(os.environ, PROMPTFOO_DISABLE_TELEMETRY="1", NO_ANALYTICS="1", DO_NOT_TRACK="1")
PATIENCE = 120
Case = collections.namedtuple("Case", "name kind group files")
Said = collections.namedtuple("Said", "stopped named")  # would end a pipeline; says that it found something
SILENT = Said(False, False)
FICKLING_READS = ("pickle/", "joblib/", "pytorch-legacy/", "pytorch/", "labelled/")
FICKLING_READS_NOT = (".npy", ".npz", ".onnx", ".gguf", ".h5", ".keras", ".safetensors", ".json", ".jinja", ".jinja2", ".j2", ".zip", ".7z", "weights.bin")


# ---- the cases ----

def rules():
	found = []
	for line in (HERE / "classes.txt").read_text().splitlines():
		if line and not line.startswith("#"):
			found.append(line.split(None, 2))
	return found


def judged(name, comment, listed):
	"""Kind and class of a golden case FORMAT/CASE."""
	kind, group = next(((k, g) for pattern, k, g in listed if fnmatch.fnmatchcase(name, pattern)), ("odd", "odd, of no class"))
	if "honest" in name.split("/")[1].split("-") or comment.startswith("honest"):
		return "honest", "honest: " + name.split("/")[0]
	if kind == "honest":
		return "honest", "honest: " + name.split("/")[0]
	if comment.startswith("attack") and kind == "odd":
		return "hostile", name.split("/")[0] + ": other attacks"
	return kind, group


def golden():
	listed, cases = rules(), []
	recipes = sorted(pathlib.Path("tests/golden").glob("*/*/*.recipe"))
	subprocess.run([str(RECIPE), str(FOLDER), *map(str, recipes)], check=True)
	by_folder = collections.defaultdict(list)
	for recipe in recipes:
		by_folder[recipe.parent].append(recipe)
	for folder, inside in by_folder.items():
		name = f"{folder.parent.name}/{folder.name}"
		with open(inside[0], encoding="utf-8") as first:
			comment = first.readline().lstrip("# ").strip()
		cases.append(Case(name, *judged(name, comment, listed), [FOLDER / r.with_suffix("") for r in inside]))
	return cases


def labelled():
	kinds = {"malicious": "hostile", "clean": "honest", "policy": "honest"}
	cases = []
	for manifest in sorted(LABELLED.glob("*/manifest.json")) if LABELLED else ():
		for row in json.loads(manifest.read_text()).get("files", []):
			if row.get("expect") in (*kinds, "inconclusive"):
				kind = kinds.get(row["expect"], "odd")
				source = manifest.parent.name
				place = FOLDER / "labelled" / source / row["path"]
				place.parent.mkdir(parents=True, exist_ok=True)
				shutil.copyfile(manifest.parent / row["path"], place)
				place.chmod(0o600)
				cases.append(Case(f"labelled/{source}/{row['path']}", kind, f"{'labelled' if kind != 'honest' else 'honest'}: {source}", [place]))
	return cases


# ---- the tools ----

def merlon(cases):
	with tempfile.TemporaryDirectory() as folder:
		report = pathlib.Path(folder) / "report.json"
		subprocess.run([str(MERLON), "scan", "--report", f"json={report}", str(FOLDER)], stderr=subprocess.DEVNULL)
		verdicts = {item["path"]: item["verdict"] for item in json.loads(report.read_text())["items"]}
	return {str(f): Said(verdicts[str(f)] != "clean", verdicts[str(f)] == "dangerous") for c in cases for f in c.files}, verdicts


def statuses(command, files):
	"""The exit status of a program for each file; one that takes too long is 2, an error."""
	def one(file):
		with tempfile.TemporaryDirectory() as folder:
			try:
				return str(file), subprocess.run([*command, str(file)], cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PATIENCE).returncode
			except subprocess.TimeoutExpired:
				return str(file), 2
	with concurrent.futures.ThreadPoolExecutor(2) as pool:
		return dict(pool.map(one, files))


def picklescan(cases):
	found = statuses([str(PEERS / "picklescan"), "-p"], [f for c in cases for f in c.files])
	return {f: Said(s != 0, s == 1) for f, s in found.items()}


def fickling(cases):
	found = statuses([str(PEERS / "fickling"), "--check-safety"], [f for c in cases if c.name.startswith(FICKLING_READS) and not c.name.endswith(FICKLING_READS_NOT) for f in c.files])
	return {f: Said(s != 0, s == 1) for f, s in found.items()}


def modelscan_report(place):
	"""Sources of issues and of errors below a place; a folder that ends the program is asked part by part."""
	with tempfile.TemporaryDirectory() as folder:
		report = pathlib.Path(folder) / "report.json"
		done = subprocess.run([str(PEERS / "modelscan"), "scan", "-r", "json", "-o", str(report), "-p", str(place)], cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
		if report.exists():
			said = json.loads(report.read_text())
			base = place if place.is_dir() else place.parent
			named, failed = ({str(base / row["source"].split(":")[0]) for row in said[key] if row.get("source")} for key in ("issues", "errors"))
			return named, failed
	if not place.is_dir():
		return set(), {str(place)} if done.returncode not in (0, 3) else set()
	parts = [modelscan_report(part) for part in sorted(place.iterdir())]
	return set().union(*(p[0] for p in parts)), set().union(*(p[1] for p in parts))


def modelscan(cases):
	named, failed = modelscan_report(FOLDER)
	return {str(f): Said(str(f) in named or str(f) in failed, str(f) in named) for c in cases for f in c.files}


def modelaudit(cases):
	files = "\n".join(str(f) for c in cases for f in c.files)
	done = subprocess.run([str(PEERS / "python3"), str(HERE / "modelaudit_each.py")], input=files, env=ENVIRONMENT, capture_output=True, text=True)
	rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
	return {row["path"]: Said(row["status"] != 0, row["found"]) for row in rows}


TOOLS = {
	"Merlon": (merlon, "stopped: any verdict but clean; named: `dangerous`"),
	"picklescan": (picklescan, "`picklescan -p FILE`. Stopped: exit status not 0; named: 1 (2 is an error)"),
	"modelscan": (modelscan, "`modelscan scan -r json -p FOLDER`. Stopped: an issue or an error is reported for the file; named: an issue. A file it skips is not stopped; where a file ends the program, the folder is asked again part by part"),
	"fickling": (fickling, "`fickling --check-safety FILE`. Stopped: exit status not 0; named: 1, which it also ends with for some files it cannot read. Asked only about pickles, joblib files and PyTorch checkpoints"),
	"modelaudit": (modelaudit, "the exit status of `modelaudit scan FILE`, without the optional packages for single formats. Stopped: not 0; named: a finding of warning or critical. Without such a package it ends with 2, not examined, for honest files too"),
}


# ---- the page ----

def of_case(said, case):
	"""What a tool says of a case: of any of its files; None where it was not asked."""
	answers = [said[str(f)] for f in case.files if str(f) in said]
	return Said(any(a.stopped for a in answers), any(a.named for a in answers)) if len(answers) == len(case.files) else None


def tally(said, cases):
	"""Stopped, named, asked."""
	answers = [a for a in (of_case(said, case) for case in cases) if a]
	return sum(a.stopped for a in answers), sum(a.named for a in answers), len(answers)


def cell(counts, all_cases):
	stopped, named, asked = counts
	if asked == 0:
		return "-"
	return f"{stopped}{f' ({named})' if named != stopped else ''}{f' of {asked}' if asked != all_cases else ''}"


def table(out, said, groups, title):
	print(f"| {title} | cases | {' | '.join(said)} |\n|---|---:|{'---:|' * len(said)}", file=out)
	for group, cases in groups:
		print(f"| {group} | {len(cases)} | {' | '.join(cell(tally(s, cases), len(cases)) for s in said.values())} |", file=out)
	print(file=out)


def by_group(cases):
	found = collections.defaultdict(list)
	for case in cases:
		found[case.group].append(case)
	return sorted(found.items())


def losses(out, said, verdicts, cases):
	"""What any peer gets right and Merlon does not."""
	ours = said["Merlon"]
	for peer in [p for p in said if p != "Merlon"]:
		rows = []
		for case in cases:
			mine, theirs = of_case(ours, case), of_case(said[peer], case)
			if theirs and case.kind == "hostile" and theirs.stopped and not mine.stopped:
				rows.append(f"`{case.name}`: {peer} stops it, Merlon calls it clean")
			if theirs and case.kind == "honest" and mine.stopped and not theirs.stopped:
				rows.append(f"`{case.name}`: honest, and Merlon calls it {' '.join(sorted({verdicts[str(f)] for f in case.files} - {'clean'}))}")
		print(f"**{peer}**: {len(rows) or 'nothing'}.\n", file=out)
		print(*(f"* {row}" for row in rows), sep="\n", file=out)
		print(file=out)


def shy(out, said, verdicts, cases):
	"""Hostile cases that a peer names and Merlon stops without calling them dangerous."""
	found = collections.defaultdict(list)
	for case in cases:
		mine = of_case(said["Merlon"], case)
		peers = [p for p in said if p != "Merlon" and (a := of_case(said[p], case)) and a.named]
		if case.kind == "hostile" and peers and mine.stopped and not mine.named:
			found[", ".join(peers)].append(f"`{case.name}`")
	print(f"### Stopped, but not called dangerous: {sum(map(len, found.values()))}\n\nHostile cases that a peer names and Merlon stops as suspicious or inconclusive.\n", file=out)
	for peers, names in sorted(found.items()):
		print(f"* {peers}: {', '.join(names)}", file=out)
	print(file=out)


def page(out, said, verdicts, cases):
	kinds = {k: [c for c in cases if c.kind == k] for k in ("hostile", "honest", "odd")}
	version = subprocess.run([str(MERLON), "--version"], capture_output=True, text=True).stdout.strip()
	peers = ", ".join((HERE / "peers.txt").read_text().split("\n", 1)[1].replace("==", " ").split("\n")[:-1])
	print(f"# Attacks by class\n\nBy `make bench-classes`: {version}, {peers}, {time.strftime('%Y-%m-%d')}. {len(cases)} cases: {len(kinds['hostile'])} hostile, "
	      f"{len(kinds['honest'])} honest, {len(kinds['odd'])} odd. The cases are the golden cases of this repository{', and labelled files of others' if LABELLED else ''}; "
	      "which is which stands in [classes.txt](../tests/bench/classes.txt), written without regard to any verdict. They were written to test Merlon, so they show what "
	      "the peers miss of what Merlon was built for, not how often either meets such files.\n", file=out)
	print("A cell is the number of cases that the tool would stop a pipeline for; in brackets those it names as found, where that is less.\n", file=out)
	print(*(f"* **{name}**: {about}." for name, (_, about) in TOOLS.items()), sep="\n", file=out)
	print("\n## In total\n", file=out)
	ours = [c for c in cases if not c.name.startswith("labelled/")]
	table(out, said, [(f"{k} ({title})", [c for c in ours if c.kind == k]) for k, title in (("hostile", "more is better"), ("honest", "less is better"))] +
	      [(f"labelled, {k}", group) for k in ("hostile", "honest") if (group := [c for c in kinds[k] if c.name.startswith("labelled/")])], "golden cases")
	print("## Hostile\n", file=out)
	table(out, said, by_group(kinds["hostile"]), "class")
	print("## Honest\n\nWhat is stopped here is a false alarm, or a file that the tool could not examine.\n", file=out)
	table(out, said, by_group(kinds["honest"]), "format")
	print("## What a peer gets right and Merlon does not\n", file=out)
	losses(out, said, verdicts, cases)
	shy(out, said, verdicts, cases)
	nobody = [c.name for c in kinds["hostile"] if not any((a := of_case(s, c)) and a.stopped for s in said.values())]
	print(f"### Hostile, and nobody stops it: {len(nobody) or 'none'}\n", file=out)
	print(*(f"* `{name}`" for name in nobody), sep="\n", file=out)
	print("\n## Odd\n\nDamaged, contradicting themselves, or of formats that somebody else loads. To stop them is neither right nor wrong.\n", file=out)
	table(out, said, by_group(kinds["odd"]), "class")


def main():
	shutil.rmtree(FOLDER, ignore_errors=True)
	FOLDER.mkdir(parents=True)
	cases = golden() + labelled()
	said, verdicts = {}, {}
	for name, (run, _) in TOOLS.items():
		begun = time.monotonic()
		said[name] = run(cases)
		if name == "Merlon":
			said[name], verdicts = said[name]
		print(f"{name}: {len(said[name])} files, {time.monotonic() - begun:.1f} s", file=sys.stderr)
	text = PAGE.with_suffix(".new")
	with open(text, "w", encoding="utf-8") as out:
		page(out, said, verdicts, cases)
	text.write_text(re.sub(r"\n{3,}", "\n\n", text.read_text()))
	text.rename(PAGE)
	for kind in ("hostile", "honest"):
		group = [c for c in cases if c.kind == kind]
		print(f"{kind}: " + ", ".join(f"{name} {'/'.join(map(str, tally(s, group)))}" for name, s in said.items()))


if __name__ == "__main__":
	main()
