"""A block of a residual stack: a recurrent layer and a small perceptron, which both add to the stream.

Shapes: B = lanes, T = characters per window, E = width of the stream, H = hidden_size of the layer, M = mlp_size.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from penwright.model.cells.base import Drop, Layer, keep_all
from penwright.model.cells.fused.operands import product_type
from penwright.model.ops import add_norm, rms_norm, squared_relu


class ResidualBlock(Layer[Any]):
    """x += P layer(norm(x)), then x += W_2 relu(W_1 norm(x))^2.

    P and W_2 are zero at first, so a new block changes nothing. The state is the layer's own; inputs are vectors.

    Sources: normalisation before each part, Xiong et al. 2020, "On Layer Normalization in the Transformer
    Architecture", figure 1b; zero output projections, Zhang, Dauphin and Ma 2019, "Fixup Initialization", section 3.
    """

    def __init__(
        self, layer: Layer[Any], stream_size: int, mlp_size: int, *, generator: torch.Generator | None = None
    ) -> None:
        """Wrap a layer whose input_size is the width of the stream.

        Args:
            layer: Any recurrent layer, E inputs and H outputs.
            stream_size: E.
            mlp_size: M, 0 for a block without a perceptron.
            generator: Random generator for the weights, None for torch's own.
        """
        super().__init__()
        assert layer.input_size == stream_size, (layer.input_size, stream_size)
        self.input_size = self.hidden_size = stream_size
        self.layer = layer
        self.projection_weight = nn.Parameter(torch.zeros(stream_size, layer.hidden_size))
        self.has_mlp = mlp_size > 0
        if self.has_mlp:
            self.mlp_input_weight = nn.Parameter(torch.empty(mlp_size, stream_size))
            self.mlp_output_weight = nn.Parameter(torch.zeros(stream_size, mlp_size))
            with torch.no_grad():
                self.mlp_input_weight.normal_(0.0, stream_size**-0.5, generator=generator)

    def initial_state(self, batch_size: int, *, device: torch.device | str | None = None) -> Any:
        return self.layer.initial_state(batch_size, device=device)

    def step(self, inputs: Tensor, state: Any) -> tuple[Tensor, Any]:
        outputs, state = self.layer.step(rms_norm(inputs), state)
        return self._add(inputs, outputs, keep_all), state

    def sequence(
        self, inputs: Tensor, state: Any, resets: Tensor | None = None, *, drop: Drop = keep_all
    ) -> tuple[Tensor, Any]:
        """Read a window, as every layer does. `drop` acts on the outputs that are added to the stream."""
        outputs, state = self.layer.sequence(rms_norm(inputs), state, resets)
        return self._add(inputs, outputs, drop), state

    def _add(self, stream: Tensor, outputs: Tensor, drop: Drop) -> Tensor:
        """Add the layer's outputs (..., H) to the stream (..., E), and then the perceptron's."""
        said = drop(F.linear(outputs, self.projection_weight))
        if not self.has_mlp:
            return stream + said
        stream, normed = add_norm(stream, said, dtype=product_type(self.mlp_input_weight))
        hidden = squared_relu(F.linear(normed, self.mlp_input_weight))  # (..., M)
        return stream + drop(F.linear(hidden, self.mlp_output_weight))
