#!/usr/bin/env python3
"""check-sources.py FOLDER: proves catalog/sources against the source texts in FOLDER.

Every sentence must occur in its text word for word, in order, and nothing but
white space and the marks of lists may stand between two sentences.
"""

import pathlib
import re
import sys

import plain_yaml

SOURCES = pathlib.Path(__file__).resolve().parent.parent / "catalog" / "sources"
BETWEEN = re.compile(r"[ \-\u2022]*")


def normalise(text):
	return " ".join(text.split())


def compare(document, text):
	"""Yields a clause for each difference."""
	rest = normalise(text)
	for sentence in document["sentences"]:
		words = normalise(sentence["text"])
		rest = rest[BETWEEN.match(rest).end():]
		if not rest.startswith(words):
			yield f"has {sentence['id']} \"{words[:50]}\" where the text goes on with \"{rest[:50]}\""
			return
		rest = rest[len(words):]
	if not BETWEEN.fullmatch(rest):
		yield f"leaves out the end of the text from \"{rest[:50]}\""


def main():
	if len(sys.argv) != 2:
		sys.exit("usage: check-sources.py FOLDER")
	bad = 0
	paths = sorted(SOURCES.glob("*.yaml"))
	if not paths:
		sys.exit(f"{SOURCES} holds no source")
	for path in paths:
		document = plain_yaml.read(path)
		text = pathlib.Path(sys.argv[1], document["file"]).read_text(encoding="utf-8")
		for clause in compare(document, text):
			print(f"{path.name} {clause}")
			bad += 1
		normative = sum(s["normative"] == "yes" for s in document["sentences"])
		print(f"{path.name}: {len(document['sentences'])} sentences, {normative} normative, {len(normalise(text))} characters of source")
	return bad != 0


if __name__ == "__main__":
	sys.exit(main())
