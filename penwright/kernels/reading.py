"""A model as one kernel: characters of some texts in, logits out, memory replaced. `model/char_model.py` explains it.

Each number is computed in the same order however many texts are read side by side and however a text is divided. So
a text is the same, to the last bit, alone and in any crowd.

The way from the characters to the logits has stages: what lies below the layers, each layer, and what lies above them.
A kernel does some stages in a row. Threads that read one text follow each other from stage to stage.

Shapes: B = texts, T = characters read of each, L = texts of a slice, R = L * T, S = characters whose logits are wanted,
V = vocab_size, K = kinds of context, C = contexts of the match model, M = n-gram distributions, F = numbers remembered
by all layers of a text.
"""

from typing import Any

import numpy as np

from penwright.kernels.cells import memory_size, run_cell
from penwright.kernels.compiling import kernel
from penwright.kernels.expecting import add_expectations, add_mixed, expect
from penwright.kernels.linear import add_whole, copy, normalise, padded, row_of, square_positive, vector_of
from penwright.kernels.parameters import (
    CELL,
    EMBEDDING,
    FIRST_LAYER,
    GATED,
    HAS_LABELS,
    HAS_NGRAMS,
    HIDDEN,
    IS_RESIDUAL,
    MIX_BIAS,
    MLP,
    MLP_INPUT,
    MLP_OUTPUT,
    NO_OFFSET,
    NUM_LAYER_PARAMETERS,
    NUM_LAYERS,
    PROJECTION,
    READOUT,
    READOUT_BIAS,
    SIZE,
    VOCAB_SIZE,
    WIDTH,
    WIDTH_OF,
    WINDOW,
    WINDOW_SIZE,
)

EPSILON = 1e-6
_ONE, _ONE_OUTPUT = np.float32(1.0), np.int64(1)


@kernel
def read(
    first: int,
    stop: int,
    begin: int,
    end: int,
    x: Any,
    log_probs: Any,
    confidences: Any,
    match: Any,
    ids: Any,
    max_match_length: int,
    sizes: Any,
    listed: Any,
    int8: Any,
    floats: Any,
    scales: Any,
    marks: Any,
    orders: Any,
    leaving: Any,
    salts: Any,
    factors: Any,
    has_joints: Any,
    shorter: Any,
    inputs: Any,
    match_kinds: Any,
    contexts: Any,
    begins: Any,
    rows: Any,
    entries: Any,
    share_values: Any,
    total_values: Any,
    unigrams: Any,
    memory: Any,
    recent: Any,
    words: Any,
    is_word: Any,
    slots: Any,
    pending: Any,
    bits: int,
    logits: Any,
) -> None:
    """Read the next characters of some texts.

    Args:
        first, stop: Slice of the texts.
        begin, end: Slice of the stages. Those of a stack without residual connections are done all at once.
        x, log_probs, confidences, match: What one stage hands to the next, see `new_work`; not looked at if all are
            done at once.
        ids: int64 (B, T).
        max_match_length: Length from which on a match is silent, see `ReadOptions`; a huge number for no limit.
        sizes: int64 (NUM_SIZES,).
        listed, int8, floats, scales: The parameters, see `kernels.linear.add_linear`.
        marks, orders, leaving, salts, factors, has_joints: See `kernels.contexts.name_contexts`.
        shorter: int64 (K,), see `kernels.ngram_lookup.look_up`; `contexts` to `unigrams` too.
        inputs: int64, the distributions that are inputs of the bottom.
        match_kinds: int64 (C,), the kinds of context of the match model; (0,) for none.
        memory: float32 (B, F), memory of the layers, the lowest first, and behind it the vector of the text's label if
            the model has labels; to be replaced like all that follow.
        recent, words, is_word: See `kernels.contexts.name_contexts`.
        slots: int32 or int64 (B, C, S), see `kernels.match.match_window`.
        pending: int64 (B, 3, C): waiting, expected and length of the match model.
        bits: Number of bits of a successor in a slot.
        logits: float32 (B, S, V), to be filled for the last S characters of each text.
    """
    num_texts, num_steps, num_shown, num_stages = stop - first, ids.shape[1], logits.shape[1], num_stages_of(sizes)
    weights, has_contexts = (listed, int8, floats, scales), sizes[HAS_NGRAMS] != 0 or len(match_kinds) > 0
    if begin == 0 and end == num_stages:
        x, log_probs, confidences, match = new_work(num_texts * num_steps, sizes, listed, match_kinds)
    findings = (log_probs, confidences, match[0], match[1], match[2])
    if begin == 0:
        _embed(ids[first:stop], sizes, weights, x)
        if sizes[HAS_LABELS]:
            _add_labels(num_steps, sizes[WIDTH], memory[first:stop], x)
        if has_contexts:
            hashing = (marks, orders, leaving, salts, factors, has_joints)
            tables = (shorter, contexts, begins, rows, entries, share_values, total_values, unigrams)
            memories = (recent[first:stop], words[first:stop], is_word[first:stop])
            matching = (match_kinds, bits, max_match_length, slots[first:stop], pending[first:stop])
            expect(ids[first:stop], sizes, hashing, tables, memories, matching, findings)
            add_expectations(sizes, weights, inputs, findings, x)
    x = _run_stack(begin - 1, end - 1, ids[first:stop], sizes, weights, memory[first:stop], x)
    if end < num_stages:
        return
    num_read, vocab_size = num_texts * num_shown, sizes[VOCAB_SIZE]
    top, found = _read_out(num_texts, num_steps, num_shown, sizes, weights, x)
    if has_contexts:
        add_mixed(num_texts, num_steps, num_shown, sizes, weights, inputs, top, findings, found)
    for row in range(num_read):
        values = logits[first + row // num_shown, row % num_shown]
        for i in range(vocab_size):
            values[i] = found[row, i]


@kernel
def num_stages_of(sizes: Any) -> Any:
    """Return the number of stages of a model."""
    return sizes[NUM_LAYERS] + 2


@kernel
def new_work(num_rows: int, sizes: Any, listed: Any, match_kinds: Any) -> Any:
    """Return room for what one stage hands to the next.

    Returns:
        The stream, float32 (padded R, width); log_probs, float32 (R, M, V); confidences, float32 (R, 3M); and latest,
        earlier and length of the match, int64 (3, R, C).
    """
    num_outputs, num_confidences = listed[MIX_BIAS, WIDTH_OF], 3 * listed[MIX_BIAS, WIDTH_OF]
    if not sizes[HAS_NGRAMS]:
        num_outputs, num_confidences = _ONE_OUTPUT, NO_OFFSET
    return (
        np.zeros((padded(num_rows), sizes[WIDTH]), np.float32),
        np.zeros((num_rows, num_outputs, sizes[VOCAB_SIZE]), np.float32),
        np.zeros((num_rows, num_confidences), np.float32),
        np.zeros((3, num_rows, len(match_kinds)), np.int64),
    )


@kernel
def _embed(ids: Any, sizes: Any, weights: Any, x: Any) -> None:
    """Fill the inputs of the first layer: embeddings, or one-hot vectors if wanted."""
    num_texts, num_steps = ids.shape
    has_vectors = weights[0][EMBEDDING, SIZE] > 0
    for text in range(num_texts):
        for time in range(num_steps):
            symbol, row = ids[text, time], text * num_steps + time
            if has_vectors:
                copy(row_of(symbol, EMBEDDING, weights), x[row])
            elif sizes[CELL] == WINDOW or sizes[CELL] == GATED:
                x[row, symbol] = _ONE


@kernel
def _add_labels(num_steps: int, width: int, memory: Any, x: Any) -> None:
    """Add the vector of each text's label, the last numbers of its memory, to the inputs of the first layer."""
    start = memory.shape[1] - width
    for text in range(len(memory)):
        for time in range(num_steps):
            for i in range(width):
                x[text * num_steps + time, i] += memory[text, start + i]


@kernel
def _run_stack(begin: int, end: int, ids: Any, sizes: Any, weights: Any, memory: Any, x: Any) -> Any:
    """Return the values above some layers, and replace their memory, of all layers (L, F)."""
    num_texts, num_steps = ids.shape
    num_rows, hidden, size, at = num_texts * num_steps, sizes[HIDDEN], sizes[WIDTH], NO_OFFSET
    is_one_hot, is_residual = weights[0][EMBEDDING, SIZE] == 0, sizes[IS_RESIDUAL] != 0
    normed = np.zeros_like(x)
    for layer in range(sizes[NUM_LAYERS]):
        window = sizes[WINDOW_SIZE] if layer == 0 else 1
        if layer < begin or layer >= end:
            at += memory_size(sizes[CELL], size, hidden, window)
            continue
        base, given = FIRST_LAYER + layer * NUM_LAYER_PARAMETERS, x
        if is_residual:
            for row in range(num_rows):
                normalise(x[row], EPSILON, normed[row])
            given = normed
        out = np.zeros((padded(num_rows), hidden), np.float32)
        is_looked_up = is_one_hot and layer == 0
        run_cell(sizes[CELL], base, ids, is_looked_up, given, size, window, weights, memory, at, out)
        at += memory_size(sizes[CELL], size, hidden, window)
        if is_residual:
            add_whole(num_rows, out, base + PROJECTION, weights, x)
            if sizes[MLP]:
                _add_perceptron(num_rows, base, sizes[MLP], weights, normed, x)
        else:
            x, size = out, hidden
    return x


@kernel
def _add_perceptron(num_rows: int, base: int, size: int, weights: Any, normed: Any, x: Any) -> None:
    """Add to the stream what a block's perceptron says."""
    inner = np.zeros((padded(num_rows), size), np.float32)
    for row in range(num_rows):
        normalise(x[row], EPSILON, normed[row])
    add_whole(num_rows, normed, base + MLP_INPUT, weights, inner)
    for row in range(num_rows):
        square_positive(inner[row])
    add_whole(num_rows, inner, base + MLP_OUTPUT, weights, x)


@kernel
def _read_out(num_texts: int, num_steps: int, num_shown: int, sizes: Any, weights: Any, x: Any) -> Any:
    """Return the readout's inputs for the last S characters of each text, and their logits, (padded L * S, ...)."""
    num_read = num_texts * num_shown
    top = np.zeros((padded(num_read), x.shape[1]), np.float32)
    found = np.empty((padded(num_read), sizes[VOCAB_SIZE]), np.float32)
    for row in range(num_read):
        source = row // num_shown * num_steps + num_steps - num_shown + row % num_shown
        if sizes[IS_RESIDUAL]:
            normalise(x[source], EPSILON, top[row])
        else:
            copy(x[source], top[row])
        copy(vector_of(READOUT_BIAS, weights), found[row])
    add_whole(num_read, top, READOUT, weights, found)
    return top, found
