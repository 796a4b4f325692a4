"""What the finished author of a run writes like, on the run's page, beside held-out books."""

from penwright.errors import counted
from penwright.evaluation.judging.judging import Judged, Judgement
from penwright.report.markup import escape, isolated
from penwright.report.tables import judged_table

MAX_EVIDENCE = 6
MAX_SHOWN_CHARS = 160
LEGEND = (
    "Distinct-n is the number of different runs of n words, for each word of a page. Copied characters lie in runs "
    "that a training book has too."
)


def judged_section(judgement: Judgement) -> str:
    """Return the judgement of a finished author's pages as HTML."""
    said = (
        f"{counted(judgement.num_pages, 'page')} of {judgement.num_chars:,} characters by the finished author, without "
        "a prompt. The intervals hold 95 % of samples of these pages."
    )
    if judgement.books:
        books = counted(len(judgement.books), "held-out book")
        said += (
            f" Beside them stand as many pages of each of {books}: the median, and the least and the most of a book."
        )
    parts = [f"<p>{isolated(said)} {LEGEND}</p>", judged_table(judgement), _doubtful(judgement)]
    parts += [f'<p class="aside">{escape(warning)}</p>' for warning in judgement.warnings]
    return f"<section><h2>What its writing is like</h2>{''.join(parts)}</section>"


def _doubtful(judgement: Judgement) -> str:
    """Return what lies beyond every held-out book, with what was found on the pages."""
    if not judgement.is_conclusive:
        return ""
    if not judgement.doubtful:
        return "<p>Nothing here is beyond all held-out books in a way that readers would mind.</p>"
    said = "Set off are the figures that lie beyond all held-out books in a way that readers would mind."
    items = [_item(each, judgement) for each in judgement.doubtful if judgement.evidence.get(each.name)]
    found = f'<ul class="surprises">{"".join(items)}</ul>' if items else ""
    return f"<p>{said}{' What was found:' if items else ''}</p>{found}"


def _item(each: Judged, judgement: Judgement) -> str:
    found = " \u00b7 ".join(
        " ".join(passage[:MAX_SHOWN_CHARS].split()) for passage in judgement.evidence.get(each.name, ())[:MAX_EVIDENCE]
    )
    name = f"{each.measure.group}, {each.measure.label}"
    figure = escape(each.shown(each.value))
    return f'<li><span class="figure">{figure}</span> {escape(name)}: {isolated(found)}</li>'
