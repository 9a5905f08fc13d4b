#!/usr/bin/env python3
"""Holds our readers of boosted trees, 7z, XML and YAML against those of others.  Not part of `make test`.

    make build/merlon build/parts
    python3 -m venv build/oracle && build/oracle/bin/pip install xgboost lightgbm scikit-learn py7zr pyyaml
    build/oracle/bin/python tests/oracle/trees.py [xgboost] [lightgbm] [archives] [xml] [yaml]

xgboost     models of every booster and form that the installed version writes are clean, with the attributes that were
            set; cut ones, and JSON that Python refuses, are not
lightgbm    models of every kind are clean; those cut before their trees end are not
archives    7z archives by py7zr, of every method libarchive knows: their members are those that went in; cut ones are not clean
xml         documents that expat refuses are never clean, and those it takes are never called malformed
yaml        documents in which PyYAML finds a "_target_" are never clean
"""
import sys

sys.path = [p for p in sys.path if not p.rstrip("/").endswith("oracle")]   # files beside this one have the names of modules

import json
import os
import random
import subprocess
import tempfile
import xml.parsers.expat

MERLON = os.environ.get("MERLON", "build/merlon")
PARTS = os.environ.get("PARTS", "build/parts")
rng = random.Random(20)
failures = 0
compared = 0


def check(good, what):
    global failures, compared
    compared += 1
    if not good:
        failures += 1
        print("FAIL", what)


def scan(folder):
    """Verdict and checks that spoke, of every file below the folder, by its path."""
    out = subprocess.run([MERLON, "scan", "--report", "json", "--no-digest", folder], capture_output=True, check=False).stdout
    return {item["path"]: (item["verdict"], {f["check"] for f in item.get("findings", [])}) for item in json.loads(out)["items"]}


def parts(form, path, kind):
    out = subprocess.run([PARTS, form, path], capture_output=True, check=True, text=True).stdout
    rows = [line.split("\t") for line in out.splitlines()]
    return [(json.loads(row[1]), json.loads(row[2])) for row in rows if row[0] == kind]


def write(folder, name, data):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    return path


def cut(folder, name, data, most=40):
    """Beginnings of a file, written beside each other."""
    return [write(folder, f"{i}-{name}", data[:rng.randrange(1, len(data))]) for i in range(most)]


def check_clean(folder):
    for path, (verdict, checks) in scan(folder).items():
        check(verdict == "clean", f"{path}: honest, and {verdict} by {checks}")


def check_not_clean(folder, paths):
    said = scan(folder)
    for path in paths:
        check(said[path][0] != "clean", f"{path}: broken, and clean")


# ---- boosted trees ----

def xgboost_models():
    import numpy as np
    import xgboost
    for i in range(24):
        rows, columns, classes = rng.randrange(20, 200), rng.randrange(1, 9), rng.choice([1, 1, 3])
        values = np.random.default_rng(i).random((rows, columns))
        labels = np.random.default_rng(i + 99).integers(0, 3 if classes > 1 else 2, rows)
        settings = {"booster": rng.choice(["gbtree", "gbtree", "dart", "gblinear"]), "max_depth": rng.randrange(1, 7), "verbosity": 0,
                    "objective": "multi:softprob" if classes > 1 else rng.choice(["binary:logistic", "reg:squarederror", "count:poisson"])}
        if classes > 1:
            settings["num_class"] = 3
        if settings["booster"] == "gbtree" and rng.random() < 0.3:
            settings.update(tree_method="hist", grow_policy="lossguide", gamma=0.5, num_parallel_tree=2)
        model = xgboost.train(settings, xgboost.DMatrix(values, labels, feature_names=[f"f{n}é" for n in range(columns)]), rng.randrange(1, 6))
        attributes = {f"key{n}": rng.choice(["1", "value", "é\n\"x\"", "x" * 300]) for n in range(rng.randrange(0, 4))}
        model.set_attr(**attributes)
        yield model, model.attributes()


def compare_xgboost(folder):
    honest, broken = os.path.join(folder, "honest"), os.path.join(folder, "broken")
    os.makedirs(honest)
    made = []
    for i, (model, attributes) in enumerate(xgboost_models()):
        for form in ("json", "ubj", "deprecated"):
            path = os.path.join(honest, f"{i}.{form}")
            model.save_model(path)
            found = {name: text for name, text in parts("xgboost", path, "metadata")}
            check(all(found.get(name) == text for name, text in attributes.items()), f"{path}: other attributes than were set")
            with open(path, "rb") as f:
                data = f.read()
            # A text that is cut in its first words is a text.
            made += [p for p in cut(broken, f"{i}.{form}", data, 8) if os.path.getsize(p) > 40]
        write(honest, f"{i}.state", bytes(model.__getstate__()["handle"]))
    check_clean(honest)
    for i in range(200):
        with open(os.path.join(honest, f"{rng.randrange(24)}.json"), "rb") as f:
            data = bytearray(f.read())
        data[rng.randrange(40, len(data))] = rng.randrange(256)
        try:
            json.loads(data)
        except ValueError:
            made.append(write(broken, f"{i}-changed.json", data))
    check_not_clean(broken, made)
    print(f"xgboost: {len(made)} broken files")


def compare_lightgbm(folder):
    import lightgbm
    import numpy as np
    honest, broken = os.path.join(folder, "honest"), os.path.join(folder, "broken")
    os.makedirs(honest)
    made = []
    for i in range(24):
        rows, columns = rng.randrange(60, 300), rng.randrange(1, 7)
        values = np.random.default_rng(i).random((rows, columns))
        labels = np.random.default_rng(i + 99).integers(0, 3, rows)
        values[:, 0] = np.random.default_rng(i).integers(0, 6, rows)
        settings = {"verbosity": -1, "num_leaves": rng.randrange(2, 20), "min_data_in_leaf": 3, "cat_smooth": 1, "max_cat_to_onehot": rng.choice([1, 4]), "min_data_per_group": 3}
        settings.update(rng.choice([{"objective": "multiclass", "num_class": 3}, {"objective": "regression"}, {"objective": "poisson"},
                                    {"objective": "regression", "linear_tree": True}, {"boosting": "dart"}]))
        data = lightgbm.Dataset(values, labels, categorical_feature=[0] if rng.random() < 0.5 and not settings.get("linear_tree") else [])
        path = os.path.join(honest, f"{i}.txt")
        lightgbm.train(settings, data, rng.randrange(1, 6)).save_model(path)
        with open(path, "rb") as f:
            text = f.read()
        trees = text.index(b"end of trees")
        made += [write(broken, f"{i}-{n}.lgb", text[:rng.randrange(16, trees)]) for n in range(12)]
    check_clean(honest)
    check_not_clean(broken, made)
    print(f"lightgbm: {len(made)} broken files")


# ---- archives ----

def compare_archives(folder):
    import py7zr
    methods = [None, [{"id": py7zr.FILTER_COPY}], [{"id": py7zr.FILTER_LZMA}], [{"id": py7zr.FILTER_BZIP2}], [{"id": py7zr.FILTER_DEFLATE}],
               [{"id": py7zr.FILTER_DELTA}, {"id": py7zr.FILTER_LZMA2, "preset": 1}], [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA2, "preset": 1}],
               [{"id": py7zr.FILTER_PPMD, "order": 6, "mem": 24}]]
    honest, broken = os.path.join(folder, "honest"), os.path.join(folder, "broken")
    os.makedirs(honest)
    made = []
    for i in range(40):
        path = os.path.join(honest, f"{i}.7z")
        members = {f"{rng.choice(['a', 'b/c', 'ü'])}{n}.txt": b"word %d " % n * rng.randrange(0, 3000) for n in range(rng.randrange(1, 6))}
        with py7zr.SevenZipFile(path, "w", filters=rng.choice(methods)) as z:
            for name, data in members.items():
                z.writestr(data, name)
        names = sorted(name for name, _ in parts("7z", path, "embedded"))
        check(names == sorted(members), f"{path}: members are {names}, and {sorted(members)} went in")
        with open(path, "rb") as f:
            made += [p for p in cut(broken, f"{i}.7z", f.read(), 10) if os.path.getsize(p) > 6]
    check_clean(honest)
    check_not_clean(broken, made)
    print(f"archives: {len(made)} broken files")


# ---- XML ----

PIECES = ["<PMML>", "</PMML>", "<Header/>", "<a b='1'>", "</a>", "&amp;", "&#65;", "&lt;", "text", " ", "<!-- c -->", "<![CDATA[x]]>", "<?pi x?>", "&", "<", ">", "'",
          "\"", "é", "]]>", "<a b='1' b='2'/>", "<a b=1/>", "<a  c = \"x&gt;\" />", "\n", "<!DOCTYPE PMML>", "<!DOCTYPE PMML [<!ENTITY x 'y'>]>", "&x;", "\x01", "--"]


def expat_takes(data):
    parser = xml.parsers.expat.ParserCreate()
    try:
        parser.Parse(data, True)
    except xml.parsers.expat.ExpatError:
        return False
    return True


def compare_xml(folder):
    refused, taken = [], []
    for i in range(3000):
        middle = "".join(rng.choice(PIECES) for _ in range(rng.randrange(0, 7)))
        front = rng.choice(["", "", "<?xml version='1.0'?>", "<!-- c -->", "<!DOCTYPE PMML>", "<!DOCTYPE PMML [<!ENTITY x 'y'>]>"])
        data = (front + "<PMML>" + middle + "</PMML>" + rng.choice(["", "", "\n", "x", "<a/>"])).encode()
        (taken if expat_takes(data) else refused).append(write(folder, f"{i}.pmml", data))
    said = scan(folder)
    for path in refused:
        check(said[path][0] != "clean", f"{path}: expat refuses it, and it is clean: {open(path, 'rb').read()}")
    for path in taken:
        check("file.malformed" not in said[path][1], f"{path}: expat takes it, and it is called malformed: {open(path, 'rb').read()}")
    print(f"xml: {len(refused)} refused by expat, {len(taken)} taken")


# ---- YAML ----

def random_value(depth):
    import yaml
    kind = rng.randrange(5 if depth < 3 else 3)
    if kind < 2:
        return rng.choice(["a", "x: y", "don't", "#", "é", 1, True, None, "line\nline", "'\"", "_target", yaml.__name__])
    if kind == 2:
        return "words " * rng.randrange(1, 30)
    if kind == 3:
        return [random_value(depth + 1) for _ in range(rng.randrange(0, 4))]
    return {rng.choice("abcdef") * rng.randrange(1, 4): random_value(depth + 1) for _ in range(rng.randrange(0, 4))}


def plant(value, name):
    """Puts {"_target_": name} somewhere into the value."""
    inner = [v for v in (value if isinstance(value, list) else value.values() if isinstance(value, dict) else []) if isinstance(v, (list, dict))]
    if inner and rng.random() < 0.7:
        plant(rng.choice(inner), name)
    elif isinstance(value, list):
        value.insert(rng.randrange(len(value) + 1), {"a": 1, "_target_": name})
    else:
        value["_target_"] = name


def compare_yaml(folder):
    import yaml
    honest, planted = os.path.join(folder, "honest"), os.path.join(folder, "planted")
    for i in range(600):
        value = {"top": random_value(0), "list": [random_value(1)], "map": {"k": random_value(1)}}
        style = {"default_flow_style": rng.choice([None, True, False]), "default_style": rng.choice([None, None, "'", '"', "|", ">"]),
                 "allow_unicode": rng.random() < 0.5, "width": rng.choice([20, 80, 1000]), "indent": rng.choice([2, 4, 8]), "canonical": rng.random() < 0.1}
        write(honest, f"{i}.yaml", yaml.dump(value, **style).encode())
        plant(value, rng.choice(["os.system", "subprocess.Popen", "builtins.eval"]))
        write(planted, f"{i}.yaml", yaml.dump(value, **style).encode())
    check_clean(honest)
    dangerous = 0
    for path, (verdict, _) in scan(planted).items():
        check(verdict != "clean", f"{path}: names what is called, and is clean")
        dangerous += verdict == "dangerous"
    print(f"yaml: of 600 documents that name a command {dangerous} are dangerous, the rest inconclusive")


def main():
    wanted = sys.argv[1:] or ["xgboost", "lightgbm", "archives", "xml", "yaml"]
    for name in wanted:
        with tempfile.TemporaryDirectory() as folder:
            globals()["compare_" + name](folder)
    print(f"{compared - failures} passed, {failures} failed")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
