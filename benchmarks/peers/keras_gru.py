"""The network of the 2017 system as written today in Keras 3 on TensorFlow: three stateful layers of 512.

Shape, batches, rate and schedule are those of `torch_gru.py`; `stateful=True` carries the states from batch to batch.
Held-out books are scored in float32 by a copy of the model with one lane for each, in the same two ways.

Settings: `precision`, "float32" or "bfloat16" (the policy mixed_bfloat16); `jit_compile` and `unroll` as in Keras;
others replace the constants below.

Shapes: B = lanes, T = symbols per window, V = vocabulary size, P = held-out passages.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

from peers.contract import (
    Curve,
    Figures,
    HeldOut,
    Job,
    Outcome,
    Reader,
    answer,
    better,
    draw,
    linear_rate,
    side_by_side,
)

SHAPE = {"embedding_dim": 128, "hidden_size": 512, "num_layers": 3, "batch_size": 200, "seq_len": 30}
LEARNING_RATE = 1e-3
GRAD_CLIP = 1.0
WARMUP_STEPS = 10
CHUNK_SIZE = 256  # symbols read at a time when scoring
SETTINGS = {**SHAPE, "learning_rate": LEARNING_RATE, "precision": "float32", "jit_compile": False, "unroll": False}
# As in torch: from Keras's own default of 0.03, 63 updates reached 4.18 bits per character instead of 3.26 (2026-11).
EMBEDDING = keras.initializers.RandomNormal(stddev=1.0)
POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


def make_model(vocab_size: int, *, batch_size: int, seq_len: int, settings: dict) -> keras.Model:
    """Return an untrained model for batches of one size, with the current dtype policy."""
    layers = [
        keras.layers.GRU(settings["hidden_size"], return_sequences=True, stateful=True, unroll=settings["unroll"])
        for _ in range(settings["num_layers"])
    ]
    return keras.Sequential(
        [
            keras.Input(batch_shape=(batch_size, seq_len), dtype="int32"),
            keras.layers.Embedding(vocab_size, settings["embedding_dim"], EMBEDDING),
            *layers,
            keras.layers.Dense(vocab_size, dtype="float32"),
        ]
    )


def run(job: Job) -> Outcome:
    """Train until the deadline and score."""
    tf.config.threading.set_intra_op_parallelism_threads(job.threads)
    tf.config.threading.set_inter_op_parallelism_threads(job.threads)
    keras.utils.set_random_seed(job.seed)
    settings = {**SETTINGS, **job.settings}
    curve = Curve(job.seconds, symbols_per_char=job.facts.symbols_per_char)
    keras.config.set_dtype_policy(POLICIES[settings["precision"]])
    batch_size, seq_len = settings["batch_size"], settings["seq_len"]
    model = make_model(job.facts.vocab_size, batch_size=batch_size, seq_len=seq_len, settings=settings)
    optimizer = keras.optimizers.Adam(settings["learning_rate"], global_clipnorm=GRAD_CLIP)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=optimizer, loss=loss, jit_compile=settings["jit_compile"])
    reader = Reader(job.train, batch_size=batch_size, seq_len=seq_len, seed=job.seed)
    step = 0
    while (fraction_done := curve.fraction_done) < 1.0:
        window = reader.window(step).astype(np.int32)  # (B, T + 1)
        step += 1
        optimizer.learning_rate = linear_rate(
            settings["learning_rate"], step=step, fraction_done=fraction_done, warmup_steps=WARMUP_STEPS
        )
        model.reset_metrics()  # train_on_batch returns the mean since then
        curve.add(float(model.train_on_batch(window[:, :-1], window[:, 1:])))
    train_seconds = curve.elapsed
    keras.config.set_dtype_policy("float32")
    settings["unroll"] = False
    memory, figures = better(
        {
            "empty": _figures(model, job, settings, is_carried=False),
            "carried on": _figures(model, job, settings, is_carried=True),
        }
    )
    return Outcome(
        num_parameters=model.count_params(),
        chars_read=step * batch_size * seq_len / job.facts.symbols_per_char,
        train_seconds=train_seconds,
        points=curve.points,
        figures=figures,
        memory=memory,
        sample_ids=_write(model, job, settings, is_carried=memory == "carried on"),
        settings={**job.settings, "precision": settings["precision"]},
        versions={"keras": keras.__version__, "tensorflow": tf.__version__},
    )


def _figures(model: keras.Model, job: Job, settings: dict, *, is_carried: bool) -> Figures:
    def bits(held_out: HeldOut) -> float:
        lanes, is_scored = side_by_side(held_out.passages, multiple_of=CHUNK_SIZE)
        reader = _copy(model, job, settings, shape=(len(lanes), CHUNK_SIZE), is_carried=is_carried)
        nats = 0.0
        for start in range(0, is_scored.shape[1], CHUNK_SIZE):
            chunk = lanes[:, start : start + CHUNK_SIZE + 1].astype(np.int32)
            losses = _losses(reader, tf.constant(chunk)).numpy()
            nats += losses[is_scored[:, start : start + CHUNK_SIZE]].sum(dtype=np.float64)
        return held_out.bits_per_char(float(nats))

    return Figures(bits(job.val), bits(job.test))


@tf.function
def _losses(reader: keras.Model, chunk: tf.Tensor) -> tf.Tensor:
    logits = reader(chunk[:, :-1], training=False)
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=chunk[:, 1:], logits=logits)


def _copy(model: keras.Model, job: Job, settings: dict, *, shape: tuple[int, int], is_carried: bool) -> keras.Model:
    """Return a copy of a model for batches of another shape, (P, T), with empty states or those of the first lane."""
    copy = make_model(job.facts.vocab_size, batch_size=shape[0], seq_len=shape[1], settings=settings)
    for layer, original in zip(copy.layers, model.layers, strict=True):
        for weight, value in zip(layer.trainable_weights, original.trainable_weights, strict=True):
            weight.assign(value)
        if is_carried and isinstance(layer, keras.layers.GRU):
            first = np.asarray(original.states[0])[:1].astype(np.float32)
            layer.states[0].assign(np.repeat(first, shape[0], axis=0))
    return copy


def _write(model: keras.Model, job: Job, settings: dict, *, is_carried: bool) -> list[int]:
    random = np.random.default_rng(1)
    writer = _copy(model, job, settings, shape=(1, 1), is_carried=is_carried)
    read = tf.function(lambda symbol: writer(symbol, training=False))
    logits = None
    for symbol in (job.facts.boundary_id, *job.facts.prompt_ids):
        logits = read(tf.constant([[symbol]]))
    written: list[int] = []
    while len(written) < job.facts.sample_chars:
        written.append(draw(logits[0, -1].numpy(), random=random, boundary_id=job.facts.boundary_id))
        logits = read(tf.constant([written[-1:]]))
    return written


if __name__ == "__main__":
    answer(run)
