"""Tell which single-byte encoding a text was written in, by reading it in each and judging the result.

A wrong encoding gives itself away: letters no language puts together, signs inside words, capitals in mid-word,
Cyrillic letters inside Latin words. Every candidate is scored by what it makes of a bounded sample of the bytes above
0x7F, so the cost does not grow with the file. East Asian encodings, which take two bytes a character, are told by
everyday characters; what is left is asked of charset-normalizer. This module knows nothing of files and decodes nothing
but its sample.
"""

import re
from collections import Counter
from typing import NamedTuple

import numpy as np

MAX_RUNS = 2_000
"""Runs of bytes above 0x7F that are looked at."""
FEW_RUNS = 200
"""With fewer of them a Western language is not told from its neighbours."""
MIN_SCORE = 0.85
"""The share of them, less the penalties, that must make sense."""
SURE_SCORE = 0.985
"""A score at which the remaining candidates, all less common, are not tried."""
CHUNK_BYTES = 1 << 20
"""Bytes searched at a time."""
MIN_EVERYDAY_SHARE = 0.12
"""Share of a text's East Asian characters that must be everyday ones; in a wrong encoding it is a few in a hundred."""
FALLBACK_BYTES = 1 << 15
"""Bytes looked at where no single-byte candidate makes sense."""

# Letters above ASCII that a language uses, lower case. A text counts as the one language that explains most of it.
_LETTERS = {
    "Western European": "àâäáãåæçéèêëíîïìñóôöòõøœúùûüýÿßþð",  # an English text with words from several languages
    "French": "àâæçéèêëîïôœùûüÿ",
    "German": "äöüßéèàêôâ",
    "Spanish": "áéíñóúü",
    "Portuguese": "àáâãçéêíóôõú",
    "Italian": "àèéìíîòóùú",
    "Dutch": "áéëèïíóöúü",
    "Scandinavian": "æøåäöéü",
    "Icelandic": "áéíóúýþæöð",
    "Polish": "ąćęłńóśźż",
    "Czech or Slovak": "áäčďéěíĺľňóôŕřšťúůýž",
    "Hungarian": "áéíóöőúüű",
    "Croatian or Slovene": "čćđšž",
    "Romanian": "ăâîșțşţ",
    "Turkish": "âçğıîöşüû",
    "Baltic": "āąčēęėģīįķļņõöšūųžäü",
    "Russian": "абвгдеёжзийклмнопрстуфхцчшщъыьэюяѣі",
    "Ukrainian": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    "Serbian or Macedonian": "абвгдђѓежзѕијкќлљмнњопрстћуфхцчџш",
    "Greek": "αάβγδεέζηήθιίϊΐκλμνξοόπρσςτυύϋΰφχψωώ",
    "Hebrew": "אבגדהוזחטיךכלםמןנסעףפץצקרשת",
    "Arabic": "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيپچژگ،؛؟ـًٌٍَُِّْ",
}
_EXPLAINED_BY = {language: frozenset(letters + letters.upper()) for language, letters in _LETTERS.items()}
_WESTERN = ("French", "German", "Spanish", "Portuguese", "Italian", "Dutch", "Scandinavian")
_WITH_CAPITALS = ("Russian", "Ukrainian", "Serbian or Macedonian", "Greek")
# What a language must explain beyond another to be preferred: the wider its alphabet, the more by accident.
_COST = {
    language: 0.06 if language == "Western European" else 1e-4 * len(letters) for language, letters in _LETTERS.items()
}
_SIGNS = frozenset("«»‹›“”„‘’‚–—―…·•§¶°£¢¥€©®™†‡ªº¹²³¼½¾×÷±´¨¸`¿¡№¦¬ˆ˜‰\xa0\xad΄΅")

# In order of preference where two read the sample alike, as cp1252 and cp1250 do a German one.
_CANDIDATES = (
    "cp1252", "cp1251", "koi8-r", "koi8-u", "cp1250", "iso8859-2", "cp1253", "iso8859-7", "mac-roman", "cp850", "cp437",
    "cp866", "iso8859-5", "mac-cyrillic", "cp1254", "cp1257", "cp852", "mac-latin2", "iso8859-15", "cp1255", "cp1256",
)  # fmt: skip

_EVERYDAY = {
    "cp932": ("Japanese", frozenset("のにはをたがでてとしれさあいうおかきくけこそちつなねまもやゆよらりるわん、。")),
    "euc_jp": ("Japanese", frozenset("のにはをたがでてとしれさあいうおかきくけこそちつなねまもやゆよらりるわん、。")),
    "gb18030": ("Chinese", frozenset("的一是不了人我在有他这个们中来上大为和国地到以说时要就出会可也你对生，。之其而")),
    "big5": ("Chinese", frozenset("的一是不了人我在有他這個們中來上大為和國地到以說時要就出會可也你對生，。之其而")),
    "cp949": ("Korean", frozenset("이다는을가에의고하지은로를도한사어아나기자그서리인대해있것라시니마만보일면으던들")),
}
_LETTER = r"[^\W\d_]"
_TROUBLES = (  # what a wrong encoding makes of a word, and what each finding costs
    (re.compile(r"[A-HJ-Za-hj-z][Ͱ-ۿ]|[Ͱ-ۿ][A-HJ-Za-hj-z]"), 2),  # Latin and other letters in one word, but an i
    (re.compile(r"[a-zß-öø-ÿα-ώа-џ][A-ZÀ-ÖØ-ÞŠŒŽŸΑ-ΩА-ЯЁ]"), 2),  # a capital after a small letter
    (re.compile(rf"(?<={_LETTER})[^\w\s'’‘´·\-\xad–—…“”«»،؛ـً-ْ](?={_LETTER})"), 1),  # a sign between letters
    (re.compile(rf"{_LETTER}[‚„¿¡]"), 1),  # an opening sign after a letter
    (re.compile(rf"[¹²³¼½¾¶±¬]{_LETTER}"), 1),  # a sign that closes before one
)


class Detection(NamedTuple):
    """The encoding a sample reads best in."""

    encoding: str
    """A name Python knows."""
    reason: str
    """Why, in a few words: "detected: reads as Polish"."""


def detect(data: bytes, *, declared: str | None = None) -> Detection:
    """Choose the encoding of bytes that are not UTF-8.

    Args:
        data: The bytes of a text, at least one of them above 0x7F.
        declared: The encoding the text claims for itself; it decides only between candidates that read equally well.

    Returns:
        An encoding that decodes all of `data`. Where nothing makes sense it is cp1252 or latin-1, and the reason says
        so.
    """
    runs = high_runs(data, limit=MAX_RUNS)
    sample = _sample(data, runs)
    preferred = [declared] if declared in _CANDIDATES else []
    best_score, best = 0.0, Detection("", "")
    for encoding in dict.fromkeys([*preferred, *_CANDIDATES]):
        try:
            text = sample.decode(encoding)
        except UnicodeDecodeError:
            continue
        score, language = _plausibility(text, floor=best_score)
        if score > best_score + 0.002 and _decodes(data, encoding):
            # A few accents in an English text are no reason to speak of French.
            language = "Western European" if language in _WESTERN and len(runs) < FEW_RUNS else language
            best_score, best = score, Detection(encoding, f"detected: reads as {language}")
            if best_score >= SURE_SCORE:
                break
    if best_score >= MIN_SCORE:
        return best
    return _east_asian(data) or _ask_normalizer(data) or _last_resort(data)


def high_runs(data: bytes, *, limit: int) -> list[tuple[int, int]]:
    """Return where the first runs of bytes above 0x7F start and end, at most `limit` of them."""
    runs: list[tuple[int, int]] = []
    for start in range(0, len(data), CHUNK_BYTES):
        chunk = np.frombuffer(data, dtype=np.uint8, count=min(CHUNK_BYTES, len(data) - start), offset=start)
        high = np.flatnonzero(chunk > 0x7F)
        if len(high):
            is_gap = np.diff(high) > 1
            firsts = high[np.concatenate([[True], is_gap])][:limit] + start
            ends = high[np.concatenate([is_gap, [True]])][:limit] + start + 1
            runs += zip(firsts.tolist(), ends.tolist(), strict=True)
        if len(runs) >= limit:
            break
    return runs[:limit]


def _sample(data: bytes, runs: list[tuple[int, int]]) -> bytes:
    """Return the runs of bytes above 0x7F, each with the byte before and after it."""
    return b" ".join(data[max(0, start - 1) : min(end, start + 64) + 1] for start, end in runs)


def _plausibility(text: str, *, floor: float) -> tuple[float, str]:
    """Return how much of a decoded sample makes sense, at most 1, and the language it reads as.

    A sample whose letters alone do not reach `floor` is not examined further, so what is returned for it may be too
    high, but not above `floor`.
    """
    counts = Counter(character for character in text if character > "\x7f")
    total = counts.total()
    signs = sum(count for character, count in counts.items() if character in _SIGNS)
    letters = {
        language: sum(count for character, count in counts.items() if character in known)
        for language, known in _EXPLAINED_BY.items()
    }
    language = max(letters, key=lambda name: (letters[name] - _COST[name] * total, name))
    score = (letters[language] + signs) / total - _COST[language]
    if score <= floor:
        return score, language
    penalty = sum(cost * len(trouble.findall(text)) for trouble, cost in _TROUBLES)
    if language in _WITH_CAPITALS and letters[language] >= 200:
        capitals = sum(count for character, count in counts.items() if character.isupper())
        if not 0.003 <= capitals / letters[language] <= 0.6:
            penalty += total // 5  # no sentence begins: other letters stand in these letters' places
    return score - penalty / total, language if letters[language] else "text with typographic signs"


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _east_asian(data: bytes) -> Detection | None:
    """Return the multi-byte encoding in which the characters read are everyday ones, if there is one."""
    first = high_runs(data, limit=1)[0][0]
    start = data.rfind(b"\n", max(0, first - 1_000), first) + 1
    best_share, best = MIN_EVERYDAY_SHARE, None
    for encoding, (language, everyday) in _EVERYDAY.items():
        text = data[start : start + FALLBACK_BYTES].decode(encoding, "replace")
        wide = [character for character in text if character >= "\u2e80"]
        share = sum(character in everyday for character in wide) / len(wide) if wide else 0.0
        if share > best_share and _decodes(data, encoding):
            best_share, best = share, Detection(encoding, f"detected: reads as {language}")
    return best


def _ask_normalizer(data: bytes) -> Detection | None:
    from charset_normalizer import from_bytes  # only needed for the rare file that gets here

    start = max(0, high_runs(data, limit=1)[0][0] - 1_000)
    match = from_bytes(data[start : start + FALLBACK_BYTES]).best()
    if match is None or not _decodes(data, match.encoding):
        return None
    return Detection(match.encoding, "detected by charset-normalizer")


def _last_resort(data: bytes) -> Detection:
    encoding = "cp1252" if _decodes(data, "cp1252") else "latin-1"
    return Detection(encoding, "guessed: no encoding reads well")
