"""Cost of each symbol of a text by an engine: the text is read once, in order, without torch.

This module knows nothing of characters or bits.

Shapes: T = symbols of a stretch, V = vocab_size, N = symbols of the text.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.kernels.threads import thread_pool
from penwright.writing.engines.base import Engine

MAX_LOGITS = 1 << 22  # of a stretch (T * V): 16 MiB in float32


class Stretch(NamedTuple):
    """Some symbols of a text and what was predicted for them."""

    start: int
    """Index of the first symbol among those that are scored."""
    targets: NDArray[np.int64]
    """(T,)."""
    log_probs: NDArray[np.float32]
    """Natural logarithms of the probabilities of all symbols, (T, V). They need not be finite."""


def iter_stretches(
    engine: Engine,
    ids: NDArray[Any],
    *,
    at_once: int | None = None,
    adapts: bool = False,
) -> Iterator[Stretch]:
    """Read a text and yield what was predicted, stretch by stretch. The next is read while one is looked at.

    Args:
        engine: Engine that reads.
        ids: Shape (N,). The first symbol is read but not scored.
        at_once: Largest number of symbols of a stretch, from 1; None for what suits the engine.
        adapts: True if the author adapts to the text.
    """
    at_once = max(1, min(engine.symbols_at_once if at_once is None else at_once, MAX_LOGITS // engine.vocab_size))

    def read(start: int, state: Any) -> tuple[NDArray[np.float32], Any]:
        part = ids[start : start + at_once + 1].astype(np.int64)
        return engine.read(part[None, :-1], state, num_shown=len(part) - 1, consumes_state=True, learns=True)

    starts = range(0, len(ids) - 1, at_once)
    waiting = thread_pool("ahead").submit(read, 0, engine.initial_state(adapts=adapts)) if starts else None
    for start in starts:
        assert waiting is not None
        logits, state = waiting.result()
        if start != starts[-1]:
            waiting = thread_pool("ahead").submit(read, start + at_once, state)
        targets = ids[start + 1 : start + at_once + 1].astype(np.int64)
        yield Stretch(start, targets, log_softmax(logits[0]))


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
    for start, targets, log_probs in iter_stretches(engine, ids, adapts=adapts):
        nats[start : start + len(targets)] = -log_probs[np.arange(len(targets)), targets]
        tell(start + len(targets))
    return nats


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the logarithms of the probabilities of some logits, (..., V)."""
    with np.errstate(all="ignore"):  # of an author whose predictions are no numbers
        shifted = logits - logits.max(axis=-1, keepdims=True)
        return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))
