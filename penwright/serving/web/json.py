"""JSON as it comes from strangers and goes to strict readers."""

import json
from typing import Any


def dump_json(data: Any) -> bytes:
    """Return data as JSON in ASCII, which also holds the lone surrogates that a prompt may have.

    Raises:
        ValueError: If a number is not finite.
    """
    return json.dumps(data, allow_nan=False, separators=(",", ":")).encode("ascii")


def load_json(data: bytes) -> Any:
    """Return the data of a JSON text.

    Raises:
        ValueError: If it is no JSON, nested too deeply, or holds NaN, an infinity or a key twice.
    """
    try:
        return json.loads(data, parse_constant=_refuse, object_pairs_hook=_object)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8") from error


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found
