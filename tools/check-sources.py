#!/usr/bin/env python3
"""check-sources.py FOLDER: proves catalog/sources against the source texts in FOLDER.

Every sentence must occur in its text word for word, in order, and nothing but
white space and the marks of lists may stand between two sentences. Those that
nobody can be held to are not quoted: length and digest stand for them.
"""

import hashlib
import pathlib
import re
import sys

import plain_yaml

SOURCES = pathlib.Path(__file__).resolve().parent.parent / "catalog" / "sources"
BETWEEN = re.compile(r"[ \-\u2022]*")


def normalise(text):
	return " ".join(text.split())


def starts_with(text, sentence):
	"""How many characters of the text are the sentence; 0 when it does not start with it."""
	if "text" in sentence:
		words = normalise(sentence["text"])
		return len(words) if text.startswith(words) else 0
	length = sentence["length"]
	digest = hashlib.sha256(text[:length].encode("utf-8")).hexdigest()
	return length if digest.startswith(sentence["digest"]) else 0


def compare(document, text):
	"""Yields a clause for each difference."""
	rest = normalise(text)
	for sentence in document["sentences"]:
		rest = rest[BETWEEN.match(rest).end():]
		length = starts_with(rest, sentence)
		if not length:
			yield f"has {sentence['id']} where the text goes on with \"{rest[:50]}\""
			return
		rest = rest[length:]
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
