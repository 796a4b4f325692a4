"""A bookmark on disk: the state of an author at some point of a text, bound to that author.

    8 bytes    length of the header, little-endian
    header     JSON as in an author file. Under "penwright": format, format_version, author (its `identity_of`), name
               (of the author), unread, slots_bytes, tensors_sha256, header_sha256; in version 2 biases_bytes too
    arrays     logits, and the fields of `TextState` by name, with the slots of the match model, and the biases of
               version 2 by their bits, as `slots` packs them

An author that adapts to a text writes version 2, any other version 1, which lacks the fields of the adaptation.
The file is safetensors. A reader has one header for given contents: another spelling of the same is refused as well.
A bookmark may come from a stranger. Nothing in it is run; memory is allocated only as its author needs it; and every
number that a kernel counts on is checked.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from penwright.author.file.format import (
    BOOKMARK_FORMAT,
    FORMAT,
    MAX_HEADER_BYTES,
    Piece,
    digest_of,
    entries_of,
    header_data,
)
from penwright.author.file.slots import deflated, inflated, max_bytes
from penwright.author.file.untrusted import describe_foreign, parse_json
from penwright.errors import BookmarkError, printable
from penwright.files import replacing
from penwright.kernels.contexts import OPEN
from penwright.kernels.match import CHECK_MASK, FIRST_NUMBER
from penwright.model.config import ModelConfig
from penwright.ngrams.context_kinds import NUM_WORDS
from penwright.writing.engines.adaptation import Adaptation, AdaptationState
from penwright.writing.engines.text_state import TextState, empty_text_state, successor_bits

BOOKMARK_VERSION = 2
VERSION_THAT_ADAPTS = 2
MAX_COUNT = 1 << 53
MAX_NAME_CHARS = 200
SLOTS, BIASES = "slots", "biases"
PACKED = (SLOTS, BIASES)
_ABOUT = {"format", "format_version", "author", "name", "unread", "slots_bytes", "tensors_sha256", "header_sha256"}
_ABOUT_BIASES = "biases_bytes"
_MAX_REASON_CHARS = 200
_KINDS = {"float32": "<f4", "int64": "<i8", "bool": "|u1"}


class SavedBookmark(NamedTuple):
    """What a bookmark holds, in the form that all engines share."""

    logits: NDArray[np.float32]
    """(V,)."""
    state: TextState
    """Memory of one text."""
    unread: str


class Owner(NamedTuple):
    """The author that a bookmark belongs to."""

    identity: str
    name: str
    config: ModelConfig
    adaptation: Adaptation

    def empty(self, *, adapts: bool) -> TextState:
        """Return the state before the first symbol of one text."""
        return empty_text_state(self.config, num_texts=1, adaptation=self.adaptation if adapts else None)


def save_bookmark(path: Path, saved: SavedBookmark, *, owner: Owner) -> None:
    """Write a bookmark, whole or not at all.

    Args:
        path: Path of the file, in a folder that exists. An existing file is replaced at the very end.
        saved: What to write.
        owner: Its author.

    Raises:
        BookmarkError: If the author's predictions are not numbers, or the file cannot be written.
    """
    try:
        _check(saved, owner)
    except ValueError as error:
        raise BookmarkError(f"the bookmark is not saved, because {error}. Go back to a good state.") from error
    adapts = saved.state.adapts
    packed = {SLOTS: deflated(saved.state.slots.reshape(-1))}
    if adapts:
        packed[BIASES] = deflated(saved.state.biases.view(np.int32).reshape(-1))
    arrays = {**_plain_arrays(saved.logits, saved.state), **packed}
    sizes = {f"{name}_bytes": len(array) for name, array in packed.items()}
    pieces = _pieces(owner, sizes)
    data = [arrays[piece.name].astype(piece.kind, copy=False).tobytes() for piece in pieces]
    about = {
        "format": BOOKMARK_FORMAT,
        "format_version": VERSION_THAT_ADAPTS if adapts else 1,
        "author": owner.identity,
        "name": owner.name[:MAX_NAME_CHARS],
        "unread": saved.unread,
        **sizes,
        "tensors_sha256": hashlib.sha256(b"".join(data)).hexdigest(),
    }
    about["header_sha256"] = digest_of(about)
    header = _header_bytes(pieces, about)
    if len(header) > MAX_HEADER_BYTES:
        raise BookmarkError(f"the bookmark is not saved, because {len(saved.unread):,} characters wait to be read.")
    try:
        with replacing(path) as file:
            file.write(len(header).to_bytes(8, "little") + header)
            file.writelines(data)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BookmarkError(f"{path} cannot be written: {reason}. Choose another folder.") from error


def load_bookmark(path: Path, *, owner: Owner) -> SavedBookmark:
    """Read and verify a bookmark.

    Args:
        path: Path of the file.
        owner: The author that is to go on from it.

    Raises:
        BookmarkError: If it is missing, damaged, foreign, hostile, of another author or of a newer Penwright.
    """
    try:
        if path.is_dir():
            raise BookmarkError(f"{path} is a folder. Give the file of a bookmark.")
        with path.open("rb") as file:
            return _read(file, path, owner)
    except FileNotFoundError as error:
        raise BookmarkError(f"there is no bookmark {path}. Make one: penwright read BOOK --save {path}") from error
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise BookmarkError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def _read(file: BinaryIO, path: Path, owner: Owner) -> SavedBookmark:
    num_bytes = os.fstat(file.fileno()).st_size
    head = file.read(512)
    if head[8:9] != b"{":
        raise BookmarkError(f"{path} is no bookmark: {describe_foreign(head)}")
    header_bytes = int.from_bytes(head[:8], "little")
    if header_bytes > min(MAX_HEADER_BYTES, num_bytes - 8):
        _refuse(path, "it was cut short, or its first bytes were changed")
    file.seek(8)
    header = file.read(header_bytes)
    about = _about(header, path)
    if about["author"] != owner.identity:
        other = printable(about["name"]) or "unnamed"
        raise BookmarkError(
            f"{path} belongs to another author, '{other}', whose weights are not those of '{owner.name or 'unnamed'}'. "
            f"Name that author, or let this one read the book: penwright read BOOK --save {path}"
        )
    empty = owner.empty(adapts=_ABOUT_BIASES in about)
    sizes = {key: about[key] for key in ("slots_bytes", _ABOUT_BIASES) if key in about}
    is_too_long = any(size > _max_bytes(empty, key) for key, size in sizes.items())
    if is_too_long or header != _header_bytes(pieces := _pieces(owner, sizes), about):
        _refuse(path, "its header does not list what its author remembers")
    if num_bytes != 8 + header_bytes + sum(piece.num_bytes for piece in pieces):
        _refuse(path, "it is shorter or longer than its header says")
    arrays, digest = {}, hashlib.sha256()
    for piece in pieces:
        data = file.read(piece.num_bytes)
        digest.update(data)
        if len(data) != piece.num_bytes:
            _refuse(path, "it became shorter while it was read")
        arrays[piece.name] = np.frombuffer(data, piece.kind).reshape(piece.shape)
    if digest.hexdigest() != about["tensors_sha256"]:
        _refuse(path, "it was changed after it was written")
    try:
        return _saved_from(arrays, about["unread"], owner, empty)
    except ValueError as error:
        _refuse(path, str(error))


def _about(header: bytes, path: Path) -> dict[str, Any]:
    """Return what a header says of its bookmark, each entry of the right type, its digest verified."""
    try:
        parsed = parse_json(header)
        about = parse_json(parsed["__metadata__"]["penwright"].encode("utf-8", "surrogatepass"))
        version, kind = about.get("format_version"), about.get("format")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BookmarkError(f"{path} is no bookmark, or its header is damaged. Make one: penwright read") from None
    if kind == FORMAT:
        raise BookmarkError(f"{path} is an author and no bookmark. Name it with --author, and a bookmark here.")
    if kind != BOOKMARK_FORMAT or type(version) is not int or version < 1:
        _refuse(path, f"it calls itself {kind!r:.50} of version {version!r:.50}")
    if version > BOOKMARK_VERSION:
        raise BookmarkError(
            f"{path} was written by a newer Penwright (bookmarks of version {version}; this one reads up to "
            f"{BOOKMARK_VERSION}). Upgrade with: pip install --upgrade penwright"
        )
    texts = [about.get(name) for name in ("author", "name", "unread", "tensors_sha256", "header_sha256")]
    keys = _ABOUT | {_ABOUT_BIASES} if version == VERSION_THAT_ADAPTS else _ABOUT
    sizes = [about.get(key) for key in keys if key.endswith("_bytes")]
    are_sizes = all(type(size) is int and size >= 0 for size in sizes)
    if set(about) != keys or not all(isinstance(text, str) for text in texts) or not are_sizes:
        _refuse(path, "its header lacks an entry or has one too many")
    if digest_of({key: value for key, value in about.items() if key != "header_sha256"}) != about["header_sha256"]:
        _refuse(path, "its header was changed after it was written")
    if len(about["name"]) > MAX_NAME_CHARS:
        _refuse(path, "the name of its author is too long")
    return dict(about)


def _refuse(path: Path, reason: str) -> NoReturn:
    reason = printable(reason)[:_MAX_REASON_CHARS]
    raise BookmarkError(f"{path} is damaged: {reason}. Let the author read the book again: penwright read BOOK --save")


def _header_bytes(pieces: list[Piece], about: Mapping[str, Any]) -> bytes:
    return header_data(entries_of(pieces), json.dumps(about, allow_nan=False))


def _max_bytes(empty: TextState, key: str) -> int:
    """Return the largest number of bytes of a packed array."""
    array: NDArray[Any] = getattr(empty, key.removesuffix("_bytes"))
    return max_bytes(array.size, array.dtype)


def _pieces(owner: Owner, sizes: Mapping[str, int]) -> list[Piece]:
    """Return the arrays of a bookmark in their order, by name, given the number of bytes of each that is packed."""
    empty = owner.empty(adapts=_ABOUT_BIASES in sizes)
    arrays = _plain_arrays(np.zeros(owner.config.vocab_size, np.float32), empty)
    pieces = [Piece(name, _KINDS[array.dtype.name], array.shape) for name, array in arrays.items()]
    return sorted([*pieces, *(Piece(key.removesuffix("_bytes"), "|u1", (size,)) for key, size in sizes.items())])


def _plain_arrays(logits: NDArray[np.float32], state: TextState) -> dict[str, NDArray[Any]]:
    """Return all arrays that are saved but not packed by name."""
    left_out = PACKED if state.adapts else (*PACKED, *AdaptationState._fields)
    return {"logits": logits, **{name: array for name, array in state._asdict().items() if name not in left_out}}


def _saved_from(arrays: Mapping[str, NDArray[Any]], unread: str, owner: Owner, empty: TextState) -> SavedBookmark:
    """Return what some arrays hold after checking it.

    Raises:
        ValueError: A clause that says what cannot be.
    """
    fields: dict[str, NDArray[Any]] = {}
    for name, array in empty._asdict().items():
        if name not in arrays:
            fields[name] = array
        elif name in PACKED:
            bits = array.dtype if name == SLOTS else np.dtype(np.int32)
            fields[name] = inflated(arrays[name], num_slots=array.size, dtype=bits).view(array.dtype)
            fields[name] = fields[name].reshape(array.shape)
        else:
            fields[name] = arrays[name].astype(array.dtype)
    if (arrays["is_word"] > 1).any():
        raise ValueError("it is neither inside a word nor outside")
    saved = SavedBookmark(arrays["logits"].astype(np.float32), TextState(**fields), unread)
    _check(saved, owner)
    return saved


def _check(saved: SavedBookmark, owner: Owner) -> None:
    """Check every number that a kernel counts on.

    Raises:
        ValueError: A clause that says what cannot be.
    """
    state, vocab_size, bits = saved.state, owner.config.vocab_size, successor_bits(owner.config)
    if state.adapts:
        owner.adaptation.check(state.adapted)
    if not (np.isfinite(saved.logits).all() and np.isfinite(state.memory).all()):
        raise ValueError("its numbers are not finite")
    waiting, expected, lengths = state.pending[:, 0], state.pending[:, 1], state.pending[:, 2]
    run_length, open_bits = state.words[:, NUM_WORDS + 1 : NUM_WORDS + 2], state.words[:, NUM_WORDS + 2 :]
    mask = (1 << bits) - 1
    entries = state.slots[state.slots != 0].astype(np.int64)
    if bits * 2 + CHECK_MASK.bit_length() < 8 * state.slots.itemsize:
        _bound(entries >> (2 * bits), CHECK_MASK)
    for values, highest in (
        (state.position, MAX_COUNT),
        (state.recent, vocab_size - 1),
        (waiting, 2 * (FIRST_NUMBER - 1)),
        (expected, vocab_size),
        (lengths, MAX_COUNT),
        (run_length, MAX_COUNT),
        (open_bits, OPEN),
        (entries >> bits & mask, vocab_size),
        (entries & mask, vocab_size),
    ):
        _bound(values, highest)


def _bound(values: NDArray[Any], highest: int) -> None:
    if values.size and not (values.min() >= 0 and values.max() <= highest):
        raise ValueError("it remembers what its author cannot have read")
