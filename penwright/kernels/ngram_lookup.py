"""N-gram lookup, character by character: contexts looked up, distributions built, logarithms taken.

A character's distributions, one for each kind of context, are built side by side in room that stays in the nearest
cache, and leave it as logarithms. Contexts and their successors lie scattered over tables of many megabytes, and most
of the time would go into waiting for them one after another. So a block of characters at a time is looked up before
anything is built. Everything it needs is fetched in loops without branches, whose rounds a processor waits for
together.

Shapes: N = characters asked about, V = vocab_size, K = kinds of context, M = kinds that are outputs, C = contexts in
the tables, E = successors in them.
"""

from typing import Any

import numpy as np

from penwright.kernels.arithmetic import ONE, logarithm
from penwright.kernels.compiling import kernel
from penwright.kernels.searching import LOWEST, first_not_less

FLOOR = np.float32(1e-7)
"""Smallest probability, added to each before its logarithm is taken."""
CODE_BITS = 8
CODE_MASK = (1 << CODE_BITS) - 1
_BLOCK = 64
_WIDTH = 64  # a row is as wide as a multiple of it, so that no numbers are left over for a loop one by one
_LINE = 16  # successors that are fetched from memory together
_NONE = -1  # instead of a row, for a context that is not in the tables
_ZERO = np.float32(0.0)


def pack_row(start: Any, size: Any, backoff: Any, total: Any) -> Any:
    """Return the row of a context: the start of its successors among all (40 bits), their number, the codes of its
    backoff and its total (8 bits each). Numbers or int64 tensors."""
    return start << 24 | size << 16 | backoff << CODE_BITS | total


def unpack_row(row: Any) -> Any:
    """Return start, size, backoff and total of a row, or of a tensor of rows."""
    return row >> 24, row >> 16 & CODE_MASK, row >> CODE_BITS & CODE_MASK, row & CODE_MASK


def pack_entry(symbol: Any, share: Any) -> Any:
    """Return the entry of a successor: its symbol, and the code of its share (8 bits). Numbers or tensors."""
    return symbol << CODE_BITS | share


def unpack_entry(entry: Any) -> Any:
    """Return symbol and share of an entry, or of a tensor of entries."""
    return entry >> CODE_BITS, entry & CODE_MASK


_unpack_row, _unpack_entry = kernel(unpack_row), kernel(unpack_entry)


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
    confidences: Any,
) -> None:
    """Fill log_probs and confidences of some characters.

    Args:
        first, stop: Slice of the characters.
        wanted: int64 (N, K) of 32 bits.
        shorter: int64 (K,), the kind that each kind backs off to, -1 for none; the last M kinds are outputs.
        contexts: int32 (C,), rising.
        begins: int32 (2^b + 1,), where in them each sequence of b leading bits begins.
        rows: int64 (C,), entries: int32 (E,), share_values, total_values: float32 (256,), unigrams: float32 (V,): as of
            `model.context_models.ngram_lookup.NgramLookup`.
        log_probs: float32 (N, M, V).
        confidences: float32 (N, 3 * M).
    """
    num_kinds, num_outputs = len(shorter), log_probs.shape[1]
    first_output = num_kinds - num_outputs
    found, fetched = np.empty((_BLOCK, num_kinds), np.int64), np.zeros(1, np.int64)
    width = (len(unigrams) + _WIDTH - 1) // _WIDTH * _WIDTH
    probs = np.zeros((num_kinds + 1, width), np.float32)  # row 0: of no context, row 1 + k: of the kind k
    for symbol in range(len(unigrams)):
        probs[0, symbol] = unigrams[symbol]
    logs = np.empty((num_outputs, width), np.float32)
    for start in range(first, stop, _BLOCK):
        size = min(_BLOCK, stop - start)
        if len(contexts):
            _find(start, size, wanted, contexts, begins, rows, found, fetched)
            _fetch(size, found, entries, fetched)
        else:
            found[:] = _NONE
        for i in range(size):
            for kind in range(num_kinds):
                backoff, total, is_found = ONE, _ZERO, _ZERO
                begin, num_successors = 0, 0
                if found[i, kind] != _NONE:
                    begin, num_successors, backoff_code, total_code = _unpack_row(found[i, kind])
                    backoff, total, is_found = share_values[backoff_code], total_values[total_code], ONE
                _back_off(probs, shorter[kind] + 1, kind + 1, backoff)
                _add_shares(entries, begin, num_successors, share_values, probs, kind + 1)
                column = 3 * (kind - first_output)
                if column >= 0:
                    confidences[start + i, column] = total
                    confidences[start + i, column + 1] = is_found
                    confidences[start + i, column + 2] = backoff
            _logarithms(probs[first_output + 1 :].reshape(-1), logs.reshape(-1))
            for output in range(num_outputs):
                for symbol in range(len(unigrams)):
                    log_probs[start + i, output, symbol] = logs[output, symbol]


@kernel
def _find(start: int, size: int, wanted: Any, contexts: Any, begins: Any, rows: Any, found: Any, fetched: Any) -> None:
    """Write the row of each context wanted by a block of characters, or _NONE: found (block, K).

    Numbers fetched ahead are added to fetched[0]. Nobody needs the sum, but a compiler removes code without effect.
    """
    shift, num_buckets, last = 32, len(begins) - 1, len(contexts) - 1
    while num_buckets > 1:
        shift, num_buckets = shift - 1, num_buckets >> 1
    for i in range(size):
        for kind in range(wanted.shape[1]):
            found[i, kind] = min(begins[(wanted[start + i, kind] - LOWEST) >> shift], last)
    for i in range(size):
        for kind in range(wanted.shape[1]):
            fetched[0] += contexts[found[i, kind]] + rows[found[i, kind]]
    for i in range(size):
        for kind in range(wanted.shape[1]):
            sought, at = wanted[start + i, kind], found[i, kind]
            if contexts[at] < sought:
                end = min(begins[((sought - LOWEST) >> shift) + 1], last)
                at = first_not_less(contexts, at, end, sought)
            found[i, kind] = rows[at] if contexts[at] == sought else _NONE


@kernel
def _fetch(size: int, found: Any, entries: Any, fetched: Any) -> None:
    """Bring the successors of all contexts found into the cache."""
    for i in range(size):
        for kind in range(found.shape[1]):
            row = found[i, kind]
            if row != _NONE:
                begin, num_successors, _, _ = _unpack_row(row)
                for at in range(begin, begin + num_successors, _LINE):
                    fetched[0] += entries[at]
                fetched[0] += entries[begin + num_successors - 1]


@kernel
def _back_off(probs: Any, shorter: int, longer: int, backoff: Any) -> None:
    for i in range(probs.shape[1]):
        probs[longer, i] = probs[shorter, i] * backoff


@kernel
def _add_shares(entries: Any, begin: int, size: int, share_values: Any, probs: Any, kind: int) -> None:
    for at in range(begin, begin + size):
        symbol, share = _unpack_entry(entries[at])
        probs[kind, symbol] += share_values[share]


@kernel
def _logarithms(probs: Any, out: Any) -> None:
    for i in range(len(out)):
        out[i] = logarithm(probs[i] + FLOOR)
