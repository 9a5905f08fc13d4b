#!/usr/bin/env python3
"""check-catalog.py: proves that the catalogue is whole, prints its counts, and fails on any error.

Everything is checked against the schemas in schema/, and then every name that
one file gives to something in another.
"""

import collections
import json
import pathlib
import re
import sys

import jsonschema

import plain_yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
FORBIDDEN = "compliant"


class Catalog:
	"""All files, read once; `errors` collects clauses that complete "FILE ..."."""

	def __init__(self):
		self.errors = []
		self.sources = self.read("catalog/sources/*.yaml", "source")
		self.controls = self.read("catalog/controls/*.yaml", "control")
		self.bad_citations = self.read("catalog/frameworks/known-bad.yaml", "known-bad")
		self.frameworks = self.read("catalog/frameworks/*.yaml", "framework", besides="known-bad.yaml")
		self.profiles = self.read("examples/profiles/*.yaml", "profile")
		self.checks = read_checks()

	def wrong(self, path, clause):
		self.errors.append(f"{path.relative_to(ROOT)} {clause}")

	def read(self, pattern, schema_name, besides=None):
		"""Path to content of the files that are valid under their schema."""
		schema = json.loads((ROOT / "schema" / f"{schema_name}.schema.json").read_text(encoding="utf-8"))
		jsonschema.Draft202012Validator.check_schema(schema)
		validator, found = jsonschema.Draft202012Validator(schema), {}
		for path in sorted(p for p in ROOT.glob(pattern) if p.name != besides):
			try:
				content = plain_yaml.read(path)
			except plain_yaml.Refused as problem:
				self.wrong(path, str(problem))
				continue
			problems = list(validator.iter_errors(content))
			for problem in problems:
				self.wrong(path, f"breaks its schema at {'/'.join(map(str, problem.path)) or 'the top'}: {problem.message[:160]}")
			if not problems:
				found[path] = content
		if not found:
			self.wrong(ROOT / pattern, "matches no valid file")
		return found


def read_checks():
	"""Check id to the ids of the controls that it says it supports."""
	found = {}
	for path in sorted((ROOT / "src" / "checks").glob("*.c")):
		text = path.read_text(encoding="utf-8")
		supports = re.search(r'\.supports = "([^"]*)"', text)
		for name in re.findall(r'\.id = "([^"]+)"', text):
			found[name] = supports.group(1).split() if supports else []
	return found


def check_unique(catalog, files, what):
	seen = {}
	for path, content in files.items():
		if content["id"] in seen:
			catalog.wrong(path, f"has the {what} id {content['id']} of {seen[content['id']].name}")
		seen[content["id"]] = path


def check_sentences(catalog):
	for path, source in catalog.sources.items():
		for number, sentence in enumerate(source["sentences"], 1):
			if sentence["id"] != f"{source['id']}-{number}":
				catalog.wrong(path, f"has {sentence['id']} where {source['id']}-{number} comes next")


def check_frameworks(catalog):
	for path, framework in catalog.frameworks.items():
		if path.stem != framework["id"]:
			catalog.wrong(path, f"is named otherwise than its id {framework['id']}")
		ids = [clause["id"] for clause in framework["clauses"]]
		for name, times in collections.Counter(ids).items():
			if times > 1:
				catalog.wrong(path, f"has the clause {name} {times} times")
		dated = set()
		for record in framework.get("dates", []):
			named = set(record["provisions"].split())
			for name in sorted(named - set(ids)):
				catalog.wrong(path, f"dates {name}, which is no clause of it")
			dated |= named if record["grade"] == "primary" else set()
		if "dates" in framework:
			for name in sorted(set(ids) - dated):
				catalog.wrong(path, f"has no date from the text itself for {name}")


def check_control(catalog, path, control, sentences, clauses, facts):
	if not path.stem.startswith(control["id"] + "-"):
		catalog.wrong(path, f"is named otherwise than its id {control['id']}")
	if len(re.findall(r"\bMUST\b", control["statement"])) != 1:
		catalog.wrong(path, "has a statement with more than one MUST")
	for name in control["sources"].split():
		if name not in sentences:
			catalog.wrong(path, f"serves {name}, which no source has")
		elif sentences[name]["normative"] != "yes":
			catalog.wrong(path, f"serves {name}, which is not normative")
	for name in re.findall(r"[a-z]+(?:-[a-z]+)+", control["applies"]):
		if name not in facts:
			catalog.wrong(path, f"applies by {name}, which is no fact of a profile")
	cited = [entry["clause"] for entry in control["maps"]]
	for name in sorted(set(cited)):
		if name not in clauses:
			catalog.wrong(path, f"cites {name}, which no framework has")
		if cited.count(name) > 1:
			catalog.wrong(path, f"cites {name} twice")
	for key in ("sources", "roles", "phases"):
		words = control[key].split()
		if len(words) != len(set(words)):
			catalog.wrong(path, f"names something twice in {key}")


def check_evidence(catalog, path, control):
	kinds = [entry["kind"] for entry in control["evidence"]]
	if control["grade"] in "EM" and set(kinds) == {"attestation"}:
		catalog.wrong(path, f"has grade {control['grade']} but would pass by a signature alone")
	if control["grade"] == "A" and "attestation" not in kinds:
		catalog.wrong(path, "has grade A but nothing to sign")
	supported = any(control["id"] in targets for targets in catalog.checks.values())
	if "checks" in kinds and not supported:
		catalog.wrong(path, "rests on checks, but none supports it")
	if supported and "checks" not in kinds:
		catalog.wrong(path, "does not rest on the checks that support it")


def check_supports(catalog):
	ids = {control["id"] for control in catalog.controls.values()}
	for name, supported in catalog.checks.items():
		for target in supported:
			if target not in ids:
				catalog.errors.append(f"src/checks: {name} supports {target}, which is no control")


def check_coverage(catalog, sentences):
	served = {name for control in catalog.controls.values() for name in control["sources"].split()}
	for name, sentence in sentences.items():
		if sentence["normative"] == "yes" and name not in served:
			catalog.errors.append(f"catalog/sources: {name} is served by no control: {sentence['text'][:60]}")


def check_profiles(catalog):
	days = {control["id"]: control["max_age_days"] for control in catalog.controls.values()}
	for path, profile in catalog.profiles.items():
		for name, answer in profile["facts"].items():
			if answer != "yes":
				catalog.wrong(path, f"denies {name}, so that controls would fall away for whoever takes it as it is")
		for name, limit in profile.get("stricter", {}).items():
			if name not in days:
				catalog.wrong(path, f"is stricter about {name}, which is no control")
			elif limit >= days[name]:
				catalog.wrong(path, f"allows {name} {limit} days, which is not stricter than {days[name]}")


def check_words(catalog):
	citations = [entry["citation"].lower() for entries in catalog.bad_citations.values() for entry in entries]
	for path in sorted((ROOT / "catalog").rglob("*")):
		if not path.is_file():
			continue
		text = path.read_text(encoding="utf-8", errors="replace").lower()
		if FORBIDDEN in text:
			catalog.wrong(path, f"uses the word {FORBIDDEN}")
		if path.name == "known-bad.yaml":
			continue
		for citation in citations:
			if citation in " ".join(text.split()):
				catalog.wrong(path, f"cites \"{citation}\", which is known to be wrong")


def print_counts(catalog, sentences, clauses):
	controls = catalog.controls.values()
	grades = collections.Counter(control["grade"] for control in controls)
	kinds = collections.Counter(entry["kind"] for control in controls for entry in control["evidence"])
	cited = {entry["clause"] for control in controls for entry in control["maps"]}
	maps = sum(len(control["maps"]) for control in controls)
	normative = sum(sentence["normative"] == "yes" for sentence in sentences.values())
	print(f"controls    {len(controls)}: " + ", ".join(f"{grade} {grades[grade]}" for grade in "EMAN"))
	print(f"evidence    {sum(kinds.values())}: " + ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())))
	print(f"sentences   {len(sentences)}, of which {normative} normative, all of them served")
	print(f"frameworks  {len(catalog.frameworks)} with {len(clauses)} clauses, of which {len(cited)} are cited in {maps} mappings")
	print(f"checks      {len(catalog.checks)}")
	print(f"profiles    {len(catalog.profiles)}")


def main():
	catalog = Catalog()
	sentences = {s["id"]: s for source in catalog.sources.values() for s in source["sentences"]}
	clauses = {f"{f['id']}/{c['id']}" for f in catalog.frameworks.values() for c in f["clauses"]}
	facts = json.loads((ROOT / "schema" / "profile.schema.json").read_text(encoding="utf-8"))["properties"]["facts"]["properties"]
	for files, what in ((catalog.sources, "source"), (catalog.controls, "control"), (catalog.frameworks, "framework")):
		check_unique(catalog, files, what)
	check_sentences(catalog)
	check_frameworks(catalog)
	for path, control in catalog.controls.items():
		check_control(catalog, path, control, sentences, clauses, facts)
		check_evidence(catalog, path, control)
	check_supports(catalog)
	check_coverage(catalog, sentences)
	check_profiles(catalog)
	check_words(catalog)
	for error in catalog.errors:
		print(error)
	if catalog.errors:
		return 1
	print_counts(catalog, sentences, clauses)
	return 0


if __name__ == "__main__":
	sys.exit(main())
