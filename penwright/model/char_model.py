"""The network of an author: characters in, a distribution over the next character out, memory passed through.

It knows nothing of alphabets, files or training. State is a value: passed in and returned, never kept.

Shapes: B = lanes, T = characters per window, V = vocab_size, E = embedding_dim, H = hidden_size, L = num_layers,
K = num_labels.
"""

from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from penwright.model.cells.base import Drop, Layer, fill_glorot, keep_all
from penwright.model.cells.elman import Elman
from penwright.model.cells.fused.operands import product_type
from penwright.model.cells.gated import Gated
from penwright.model.cells.gru import Gru
from penwright.model.cells.lstm import Lstm
from penwright.model.cells.perceptron import Perceptron
from penwright.model.cells.window import Window
from penwright.model.config import ModelConfig as ModelConfig
from penwright.model.config import num_parameters_of as num_parameters_of
from penwright.model.config import window_size_of
from penwright.model.context_models.context_models import PLAINLY, ContextModels, Findings
from penwright.model.context_models.context_models import ReadOptions as ReadOptions
from penwright.model.labels import LabelState, label_vectors
from penwright.model.ops import rms_norm, transposed
from penwright.model.residual import ResidualBlock
from penwright.model.states import ModelState as ModelState
from penwright.model.states import all_lanes as all_lanes
from penwright.model.states import detach_state as detach_state
from penwright.model.states import some_lanes as some_lanes
from penwright.model.states import state_from_tensors as state_from_tensors
from penwright.model.states import state_to_tensors as state_to_tensors
from penwright.ngrams.tables import NgramTables

EMBEDDING_SCALE = 0.1
"""Standard deviation of a new embedding. Of 0.1, 0.5 and 1.0 it learned fastest (1.2 million characters, 2026-11)."""


class CharModel(nn.Module):
    """Embedding (or one-hot input), a stack of layers, and a linear readout.

    Plain stack: each layer feeds the next, the readout is linear in the last. Dropout acts on the input of every layer
    and on the output of the last, with a fresh mask for each character, never on the state (Zaremba, Sutskever and
    Vinyals 2014, "Recurrent Neural Network Regularization", arXiv 1409.2329).

    Residual stack: each block adds to a stream of width E, which is normalised before the readout. Dropout acts on what
    the blocks add. The readout begins at zero, so a new model finds every character equally likely, or as
    likely as its n-grams do.

    With labels, the vector of the text's label is added to each symbol's. A text without one has nothing added. The
    vectors begin at zero, so a model is at first the one without labels.

    With a one-hot input the first layer reads the ids themselves. A layer whose first act is a matrix product
    (perceptron, elman, gru, lstm) looks the product up as a column of its weight. Cells "window" and "gated" build the
    vectors, V numbers a character.
    """

    def __init__(self, config: ModelConfig, *, generator: torch.Generator | None = None) -> None:
        """Make a new, untrained model.

        Args:
            config: The model's shape.
            generator: Random generator for all weights, None for torch's own.
        """
        super().__init__()
        self.config = config
        if config.embedding_dim:
            self.embedding = nn.Parameter(torch.empty(config.vocab_size, config.embedding_dim))
            with torch.no_grad():
                self.embedding.normal_(0.0, EMBEDDING_SCALE, generator=generator)
        if config.num_labels:
            self.label_embedding = nn.Parameter(torch.zeros(config.num_labels, config.embedding_dim))
        depth = range(config.num_layers)
        self.layers = nn.ModuleList(_make_layer(config, layer=layer, generator=generator) for layer in depth)
        readout_size = config.embedding_dim if config.is_residual else config.hidden_size
        self.context_models = (
            ContextModels(
                config.vocab_size,
                config.embedding_dim,
                kinds=config.kinds,
                has_ngrams=config.has_ngrams,
                num_slots=config.match_slots,
                num_consensus=config.num_consensus,
                generator=generator,
            )
            if config.has_context_models
            else None
        )
        self.readout_weight = nn.Parameter(torch.zeros(config.vocab_size, readout_size))
        self.readout_bias = nn.Parameter(torch.zeros(config.vocab_size))
        if not config.is_residual:
            fill_glorot(self.readout_weight, fan_in=readout_size, fan_out=config.vocab_size, generator=generator)

    @property
    def num_parameters(self) -> int:
        """Weights and biases in all; equal to `num_parameters_of(config)`."""
        return sum(parameter.numel() for parameter in self.parameters())

    @property
    def tables(self) -> NgramTables | None:
        """The n-gram tables, None for a model without n-grams."""
        lookup = None if self.context_models is None else self.context_models.ngram_lookup
        return None if lookup is None else lookup.tables

    def initial_state(self, batch_size: int) -> ModelState:
        """Return the state before the first character of `batch_size` texts, which have no label."""
        layers = tuple(layer.initial_state(batch_size) for layer in self._stack())
        label = None
        if self.config.num_labels:
            label = LabelState(self.label_embedding.detach().new_zeros(batch_size, self.config.embedding_dim))
        if self.context_models is None:
            return ModelState(layers, label=label)
        return ModelState(layers, *self.context_models.initial_state(batch_size), label)

    def step(self, ids: Tensor, state: ModelState, *, options: ReadOptions = PLAINLY) -> tuple[Tensor, ModelState]:
        """Read one character in every lane.

        Args:
            ids: int64 (B,).
            state: Result of the last call, or `initial_state`.
            options: How to read.

        Returns:
            Logits of the next character, (B, V), and the state after this one.
        """
        values = self._embed(ids)
        if state.label is not None:
            values = values + state.label.vector
        findings = contexts = match = None
        if self.context_models is not None:
            findings, contexts, match = self.context_models.step(ids, state.contexts, state.match, options=options)
            values = values + self.context_models.vectors(findings)
        layers = []
        for layer, before in zip(self._stack(), state.layers, strict=True):
            values, after = layer.step(values, before)
            layers.append(after)
        return self._read_out(self._top(values), findings), ModelState(tuple(layers), contexts, match, state.label)

    def sequence(
        self,
        ids: Tensor,
        state: ModelState,
        *,
        resets: Tensor | None = None,
        labels: Tensor | None = None,
        dropout_generator: torch.Generator | None = None,
        options: ReadOptions = PLAINLY,
    ) -> tuple[Tensor, ModelState]:
        """Read a window of characters in every lane.

        Args:
            ids: int64 (B, T), T at least 1.
            state: Result of the last call, or `initial_state`.
            resets: bool (B, T); where True, the lane's state is set to the initial state before that character is read.
            labels: int64 (B, T), label of each character's text, 0 to K - 1, or -1 for none; in place of the states'
                labels, which stay as they are. None for the states' labels.
            dropout_generator: Random generator for dropout masks, on the model's device. Without it nothing is dropped.
            options: How to read.

        Returns:
            Logits of each next character, (B, T, V), and the state after the last character.
        """
        drop = self._dropper(dropout_generator)
        values, begins = self._embed(ids.t()), None if resets is None else resets.t()  # the layers are time-major
        if labels is not None:
            values = values + label_vectors(labels.t(), self.label_embedding)
        elif state.label is not None:
            values = values + state.label.vector
        findings = contexts = match = None
        if self.context_models is not None:
            findings, contexts, match = self.context_models.sequence(
                ids, state.contexts, state.match, resets, options=options
            )
            values = values + transposed(self.context_models.vectors(findings))  # (T, B, E)
        layers = []
        for layer, before in zip(self._stack(), state.layers, strict=True):
            values, after = layer.sequence(values, before, begins, drop=drop)  # (T, B, E) or (T, B, H)
            layers.append(after)
        top = transposed(self._top(values, drop))  # (B, T, ...)
        return self._read_out(top, findings), ModelState(tuple(layers), contexts, match, state.label)

    forward = sequence

    def _stack(self) -> list[Layer[Any]]:
        return cast(list[Layer[Any]], list(self.layers))

    def _embed(self, ids: Tensor) -> Tensor:
        """Return the first layer's inputs: embeddings (..., E), or the ids, which stand for one-hot vectors."""
        return F.embedding(ids, self.embedding) if self.config.embedding_dim else ids

    def _top(self, values: Tensor, drop: Drop = keep_all) -> Tensor:
        """Return the readout's inputs: the normalised stream, or the last layer's values; of the same shape."""
        if not self.config.is_residual:
            return drop(values)
        return rms_norm(values, dtype=product_type(self.readout_weight))

    def _read_out(self, top: Tensor, findings: Findings | None) -> Tensor:
        """Return logits (..., V) from the top of the stack and from the context models."""
        logits = F.linear(top, self.readout_weight, self.readout_bias).to(self.readout_bias.dtype)
        if self.context_models is None or findings is None:
            return logits
        return logits + self.context_models.logits(findings, top)

    def _dropper(self, generator: torch.Generator | None) -> Drop:
        share = self.config.dropout
        if generator is None or share == 0:
            return keep_all

        def drop(values: Tensor) -> Tensor:
            kept = torch.rand(values.shape, generator=generator, device=values.device) >= share
            return values * kept * (1.0 / (1.0 - share))

        return drop


def _make_layer(config: ModelConfig, *, layer: int, generator: torch.Generator | None) -> Layer[Any]:
    """Make one layer of the stack, with its block around it in a residual stack."""
    if config.is_residual:
        made = _make_cell(config, input_size=config.embedding_dim, layer=layer, generator=generator)
        return ResidualBlock(made, config.embedding_dim, config.mlp_size, generator=generator)
    input_size = config.input_size if layer == 0 else config.hidden_size
    return _make_cell(config, input_size=input_size, layer=layer, generator=generator)


def _make_cell(config: ModelConfig, *, input_size: int, layer: int, generator: torch.Generator | None) -> Layer[Any]:
    hidden = config.hidden_size
    match config.cell:
        case "perceptron":
            return Perceptron(input_size, hidden, generator=generator)
        case "window":
            return Window(input_size, hidden, window_size_of(config, layer=layer), generator=generator)
        case "elman":
            return Elman(input_size, hidden, generator=generator)
        case "gru":
            return Gru(input_size, hidden, reset=config.gru_reset, generator=generator)
        case "lstm":
            return Lstm(input_size, hidden, generator=generator)
        case _:
            return Gated(input_size, hidden, generator=generator)
