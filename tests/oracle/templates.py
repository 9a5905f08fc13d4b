#!/usr/bin/env python3
"""Holds our parser of templates against jinja2.  Not part of `make test`.

    make build/merlon build/recipe
    python3 -m venv build/oracle && build/oracle/bin/pip install jinja2
    build/oracle/bin/python tests/oracle/templates.py [--honest FOLDER] [--labelled FOLDER] ...

Templates are parsed, never rendered: jinja2's parser runs nothing of them.
golden      every template in tests/golden: jinja2 parses what we follow, and refuses what we call no template
damaged     the same with characters taken out, doubled, swapped or put in, a few thousand times
--honest    a folder of real templates (.jinja, .jinja2, .j2) that jinja2 parses: each is clean; also damaged
--labelled  a folder with benign/ and malicious/ of JSON files that hold templates, as modelaudit keeps them
"""
import sys

sys.path = [p for p in sys.path if not p.rstrip("/").endswith("oracle")]   # files beside this one have the names of modules

import argparse
import collections
import json
import os
import random
import re
import subprocess
import tempfile

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension

MERLON = os.environ.get("MERLON", "build/merlon")
RECIPE = os.environ.get("RECIPE", "build/recipe")
rng = random.Random(20)
failures = 0
compared = 0


class Generation(Extension):
    """The tag that transformers adds for masks of what an assistant said."""
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.Scope(body).set_lineno(line)


EXTENSIONS = ["jinja2.ext.loopcontrols", "jinja2.ext.do", "jinja2.ext.i18n", Generation]
environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, extensions=EXTENSIONS)


def check(good, what):
    global failures, compared
    compared += 1
    if not good:
        failures += 1
        print("FAIL", what)


def parses(text):
    try:
        environment.parse(text)
    except (jinja2.TemplateError, RecursionError):
        return False
    except Exception as error:      # jinja2 fails on some it should refuse: broken is refused
        print(f"note: jinja2 ends with {type(error).__name__}: {text[:60]!r}")
        return False
    return True


def scan(folder):
    """Verdict and findings of every file below the folder, by its path."""
    out = subprocess.run([MERLON, "scan", "--report", "json", "--no-digest", folder], capture_output=True, check=False).stdout
    return {item["path"]: (item["verdict"], [(f["check"], f["message"]) for f in item["findings"]]) for item in json.loads(out)["items"]}


# What is past a limit of ours is a template all the same, or none: nobody can tell. So is a character by a name we do not know.
LIMITS = ("more steps", "reaches more", "sets more names", "longer list", "expressions longer", "nested too deep", "larger than")


def is_past_limit(text, findings):
    return "\\N{" in text or any(name == "template.malformed" and any(limit in message for limit in LIMITS) for name, message in findings)


def is_refused(findings):
    return any(name == "template.malformed" for name, _ in findings)


def write_all(folder, texts):
    paths = {}
    for i, text in enumerate(texts):
        path = os.path.join(folder, f"{i:05}.jinja")
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(text)
        paths[path] = text
    return paths


def agree(title, texts):
    """Counts where both say the same; each disagreement fails."""
    table = collections.Counter()
    skipped = 0
    with tempfile.TemporaryDirectory() as folder:
        paths = write_all(folder, texts)
        said = scan(folder)
        for path, text in paths.items():
            if is_past_limit(text, said[path][1]):
                skipped += 1
                continue
            theirs, ours = parses(text), not is_refused(said[path][1])
            table[theirs, ours] += 1
            check(theirs == ours, f"{title}: jinja2 {'parses' if theirs else 'refuses'}, we {'follow' if ours else 'refuse'}: {text[:200]!r} {said[path][1]}")
    print(f"{title}: {len(paths)} templates; both accept {table[True, True]}, both refuse {table[False, False]}, "
          f"only jinja2 accepts {table[True, False]}, only we accept {table[False, True]}; past our limits {skipped}")


PIECES = ["{{", "}}", "{%", "%}", "{#", "#}", "-", "+", "(", ")", "[", "]", "{", "}", ",", ":", ".", "|", "~", "'", '"', "=", "==", "\\", " ", "\n",
          " if ", " else ", " for ", " in ", " is ", " not ", " and ", "%}{% endif %}", "{% endfor %}", "{% raw %}", "**", "//", "1", "0", "_", "e"]


def damage(text):
    at = rng.randrange(len(text) + 1)
    length = rng.randrange(1, 8)
    how = rng.randrange(5)
    if how == 0:
        return text[:at] + text[at + length:]
    if how == 1:
        return text[:at] + text[at:at + length] + text[at:]
    if how == 2:
        return text[:at]
    if how == 3:
        return text[:at] + rng.choice(PIECES) + text[at:]
    other = rng.randrange(len(text) + 1)
    return text[:at] + text[other:other + length] + text[at + length:]


def damaged(texts, count):
    texts = [text for text in texts if 0 < len(text) < 20000]
    made = []
    for _ in range(count):
        text = rng.choice(texts)
        for _ in range(rng.randrange(1, 4)):
            text = damage(text)
        made.append(text)
    return made


def read_folder(folder, pattern):
    texts = {}
    for at, _, names in os.walk(folder):
        for name in sorted(names):
            if not re.search(pattern, name):
                continue
            with open(os.path.join(at, name), "rb") as f:
                data = f.read()
            try:
                texts[os.path.join(at, name)] = data.decode("utf-8")
            except UnicodeDecodeError:
                pass        # no reader of templates takes it
    return texts


def golden_texts():
    with tempfile.TemporaryDirectory() as folder:
        recipes = []
        for root in ("tests/golden/jinja-template", "tests/bugs"):
            for at, _, names in os.walk(root):
                recipes += [os.path.join(at, name) for name in names if name.endswith(".jinja.recipe")]
        subprocess.run([RECIPE, folder, *sorted(recipes)], check=True)
        return list(read_folder(folder, r"\.jinja$").values())


def compare_honest(folder):
    texts = read_folder(folder, r"\.(jinja2?|j2)$")
    whole = {path: text for path, text in texts.items() if parses(text)}
    said = scan(folder)
    clean = 0
    for path in whole:
        verdict, findings = said[path]
        clean += verdict == "clean"
        check(verdict == "clean", f"{path}: honest, and {verdict} {findings}")
    print(f"{folder}: {len(texts)} files, {len(whole)} of them templates to jinja2, {clean} of those clean")
    agree(folder, texts.values())
    agree(folder + ", damaged", damaged(list(whole.values()), 3000))


def compare_labelled(folder):
    for label, wanted in (("benign", ("clean",)), ("malicious", ("dangerous", "suspicious"))):
        said = scan(os.path.join(folder, label))
        good = 0
        for path, (verdict, findings) in sorted(said.items()):
            good += verdict in wanted
            check(verdict in wanted, f"{path}: {label}, and {verdict} {findings}")
        print(f"{folder}: {good} of {len(said)} {label} ones judged so")
    texts = [text for path in read_folder(folder, r"^(?!manifest).*\.json$").values() for text in strings(json.loads(path)) if "{{" in text or "{%" in text]
    agree(folder, texts)


def strings(value):
    if isinstance(value, str):
        yield value
    for it in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(it)


def main():
    options = argparse.ArgumentParser(description="holds our parser of templates against jinja2")
    options.add_argument("--honest", action="append", default=[])
    options.add_argument("--labelled", action="append", default=[])
    given = options.parse_args()
    texts = golden_texts()
    agree("golden", texts)
    agree("golden, damaged", damaged(texts, 3000))
    for folder in given.honest:
        compare_honest(folder)
    for folder in given.labelled:
        compare_labelled(folder)
    print(f"{compared - failures} passed, {failures} failed")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
