"""The format of an author file: weights, shape, alphabet and card, as safetensors.

    8 bytes    length of the header, little-endian
    header     JSON: type, shape and offsets of every tensor, and under "__metadata__" one text, "penwright", itself
               JSON: format, format_version, model, alphabet, counts (the tables' contexts and successors, then the
               bytes of each packed array), card, tensors_sha256 (of all that follows the header), header_sha256 (of
               the other entries of this text)
    weights    float32, or float16, or int8 codes, each followed by float32 scales of its rows ("<name>.scale"), with
               float32 for what is not rounded; little-endian, by name, side by side
    tables     if the model looks n-grams up: the arrays of their tables, as "counts.<name>", by name, side by side; in
               version 5 all but the unigrams as bytes that `ngrams.packing` has packed

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
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from penwright.model.rounding import is_rounded

FORMAT = "penwright author"
BOOKMARK_FORMAT = "penwright bookmark"
"""Format of a file of another kind, see `bookmark`."""
FORMAT_VERSION = 5
"""Newest version that is read."""
PACKED_VERSION = 5
"""Version of a file with packed tables."""
ROUNDED_VERSION = 4
"""Version of a file with rounded weights, and tables that are not packed."""
UNROUNDED_VERSION = 3
"""Version of any other file."""
MIN_FORMAT_VERSION = 2
"""Oldest version that is read. Its tensors have the names of `model.tensor_names.former_name`."""
SUFFIX = ".safetensors"
RUN_AUTHOR = "author.safetensors"
"""Name of the author file in a run folder."""
MAX_HEADER_BYTES = 16 << 20
Precision = Literal["float32", "float16", "int8"]
"""Type of the weights in the file. The model computes in float32 in any case."""
TABLES = "counts."
"""Beginning of the names of the n-gram tables' arrays."""
SCALE = ".scale"
"""End of the names of the scales of rounded weights."""
_DTYPES = {"|i1": "I8", "|u1": "U8", "<u2": "U16", "<i4": "I32", "<i8": "I64", "<f4": "F32", "<f2": "F16"}
ABOUT_KEYS = {"format", "format_version", "model", "alphabet", "counts", "card", "tensors_sha256", "header_sha256"}


def header_data(entries: Mapping[str, Any], about: str) -> bytes:
    """Return the header as the safetensors library writes it, padded with spaces to a multiple of 8 bytes."""
    header = {"__metadata__": {"penwright": about}, **entries}
    data = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    return data + b" " * (-len(data) % 8)


class Piece(NamedTuple):
    """An array in a file."""

    name: str
    kind: str
    """Type as numpy writes it."""
    shape: tuple[int, ...]

    @property
    def num_bytes(self) -> int:
        """Size in the file."""
        return np.dtype(self.kind).itemsize * math.prod(self.shape)


def pieces_of(
    shapes: Mapping[str, tuple[int, ...]], tables: Mapping[str, tuple[str, int]], precision: Precision
) -> list[Piece]:
    """Return the arrays of a file in their order: weights by name, then tables by name.

    Args:
        shapes: Shapes of the weights.
        tables: Type and length of each array of the n-gram tables, from `table_shapes` or `packed_shapes`; none
            without tables.
        precision: Precision of the weights.
    """
    pieces = []
    for name in sorted(shapes):
        shape = shapes[name]
        if precision == "int8" and is_rounded(shape):
            pieces += [Piece(name, "|i1", shape), Piece(f"{name}{SCALE}", "<f4", shape[:-1])]
        else:
            pieces.append(Piece(name, "<f2" if precision == "float16" else "<f4", shape))
    return pieces + [Piece(f"{TABLES}{name}", kind, (length,)) for name, (kind, length) in sorted(tables.items())]


def entries_of(pieces: Iterable[Piece]) -> dict[str, Any]:
    """Return the header entries of arrays that lie side by side."""
    entries: dict[str, Any] = {}
    start = 0
    for piece in pieces:
        stop = start + piece.num_bytes
        entries[piece.name] = {
            "dtype": _DTYPES[piece.kind],
            "shape": list(piece.shape),
            "data_offsets": [start, stop],
        }
        start = stop
    return entries


def precision_of(entries: Mapping[str, Any]) -> Precision:
    """Return the precision of the weights according to a header."""
    weights = [entry for name, entry in entries.items() if not name.startswith((TABLES, "__metadata__"))]
    kinds = {
        str(entry.get("dtype")) if isinstance(entry, dict) else "" for entry in weights
    }  # of any type in a forged file
    return "int8" if _DTYPES["|i1"] in kinds else "float16" if kinds == {_DTYPES["<f2"]} else "float32"


def digest_of(about: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the author's description in a header, whatever the order of its entries."""
    return hashlib.sha256(json.dumps(about, sort_keys=True, allow_nan=False).encode("ascii")).hexdigest()
