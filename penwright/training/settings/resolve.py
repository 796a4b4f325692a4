"""Put a configuration together: defaults < preset < TOML file < flags, remembering where each value came from."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from penwright.errors import ConfigError, did_you_mean
from penwright.training.settings.config import DEFAULT_SECONDS, RunConfig, check_tables, with_present_settings
from penwright.training.settings.presets import PRESETS

LIMITS = ("seconds", "steps", "epochs")


class Resolved(NamedTuple):
    """A configuration and the origin of its values."""

    config: RunConfig
    origins: dict[str, str]
    """Origin by "section.key": "preset seed", "author", "file run.toml" or "flag". A missing key has its default."""


class Basis(Protocol):
    """What a training begins from and its configuration must suit: an author."""

    @property
    def preset(self) -> str | None:
        """Preset to take if none is named."""

    def settings(self, preset: str) -> dict[str, dict[str, Any]]:
        """Return tables of settings to lay over a preset."""

    def check(self, resolved: Resolved, *, names_preset: bool) -> None:
        """Refuse a configuration that does not suit."""


def resolve_config(
    preset: str | None = None,
    *,
    config_file: Path | None = None,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    of_author: Mapping[str, Mapping[str, Any]] | None = None,
) -> Resolved:
    """Resolve the layers of a configuration.

    Args:
        preset: A name from `presets.PRESETS`; None takes the file's, else "default".
        config_file: A TOML file with any of the sections [corpus], [model], [train], [diary] and `preset`.
        overrides: The same tables from flags; they win.
        of_author: The same tables from the author that a training begins from, laid over the preset alone.

    Raises:
        ConfigError: If a name does not exist, a value is out of bounds, or the file cannot be read.
    """
    tables = read_toml(config_file) if config_file else {}
    in_file = tables.pop("preset", None)
    name = preset or in_file or "default"
    if not isinstance(name, str) or name not in PRESETS:
        raise ConfigError(f"there is no preset '{name}'.{did_you_mean(str(name), PRESETS)}")
    merged: dict[str, dict[str, Any]] = {}
    origins: dict[str, str] = {}
    layers = {
        f"preset {name}": PRESETS[name].tables,
        "author": of_author or {},
        f"file {config_file}": tables,
        "flag": overrides or {},
    }
    for origin, layer in layers.items():
        settings = with_present_settings(layer)
        check_tables(settings)
        _overlay(merged, origins, settings, origin)
    config = RunConfig.from_dict({"preset": name, **merged})
    if all(getattr(config.train, limit) is None for limit in LIMITS):
        config = replace(config, train=replace(config.train, seconds=DEFAULT_SECONDS))
    return Resolved(config, origins)


def resolve_from(
    start: Basis | None,
    preset: str | None,
    *,
    config_file: Path | None,
    overrides: Mapping[str, Mapping[str, Any]] | None,
) -> Resolved:
    """Resolve the configuration of a training that begins from an author, or from nothing.

    Args:
        start: The author, whose network lies over the preset; its preset is taken if none is named. None for none.
        preset, config_file, overrides: See `resolve_config`.

    Raises:
        ConfigError: If a setting does not exist, is out of bounds, or is the author's to decide.
    """
    if start is None:
        return resolve_config(preset, config_file=config_file, overrides=overrides)
    named = preset or (read_toml(config_file).get("preset") if config_file else None)
    name = named or start.preset or "default"
    of_author = start.settings(str(name))
    resolved = resolve_config(name, config_file=config_file, overrides=overrides, of_author=of_author)
    start.check(resolved, names_preset=named is not None)
    return resolved


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        ConfigError: If it is missing, unreadable, not UTF-8 or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}). Give the path of a TOML file.") from error
    except (ValueError, RecursionError) as error:  # tomllib reads a number of any length, and tables of any depth
        raise ConfigError(f"{path} is not a TOML file in UTF-8: {error}.") from error


def _overlay(
    merged: dict[str, dict[str, Any]], origins: dict[str, str], layer: Mapping[str, Mapping[str, Any]], origin: str
) -> None:
    """Lay one layer over those below. A limit of the run's length replaces any other such limit."""
    for section, table in layer.items():
        if section == "train" and any(limit in table for limit in LIMITS):
            for limit in LIMITS:
                merged.get("train", {}).pop(limit, None)
                origins.pop(f"train.{limit}", None)
        merged.setdefault(section, {}).update(table)
        origins.update({f"{section}.{key}": origin for key in table})
