"""The shape of a model as a value: which recurrence, how wide, how deep; bounds and parameter count as arithmetic.

Nothing is allocated here and torch is not imported, so the configuration of a foreign file can be judged before a
single weight is read.

Shapes: V = vocab_size, E = embedding_dim, D = width that enters a layer, H = hidden_size, L = num_layers.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any

from penwright.alphabet.units import CHARACTERS, UNITS
from penwright.errors import ConfigError, did_you_mean
from penwright.ngrams.context_kinds import NUM_INPUTS, kinds_of
from penwright.settings import Between, OneOf, check, with_present_names

CELLS = ("perceptron", "window", "elman", "gru", "lstm", "gated")
GRU_RESETS = ("before", "after")
CONV_SIZE = 4
"""Characters that the convolution of a gated layer sees: the present one and the three before it."""
MAX_NGRAM_SYMBOLS = 1_024
"""Size of the largest alphabet with n-grams: a distribution is made for every kind of context and character."""
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

    ngram_entries: Annotated[int, Between(0, 1 << 28)] = 0
    """Residual stacks: largest number of successors in the n-gram tables of the shelf, 0 for no tables."""
    match_slots: Annotated[int, Between(0, 65_536)] = 0
    """Residual stacks: slots of the match model for each kind of context, a power of two; 0 for no match model."""

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

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration as plain data, ready for JSON or TOML."""
        return asdict(self)

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
    width, hidden = config.embedding_dim, config.hidden_size
    count = config.vocab_size * config.embedding_dim
    for layer in range(config.num_layers):
        if config.is_residual:
            projections = hidden * width + 2 * width * config.mlp_size
            count += _layer_parameters(config, layer=layer, input_size=width) + projections
        else:
            input_size = config.input_size if layer == 0 else hidden
            count += _layer_parameters(config, layer=layer, input_size=input_size)
    kinds = kinds_of(config.unit)
    if config.has_ngrams:
        count += width * (kinds.num_confidences + NUM_INPUTS * config.vocab_size)
        count += kinds.num_outputs * (width + kinds.num_confidences + 1)
    if config.has_match:
        count += len(kinds.match) * (config.vocab_size + 3) * width + kinds.num_bonuses * (width + 1)
    read_size = width if config.is_residual else hidden
    return count + (read_size + 1) * config.vocab_size


def window_size_of(config: ModelConfig, *, layer: int) -> int:
    """Return how many inputs a layer of cell "window" reads: deeper layers are dense, so one."""
    return config.window_size if layer == 0 else 1


def _layer_parameters(config: ModelConfig, *, layer: int, input_size: int) -> int:
    """Count one layer without its norm, projection and perceptron."""
    hidden = config.hidden_size
    match config.cell:
        case "perceptron":
            return (input_size + 1) * hidden
        case "window":
            return (input_size * window_size_of(config, layer=layer) + 1) * hidden
        case "elman":
            return (input_size + hidden + 1) * hidden
        case "gru":
            second_bias = hidden if config.gru_reset == "after" else 0
            return (input_size + hidden + 1) * 3 * hidden + second_bias
        case "lstm":
            return (input_size + hidden + 1) * 4 * hidden
        case _:
            return (input_size + 1) * 3 * hidden + input_size * CONV_SIZE
