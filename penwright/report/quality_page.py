"""Render the quality of a library as one page: self-contained HTML, without scripts and without the network.

The most doubtful books come first, each with its reasons, then examples of what was cut, and then the whole library in
counts. The page is of bounded size, however many books there are. Rendering is a pure function of the report.
"""

import re
from collections import Counter
from collections.abc import Sequence

from penwright.corpus.language.detection import language_name
from penwright.corpus.quality import CutExample, DoubtfulBook, cut_kinds, edition_groups, most_doubtful
from penwright.corpus.shelf_report import BookReport, ShelfReport
from penwright.errors import counted
from penwright.report.bars import binned, draw_bars
from penwright.report.document import document
from penwright.report.markup import count, escape, isolated
from penwright.report.quality_style import QUALITY_STYLE
from penwright.report.style import STYLE
from penwright.report.tables import Cell, table

MAX_BOOKS = 200
MAX_REASONS = 6
MAX_GROUPS = 60
MAX_MEMBERS = 8
MAX_SKIPPED = 100
MAX_LINES = 60
MAX_ROWS = 24
MAX_NAME_CHARS = 160
MAX_SENTENCE_CHARS = 300
_MANY_FEEDS = re.compile(r"\n(?:[ \t]*\n){2,}")
_KINDS = {
    "header": "Headers: before the mark where the book begins",
    "footer": "Footers: behind the mark where it ends",
    "licence": "Licences between two books of one file",
    "credits": "Credits of those who prepared the file",
    "note": "Notes of transcribers",
    "notice": "Notices at the head of source files",
}
_SIZES = (1e3, 1e4, 3e4, 1e5, 2e5, 4e5, 8e5, 1.6e6, 3.2e6)
_SIZE_LABELS = ("< 1 k", "1 k", "10 k", "30 k", "100 k", "200 k", "400 k", "800 k", "1.6 M", "3.2 M")
_SHARES = (1e-9, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_SHARE_LABELS = ("none", "< 1 %", "1 %", "2 %", "5 %", "10 %", "20 %", "50 %")
_FRACTIONS = tuple(0.05 * step for step in range(1, 16))
_FRACTION_LABELS = tuple(f"{5 * step} %" for step in range(16))


def render_quality_page(report: ShelfReport, *, name: str) -> str:
    """Return the page as one HTML document.

    Args:
        report: The report on the library.
        name: Name of the library.
    """
    worst, num_doubtful = most_doubtful(report, limit=MAX_BOOKS)
    parts = [
        _head(report, name=name, num_doubtful=num_doubtful),
        _doubtful(worst, num_doubtful),
        _cuts(report.books),
        _charts(report.books),
        _languages(report.books),
        _encodings(report.books),
        _editions(report.books),
        _front_matter(report.books),
        _skipped(report.skipped),
    ]
    body = "\n".join(filter(None, parts))
    return document(name, body, style=STYLE + QUALITY_STYLE)


def _noun(number: int, noun: str, plural: str | None = None) -> str:
    return counted(number, noun, plural).partition(" ")[2]


def _head(report: ShelfReport, *, name: str, num_doubtful: int) -> str:
    books = report.books
    num_chars, num_cut = sum(book.num_chars for book in books), sum(book.num_cut for book in books)
    num_languages = len({book.language for book in books} - {""})
    num_copies = sum(bool(book.duplicate_of) for book in books)
    num_sharing = sum(bool(book.editions) for book in books)
    figures = [
        ("characters of clean text", count(num_chars)),
        ("of all characters cut", _percent(num_cut / max(1, num_chars + num_cut))),
        (_noun(num_languages, "language"), f"{num_languages:,}"),
        (_noun(num_copies, "copy left out", "copies left out"), f"{num_copies:,}"),
        (
            _noun(num_sharing, "book that shares text with another", "books that share text with another"),
            f"{num_sharing:,}",
        ),
        (_noun(len(report.skipped), "file not read", "files not read"), f"{len(report.skipped):,}"),
    ]
    cells = "".join(f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>" for label, value in figures)
    are = "are" if num_doubtful != 1 else "is"
    kept = sum(bool(book.refusal) for book in books)
    whole = (
        f" {counted(kept, 'file was', 'files were')} kept whole, since cleaning would take too much." if kept else ""
    )
    notes = "".join(f'<p class="aside">{escape(_shortened(each))}</p>' for each in report.warnings[:MAX_ROWS])
    return (
        f'<header><p class="kicker">What is on the shelf</p><h1>{isolated(name)}</h1>'
        f'<p class="lead">Of {counted(len(books), "book")}, <strong>{num_doubtful:,}</strong> {are} worth a look.'
        f'{whole}</p><dl class="figures">{cells}</dl>{notes}</header>'
    )


def _doubtful(worst: Sequence[DoubtfulBook], num_doubtful: int) -> str:
    if not worst:
        return "<section><h2>Doubtful books</h2><p>None: every book is in good order.</p></section>"
    rows: list[list[Cell]] = []
    for each in worst:
        shown = [f"<li>{escape(_shortened(reason.sentence))}</li>" for reason in each.reasons[:MAX_REASONS]]
        if len(each.reasons) > MAX_REASONS:
            shown.append(f"<li>and {len(each.reasons) - MAX_REASONS:,} more</li>")
        rows.append(
            [
                ("", _book_cell(each.book)),
                ("number strong", f"{each.weight:.1f}"),
                ("", f'<ul class="reasons">{"".join(shown)}</ul>'),
                ("number minor", f"{each.book.num_chars:,}"),
                ("number minor", _percent(each.book.cut_fraction)),
            ]
        )
    more = f" The {len(worst):,} most doubtful of {num_doubtful:,} are shown." if num_doubtful > len(worst) else ""
    return (
        "<section><h2>Doubtful books</h2><p>The most doubtful first. A reason is a reason to look, not a verdict; the "
        f"figure adds up the weights of all reasons.{more} To leave a book out, write a manifest with --manifest and "
        f"set keep = false.</p>{table(['Book', 'Doubt', 'Reasons', 'Characters', 'Cut'], rows)}</section>"
    )


def _book_cell(book: BookReport) -> str:
    """Return the title and the writer of a book with its file, or its file alone."""
    file = isolated(_shortened(book.name, MAX_NAME_CHARS))
    if not book.title:
        return file
    by = f", {isolated(_shortened(book.author, MAX_NAME_CHARS))}" if book.author else ""
    return f'{isolated(_shortened(book.title, MAX_NAME_CHARS))}{by}<br><span class="by">{file}</span>'


def _cuts(books: Sequence[BookReport]) -> str:
    kinds = cut_kinds(books)
    if not kinds:
        return "<section><h2>What was cut</h2><p>Nothing.</p></section>"
    parts = []
    for each in kinds:
        title = _KINDS.get(each.kind, each.kind)
        parts.append(
            f"<details open><summary>{escape(title)}: {counted(each.num_cuts, 'cut')}, "
            f"{count(each.num_chars)} characters</summary>{''.join(map(_cut, each.examples))}</details>"
        )
    return (
        "<section><h2>What was cut</h2><p>The two longest cuts of each kind, and others that were drawn, each with the "
        f"text on either side that stays.</p>{''.join(parts)}</section>"
    )


def _cut(example: CutExample) -> str:
    cut = example.cut
    before, gone, after = (_MANY_FEEDS.sub("\n\n", part).strip("\n") for part in (cut.before, cut.text, cut.after))
    shown = [f"\u2026{escape(before)}" if before.strip() else "", f"<del>{escape(gone)}</del>"]
    shown.append(f"{escape(after)}\u2026" if after.strip() else "")
    where = f"from line {cut.first_line:,}, {counted(cut.num_lines, 'line')}, {counted(cut.num_chars, 'character')}"
    name = isolated(_shortened(example.book, MAX_NAME_CHARS))
    return f'<figure class="cut"><figcaption>{name}: {where}</figcaption><pre>{"".join(shown)}</pre></figure>'


def _charts(books: Sequence[BookReport]) -> str:
    charts = (
        (
            "Length of the books",
            binned([book.num_chars for book in books], _SIZES, _SIZE_LABELS),
            "characters, from each figure to the next",
        ),
        (
            "Share cut",
            binned([book.cut_fraction for book in books], _SHARES, _SHARE_LABELS),
            "of the file's characters",
        ),
        (
            "Compressed size",
            binned([book.compressed_fraction for book in books], _FRACTIONS, _FRACTION_LABELS),
            "of the text: novels from 25 to 45 %, repeated text less, garbled text more",
        ),
    )
    drawn = "".join(
        f"<div><h3>{title}</h3>{draw_bars(bars, title=f'{title}: number of books', x_label=label)}</div>"
        for title, bars, label in charts
    )
    return f'<section><h2>All books</h2><div class="charts">{drawn}</div></section>'


def _languages(books: Sequence[BookReport]) -> str:
    sizes, numbers, mixed, false = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for book in books:
        name = "source code" if book.is_code else language_name(book.language)
        sizes[name] += book.num_chars
        numbers[name] += 1
        mixed[name] += bool(book.other_languages)
        false[name] += book.is_declared_otherwise
    rows: list[list[Cell]] = [
        [
            ("", escape(name)),
            ("number", f"{numbers[name]:,}"),
            ("number", count(size)),
            ("number minor", f"{mixed[name]:,}" if mixed[name] else ""),
            ("number minor", f"{false[name]:,}" if false[name] else ""),
        ]
        for name, size in sizes.most_common(MAX_ROWS)
    ]
    head = ["Language of the text", "Books", "Characters", "With another language", "Declared otherwise"]
    return f"<section><h2>Languages</h2>{table(head, rows)}{_rest(len(sizes), MAX_ROWS)}</section>"


def _encodings(books: Sequence[BookReport]) -> str:
    found = Counter((book.encoding, "guessed" if book.encoding_reason.startswith("detected") else "") for book in books)
    rows: list[list[Cell]] = [
        [("", escape(f"{encoding}{', ' if how else ''}{how}")), ("number", f"{number:,}")]
        for (encoding, how), number in found.most_common(MAX_ROWS)
    ]
    return f"<section><h2>Encodings</h2>{table(['Encoding', 'Books'], rows)}{_rest(len(found), MAX_ROWS)}</section>"


def _editions(books: Sequence[BookReport]) -> str:
    groups = edition_groups(books)
    if not groups:
        return ""
    rows: list[list[Cell]] = []
    for group in groups[:MAX_GROUPS]:
        marks = {name: ' <span class="by">a copy, left out</span>' for name in group.copies}
        shown = [
            f"<li>{isolated(_shortened(name, MAX_NAME_CHARS))}{marks.get(name, '')}</li>"
            for name in group.names[:MAX_MEMBERS]
        ]
        if len(group.names) > MAX_MEMBERS:
            shown.append(f"<li>and {len(group.names) - MAX_MEMBERS:,} more</li>")
        ends = dict.fromkeys([_percent(group.least), _percent(group.most)])
        rows.append(
            [
                ("", f'<ul class="reasons">{"".join(shown)}</ul>'),
                ("number", f"{len(group.names):,}"),
                ("number strong", " to ".join(ends)),
            ]
        )
    return (
        "<section><h2>Editions and copies</h2><p>Groups of books where much of the shorter text stands in a longer "
        "one: editions, volumes and collected works. Each group is kept on one side of the split.</p>"
        f"{table(['Books', 'Number', 'Shared by two'], rows)}{_rest(len(groups), MAX_GROUPS)}</section>"
    )


def _front_matter(books: Sequence[BookReport]) -> str:
    found = [(line.whose, book.name, line.line) for book in books for line in book.front_matter]
    if not found:
        return ""
    number = len({name for _, name, _ in found})
    found.sort()  # the distributor's first
    lines = "".join(
        f'<li><span class="figure">{escape(whose)}</span> <bdi>{escape(line)}</bdi> '
        f'<span class="by">{isolated(_shortened(name, MAX_NAME_CHARS))}</span></li>'
        for whose, name, line in found[:MAX_LINES]
    )
    return (
        f"<section><h2>Front matter left</h2><p>{counted(number, 'book has', 'books have')} lines near an end that "
        "look like a distributor\u2019s or a publisher\u2019s. Nothing of this is cut, since a novel may speak of a "
        "printer too."
        f'</p><ol class="surprises front">{lines}</ol>{_rest(len(found), MAX_LINES)}</section>'
    )


def _skipped(skipped: Sequence[tuple[str, str]]) -> str:
    if not skipped:
        return ""
    lines = "".join(
        f'<li>{isolated(_shortened(name, MAX_NAME_CHARS))}: <span class="by">{isolated(_shortened(reason))}</span></li>'
        for name, reason in skipped[:MAX_SKIPPED]
    )
    return f'<section><h2>Not read</h2><ul class="names">{lines}</ul>{_rest(len(skipped), MAX_SKIPPED)}</section>'


def _rest(number: int, shown: int) -> str:
    return f'<p class="aside">and {number - shown:,} more</p>' if number > shown else ""


def _shortened(text: str, limit: int = MAX_SENTENCE_CHARS) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}\u2026"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}\u00a0%"
