"""Read ids with a model and return the cost of each symbol: the part that all scores share.

Several texts are read in parallel lanes, each with a state of its own that is carried from its first symbol to its
last. The first symbol of a lane is read but not scored. This module knows nothing of books, characters or bits.

Shapes: B = lanes, T = symbols per chunk, V = vocabulary size, N = symbols of a text.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from penwright.alphabet.characters import Ids
from penwright.model.char_model import CharModel, ModelState, all_lanes, some_lanes
from penwright.model.float32 import faster_float32

CHUNK_SIZE = 256
MAX_LOGITS = 1 << 24
"""Largest number of logits of a chunk (B * T * V): 64 MiB in float32."""


class Chunk(NamedTuple):
    """Costs of T symbols of every lane that has not ended. Past a lane's end both arrays are zero."""

    nats: NDArray[np.float64]
    """Cost of each symbol, shape (B, T)."""
    hits: NDArray[np.bool_]
    """True where the symbol was the most probable one, shape (B, T)."""


@torch.inference_mode()
def iter_chunks(model: CharModel, lanes: Sequence[Ids], *, initial: ModelState | None = None) -> Iterator[Chunk]:
    """Read lanes in parallel and yield the costs of their symbols, chunk by chunk.

    Lanes leave the batch as they end, so the work follows the text, not its longest lane.

    Args:
        model: The model. Dropout is never applied.
        lanes: At least one text, ordered from the longest to the shortest. The first symbol of each is not scored.
        initial: State of one lane, (1, ...), with which every text begins; None for the model's initial state.

    Yields:
        Chunks in reading order. Their rows are the lanes in the given order, fewer and fewer of them.
    """
    lengths = np.array([len(lane) - 1 for lane in lanes])
    assert (np.diff(lengths) <= 0).all(), "lanes must be ordered from the longest to the shortest"
    device = next(model.parameters()).device
    chunk_size = max(1, min(CHUNK_SIZE, MAX_LOGITS // (model.config.vocab_size * len(lanes))))
    state = model.initial_state(len(lanes)) if initial is None else all_lanes([initial] * len(lanes))
    start = 0
    while start < lengths[0]:
        num_active = int(np.count_nonzero(lengths > start))
        state = some_lanes(state, slice(0, num_active))
        size = min(chunk_size, int(lengths[0]) - start)
        window = np.zeros((num_active, size + 1), dtype=np.int64)
        for row, lane in zip(window, lanes, strict=False):
            part = lane[start : start + size + 1]
            row[: len(part)] = part
        ids = torch.from_numpy(window).to(device)
        with faster_float32():
            logits, state = model.sequence(ids[:, :-1], state)  # (B, T, V)
        is_text = np.arange(start, start + size) < lengths[:num_active, None]  # (B, T)
        yield _costs(logits, ids[:, 1:], is_text=is_text)
        start += size


def symbol_nats(model: CharModel, ids: Ids) -> NDArray[np.float64]:
    """Return the cost of each symbol of one text.

    Args:
        model: The model.
        ids: Shape (N,), at least one. The first symbol is read but not scored.

    Returns:
        Nats, shape (N - 1,).
    """
    return np.concatenate([np.zeros(0), *(chunk.nats[0] for chunk in iter_chunks(model, [ids]))])


def _costs(logits: Tensor, targets: Tensor, *, is_text: NDArray[np.bool_]) -> Chunk:
    nats = cross_entropy(logits.float().transpose(1, 2), targets, reduction="none")  # (B, T)
    hits = logits.argmax(dim=-1) == targets  # (B, T)
    return Chunk(np.where(is_text, nats.cpu().numpy().astype(np.float64), 0.0), hits.cpu().numpy() & is_text)
