"""The layers of a configuration as a command's flags give them: a preset, a file, and settings over both."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from penwright.cli.options import Settings, merge_settings, parse_settings
from penwright.errors import UsageError

if TYPE_CHECKING:
    from penwright.training.settings.resolve import Resolved


class Layers(NamedTuple):
    """What `training.start.train` takes by the same names."""

    preset: str | None
    config_file: Path | None
    overrides: Settings

    def resolve(self) -> "Resolved":
        """Return the configuration that they lead to.

        Raises:
            ConfigError: If a setting does not exist or is out of bounds.
        """
        from penwright.training.settings.resolve import resolve_config

        return resolve_config(self.preset, config_file=self.config_file, overrides=self.overrides)


def lay(
    *, preset: str | None, config: Path | None, size: str | None, flags: Settings, settings: Sequence[str]
) -> Layers:
    """Put the layers together.

    Args:
        preset: What `--preset` named.
        config: The file that `--config` named.
        size: What `--size` named.
        flags: Settings that have flags of their own, None where one was not given.
        settings: What `--set` named.

    Raises:
        ConfigError: If a setting was given twice or is not written as one.
        UsageError: If a size is none, or was given for a preset that has only one.
    """
    from penwright.training.planning.plan import PLANNED_PRESET
    from penwright.training.planning.sizes import AUTO, parse_size

    chosen = parse_size(size or AUTO)
    flags = {**flags, "model": chosen.settings} if chosen is not None else flags
    layers = Layers(preset, config, merge_settings(flags, parse_settings(settings)))
    if size is not None and (name := layers.resolve().config.preset) != PLANNED_PRESET:
        raise UsageError(
            f"--size is for the preset {PLANNED_PRESET}; {name} has a size of its own. "
            "Change it with --set model.hidden_size=N."
        )
    return layers
