"""Check the header of an author file before a single weight is read.

All of it may be forged, with correct digests. So the version, the digest, the configuration, the alphabet and the card
are each checked against their bounds. Every refusal is one sentence, in which text from the file is made printable.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn

from penwright.alphabet.auto import alphabet_from_dict
from penwright.alphabet.characters import Alphabet
from penwright.author.card import Card
from penwright.author.file.format import (
    ABOUT_KEYS,
    BOOKMARK_FORMAT,
    FORMAT,
    FORMAT_VERSION,
    MAX_HEADER_BYTES,
    MIN_FORMAT_VERSION,
    PACKED_VERSION,
    RUN_AUTHOR,
    SUFFIX,
    digest_of,
)
from penwright.author.file.untrusted import describe_foreign, parse_json
from penwright.errors import AuthorError, PenwrightError, printable
from penwright.model.config import ModelConfig
from penwright.ngrams.packing import PACKED

MAX_REASON_CHARS = 300


class Claims(NamedTuple):
    """Claims of a header about its author, each valid in itself."""

    model_config: ModelConfig
    alphabet: Alphabet
    card: Card
    tensors_sha256: str
    format_version: int
    counts: tuple[int, int] | None
    """Numbers of contexts and successors in its n-gram tables, None if it has none."""
    packed_bytes: tuple[int, ...] | None
    """Number of bytes of each packed array of its tables, None if it has no tables or they are not packed."""


class OpenAuthor(NamedTuple):
    """An author file that stands open behind its header."""

    file: BinaryIO
    header: dict[str, Any]
    """The whole header, parsed."""
    claims: Claims
    num_bytes: int
    """Number of bytes that follow."""


@contextmanager
def open_author(path: Path) -> Iterator[OpenAuthor]:
    """Open an author file and read its header.

    Raises:
        AuthorError: If it is missing, foreign, cut short in its header, or claims what cannot be.
    """
    try:
        if path.exists() and not path.is_file():
            raise AuthorError(f"{path} is not a file. Give an author file ({SUFFIX}) or the folder of a run.")
        with path.open("rb") as file:
            yield _read_header(file, path)
    except FileNotFoundError as error:
        raise AuthorError(f"there is no file {path}. Give an author file ({SUFFIX}) or the folder of a run.") from error
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise AuthorError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def _read_header(file: BinaryIO, path: Path) -> OpenAuthor:
    num_bytes = os.fstat(file.fileno()).st_size
    head = file.read(512)
    if head[8:9] != b"{":
        raise AuthorError(f"{path} is no author: {describe_foreign(head)}")
    header_bytes = int.from_bytes(head[:8], "little")
    if header_bytes > MAX_HEADER_BYTES:
        refuse(path, f"its header claims {header_bytes:,} bytes; at most {MAX_HEADER_BYTES:,} are allowed")
    if 8 + header_bytes > num_bytes:
        refuse(path, f"it should be at least {8 + header_bytes:,} bytes long and has {num_bytes:,}; it was cut short")
    file.seek(8)
    try:
        header: dict[str, Any] = parse_json(file.read(header_bytes))  # a table, for it begins with a brace
    except ValueError as error:
        refuse(path, f"its header cannot be read ({error})")
    return OpenAuthor(file, header, read_claims(header, path), num_bytes - 8 - header_bytes)


def check_length(opened: OpenAuthor, path: Path) -> None:
    """Check that a file holds as many bytes as its header lists, without reading them.

    Raises:
        AuthorError: If it is shorter or longer.
    """
    tensors = [entry for name, entry in opened.header.items() if name != "__metadata__"]
    try:
        needed = max((int(entry["data_offsets"][1]) for entry in tensors), default=0)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):
        refuse(path, "its header does not say where its tensors lie")
    if needed != opened.num_bytes:
        refuse(path, f"its tensors need {needed:,} bytes, but {opened.num_bytes:,} bytes are there")


def read_claims(header: dict[str, Any], path: Path) -> Claims:
    """Return the claims of a header.

    Args:
        header: The whole header, parsed.
        path: Path of the file, for error messages.

    Raises:
        AuthorError: If it is foreign, of another version, was changed, or claims what cannot be.
    """
    about = _checked_about(header, path)
    try:
        config = ModelConfig.from_dict(about["model"])
        if not isinstance(about["alphabet"], dict):
            raise AuthorError("the alphabet must be a table.")
        alphabet = alphabet_from_dict(about["alphabet"])
        card = Card.from_dict(about["card"])
    except PenwrightError as error:
        refuse(path, str(error).rstrip("."))
    if config.vocab_size != alphabet.vocab_size:
        refuse(path, f"its model knows {config.vocab_size:,} symbols and its alphabet {alphabet.vocab_size:,}")
    if config.has_context_models and config.unit != alphabet.unit:
        refuse(path, f"its model tells contexts of {config.unit} apart and its alphabet is of {alphabet.unit}")
    if config.num_labels != len(card.labels):
        refuse(path, f"its model knows {config.num_labels:,} labels and its card names {len(card.labels):,}")
    version = about["format_version"]
    counts = _checked_counts(about["counts"], config, path, is_packed=version >= PACKED_VERSION)
    packed_bytes = None if counts is None or version < PACKED_VERSION else tuple(about["counts"][2:])
    return Claims(config, alphabet, card, about["tensors_sha256"], version, counts, packed_bytes)


def _checked_counts(counts: Any, config: ModelConfig, path: Path, *, is_packed: bool) -> tuple[int, int] | None:
    """Return the claimed sizes of the n-gram tables, within the model's own bounds."""
    num_claims = 2 + len(PACKED) if is_packed else 2
    if counts is None and not config.has_ngrams:
        return None
    if not config.has_ngrams:
        refuse(path, "it holds n-gram tables that its model has no use for")
    if not isinstance(counts, list) or len(counts) != num_claims or any(type(number) is not int for number in counts):
        refuse(path, "it does not say how large its n-gram tables are")
    if any(number < 0 for number in counts[2:]):
        refuse(path, "its n-gram tables claim less than no bytes")
    num_contexts, num_entries = counts[:2]
    if not 0 <= num_contexts <= num_entries <= config.ngram_entries:
        refuse(
            path,
            f"it claims n-grams of {num_contexts:,} contexts and {num_entries:,} successors, which its model forbids",
        )
    return num_contexts, num_entries


def refuse(path: Path, reason: str) -> NoReturn:
    """Raise the sentence for a damaged file.

    Args:
        path: Path of the file.
        reason: Clause that may repeat text from the file.

    Raises:
        AuthorError: Always.
    """
    reason = printable(reason)[:MAX_REASON_CHARS]
    raise AuthorError(f"{path} is damaged: {reason}. Copy it again from where it came from, or train anew.")


def _checked_about(header: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return the description of the author in a header after checking its version and digest."""
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
        refuse(path, f"what it says of itself cannot be read ({error})")
    if not isinstance(about, dict):
        refuse(path, "what it says of itself is not a table")
    if about.get("format") == BOOKMARK_FORMAT:
        raise AuthorError(f"{path} is a bookmark and no author. Name it with --from, and its author with --author.")
    if about.get("format") != FORMAT:
        refuse(path, f"it calls itself {about.get('format')!r:.50}, not {FORMAT!r}")
    version = about.get("format_version")
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise AuthorError(
            f"{path} was written by a newer Penwright (format {version}; this one reads up to {FORMAT_VERSION}). "
            "Upgrade with: pip install --upgrade penwright"
        )
    if type(version) is int and 0 < version < MIN_FORMAT_VERSION:
        raise AuthorError(
            f"{path} was written by an older Penwright (format {version}; this one reads {MIN_FORMAT_VERSION} and up). "
            "Let it write with the version that it came from, or train anew."
        )
    if type(version) is not int or version <= 0:
        refuse(path, f"its format version is {version!r:.50}")
    if set(about) != ABOUT_KEYS or len(metadata) != 1:
        refuse(path, "its header lacks an entry or has one too many")
    if about.pop("header_sha256") != digest_of(about):
        refuse(path, "its header was changed after it was written")
    return about
