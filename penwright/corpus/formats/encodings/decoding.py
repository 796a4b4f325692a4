"""Turn bytes into text with line feeds, and say how the bytes were understood.

A byte order mark is believed, then strict UTF-8, then UTF-8 with a few stray bytes, then what a file declares about
itself unless that is clearly false, then what `detection` finds. A damaged byte is replaced and told, never a reason to
take another encoding. A file that is not text is refused with one sentence that says what it seems to be. This module
knows nothing of paths, markup or books.
"""

import codecs
import re
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from penwright.corpus.formats.encodings.detection import Detection, detect, high_runs
from penwright.errors import ReadingError, counted

# The longer marks first: UTF-16's little-endian mark begins UTF-32's.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a zip archive or an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"{\\rtf", "a rich text (RTF) document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old office document"),
    (b"\x89PNG\r\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "a database"),
)
_MOBIPOCKET = b"BOOKMOBI"  # at byte 60 of a Kindle book
HEAD_BYTES = 1 << 16
_CONTROLS = bytes([*range(1, 8), *range(14, 26), *range(28, 32), 127])  # but backspace, blanks, DOS's end, escape
_CONTROL_SHARE = 0.01
_DECLARATION = re.compile(
    rb"""^\s*(?:Character\ set\ encoding|Encoding)\s*:\s*(?P<header>[\w-]+)      # a Project Gutenberg header
    |<meta[^>]{0,200}charset\s*=\s*["']?\s*(?P<meta>[\w-]+)
    |<\?xml[^>]{0,100}encoding\s*=\s*["'](?P<xml>[\w-]+)""",
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
# Files that declare these hold the curly quotes of cp1252 often enough for browsers to read them as that.
_LATIN_1 = frozenset({"iso-8859-1", "latin-1", "latin1", "windows-1252", "us-ascii", "ascii"})
# What files say and what they hold: pages in the subset hold characters of the superset.
_SUPERSETS = {
    "shift_jis": "cp932", "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949", "iso8859-9": "cp1254",
    "iso8859-11": "cp874", "tis-620": "cp874",
}  # fmt: skip
_ESCAPED = (
    ("iso2022_jp_ext", b"\x1b$", "Japanese"), ("iso2022_kr", b"\x1b$)C", "Korean"), ("hz", b"~{", "Chinese"),
)  # fmt: skip
_STRAY_BYTE = re.compile("[\udc80-\udcff]")
_STRAY_IN_WORD = re.compile("(?<=[A-Za-zÀ-ɏ ])[\udc80-\udcff](?=[A-Za-zÀ-ɏ ,.;:!?\\s])")


class Decoded(NamedTuple):
    """A text and how its bytes were understood."""

    text: str
    """Without a byte order mark; lines end in line feeds."""
    encoding: str
    """The encoding, by a name Python knows."""
    reason: str
    """Why that one: "byte order mark", "valid UTF-8", "detected: reads as Polish", ..."""
    warnings: tuple[str, ...] = ()
    """Sentences on what was guessed or replaced, that begin in lower case, to follow the file's name."""


def decode(data: bytes, *, name: str, declared: str | None = None) -> Decoded:
    """Return the text of a file's bytes.

    Args:
        data: The bytes of a whole file, or of a piece of one cut at a line's end.
        name: What an error calls the file.
        declared: The encoding that something beside the file claims for it, such as a message's header; None asks the
            file itself.

    Returns:
        The text. CR, CR LF and CR CR LF have become LF, and the end-of-file mark of DOS is gone.

    Raises:
        ReadingError: If the file is empty, holds NUL bytes, is not text, or breaks off within a character of its UTF-16
            or UTF-32.
    """
    if not data or data.isspace():
        raise ReadingError(f"{name} is empty: there is nothing to read in it.")
    marked = next((its for mark, its in _BYTE_ORDER_MARKS if data.startswith(mark)), None)
    if marked in ("utf-16", "utf-32"):
        decoded = _wide(data, marked, name)
    else:
        decoded = _by_content(with_line_feeds(data.removeprefix(codecs.BOM_UTF8)), name, declared)
        if marked is not None and decoded.encoding == "utf-8":
            decoded = decoded._replace(encoding=marked, reason="byte order mark")
    if not decoded.text or decoded.text.isspace():
        raise ReadingError(f"{name} is empty: there is nothing to read in it.")
    return decoded


def with_line_feeds(data: bytes) -> bytes:
    """Return the bytes of a text whose lines end in line feeds, whichever of CR, CR LF and CR CR LF they ended in.

    Args:
        data: Text in any encoding that writes CR and LF as ASCII does, and nothing else with these bytes.
    """
    array = np.frombuffer(data, dtype=np.uint8)
    returns = np.flatnonzero(array == 13)
    if len(returns):
        following = array[np.minimum(returns + 1, len(array) - 1)]
        if returns[-1] + 1 < len(array) and ((following == 10) | (following == 13)).all():
            data = data.replace(b"\r", b"")  # each one, or run of them, stands before a line feed
        else:
            data = data.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data.rstrip(b"\x1a") if data.endswith(b"\x1a") else data


def what_else(data: bytes) -> str | None:
    """Return what bytes are if they are not text, such as "a PDF", or None if they may well be.

    Args:
        data: The first bytes of a file; 4 kB suffice, and no more than 64 kB are looked at.
    """
    head = data[:HEAD_BYTES]
    for magic, what in _MAGIC:
        if head.startswith(magic):
            return what
    if head[60:68] == _MOBIPOCKET:
        return "a Kindle book"
    if any(head.startswith(mark) for mark, _ in _BYTE_ORDER_MARKS):
        return None
    if b"\0" in head:
        return "a binary file, or UTF-16 without its byte order mark (it holds NUL bytes)"
    if len(head) - len(head.translate(None, _CONTROLS)) > _CONTROL_SHARE * len(head) + 4:
        return "a binary file (it is full of control characters)"
    return None


def _wide(data: bytes, encoding: str, name: str) -> Decoded:
    """Decode UTF-16 or UTF-32, whose byte order mark comes first."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ReadingError(
            f"{name} begins with the byte order mark of {encoding.upper()}, but is damaged at byte {error.start:,}. "
            "Save it again, best as UTF-8."
        ) from error
    if "\0" in text:
        raise ReadingError(
            f"{name} holds NUL characters, so it is not a text. Save it as plain text in UTF-8, or leave it out."
        )
    return Decoded(with_line_feeds(text.encode("utf-8")).decode("utf-8"), encoding, "byte order mark")


def _by_content(data: bytes, name: str, declared: str | None) -> Decoded:
    if (b"\x1b" in data or b"~" in data) and data.isascii() and (escaped := _by_escapes(data)) is not None:
        return escaped
    what = what_else(data)
    if what is None and b"\0" in data:
        what = "a binary file (it holds NUL bytes)"
    if what is not None:
        raise ReadingError(f"{name} is {what}, not a text. Save it as plain text in UTF-8, or leave it out.")
    try:
        return Decoded(data.decode("utf-8"), "utf-8", "plain ASCII" if data.isascii() else "valid UTF-8")
    except UnicodeDecodeError:
        pass
    mixed = _nearly_utf8(data)
    if mixed is not None:
        return mixed
    detection = detect(data, declared=_known(declared) if declared else declared_encoding(data))
    return decode_as(data, detection)


def decode_as(data: bytes, detection: Detection) -> Decoded:
    """Return a text in the encoding that was found for it; what makes no character there becomes U+FFFD and is told.

    Args:
        data: Its bytes, lines ended by line feeds.
        detection: What was found.
    """
    encoding, reason, doubt = detection
    warnings: tuple[str, ...] = (doubt,) if doubt else ()
    try:
        return Decoded(data.decode(encoding), encoding, reason, warnings)
    except UnicodeDecodeError:
        pass
    lines = [_damaged_line(line, encoding) for line in data.split(b"\n")]
    text = "\n".join(lines)
    num_lost = text.count("\ufffd") - data.count("\ufffd".encode())
    if num_lost > 0:
        warnings += (f"{counted(num_lost, 'byte makes', 'bytes make')} no character in {encoding} and became U+FFFD",)
    return Decoded(text, encoding, f"{reason}, with damaged bytes", warnings)


def _damaged_line(line: bytes, encoding: str) -> str:
    """Return a line in an encoding, one that is UTF-8 in that; the euro sign of Windows where Chinese has no 0x80."""
    try:
        return line.decode(encoding)
    except UnicodeDecodeError as error:
        with suppress(UnicodeDecodeError):
            return line.decode("utf-8")
        if encoding == "gb18030" and line[error.start : error.start + 1] == b"\x80":
            end = error.start
            return line[:end].decode(encoding) + "€" + _damaged_line(line[end + 1 :], encoding)
        return line.decode(encoding, "replace")


def _by_escapes(data: bytes) -> Decoded | None:
    """Decode a text whose bytes are all ASCII and whose sense is not: ISO-2022-JP, ISO-2022-KR or HZ."""
    for encoding, sign, language in _ESCAPED:
        if sign in data:
            with suppress(UnicodeDecodeError):
                text = data.decode(encoding)
                if not text.isascii():
                    return Decoded(text, encoding, f"detected by its escapes: {language}")
    return None


def _nearly_utf8(data: bytes) -> Decoded | None:
    """Decode a text that is UTF-8 but for a few bytes, as when two files were pasted together; None if it is not one.

    Each stray byte must be outweighed by three valid characters above ASCII, which text in another encoding never has.
    """
    if not _begins_as_utf8(data):
        return None
    text = data.decode("utf-8", "surrogateescape")
    num_stray = len(_STRAY_BYTE.findall(text))
    num_above_ascii = len(text) - len(text.encode("ascii", "ignore"))
    if num_above_ascii - num_stray < 3 * num_stray:
        return None
    # A stray byte beside Latin letters is an accent of cp1252; anywhere else it says nothing.
    text = _STRAY_IN_WORD.sub(lambda stray: bytes([ord(stray[0]) - 0xDC00]).decode("cp1252", "replace"), text)
    text, num_lost = _STRAY_BYTE.subn("\ufffd", text)
    bytes_ = "bytes is" if num_stray == 1 else "bytes are"
    became = f"of them {num_lost:,} became U+FFFD, the others" if num_lost and num_lost < num_stray else ""
    how = "and became U+FFFD" if num_lost == num_stray else f"({became}{' were ' if became else ''}read as cp1252)"
    warning = f"{num_stray:,} of its {bytes_} not UTF-8 {how}"
    return Decoded(text, "utf-8", f"UTF-8 with {counted(num_stray, 'stray byte')}", (warning,))


def _begins_as_utf8(data: bytes) -> bool:
    """Return whether most of the first bytes above ASCII are UTF-8, which saves looking at the rest of what is not."""
    runs = [data[start : min(end, start + 96)] for start, end in high_runs(data, limit=64)]
    num_valid = sum(len(run.decode("utf-8", "ignore").encode("utf-8")) for run in runs)
    return 2 * num_valid >= sum(map(len, runs))


def declared_encoding(data: bytes) -> str | None:
    """Return the encoding that a Gutenberg header, an HTML page or an XML file claims for itself, by Python's name."""
    match = _DECLARATION.search(data, 0, 8_192)
    if match is None:
        return None
    return _known(next(group for group in match.groups() if group is not None).decode("ascii", "ignore"))


def _known(claimed: str) -> str | None:
    """Return an encoding by the name that `detection` has for it, or None where there is none of that name."""
    claimed = claimed.strip().lower()
    if claimed in _LATIN_1:
        return "cp1252"
    claimed = claimed.replace("windows-", "cp").replace("iso-8859-", "iso8859-").replace("macintosh", "mac-roman")
    try:
        codec = codecs.lookup(claimed).name
    except LookupError:
        return None
    return _SUPERSETS.get(codec, codec)
