"""The inputs that the context models give to the bottom of a network, in one pass over memory.

Shapes: N = characters, V = vocab_size, M = n-gram distributions, W = how many of them are inputs, F = confidences,
R = contexts of the match model.
"""

from typing import Any

import numpy as np

from penwright.kernels.arithmetic import ONE, fitting, logarithm
from penwright.kernels.compiling import kernel

_ZERO = np.float32(0.0)


@kernel
def fill_features(
    first: int,
    stop: int,
    inputs: Any,
    centre: float,
    scale: float,
    log_probs: Any,
    confidences: Any,
    latest: Any,
    earlier: Any,
    lengths: Any,
    features: Any,
) -> None:
    """Fill the features of some characters.

    Args:
        first, stop: Slice of the characters.
        inputs: int64 (W,), the numbers of the distributions.
        centre, scale: Addend of a logarithm, and factor of the sum.
        log_probs: float32 (N, M, V).
        confidences: float32 (N, F).
        latest, earlier, lengths: int64 (N, R), the match; -1 for no symbol.
        features: (N, W * V + F + 2 * R): the logarithms, the confidences, 1 where both successors agree, the
            logarithms of 1 + the match length.
    """
    size, num_orders = log_probs.shape[2], latest.shape[1]
    for row in range(first, stop):
        for index in range(len(inputs)):
            _add_logarithms(
                row, inputs[index], np.float32(centre), np.float32(scale), log_probs, features, index * size
            )
        at = len(inputs) * size
        for i in range(confidences.shape[1]):
            features[row, at + i] = fitting(confidences[row, i], features)
        at += confidences.shape[1]
        for order in range(num_orders):
            symbol, length = latest[row, order], lengths[row, order]
            agrees = ONE if symbol >= 0 and symbol == earlier[row, order] else _ZERO
            features[row, at + order] = fitting(agrees, features)
            lasting = logarithm(np.float32(length) + ONE) if length > 0 else _ZERO
            features[row, at + num_orders + order] = fitting(lasting, features)


@kernel
def _add_logarithms(row: int, output: int, centre: Any, scale: Any, log_probs: Any, features: Any, begin: int) -> None:
    values, out = log_probs[row, output], features[row, begin : begin + log_probs.shape[2]]
    for i in range(len(values)):
        out[i] = fitting((values[i] + centre) * scale, features)
