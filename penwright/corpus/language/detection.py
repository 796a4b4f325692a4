"""Tell the language of a text by its own words, and say "unknown" rather than guess.

Stretches all over the text are looked at one by one, so that a book in two languages shows both. A stretch is in the
language whose function words it has, if it has as many of them as prose has; programs, tables and lists have not. Some
languages are told by their script alone. This module knows nothing of books, files and catalogues.

Shapes: none. A stretch has about `STRETCH_CHARS` characters, some hundred words.
"""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from penwright.corpus.language.function_words import FUNCTION_WORDS, NAMES, SCRIPTS, WORDS_OF_SCRIPT

UNKNOWN = ""
"""The code of a stretch or a book whose language cannot be told."""
MAX_STRETCHES = 8
STRETCH_CHARS = 500
MIN_LETTERS = 0.72
"""Smallest share of letters among the characters of prose that are no blanks; programs and tables have fewer."""
MAX_SIGNS = 0.04
"""Largest share of the signs of programs, such as braces and equals signs, among these characters."""
MIN_WORDS = 12
"""Number of words of a stretch below which nothing is said."""
MIN_COVERAGE = 0.16
"""Smallest share of function words among the words of prose."""
MIN_COVERAGE_ENGLISH = 0.25
"""The same for English, from whose words programs and tables are made too."""
MIN_MARGIN = 1.2
"""How many times as much must speak for the language as for the next one."""
CLOSE = ({"da", "no"}, {"gl", "pt"}, {"cs", "sk"}, {"hr", "sl"})
"""Languages so near one another that the better of them is taken without a margin."""
MIN_SECOND = 0.15
"""Smallest share of the stretches whose language is known that makes a book bilingual."""
MIN_SECOND_STRETCHES = 2
MIN_KNOWN = 0.4
"""Smallest share of the stretches whose language must be known for the language of a book to be."""
MIN_KANA = 0.05
MIN_ASCII = 0.6
"""Share of ASCII characters from which a text is taken to be in Latin letters."""
_BLANKS = b" \n\t"
_SIGNS = b"{}<>=#/\\|&;()[]"
_FIRSTS = [first for first, _, _ in SCRIPTS]
_SPREAD = (5**0.5 - 1) / 2
_BETWEEN_WORDS = ".,;:!?'\"-_()\u2019\u2018\u201c\u201d\u2014\u00ab\u00bb"
_NO_LETTERS = b"0123456789*{}<>=#/\\|&[]+$%^~`@" + _BETWEEN_WORDS.encode("ascii", "ignore")
_WIDE_BLANK = "\u3000"
_WIDE_NO_LETTERS = "\u2026" + "".join(sign for sign in _BETWEEN_WORDS if not sign.isascii())


class BookLanguage(NamedTuple):
    """The language of a book."""

    code: str
    """Its code; empty if it cannot be told."""
    others: tuple[tuple[str, float], ...] = ()
    """Other languages that a good part of the book is in, with their shares, 0 to 1, the largest first."""

    @property
    def name(self) -> str:
        """The language's name, such as "French", or "French and Latin" for a bilingual book."""
        return " and ".join(language_name(code) for code in (self.code, *(other for other, _ in self.others)))


def stretch_languages(text: str) -> dict[str, int]:
    """Return the number of stretches of a text in each language, by code, `UNKNOWN` included.

    Args:
        text: Clean text of a book or of a part of it. At most `MAX_STRETCHES` stretches of it are looked at, evenly
            spread, so the cost does not grow with its length.
    """
    num_chars = len(text)
    if num_chars <= STRETCH_CHARS:
        return {language_of(text): 1} if text.strip() else {}
    number = min(MAX_STRETCHES, num_chars // STRETCH_CHARS)
    step = num_chars / number
    # Stretches at equal distances could all fall on the left pages of a book whose right pages are a translation.
    starts = (int((step - STRETCH_CHARS) * ((index + 0.5) * _SPREAD % 1) + step * index) for index in range(number))
    return dict(Counter(language_of(text[start : start + STRETCH_CHARS]) for start in starts))


def book_language(stretches: Mapping[str, int]) -> BookLanguage:
    """Return the language of a book from the numbers of its stretches, added up over its parts."""
    known = {code: number for code, number in stretches.items() if code != UNKNOWN and number > 0}
    num_known = sum(known.values())
    if not num_known or num_known < MIN_KNOWN * sum(stretches.values()):
        return BookLanguage(UNKNOWN)
    ordered = sorted(known.items(), key=lambda pair: (-pair[1], pair[0]))
    others = tuple(
        (code, number / num_known)
        for code, number in ordered[1:]
        if number >= max(MIN_SECOND_STRETCHES, MIN_SECOND * num_known)
    )
    return BookLanguage(ordered[0][0], others)


def language_name(code: str) -> str:
    """Return the English name of a language, or "unknown"."""
    return NAMES.get(code, code) or "unknown"


def declared_code(declared: str) -> str:
    """Return the code of a language as a header or a catalogue names it: "English", "en-GB", "eng"; else `UNKNOWN`.

    Of several languages, as in "en; fr", the first one counts.
    """
    first = re.split(r"[;,/&]| and ", declared.strip().lower(), maxsplit=1)[0].strip()
    by_name = {name.lower(): code for code, name in NAMES.items()}
    if first in by_name:
        return by_name[first]
    short = re.split(r"[-_]", first)[0]
    return _LONG_CODES.get(short, short if short in NAMES else UNKNOWN)


_LONG_CODES = {
    **{"eng": "en", "fra": "fr", "fre": "fr", "deu": "de", "ger": "de", "spa": "es", "por": "pt", "ita": "it"},
    **{"nld": "nl", "dut": "nl", "swe": "sv", "dan": "da", "nor": "no", "nob": "no", "nb": "no", "fin": "fi"},
    **{"hun": "hu", "pol": "pl", "ces": "cs", "cze": "cs", "rus": "ru", "ukr": "uk", "ell": "el", "gre": "el"},
    **{"grc": "el", "lat": "la", "cat": "ca", "epo": "eo", "jpn": "ja", "zho": "zh", "chi": "zh", "kor": "ko"},
}


def language_of(stretch: str) -> str:
    """Return the code of the language of one stretch of text, or `UNKNOWN`.

    Args:
        stretch: Some hundred words; the first and the last one may be cut off.
    """
    lowered = stretch.lower()
    narrow = lowered.encode("ascii", "ignore")
    num_ink = len(lowered) - _number_of(_BLANKS, narrow)
    num_letters = num_ink - _number_of(_NO_LETTERS, narrow)
    if len(narrow) < len(lowered):
        num_ink -= lowered.count(_WIDE_BLANK)
        num_letters -= lowered.count(_WIDE_BLANK) + sum(map(lowered.count, _WIDE_NO_LETTERS))
    if num_letters < max(1, MIN_LETTERS * num_ink) or _number_of(_SIGNS, narrow) > MAX_SIGNS * num_ink:
        return UNKNOWN
    script = "Latin" if len(narrow) > MIN_ASCII * len(lowered) else _script_of(lowered)
    if script in NAMES:
        return script if num_letters >= MIN_WORDS else UNKNOWN
    for sign in _BETWEEN_WORDS:  # several times as fast as a pattern
        lowered = lowered.replace(sign, " ")
    words = lowered.split()
    return _by_words(words, script) if len(words) >= MIN_WORDS else UNKNOWN


def _number_of(signs: bytes, text: bytes) -> int:
    """Return how many characters of an ASCII text are among some signs."""
    return len(text) - len(text.translate(None, signs))


def _by_words(words: list[str], script: str) -> str:
    """Return the language of a script that has the most function words of its own among some words."""
    known = _known_words(script)
    counts = Counter(filter(known.__contains__, words))
    weighed: defaultdict[str, float] = defaultdict(float)
    for word, number in counts.items():
        for code, weight in known[word].items():
            weighed[code] += number * weight
    if not weighed:
        return UNKNOWN
    ordered = sorted(weighed, key=lambda code: (-weighed[code], code))
    best = ordered[0]
    covered = sum(number if len(word) > 1 else 0.5 * number for word, number in counts.items() if best in known[word])
    if covered < (MIN_COVERAGE_ENGLISH if best == "en" else MIN_COVERAGE) * len(words):
        return UNKNOWN
    rival = next((code for code in ordered[1:] if not any({best, code} <= near for near in CLOSE)), None)
    return best if rival is None or weighed[best] >= MIN_MARGIN * weighed[rival] else UNKNOWN


@lru_cache(maxsize=8)
def _known_words(script: str) -> dict[str, dict[str, float]]:
    """Return the languages that have each function word, each with the weight of the word in it.

    A word of several languages weighs less, and a word of one letter half as much, since programs and initials of names
    have many.
    """
    elsewhere = {code for codes in WORDS_OF_SCRIPT.values() for code in codes}
    codes = WORDS_OF_SCRIPT.get(script) or tuple(code for code in FUNCTION_WORDS if code not in elsewhere)
    owners: dict[str, list[str]] = {}
    for code in codes:
        for word in dict.fromkeys(FUNCTION_WORDS[code].split()):
            owners.setdefault(word, []).append(code)
    return {
        word: dict.fromkeys(found, (0.5 if len(word) == 1 else 1.0) / len(found) ** 0.5)
        for word, found in owners.items()
    }


def _script_of(letters: str) -> str:
    """Return the script of most of the letters, or the language that is told by it; Japanese by its kana."""
    found: Counter[str] = Counter()
    for letter, number in Counter(letters).items():
        index = bisect_right(_FIRSTS, ord(letter)) - 1
        if index >= 0 and ord(letter) <= SCRIPTS[index][1]:
            found[SCRIPTS[index][2]] += number
    if not found:
        return UNKNOWN
    if found["zh"] and found["ja"] >= MIN_KANA * (found["zh"] + found["ja"]):
        return "ja"
    return found.most_common(1)[0][0]
