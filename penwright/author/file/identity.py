"""The identity of an author: one digest of what it has learned, the same whichever way its file rounds or names it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penwright.alphabet.characters import Alphabet
from penwright.model.rounding import RoundedWeight
from penwright.ngrams.storage import table_shapes


def identity_of(
    weights: "Mapping[str, NDArray[np.float32] | RoundedWeight]",
    tables: Mapping[str, NDArray[Any]] | None,
    alphabet: Alphabet,
) -> str:
    """Return the SHA-256 of an author's weights, n-gram tables and alphabet as 64 hexadecimal digits.

    Args:
        weights: Every weight by its name in `state_dict`. Rounded weights count as the values that they stand for.
        tables: Arrays of the n-gram tables by name, None for a model without any.
        alphabet: Alphabet of the model.
    """
    digest = hashlib.sha256(json.dumps(alphabet.to_dict(), sort_keys=True).encode("ascii"))
    for name, weight in sorted(weights.items()):
        values = weight.values() if isinstance(weight, RoundedWeight) else weight
        digest.update(f"{name} {values.shape} ".encode())
        digest.update(np.ascontiguousarray(values, "<f4").reshape(-1).data)
    if tables is not None:
        sizes = {"num_contexts": len(tables["contexts"]), "num_entries": len(tables["symbols"])}
        for name, (kind, length) in sorted(table_shapes(len(tables["unigrams"]), **sizes).items()):
            digest.update(f"{name} {length} ".encode())
            digest.update(tables[name].astype(kind).data)
    return digest.hexdigest()
