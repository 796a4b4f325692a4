"""Pack an author for its web page: a description in JSON and its arrays, end to end, compressed.

`page/worker.js` reads it. Numbers that rise, such as the contexts of n-grams, are kept as differences, all low bytes
first: compressed, they take half the room.

Shapes: V = vocab_size, C = contexts of the n-gram tables.
"""

import gzip
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.bpe import BpeAlphabet
from penwright.alphabet.characters import Alphabet
from penwright.author.file.loading import AuthorParts
from penwright.kernels.contexts import MIN_CONTENT
from penwright.model.config import ModelConfig
from penwright.model.rounding import RoundedWeight, is_rounded, rounded
from penwright.ngrams import hashing
from penwright.ngrams.letters import marks_of
from penwright.ngrams.lookup_arrays import lookup_arrays

_TABLES = ("embedding", "match_embedding", "conv_weight")
"""Ends of the names of weights whose rows are taken as they are; the other matrices are multiplied with."""
_ALIGNMENT = 8
_RISING = "rising"


class _Array(NamedTuple):
    name: str
    kind: str
    data: bytes
    length: int


def pack_author(parts: AuthorParts, *, is_int8: bool) -> bytes:
    """Return an author as compressed bytes, equal for equal authors.

    Args:
        parts: Contents of an author file.
        is_int8: True to round its weights to 8 bits, False to keep them as they are.
    """
    weights = {name: _rounded(weight) if is_int8 else weight for name, weight in parts.weights.items()}
    arrays = [_plain("marks", marks_of(parts.alphabet))]
    for name, weight in weights.items():
        if isinstance(weight, RoundedWeight):
            arrays += [_plain(name, weight.codes), _plain(f"{name}.scale", weight.scales)]
        else:
            arrays.append(_plain(name, weight))
    arrays += _tables_of(parts.tables) if parts.tables is not None else []
    about = {
        "config": parts.config.to_dict() | {"has_match": parts.config.has_match},
        "alphabet": _alphabet_of(parts.alphabet),
        "kinds": _kinds_of(parts.config),
        "hasTables": parts.tables is not None,
        "weights": [_weight_of(name, weight) for name, weight in weights.items()],
    }
    return gzip.compress(_joined(about, arrays), compresslevel=9, mtime=0)


def _rounded(weight: "NDArray[np.float32] | RoundedWeight") -> "NDArray[np.float32] | RoundedWeight":
    return weight if isinstance(weight, RoundedWeight) or not is_rounded(weight.shape) else rounded(weight)


def _weight_of(name: str, weight: "NDArray[np.float32] | RoundedWeight") -> dict[str, Any]:
    shape = weight.codes.shape if isinstance(weight, RoundedWeight) else weight.shape
    return {"name": name, "size": shape[-1], "isProduct": len(shape) > 1 and not name.endswith(_TABLES)}


def _alphabet_of(alphabet: Alphabet) -> dict[str, Any]:
    joins = [list(pair) for pair in alphabet.joins] if isinstance(alphabet, BpeAlphabet) else None
    return {
        "kind": alphabet.kind,
        "texts": alphabet.texts,
        "isLossless": alphabet.is_lossless,
        "startId": alphabet.start_id,
        "joins": joins,
    }


def _kinds_of(config: ModelConfig) -> dict[str, Any]:
    """Return the kinds of context, and the numbers of 64 bits that they are hashed with."""
    kinds = config.kinds
    power, join, join_other, spread = map(_halves, hashing.FACTORS.tolist())
    return {
        "orders": kinds.orders,
        "shorter": [-1 if kind is None else kind for kind in kinds.shorter],
        "firstOutput": kinds.first_output,
        "inputs": [kind - kinds.first_output for kind in kinds.inputs],
        "match": kinds.match,
        "hasJoints": kinds.has_joints,
        "hasSettings": kinds.has_settings,
        "minContentSymbols": MIN_CONTENT,
        "leaving": [_halves(number) for number in hashing.leaving(kinds.orders).tolist()],
        "salts": [_halves(number) for number in hashing.salts(kinds.num_kinds).tolist()],
        "power": power,
        "join": join,
        "joinOther": join_other,
        "spread": spread,
    }


def _halves(number: int) -> tuple[int, int]:
    """Return the high and the low half of a number of 64 bits, each signed."""
    high, low = number >> 32, number & 0xFFFFFFFF
    return high, low - (1 << 32) if low >> 31 else low


def _tables_of(tables: Mapping[str, NDArray[Any]]) -> list[_Array]:
    """Return the n-gram tables (C contexts), and the values of their codes."""
    looked_up = lookup_arrays(tables)
    steps = np.diff(looked_up.contexts.astype(np.int64), prepend=0).astype(np.uint32)
    planes = steps.astype("<u4").view(np.uint8).reshape(-1, 4).T
    own = {name: tables[name] for name in ("sizes", "backoffs", "totals", "shares")}
    own["symbols"] = tables["symbols"].astype(np.uint8 if len(looked_up.unigrams) <= 1 << 8 else np.uint16)
    own |= {"shareValues": looked_up.share_values, "totalValues": looked_up.total_values}
    own["unigrams"] = looked_up.unigrams
    return [
        _Array("tables.contexts", _RISING, planes.tobytes(), len(steps)),
        *(_plain(f"tables.{name}", array) for name, array in own.items()),
    ]


def _plain(name: str, array: NDArray[Any]) -> _Array:
    return _Array(name, array.dtype.name, array.astype(array.dtype.newbyteorder("<")).tobytes(), array.size)


def _joined(about: Mapping[str, Any], arrays: list[_Array]) -> bytes:
    """Return the description, which says where each array begins, and the arrays, each at a multiple of 8 bytes."""
    places = [{"name": each.name, "kind": each.kind, "start": 10**10, "count": each.length} for each in arrays]
    room = len(_described(about, places)) + 4  # places are never longer than these
    body, at = [], room + (-room) % _ALIGNMENT
    begin = at
    for place, each in zip(places, arrays, strict=True):
        place["start"] = at
        body.append(each.data + bytes(-len(each.data) % _ALIGNMENT))
        at += len(body[-1])
    description = _described(about, places)
    head = len(description).to_bytes(4, "little") + description
    return b"".join([head, bytes(begin - len(head)), *body])


def _described(about: Mapping[str, Any], places: list[dict[str, Any]]) -> bytes:
    return json.dumps({**about, "arrays": places}, separators=(",", ":")).encode("ascii")
