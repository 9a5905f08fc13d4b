#!/usr/bin/env python3
"""How many ordinary published models the shipped lists let pass, by what they import.  Not part of `make test`.

    make measure-imports DATA=FOLDER

FOLDER/imports.tsv has a line for each traced file, with the columns set_id, model, file, persistent_load and imports
("module:name", separated by blanks), as Columbia's PickleBall survey publishes them.  The traces tell what is imported,
not how it is used: every set becomes a pickle that imports its names and no more.
"""
import collections
import csv
import json
import os
import subprocess
import sys
import tempfile

MERLON = os.environ.get("MERLON", "build/merlon")
GOAL = 97.0


def pickle_of(imports):
    body = b"\x80\x02("
    for entry in imports:
        module, name = entry.split(":")
        body += b"c%s\n%s\n" % (module.encode(), name.encode())
    return body + b"t."


def main():
    with open(os.path.join(sys.argv[1], "imports.tsv"), encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f, delimiter="\t"))
    files = collections.Counter(row["set_id"] for row in rows)
    models = {row["set_id"]: row["model"] for row in rows}
    verdicts = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        for name, imports in {row["set_id"]: row["imports"].split() for row in rows}.items():
            with open(os.path.join(folder, name + ".pkl"), "wb") as f:
                f.write(pickle_of(imports))
        out = subprocess.run([MERLON, "scan", "--report", "json", "--no-digest", folder], capture_output=True, check=False).stdout
    for item in json.loads(out)["items"]:
        name = os.path.basename(item["path"])[:-4]
        verdicts[item["verdict"]] += files[name]
        if item["verdict"] != "clean":
            print(f"{item['verdict']}: {files[name]} files like {models[name]}: " + "; ".join(f["message"] for f in item["findings"]))
    share = 100 * verdicts["clean"] / len(rows)
    print(f"{len(rows)} files with {len(files)} sets of imports: " + ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items()) + f"; {share:.1f} % clean")
    return share < GOAL


if __name__ == "__main__":
    sys.exit(main())
