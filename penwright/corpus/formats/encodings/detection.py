"""Tell which encoding a text was written in, by reading it in each and judging the result.

A wrong encoding gives itself away: letters no language puts together, letters of a language in the wrong proportions,
signs inside words, capitals in mid-word. All bytes above 0x7F are counted, and a bounded sample from all over the file
is read, so the cost hardly grows with the file. A few damaged bytes spoil nothing. East Asian encodings are told by
`multibyte`; what is left is asked of charset-normalizer. This module knows
nothing of files and decodes nothing but its sample.
"""

import codecs
import re
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.corpus.formats.encodings.languages import (
    MIN_DENSITIES,
    SIGN_COST,
    SIGNS,
    UNKNOWN_COST,
    WESTERN,
    cost_tables,
)
from penwright.corpus.formats.encodings.multibyte import MULTIBYTE, find_multibyte, reads_in, stretches_of

MAX_RUNS = 1_500
"""Runs of bytes above 0x7F that are looked at, from all over the file."""
FEW_RUNS = 200
"""With fewer of them a Western language is not told from its neighbours."""
MIN_SENSE = 0.85
"""Share of a sample, less the penalties, that must make sense."""
MIN_DECLARED_SENSE = 0.6
"""The same for the encoding that a text declares for itself."""
MAX_DECLARED_COST = 1.0
"""Nats a character by which another reading must be better before a declaration is passed over."""
MIN_RUNS_AGAINST = 50
"""With fewer runs than this nothing speaks against a declaration that makes sense."""
MAX_DAMAGED = 0.01
"""Share of the bytes above 0x7F that may make no character."""
CHUNK_BYTES = 1 << 20
"""Bytes searched at a time."""
# In order of preference where two read the sample alike, as cp1252 and cp1250 do a German one.
CANDIDATES = (
    "cp1252", "cp1251", "koi8-r", "koi8-u", "cp1250", "iso8859-2", "cp1253", "iso8859-7", "mac-roman", "cp850", "cp437",
    "cp866", "iso8859-5", "mac-cyrillic", "cp1254", "cp1257", "cp852", "mac-latin2", "iso8859-15", "iso8859-16",
    "cp1255", "cp1256", "iso8859-6",
)  # fmt: skip
_WESTERN_NAMES = frozenset(
    {"French", "German", "Spanish", "Portuguese", "Italian", "Dutch", "Swedish or Finnish", "Danish or Norwegian"}
)
_WITH_CAPITALS = frozenset({"Russian", "Ukrainian", "Belarusian", "Bulgarian", "Serbian or Macedonian", "Greek"})
_GUESSED = "reads well in no encoding; the one taken is a guess"
_LETTER = r"[^\W\d_]"
_TROUBLES = (  # what a wrong encoding makes of a word, and what each finding costs
    (re.compile(r"[A-HJ-Za-hj-z][Ͱ-ۿ]|[Ͱ-ۿ][A-HJ-Za-hj-z]"), 2),  # Latin and other letters in one word, but an i
    (re.compile(r"[a-zß-öø-ÿα-ώа-џ][A-ZÀ-ÖØ-ÞŠŒŽŸΑ-ΩА-ЯЁ]"), 2),  # a capital after a small letter
    (re.compile(rf"(?<={_LETTER})[^\w\s'’‘´·\-\xad–—…“”«»،؛ـً-ْ](?={_LETTER})"), 1),  # a sign between letters
    (re.compile(rf"{_LETTER}[‚„¿¡]"), 1),  # an opening sign after a letter
    (re.compile(rf"[¹²³¼½¾¶±¬¨¸¦¤]{_LETTER}"), 1),  # a sign that closes, or an accent alone, before one
    (re.compile(r"[À-ÖØ-öø-ɏ]{4,}"), 5),  # more accented letters in a row than any Latin spelling has
    (re.compile(r"(?:^| )[þðÞÐ][^\x00-\x7f]"), 1),
)


class Detection(NamedTuple):
    """The encoding a text reads best in."""

    encoding: str
    """A name Python knows."""
    reason: str
    """Why, in a few words: "detected: reads as Polish"."""
    doubt: str = ""
    """What speaks against it, as the rest of a sentence after the file's name; empty where it is sure."""


class _Reading(NamedTuple):
    """How a text reads in one encoding."""

    encoding: str
    language: str
    cost: float
    """Nats a character above ASCII."""


class _Sample(NamedTuple):
    """What is known of the bytes of a text."""

    counts: NDArray[np.int64]
    """How often each byte occurs, (256,)."""
    runs: list[tuple[int, int]]
    excerpt: bytes
    """The runs of bytes above 0x7F, each with the byte before and after it."""

    @property
    def num_high(self) -> int:
        """Bytes above 0x7F."""
        return int(self.counts[128:].sum())

    @property
    def density(self) -> float:
        """Share of the letters that are bytes above 0x7F."""
        num_ascii = int(self.counts[65:91].sum() + self.counts[97:123].sum())
        return self.num_high / (self.num_high + num_ascii)


def detect(data: bytes, *, declared: str | None = None) -> Detection:
    """Choose the encoding of bytes that are not UTF-8.

    Args:
        data: The bytes of a text, at least one of them above 0x7F.
        declared: The encoding the text claims for itself; it is believed unless it is clearly false.

    Returns:
        An encoding that decodes all of `data` but a few damaged bytes. Where nothing makes sense it is cp1252 or
        latin-1, and the reason says so.
    """
    if declared in MULTIBYTE and reads_in(data, declared):
        return Detection(declared, f"declared, and reads as {MULTIBYTE[declared][0]}")
    sample = _sample_of(data)
    readings = [_read(sample, encoding, min_sense=MIN_SENSE) for encoding in CANDIDATES]
    sensible = [reading for reading in readings if reading is not None]
    best = min(sensible, key=lambda reading: round(reading.cost, 2), default=None)
    claimed = None
    if declared in CANDIDATES:
        claimed = _read(sample, declared, min_sense=MIN_DECLARED_SENSE, at_any_density=True)
    if claimed is not None and (
        best is None or len(sample.runs) < MIN_RUNS_AGAINST or claimed.cost < best.cost + MAX_DECLARED_COST
    ):
        return _detected(claimed, sample, "declared, and reads as")
    if best is not None:
        return _detected(best, sample, "detected: reads as")
    if (found := find_multibyte(data)) is not None:
        return Detection(found[0], f"detected: reads as {found[1]}")
    return _ask_normalizer(data) or _last_resort(data)


def high_runs(data: bytes, *, limit: int) -> list[tuple[int, int]]:
    """Return where the first runs of bytes above 0x7F start and end, at most `limit` of them."""
    runs: list[tuple[int, int]] = []
    for start in range(0, len(data), CHUNK_BYTES):
        chunk = np.frombuffer(data, dtype=np.uint8, count=min(CHUNK_BYTES, len(data) - start), offset=start)
        firsts, ends = _runs_in(chunk, start)
        runs += zip(firsts[:limit].tolist(), ends[:limit].tolist(), strict=True)
        if len(runs) >= limit:
            break
    return runs[:limit]


def _runs_in(chunk: NDArray[np.uint8], start: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where the runs of bytes above 0x7F in a chunk start and end; the chunk itself begins at `start`."""
    high = np.flatnonzero(chunk > 0x7F)
    if not len(high):
        return high, high
    is_gap = np.diff(high) > 1
    firsts = high[np.concatenate([[True], is_gap])] + start
    ends = high[np.concatenate([is_gap, [True]])] + start + 1
    return firsts, ends


def _sample_of(data: bytes) -> _Sample:
    """Return the counts of all bytes, and a sample of the runs from all over the file."""
    num_chunks = -(-len(data) // CHUNK_BYTES)
    counts = np.zeros(256, dtype=np.int64)
    runs: list[tuple[int, int]] = []
    for start in range(0, len(data), CHUNK_BYTES):
        chunk = np.frombuffer(data, dtype=np.uint8, count=min(CHUNK_BYTES, len(data) - start), offset=start)
        counts += np.bincount(chunk, minlength=256)
        firsts, ends = _runs_in(chunk, start)
        step = max(1, len(firsts) * num_chunks // MAX_RUNS)
        runs += zip(firsts[::step].tolist(), ends[::step].tolist(), strict=True)
    excerpt = b" ".join(data[max(0, start - 1) : min(end, start + 64) + 1] for start, end in runs)
    return _Sample(counts, runs, excerpt)


def _read(sample: _Sample, encoding: str, *, min_sense: float, at_any_density: bool = False) -> _Reading | None:
    """Return how a text reads in a single-byte encoding, or None where many bytes make no character or no sense.

    Args:
        sample: What is known of its bytes.
        encoding: One of the candidates.
        min_sense: Share of the bytes above 0x7F, less the penalties, that must make sense.
        at_any_density: Whether a few letters may be of a language that has more of them in its texts.
    """
    high = sample.counts[128:]
    total = sample.num_high
    letter_costs, is_letter, is_sign, is_defined = _tables_of(encoding)
    if (high * ~is_defined).sum() > max(2.0, MAX_DAMAGED * total):
        return None
    languages = _languages()
    costs = letter_costs @ high / total
    density = 1.0 if at_any_density else sample.density
    usable = [number for number, name in enumerate(languages) if density >= MIN_DENSITIES[name]]
    best = min(usable, key=lambda number: (costs[number], number))
    sense = float((high * (is_letter[best] | is_sign)).sum() / total)
    if sense < min_sense:  # there are penalties to come, which take longer
        return None
    text = sample.excerpt.decode(encoding, "replace")
    num_above = max(1, len(text) - len(text.encode("ascii", "ignore")))
    penalty = sum(cost * len(trouble.findall(text)) for trouble, cost in _TROUBLES)
    if languages[best] in _WITH_CAPITALS and num_above >= 200:
        above = [character for character in text if character > "\x7f" and character.isalpha()]
        capitals = sum(character.isupper() for character in above)
        if not 0.003 <= capitals / max(1, len(above)) <= 0.6:
            penalty += num_above // 5  # no sentence begins: other letters stand in these letters' places
    has_letters = bool((high * is_letter[best]).sum())
    language = languages[best] if has_letters else "text with typographic signs"
    if sense - penalty / num_above < min_sense:
        return None
    return _Reading(encoding, language, float(costs[best]) + 2 * penalty / num_above)


@lru_cache(maxsize=1)
def _languages() -> tuple[str, ...]:
    return tuple(cost_tables())


@lru_cache(maxsize=len(CANDIDATES))
def _tables_of(encoding: str) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return, of the 128 bytes above 0x7F, costs and letters by language, (languages, 128), signs and those defined."""
    characters = [bytes([byte]).decode(encoding, "replace") for byte in range(128, 256)]
    is_sign = np.array([character in SIGNS for character in characters])
    is_defined = np.array([character != "\ufffd" and not "\x80" <= character < "\xa0" for character in characters])
    tables = cost_tables()
    is_letter = np.array([[character in table for character in characters] for table in tables.values()])
    costs = np.array(
        [
            [
                table.get(character, SIGN_COST if sign else UNKNOWN_COST)
                for character, sign in zip(characters, is_sign, strict=True)
            ]
            for table in tables.values()
        ]
    )
    return costs, is_letter, is_sign, is_defined


def _detected(reading: _Reading, sample: _Sample, how: str) -> Detection:
    # A few accents in an English text are no reason to speak of French.
    is_western = reading.language in _WESTERN_NAMES and len(sample.runs) < FEW_RUNS
    # In ISO-8859-16 the same bytes stand for the same letters with commas in the place of cedillas.
    is_romanian = reading.language == "Romanian" and reading.encoding in ("cp1250", "iso8859-2")
    doubt = "is Romanian in cp1250 or ISO-8859-16, which differ in ş and ț only" if is_romanian else ""
    return Detection(reading.encoding, f"{how} {WESTERN if is_western else reading.language}", doubt)


def _ask_normalizer(data: bytes) -> Detection | None:
    from charset_normalizer import from_bytes  # only needed for the rare file that gets here

    match = from_bytes(stretches_of(data) or data[: 1 << 15]).best()
    if match is None or not _decodes(data, match.encoding):
        return None
    return Detection(match.encoding, "guessed by charset-normalizer", _GUESSED)


def _last_resort(data: bytes) -> Detection:
    encoding = "cp1252" if _decodes(data, "cp1252") else "latin-1"
    return Detection(encoding, "guessed: no encoding reads well", _GUESSED)


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        codecs.decode(data, encoding)
    except UnicodeDecodeError:
        return False
    return True
