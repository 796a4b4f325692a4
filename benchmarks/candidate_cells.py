"""Recurrences that were candidates for the default: a matrix as the state of each head, with and without correction.

Both read a window in chunks, by products of matrices alone; `unrolled` is their plain twin. A gate for each head says
how much of the state is kept, another how much is written. What a head reads is normalised and gated like the default's
recurrence, and a short convolution stands before everything, as there.

MatrixState: S_t = a_t S_(t-1) + b_t k_t v_t'. Source: Dao and Gu 2024, "Transformers are SSMs" (arXiv 2405.21060), with
a gate for writing as in Beck et al. 2024, "xLSTM" (arXiv 2405.04517), there an exponential, here a sigmoid.

GatedDelta: S_t = a_t S_(t-1) + b_t k_t (v_t - a_t S_(t-1)' k_t)'. Source: Yang, Kautz and Hatamizadeh 2024, "Gated
Delta Networks" (arXiv 2412.06464), eq. 10; the corrected values of a chunk solve one triangular system.

Shapes: B = lanes, T = characters per window, C = characters per chunk, D = input_size, H = hidden_size, N = heads,
P = width of a head, K = taps of the convolution.
"""

from math import log
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from penwright.model.cells.base import Drop, Layer, keep_all
from penwright.model.cells.conv import causal_conv, recent_after
from penwright.model.config import CONV_SIZE
from penwright.model.ops import rms_norm

HEAD_SIZE = 32
CHUNK_SIZE = 64
SHORTEST_HALF_LIFE, LONGEST_HALF_LIFE = 2.0, 300.0
"""Characters after which new heads keep half, evenly spaced on a logarithmic scale."""
_FORGOTTEN = -60.0  # logarithm of what a reset keeps


class MatrixMemory(NamedTuple):
    """The heads' matrices and the inputs that the convolution still sees."""

    memory: Tensor
    """(B, N, P, P)."""
    recent: Tensor
    """(B, K - 1, D), oldest first."""


class Parts(NamedTuple):
    """What the input asks of every head."""

    query: Tensor
    """(..., N, P)."""
    key: Tensor
    """(..., N, P)."""
    value: Tensor
    """(..., N, P)."""
    gate: Tensor
    """(..., H), on what is read."""
    log_keep: Tensor
    """(..., N), below zero."""
    write: Tensor
    """(..., N), 0 to 1."""


class MatrixState(Layer[MatrixMemory]):
    """Adds what is written to what is kept."""

    corrects: ClassVar[bool] = False
    """Whether a write first takes away what the state says of its key."""

    def __init__(self, input_size: int, hidden_size: int, *, generator: torch.Generator | None = None) -> None:
        """Make a layer. `hidden_size` must be a multiple of HEAD_SIZE."""
        super().__init__()
        assert hidden_size % HEAD_SIZE == 0, hidden_size
        self.input_size, self.hidden_size = input_size, hidden_size
        self.num_heads = hidden_size // HEAD_SIZE
        self.conv_weight = nn.Parameter(torch.zeros(CONV_SIZE, input_size))
        self.input_weight = nn.Parameter(torch.empty(4 * hidden_size, input_size))
        self.head_weight = nn.Parameter(torch.empty(2 * self.num_heads, input_size))
        self.head_bias = nn.Parameter(torch.zeros(2 * self.num_heads))
        with torch.no_grad():
            self.conv_weight.normal_(0.0, 0.1, generator=generator)[-1] += 1.0
            self.input_weight.normal_(0.0, input_size**-0.5, generator=generator)
            self.head_weight.normal_(0.0, 0.3 * input_size**-0.5, generator=generator)
            half_lives = torch.linspace(log(SHORTEST_HALF_LIFE), log(LONGEST_HALF_LIFE), self.num_heads).exp()
            self.head_bias[: self.num_heads] = torch.logit(torch.exp(-log(2.0) / half_lives))

    def initial_state(self, batch_size: int, *, device: torch.device | str | None = None) -> MatrixMemory:
        device = device or self.head_bias.device
        return MatrixMemory(
            torch.zeros(batch_size, self.num_heads, HEAD_SIZE, HEAD_SIZE, device=device),
            torch.zeros(batch_size, CONV_SIZE - 1, self.input_size, device=device),
        )

    def step(self, inputs: Tensor, state: MatrixMemory) -> tuple[Tensor, MatrixMemory]:
        seen = torch.cat((state.recent, inputs.unsqueeze(1)), dim=1)  # (B, K, D)
        parts = self._parts((seen * self.conv_weight).sum(dim=1))
        kept = state.memory * parts.log_keep.exp()[..., None, None]
        value = parts.value
        if self.corrects:
            value = value - torch.einsum("bnk,bnkv->bnv", parts.key, kept)
        memory = kept + parts.key.unsqueeze(3) * (parts.write.unsqueeze(2) * value).unsqueeze(2)
        read = rms_norm(torch.einsum("bnk,bnkv->bnv", parts.query, memory)).flatten(1)
        return read * F.silu(parts.gate), MatrixMemory(memory, seen[:, 1:])

    def sequence(
        self, inputs: Tensor, state: MatrixMemory, resets: Tensor | None = None, *, drop: Drop = keep_all
    ) -> tuple[Tensor, MatrixMemory]:
        inputs = drop(inputs)
        recent = state.recent.transpose(0, 1)  # (K - 1, B, D)
        parts = self._parts(causal_conv(inputs, self.conv_weight, recent, resets))  # (T, B, ...)
        log_keep = parts.log_keep
        if resets is not None:
            log_keep = log_keep.masked_fill(resets.unsqueeze(2), _FORGOTTEN)
        query, key, value = (part.permute(1, 2, 0, 3) for part in parts[:3])  # (B, N, T, P)
        log_keep, write = log_keep.permute(1, 2, 0), parts.write.permute(1, 2, 0)  # (B, N, T)
        memory, found = state.memory, []
        for chunk in zip(
            *(part.split(CHUNK_SIZE, dim=2) for part in (query, key, value, log_keep, write)), strict=True
        ):
            read, memory = self._chunk(*chunk, memory)
            found.append(read)
        read = rms_norm(torch.cat(found, dim=2).to(memory.dtype)).permute(2, 0, 1, 3).flatten(2)  # (T, B, H)
        return read * F.silu(parts.gate), MatrixMemory(memory, recent_after(inputs, recent, resets).transpose(0, 1))

    def _chunk(
        self, query: Tensor, key: Tensor, value: Tensor, log_keep: Tensor, write: Tensor, memory: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Read C characters: (B, N, C, P) and the memory after them."""
        kept = log_keep.cumsum(dim=2)  # (B, N, C)
        is_past = torch.ones(key.shape[2], key.shape[2], dtype=torch.bool, device=key.device).tril()
        between = (kept.unsqueeze(3) - kept.unsqueeze(2)).masked_fill(~is_past, -torch.inf).exp()  # (B, N, C, C)
        since = kept.exp().unsqueeze(3)
        written = write.unsqueeze(3) * value
        if self.corrects:
            with torch.autocast(key.device.type, enabled=False):
                overlap = write.unsqueeze(3) * (key @ key.transpose(2, 3)) * between
                right = written - write.unsqueeze(3) * since * (key @ memory)
                written = torch.linalg.solve_triangular(overlap, right, upper=False, unitriangular=True)
        read = ((query @ key.transpose(2, 3)) * between) @ written + since * (query @ memory)
        until_end = (kept[:, :, -1:] - kept).exp().unsqueeze(3)
        added = ((key * until_end).transpose(2, 3) @ written).to(memory.dtype)
        return read, memory * since[:, :, -1:] + added

    def _parts(self, mixed: Tensor) -> Parts:
        query, key, value, gate = F.linear(mixed, self.input_weight).to(mixed.dtype).chunk(4, dim=-1)
        keep, write = F.linear(mixed, self.head_weight, self.head_bias).to(mixed.dtype).chunk(2, dim=-1)
        shape = (*mixed.shape[:-1], self.num_heads, HEAD_SIZE)
        query, key = (F.silu(part).view(shape) for part in (query, key))
        if self.corrects:
            query, key = F.normalize(query, dim=-1), F.normalize(key, dim=-1)
        return Parts(query, key, value.reshape(shape), gate, F.logsigmoid(keep), torch.sigmoid(write))


class GatedDelta(MatrixState):
    """Replaces what the state says of a key instead of adding to it."""

    corrects = True
