"""The format of an author file: weights, shape, alphabet and card, as safetensors.

    8 bytes    length of the header, little-endian
    header     JSON: type, shape and offsets of every tensor, and under "__metadata__" one text, "penwright", itself
               JSON: format, format_version, model, alphabet, counts (the tables' contexts and successors), card,
               tensors_sha256 (of all that follows the header), header_sha256 (of the other entries of this text)
    weights    all float32 or all float16, little-endian, by name, side by side
    tables     if the model looks n-grams up: the arrays of their tables, as "counts.<name>", by name, side by side

A file may come from a stranger. Nothing in it is run or imported, and no name in it is looked up. Memory is allocated
only after plain arithmetic has shown that the file is large enough: the configuration decides which tensors there must
be, and the header must list exactly those. Any error becomes one `AuthorError`. The file is read, never mapped into
memory, so that it can be replaced while in use.

Format: https://huggingface.co/docs/safetensors, "Format". The bytes are those that the safetensors library writes,
but they are written tensor by tensor, without a second copy in memory.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = "penwright author"
FORMAT_VERSION = 3
MIN_FORMAT_VERSION = 2
"""Oldest version that is read. Its tensors have the names of `model.tensor_names.former_name`."""
SUFFIX = ".safetensors"
RUN_AUTHOR = "author.safetensors"
"""Name of the author file in a run folder."""
MAX_HEADER_BYTES = 16 << 20
Precision = Literal["float32", "float16"]
"""Type of the weights in the file. The model computes in float32 either way."""
TABLES = "counts."
"""Beginning of the names of the n-gram tables' arrays."""
KINDS: dict[Precision, str] = {"float32": "<f4", "float16": "<f2"}
"""Type of each precision, as numpy writes it."""
_DTYPES = {"|u1": "U8", "<u2": "U16", "<i4": "I32", "<f4": "F32", "<f2": "F16"}
ABOUT_KEYS = {"format", "format_version", "model", "alphabet", "counts", "card", "tensors_sha256", "header_sha256"}


def header_data(entries: Mapping[str, Any], about: str) -> bytes:
    """Return the header as the safetensors library writes it, padded with spaces to a multiple of 8 bytes."""
    header = {"__metadata__": {"penwright": about}, **entries}
    data = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    return data + b" " * (-len(data) % 8)


def entries_of(
    shapes: Mapping[str, tuple[int, ...]], tables: Mapping[str, tuple[str, int]], precision: Precision
) -> dict[str, Any]:
    """Return the header entries of tensors that lie side by side, by name, the weights before the tables.

    Args:
        shapes: Shapes of the weights.
        tables: Type and length of each array of the n-gram tables, from `table_shapes`; none without tables.
        precision: Precision of the weights.
    """
    weight_kind = KINDS[precision]
    entries: dict[str, Any] = {}
    start = 0
    for name in sorted(shapes):
        stop = start + np.dtype(weight_kind).itemsize * math.prod(shapes[name])
        entries[name] = {"dtype": _DTYPES[weight_kind], "shape": list(shapes[name]), "data_offsets": [start, stop]}
        start = stop
    for name in sorted(tables):
        kind, length = tables[name]
        stop = start + np.dtype(kind).itemsize * length
        entries[f"{TABLES}{name}"] = {"dtype": _DTYPES[kind], "shape": [length], "data_offsets": [start, stop]}
        start = stop
    return entries


def precision_of(entries: Mapping[str, Any]) -> Precision:
    """Return the precision of the weights according to a header: float16 if all are float16, else float32."""
    weights = [entry for name, entry in entries.items() if not name.startswith((TABLES, "__metadata__"))]
    kinds = [
        entry.get("dtype") if isinstance(entry, dict) else None for entry in weights
    ]  # of any type in a forged file
    return "float16" if kinds and all(kind == _DTYPES[KINDS["float16"]] for kind in kinds) else "float32"


def shapes_of(weights: Mapping[str, "Tensor"]) -> dict[str, tuple[int, ...]]:
    """Return the shape of each tensor by name."""
    return {name: tuple(weight.shape) for name, weight in weights.items()}


def digest_of(about: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the author's description in a header, whatever the order of its entries."""
    return hashlib.sha256(json.dumps(about, sort_keys=True, allow_nan=False).encode("ascii")).hexdigest()
