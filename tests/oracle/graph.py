#!/usr/bin/env python3
"""Holds our readers of graphs against those of their makers.  Not part of `make test`.

    make build/merlon build/parts
    python3 -m venv build/oracle && build/oracle/bin/pip install onnx numpy     (and tensorflow-cpu, for the rest)
    build/oracle/bin/python tests/oracle/graph.py [onnx] [tensorflow] [tflite]

onnx        models made with onnx.helper are clean, and their operators and initialisers are those onnx sees;
            files with bytes changed or cut that onnx refuses are never clean
tensorflow  the same for GraphDefs and SavedModels
tflite      the same for models the converter makes, with the FlatBuffers reader of its own package
"""
import sys

sys.path = [p for p in sys.path if not p.rstrip("/").endswith("oracle")]   # files beside this one have the names of modules

import json
import os
import random
import subprocess
import tempfile

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


def verdicts(folder):
    """Of every file below the folder, by its path."""
    out = subprocess.run([MERLON, "scan", "--report", "json", "--no-digest", folder], capture_output=True, check=False).stdout
    return {item["path"]: item["verdict"] for item in json.loads(out)["items"]}


def parts(form, path):
    out = subprocess.run([PARTS, form, path], capture_output=True, check=True, text=True).stdout
    rows = [line.split("\t") for line in out.splitlines()]
    return {(row[0], json.loads(row[1])) for row in rows if row[0] in ("operator", "tensor")}


def damage(data, folder, name, count):
    """Files with bytes changed, or cut, beside the paths they are written to."""
    made = []
    for i in range(count):
        b = bytearray(data)
        if rng.random() < 0.3:
            b = b[:rng.randrange(len(b))]
        for _ in range(rng.randrange(0 if len(b) < len(data) else 1, 4)):
            if b:
                b[rng.randrange(len(b))] = rng.randrange(256)
        path = os.path.join(folder, f"{i}-{name}")
        with open(path, "wb") as f:
            f.write(b)
        made.append((path, bytes(b)))
    return made


# ---- ONNX ----

def onnx_tensor(name):
    import numpy as np
    from onnx import helper, numpy_helper
    shape = [rng.randrange(0, 4) for _ in range(rng.randrange(0, 4))]
    kind = rng.choice(["float32", "float64", "int8", "uint8", "int32", "int64", "bool", "float16", "complex64", "uint16"])
    if rng.random() < 0.5:
        return numpy_helper.from_array(np.zeros(shape, kind), name)
    t = rng.choice([1, 2, 3, 6, 7, 9, 10, 11, 12, 13, 16, 17, 21, 22, 8])
    n = int(np.prod(shape)) if shape else 1
    return helper.make_tensor(name, t, shape, [b"x"] * n if t == 8 else [1] * n)


def onnx_graph(depth, functions):
    from onnx import helper
    nodes, tensors = [], [onnx_tensor(f"w{depth}{i}") for i in range(rng.randrange(0, 4))]
    for i in range(rng.randrange(1, 6)):
        domain, name = rng.choice([("", "Relu"), ("", "Conv"), ("ai.onnx.ml", "Scaler"), ("com.microsoft", "Gelu"), ("", "Identity")] + functions)
        attributes = {"alpha": 0.5, "axes": [1, 2], "mode": "linear"} if rng.random() < 0.4 else {}
        if rng.random() < 0.3:
            attributes["value"] = onnx_tensor("c")
        if depth < 3 and rng.random() < 0.3:
            name, domain, attributes = "If", "", {"then_branch": onnx_graph(depth + 1, functions), "else_branch": onnx_graph(depth + 1, functions)}
        nodes.append(helper.make_node(name, ["x"], [f"y{depth}{i}"], domain=domain, **attributes))
    value = helper.make_tensor_value_info("x", 1, [None, "batch", 3])
    return helper.make_graph(nodes, f"g{depth}", [value], [helper.make_tensor_value_info(f"y{depth}0", 1, None)], tensors)


def onnx_model():
    from onnx import helper
    functions = [("local", f"f{i}") for i in range(rng.randrange(0, 3))]
    bodies = [helper.make_function(d, n, ["x"], ["y"], [helper.make_node("Erf", ["x"], ["y"])], [helper.make_opsetid("", 17)]) for d, n in functions]
    model = helper.make_model(onnx_graph(0, functions), functions=bodies, producer_name=rng.choice(["", "pytorch", "tf2onnx é"]))
    for i in range(rng.randrange(0, 3)):
        entry = model.metadata_props.add()
        entry.key, entry.value = f"key{i}", "value"
    return model


def onnx_expected(model):
    found = set()

    def graph(g):
        found.update(("tensor", t.name) for t in g.initializer)
        for n in g.node:
            node(n)

    def node(n):
        found.add(("operator", (n.domain or "ai.onnx") + "::" + n.op_type))
        for a in n.attribute:
            for g in [a.g] * a.HasField("g") + list(a.graphs):
                graph(g)
    graph(model.graph)
    for f in model.functions:
        for n in f.node:
            node(n)
    return found


def compare_onnx(folder):
    import onnx
    for i in range(150):
        model = onnx_model()
        path = os.path.join(folder, f"{i}.onnx")
        with open(path, "wb") as f:
            f.write(model.SerializeToString())
        check(parts("onnx", path) == onnx_expected(model), f"{path}: other operators or initialisers than onnx sees")
        if i % 10 == 0:
            from google.protobuf import text_format
            with open(path + "txt", "w") as f:
                f.write(text_format.MessageToString(model))
            check(parts("onnx", path + "txt") == onnx_expected(model), f"{path}txt: the text form gives something else")
    for path, verdict in verdicts(folder).items():
        check(verdict == "clean", f"{path}: honest, and {verdict}")
    broken = os.path.join(folder, "broken")
    os.mkdir(broken)
    made = []
    for i in range(40):
        made += damage(onnx_model().SerializeToString(), broken, f"{i}.onnx", 50)
    said = verdicts(broken)
    refused = 0
    for path, data in made:
        try:
            onnx.ModelProto.FromString(data)
        except Exception:   # whatever the parser raises, it refuses
            refused += 1
            check(said[path] != "clean", f"{path}: onnx cannot parse it, and it is clean")
    print(f"onnx: {len(made)} damaged files, {refused} of them refused by onnx")


# ---- TensorFlow ----

def tf_graph():
    import tensorflow as tf
    g = tf.Graph()
    with g.as_default():
        x = tf.compat.v1.placeholder(tf.float32, [None, 4], name="x")
        for _ in range(rng.randrange(1, 9)):
            x = rng.choice([tf.nn.relu, tf.sin, tf.nn.softmax, lambda v: v + tf.constant([1.0] * 4), lambda v: v @ tf.eye(4),
                            lambda v: tf.cond(tf.reduce_sum(v) > 0, lambda: v, lambda: -v), lambda v: tf.strings.to_number(tf.strings.as_string(v))])(x)
    return g.as_graph_def()


def tf_expected(graph):
    nodes = list(graph.node) + [n for f in graph.library.function for n in f.node_def]
    return {("operator", n.op) for n in nodes if n.op != "Const"}


def compare_tensorflow(folder):
    from google.protobuf import text_format
    from tensorflow.core.framework import graph_pb2
    from tensorflow.core.protobuf import saved_model_pb2
    graphs = [tf_graph() for _ in range(30)]
    for i, graph in enumerate(graphs):
        saved = saved_model_pb2.SavedModel(saved_model_schema_version=1)
        saved.meta_graphs.add().graph_def.CopyFrom(graph)
        for name, data in ((f"{i}.pb", graph.SerializeToString()), (f"{i}/saved_model.pb", saved.SerializeToString()),
                           (f"{i}.pbtxt", text_format.MessageToString(saved).encode())):
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(data)
            check(parts("tensorflow", path) == tf_expected(graph), f"{path}: other operators than TensorFlow sees")
    for path, verdict in verdicts(folder).items():
        check(verdict == "clean", f"{path}: honest, and {verdict}")
    broken = os.path.join(folder, "broken")
    os.mkdir(broken)
    made = []
    for i, graph in enumerate(graphs):
        made += damage(graph.SerializeToString(), broken, f"{i}.pb", 50)
    said = verdicts(broken)
    refused = 0
    for path, data in made:
        try:
            graph_pb2.GraphDef.FromString(data)
        except Exception:   # whatever the parser raises, it refuses
            refused += 1
            check(said[path] != "clean", f"{path}: TensorFlow cannot parse it, and it is clean")
    print(f"tensorflow: {len(made)} damaged files, {refused} of them refused by TensorFlow")


# ---- TensorFlow Lite ----

def compare_tflite(folder):
    import tensorflow as tf
    from tensorflow.lite.python import schema_py_generated as schema
    for i in range(8):
        layers = [tf.keras.layers.Input((rng.randrange(1, 9),))]
        layers += [tf.keras.layers.Dense(rng.randrange(1, 9), activation=rng.choice(["relu", "tanh", None])) for _ in range(rng.randrange(1, 4))]
        converter = tf.lite.TFLiteConverter.from_keras_model(tf.keras.Sequential(layers))
        if i % 2:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        data = converter.convert()
        path = os.path.join(folder, f"{i}.tflite")
        with open(path, "wb") as f:
            f.write(data)
        model = schema.ModelT.InitFromPackedBuf(data, 0)
        expected = {("tensor", t.name.decode()) for g in model.subgraphs for t in g.tensors}
        check(parts("tflite", path) == expected, f"{path}: other tensors than the schema's own reader sees")
    for path, verdict in verdicts(folder).items():
        check(verdict == "clean", f"{path}: honest, and {verdict}")


def main():
    wanted = sys.argv[1:] or ["onnx", "tensorflow", "tflite"]
    for name in wanted:
        with tempfile.TemporaryDirectory() as folder:
            globals()["compare_" + name](folder)
    print(f"{compared - failures} passed, {failures} failed")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
