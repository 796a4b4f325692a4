"""The parameters of a model as a kernel takes them: three flat arrays, and a list of where each lies.

A matrix is kept transposed, input by input, as `kernels.products` reads it.

Shapes: V = vocab_size, N = outputs, K = inputs.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.kernels import parameters
from penwright.kernels.cells import memory_size
from penwright.kernels.compiling import plain
from penwright.model.config import ModelConfig
from penwright.model.rounding import RoundedWeight

Weights = Mapping[str, "NDArray[np.float32] | RoundedWeight"]
_CELLS = {
    "perceptron": parameters.PERCEPTRON,
    "window": parameters.WINDOW,
    "elman": parameters.ELMAN,
    "lstm": parameters.LSTM,
    "gated": parameters.GATED,
}
_NAMES = {
    "embedding": parameters.EMBEDDING,
    "readout_weight": parameters.READOUT,
    "readout_bias": parameters.READOUT_BIAS,
    "context_models.ngram_input_weight": parameters.NGRAM_INPUT,
    "context_models.confidence_weight": parameters.CONFIDENCE,
    "context_models.match_confidence_weight": parameters.MATCH_CONFIDENCE,
    "context_models.match_embedding": parameters.MATCH_EMBEDDING,
    "context_models.mix_weight": parameters.MIX,
    "context_models.mix_confidence_weight": parameters.MIX_CONFIDENCE,
    "context_models.mix_bias": parameters.MIX_BIAS,
    "context_models.bonus_weight": parameters.BONUS,
    "context_models.bonus_bias": parameters.BONUS_BIAS,
    "context_models.consensus_weight": parameters.CONSENSUS,
    "context_models.mix_consensus_weight": parameters.MIX_CONSENSUS,
    "context_models.bonus_consensus_weight": parameters.BONUS_CONSENSUS,
}
_LAYER_NAMES = {
    "input_weight": parameters.INPUT,
    "bias": parameters.BIAS,
    "recurrent_weight": parameters.RECURRENT,
    "candidate_bias": parameters.CANDIDATE_BIAS,
    "conv_weight": parameters.CONV,
    "projection_weight": parameters.PROJECTION,
    "mlp_input_weight": parameters.MLP_INPUT,
    "mlp_output_weight": parameters.MLP_OUTPUT,
}
_IN_STATES = ("label_embedding",)
"""Weights that reach the kernel in the states of the texts."""
_LOOKED_UP = ("embedding", "match_embedding", "conv_weight")
"""Ends of the names of tables whose rows are taken as they are."""


class Parameters(NamedTuple):
    """See `kernels.linear.add_linear`."""

    listed: NDArray[np.int64]
    int8: NDArray[np.int8]
    floats: NDArray[np.float32]
    scales: NDArray[np.float32]


def pack_parameters(config: ModelConfig, weights: Weights) -> Parameters:
    """Lay the weights out.

    Args:
        config: Shape of the model.
        weights: Every weight by its name in `state_dict`.
    """
    listed = np.zeros((parameters.FIRST_LAYER + parameters.NUM_LAYER_PARAMETERS * config.num_layers, 5), np.int64)
    laid_out: list[list[NDArray[Any]]] = [[np.zeros(1, kind)] for kind in (np.int8, np.float32, np.float32)]
    ends = [1, 1, 1]  # numbers laid out so far: of int8, of float32, and scales
    for name, weight in weights.items():
        if name in _IN_STATES:
            continue
        is_table = name.endswith(_LOOKED_UP)
        matrix: NDArray[Any]
        own = np.zeros(0, np.float32)
        if isinstance(weight, RoundedWeight) and not is_table:
            kind, matrix, own = 0, weight.codes.T, weight.scales
        else:
            values = weight.values() if isinstance(weight, RoundedWeight) else weight
            kind, matrix = 1, values.reshape(-1, values.shape[-1])
            if not is_table and values.ndim == 2:
                matrix, own = matrix.T, np.ones(len(matrix), np.float32)
        listed[_index_of(name)] = (kind == 0, ends[kind], *matrix.shape, ends[2])
        for part, array in ((kind, matrix), (2, own)):
            laid_out[part].append(array.reshape(-1))
            ends[part] += array.size
    int8, floats, scales = map(np.concatenate, laid_out)
    return Parameters(listed, int8, floats, scales)


def sizes_of(config: ModelConfig) -> NDArray[np.int64]:
    """Return the sizes that the kernel goes by."""
    sizes = np.zeros(parameters.NUM_SIZES, np.int64)
    gru = parameters.GRU_BEFORE if config.gru_reset == "before" else parameters.GRU_AFTER
    sizes[parameters.CELL] = _CELLS.get(config.cell, gru)
    sizes[parameters.NUM_LAYERS] = config.num_layers
    sizes[parameters.VOCAB_SIZE] = config.vocab_size
    sizes[parameters.WIDTH] = config.input_size
    sizes[parameters.HIDDEN] = config.hidden_size
    sizes[parameters.MLP] = config.mlp_size
    sizes[parameters.WINDOW_SIZE] = config.window_size
    sizes[parameters.IS_RESIDUAL] = config.is_residual
    sizes[parameters.HAS_NGRAMS] = config.has_ngrams
    sizes[parameters.HAS_LABELS] = config.num_labels > 0
    return sizes


def memory_size_of(config: ModelConfig) -> int:
    """Return how many numbers all layers remember of a text, those of its label's vector included."""
    cell, total = int(sizes_of(config)[parameters.CELL]), 0
    for layer in range(config.num_layers):
        first_size = config.embedding_dim if config.is_residual else config.input_size
        size = first_size if layer == 0 or config.is_residual else config.hidden_size
        window = config.window_size if layer == 0 else 1
        total += int(plain(memory_size)(cell, size, config.hidden_size, window))
    return total + label_size_of(config)


def label_size_of(config: ModelConfig) -> int:
    """Return the width of a label's vector, 0 for a model without labels."""
    return config.embedding_dim if config.num_labels else 0


def _index_of(name: str) -> int:
    """Return the index of a parameter in the list."""
    if name in _NAMES:
        return int(_NAMES[name])
    _, layer, *_, own = name.split(".")
    return int(parameters.FIRST_LAYER + int(layer) * parameters.NUM_LAYER_PARAMETERS + _LAYER_NAMES[own])
