"""Judge a shelf that was inspected: which books are most doubtful and why, which are alike, and examples of all cuts.

A doubt is a reason to look, not a verdict: each has a weight, and books are sorted by the sum of theirs. All results
are pure functions of the report.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from heapq import nlargest
from typing import NamedTuple

from penwright.corpus.cleaning.clean import Cut
from penwright.corpus.language.detection import BookLanguage, language_name
from penwright.corpus.shelf_report import BookReport, ShelfReport
from penwright.errors import counted

MAX_CUT_FRACTION = 0.1
"""Share of a file whose cutting is a reason to look at it."""
MAX_SPELLED = 0.001
"""Share of characters without an id of their own that is a reason to look."""
SHORT_CHARS = 2_000
SAME_BOOK = 0.9
MIN_WEIGHT = 1.0
"""Sum of weights from which a book is called doubtful. An edition with a publisher's line in it has less."""
EXAMPLES = 8


class Reason(NamedTuple):
    """A reason to look at a book."""

    weight: float
    """How much it speaks against the book, from 0.4, an oddity, to 6, text that was lost or is not the book's."""
    sentence: str
    """A sentence without its subject, in lower case and without a full stop."""


class DoubtfulBook(NamedTuple):
    """A book with reasons to look at it."""

    weight: float
    """The sum of the weights of its reasons."""
    book: BookReport
    reasons: tuple[Reason, ...]
    """The heaviest first."""


class CutExample(NamedTuple):
    """A cut, and the book that it was cut from."""

    book: str
    cut: Cut


class CutKind(NamedTuple):
    """All cuts of one kind."""

    kind: str
    num_cuts: int
    num_chars: int
    examples: tuple[CutExample, ...]
    """The two longest ones, then some that were drawn, the same for the same shelf."""


class EditionGroup(NamedTuple):
    """Books that share much of their text, each with at least one other: editions, volumes, collected works, copies."""

    names: tuple[str, ...]
    """Names of the books, in order."""
    copies: frozenset[str]
    """Those of them that are left out, since another one is the same text."""
    least: float
    """Smallest share of the shorter text that two of them are known to have in common, 0 to 1."""
    most: float
    """Largest such share."""


def reasons_of(book: BookReport) -> tuple[Reason, ...]:
    """Return the reasons to look at a book, the heaviest first; none for a book in good order."""
    found = [*_of_cuts(book), *_of_characters(book), *_of_language(book), *_of_neighbours(book)]
    found += [Reason(1.0, warning) for warning in book.warnings if not (book.refusal and book.refusal in warning)]
    return tuple(sorted(found, key=lambda reason: (-reason.weight, reason.sentence)))


def _of_cuts(book: BookReport) -> Iterable[Reason]:
    if book.refusal:
        yield Reason(6.0, f"kept whole: {book.refusal}")
    if book.cut_fraction > MAX_CUT_FRACTION and not book.is_code:
        yield Reason(1.0 + 5.0 * book.cut_fraction, f"loses {book.cut_fraction:.0%} to cleaning")
    inside = sum(cut.kind == "licence" for cut in book.cuts)
    if inside:
        yield Reason(1.5, f"{counted(inside, 'licence was', 'licences were')} cut inside it, so it holds several books")
    left = Counter(line.whose for line in book.front_matter)
    if left["distributor"]:
        yield Reason(2.0 + 0.25 * left["distributor"], f"{counted(left['distributor'], 'line')} of a distributor left")
    if left["publisher"]:
        yield Reason(0.4, f"{counted(left['publisher'], 'line')} of a publisher left")


def _of_characters(book: BookReport) -> Iterable[Reason]:
    for doubt in book.doubts:
        yield Reason(3.0, doubt)
    if book.num_doubtful_chars and not (book.doubts and book.num_doubtful_chars <= len(book.doubts)):
        share = book.num_doubtful_chars / max(1, book.num_chars)
        what = counted(book.num_doubtful_chars, "character is", "characters are")
        yield Reason(min(6.0, 1.0 + 500 * share), f"{what} replaced or improbable")
    if book.encoding_reason.startswith("detected"):
        yield Reason(1.0, f"encoding guessed, {book.encoding}")
    if book.is_outlier:
        what = "repeated text or a table" if book.compressed_fraction < 0.25 else "garbled text or no prose"
        yield Reason(4.0, f"{what}: compresses to {book.compressed_fraction:.0%}")
    spelled = book.num_unknown_chars / max(1, book.num_chars)
    if spelled > MAX_SPELLED:
        yield Reason(min(4.0, 1.0 + 20 * spelled), f"{spelled:.1%} of its characters are rare on this shelf")
    if book.num_chars < SHORT_CHARS and not book.is_code:
        yield Reason(1.0, f"is only {counted(book.num_chars, 'character')} long")


def _of_language(book: BookReport) -> Iterable[Reason]:
    told, declared = book.language, book.declared_language
    if book.is_code:
        return
    if not told:
        yield Reason(2.5, "its language cannot be told: perhaps a program, a table or a list")
    elif book.is_declared_otherwise:
        yield Reason(3.0, f"said to be {language_name(declared)}, reads as {language_name(told)}")
    if book.other_languages:
        yield Reason(1.5, f"is in {BookLanguage(told, tuple(book.other_languages.items())).name}")


def _of_neighbours(book: BookReport) -> Iterable[Reason]:
    if book.duplicate_of:
        yield Reason(0.4, f"the same text as {book.duplicate_of}")
    same = [edition for edition in book.editions if edition.similarity >= SAME_BOOK]
    if same:
        more = f" and {len(same) - 1:,} more" if len(same) > 1 else ""
        yield Reason(0.4, f"shares {same[0].similarity:.0%} with {same[0].name}{more}")


def most_doubtful(report: ShelfReport, *, limit: int) -> tuple[list[DoubtfulBook], int]:
    """Return the most doubtful books, the worst first, and the number of all doubtful ones.

    Args:
        report: The report on the shelf.
        limit: Largest number of books to return.
    """
    weights = [sum(reason.weight for reason in reasons_of(book)) for book in report.books]
    worst = nlargest(limit, range(len(weights)), key=lambda index: (weights[index], -index))  # by name among equals
    shown = [DoubtfulBook(weights[index], report.books[index], reasons_of(report.books[index])) for index in worst]
    return [each for each in shown if each.weight >= MIN_WEIGHT], sum(weight >= MIN_WEIGHT for weight in weights)


def cut_kinds(books: Sequence[BookReport]) -> list[CutKind]:
    """Return the kinds of cuts with examples of each, the kind that took most first."""
    by_kind: dict[str, list[CutExample]] = {}
    for book in books:
        for cut in book.cuts:
            by_kind.setdefault(cut.kind, []).append(CutExample(book.name, cut))
    found = [
        CutKind(kind, len(all_of), sum(each.cut.num_chars for each in all_of), tuple(_examples(all_of)))
        for kind, all_of in by_kind.items()
    ]
    return sorted(found, key=lambda each: (-each.num_chars, each.kind))


def _examples(cuts: Sequence[CutExample]) -> list[CutExample]:
    """Return the longest cuts, then some that the hashes of their books draw."""
    longest = sorted(cuts, key=lambda each: (-each.cut.num_chars, each.book))[:2]
    drawn = sorted(cuts, key=_drawn_by)
    return [*longest, *(each for each in drawn[: EXAMPLES + 2] if each not in longest)][:EXAMPLES]


def _drawn_by(example: CutExample) -> int:
    """Return a number that draws a cut, the same in every run."""
    return zlib.crc32(f"{example.book}:{example.cut.first_line}".encode("utf-8", "surrogatepass"))


def edition_groups(books: Sequence[BookReport]) -> list[EditionGroup]:
    """Return the groups of books that share much of their text, the largest group first, then the most alike."""
    shares = {(book.name, edition.name): edition.similarity for book in books for edition in book.editions}
    shares |= {(book.name, book.duplicate_of): 1.0 for book in books if book.duplicate_of}
    others: dict[str, list[str]] = {}
    for first, second in shares:
        others.setdefault(first, []).append(second)
        others.setdefault(second, []).append(first)
    copies = {book.name for book in books if book.duplicate_of}
    groups, seen = [], set[str]()
    for name in others:
        members, waiting = set[str](), [name]
        while waiting:
            each = waiting.pop()
            if each not in seen:
                seen.add(each)
                members.add(each)
                waiting += others[each]
        if members:
            known = [shares[each, other] for each in members for other in others[each] if (each, other) in shares]
            groups.append(EditionGroup(tuple(sorted(members)), frozenset(members & copies), min(known), max(known)))
    return sorted(groups, key=lambda group: (-len(group.names), -group.most, group.names))
