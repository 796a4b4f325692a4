"""The layers of a configuration that a command's options give: a preset, a file, and settings over both."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from penwright.cli.options import OPTION_OF, Settings, check_options
from penwright.cli.setting_texts import merge_settings, parse_settings
from penwright.errors import ConfigError, UsageError, did_you_mean

if TYPE_CHECKING:
    from penwright.training.settings.resolve import Resolved


class ConfigLayers(NamedTuple):
    """The arguments of `training.start.train` that decide the configuration, under the same names."""

    preset: str | None
    config_file: Path | None
    overrides: Settings

    def resolve(self) -> "Resolved":
        """Return the configuration that the layers lead to.

        Raises:
            ConfigError: If a setting does not exist or is out of bounds.
        """
        from penwright.training.settings.resolve import resolve_config

        return resolve_config(self.preset, config_file=self.config_file, overrides=self.overrides)


def config_layers(
    *, preset: str | None, config: Path | None, size: str | None, flags: Settings, settings: Sequence[str]
) -> ConfigLayers:
    """Put the layers together.

    Args:
        preset: Name that `--preset` gave.
        config: File that `--config` gave.
        size: Size that `--size` gave.
        flags: Settings that have options of their own, None where an option was not given.
        settings: Settings that `--set` gave.

    Raises:
        ConfigError: If an option is out of bounds, a setting was given twice or is not written as section.key=value.
        UsageError: If the size is not one, or was given for a preset that has only one size.
    """
    from penwright.training.planning.sizes import AUTO, PLANNED_PRESET, parse_size

    check_preset(preset)
    check_flags(flags)
    chosen = parse_size(AUTO if size is None else size)
    flags = {**flags, "model": chosen.settings} if chosen is not None else flags
    layers = ConfigLayers(preset, config, merge_settings(flags, parse_settings(settings)))
    if size is not None and (name := layers.resolve().config.preset) != PLANNED_PRESET:
        raise UsageError(
            f"--size is for the preset {PLANNED_PRESET}; {name} has a size of its own. "
            "Change it with --set model.hidden_size=N."
        )
    return layers


def check_preset(name: str | None) -> None:
    """Check what `--preset` gave.

    Raises:
        ConfigError: If there is no such preset.
    """
    from penwright.training.settings.presets import PRESETS

    if name is not None and name not in PRESETS:
        raise ConfigError(f"--preset: there is no preset '{name}'.{did_you_mean(name, PRESETS)}")


def check_flags(flags: Settings) -> None:
    """Check settings that have options of their own, so that an error names the option and not the setting.

    Args:
        flags: Settings by section and name, None where an option was not given.

    Raises:
        ConfigError: If one is out of bounds.
    """
    from penwright.corpus.config import CorpusConfig
    from penwright.training.settings.config import DiaryConfig, TrainConfig

    allowed = {"device": "gpu", "unit": "pairs"}  # other names, which the configuration replaces
    for section, cls in (("corpus", CorpusConfig), ("train", TrainConfig), ("diary", DiaryConfig)):
        check_options(cls, flags.get(section, {}), flags=OPTION_OF, allowed=allowed)
