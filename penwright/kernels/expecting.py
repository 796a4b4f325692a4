"""What the context models of a network expect of some characters, added to its bottom and to its logits.

`model/context_models` says what is computed. Findings are a tuple: distributions log_probs float32 (R, M, V),
confidences float32 (R, 3M), and latest, earlier and length of the match, int64 (R, C) each. The consensus follows from
them, so it is computed again where it is needed.

Shapes: L = texts, T = characters of each, R = L * T rows, S = characters whose logits are wanted, V = vocab_size,
M = n-gram distributions, C = contexts of the match model, D = numbers of the consensus, 0 for a model without one.
"""

from typing import Any

import numpy as np

from penwright.kernels.compiling import kernel
from penwright.kernels.consensus import fill_consensus
from penwright.kernels.contexts import name_contexts
from penwright.kernels.features import fill_features
from penwright.kernels.linear import add_linear, add_whole, copy, padded, row_of, vector_of
from penwright.kernels.match import match_window
from penwright.kernels.mixing import mix_forward
from penwright.kernels.ngram_lookup import look_up
from penwright.kernels.parameters import (
    BONUS,
    BONUS_BIAS,
    BONUS_CONSENSUS,
    CONFIDENCE,
    CONSENSUS,
    HAS_NGRAMS,
    MATCH_CONFIDENCE,
    MATCH_EMBEDDING,
    MIX,
    MIX_BIAS,
    MIX_CONFIDENCE,
    MIX_CONSENSUS,
    NGRAM_INPUT,
    NO_OFFSET,
    SIZE,
    VOCAB_SIZE,
    WIDTH,
)

LOG_CENTRE, LOG_SCALE = 4.0, 0.5
_NOBODY = -1


@kernel
def expect(
    ids: Any,
    sizes: Any,
    hashing: Any,
    tables: Any,
    memories: Any,
    matching: Any,
    findings: Any,
) -> None:
    """Fill the findings at some characters, int64 ids (L, T). The arguments are as of `reading.read`, in tuples."""
    marks, orders, leaving, salts, factors, has_joints = hashing
    shorter, contexts, begins, rows, entries, share_values, total_values, unigrams = tables
    log_probs, confidences, latest, earlier, lengths = findings
    num_texts, num_steps = ids.shape
    num_rows = num_texts * num_steps
    named, nowhere = np.empty((num_texts, num_steps, len(shorter)), np.int64), np.zeros((0, 0), np.bool_)
    recent, words, is_word = memories
    name_contexts(
        0,
        num_texts,
        ids,
        nowhere,
        marks,
        orders,
        leaving,
        salts,
        factors,
        has_joints,
        recent,
        words,
        is_word,
        named,
    )
    _match(ids, named, matching, latest, earlier, lengths)
    if sizes[HAS_NGRAMS]:
        asked = named.reshape(num_rows, len(shorter))
        look_up(
            0,
            num_rows,
            asked,
            shorter,
            contexts,
            begins,
            rows,
            entries,
            share_values,
            total_values,
            unigrams,
            log_probs,
            confidences,
        )


@kernel
def _match(ids: Any, named: Any, matching: Any, all_latest: Any, all_earlier: Any, all_lengths: Any) -> None:
    """Fill the match of all rows, nothing where it is too long: three of int64 (R, C)."""
    match_kinds, bits, max_match_length, slots, pending = matching
    (num_texts, num_steps), num_kinds = ids.shape, len(match_kinds)
    shape = (num_texts, num_steps, num_kinds)
    latest, earlier, lengths = all_latest.reshape(shape), all_earlier.reshape(shape), all_lengths.reshape(shape)
    own = np.empty(shape, np.int64)
    waiting = np.empty((num_texts, num_kinds), np.int64)
    expected, length = np.empty_like(waiting), np.empty_like(waiting)
    for text in range(num_texts):
        for time in range(num_steps):
            for kind in range(num_kinds):
                own[text, time, kind] = named[text, time, match_kinds[kind]]
        copy(pending[text, 0], waiting[text])
        copy(pending[text, 1], expected[text])
        copy(pending[text, 2], length[text])
    nowhere = np.zeros((0, 0), np.bool_)
    match_window(0, num_texts, ids, own, nowhere, bits, slots, waiting, expected, length, latest, earlier, lengths)
    for text in range(num_texts):
        copy(waiting[text], pending[text, 0])
        copy(expected[text], pending[text, 1])
        copy(length[text], pending[text, 2])
        for time in range(num_steps):
            longest = 0
            for kind in range(num_kinds):
                longest = max(longest, lengths[text, time, kind])
            if longest > max_match_length:
                for kind in range(num_kinds):
                    latest[text, time, kind], earlier[text, time, kind] = _NOBODY, _NOBODY
                    lengths[text, time, kind] = 0


@kernel
def add_expectations(sizes: Any, weights: Any, inputs: Any, findings: Any, x: Any) -> None:
    """Add to the stream, float32 (padded R, width), what the context models expect."""
    log_probs, confidences, latest, earlier, lengths = findings
    num_rows, num_kinds, width = len(latest), latest.shape[1], sizes[WIDTH]
    given = inputs if sizes[HAS_NGRAMS] else inputs[:0]
    num_logs, num_facts = len(given) * sizes[VOCAB_SIZE], confidences.shape[1]
    features = np.zeros((padded(num_rows), num_logs + num_facts + 2 * num_kinds), np.float32)
    fill_features(0, num_rows, given, LOG_CENTRE, LOG_SCALE, log_probs, confidences, latest, earlier, lengths, features)
    if sizes[HAS_NGRAMS]:
        add_linear(num_rows, features, NO_OFFSET, NGRAM_INPUT, NO_OFFSET, width, weights, x)
        add_linear(num_rows, features, num_logs, CONFIDENCE, NO_OFFSET, width, weights, x)
    if weights[0][CONSENSUS, SIZE]:
        consensus = np.zeros((padded(num_rows), weights[0][CONSENSUS, SIZE]), np.float32)
        fill_consensus(0, num_rows, given, _compared(sizes, log_probs), latest, consensus)
        add_whole(num_rows, consensus, CONSENSUS, weights, x)
    if num_kinds:
        add_linear(num_rows, features, num_logs + num_facts, MATCH_CONFIDENCE, NO_OFFSET, width, weights, x)
        for row in range(num_rows):
            for kind in range(num_kinds):
                symbol = latest[row, kind] if latest[row, kind] >= 0 else sizes[VOCAB_SIZE]
                number = kind * (sizes[VOCAB_SIZE] + 1) + symbol
                _add(row_of(number, MATCH_EMBEDDING, weights), x[row])


@kernel
def add_mixed(
    num_texts: int,
    num_steps: int,
    num_shown: int,
    sizes: Any,
    weights: Any,
    inputs: Any,
    top: Any,
    findings: Any,
    logits: Any,
) -> None:
    """Add to the logits of the last S characters of each text, float32 (padded L * S, V), what the context models say.

    `top` is the normalised top of the stream at these characters.
    """
    log_probs, confidences, latest, earlier, lengths = findings
    num_read, num_kinds, num_outputs = num_texts * num_shown, latest.shape[1], log_probs.shape[1]
    shares = np.zeros((padded(num_read), num_outputs), np.float32)
    bonuses = np.zeros((padded(num_read), 5 * num_kinds), np.float32)
    facts = np.zeros((padded(num_read), confidences.shape[1]), np.float32)
    consensus = np.zeros((padded(num_read), weights[0][CONSENSUS, SIZE]), np.float32)
    given, compared = inputs if sizes[HAS_NGRAMS] else inputs[:0], _compared(sizes, log_probs)
    for row in range(num_read):
        source = row // num_shown * num_steps + num_steps - num_shown + row % num_shown
        if sizes[HAS_NGRAMS]:
            copy(vector_of(MIX_BIAS, weights), shares[row])
            copy(confidences[source], facts[row])
        if weights[0][CONSENSUS, SIZE]:
            at = source + 1
            fill_consensus(0, 1, given, compared[source:at], latest[source:at], consensus[row : row + 1])
        if num_kinds:
            copy(vector_of(BONUS_BIAS, weights), bonuses[row])
    if sizes[HAS_NGRAMS]:
        add_whole(num_read, top, MIX, weights, shares)
        add_whole(num_read, facts, MIX_CONFIDENCE, weights, shares)
        if consensus.shape[1]:
            add_whole(num_read, consensus, MIX_CONSENSUS, weights, shares)
    if num_kinds:
        add_whole(num_read, top, BONUS, weights, bonuses)
        if consensus.shape[1]:
            add_whole(num_read, consensus, BONUS_CONSENSUS, weights, bonuses)
    mixed = np.empty((1, sizes[VOCAB_SIZE]), np.float32)
    for row in range(num_read):
        at = row // num_shown * num_steps + num_steps - num_shown + row % num_shown
        mix_forward(
            0,
            1,
            shares[row : row + 1],
            log_probs[at : at + 1],
            bonuses[row : row + 1],
            latest[at : at + 1],
            earlier[at : at + 1],
            lengths[at : at + 1],
            mixed,
        )
        _add(mixed[0], logits[row])


@kernel
def _compared(sizes: Any, log_probs: Any) -> Any:
    """Return the distributions that the consensus is about: (R, 0, 0) in a model without n-grams."""
    return log_probs if sizes[HAS_NGRAMS] else np.zeros((len(log_probs), 0, 0), np.float32)


@kernel
def _add(values: Any, onto: Any) -> None:
    for i in range(len(values)):
        onto[i] += values[i]
