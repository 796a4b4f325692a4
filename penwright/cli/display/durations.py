"""Parse durations such as "10m", "90s" or "1h30m", and format them for a display, as "4:18".

This module knows nothing of clocks.
"""

import re

from penwright.errors import UsageError

SECONDS_OF_UNIT = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}
MAX_SECONDS = 3_653 * 86_400.0
_PART = r"(?:(\d+(?:\.\d+)?)\s*{unit}\s*)?"
_DURATION = re.compile("".join(_PART.format(unit=unit) for unit in SECONDS_OF_UNIT), re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)


def parse_duration(text: str, *, option: str) -> float:
    """Read a duration such as "10m", "90s", "1h30m" or "1.5h".

    Args:
        text: Days, hours, minutes and seconds in that order, each with its unit d, h, m or s; at least one of them.
        option: Name of the option, for the error message.

    Returns:
        Seconds, above 0 and at most ten years.

    Raises:
        UsageError: If the text is not a duration, has no unit, or is out of bounds.
    """
    trimmed = text.strip()
    if _NUMBER.fullmatch(trimmed):
        raise UsageError(
            f"{option} {text} has no unit. Write {trimmed}s, {trimmed}m or {trimmed}h: seconds, minutes, hours."
        )
    match = _DURATION.fullmatch(trimmed)
    if not trimmed or match is None:
        raise UsageError(f"{option} '{text}' is not a duration. Write one like 90s, 10m or 1h30m.")
    amounts = zip(match.groups(), SECONDS_OF_UNIT.values(), strict=True)
    seconds = sum(float(amount) * unit for amount, unit in amounts if amount is not None)
    if not 0 < seconds <= MAX_SECONDS:
        raise UsageError(f"{option} {text} must be longer than nothing and at most ten years.")
    return seconds


def format_duration(seconds: float) -> str:
    """Return a duration as a display shows it, in whole seconds: "0:07", "4:18", "1:04:18" or "2 d 03:00:00"."""
    minutes, second = divmod(round(max(0.0, seconds)), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days} d {hour:02}:{minute:02}:{second:02}"
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
