"""Read an author file without trusting it: every claim is checked, and no memory is allocated for absent data.

Torch is not imported: an author can be judged, and can write, without it.
"""

import hashlib
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import Alphabet
from penwright.author.card import Card
from penwright.author.file.format import (
    SCALE,
    TABLES,
    UNROUNDED_VERSION,
    Piece,
    entries_of,
    pieces_of,
    precision_of,
)
from penwright.author.file.header import Claims, OpenAuthor, open_author, refuse
from penwright.errors import AuthorError
from penwright.model.config import ModelConfig, parameter_shapes
from penwright.model.rounding import RoundedWeight
from penwright.model.tensor_names import former_name
from penwright.ngrams.packing import is_packable, packed_shapes, unpacked_tables
from penwright.ngrams.storage import checked_tables, table_shapes

MAX_SCALE = np.finfo(np.float32).max / 128
"""Largest scale with which every code stands for a finite weight."""


class AuthorParts(NamedTuple):
    """Contents of an author file."""

    config: ModelConfig
    """Shape of the model."""
    alphabet: Alphabet
    card: Card
    weights: dict[str, NDArray[np.float32] | RoundedWeight]
    """Weights of the model by their names in `state_dict`, float32 or rounded."""
    tables: dict[str, NDArray[Any]] | None
    """Arrays of the n-gram tables, see `ngrams.tables.NgramTables`; None if the model consults none."""


def load_author(path: Path) -> AuthorParts:
    """Read and verify an author file.

    Raises:
        AuthorError: If it is missing, damaged, foreign, hostile, or written by a newer Penwright.
    """
    with open_author(path) as opened:
        return _read_arrays(opened, path)


def _read_arrays(opened: OpenAuthor, path: Path) -> AuthorParts:
    """Read the rest of the file and check it."""
    file, header, claims, num_bytes = opened
    config = claims.model_config
    shapes = parameter_shapes(config)
    in_file = {former_name(name) if claims.format_version < UNROUNDED_VERSION else name: name for name in shapes}
    sizes = (
        {}
        if claims.counts is None
        else table_shapes(config.vocab_size, num_contexts=claims.counts[0], num_entries=claims.counts[1])
    )
    if claims.packed_bytes is not None:
        if not is_packable(sum(claims.packed_bytes), sizes):
            refuse(path, "its n-grams claim to be many times as large as its bytes")
        sizes = packed_shapes(sizes, claims.packed_bytes)
    pieces = pieces_of({name: shapes[present] for name, present in in_file.items()}, sizes, precision_of(header))
    needed = sum(piece.num_bytes for piece in pieces)
    if needed != num_bytes:
        refuse(path, f"its model needs weights of {needed:,} bytes, but {num_bytes:,} bytes are there")
    expected = entries_of(pieces)
    tensors = {name: entry for name, entry in header.items() if name != "__metadata__"}
    if tensors != expected:
        wrong = sorted(name for name in tensors.keys() | expected.keys() if tensors.get(name) != expected.get(name))
        refuse(path, f"the tensor '{wrong[0]:.80}' is not what its model needs")
    try:
        arrays = _read_pieces(file, path, pieces, digest=claims.tensors_sha256)
        return AuthorParts(
            config, claims.alphabet, claims.card, _weights_of(arrays, in_file), _tables_of(arrays, claims, path)
        )
    except MemoryError as error:
        raise AuthorError(
            f"there is not enough memory for {path}, which has {num_bytes:,} bytes and needs several times as many."
        ) from error


def _read_pieces(file: BinaryIO, path: Path, pieces: list[Piece], *, digest: str) -> dict[str, NDArray[Any]]:
    """Read arrays that lie side by side."""
    arrays, found = {}, hashlib.sha256()
    for piece in pieces:
        array = np.empty(piece.shape, dtype=piece.kind)
        flat = array.reshape(-1)
        file.readinto(flat)  # type: ignore[attr-defined]  # should the file shrink meanwhile, the digest will tell
        found.update(flat.data)
        arrays[piece.name] = array
    if found.hexdigest() != digest:
        refuse(path, "its weights were changed after they were written")
    for piece in pieces:
        array = arrays[piece.name]
        is_huge = piece.name.endswith(SCALE) and (np.abs(array) > MAX_SCALE).any()
        if not piece.name.startswith(TABLES) and (is_huge or not np.isfinite(array).all()):
            refuse(path, "its weights are not finite")
    return arrays


def _weights_of(
    arrays: dict[str, NDArray[Any]], in_file: dict[str, str]
) -> dict[str, NDArray[np.float32] | RoundedWeight]:
    weights: dict[str, NDArray[np.float32] | RoundedWeight] = {}
    for name, present in in_file.items():
        scales = arrays.get(f"{name}{SCALE}")
        values = arrays[name]
        weights[present] = values.astype(np.float32, copy=False) if scales is None else RoundedWeight(values, scales)
    return weights


def _tables_of(arrays: dict[str, NDArray[Any]], claims: Claims, path: Path) -> dict[str, NDArray[Any]] | None:
    if claims.counts is None:
        return None
    try:
        tables = {name.removeprefix(TABLES): array for name, array in arrays.items() if name.startswith(TABLES)}
        if claims.packed_bytes is not None:
            num_contexts, num_entries = claims.counts
            vocab_size = len(tables["unigrams"])
            tables |= unpacked_tables(tables, vocab_size=vocab_size, num_contexts=num_contexts, num_entries=num_entries)
        return checked_tables(tables)
    except ValueError as error:
        refuse(path, str(error))
