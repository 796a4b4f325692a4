"""How fast every cell learns, beside torch's own GRU and LSTM, Keras's GRU, and what the matrix products alone allow.

    python benchmarks/throughput.py [--rounds 9] [--threads 0] [--only "seed"]

Every contestant makes whole updates: a window forward, cross entropy, backward, Adam. The cells are given the seed
preset's shape, 3 layers of 512 over one-hot characters, 200 lanes, windows of 30; the presets keep their own. The peers
are written as a careful user would write them: one-hot input, `torch.nn.GRU(num_layers=3)`, fused Adam, autocast.

All take turns, one update each, every other round in reverse, so that whatever else the machine does meets all alike.
Speeds are medians over the rounds, ratios are medians of the ratios within a round.

The ceiling: all products of one update of the seed's shape, forward and back, on operands that lie ready, and nothing
else. A contestant's share of it is its useful operations per second, 6 for each weight that a character is multiplied
with (columns that are merely looked up do not count), over those of the bare products in the same precision.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import NamedTuple

import torch
import torch.nn.functional as F
from common import results_header, write_results
from torch import Tensor, nn

from penwright.model.cells.base import ProjectedLayer
from penwright.model.char_model import CharModel, some_lanes
from penwright.model.config import ModelConfig
from penwright.model.float32 import faster_float32
from penwright.training.batches import Batch
from penwright.training.gradients import forward_backward
from penwright.training.machine import keep_freed_memory, use_threads
from penwright.training.planning.sizes import LADDER, Size, sized
from penwright.training.settings.resolve import resolve_config
from penwright.training.threads import divided

VOCAB_SIZE, HIDDEN_SIZE, NUM_LAYERS, BATCH_SIZE, SEQ_LEN = 98, 512, 3, 200, 30
PRECISIONS = ("float32", "bfloat16")
MANY_LANES = 64
"""In which a plan lets the default preset read when it has an hour."""
CELLS = {
    "perceptron": {"cell": "perceptron"},
    "window": {"cell": "window"},
    "elman": {"cell": "elman"},
    "gru, reset before": {"cell": "gru", "gru_reset": "before"},
    "gru, reset after": {"cell": "gru", "gru_reset": "after"},
    "lstm": {"cell": "lstm"},
}


class Contestant(NamedTuple):
    """Someone who learns."""

    name: str
    precision: str
    update: Callable[[], object]
    """Learn one window."""
    num_chars: int
    """Characters in a window of all lanes."""
    num_weights: int
    """Weights that a character is multiplied with, not looked up in."""


def random_ids(batch_size: int, seq_len: int) -> Tensor:
    """Return a window and the symbol after it, (B, T + 1)."""
    return torch.randint(VOCAB_SIZE, (batch_size, seq_len + 1), generator=torch.Generator().manual_seed(0))


def make_update(model: nn.Module, *, precision: str) -> Callable[[], object]:
    """Return a function that makes one update of a peer, on the same random window every time."""
    ids = random_ids(BATCH_SIZE, SEQ_LEN)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def update() -> None:
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16"):
            logits = model(ids[:, :-1])
        loss = F.cross_entropy(logits.float().flatten(0, 1), ids[:, 1:].flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return update


def ours(
    name: str, config: ModelConfig, *, precision: str, batch_size: int = BATCH_SIZE, seq_len: int = SEQ_LEN
) -> Contestant:
    """Return one of our models, which carries its state as in training."""
    model = CharModel(config, generator=torch.Generator().manual_seed(0))
    ids = random_ids(batch_size, seq_len)
    batch = Batch(ids[:, :-1], ids[:, 1:], None)
    groups = divided(batch_size, seq_len=seq_len)
    states = [some_lanes(model.initial_state(batch_size), lanes) for lanes in groups]
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def update() -> None:
        states[:] = forward_backward(model, batch, states, groups, precision=precision).states
        optimizer.step()

    return Contestant(name, precision, faster_float32()(update), batch_size * seq_len, weights_in_products(model))


def ours_as_preset(preset: str, *, precision: str, size: Size | None = None, lanes: int | None = None) -> Contestant:
    """Return a preset, in its own size and lanes unless others are given."""
    config = resolve_config(preset).config
    config = config if size is None else sized(config, size)
    name = ", ".join(filter(None, [f"preset {preset}", size and size.name, lanes and f"{lanes} lanes"]))
    model_config = config.model_config(vocab_size=VOCAB_SIZE)
    batch_size, seq_len = lanes or config.train.batch_size, config.train.seq_len
    return ours(name, model_config, precision=precision, batch_size=batch_size, seq_len=seq_len)


def weights_in_products(model: CharModel) -> int:
    """Count the weights that a character is multiplied with."""
    matrices = {name: p for name, p in model.named_parameters() if p.ndim == 2 and not name.startswith("embedding")}
    matrices = {name: p for name, p in matrices.items() if not name.endswith("conv_weight")}
    reads_ids = model.config.embedding_dim == 0 and isinstance(model.layers[0], ProjectedLayer)
    looked_up = matrices["layers.0.input_weight"].numel() if reads_ids else 0
    return sum(p.numel() for p in matrices.values()) - looked_up


class TorchPeer(nn.Module):
    """One-hot characters, torch's own recurrence, a linear readout."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.recurrence = getattr(nn, kind)(VOCAB_SIZE, HIDDEN_SIZE, NUM_LAYERS, batch_first=True)
        self.readout = nn.Linear(HIDDEN_SIZE, VOCAB_SIZE)
        self.state: Tensor | tuple[Tensor, ...] | None = None

    def forward(self, ids: Tensor) -> Tensor:
        outputs, state = self.recurrence(F.one_hot(ids, VOCAB_SIZE).float(), self.state)
        self.state = state.detach() if isinstance(state, Tensor) else tuple(part.detach() for part in state)
        return self.readout(outputs)


def torch_peer(kind: str, *, precision: str, num_weights: int) -> Contestant:
    """Return torch.nn.GRU or torch.nn.LSTM, credited with the same useful operations as ours."""
    torch.manual_seed(0)
    model = TorchPeer(kind)
    update = make_update(model, precision=precision)
    return Contestant(f"torch.nn.{kind}", precision, update, BATCH_SIZE * SEQ_LEN, num_weights)


def keras_peer(*, precision: str, num_weights: int) -> Contestant:
    """Return Keras's GRU, with the seed's equations, as one compiled graph."""
    import keras  # an optional peer, asked for only here
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(torch.get_num_threads())
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    keras.utils.set_random_seed(0)
    recurrences = [keras.layers.GRU(HIDDEN_SIZE, return_sequences=True, reset_after=False) for _ in range(NUM_LAYERS)]
    layers = [keras.Input((SEQ_LEN, VOCAB_SIZE)), *recurrences, keras.layers.Dense(VOCAB_SIZE, dtype="float32")]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    ids = random_ids(BATCH_SIZE, SEQ_LEN)
    inputs, targets = F.one_hot(ids[:, :-1], VOCAB_SIZE).float().numpy(), ids[:, 1:].numpy()
    return Contestant(
        "keras GRU", precision, lambda: model.train_on_batch(inputs, targets), BATCH_SIZE * SEQ_LEN, num_weights
    )


def products_of_the_seed(dtype: torch.dtype) -> Contestant:
    """Return all products of one update of the seed's shape, on operands that lie ready, and nothing else."""
    rows, hidden = BATCH_SIZE * SEQ_LEN, HIDDEN_SIZE
    inner = NUM_LAYERS - 1
    sizes = [  # M, K, N of each product, and how many there are
        *((BATCH_SIZE, hidden, width, NUM_LAYERS * SEQ_LEN) for width in (2 * hidden, hidden)),
        *((BATCH_SIZE, width, hidden, NUM_LAYERS * SEQ_LEN) for width in (2 * hidden, hidden)),
        *((width, rows, hidden, NUM_LAYERS) for width in (2 * hidden, hidden)),
        *((m, k, n, inner) for m, k, n in _of_a_weight(rows, hidden, 3 * hidden)),
        *((m, k, n, 1) for m, k, n in _of_a_weight(rows, hidden, VOCAB_SIZE)),
    ]
    operands = [
        (torch.randn(m, k, dtype=dtype), torch.randn(k, n, dtype=dtype), torch.empty(m, n, dtype=dtype), count)
        for m, k, n, count in sizes
    ]

    def multiply() -> None:
        for left, right, out, count in operands:
            for _ in range(count):
                torch.mm(left, right, out=out)

    num_weights = NUM_LAYERS * 3 * hidden * hidden + inner * 3 * hidden * hidden + hidden * VOCAB_SIZE
    assert sum(2 * m * k * n * count for m, k, n, count in sizes) == 6 * num_weights * rows
    name = "bare products"
    if dtype == torch.float32:
        return Contestant(name, "float32", faster_float32()(multiply), rows, num_weights)
    return Contestant(name, "bfloat16", multiply, rows, num_weights)


def _of_a_weight(rows: int, width: int, out: int) -> list[tuple[int, int, int]]:
    """Return M, K, N of a product with a weight of (out, width) and of its two gradients."""
    return [(rows, width, out), (rows, out, width), (out, rows, width)]


def all_contestants() -> list[Contestant]:
    """Return everybody, peers and ceilings included; says so if Keras is not there."""
    shape = {"embedding_dim": 0, "hidden_size": HIDDEN_SIZE, "num_layers": NUM_LAYERS, "is_residual": False}
    found = [products_of_the_seed(torch.float32), products_of_the_seed(torch.bfloat16)]
    for precision in PRECISIONS:
        cells = {
            name: ours(name, ModelConfig(vocab_size=VOCAB_SIZE, **shape, **fields), precision=precision)
            for name, fields in CELLS.items()
        }
        found += cells.values()
        found += [ours_as_preset("seed", precision=precision), ours_as_preset("default", precision=precision)]
        found += [ours_as_preset("default", precision=precision, size=s, lanes=MANY_LANES) for s in (None, LADDER[0])]
        for kind, cell in (("GRU", "gru, reset after"), ("LSTM", "lstm")):
            found.append(torch_peer(kind, precision=precision, num_weights=cells[cell].num_weights))
        try:
            found.append(keras_peer(precision=precision, num_weights=cells["gru, reset before"].num_weights))
        except ImportError:
            print(f"Keras in {precision} is left out: install keras and tensorflow-cpu to have it beside the others.")
    return found


def time_in_turns(contestants: list[Contestant], *, rounds: int) -> list[list[float]]:
    """Return the seconds of each contestant's updates, one a round; all have made one before the first."""
    for contestant in contestants:
        contestant.update()
    seconds: list[list[float]] = [[] for _ in contestants]
    for turn in range(rounds):
        order = range(len(contestants)) if turn % 2 == 0 else reversed(range(len(contestants)))
        for place in order:
            began = time.perf_counter()
            contestants[place].update()
            seconds[place].append(time.perf_counter() - began)
    return seconds


def table(contestants: list[Contestant], seconds: list[list[float]]) -> str:
    """Return speeds, shares of the ceiling, and ratios to torch.nn.GRU in both precisions."""
    seconds_of = {(c.name, c.precision): times for c, times in zip(contestants, seconds, strict=True)}
    ceilings = {
        c.precision: 6 * c.num_weights * c.num_chars / statistics.median(times)
        for c, times in zip(contestants, seconds, strict=True)
        if c.name == "bare products"
    }
    lines = [
        "| what learns | precision | chars/s | times torch.nn.GRU float32 | times torch.nn.GRU bfloat16 | GFLOP/s "
        "| share of the bare products |",
        "|---|---|---|---|---|---|---|",
    ]
    for contestant, times in zip(contestants, seconds, strict=True):
        speed = contestant.num_chars / statistics.median(times)
        ratios = []
        for precision in PRECISIONS:
            peer = seconds_of.get(("torch.nn.GRU", precision))
            scale = contestant.num_chars / (BATCH_SIZE * SEQ_LEN)
            in_rounds = [scale * theirs / mine for theirs, mine in zip(peer or [], times, strict=False)]
            ratios.append(f"{statistics.median(in_rounds):.2f}" if in_rounds else "")
        flops = 6 * contestant.num_weights * speed
        share = f"{100 * flops / ceilings[contestant.precision]:.0f} %" if contestant.precision in ceilings else ""
        lines.append(
            f"| {contestant.name} | {contestant.precision} | {speed:,.0f} | {' | '.join(ratios)} | "
            f"{flops / 1e9:,.0f} | {share} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=0, help="0: all processors")
    parser.add_argument("--only", default="", help="words, separated by commas: contestants whose name has one of them")
    arguments = parser.parse_args()
    use_threads(arguments.threads)
    keep_freed_memory()  # as in every training; the peers gain by it too
    words = arguments.only.split(",")
    contestants = [c for c in all_contestants() if any(word in c.name for word in words)]
    seconds = time_in_turns(contestants, rounds=arguments.rounds)
    extra = {"keras": version("keras")} if any("keras" in c.name for c in contestants) else {}
    body = (
        f"{arguments.rounds} rounds, all contestants in turn. Lanes x window: {BATCH_SIZE} x {SEQ_LEN}, except for "
        "presets, which keep their own but where it says so. The n-gram tables of the default are empty.\n\n"
        f"{table(contestants, seconds)}"
    )
    write_results("throughput", "How fast every cell learns", results_header(extra_versions=extra), body)


if __name__ == "__main__":
    main()
