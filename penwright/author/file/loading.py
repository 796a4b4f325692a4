"""Read an author file without trusting it: every claim is checked, and no memory is allocated for absent data."""

import hashlib
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import torch
from torch import Tensor

from penwright.alphabet.characters import Alphabet
from penwright.author.card import Card
from penwright.author.file.format import (
    KINDS,
    Precision,
    entries_of,
    precision_of,
    shapes_of,
)
from penwright.author.file.header import Claims, OpenAuthor, open_author, refuse
from penwright.errors import AuthorError
from penwright.model.char_model import CharModel
from penwright.model.config import ModelConfig, num_parameters_of
from penwright.model.tensor_names import former_name
from penwright.ngrams.letters import letters_of
from penwright.ngrams.storage import table_shapes, tables_of
from penwright.ngrams.tables import empty_tables
from penwright.writing.sampling import generator_from


class AuthorParts(NamedTuple):
    """Contents of an author file."""

    model: CharModel
    """Model on the CPU, float32."""
    alphabet: Alphabet
    card: Card

    @property
    def model_config(self) -> ModelConfig:
        """Shape of the model."""
        return self.model.config

    @property
    def weights(self) -> dict[str, Tensor]:
        """Weights of the model by name."""
        return self.model.state_dict()


def load_author(path: Path) -> AuthorParts:
    """Read and verify an author file.

    Raises:
        AuthorError: If it is missing, damaged, foreign, hostile, or written by a newer Penwright.
    """
    with open_author(path) as opened:
        return AuthorParts(_read_model(opened, path), opened.claims.alphabet, opened.claims.card)


def _read_model(opened: OpenAuthor, path: Path) -> CharModel:
    """Build the model and fill it from the rest of the file."""
    file, header, claims, num_bytes = opened
    config = claims.model_config
    precision = precision_of(header)
    weight_bytes = num_parameters_of(config) * np.dtype(KINDS[precision]).itemsize
    sizes = (
        {}
        if claims.counts is None
        else table_shapes(config.vocab_size, num_contexts=claims.counts[0], num_entries=claims.counts[1])
    )
    needed = weight_bytes + sum(np.dtype(kind).itemsize * length for kind, length in sizes.values())
    if needed != num_bytes:
        refuse(path, f"its model needs weights of {needed:,} bytes, but {num_bytes:,} bytes are there")
    try:
        return _filled(file, path, header, claims, sizes, precision)
    except (MemoryError, RuntimeError) as error:  # numpy and torch report the same in different ways
        raise AuthorError(
            f"there is not enough memory for {path}, which has {num_bytes:,} bytes and needs several times as many."
        ) from error


def _filled(
    file: BinaryIO,
    path: Path,
    header: dict[str, Any],
    claims: Claims,
    sizes: dict[str, tuple[str, int]],
    precision: Precision,
) -> CharModel:
    """Build the model, read weights and tables, check them and put them into the model."""
    config = claims.model_config
    model = CharModel(config, generator=generator_from(0))  # any seed: every weight is replaced
    values = np.empty(num_parameters_of(config), dtype=KINDS[precision])
    arrays = {name: np.empty(length, dtype=kind) for name, (kind, length) in sorted(sizes.items())}
    shapes = shapes_of(model.state_dict())
    in_file = {former_name(name) if claims.format_version < 3 else name: name for name in shapes}
    expected = entries_of({name: shapes[present] for name, present in in_file.items()}, sizes, precision)
    tensors = {name: entry for name, entry in header.items() if name != "__metadata__"}
    if tensors != expected:
        wrong = sorted(name for name in tensors.keys() | expected.keys() if tensors.get(name) != expected.get(name))
        refuse(path, f"the tensor '{wrong[0]:.80}' is not what its model needs")
    digest = hashlib.sha256()
    for part in (values, *arrays.values()):
        file.readinto(part)  # type: ignore[attr-defined]  # should the file shrink meanwhile, the digest will tell
        digest.update(part.data)
    if digest.hexdigest() != claims.tensors_sha256:
        refuse(path, "its weights were changed after they were written")
    if not np.isfinite(values).all():
        refuse(path, "its weights are not finite")
    flat = torch.from_numpy(values.astype(np.float32, copy=False))
    weights = {}
    for name, present in in_file.items():
        start, stop = (offset // values.itemsize for offset in expected[name]["data_offsets"])
        weights[present] = flat[start:stop].view(shapes[present])
    model.load_state_dict(weights)
    if model.context_models is not None:
        try:
            tables = tables_of(arrays) if arrays else empty_tables(config.vocab_size)
        except ValueError as error:
            refuse(path, str(error))
        model.context_models.use(tables, torch.from_numpy(letters_of(claims.alphabet)))
    return model
