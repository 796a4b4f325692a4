"""Whether a value from outside fits a setting: its type, its bounds, its choices."""

import math
from typing import Any, Literal, get_origin

from penwright.errors import ConfigError, did_you_mean

TYPE_NAMES: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    int | None: "a whole number",
    float | None: "a number",
}


def fits(value: object, kind: Any) -> bool:
    """Whether a value from outside has the type of a field; a whole number is a fine number, a truth value is
    neither."""
    if kind in (float, float | None):
        return isinstance(value, int | float) and not isinstance(value, bool) and -math.inf < value < math.inf
    if kind in (int, int | None):
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str if get_origin(kind) is Literal else kind)


def check_bounds(section: str, name: str, value: float | None, *, low: float, high: float) -> None:
    """Raise ConfigError unless a value is None or lies within its bounds."""
    if value is not None and not low <= value <= high:
        raise ConfigError(f"{section}.{name}={value} must lie between {low:,} and {high:,}.")


def check_choice(section: str, name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ConfigError, with the nearest choice, unless a value is one of them."""
    if value not in choices:
        raise ConfigError(f"{section}.{name} cannot be '{value}'.{did_you_mean(value, choices)}")
