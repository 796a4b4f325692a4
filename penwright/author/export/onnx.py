"""Export the network of an author as ONNX: the single step, with the state passed in and out.

The file's metadata holds what a program needs besides: the text of every symbol, the symbol to begin with, the alphabet
and the configuration. So an author writes with onnxruntime alone. Authors with n-grams or a match model are refused:
ONNX has no operators for their tables.
"""

import json
from pathlib import Path

from penwright.author.file.loading import AuthorParts
from penwright.errors import AuthorError
from penwright.files import replacing
from penwright.model.rounding import RoundedWeight, is_rounded, rounded

FORMAT = "penwright onnx 1"
INSTALL = "pip install 'penwright[onnx]'"
OPSET, IR_VERSION = 18, 9
"""Versions of ONNX that programs of 2024 read too."""
MAX_BYTES = 2_000_000_000
"""A file of protocol buffers holds no more than 2 GiB."""


def export_onnx(parts: AuthorParts, path: Path, *, is_int8: bool = False) -> int:
    """Write an author's network as an ONNX file, whole or not at all, and return its number of bytes.

    Args:
        parts: Contents of an author file.
        path: The file.
        is_int8: True to round the weights to 8 bits, False to keep them as they are.

    Raises:
        AuthorError: If the author has n-grams or a match model, is too large, or the extra is not installed.
        OSError: If the file cannot be written.
    """
    config = parts.config
    if config.has_context_models:
        has = " and ".join(["n-grams"] * config.has_ngrams + ["a match model"] * config.has_match)
        raise AuthorError(
            f"this author has {has}, for which ONNX has no operators. Use `penwright export html` for browsers, or "
            "Python: Author.load(path).write(...)."
        )
    weights = parts.weights
    if is_int8:
        weights = {
            name: rounded(weight) if not isinstance(weight, RoundedWeight) and is_rounded(weight.shape) else weight
            for name, weight in weights.items()
        }
    num_bytes = sum(
        weight.codes.nbytes if isinstance(weight, RoundedWeight) else weight.nbytes for weight in weights.values()
    )
    if num_bytes > MAX_BYTES:
        raise AuthorError(f"this author's weights have {num_bytes:,} bytes, and an ONNX file holds {MAX_BYTES:,}.")
    try:
        from onnx import checker, helper

        from penwright.author.export.onnx_graph import step_graph
    except ImportError as error:
        raise AuthorError(f"ONNX files are made with a library that is not installed: {INSTALL}") from error
    model = helper.make_model(
        step_graph(config, weights),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="penwright",
    )
    helper.set_model_props(model, _metadata_of(parts))
    checker.check_model(model, full_check=True)
    data = model.SerializeToString(deterministic=True)
    with replacing(path) as file:
        file.write(data)
    return len(data)


def _metadata_of(parts: AuthorParts) -> dict[str, str]:
    """Return what the file says of itself, each value as JSON but for the format and the name."""
    alphabet, card = parts.alphabet, parts.card
    facts = {
        "texts": list(alphabet.texts),
        "start_id": alphabet.start_id,
        "alphabet": alphabet.to_dict(),
        "config": parts.config.to_dict(),
        "card": dict(card.facts()),
    }
    return {"format": FORMAT, "name": card.name, **{name: json.dumps(value) for name, value in facts.items()}}
