"""Write the measured part of the page about the author in the box, as Markdown. This module measures nothing."""

import re
from collections.abc import Sequence
from pathlib import Path

from box_measures import LENGTHS, NUM_SAMPLES, OTHERS, OWN, SAMPLE_CHARS, Copying, Row, mean
from common import results_header

from penwright import Author, SamplingConfig
from penwright.author.card import Card
from penwright.cli.commands.write import PAGE_WORDS
from penwright.files import sha256_of, write_text

PROMPT = "It was a dark"
SEED = 1
SAMPLING = SamplingConfig()
"""The defaults, named on the page because they may change."""
QUOTED_CHARS = 200
PART = re.compile(r"(?<=<!-- measured -->\n).*(?=<!-- end of measured -->)", re.DOTALL)
_HEADS = {OWN: "this author", "6-character table": "six characters, counted", "xz -9e": "xz -9e"}
_ACTIVE = re.compile(r"[\\`*_{}\[\]]")
_ENTITIES = {ord(sign): f"&#{ord(sign)};" for sign in "&<>|~"}  # not every Markdown lets them follow a backslash
_LEADING = re.compile(r"^(\d*)([#+.)-])")


def put_into_page(page: Path, part: str, *, template: Path) -> None:
    """Write a page with the measured part `part` and the other parts of `template`."""
    text = template.read_text(encoding="utf-8")
    assert PART.search(text), f"{template} has no marks around a measured part"
    write_text(page, PART.sub(lambda _: f"\n{part}\n\n", text))


def measured_part(author: Author, path: Path, rows: Sequence[Row], copying: Copying) -> str:
    """Return the measured part in Markdown.

    Args:
        author: The author.
        path: Its file.
        rows: Scores on each held-out book.
        copying: Copied spans.
    """
    page = PROMPT + author.write(PROMPT, max_words=PAGE_WORDS, seed=SEED)
    return "\n\n".join(
        [
            "## How it was raised",
            "\n".join(_raised(author, path)),
            "## How well it predicts books it never read",
            "Bits per character; fewer is better. All methods are scored on the same characters, from the beginning of "
            f"each book: {sum(row.num_chars for row in rows):,} in all. The six-character table counted every training "
            "book; xz compresses each passage by itself. The val books chose the moment of training from which the "
            "author was kept. The test books were looked at once. The default preset's design was tuned on books of "
            "both, so both scores are slightly optimistic.",
            "\n".join(_books(rows)),
            "## A page that it wrote",
            f'`penwright write --box --prompt "{PROMPT}" --seed {SEED} --min-p {SAMPLING.min_p}`, unedited:',
            quoted(page),
            "## How much it copies",
            f"{NUM_SAMPLES} pages of {SAMPLE_CHARS:,} characters, written without a prompt at temperature "
            f"{SAMPLING.temperature} and min-p {SAMPLING.min_p}, were searched for in the training books. So were as "
            "many passages of the same length from the held-out novels, because people share phrases too. A character "
            "counts as copied at length N if it is part of a span of N or more characters that occurs verbatim in a "
            "training book.",
            "\n".join(_copying(copying)),
            _longest("The longest span that this author copied", copying.author.longest),
            _longest("The longest that a held-out novel shares with a training book", copying.people.longest),
            results_header(),
        ]
    )


def _raised(author: Author, path: Path) -> list[str]:
    card, tables = author.card, author.model.tables
    ngrams = f", {len(tables.contexts):,} contexts with {len(tables.symbols):,} successors" if tables else ""
    lines = [
        f"- **books**: {_shelf(card, 'train')} to learn from. Held out: {_shelf(card, 'val')} (val); "
        f"{_shelf(card, 'test')} (test)",
        *([f"- **rights**: {plain(card.licence_note)}"] if card.licence_note else []),
        f"- **training**: {card.chars_read:,} characters in {card.training_seconds / 60:.1f} minutes, {card.steps:,} "
        f"steps, preset `{card.preset}`, seed {card.seed}",
        f"- **machine**: {plain(', '.join(f'{name} {value}' for name, value in card.machine.items()))}",
        f"- **versions**: {plain(', '.join(f'{name} {value}' for name, value in card.versions.items()))}",
        f"- **size**: {author.model.num_parameters:,} parameters{ngrams}",
        f"- **file**: {path.stat().st_size:,} bytes, SHA-256 `{sha256_of(path)}`",
    ]
    return lines


def _shelf(card: Card, split: str) -> str:
    books = [book for book in card.books if book.split == split]
    writers = sorted({book.author for book in books if book.author})
    named = f" by {', '.join(map(plain, writers))}" if split != "train" else f" by {len(writers)} writers"
    return f"{len(books)} books{named}, {sum(book.num_chars for book in books):,} characters"


def _books(rows: Sequence[Row]) -> list[str]:
    methods = (OWN, *OTHERS)
    lines = [
        f"| | book | characters | {' | '.join(_HEADS[method] for method in methods)} |",
        f"|---|---|--:|{'--:|' * len(methods)}",
    ]
    for split in dict.fromkeys(row.split for row in rows):
        chosen = [row for row in rows if row.split == split]
        for row in chosen:
            named = f"{row.title} ({row.author})" if row.author else row.title
            figures = " | ".join(f"{row.bits[method]:.3f}" for method in methods)
            lines.append(f"| {split} | {plain(named)} | {row.num_chars:,} | {figures} |")
        figures = " | ".join(f"**{mean(chosen, method):.3f}**" for method in methods)
        lines.append(f"| **{split}** | **together** | **{sum(row.num_chars for row in chosen):,}** | {figures} |")
    return lines


def _copying(copying: Copying) -> list[str]:
    return [
        "| spans of at least | this author | held-out novels |",
        "|--:|--:|--:|",
        *(
            f"| {length} characters | {copying.author.shares[length]:.2%} | {copying.people.shares[length]:.2%} |"
            for length in LENGTHS
        ),
    ]


def _longest(what: str, span: str) -> str:
    text = " ".join(span.split())
    return f"{what} has {len(span)} characters" + (f": “{plain(text)}”" if 0 < len(text) <= QUOTED_CHARS else ".")


def plain(text: str) -> str:
    """Return a text escaped for one line of a table or a list in Markdown."""
    return _ACTIVE.sub(r"\\\g<0>", " ".join(text.split())).translate(_ENTITIES)


def quoted(text: str) -> str:
    """Return a text as a quotation in Markdown, each of its lines a paragraph."""
    lines = [_LEADING.sub(r"\1\\\2", plain(line)) for line in text.splitlines() if line.strip()]
    return "\n>\n".join(f"> {line}" for line in lines)
