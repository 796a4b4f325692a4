"""The validation pass of the 2017 system, for runs that are compared with its published log.

Shapes: N = characters of the held-out text.
"""

from typing import NamedTuple

from penwright.alphabet.characters import Ids
from penwright.evaluation.costs import iter_chunks
from penwright.model.char_model import CharModel

WINDOW = 1024
WINDOWS_AT_ONCE = 64


class SeedValidation(NamedTuple):
    """Result of the 2017 system's validation pass."""

    loss: float
    """Nats per symbol; with the seed alphabet every character is one symbol."""
    accuracy: float
    """Share of symbols predicted right, 0 to 1."""


def seed_validation(model: CharModel, ids: Ids) -> SeedValidation | None:
    """Validate as the 2017 system did: windows of 1,024 characters, each read from the initial state.

    The result is a little pessimistic, since the first characters of a window are predicted without context; `evaluate`
    is the better measure. Departures from the original: no held-out text gives None instead of an error. An exact
    multiple of the window works; the very last character is then read but not scored. A text shorter than one window is
    scored as one short window.

    Args:
        model: The model.
        ids: All held-out texts concatenated, shape (N,). Symbols beyond the last whole window are not read.

    Returns:
        Means over all scored characters, or None if there are fewer than two characters.
    """
    if len(ids) < 2:
        return None
    num_windows = max(1, len(ids) // WINDOW)
    lanes = [ids[WINDOW * window : WINDOW * (window + 1) + 1] for window in range(num_windows)]
    nats, hits = 0.0, 0
    for first in range(0, num_windows, WINDOWS_AT_ONCE):
        for chunk in iter_chunks(model, lanes[first : first + WINDOWS_AT_ONCE]):
            nats += float(chunk.nats.sum())
            hits += int(chunk.hits.sum())
    num_scored = sum(len(lane) - 1 for lane in lanes)
    return SeedValidation(nats / num_scored, hits / num_scored)
