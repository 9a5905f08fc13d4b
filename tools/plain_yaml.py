"""The YAML that the program itself reads: maps, lists, scalars. Words stay words (yes, 2024-12-18); only plain integers become numbers."""

import re

import yaml

PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Refused(Exception):
	"""A clause that completes "FILE ..."."""


def at(event, why):
	return Refused(f"{why} (line {event.start_mark.line + 1})")


def read_value(event, events):
	if isinstance(event, yaml.AliasEvent) or event.anchor or event.tag:
		raise at(event, "has an anchor, an alias, or a tag, which are not allowed here")
	if isinstance(event, yaml.ScalarEvent):
		plain_number = not event.style and re.fullmatch(r"[1-9]\d*|0", event.value)
		return int(event.value) if plain_number else event.value
	if isinstance(event, yaml.SequenceStartEvent):
		return list(read_items(events))
	return read_map(events)


def read_items(events):
	while not isinstance(event := next(events), yaml.SequenceEndEvent):
		yield read_value(event, events)


def read_map(events):
	found = {}
	while not isinstance(event := next(events), yaml.MappingEndEvent):
		if not isinstance(event, yaml.ScalarEvent):
			raise at(event, "has a key that is no scalar")
		if event.value in found:
			raise at(event, f"has the key {event.value} twice")
		found[event.value] = read_value(next(events), events)
	return found


def read(path):
	events = yaml.parse(path.read_text(encoding="utf-8"), Loader=PARSER)
	try:
		kept = [e for e in events if not isinstance(e, (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentEndEvent))]
	except yaml.YAMLError as problem:
		raise Refused(f"is no YAML: {problem}") from problem
	if sum(isinstance(e, yaml.DocumentStartEvent) for e in kept) != 1:
		raise Refused("does not hold exactly one document")
	rest = iter(kept[1:])
	return read_value(next(rest), rest)
