"""Tell in which East Asian encoding a text was written, two bytes a character, by its everyday characters.

This module knows nothing of files and decodes nothing but its sample.
"""

import re

MAX_DAMAGED = 0.01
"""Share of the characters that may be damaged."""
MIN_EVERYDAY_SHARE = 0.12
"""Share of a text's East Asian characters that must be everyday ones; in a wrong encoding it is a few in a hundred."""
STRETCH_BYTES = 1 << 11
NUM_STRETCHES = 24
"""Stretches of whole lines, and their size, that East Asian encodings are tried on."""
_EVERYDAY_JAPANESE = frozenset("のにはをたがでてとしれさあいうおかきくけこそちつなねまもやゆよらりるわん、。")
_EVERYDAY_CHINESE = frozenset(
    "的一是不了人我在有他这个们中来上大为和国地到以说时要就出会可也你对生，。之其而這們來為國說時會對個"
)
_EVERYDAY_KOREAN = frozenset("이다는을가에의고하지은로를도한사어아나기자그서리인대해있것라시니마만보일면으던들")
MULTIBYTE = {
    "cp932": ("Japanese", _EVERYDAY_JAPANESE),
    "euc_jp": ("Japanese", _EVERYDAY_JAPANESE),
    "gb18030": ("Chinese", _EVERYDAY_CHINESE),
    "big5": ("Chinese", _EVERYDAY_CHINESE),
    "cp950": ("Chinese", _EVERYDAY_CHINESE),
    "big5hkscs": ("Chinese", _EVERYDAY_CHINESE),
    "cp949": ("Korean", _EVERYDAY_KOREAN),
}
_WIDE = re.compile(r"[\u2e80-\U0003ffff]")
_WIDE_IN_WORDS = re.compile(r"(?<=[A-Za-z])[\u2e80-\U0003ffff]|[\u2e80-\U0003ffff](?=[A-Za-z])")


def stretches_of(data: bytes) -> bytes:
    """Return whole lines from all over a text, those with bytes above 0x7F; in these encodings none holds a 0x0A."""
    step = max(STRETCH_BYTES, len(data) // NUM_STRETCHES)
    parts = []
    for start in range(0, len(data), step):
        first = data.find(b"\n", start, start + 4 * STRETCH_BYTES) + 1 if start else 0
        if start and not first:
            continue
        end = data.find(b"\n", first + STRETCH_BYTES, first + 8 * STRETCH_BYTES)
        parts.append(data[first : end + 1 if end >= 0 else first + STRETCH_BYTES])
    return b"\n".join(part for part in parts if not part.isascii())


def _everyday_share(data: bytes, encoding: str) -> float:
    """Return which share of the wide characters are everyday ones; none where many bytes make no character."""
    text = data.decode(encoding, "replace")
    wide = _WIDE.findall(text)
    num_damaged = text.count("\ufffd")
    if not wide or num_damaged > max(NUM_STRETCHES, MAX_DAMAGED * len(wide)):
        return 0.0
    everyday = MULTIBYTE[encoding][1]
    return sum(character in everyday for character in wide) / len(wide) - num_damaged / len(wide)


def reads_in(data: bytes, encoding: str) -> bool:
    """Return whether a text may be in the East Asian encoding it declares, in which a Latin word holds no sign."""
    text = data.decode(encoding, "replace")
    wide = len(_WIDE.findall(text))
    num_damaged = text.count("\ufffd")
    return wide > 0 and num_damaged <= max(2, MAX_DAMAGED * wide) and len(_WIDE_IN_WORDS.findall(text)) < 0.3 * wide


def find_multibyte(data: bytes) -> tuple[str, str] | None:
    """Return the encoding in which the characters read are everyday ones and its language, if there is one."""
    stretches = stretches_of(data)
    shares = {encoding: _everyday_share(stretches, encoding) for encoding in MULTIBYTE}
    best = max(shares, key=lambda encoding: round(shares[encoding], 2))
    if shares[best] <= MIN_EVERYDAY_SHARE:
        return None
    if best == "big5":  # its supersets read all that it reads
        best = min(
            ("big5", "cp950", "big5hkscs"), key=lambda encoding: data.decode(encoding, "replace").count("\ufffd")
        )
    return best, MULTIBYTE[best][0]
