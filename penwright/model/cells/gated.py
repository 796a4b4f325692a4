"""The modern recurrence: a leaky memory whose gates look at the last few characters, but not at the memory itself.

Because no gate depends on the previous state, a window costs one matrix product and one cheap elementwise scan.

Rows of the weight and bias, H each: write gate z, content v, output gate g.

Shapes: B = lanes, T = characters per window, D = input_size, H = hidden_size, K = CONV_SIZE.
"""

from math import log
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from penwright.model.cells.base import Drop, Layer, as_vectors, keep_all
from penwright.model.cells.conv import causal_conv, recent_after
from penwright.model.cells.fused.gated import gated_by_doubling, gated_sequence
from penwright.model.config import CONV_SIZE

SHORTEST_HALF_LIFE = 1.0
"""Half-life of the most forgetful channel of a new layer, in characters."""
LONGEST_HALF_LIFE = 100.0
"""Half-life of the most retentive channel, in characters. Of 30, 100, 300 and 1,000 the last two learned one to three
million characters of novels less well, by 0.02 to 0.04 bits per character (2026-11). Longer trainings were not
compared."""


class GatedState(NamedTuple):
    """The leaky memory and the inputs that the convolution still sees."""

    memory: Tensor
    """(B, H)."""
    recent: Tensor
    """(B, K - 1, D), oldest first; zeros before the first character."""


class Gated(Layer[GatedState]):
    """m_t = (1 - z) * m_(t-1) + z * v and h_t = m_t * silu(g), with z = sigmoid, v and g linear in u = conv(x).

    Sources: the recurrence of Feng et al. 2024, "Were RNNs All We Needed?", section 3.1 (minGRU); the short convolution
    and the output gate of De et al. 2024, "Griffin: Mixing Gated Linear Recurrences with Local Attention", section 2.3,
    with the convolution before the joint product.
    """

    def __init__(self, input_size: int, hidden_size: int, *, generator: torch.Generator | None = None) -> None:
        """Make a layer whose channels have half-lives from 1 to 100 characters, evenly spaced on a logarithmic scale.

        Args:
            input_size: D.
            hidden_size: H.
            generator: Random generator for the weights, None for torch's own.
        """
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self.conv_weight = nn.Parameter(torch.zeros(CONV_SIZE, input_size))
        self.input_weight = nn.Parameter(torch.empty(3 * hidden_size, input_size))
        self.bias = nn.Parameter(torch.zeros(3 * hidden_size))
        with torch.no_grad():
            self.conv_weight.normal_(0.0, 0.1, generator=generator)[-1] += 1.0  # at first little but the present input
            self.input_weight.normal_(0.0, input_size**-0.5, generator=generator)
            half_lives = torch.linspace(log(SHORTEST_HALF_LIFE), log(LONGEST_HALF_LIFE), hidden_size).exp()
            self.bias[:hidden_size] = torch.logit(-torch.expm1(-log(2.0) / half_lives))

    def initial_state(self, batch_size: int, *, device: torch.device | str | None = None) -> GatedState:
        device, dtype = device or self.bias.device, self.bias.dtype
        return GatedState(
            torch.zeros(batch_size, self.hidden_size, dtype=dtype, device=device),
            torch.zeros(batch_size, CONV_SIZE - 1, self.input_size, dtype=dtype, device=device),
        )

    def step(self, inputs: Tensor, state: GatedState) -> tuple[Tensor, GatedState]:
        inputs = as_vectors(inputs, size=self.input_size, dtype=self.bias.dtype)
        seen = torch.cat((state.recent, inputs.unsqueeze(1)), dim=1)  # (B, K, D)
        mixed = (seen * self.conv_weight).sum(dim=1)  # (B, D)
        write, content, gate = F.linear(mixed, self.input_weight, self.bias).chunk(3, dim=1)
        memory = torch.lerp(state.memory, content, torch.sigmoid(write))
        return memory * F.silu(gate), GatedState(memory, seen[:, 1:])

    def sequence(
        self, inputs: Tensor, state: GatedState, resets: Tensor | None = None, *, drop: Drop = keep_all
    ) -> tuple[Tensor, GatedState]:
        inputs = drop(as_vectors(inputs, size=self.input_size, dtype=self.bias.dtype))
        recent = state.recent.transpose(0, 1)  # (K - 1, B, D)
        mixed = causal_conv(inputs, self.conv_weight, recent, resets)
        products = F.linear(mixed, self.input_weight, self.bias)
        run = gated_sequence if products.device.type == "cpu" else gated_by_doubling
        outputs, memory = run(products, state.memory, resets)  # (T, B, H) and (B, H)
        return outputs, GatedState(memory, recent_after(inputs, recent, resets).transpose(0, 1))
