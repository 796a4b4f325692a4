"""Keep what was measured for a run's page in the run's folder, so that it is measured once."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from penwright.files import write_json

CACHE_VERSION = 3

Measured = TypeVar("Measured")


def kept_or_measured(
    path: Path,
    key: Mapping[str, Any],
    *,
    measure: Callable[[], Measured],
    to_plain: Callable[[Measured], Any],
    from_plain: Callable[[Any], Measured],
) -> Measured:
    """Return what a file keeps if it was measured of the same things; else measure it and keep it.

    Args:
        path: The file.
        key: What it was measured of, as plain data.
        measure: Function that measures.
        to_plain: Function that makes plain data of the result.
        from_plain: The way back. It raises KeyError, TypeError or ValueError for anything else, and then the file was
            edited or damaged, and is replaced.

    Raises:
        OSError: If the file cannot be written.
    """
    key = {"version": CACHE_VERSION, **key}
    kept = read_kept(path)
    if kept.get("key") == key:
        try:
            return from_plain(kept["measured"])
        except (KeyError, TypeError, ValueError):
            pass
    measured = measure()
    write_json(path, {"key": key, "measured": to_plain(measured)})
    return measured


def read_kept(path: Path) -> dict[str, Any]:
    """Return what a file keeps; nothing if it is missing or damaged, since it can be measured again."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
