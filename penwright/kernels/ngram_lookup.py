"""What tables of counts predict, character by character: contexts looked up, distributions built, logarithms taken.

A character's distributions, one for each kind of context, are built side by side in room that stays in the nearest
cache, and leave it as logarithms. Contexts and their followers lie scattered over tables of many megabytes, and most of
the time would go into waiting for them one after another. So a block of characters at a time is looked up before
anything is built, and all that it needs is fetched in loops without decisions, for whose turns a processor waits
together.

Shapes: N = characters asked about, V = vocab_size, K = kinds of context, M = kinds told, C = contexts in the tables,
E = followers in them.
"""

from typing import Any

import numpy as np

from penwright.kernels.arithmetic import ONE, logarithm
from penwright.kernels.running import kernel
from penwright.kernels.searching import LOWEST, first_not_less

FLOOR = np.float32(1e-7)
"""Least probability whose logarithm is taken."""
_BLOCK = 64
_WIDTH = 64  # a row is as wide as a multiple of it, so that no numbers are left over for a loop one by one
_LINE = 16  # followers that are fetched from memory together
_NONE = -1  # instead of a row, for a context that was not met
_ZERO = np.float32(0.0)


@kernel
def look_up(
    first: int,
    stop: int,
    wanted: Any,
    shorter: Any,
    contexts: Any,
    begins: Any,
    rows: Any,
    entries: Any,
    share_values: Any,
    total_values: Any,
    unigrams: Any,
    log_probs: Any,
    facts: Any,
) -> None:
    """Fill log_probs and facts of some characters.

    Args:
        first, stop: Which characters.
        wanted: int64 (N, K) of 32 bits.
        shorter: int64 (K,), the kind that each kind extends, -1 for none; the last M kinds are told.
        contexts: int32 (C,), rising.
        begins: int32 (2^b + 1,), where in them each sequence of b leading bits begins.
        rows: int64 (C,), entries: int32 (E,), share_values, total_values: float32 (256,), unigrams: float32 (V,): as of
            `model.context_models.ngram_lookup.Counted`.
        log_probs: float32 (N, M, V).
        facts: float32 (N, 3 * M).
    """
    num_kinds, num_told = len(shorter), log_probs.shape[1]
    first_told = num_kinds - num_told
    found, fetched = np.empty((_BLOCK, num_kinds), np.int64), np.zeros(1, np.int64)
    width = (len(unigrams) + _WIDTH - 1) // _WIDTH * _WIDTH
    probs = np.zeros((num_kinds + 1, width), np.float32)  # row 0: of no context, row 1 + k: of the kind k
    for i in range(len(unigrams)):
        probs[0, i] = unigrams[i]
    logs = np.empty((num_told, width), np.float32)
    for start in range(first, stop, _BLOCK):
        size = min(_BLOCK, stop - start)
        if len(contexts):
            _find(start, size, wanted, contexts, begins, rows, found, fetched)
            _fetch(size, found, entries, fetched)
        else:
            found[:] = _NONE
        for place in range(size):
            for kind in range(num_kinds):
                row, backoff, total, is_met = found[place, kind], ONE, _ZERO, _ZERO
                if row != _NONE:
                    backoff, total, is_met = share_values[row >> 8 & 255], total_values[row & 255], ONE
                _back_off(probs, shorter[kind] + 1, kind + 1, backoff)
                if row != _NONE:
                    _add_shares(entries, row >> 24, row >> 16 & 255, share_values, probs, kind + 1)
                fact = 3 * (kind - first_told)
                if fact >= 0:
                    facts[start + place, fact] = total
                    facts[start + place, fact + 1] = is_met
                    facts[start + place, fact + 2] = backoff
            _logarithms(probs[first_told + 1 :].reshape(-1), logs.reshape(-1))
            for told in range(num_told):
                for i in range(len(unigrams)):
                    log_probs[start + place, told, i] = logs[told, i]


@kernel
def _find(start: int, size: int, wanted: Any, contexts: Any, begins: Any, rows: Any, found: Any, fetched: Any) -> None:
    """Write what the tables hold of each context wanted by a block of characters, or _NONE: found (block, K).

    What is fetched ahead is added to fetched[0]; nobody wants the sum, but a compiler leaves out what has no effect.
    """
    shift, num_buckets, last = 32, len(begins) - 1, len(contexts) - 1
    while num_buckets > 1:
        shift, num_buckets = shift - 1, num_buckets >> 1
    for place in range(size):
        for kind in range(wanted.shape[1]):
            found[place, kind] = min(begins[(wanted[start + place, kind] - LOWEST) >> shift], last)
    for place in range(size):
        for kind in range(wanted.shape[1]):
            fetched[0] += contexts[found[place, kind]] + rows[found[place, kind]]
    for place in range(size):
        for kind in range(wanted.shape[1]):
            sought, at = wanted[start + place, kind], found[place, kind]
            if contexts[at] < sought:
                end = min(begins[((sought - LOWEST) >> shift) + 1], last)
                at = first_not_less(contexts, at, end, sought)
            found[place, kind] = rows[at] if contexts[at] == sought else _NONE


@kernel
def _fetch(size: int, found: Any, entries: Any, fetched: Any) -> None:
    """Bring the followers of all contexts found into the cache."""
    for place in range(size):
        for kind in range(found.shape[1]):
            row = found[place, kind]
            if row != _NONE:
                begin, end = row >> 24, (row >> 24) + (row >> 16 & 255)
                for at in range(begin, end, _LINE):
                    fetched[0] += entries[at]
                fetched[0] += entries[end - 1]


@kernel
def _back_off(probs: Any, shorter: int, longer: int, backoff: Any) -> None:
    for i in range(probs.shape[1]):
        probs[longer, i] = probs[shorter, i] * backoff


@kernel
def _add_shares(entries: Any, begin: int, size: int, share_values: Any, probs: Any, kind: int) -> None:
    for at in range(begin, begin + size):
        entry = entries[at]
        probs[kind, entry >> 8] += share_values[entry & 255]


@kernel
def _logarithms(probs: Any, out: Any) -> None:
    for i in range(len(out)):
        out[i] = logarithm(probs[i] + FLOOR)
