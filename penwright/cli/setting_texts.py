"""Settings written as section.key=value on the command line, and those that have options of their own.

Nothing is rounded or guessed. Which settings exist is checked later, by the configuration.
"""

import tomllib
from collections.abc import Iterable
from typing import Any

from penwright.cli.options import Settings, option_of
from penwright.errors import ConfigError


def parse_settings(settings: Iterable[str]) -> Settings:
    """Read settings written as section.key=value.

    Args:
        settings: Settings as section.key=value. The value is read as TOML (12, 0.5, true, "text"), or taken as text
            if it is not TOML.

    Returns:
        Tables by section. The configuration checks later that the names exist.

    Raises:
        ConfigError: If one is not written so, or is given twice.
    """
    tables: Settings = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        section, dot, key = name.strip().partition(".")
        if not (equals and dot and section and key):
            raise ConfigError(
                f"--set '{setting}' is not a setting. Write section.key=value, for example train.batch_size=32."
            )
        if key in tables.get(section, {}):
            raise ConfigError(f"--set {section}.{key} was given twice; give it once.")
        tables.setdefault(section, {})[key] = _toml_value(text.strip())
    return tables


def merge_settings(flags: Settings, settings: Settings) -> Settings:
    """Join the settings that have flags of their own with those of `--set`.

    Args:
        flags: Tables by section. None means that the flag was not given.
        settings: Tables that `parse_settings` returned.

    Raises:
        ConfigError: If the same setting comes from both.
    """
    merged = {section: dict(table) for section, table in settings.items()}
    for section, table in flags.items():
        for key, value in table.items():
            if value is None:
                continue
            if key in merged.get(section, {}):
                flag = "--size" if section == "model" else option_of(key)
                raise ConfigError(f"{flag} and --set {section}.{key} exclude each other; give one of them.")
            merged.setdefault(section, {})[key] = value
    return merged


def _toml_value(text: str) -> Any:
    try:
        values = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):  # tomllib reads a number of any length, and tables of any depth
        return text
    return values["value"] if set(values) == {"value"} else text
