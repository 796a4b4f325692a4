"""The finished author on a run's page: a page it wrote, how much is copied, what surprises it."""

from collections.abc import Sequence

from penwright.evaluation.judging.judging import Judgement
from penwright.report.diary import written
from penwright.report.judged_section import judged_section
from penwright.report.markup import bits, count, isolated
from penwright.report.portrait import Paragraph, Portrait
from penwright.report.tables import copying_table

MAX_SHOWN_CHARS = 400


def finished_author(portrait: Portrait | None, judgement: Judgement | None, *, is_unread: bool) -> str:
    """Return the sections on a finished author as HTML.

    Args:
        portrait: A page by the author and what it reads; None leaves it out.
        judgement: What its pages are like; None leaves it out.
        is_unread: True if the author surely never learned from the passage that stands beside its page.
    """
    page = "" if portrait is None else _portrait(portrait, is_unread=is_unread)
    return page + ("" if judgement is None else judged_section(judgement))


def _portrait(portrait: Portrait, *, is_unread: bool) -> str:
    return (
        "<section><h2>A page by the finished author</h2>"
        f"{written('', portrait.page, is_whole=True)}"
        f"{_copying(portrait, is_unread=is_unread)}{_surprises(portrait)}</section>"
    )


def _copying(portrait: Portrait, *, is_unread: bool) -> str:
    where = f"{count(portrait.num_searched_chars)} characters of the training books"
    said = f"How much of this page stands word for word in {where}? Writers share short phrases without copying."
    if portrait.book:
        which = ", which the author never learned from," if is_unread else ""
        said += f" So a held-out passage of \u201c{portrait.book}\u201d{which} stands beside it."
    longest = ""
    if portrait.longest:
        span = "\u201c" + portrait.longest.strip().replace("\n", " \u00b6 ") + "\u201d"
        longest = f"<p>The longest span, of {len(portrait.longest)} characters: {isolated(span)}</p>"
    return f"<h3>How much it copies</h3><p>{isolated(said)}</p>{copying_table(portrait.shares)}{longest}"


def _surprises(portrait: Portrait) -> str:
    if not portrait.surprising:
        return ""
    said = f"Paragraphs of \u201c{portrait.book}\u201d, with their bits per character. Predicted worst:"
    parts = [f"<h3>What surprises it</h3><p>{isolated(said)}</p>{_paragraphs(portrait.surprising)}"]
    if portrait.expected:
        parts.append(f"<p>And predicted best:</p>{_paragraphs(portrait.expected)}")
    return "".join(parts)


def _paragraphs(paragraphs: Sequence[Paragraph]) -> str:
    items = "".join(
        f'<li><span class="figure">{bits(each.bits_per_char, digits=2)}</span> {isolated(_shortened(each.text))}</li>'
        for each in paragraphs
    )
    return f'<ul class="surprises">{items}</ul>'


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_SHOWN_CHARS else f"{text[:MAX_SHOWN_CHARS].rpartition(' ')[0]} \u2026"
