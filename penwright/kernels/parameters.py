"""Where the parameters and sizes of a model stand in the lists that kernels are given. Data only."""

from typing import cast

import numpy as np


def numbers(first: int, stop: int) -> list[int]:
    """Return consecutive numbers of numpy: numba compiles a kernel anew for each constant of Python it is given."""
    return cast(list[int], list(np.arange(first, stop)))


EMBEDDING, READOUT, READOUT_BIAS = numbers(0, 3)
NGRAM_INPUT, CONFIDENCE, MATCH_CONFIDENCE, MATCH_EMBEDDING = numbers(3, 7)
MIX, MIX_CONFIDENCE, MIX_BIAS, BONUS, BONUS_BIAS = numbers(7, 12)
CONSENSUS, MIX_CONSENSUS, BONUS_CONSENSUS = numbers(12, 15)
FIRST_LAYER = 15
"""The parameters by their index in the list. Those of the layers follow."""
INPUT, BIAS, RECURRENT, CANDIDATE_BIAS, CONV, PROJECTION, MLP_INPUT, MLP_OUTPUT = numbers(0, 8)
"""The parameters of a layer, by their index after that of its first."""
NUM_LAYER_PARAMETERS = 8
IS_INT8, START, SIZE, WIDTH_OF, SCALES = range(5)
"""Columns of the list of parameters: 1 if the weights are int8; index of the first; numbers of inputs and outputs;
index of the first scale."""
CELL, NUM_LAYERS, VOCAB_SIZE, WIDTH, HIDDEN, MLP, WINDOW_SIZE, IS_RESIDUAL, HAS_NGRAMS, HAS_LABELS, NUM_SIZES = range(
    11
)
"""Entries of the list of sizes."""
PERCEPTRON, WINDOW, ELMAN, GRU_BEFORE, GRU_AFTER, LSTM, GATED = range(7)
"""The cells; a GRU by the way its reset gate acts."""
(NO_OFFSET,) = numbers(0, 1)
