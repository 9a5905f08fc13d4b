#!/usr/bin/env python3
"""Saves honest models with the Keras that is installed, as .keras and as .h5, and demands that
every file comes out clean.  Nothing is loaded but by the scanner.  Not part of `make test`: it
needs keras with a backend, or tensorflow of any version from 2.9 on.

    make && python3 tests/oracle/keras.py [build/merlon]
"""
import os
import subprocess
import sys
import tempfile

sys.path.pop(0)         # this file's own name is that of the library
os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

try:
    from tensorflow import keras
    import tensorflow
except ImportError:
    import keras
    tensorflow = None
import numpy as np

L = keras.layers
VERSION = getattr(keras, "__version__", None) or f"of tensorflow {tensorflow.__version__}"
MERLON = sys.argv[1] if len(sys.argv) > 1 else "build/merlon"


def sequential():
    return keras.Sequential([keras.Input((4,)), L.Dense(3, activation="relu"), L.Dropout(.1), L.Dense(1)])


def regularised():
    return keras.Sequential([keras.Input((4,)), L.Dense(3, kernel_regularizer=keras.regularizers.l2(.1), kernel_constraint="max_norm",
                             kernel_initializer=keras.initializers.HeNormal(seed=3), activity_regularizer="l1"), L.LeakyReLU(), L.ReLU(max_value=6.)])


def functional():
    a, b = keras.Input((8,), name="a"), keras.Input((8,), name="b")
    x = L.Concatenate()([L.Dense(4, activation="gelu")(a), L.Dense(4, activation="tanh")(b)])
    return keras.Model([a, b], [L.Dense(2, activation="softmax", name="one")(x), L.Add()([x, x])])


def nested():
    inner = keras.Sequential([keras.Input((6,)), L.Dense(6), L.LayerNormalization()], name="inner")
    i = keras.Input((6,))
    middle = keras.Model(i, inner(L.Dense(6)(inner(i))), name="middle")
    o = keras.Input((6,))
    return keras.Model(o, L.Dense(1)(middle(o)))


def convolutional():
    return keras.Sequential([keras.Input((16, 16, 3)), L.Conv2D(4, 3, padding="same"), L.BatchNormalization(), L.Activation("relu"),
                             L.MaxPooling2D(), L.SeparableConv2D(4, 3), L.DepthwiseConv2D(3, padding="same"), L.GlobalAveragePooling2D(), L.Dense(2)])


def wrappers():
    return keras.Sequential([keras.Input((5, 8)), L.Bidirectional(L.LSTM(3, return_sequences=True)), L.TimeDistributed(L.Dense(4)),
                             L.RNN([L.GRUCell(3), L.LSTMCell(3)], return_sequences=True), L.GRU(2)])


def embedding():
    return keras.Sequential([keras.Input((None,), dtype="int32"), L.Embedding(20, 4, mask_zero=True), L.Masking(mask_value=float("nan")),
                             L.Conv1D(4, 3, padding="causal"), L.GlobalMaxPooling1D(), L.Dense(1, activation="sigmoid")])


def attention():
    q = keras.Input((5, 8))
    x = L.MultiHeadAttention(2, 4)(q, q)
    x = L.LayerNormalization()(x + q)
    return keras.Model(q, L.Dense(3)(L.Flatten()(x * 2.)[:, 1:]))


def images():
    return keras.Sequential([keras.Input((16, 16, 3)), L.Rescaling(1 / 255.), L.RandomFlip("horizontal"), L.RandomRotation(.1), L.RandomZoom(.2),
                             L.Resizing(8, 8), L.CenterCrop(6, 6), L.Flatten(), L.Dense(2)])


def numbers():
    norm = L.Normalization(mean=[1., 2., 3.], variance=[1., 1., 4.])
    return keras.Sequential([keras.Input((3,)), norm, L.Discretization(bin_boundaries=[0., 1., 2.]), L.CategoryEncoding(num_tokens=5)])


def words():
    layer = L.StringLookup(vocabulary=["a", "b", "http://c.example", "/etc/d"])
    return keras.Sequential([keras.Input((1,), dtype="string"), layer, L.Embedding(8, 2), L.Flatten()])


def sentences():
    layer = L.TextVectorization(max_tokens=50, output_sequence_length=6, ngrams=2, standardize="lower_and_strip_punctuation", vocabulary=["x", "y", "z"])
    return keras.Sequential([keras.Input((1,), dtype="string"), layer, L.Embedding(50, 2), L.GlobalAveragePooling1D()])


def whole_numbers():
    return keras.Sequential([keras.Input((2,), dtype="int64"), L.IntegerLookup(vocabulary=[1, 2, 30]), L.Hashing(num_bins=4)])


def operations():
    ops = keras.ops
    i = keras.Input((8,))
    x = ops.concatenate([ops.relu(i), ops.abs(i)], axis=-1)
    x = ops.reshape(ops.sqrt(ops.maximum(x, 0.)), (-1, 4, 4))
    return keras.Model(i, ops.mean(ops.matmul(x, x), axis=1))


def tensorflow_operations():
    tf = tensorflow
    i = keras.Input((8,))
    x = tf.concat([tf.nn.relu(i), tf.math.abs(i)], axis=-1)
    x = tf.reshape(tf.sqrt(tf.maximum(x, 0.)), (-1, 4, 4))
    y = tf.transpose(x, [0, 2, 1]) + tf.cast(tf.shape(x)[1], tf.float32)
    return keras.Model(i, tf.reduce_mean(tf.matmul(y, x), axis=1))


def mixed():
    return keras.Sequential([keras.Input((4,)), L.Dense(3, dtype="mixed_float16"), L.Dense(1, dtype="float32")])


def trained(model, optimizer, loss, metrics):
    model.compile(optimizer=optimizer, loss=loss, metrics=metrics)
    model.fit(np.random.rand(8, 4), np.random.rand(8, 1), epochs=1, verbose=0)
    return model


def adam():
    schedule = keras.optimizers.schedules.ExponentialDecay(.01, 100, .9)
    return trained(sequential(), keras.optimizers.Adam(schedule), "mse", ["mae", keras.metrics.RootMeanSquaredError()])


def sgd():
    return trained(sequential(), keras.optimizers.SGD(.1, momentum=.9, nesterov=True), keras.losses.Huber(), [keras.metrics.MeanAbsoluteError()])


def rmsprop():
    return trained(sequential(), "rmsprop", "binary_crossentropy", ["accuracy"])


def application():
    return keras.applications.MobileNetV2(input_shape=(32, 32, 3), weights=None, classes=3)


def convnext():
    return keras.applications.ConvNeXtTiny(input_shape=(32, 32, 3), weights=None, classes=2)


MODELS = [sequential, regularised, functional, nested, convolutional, wrappers, embedding, attention, images, numbers, words, sentences,
          whole_numbers, operations, tensorflow_operations, mixed, adam, sgd, rmsprop, application, convnext]


def save(folder):
    saved, skipped = [], []
    for make in MODELS:
        for extension in ("keras", "h5", "json"):
            path = os.path.join(folder, f"{make.__name__}.{extension}")
            try:
                model = make()
                if extension == "json":
                    with open(path, "w", encoding="utf-8") as f:
                        f.write(model.to_json())
                else:
                    model.save(path)
                saved.append(path)
            except Exception as why:        # pylint: disable=broad-except
                skipped.append(f"{make.__name__}.{extension} ({type(why).__name__})")
                if os.path.exists(path):
                    os.remove(path)
    return saved, skipped


def main():
    with tempfile.TemporaryDirectory() as folder:
        saved, skipped = save(folder)
        out = subprocess.run([MERLON, "scan", "--report", "lines", folder], capture_output=True, check=False).stdout.decode()
        clean = [line for line in out.splitlines() if line.split(": ")[1:2] and line.split(": ")[1].startswith("clean ")]
        print("\n".join(line.removeprefix(folder) for line in out.splitlines() if line not in clean or os.environ.get("VERBOSE")))
        print(f"keras {VERSION}: {len(saved)} files saved, {len(clean)} clean; this Keras could not save {len(skipped)}: {', '.join(skipped)}")
        return len(saved) != len(clean) or not saved


if __name__ == "__main__":
    sys.exit(main())
