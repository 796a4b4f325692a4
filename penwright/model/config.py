"""The shape of a model as a value: which recurrence, how wide, how deep; bounds and parameter count as arithmetic.

Nothing is allocated here and torch is not imported, so the configuration of a foreign file can be judged before a
single weight is read.

Shapes: V = vocab_size, E = embedding_dim, D = width that enters a layer, H = hidden_size, L = num_layers.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from math import prod
from typing import Annotated, Any

from penwright.alphabet.units import CHARACTERS, UNITS
from penwright.errors import ConfigError, did_you_mean
from penwright.ngrams.context_kinds import FIRST_LIST, LATEST_LIST, NUM_INPUTS, ContextKinds, kinds_of
from penwright.settings import Between, OneOf, check, with_present_names

CELLS = ("perceptron", "window", "elman", "gru", "lstm", "gated")
GRU_RESETS = ("before", "after")
CONV_SIZE = 4
"""Characters that the convolution of a gated layer sees: the present one and the three before it."""
MAX_NGRAM_SYMBOLS = 1_024
"""Size of the largest alphabet with n-grams: a distribution is made for every kind of context and character."""
MAX_NGRAM_ENTRIES = 1 << 28
"""Largest number of successors in n-gram tables."""
MAX_LABELS = 65_536
MAX_PARAMETERS = 2_000_000_000
MAX_WINDOW_INPUTS = 1 << 17
"""Numbers that a layer of cell "window" sees at each step: while a text is read, they are laid out for every symbol."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelConfig:
    """The shape of a `CharModel`. Fields that the chosen cell or stack has no use for are ignored."""

    vocab_size: Annotated[int, Between(2, 65_536)]
    """Distinct symbols read and predicted."""
    unit: Annotated[str, OneOf(UNITS)] = CHARACTERS
    """Unit that a symbol stands for, which decides the kinds of context: "characters", "bpe" or
    "words"."""
    cell: Annotated[str, OneOf(CELLS)] = "gated"
    """The recurrence: "perceptron", "window", "elman", "gru", "lstm" or "gated"."""
    embedding_dim: Annotated[int, Between(0, 8_192)] = 192
    """Width of a character's vector, and of the stream in a residual stack. 0: one-hot, in plain stacks only."""
    hidden_size: Annotated[int, Between(1, 8_192)] = 192
    """Width of each layer's state."""
    num_layers: Annotated[int, Between(1, 64)] = 3
    """Recurrent layers stacked."""
    window_size: Annotated[int, Between(1, 1_024)] = 8
    """Characters that the first layer of cell "window" reads."""
    gru_reset: Annotated[str, OneOf(GRU_RESETS)] = "before"
    """Cell "gru": the reset gate acts "before" the recurrent product (2014, TensorFlow) or "after" it (cuDNN)."""
    is_residual: bool = True
    """True if each layer adds to a normalised stream, False if it feeds the next layer directly."""
    mlp_size: Annotated[int, Between(0, 65_536)] = 384
    """Residual stacks: width inside the block's multi-layer perceptron, 0 for none."""
    dropout: Annotated[float, Between(0, 1, excluding=1)] = 0.0
    """Share of values dropped in training. TensorFlow's keep probability is 1 - dropout."""

    ngram_entries: Annotated[int, Between(0, MAX_NGRAM_ENTRIES)] = 0
    """Residual stacks: largest number of successors in the n-gram tables of the shelf, 0 for no tables."""
    match_slots: Annotated[int, Between(0, 65_536)] = 0
    """Residual stacks: slots of the match model for each kind of context, a power of two; 0 for no match model."""
    consensus: bool = False
    """Residual stacks: True if the network is told how far n-grams and matches agree and how sure each is."""
    context_kinds: Annotated[int, Between(FIRST_LIST, LATEST_LIST)] = FIRST_LIST
    """Residual stacks: number of the list of kinds of context. In list 2, characters have two kinds more: the word so
    far with the last content word, and with the quotation or bracket that is open."""
    num_labels: Annotated[int, Between(0, MAX_LABELS)] = 0
    """Labels of books, such as their writers, each with a vector that is added to those of the symbols."""

    def __post_init__(self) -> None:
        """Check every value and the parameter count.

        Raises:
            ConfigError: If a value is of the wrong type or out of bounds, or the model would be too large.
        """
        check(self)
        if self.is_residual and self.embedding_dim == 0:
            raise ConfigError(
                "a residual stack adds to the character's vector, so embedding_dim=0 (one-hot) does not fit it. "
                "Set embedding_dim to 1 or more, or is_residual to false."
            )
        if self.num_labels and self.embedding_dim == 0:
            raise ConfigError(
                f"num_labels={self.num_labels:,}: a label's vector is added to a symbol's, and embedding_dim=0 "
                "(one-hot) has none. Set embedding_dim to 1 or more, or leave labels out."
            )
        if self.match_slots & (self.match_slots - 1):
            raise ConfigError(f"match_slots={self.match_slots:,} must be a power of two, such as 32,768, or 0.")
        inputs_seen = self.window_size * self.input_size
        if self.cell == "window" and inputs_seen > MAX_WINDOW_INPUTS:
            raise ConfigError(
                f"a layer over {self.window_size:,} inputs of {self.input_size:,} numbers would see {inputs_seen:,} at "
                f"each step; at most {MAX_WINDOW_INPUTS:,} are allowed. Lower window_size or embedding_dim."
            )
        count = num_parameters_of(self)
        if count > MAX_PARAMETERS:
            raise ConfigError(
                f"this model would have {count:,} parameters; at most {MAX_PARAMETERS:,} are allowed. "
                "Lower hidden_size, num_layers, mlp_size or embedding_dim."
            )

    @property
    def input_size(self) -> int:
        """Width of the first layer's inputs: that of the embedding, or V of one-hot vectors."""
        return self.embedding_dim or self.vocab_size

    @property
    def has_ngrams(self) -> bool:
        """True if the model looks n-grams up. One with a very large alphabet does not."""
        return self.is_residual and self.ngram_entries > 0 and self.vocab_size <= MAX_NGRAM_SYMBOLS

    @property
    def has_match(self) -> bool:
        """True if the model has a match model of the text it reads."""
        return self.is_residual and self.match_slots > 0

    @property
    def has_context_models(self) -> bool:
        """True if the model tells contexts of its alphabet's unit apart, for n-grams or matches."""
        return self.has_ngrams or self.has_match

    @property
    def kinds(self) -> ContextKinds:
        """The kinds of context that the model tells apart."""
        return kinds_of(self.unit, self.context_kinds)

    @property
    def has_consensus(self) -> bool:
        """True if the model weighs its context models by how far they agree."""
        return self.consensus and self.has_context_models

    @property
    def num_consensus(self) -> int:
        """Number of values that say how far the context models agree and how sure each is; 0 without a consensus."""
        kinds = self.kinds
        return kinds.num_consensus(has_ngrams=self.has_ngrams, has_match=self.has_match) if self.has_consensus else 0

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration as plain data, ready for JSON or TOML; without `num_labels` if there are none."""
        data = asdict(self)
        if not self.num_labels:
            del data["num_labels"]  # so that builds without labels read the file
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "ModelConfig":
        """Rebuild a configuration from `to_dict`; fields left out take their defaults.

        Raises:
            ConfigError: If a field is unknown, vocab_size is missing, or a value is out of bounds.
        """
        if not isinstance(data, Mapping):
            raise ConfigError(f"a model configuration must be a table of fields, not {type(data).__name__}.")
        data = with_present_names(data, section="model")
        known = [field.name for field in fields(cls)]
        for name in data:
            if name not in known:
                raise ConfigError(f"a model has no field '{name!s:.50}'.{did_you_mean(str(name)[:50], known)}")
        if "vocab_size" not in data:
            raise ConfigError("a model configuration needs vocab_size, the number of symbols in the alphabet.")
        return cls(**data)


def num_parameters_of(config: ModelConfig) -> int:
    """Count the weights and biases of the model that `config` describes, without building it."""
    return sum(map(prod, parameter_shapes(config).values()))


def parameter_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Return the shape of every weight and bias of the model that `config` describes, by its name in `state_dict`."""
    width, hidden, vocab_size = config.embedding_dim, config.hidden_size, config.vocab_size
    shapes: dict[str, tuple[int, ...]] = {"embedding": (vocab_size, width)} if width else {}
    if config.num_labels:
        shapes["label_embedding"] = (config.num_labels, width)
    for layer in range(config.num_layers):
        input_size = width if config.is_residual else config.input_size if layer == 0 else hidden
        own, inside = f"layers.{layer}.", "layer." if config.is_residual else ""
        cell = _cell_shapes(config, layer=layer, input_size=input_size)
        shapes |= {f"{own}{inside}{name}": shape for name, shape in cell.items()}
        if config.is_residual:
            shapes[f"{own}projection_weight"] = (width, hidden)
        if config.is_residual and config.mlp_size:
            shapes[f"{own}mlp_input_weight"] = (config.mlp_size, width)
            shapes[f"{own}mlp_output_weight"] = (width, config.mlp_size)
    shapes |= {f"context_models.{name}": shape for name, shape in _context_model_shapes(config).items()}
    shapes["readout_weight"] = (vocab_size, width if config.is_residual else hidden)
    shapes["readout_bias"] = (vocab_size,)
    return shapes


def window_size_of(config: ModelConfig, *, layer: int) -> int:
    """Return how many inputs a layer of cell "window" reads: deeper layers are dense, so one."""
    return config.window_size if layer == 0 else 1


def _context_model_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    kinds, width = config.kinds, config.embedding_dim
    shapes: dict[str, tuple[int, ...]] = {}
    if config.has_ngrams:
        shapes["ngram_input_weight"] = (width, NUM_INPUTS * config.vocab_size)
        shapes["confidence_weight"] = (width, kinds.num_confidences)
        shapes["mix_weight"] = (kinds.num_outputs, width)
        shapes["mix_confidence_weight"] = (kinds.num_outputs, kinds.num_confidences)
        shapes["mix_bias"] = (kinds.num_outputs,)
    if config.has_match:
        num_kinds = len(kinds.match)
        shapes["match_embedding"] = (num_kinds, config.vocab_size + 1, width)
        shapes["match_confidence_weight"] = (width, 2 * num_kinds)
        shapes["bonus_weight"] = (kinds.num_bonuses, width)
        shapes["bonus_bias"] = (kinds.num_bonuses,)
    if config.has_consensus:
        shapes["consensus_weight"] = (width, config.num_consensus)
        if config.has_ngrams:
            shapes["mix_consensus_weight"] = (kinds.num_outputs, config.num_consensus)
        if config.has_match:
            shapes["bonus_consensus_weight"] = (kinds.num_bonuses, config.num_consensus)
    return shapes


def _cell_shapes(config: ModelConfig, *, layer: int, input_size: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of one layer without its projection and perceptron."""
    hidden = config.hidden_size
    if config.cell == "window":
        input_size *= window_size_of(config, layer=layer)
    num_rows = hidden * {"gru": 3, "lstm": 4, "gated": 3}.get(config.cell, 1)
    shapes: dict[str, tuple[int, ...]] = {"input_weight": (num_rows, input_size), "bias": (num_rows,)}
    if config.cell in ("elman", "gru", "lstm"):
        shapes["recurrent_weight"] = (num_rows, hidden)
    if config.cell == "gru" and config.gru_reset == "after":
        shapes["candidate_bias"] = (hidden,)
    if config.cell == "gated":
        shapes["conv_weight"] = (CONV_SIZE, input_size)
    return shapes
