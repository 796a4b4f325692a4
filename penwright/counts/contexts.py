"""Name the context that a character stands in, as one number a context: its last few characters, or its last words.

A context's number is a hash that can be carried along: reading on needs what a `ContextState` holds and nothing else.
`context_sequence` names the contexts of a whole window without a loop over time; `context_step` is its twin, one
character at a time. Both agree to the last bit, whatever the windows.

The hash of the symbols x_s .. x_t is the polynomial sum of x_i * P^(t - i) modulo 2^64, whose sums over any stretch are
differences of one running sum because the odd P has an inverse (Karp and Rabin 1987, "Efficient randomized
pattern-matching algorithms"). Its upper 32 bits after one more odd product are the context's number (Dietzfelbinger et
al. 1997, "A reliable randomized algorithm for the closest-pair problem", multiply-shift hashing).

Letters: B = lanes, T = characters per window, V = vocab_size, K = number of kinds of context.
"""

from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

ORDERS = (1, 2, 3, 4, 5, 6, 8)
"""Kinds of context made of so many characters, the present one included."""
NUM_KINDS = len(ORDERS) + 2
"""K: those of ORDERS; the word so far and the word before it; the same and the word before that. Between two words the
characters since the last word take the place of the word so far."""
SHORTER = (None, 0, 1, 2, 3, 4, 5, ORDERS.index(5), NUM_KINDS - 2)
"""The kind that each kind extends: the next shorter order; five characters for the word and the one before it; and
these for the word and the two before it."""
REACH = max(ORDERS) - 1
"""Characters before the present one that a context looks at."""


def _signed(value: int) -> int:
    """Return a number modulo 2^64 as the int64 of the same bits."""
    value %= 1 << 64
    return value - (1 << 64) if value >> 63 else value


_P = 0x9E3779B97F4A7C15
_POWER = _signed(_P)
_INVERSE = _signed(pow(_P, -1, 1 << 64))
_SPREAD = _signed(0xD6E8FEB86659FD93)
_SALTS = tuple(_signed(0xBF58476D1CE4E5B9 * (kind + 1)) for kind in range(NUM_KINDS))
_WORD_MIX = (_signed(0x94D049BB133111EB), _signed(0xC2B2AE3D27D4EB4F))


class ContextState(NamedTuple):
    """What is remembered of a text to name its next contexts. All of it is zero before the first character."""

    recent: Tensor
    """int64 (B, REACH), the last symbols, oldest first; zeros before the first."""
    run: Tensor
    """int64 (B,), hash of the present run: the letters of a word so far, or the characters since the last word."""
    is_word: Tensor
    """bool (B,), whether that run is a word."""
    last: Tensor
    """int64 (B,), hash of the last word that has ended."""
    before: Tensor
    """int64 (B,), hash of the word before that."""


def initial_contexts(batch_size: int, *, device: torch.device | str | None = None) -> ContextState:
    """Return the state before the first character of `batch_size` texts."""
    zeros = torch.zeros(batch_size, dtype=torch.int64, device=device)
    return ContextState(
        recent=zeros.unsqueeze(1).repeat(1, REACH), run=zeros, is_word=zeros.bool(), last=zeros, before=zeros
    )


def context_step(ids: Tensor, state: ContextState, *, is_letter: Tensor) -> tuple[Tensor, ContextState]:
    """Read one character in every lane.

    Args:
        ids: int64 (B,).
        state: What the last call returned, or `initial_contexts`.
        is_letter: bool (V,), the symbols that words are made of.

    Returns:
        The contexts after it, int64 (B, K) of 32 bits each, and the state.
    """
    seen = torch.cat((state.recent, ids.unsqueeze(1)), dim=1)  # (B, REACH + 1)
    hashes, value = [], torch.zeros_like(ids)
    for lag in range(REACH + 1):
        value = value + seen[:, REACH - lag] * _signed(pow(_P, lag, 1 << 64))
        if lag + 1 in ORDERS:
            hashes.append(value)
    is_word = is_letter[ids]
    has_ended = state.is_word & ~is_word
    before = torch.where(has_ended, state.last, state.before)
    last = torch.where(has_ended, state.run, state.last)
    run = torch.where(is_word == state.is_word, state.run, 0) * _POWER + ids
    return _fingerprints(hashes, run, last, before), ContextState(seen[:, 1:], run, is_word, last, before)


def context_sequence(
    ids: Tensor, state: ContextState, resets: Tensor | None = None, *, is_letter: Tensor
) -> tuple[Tensor, ContextState]:
    """Read a window in every lane.

    Args:
        ids: int64 (B, T), T at least 1.
        state: What the last call returned, or `initial_contexts`.
        resets: bool (B, T); where True, the lane's state is set to the initial one before that character is read.
        is_letter: bool (V,), the symbols that words are made of.

    Returns:
        The contexts after each character, int64 (B, T, K) of 32 bits each, and the state after the last.
    """
    num_steps = ids.shape[1]
    places = torch.arange(num_steps, device=ids.device)
    fresh = torch.zeros_like(ids) if resets is None else torch.where(resets, places + 1, 0).cummax(dim=1).values
    seen = torch.cat((state.recent, ids), dim=1)  # (B, REACH + T)
    powers, inverses = _powers(REACH + num_steps, ids.device)
    sums = torch.nn.functional.pad((seen * inverses).cumsum(dim=1), (1, 0))  # (B, REACH + T + 1)
    here = sums[:, REACH + 1 :]  # (B, T)
    first = torch.where(fresh > 0, fresh - 1 + REACH, 0)  # the oldest symbol that belongs to the same text
    hashes = []
    for order in ORDERS:
        start = torch.maximum(places + (REACH + 1 - order), first)
        hashes.append((here - sums.gather(1, start)) * powers[REACH:])
    run, is_word = _runs(ids, state, resets, is_letter=is_letter)
    last, before = _words(run, is_word, state, resets)
    kept = seen[:, num_steps:]
    if resets is not None:
        is_stale = torch.arange(num_steps, num_steps + REACH, device=ids.device) < first[:, -1:]
        kept = kept.masked_fill(is_stale, 0)
    fingerprints = _fingerprints(hashes, run, last, before)
    return fingerprints, ContextState(kept, run[:, -1], is_word[:, -1], last[:, -1], before[:, -1])


def _runs(ids: Tensor, state: ContextState, resets: Tensor | None, *, is_letter: Tensor) -> tuple[Tensor, Tensor]:
    """Return the hash of the run that each character stands in, (B, T), and whether it is a word."""
    num_steps = ids.shape[1]
    is_word = is_letter[ids]
    was_word = _shifted(is_word, state.is_word)
    begins = is_word != was_word
    if resets is not None:
        begins = begins | resets
    places = torch.arange(num_steps, device=ids.device)
    starts = torch.where(begins, places + 1, 0).cummax(dim=1).values  # 0: the run began before this window
    powers, inverses = _powers(num_steps + 1, ids.device)
    sums = torch.nn.functional.pad((ids * inverses[:-1]).cumsum(dim=1), (1, 0))  # (B, T + 1)
    own = (sums[:, 1:] - sums.gather(1, (starts - 1).clamp_min(0))) * powers[:-1]
    carried = state.run.unsqueeze(1) * powers[1:]
    return torch.where(starts == 0, own + carried, own), is_word


def _words(run: Tensor, is_word: Tensor, state: ContextState, resets: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return the hashes of the last word that has ended at each character, and of the word before it, both (B, T)."""
    has_ended = _shifted(is_word, state.is_word) & ~is_word
    ended = _shifted(run, state.run)
    if resets is None:
        changes = has_ended
    else:
        has_ended = has_ended & ~resets
        changes = has_ended | resets
    zero = torch.zeros_like(run)
    places = torch.arange(1, run.shape[1] + 1, device=run.device)
    latest = torch.where(changes, places, 0).cummax(dim=1).values  # 0: nothing has changed in this window

    def since(value: Tensor, first: Tensor) -> Tensor:
        """What the latest change brought: a word's end its value, a new text zero."""
        return torch.cat((first.unsqueeze(1), torch.where(has_ended, value, zero)), dim=1).gather(1, latest)

    last = since(ended, state.last)
    return last, since(_shifted(last, state.last), state.before)


def _fingerprints(hashes: list[Tensor], run: Tensor, last: Tensor, before: Tensor) -> Tensor:
    """Return 32 bits a kind, as int64 (..., K)."""
    one_word = run * _WORD_MIX[0] + last
    values = torch.stack([*hashes, one_word, one_word * _WORD_MIX[1] + before], dim=-1)
    salts = torch.tensor(_SALTS, device=values.device)
    mixed: Tensor = ((values ^ salts) * _SPREAD) >> 32
    return mixed


def _shifted(values: Tensor, first: Tensor) -> Tensor:
    """Return (B, T) with every value one place later and `first` (B,) before them."""
    return torch.cat((first.unsqueeze(1), values[:, :-1]), dim=1)


@lru_cache(maxsize=16)
def _powers(count: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return P^i and P^-i modulo 2^64 for i from 0 to count - 1, int64."""
    powers = torch.full((count,), _POWER, dtype=torch.int64)
    inverses = torch.full((count,), _INVERSE, dtype=torch.int64)
    powers[0] = inverses[0] = 1
    return powers.cumprod(0).to(device), inverses.cumprod(0).to(device)
