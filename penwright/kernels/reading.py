"""A model as one kernel: characters of some texts in, logits out, memory replaced. `model/char_model.py` explains it.

Each number is computed in the same order however many texts are read side by side and however a text is divided. So
a text is the same, to the last bit, alone and in any crowd.

Shapes: B = texts, T = characters read of each, L = texts of a slice, S = characters whose logits are wanted, V =
vocab_size, K = kinds of context, C = contexts of the match model, F = numbers remembered by all layers of a text.
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
    HAS_NGRAMS,
    HIDDEN,
    IS_RESIDUAL,
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
    WINDOW,
    WINDOW_SIZE,
)

EPSILON = 1e-6
_ONE = np.float32(1.0)


@kernel
def read(
    first: int,
    stop: int,
    ids: Any,
    max_match_length: int,
    sizes: Any,
    listed: Any,
    int8: Any,
    floats: Any,
    scales: Any,
    is_letter: Any,
    orders: Any,
    leaving: Any,
    salts: Any,
    factors: Any,
    has_joints: bool,
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
        ids: int64 (B, T).
        max_match_length: Length from which on a match is silent, see `ReadOptions`; a huge number for no limit.
        sizes: int64 (NUM_SIZES,).
        listed, int8, floats, scales: The parameters, see `kernels.linear.add_linear`.
        is_letter, orders, leaving, salts, factors, has_joints: See `kernels.contexts.name_contexts`.
        shorter: int64 (K,), see `kernels.ngram_lookup.look_up`; `contexts` to `unigrams` too.
        inputs: int64, the distributions that are inputs of the bottom.
        match_kinds: int64 (C,), the kinds of context of the match model; (0,) for none.
        memory: float32 (B, F), memory of the layers, the lowest first; to be replaced like all that follow.
        recent, words, is_word: See `kernels.contexts.name_contexts`.
        slots: int32 or int64 (B, C, S), see `kernels.match.match_window`.
        pending: int64 (B, 3, C): waiting, expected and length of the match model.
        bits: Number of bits of a successor in a slot.
        logits: float32 (B, S, V), to be filled for the last S characters of each text.
    """
    num_texts, num_steps, num_shown = stop - first, ids.shape[1], logits.shape[1]
    num_read, vocab_size = num_texts * num_shown, sizes[VOCAB_SIZE]
    weights = (listed, int8, floats, scales)
    x = _embed(ids[first:stop], sizes, weights)
    if sizes[HAS_NGRAMS] or len(match_kinds):
        hashing = (is_letter, orders, leaving, salts, factors, has_joints)
        tables = (shorter, contexts, begins, rows, entries, share_values, total_values, unigrams)
        memories = (recent[first:stop], words[first:stop], is_word[first:stop])
        matching = (slots[first:stop], pending[first:stop])
        findings = expect(
            ids[first:stop], sizes, weights, hashing, tables, match_kinds, bits, max_match_length, memories, matching
        )
        add_expectations(sizes, weights, inputs, findings, x)
        x = _run_stack(ids[first:stop], sizes, weights, memory[first:stop], x)
        top, found = _read_out(num_texts, num_steps, num_shown, sizes, weights, x)
        add_mixed(num_texts, num_steps, num_shown, sizes, weights, top, findings, found)
    else:
        x = _run_stack(ids[first:stop], sizes, weights, memory[first:stop], x)
        _, found = _read_out(num_texts, num_steps, num_shown, sizes, weights, x)
    for row in range(num_read):
        values = logits[first + row // num_shown, row % num_shown]
        for i in range(vocab_size):
            values[i] = found[row, i]


@kernel
def _embed(ids: Any, sizes: Any, weights: Any) -> Any:
    """Return the inputs of the first layer (padded L * T, width): embeddings, or one-hot vectors if wanted."""
    num_texts, num_steps = ids.shape
    x = np.zeros((padded(num_texts * num_steps), sizes[WIDTH]), np.float32)
    has_vectors = weights[0][EMBEDDING, SIZE] > 0
    for text in range(num_texts):
        for time in range(num_steps):
            symbol, row = ids[text, time], text * num_steps + time
            if has_vectors:
                copy(row_of(symbol, EMBEDDING, weights), x[row])
            elif sizes[CELL] == WINDOW or sizes[CELL] == GATED:
                x[row, symbol] = _ONE
    return x


@kernel
def _run_stack(ids: Any, sizes: Any, weights: Any, memory: Any, x: Any) -> Any:
    """Return the values at the top of the stack, and replace the memory (L, F)."""
    num_texts, num_steps = ids.shape
    num_rows, hidden, size, at = num_texts * num_steps, sizes[HIDDEN], sizes[WIDTH], NO_OFFSET
    is_one_hot, is_residual = weights[0][EMBEDDING, SIZE] == 0, sizes[IS_RESIDUAL] != 0
    normed = np.zeros_like(x)
    for layer in range(sizes[NUM_LAYERS]):
        base, given = FIRST_LAYER + layer * NUM_LAYER_PARAMETERS, x
        if is_residual:
            for row in range(num_rows):
                normalise(x[row], EPSILON, normed[row])
            given = normed
        out = np.zeros((padded(num_rows), hidden), np.float32)
        window = sizes[WINDOW_SIZE] if layer == 0 else 1
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
