"""One author, one file: weights, shape, alphabet and card, as safetensors.

    8 bytes    length of the header, little-endian
    header     JSON: every tensor's type, shape and place, and under "__metadata__" one text, "penwright", itself JSON:
               format, format_version, model, alphabet, card, tensors_sha256 (of all that follows the header) and
               header_sha256 (of the other entries of this text)
    weights    float32, little-endian, by name, side by side

A file may come from a stranger. Nothing in it is run or imported, no name in it is looked up, and nothing is
allocated before plain arithmetic has shown that the file holds it: the configuration decides which tensors there must
be, and the header must say exactly that. Whatever is wrong becomes one `AuthorError`. The file is read, never mapped
into memory, so that it can be replaced while in use.

Format: https://huggingface.co/docs/safetensors, "Format". The bytes are those that the safetensors library writes,
but they are written tensor by tensor, without a second copy in memory.
"""

import hashlib
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from penwright.alphabet import Alphabet
from penwright.author_file.foreign import describe_foreign, parse_json
from penwright.card import Card
from penwright.errors import AuthorError, PenwrightError, printable
from penwright.files import replacing
from penwright.model import CharModel
from penwright.model_config import ModelConfig, num_parameters_of
from penwright.sampling import generator_from

FORMAT = "penwright author"
FORMAT_VERSION = 1
SUFFIX = ".safetensors"
RUN_AUTHOR = "author.safetensors"
"""What the author of a run folder is called."""
MAX_HEADER_BYTES = 16 << 20
MAX_REASON_CHARS = 300
_KEYS = {"format", "format_version", "model", "alphabet", "card", "tensors_sha256", "header_sha256"}
_FLOAT32_BYTES = 4


class AuthorParts(NamedTuple):
    """What an author file holds."""

    model: CharModel
    """On the CPU, float32."""
    alphabet: Alphabet
    card: Card

    @property
    def model_config(self) -> ModelConfig:
        """Shape of the model."""
        return self.model.config

    @property
    def weights(self) -> dict[str, Tensor]:
        """The model's weights by name."""
        return self.model.state_dict()


def save_author(
    path: Path, *, model_config: ModelConfig, alphabet: Alphabet, weights: Mapping[str, Tensor], card: Card
) -> None:
    """Write an author file, whole or not at all.

    Args:
        path: Where; a file that is there is replaced at the very end. Its folder must exist.
        model_config: Shape of the model.
        alphabet: Its ids must be the model's.
        weights: The model's state_dict, of any floating type on any device; saved as float32.
        card: What the author says of itself.

    Raises:
        AuthorError: If a weight is not finite, the card is too large, or the file cannot be written.
    """
    assert model_config.vocab_size == alphabet.vocab_size, (model_config.vocab_size, alphabet.vocab_size)
    assert sum(weight.numel() for weight in weights.values()) == num_parameters_of(model_config), (
        "weights of another model"
    )
    digest = hashlib.sha256()
    for name in sorted(weights):
        values = _values_of(weights[name])
        if not np.isfinite(values).all():
            raise AuthorError(
                f"the weights '{name}' are not finite, so the author is not saved. Go back to a good state."
            )
        digest.update(values.data)
    about = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "model": model_config.to_dict(),
        "alphabet": alphabet.to_dict(),
        "card": card.to_dict(),
        "tensors_sha256": digest.hexdigest(),
    }
    about["header_sha256"] = _digest_of(about)
    header = _header(_shapes_of(weights), json.dumps(about, allow_nan=False))
    if len(header) > MAX_HEADER_BYTES:
        raise AuthorError(
            f"the card makes a header of {len(header):,} bytes; at most {MAX_HEADER_BYTES:,} are allowed."
        )
    try:
        with replacing(path) as file:
            file.write(len(header).to_bytes(8, "little") + header)
            for name in sorted(weights):
                file.write(_values_of(weights[name]).data)
    except OSError as error:
        raise AuthorError(f"{path} cannot be written: {error.strerror or error}. Choose another place.") from error


def load_author(path: Path) -> AuthorParts:
    """Read and verify an author file.

    Raises:
        AuthorError: If it is missing, damaged, foreign, hostile, or written by a newer Penwright.
    """
    try:
        if path.exists() and not path.is_file():
            raise AuthorError(f"{path} is not a file. Give an author file ({SUFFIX}) or the folder of a run.")
        with path.open("rb") as file:
            return _read(file, path)
    except FileNotFoundError as error:
        raise AuthorError(f"there is no file {path}. Give an author file ({SUFFIX}) or the folder of a run.") from error
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise AuthorError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def _read(file: BinaryIO, path: Path) -> AuthorParts:
    num_bytes = os.fstat(file.fileno()).st_size
    head = file.read(512)
    if head[8:9] != b"{":
        raise AuthorError(f"{path} is no author: {describe_foreign(head)}")
    header_bytes = int.from_bytes(head[:8], "little")
    if header_bytes > MAX_HEADER_BYTES:
        _refuse(path, f"its header claims {header_bytes:,} bytes; at most {MAX_HEADER_BYTES:,} are allowed")
    if 8 + header_bytes > num_bytes:
        _refuse(path, f"it should be at least {8 + header_bytes:,} bytes long and has {num_bytes:,}; it was cut short")
    file.seek(8)
    try:
        header = parse_json(file.read(header_bytes))
    except ValueError as error:
        _refuse(path, f"its header cannot be read ({error})")
    about = _about(header, path)
    try:
        config = ModelConfig.from_dict(about["model"])
        if not isinstance(about["alphabet"], dict):
            raise AuthorError("the alphabet must be a table.")
        alphabet = Alphabet.from_dict(about["alphabet"])
        card = Card.from_dict(about["card"])
    except PenwrightError as error:
        _refuse(path, str(error).rstrip("."))
    if config.vocab_size != alphabet.vocab_size:
        _refuse(path, f"its model knows {config.vocab_size:,} symbols and its alphabet {alphabet.vocab_size:,}")
    model = _read_model(file, path, header, about["tensors_sha256"], config, num_bytes - 8 - header_bytes)
    return AuthorParts(model, alphabet, card)


def _about(header: Any, path: Path) -> dict[str, Any]:
    """Return what the header says of the author, its version and digest checked."""
    if not isinstance(header, dict):
        _refuse(path, "its header is not a table")
    metadata = header.get("__metadata__", {})
    text = metadata.get("penwright") if isinstance(metadata, dict) else None
    if not isinstance(text, str):
        names = ", ".join(f"'{printable(name[:40])}'" for name in list(header)[:4] if name != "__metadata__") or "none"
        raise AuthorError(
            f"{path} is a safetensors file of another kind (tensors: {names}); weights alone are no author. "
            f"Give a file that Penwright saved as an author, such as {RUN_AUTHOR} in the folder of a run."
        )
    try:
        about = parse_json(text.encode("utf-8", "surrogatepass"))
    except ValueError as error:
        _refuse(path, f"what it says of itself cannot be read ({error})")
    if not isinstance(about, dict):
        _refuse(path, "what it says of itself is not a table")
    if about.get("format") != FORMAT:
        _refuse(path, f"it calls itself {about.get('format')!r:.50}, not {FORMAT!r}")
    version = about.get("format_version")
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise AuthorError(
            f"{path} was written by a newer Penwright (format {version}; this one reads up to {FORMAT_VERSION}). "
            "Upgrade with: pip install --upgrade penwright"
        )
    if type(version) is not int or version != FORMAT_VERSION:
        _refuse(path, f"its format version is {version!r:.50}")
    if set(about) != _KEYS or len(metadata) != 1:
        _refuse(path, "its header lacks an entry or has one too many")
    if about.pop("header_sha256") != _digest_of(about):
        _refuse(path, "its header was changed after it was written")
    return about


def _read_model(
    file: BinaryIO, path: Path, header: dict[str, Any], digest: str, config: ModelConfig, num_bytes: int
) -> CharModel:
    needed = num_parameters_of(config) * _FLOAT32_BYTES
    if needed != num_bytes:
        _refuse(path, f"its model needs weights of {needed:,} bytes, but {num_bytes:,} bytes are there")
    try:
        model = CharModel(config, generator=generator_from(0))  # any seed: every weight is replaced
        values = np.empty(num_bytes // _FLOAT32_BYTES, dtype="<f4")
    except (MemoryError, RuntimeError) as error:  # numpy and torch report the same in different ways
        raise AuthorError(f"there is not enough memory for {path}, which needs twice {needed:,} bytes.") from error
    shapes = _shapes_of(model.state_dict())
    expected = _entries(shapes)
    tensors = {name: entry for name, entry in header.items() if name != "__metadata__"}
    if tensors != expected:
        wrong = sorted(name for name in tensors.keys() | expected.keys() if tensors.get(name) != expected.get(name))
        _refuse(path, f"the tensor '{wrong[0]:.80}' is not what its model needs")
    if file.readinto(values) != num_bytes:  # type: ignore[attr-defined]  # a buffered file
        _refuse(path, "it was cut short while it was read")
    if hashlib.sha256(values.data).hexdigest() != digest:
        _refuse(path, "its weights were changed after they were written")
    if not np.isfinite(values).all():
        _refuse(path, "its weights are not finite")
    flat = torch.from_numpy(values.astype(np.float32, copy=False))
    places = {name: [offset // _FLOAT32_BYTES for offset in entry["data_offsets"]] for name, entry in expected.items()}
    model.load_state_dict({name: flat[start:stop].view(shapes[name]) for name, (start, stop) in places.items()})
    return model


def _header(shapes: Mapping[str, tuple[int, ...]], about: str) -> bytes:
    """Return the header as the safetensors library writes it, padded with blanks to a multiple of 8."""
    header = {"__metadata__": {"penwright": about}, **_entries(shapes)}
    data = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    return data + b" " * (-len(data) % 8)


def _entries(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    """Return what a header says of each tensor when they lie side by side, by name."""
    entries: dict[str, Any] = {}
    start = 0
    for name in sorted(shapes):
        stop = start + _FLOAT32_BYTES * math.prod(shapes[name])
        entries[name] = {"dtype": "F32", "shape": list(shapes[name]), "data_offsets": [start, stop]}
        start = stop
    return entries


def _shapes_of(weights: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(weight.shape) for name, weight in weights.items()}


def _values_of(weight: Tensor) -> NDArray[np.float32]:
    """Return a weight's values as they are written, one after the other; a view if it is float32 on the CPU already."""
    return weight.detach().to("cpu", torch.float32).reshape(-1).numpy().astype("<f4", copy=False)


def _digest_of(about: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(about, sort_keys=True, allow_nan=False).encode("ascii")).hexdigest()


def _refuse(path: Path, reason: str) -> NoReturn:
    reason = printable(reason)[:MAX_REASON_CHARS]  # it may repeat what a stranger wrote
    raise AuthorError(f"{path} is damaged: {reason}. Copy it again from where it came from, or train anew.")
