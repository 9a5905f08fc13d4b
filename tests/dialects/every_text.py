#!/usr/bin/env python3
"""every_text.py EXCHANGE-TOOL FOLDER: no text of a recorded conversation goes by unseen, wherever in its JSON it stands.

Each string and each key of each talk in turn becomes a word that stands
nowhere else.  The word has to be in a piece, unless its part was not
understood, or it stands in a value that is told to be opaque.
"""

import json
import pathlib
import re
import subprocess
import sys

TOOL, FOLDER = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve() / "every_text"
TALKS = pathlib.Path(__file__).resolve().parent
TEXT, KEY = "Qz@ unseen", "qzunseen"


def places(value, path=()):
	"""Every string and every key, by the way to it; a key has None at its end."""
	if isinstance(value, str):
		yield path
	for name, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
		if isinstance(value, dict):
			yield (*path, name, None)
		yield from places(one, (*path, name))


def changed(value, path):
	if not path:
		return TEXT
	if len(path) == 2 and path[1] is None:
		return {KEY if name == path[0] else name: one for name, one in value.items()}
	if isinstance(value, dict):
		return {name: changed(one, path[1:]) if name == path[0] else one for name, one in value.items()}
	return [changed(one, path[1:]) if name == path[0] else one for name, one in enumerate(value)]


def bodies(text):
	"""Where JSON stands in a talk: (from, to, which part, which event)."""
	at, part = text.index("\n--- ") + 1, 0
	while at < len(text):
		line = text.index("\n", at)
		end = text.find("\n--- ", line)
		end = len(text) if end < 0 else end + 1
		title = text[at:line]
		if "stream" in title:
			event, begin = 0, line + 1
			for frame in re.findall(r"(?s).*?\n\n|.+$", text[line + 1:end]) if "data: " in text[line:end] else text[line + 1:end].splitlines(True):
				event += 1
				data = begin + frame.find("data: ") + 6 if "data: " in frame else begin
				if "data: " in frame or frame.startswith("{"):
					yield data, text.index("\n", data), part, event
				begin += len(frame)
		else:
			yield line + 1, end, part, 0
		at, part = end, part + 1


def mutations():
	for talk in sorted(TALKS.glob("*/*.talk")):
		text = talk.read_text(errors="surrogateescape")
		if "\n--- " not in text:
			continue
		for begin, end, part, event in bodies(text):
			try:
				value = json.loads(text[begin:end])
			except ValueError:
				continue
			for path in places(value):
				body = json.dumps(changed(value, path), ensure_ascii=False)
				word = KEY if path[-1:] == (None,) else TEXT
				if body.count(word) == 1:
					yield talk, path, part, event, word, body, text[:begin] + body + ("\n" if text[end - 1:end] == "\n" and not event else "") + text[end:]


def is_opaque(line, body, at):
	"""Does this piece say that the value around the word is opaque?"""
	if not line.strip().startswith("opaque"):
		return False
	try:
		offset = len(body.encode()[:int(line.split(" at ")[1].split(" ")[0].rstrip(":"))].decode(errors="ignore"))
		return offset <= at < json.JSONDecoder().raw_decode(body, offset)[1]
	except ValueError:
		return False


def is_seen(output, part, event, word, body):
	parts = [[]]
	for line in output.splitlines():
		if line.startswith((" ", "\t")):
			parts[-1].append(line)
		elif line.split(" ")[0].rstrip(":") in ("request", "answer", "stream"):
			parts.append([line])
	lines = parts[part + 1] if part + 1 < len(parts) else []
	if event:
		starts = [i for i, line in enumerate(lines) if line.startswith("  event ")] + [len(lines)]
		lines = lines[starts[event - 1]:starts[event]] if event < len(starts) else []
	if not lines or "examined not" in lines[0]:
		return True
	return any(word in line for line in lines) or any(is_opaque(line, body, body.index(word)) for line in lines)


def main():
	FOLDER.mkdir(parents=True, exist_ok=True)
	seen, unseen, every = 0, [], list(mutations())
	for some in (every[at:at + 100] for at in range(0, len(every), 100)):
		files = [FOLDER / f"{i}.talk" for i in range(100)]
		for file, (*_, text) in zip(files, some):
			file.write_text(text, errors="surrogateescape")
		said = subprocess.run([TOOL, *files], capture_output=True).stdout.decode(errors="replace")
		for (talk, path, part, event, word, body, _), output in zip(some, re.split("(?m)^== .*\n", said)[1:]):
			if is_seen(output, part, event, word, body):
				seen += 1
			else:
				unseen.append(f"{talk.parent.name}/{talk.name}: part {part}, event {event}: {'/'.join(str(p) for p in path)}")
	for one in unseen:
		print("FAIL unseen:", one)
	print(f"{seen} passed, {len(unseen)} failed")
	return bool(unseen) or seen < 1000


if __name__ == "__main__":
	sys.exit(main())
