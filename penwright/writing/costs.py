"""Cost of each symbol of a text by an engine: the text is read once, in order, by one thread and without torch.

This module knows nothing of characters or bits.

Shapes: T = symbols of a stretch, V = vocab_size, N = symbols of the text.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.writing.engines.base import Engine

SYMBOLS_READ_AT_ONCE = 128
"""Symbols of a stretch. The author in the box reads 64 to 256 at a time equally fast, and fewer more slowly."""
MAX_LOGITS = 1 << 22  # of a stretch (T * V): 16 MiB in float32


class Stretch(NamedTuple):
    """Some symbols of a text and what was predicted for them."""

    start: int
    """Index of the first symbol among those that are scored."""
    targets: NDArray[np.int64]
    """(T,)."""
    log_probs: NDArray[np.float32]
    """Natural logarithms of the probabilities of all symbols, (T, V). They need not be finite."""
    state: Any
    """State of the engine before the last symbol was read. It is overwritten when the next stretch is asked for."""


def iter_stretches(
    engine: Engine,
    ids: NDArray[Any],
    *,
    at_once: int = SYMBOLS_READ_AT_ONCE,
    adapts: bool = False,
) -> Iterator[Stretch]:
    """Read a text and yield what was predicted, stretch by stretch.

    Args:
        engine: Engine that reads.
        ids: Shape (N,). The first symbol is read but not scored.
        at_once: Largest number of symbols of a stretch, from 1.
        adapts: True if the author adapts to the text.
    """
    at_once = max(1, min(at_once, MAX_LOGITS // engine.vocab_size))
    state = engine.initial_state(adapts=adapts)
    for start in range(0, len(ids) - 1, at_once):
        part = ids[start : start + at_once + 1].astype(np.int64)
        logits, state = engine.read(part[None, :-1], state, num_shown=len(part) - 1, consumes_state=True, learns=True)
        yield Stretch(start, part[1:], log_softmax(logits[0]), state)


def symbol_nats(
    engine: Engine,
    ids: NDArray[Any],
    *,
    adapts: bool = False,
    tell: Callable[[int], None] = lambda num_read: None,
) -> NDArray[np.float64]:
    """Return the cost of each symbol of one text.

    Args:
        engine: Engine that reads.
        ids: Shape (N,), at least one. The first symbol is read but not scored.
        adapts: See `iter_stretches`.
        tell: Called now and then with the number of symbols read.

    Returns:
        Nats, shape (N - 1,). They are not finite if the author's predictions are not.
    """
    nats = np.empty(len(ids) - 1)
    for start, targets, log_probs, _ in iter_stretches(engine, ids, adapts=adapts):
        nats[start : start + len(targets)] = -log_probs[np.arange(len(targets)), targets]
        tell(start + len(targets))
    return nats


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the logarithms of the probabilities of some logits, (..., V)."""
    with np.errstate(all="ignore"):  # of an author whose predictions are no numbers
        shifted = logits - logits.max(axis=-1, keepdims=True)
        return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))
