"""Write an author file, whole or not at all.

The weights are written tensor by tensor, so that no second copy of them is needed in memory.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from penwright.alphabet.characters import Alphabet
from penwright.author.card import Card
from penwright.author.file.format import (
    FORMAT,
    MAX_HEADER_BYTES,
    PACKED_VERSION,
    ROUNDED_VERSION,
    UNROUNDED_VERSION,
    Precision,
    digest_of,
    entries_of,
    header_data,
    pieces_of,
)
from penwright.errors import AuthorError
from penwright.files import replacing
from penwright.model.config import ModelConfig, num_parameters_of
from penwright.model.rounding import is_rounded, rounded
from penwright.ngrams.packing import PACKED, is_packable, packed_shapes, packed_tables
from penwright.ngrams.tables import NgramTables, arrays_of, shapes_of_tables


def save_author(
    path: Path,
    *,
    model_config: ModelConfig,
    alphabet: Alphabet,
    weights: Mapping[str, Tensor],
    card: Card,
    tables: NgramTables | None = None,
    precision: Precision = "float32",
) -> None:
    """Write an author file, whole or not at all.

    Args:
        path: Path of the file, in a folder that exists. An existing file is replaced at the very end.
        model_config: Shape of the model.
        alphabet: Alphabet of the model.
        weights: `state_dict` of the model, of any floating type on any device.
        card: Card of the author.
        tables: The n-gram tables that the model consults, None if it consults none.
        precision: Precision of the weights in the file.

    Raises:
        AuthorError: If a weight is not finite in that precision, the card is too large, or the file cannot be written.
    """
    assert (tables is not None) == model_config.has_ngrams, "tables of another model"
    assert model_config.vocab_size == alphabet.vocab_size, (model_config.vocab_size, alphabet.vocab_size)
    assert model_config.num_labels == len(card.labels), (model_config.num_labels, len(card.labels))
    assert sum(weight.numel() for weight in weights.values()) == num_parameters_of(model_config), (
        "weights of another model"
    )
    digest = hashlib.sha256()
    arrays = {} if tables is None else arrays_of(tables)
    sizes = {} if tables is None else shapes_of_tables(tables)
    counts = None if tables is None else [len(tables.contexts), len(tables.symbols)]
    version = ROUNDED_VERSION if precision == "int8" else UNROUNDED_VERSION
    if counts is not None:
        packed = packed_tables(arrays)
        num_bytes = [len(packed[name]) for name in PACKED]
        if is_packable(sum(num_bytes), sizes):
            arrays |= packed
            sizes, counts, version = packed_shapes(sizes, num_bytes), counts + num_bytes, PACKED_VERSION
    for values in _iter_arrays(weights, arrays, precision):
        digest.update(values.data)
    about = {
        "format": FORMAT,
        "format_version": version,
        "model": model_config.to_dict(),
        "alphabet": alphabet.to_dict(),
        "counts": counts,
        "card": card.to_dict(),
        "tensors_sha256": digest.hexdigest(),
    }
    about["header_sha256"] = digest_of(about)
    shapes = {name: tuple(weight.shape) for name, weight in weights.items()}
    pieces = pieces_of(shapes, sizes, precision)
    header = header_data(entries_of(pieces), json.dumps(about, allow_nan=False))
    if len(header) > MAX_HEADER_BYTES:
        raise AuthorError(
            f"the card makes a header of {len(header):,} bytes; at most {MAX_HEADER_BYTES:,} are allowed."
        )
    try:
        with replacing(path) as file:
            file.write(len(header).to_bytes(8, "little") + header)
            for values in _iter_arrays(weights, arrays, precision):
                file.write(values.data)
    except OSError as error:
        raise AuthorError(f"{path} cannot be written: {error.strerror or error}. Choose another folder.") from error


def _iter_arrays(
    weights: Mapping[str, Tensor], tables: Mapping[str, NDArray[Any]], precision: Precision
) -> Iterator[NDArray[Any]]:
    """Yield the arrays of a file in their order; views of what is on the CPU in that precision.

    Raises:
        AuthorError: If a weight is not finite in that precision.
    """
    for name in sorted(weights):
        weight = weights[name].detach()
        kind = torch.float16 if precision == "float16" else torch.float32
        values = weight.to("cpu", kind).contiguous().numpy()
        if not np.isfinite(values).all():
            if weight.isfinite().all():
                raise AuthorError(f"the weights '{name}' are too large for {precision}. Save the author in float32.")
            raise AuthorError(
                f"the weights '{name}' are not finite, so the author is not saved. Go back to a good state."
            )
        if precision == "int8" and is_rounded(values.shape):
            codes, scales = rounded(values)
            yield codes.reshape(-1)
            yield scales.astype("<f4", copy=False).reshape(-1)
        else:
            yield values.astype(values.dtype.newbyteorder("<"), copy=False).reshape(-1)
    for name in sorted(tables):
        yield tables[name]
