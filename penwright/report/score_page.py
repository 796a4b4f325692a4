"""Render a closely read text as one page: self-contained HTML, without scripts and without the network.

Each word is shaded by its bits. Pointing at a word, or touching it, shows its bits and what the author expected there.
"""

from collections.abc import Iterator

from penwright.errors import counted
from penwright.report.close_reading import CloseReading, Word
from penwright.report.document import document
from penwright.report.markup import bits, escape, isolated
from penwright.report.score_style import NUM_LEVELS, SCORE_STYLE
from penwright.report.style import STYLE
from penwright.writing.typos import Typo

MAX_SHOWN_CHARS = 200_000
"""Largest number of characters that are shown shaded, from the beginning. A page of more is slow in a browser."""
LEVELS = (5.0, 9.0, 13.0, 17.0, 22.0)
"""Bits of a word from which on its shade is the next darker one."""
NUM_PASSAGES = 6
MAX_TYPOS = 60
PASSAGE_CHARS = 320
SNIPPET_CHARS = 40
assert len(LEVELS) == NUM_LEVELS - 1


def render_score_page(reading: CloseReading, text: str, *, name: str, author: str) -> str:
    """Return the page as one HTML document.

    Args:
        reading: What the author says of the text.
        text: The text.
        name: Name of the text.
        author: Name of the author.
    """
    shown = _shown_words(reading.words)
    body = "\n".join(
        [
            _head(reading, text, name=name, author=author, num_typos=len(reading.typos)),
            _typos(reading.typos, text, end=_end_of(shown)),
            _passages(reading, end=_end_of(shown)),
            _shaded(reading, shown, text),
        ]
    )
    return document(name, body, style=STYLE + SCORE_STYLE)


def _shown_words(words: list[Word]) -> list[Word]:
    return [word for word in words if word.start + len(word.text) <= MAX_SHOWN_CHARS]


def _end_of(words: list[Word]) -> int:
    return words[-1].start + len(words[-1].text) if words else 0


def _head(reading: CloseReading, text: str, *, name: str, author: str, num_typos: int) -> str:
    score = reading.score
    num_words = sum(word.text[0].isalnum() for word in reading.words)
    lost = ""
    if score.num_lost_chars:
        are = counted(score.num_lost_chars, "character is", "characters are")
        lost = (
            f'<p class="aside">{are} not in this author\u2019s alphabet, which cannot tell such characters apart.</p>'
        )
    figures = [
        ("characters", f"{len(text):,}"),
        ("words", f"{num_words:,}"),
        ("paragraphs", f"{len(score.paragraphs):,}"),
        ("likely slips of the pen", f"{num_typos:,}"),
    ]
    cells = "".join(f"<div><dt>{label}</dt><dd>{value}</dd></div>" for label, value in figures)
    return (
        f'<header><p class="kicker">Read by {isolated(author)}</p><h1>{isolated(name)}</h1>'
        f'<p class="lead">This author predicts the text with <strong>{bits(score.bits_per_char)} bits per character'
        "</strong>. Less is better: the text is more like its books.</p>"
        f'{lost}<dl class="figures">{cells}</dl></header>'
    )


def _typos(typos: list[Typo], text: str, *, end: int) -> str:
    if not typos:
        return ""
    items = []
    for typo in typos[:MAX_TYPOS]:
        after = typo.start + len(typo.word)
        before = text[max(0, typo.start - SNIPPET_CHARS) : typo.start].rpartition("\n")[2]
        behind = text[after : after + SNIPPET_CHARS].partition("\n")[0]
        word = f"<mark>{escape(typo.word)}</mark>"
        link = f'<a href="#w{typo.start}">{word}</a>' if after <= end else word
        items.append(
            f'<li><span class="figure">{escape(typo.word)} \u2192 {escape(typo.instead)}</span> '
            f"<bdi>\u2026{escape(before)}{link}{escape(behind)}\u2026</bdi></li>"
        )
    more = f'<p class="aside">and {len(typos) - MAX_TYPOS:,} more</p>' if len(typos) > MAX_TYPOS else ""
    return (
        '<section><h2>Likely slips</h2><p class="aside">Another word, one letter away, would have cost the author far '
        "fewer bits, with the text behind it. Unusual words and names may be among them.</p>"
        f'<ol class="surprises">{"".join(items)}</ol>{more}</section>'
    )


def _passages(reading: CloseReading, *, end: int) -> str:
    worst = reading.score.most_surprising(NUM_PASSAGES)
    if len(reading.score.paragraphs) < 2:
        return ""
    items = []
    for paragraph in worst:
        line = " ".join(paragraph.text.split())
        line = line if len(line) <= PASSAGE_CHARS else f"{line[: PASSAGE_CHARS - 1]}\u2026"
        figure = bits(paragraph.bits_per_char)
        link = f'<a href="#p{paragraph.start}">{figure}</a>' if paragraph.start < end else figure
        items.append(f'<li><span class="figure">{link}</span> <bdi>{escape(line)}</bdi></li>')
    return (
        '<section><h2>Least like the author</h2><p class="aside">The paragraphs that it predicts worst, in bits per '
        f'character.</p><ol class="surprises">{"".join(items)}</ol></section>'
    )


def _shaded(reading: CloseReading, words: list[Word], text: str) -> str:
    edges = ("0", *(f"{level:g}" for level in LEVELS))
    keys = "".join(f'<li><b class="l{level}"></b>from {edge} bits</li>' for level, edge in enumerate(edges))
    cut = ""
    if _end_of(words) < len(text):
        cut = (
            f'<p class="aside">The first {_end_of(words):,} characters are shown. The figures above are those of all '
            f"{len(text):,}.</p>"
        )
    return (
        '<section><h2>Word by word</h2><p class="aside">The more bits a word costs, the darker it is shaded. Point at '
        "a shaded word, or touch it, to see its bits and what the author expected.</p>"
        f'<ul class="scale">{keys}</ul>{cut}<div class="text">{"".join(_marked(reading, words))}</div></section>'
    )


def _marked(reading: CloseReading, words: list[Word]) -> Iterator[str]:
    """Yield the words with their shades. Neighbours without one are not marked."""
    slips = {typo.start: typo for typo in reading.typos}
    starts = {paragraph.start for paragraph in reading.score.paragraphs}
    for word in words:
        if word.start in starts:
            yield f'<i id="p{word.start}"></i>'
        level = sum(word.bits >= edge for edge in LEVELS)
        slip = slips.get(word.start)
        if word.text.isspace() or (level == 0 and slip is None):
            yield escape(word.text)
            continue
        said = [f"{word.bits:.1f} bits"]
        expected = reading.expected.get(word.start)
        if expected:
            said.append("expected: " + ", ".join(f"{each.word} {_percent(each.probability)}" for each in expected))
        if slip is not None:
            said.append(f"perhaps: {slip.instead}, which saves {slip.gain:.0f} bits")
        name, marks = f"l{level}" + (" slip" if slip else ""), f' id="w{word.start}"' if slip else ""
        tip = escape("\n".join(said)).replace("\n", "&#10;")
        yield f'<b class="{name}"{marks} tabindex="-1" data-e="{tip}">{escape(word.text)}</b>'


def _percent(probability: float) -> str:
    return f"{100 * probability:.0f} %" if probability >= 0.0095 else f"{100 * probability:.1f} %"
