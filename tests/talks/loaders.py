#!/usr/bin/env python3
"""What the loader changes: the same file judged for each, in JSON, in text, and when one loader alone is asked about.

usage: loaders.py MERLON WORK
"""
import json
import os
import subprocess
import sys

TORCH, WEIGHTS, PICKLE, JOBLIB, NUMPY = "torch.load", "torch.load(weights_only)", "pickle.load", "joblib.load", "numpy.load"
KERAS, UNSAFE = "keras load_model", "keras load_model(safe_mode=False)"
HUB, TRUSTING = "from_pretrained", "from_pretrained(trust_remote_code=True)"

# CASE, FILE, and what it is for whom: for all of them the worst
CASES = [
    ("pickle/call-reduce", "model.pkl", {PICKLE: "dangerous", JOBLIB: "dangerous", TORCH: "dangerous", NUMPY: "dangerous", WEIGHTS: "clean"}),
    ("pytorch/call", "model.pt", {TORCH: "dangerous", WEIGHTS: "clean"}),
    ("pytorch/whole-module", "model.pt", {TORCH: "suspicious", WEIGHTS: "clean"}),
    ("pytorch-legacy/call-in-keys", "model.pt", {TORCH: "dangerous", WEIGHTS: "clean"}),
    ("tar/torch-call-in-pickle", "model.pt", {TORCH: "dangerous", WEIGHTS: "dangerous"}),
    ("tar/torch-call-in-storages", "model.pt", {TORCH: "dangerous", WEIGHTS: "dangerous"}),
    ("pickle/loaders-list-arguments", "model.pkl", {PICKLE: "clean", TORCH: "clean", NUMPY: "clean", JOBLIB: "dangerous"}),
    ("pickle/damage-8bit-before-call", "model.pkl", {PICKLE: "clean", JOBLIB: "clean", TORCH: "dangerous", NUMPY: "dangerous"}),
    ("joblib/call-behind-array", "model.joblib", {JOBLIB: "dangerous"}),
    ("npy/objects-call", "array.npy", {NUMPY: "dangerous"}),
    ("keras/lambda", "model.keras", {KERAS: "suspicious", UNSAFE: "dangerous"}),
    ("keras/h5-lambda", "model.h5", {KERAS: "dangerous", UNSAFE: "dangerous"}),
    ("keras/import-function", "model.keras", {KERAS: "dangerous", UNSAFE: "dangerous"}),
    ("model-config/code-auto-map", "config.json", {HUB: "clean", TRUSTING: "suspicious"}),
    ("skops/object-state", "model.skops", {"skops.io.load": "dangerous"}),
]

# --loader NAMES, CASE, FILE, verdict, exit status
ASKED = [
    (["torch"], "pytorch/call", "model.pt", "dangerous", 1),
    (["torch-weights-only"], "pytorch/call", "model.pt", "clean", 0),
    (["torch-weights-only", "torch"], "pytorch/call", "model.pt", "dangerous", 1),
    (["torch-weights-only"], "tar/torch-call-in-pickle", "model.pt", "dangerous", 1),
    (["joblib"], "pickle/loaders-list-arguments", "model.pkl", "dangerous", 1),
    (["pickle"], "pickle/loaders-list-arguments", "model.pkl", "clean", 0),
    (["keras"], "keras/lambda", "model.keras", "suspicious", 0),
    (["keras-unsafe"], "keras/lambda", "model.keras", "dangerous", 1),
    (["keras"], "keras/torch-module", "model.keras", "dangerous", 1),       # a pickle inside: nobody asked which unpickler
    (["hub"], "model-config/code-auto-map", "config.json", "clean", 0),
    (["hub-code"], "model-config/code-auto-map", "config.json", "suspicious", 0),
    (["hub"], "model-config/attack-plain", None, "dangerous", 1),           # a template concerns everybody
    (["torch-weights-only"], "zip/duplicate-adjacent", "model.zip", "dangerous", 1),
    (["torch-weights-only"], "pickle/cut-global", "model.pkl", "inconclusive", 2),
]


class Tests:
    def __init__(self, merlon, golden):
        self.merlon, self.golden, self.passed, self.failed = os.path.abspath(merlon), golden, 0, 0

    def check(self, good, what):
        self.passed += bool(good)
        self.failed += not good
        if not good:
            print(f"FAIL {what}")

    def scan(self, case, file, *options):
        folder = os.path.join(self.golden, "tests/golden", case)
        name = file or next(n for n in sorted(os.listdir(folder)) if n != "got.txt")
        done = subprocess.run([self.merlon, "scan", *options, os.path.join(folder, name)], capture_output=True, text=True)
        return done.returncode, done.stdout

    def one(self, case, file, expected):
        item = json.loads(self.scan(case, file, "--report", "json")[1])["items"][0]
        told = item.get("by_loader", {})
        _, text = self.scan(case, file)
        for loader, verdict in expected.items():
            self.check(told.get(loader) == verdict, f"{case}: for {loader} {told.get(loader)}, not {verdict}")
            if verdict != item["verdict"]:
                lines = " ".join(text.split())
                self.check(loader in lines and f": {verdict}" in lines, f"{case}: the text does not say {verdict} for {loader}")
        self.check(all(f.get("loaders") for f in item["findings"] if f["check"].startswith(("import.", "call."))), f"{case}: a finding without its loaders")

    def asked(self, names, case, file, verdict, status):
        options = [word for name in names for word in ("--loader", name)]
        got, output = self.scan(case, file, "--report", "json", *options)
        report = json.loads(output)
        self.check(report["items"][0]["verdict"] == verdict, f"{case} {names}: {report['items'][0]['verdict']}, not {verdict}")
        self.check(got == status, f"{case} {names}: status {got}, not {status}")
        self.check("loaders" in report["summary"], f"{case} {names}: the report does not say whom it is for")
        _, text = self.scan(case, file, *options)
        self.check("judged for" in text, f"{case} {names}: the text does not say whom it is for")


def main(merlon, work):
    golden = os.path.join(work, "golden")
    tests = Tests(merlon, golden)
    for case, file, expected in CASES:
        tests.one(case, file, expected)
    for line in ASKED:
        tests.asked(*line)
    tests.check(tests.scan("pytorch/call", "model.pt", "--loader", "nobody")[0] == 64, "an unknown loader is taken")
    tests.check("loaders" not in json.loads(tests.scan("pytorch/call", "model.pt", "--report", "json")[1])["summary"], "all loaders, and yet some are named")
    print(f"loaders: {tests.passed} passed, {tests.failed} failed")
    return tests.failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
