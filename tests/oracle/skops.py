#!/usr/bin/env python3
"""Saves scikit-learn's estimators with skops and demands that every file comes out clean.
Nothing is loaded but by the scanner.  Not part of `make test`: it needs skops.

    make && python3 tests/oracle/skops.py [build/merlon]
"""
import os
import subprocess
import sys
import tempfile
import warnings

sys.path.pop(0)         # this file's own name is that of the library

import numpy as np
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.utils import all_estimators

MERLON = sys.argv[1] if len(sys.argv) > 1 else "build/merlon"
rng = np.random.RandomState(3)
X, y = rng.rand(30, 4), np.arange(30) % 3

VALUES = {
    "pipeline": make_pipeline(SimpleImputer(), StandardScaler(), SelectKBest(f_classif, k=2), LogisticRegression()).fit(X, y),
    "columns": ColumnTransformer([("a", StandardScaler(), [0, 1]), ("b", OneHotEncoder(), [2])]).fit(X),
    "search": GridSearchCV(LogisticRegression(), {"C": [1., 2.]}, cv=2).fit(X, y),
    "function": FunctionTransformer(np.log1p).fit(X),
    "arrays": {"f": X, "i": y, "b": y > 1, "s": np.array(["x", "yy"]), "o": np.array([1, "a", None], dtype=object), "scalar": np.float32(2)},
    "values": {"tuple": (1, 2.5, "a", None), "set": {1, 2}, "slice": slice(1, 2), "bytes": b"text only", "type": np.float64, "dtype": np.dtype("i4"), "nan": float("nan")},
    "random": {"state": rng, "generator": np.random.default_rng(4)},
}


def estimators():
    for name, make in all_estimators():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield name, make().fit(X, y)
        except Exception:       # pylint: disable=broad-except
            continue            # it wants arguments or other data


def main():
    saved, skipped = 0, []
    with tempfile.TemporaryDirectory() as folder:
        for name, value in list(VALUES.items()) + list(estimators()):
            path = os.path.join(folder, f"{name}.skops")
            try:
                skops.io.dump(value, path)
                saved += 1
            except Exception:   # pylint: disable=broad-except
                skipped.append(name)
                if os.path.exists(path):
                    os.remove(path)
        out = subprocess.run([MERLON, "scan", "--report", "lines", folder], capture_output=True, check=False).stdout.decode()
        clean = [line for line in out.splitlines() if line.split(": ")[1:2] and line.split(": ")[1].startswith("clean ")]
        print("\n".join(line.removeprefix(folder) for line in out.splitlines() if line not in clean))
        print(f"skops {skops.__version__}: {saved} files saved, {len(clean)} clean; skops could not save {len(skipped)}: {', '.join(skipped)}")
        return saved != len(clean) or not saved


if __name__ == "__main__":
    sys.exit(main())
