"""The contract of layers: a map from (inputs, state) to (outputs, state), for one character or for a whole window.

A layer keeps no memory of its last call: its state is a named tuple of tensors that is passed in and returned. It
knows nothing of alphabets, files or training. The sequence form of every layer equals its step form applied T times;
`unrolled` is that plain loop, against which tests hold the faster forms.

A window is time-major, (T, B, ...), as it is by default in torch's own recurrent layers.

Shapes: B = lanes, T = characters per window, D = input_size, H = hidden_size, P = width of a layer's input products.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from penwright.model.cells.fused.one_hot import look_up_rows
from penwright.model.cells.fused.operands import product_type

State = tuple[Tensor, ...]
"""Memory carried between calls. Each layer has its own named tuple; every tensor begins with the lanes, (B, ...)."""
S = TypeVar("S", bound=tuple[Any, ...])
Drop = Callable[[Tensor], Tensor]
"""A function that drops a share of some values and scales up the rest."""


def keep_all(values: Tensor) -> Tensor:
    """Drop nothing."""
    return values


class NoState(NamedTuple):
    """The state of a layer without memory."""


class Layer(nn.Module, ABC, Generic[S]):
    """One layer of a stack. The initial state of every layer is all zeros.

    Ids may be given in place of vectors and stand for one-hot vectors of width D.
    """

    input_size: int
    hidden_size: int

    @abstractmethod
    def initial_state(self, batch_size: int, *, device: torch.device | str | None = None) -> S:
        """Return the state before the first character: zeros (B, ...) in the type and on the device of the weights."""

    @abstractmethod
    def step(self, inputs: Tensor, state: S) -> tuple[Tensor, S]:
        """Read one character in every lane.

        Args:
            inputs: (B, D), or ids int64 (B,).
            state: Result of the last call, or `initial_state`.

        Returns:
            Outputs (B, H) and the state after the character.
        """

    @abstractmethod
    def sequence(
        self, inputs: Tensor, state: S, resets: Tensor | None = None, *, drop: Drop = keep_all
    ) -> tuple[Tensor, S]:
        """Read a window of characters in every lane.

        Args:
            inputs: (T, B, D), or ids int64 (T, B), T at least 1.
            state: Result of the last call, or `initial_state`.
            resets: bool (T, B); where True, the lane's state is set to the initial state before that character is read.
            drop: Dropout of the inputs.

        Returns:
            Outputs (T, B, H) and the state after the last character.
        """


class ProjectedLayer(Layer[S]):
    """A layer whose first act is one linear product of its inputs, so that a window needs a single matrix product.

    The product of a one-hot vector is a column of the weight: `look_up` returns it without building the vector.
    """

    input_weight: nn.Parameter
    """(P, D)."""
    bias: nn.Parameter
    """(P,)."""

    def project(self, inputs: Tensor) -> Tensor:
        """Return the products (..., P) of dense inputs (..., D)."""
        return F.linear(inputs, self.input_weight, self.bias).to(self.bias.dtype)  # full precision under autocast too

    def look_up(self, ids: Tensor, *, scale: Tensor | None = None) -> Tensor:
        """Return the products (..., P) of the one-hot vectors of `ids`, of bfloat16 under autocast as others are.

        Args:
            ids: int64 (...), each below D.
            scale: (...), factor of each one-hot vector, None for 1.
        """
        if scale is None and ids.numel() >= self.input_size:
            return look_up_rows(self.input_weight.t() + self.bias, ids)
        if ids.numel() < self.input_size:  # fewer columns than the weight has: take just these
            columns = self.input_weight.index_select(1, ids.reshape(-1)).t().reshape(*ids.shape, -1)  # (..., P)
        else:
            columns = F.embedding(ids, self.input_weight.t().contiguous())  # (..., P)
        if scale is not None:
            columns = columns * scale.unsqueeze(-1)
        return (columns + self.bias).to(product_type(self.bias))

    def step(self, inputs: Tensor, state: S) -> tuple[Tensor, S]:
        products = self.project(inputs) if inputs.is_floating_point() else self.look_up(inputs)  # (B, P)
        return self.step_products(products, state)

    def sequence(
        self, inputs: Tensor, state: S, resets: Tensor | None = None, *, drop: Drop = keep_all
    ) -> tuple[Tensor, S]:
        if inputs.is_floating_point():
            products = F.linear(drop(inputs), self.input_weight, self.bias)  # (T, B, P), rounded under autocast
        else:
            scale = None if drop is keep_all else drop(self.bias.new_ones(inputs.shape))
            products = self.look_up(inputs, scale=scale)
        return self.sequence_products(products, state, resets)

    @abstractmethod
    def step_products(self, products: Tensor, state: S) -> tuple[Tensor, S]:
        """Do `step` from its input products (B, P)."""

    @abstractmethod
    def sequence_products(self, products: Tensor, state: S, resets: Tensor | None) -> tuple[Tensor, S]:
        """Do `sequence` from its input products.

        Args:
            products: (T, B, P). Of bfloat16 they ask for recurrent products in bfloat16 too; states, gates and outputs
                are of the type of the weights all the same.
            state: Result of the last call, or `initial_state`.
            resets: bool (T, B) or None.

        Returns:
            Outputs (T, B, H) and the state after the last character.
        """


def as_vectors(inputs: Tensor, *, size: int, dtype: torch.dtype) -> Tensor:
    """Return the inputs of a layer as vectors (..., size); ids int64 (...) become one-hot vectors."""
    return inputs if inputs.is_floating_point() else F.one_hot(inputs, size).to(dtype)


def reset_state(state: S, mask: Tensor) -> S:
    """Set the marked lanes to the initial state, which is all zeros; even a lane that is no longer finite.

    Args:
        state: One layer's state.
        mask: bool (B,), True where the lane begins anew.
    """
    tensors = [tensor.masked_fill(mask.view(-1, *[1] * (tensor.dim() - 1)), 0.0) for tensor in state]
    return state._make(tensors)  # type: ignore[attr-defined,no-any-return]  # every state is a named tuple


def unrolled(layer: Layer[S], inputs: Tensor, state: S, resets: Tensor | None = None) -> tuple[Tensor, S]:
    """Read a window one `step` at a time: the plain twin of every `sequence`. Arguments and results are the same."""
    outputs = []
    for time, inputs_now in enumerate(inputs):
        if resets is not None:
            state = reset_state(state, resets[time])
        output, state = layer.step(inputs_now, state)
        outputs.append(output)
    return torch.stack(outputs), state


def fill_glorot(weight: Tensor, *, fan_in: int, fan_out: int, generator: torch.Generator | None) -> None:
    """Fill a weight uniformly within sqrt(6 / (fan_in + fan_out)) of zero.

    Source: Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", eq. 16.
    """
    limit = (6.0 / (fan_in + fan_out)) ** 0.5
    with torch.no_grad():
        weight.uniform_(-limit, limit, generator=generator)
