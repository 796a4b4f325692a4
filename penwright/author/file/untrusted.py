"""Handle data of unknown origin: name the kind of a file, and read JSON strictly and within bounds.

This module knows nothing of authors; it opens no files.
"""

import json
import math
from typing import Any

MAX_DIGITS = 20

_KINDS = (  # first bytes of a file, and a sentence that names its kind
    (b"PK", "it is a zip archive, as PyTorch saves checkpoints (.pt); such a file can hold code and is never opened."),
    (
        b"\x80",
        "it is a pickle, as PyTorch once saved checkpoints (.pt); such a file can hold code and is never opened.",
    ),
    (b"\x1f\x8b", "it is a gzip archive. Unpack it first."),
    (b"GGUF", "it is a GGUF file, for other programs."),
    (b"\x89HDF", "it is an HDF5 file, as Keras saves models."),
    (b"\x93NUMPY", "it is a numpy array."),
    (b"version https://git-lfs", "it only points to a file kept elsewhere (Git LFS). Fetch that file first."),
    (b"<", "it is a web page. Look whether the download went wrong."),
)


def describe_foreign(head: bytes) -> str:
    """Return a sentence that names the likely kind of a file that is not safetensors.

    Args:
        head: First bytes of the file, a few hundred at most.
    """
    if not head:
        return "it is empty. Copy or save it again."
    for beginning, sentence in _KINDS:
        if head.startswith(beginning):
            return sentence
    if all(byte >= 32 or byte in b"\t\n\f\r" for byte in head):
        return "it is a text file. To learn from it, give it to `penwright train`."
    return "it is not a safetensors file, or its beginning is damaged."


def parse_json(data: bytes) -> Any:
    """Read JSON and refuse anything that two readers could understand differently.

    Args:
        data: JSON in UTF-8. The caller bounds its length.

    Raises:
        ValueError: If it is not JSON or not UTF-8, is nested too deeply, names a key twice, or holds a number that
            is not finite or has more than 20 digits.
    """
    try:
        return json.loads(
            data.decode("utf-8", "strict"),
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_bounded,
        )
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key is there twice")
    return table


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _bounded(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError("a number is too large")
    return int(digits)
