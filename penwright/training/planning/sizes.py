"""Sizes of the default preset, from one for a minute to one for a night.

A size is written WIDTHxLAYERS, such as 192x3. Stream and recurrence have that width, and the perceptron of each block
has twice as much.
"""

import re
from dataclasses import replace
from typing import Any, NamedTuple

from penwright.errors import ConfigError, UsageError
from penwright.model.config import ModelConfig
from penwright.settings import settings_of
from penwright.training.settings.config import RunConfig

AUTO = "auto"
PLANNED_PRESET = "default"
"""The preset that comes in sizes."""
_NAME = re.compile(r"([1-9]\d{0,4})x([1-9]\d{0,2})", re.ASCII)


class Size(NamedTuple):
    """Width and depth of a network."""

    width: int
    num_layers: int

    @property
    def name(self) -> str:
        """Name of the size, such as "192x3"."""
        return f"{self.width}x{self.num_layers}"

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of the section [model] for a network of this size."""
        return {
            "embedding_dim": self.width,
            "hidden_size": self.width,
            "mlp_size": 2 * self.width,
            "num_layers": self.num_layers,
        }


LADDER = (Size(96, 2), Size(96, 3), Size(128, 3), Size(192, 3), Size(256, 3), Size(320, 4), Size(448, 4), Size(640, 5))
"""Sizes that a plan chooses from, each with about twice the weights of the one before."""


def sized(config: RunConfig, size: Size, *, batch_size: int | None = None) -> RunConfig:
    """Return a configuration with another size and, unless None, another number of lanes."""
    train = replace(config.train, batch_size=batch_size or config.train.batch_size)
    return replace(config, model={**config.model, **size.settings}, train=train)


def parse_size(text: str) -> Size | None:
    """Return the size that a text names; None for "auto".

    Raises:
        UsageError: If it names none, or one that is too large.
    """
    if text == AUTO:
        return None
    found = _NAME.fullmatch(text)
    if found is None:
        raise UsageError(f"--size '{text}' is no size. Write WIDTHxLAYERS, such as 192x3, or {AUTO}.")
    size = Size(int(found[1]), int(found[2]))
    try:
        for name in ("hidden_size", "num_layers"):
            settings_of(ModelConfig)[name].check(name, size.settings[name])
    except ConfigError as error:
        raise UsageError(f"--size {text} is no size: {error}") from error
    return size
