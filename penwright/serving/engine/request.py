"""What a client asks of the engine for one prompt, and what it is given: tokens. Values only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.errors import NoNumbersError, PenwrightError
from penwright.writing.costs import log_softmax
from penwright.writing.options import Ending, SamplingConfig
from penwright.writing.pen import Guide

MIN_LOG_PROB = -9999.0
"""Number shown for a probability of 0, whose logarithm JSON cannot hold."""


class QueueFullError(PenwrightError):
    """More was asked of a server than it may keep waiting."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds after which to try again."""


class StoppingError(PenwrightError):
    """A server that is being stopped."""

    def __init__(self) -> None:
        super().__init__("the server is being stopped. Try again when it has started anew.")


class Token(NamedTuple):
    """A symbol of a text."""

    symbol: int
    text: str
    """The text that it completed, which may be empty."""
    log_prob: float | None = None
    """Natural logarithm of its probability by the author alone, None if it was not asked for."""
    top: tuple[tuple[int, float], ...] = ()
    """The most probable symbols and this one, with their logarithms, the most probable first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TextRequest:
    """One prompt and what to write after it."""

    prompt: str | tuple[int, ...]
    """Text, or symbols of the author's alphabet; the edge of a book is read before both."""
    max_symbols: int
    """Largest number of symbols to write; 0 only reads the prompt."""
    sampling: SamplingConfig
    seed: int
    num_texts: int = 1
    """Number of texts to write, with the samples 0, 1, ... of the seed."""
    ending: Ending = Ending()
    guides: Callable[[], Sequence[Guide]] = tuple
    """Maker of the rules that steer one text."""
    num_top: int | None = None
    """Number of most probable symbols to tell of at each position, None to tell no probabilities."""
    scores_prompt: bool = False
    """True to tell the probabilities of the prompt too."""
    label: NDArray[np.float32] | None = field(default=None, compare=False)
    """Vector (E,) of the label under which the author reads and writes, None for no label."""


def token_of(symbol: int, text: str, log_probs: NDArray[np.float32], *, num_top: int) -> Token:
    """Return a token with its probability and the most probable others.

    Args:
        symbol: The symbol.
        text: The text that it completed.
        log_probs: Logarithms of the probabilities at its position, (V,).
        num_top: Number of most probable symbols to tell of.

    Raises:
        NoNumbersError: If they are not numbers.
    """
    if np.isnan(log_probs[symbol]):
        raise NoNumbersError
    best: list[int] = []
    if num_top:
        num_top = min(num_top, len(log_probs))
        found = np.argpartition(-log_probs, num_top - 1)[:num_top]
        best = found[np.lexsort((found, -log_probs[found]))].tolist()
    if symbol not in best:
        best.append(symbol)
    top = tuple((each, max(float(log_probs[each]), MIN_LOG_PROB)) for each in best)
    return Token(symbol, text, max(float(log_probs[symbol]), MIN_LOG_PROB), top)


def tokens_of(
    symbols: Sequence[int], texts: Sequence[str], logits: NDArray[np.float32], *, num_top: int
) -> list[Token]:
    """Return tokens with their probabilities.

    Args:
        symbols: T symbols.
        texts: The text that each completed.
        logits: Predictions of each, (T, V).
        num_top: See `token_of`.
    """
    rows = log_softmax(logits)
    return [
        token_of(symbol, text, row, num_top=num_top) for symbol, text, row in zip(symbols, texts, rows, strict=True)
    ]
