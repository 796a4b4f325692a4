"""Tables of a run's page: held-out books, baselines, sizes of a plan, rollbacks, configuration and machine."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from penwright.evaluation.book_score import BookScore
from penwright.evaluation.judging.judging import Judgement
from penwright.report.markup import bits, count, duration, escape, isolated, signed_bits
from penwright.report.story import Exam
from penwright.training.records import Planned, RolledBack

MAX_BOOKS = 60
MIN_SECONDS = 0.1
"""Shortest duration that a measurement is told with."""

Cell = tuple[str, str]
"""CSS class and HTML of a cell."""


def books_table(exam: Exam) -> str:
    """Return one row a book: bits of the author, of the best baseline measured by book, and their difference.

    Args:
        exam: Scores, at least one. Of very many books, the best and the worst predicted are shown.
    """
    by_book = [baseline for baseline in exam.baselines if len(baseline.book_bits_per_char) == len(exam.scores)]
    rival = min(by_book, key=lambda baseline: baseline.bits_per_char, default=None)
    order = sorted(range(len(exam.scores)), key=lambda index: exam.scores[index].bits_per_char)
    shown = order if len(order) <= MAX_BOOKS else [*order[: MAX_BOOKS // 2], *order[-MAX_BOOKS // 2 :]]
    head = ["Book", "Characters", "Accuracy", "This author", *([escape(rival.name), "Difference"] if rival else [])]
    rows = [
        _book_row(exam.scores[index], rival_bits=rival.book_bits_per_char[index] if rival else None) for index in shown
    ]
    made = table(head, rows)
    if len(shown) < len(order):
        made += f'<p class="aside">The {len(shown) // 2} best and worst predicted of {len(order):,} books.</p>'
    return made


def baselines_table(exam: Exam) -> str:
    """Return one row a baseline, with the author among them, the best first."""
    own = exam.bits_per_char
    rows: list[tuple[float, str, list[Cell]]] = []
    for baseline in exam.baselines:
        seen = f"{count(baseline.train_chars)} characters" if baseline.train_chars else "no other text"
        gain = signed_bits(own - baseline.bits_per_char) if own is not None else ""
        cells = _row(baseline.name, [bits(baseline.bits_per_char), gain], minor=[seen, _measured_in(baseline.seconds)])
        rows.append((baseline.bits_per_char, "", cells))
    if own is not None:
        rows.append((own, "own", _row("This author", [bits(own), ""], minor=["the training books", ""])))
    rows.sort(key=lambda row: row[0])
    head = ["Method", "Bits per character", "This author\u2019s difference", "Learned from", "Measured in"]
    return table(head, [cells for _, _, cells in rows], classes=[name for _, name, _ in rows])


def _measured_in(seconds: float) -> str:
    return duration(seconds) if seconds >= MIN_SECONDS else f"under {duration(MIN_SECONDS)}"


def plan_table(planned: Planned) -> str:
    """Return one row for each size that was tried."""
    rows: list[list[Cell]] = []
    for size in planned.sizes:
        expected = f"{bits(size.bits_per_char)} ({bits(size.low)} to {bits(size.high)})" if planned.difficulty else ""
        minor = [count(size.batch_size), count(size.chars_per_second), count(size.chars_read)]
        rows.append(_row(size.name, [expected, count(size.num_parameters)], minor=minor))
    head = ["Size", "Forecast, bits per character", "Weights", "Lanes", "Characters a second", "Would read"]
    return table(head, rows, classes=["own" if size.name == planned.size else "" for size in planned.sizes])


def copying_table(shares: Sequence[tuple[int, float, float | None]]) -> str:
    """Return one row a length of copied spans: the share of the author's page, and of a held-out passage."""
    rows = [
        _row(f"spans of {length} characters or more", [_percent(own), "" if theirs is None else _percent(theirs)])
        for length, own, theirs in shares
    ]
    return table(["Copied in", "This page", "A held-out passage"], rows)


def judged_table(judgement: Judgement) -> str:
    """Return one row a measure: the author's value and interval, and those of held-out books."""
    head = ["", "This author", "95\u00a0%"]
    head += ["Held-out books", "least", "most"] if judgement.books else []
    rows, classes = list[list[Cell]](), list[str]()
    for each in judgement.measures:
        name = f"{each.measure.group}: {each.measure.label}"
        numbers = [each.shown(each.value), *([each.shown(each.median)] if judgement.books else [])]
        minor = [each.shown(each.least), each.shown(each.most)] if judgement.books else []
        cells = _row(name, numbers, minor=minor)
        cells.insert(2, ("number minor", escape(each.interval)))
        rows.append(cells)
        classes.append("own" if each.is_doubtful else "")
    return table(head, rows, classes=classes)


def rollbacks_table(rollbacks: Sequence[RolledBack]) -> str:
    """Return one row for each rollback."""
    rows: list[list[Cell]] = [
        [
            ("number", f"{record.step:,}"),
            ("number", "not a number" if record.loss is None else f"{record.loss:.3f}"),
            ("", isolated(record.book)),
            ("number", f"{record.back_to_step:,}"),
            ("number", f"\u00d7 {record.learning_rate_scale:g}"),
        ]
        for record in rollbacks
    ]
    return table(["After step", "Loss (nats)", "While reading", "Went back to step", "Learning rate"], rows)


def settings_tables(data: Mapping[str, Any]) -> str:
    """Return nested settings as one small table a section, those without a section first."""
    loose = {key: value for key, value in data.items() if not isinstance(value, Mapping)}
    sections = {key: value for key, value in data.items() if isinstance(value, Mapping)}
    tables = [_section("", loose)] if loose else []
    return "\n".join([*tables, *(_section(name, section) for name, section in sections.items())])


def _book_row(score: BookScore, *, rival_bits: float | None) -> list[Cell]:
    author = f' <span class="by">{isolated(score.author)}</span>' if score.author else ""
    cells = [
        ("", f"{isolated(score.title)}{author}"),
        ("number minor", f"{score.num_chars:,}"),
        ("number minor", f"{100 * score.accuracy:.1f}\u00a0%"),
        ("number strong", bits(score.bits_per_char)),
    ]
    if rival_bits is not None:
        difference = score.bits_per_char - rival_bits
        cells.append(("number", bits(rival_bits)))
        cells.append((f"number {'better' if difference < 0 else 'worse'}", signed_bits(difference)))
    return cells


def _percent(share: float) -> str:
    return f"{100 * share:.1f}\u00a0%"


def _row(name: str, numbers: Iterable[str], *, minor: Iterable[str] = ()) -> list[Cell]:
    """Return a row of numbers. The minor ones are left out where the page is narrow."""
    cells = [("number", number) for number in numbers] + [("number minor", number) for number in minor]
    return [("", escape(name)), *((style, escape(number)) for style, number in cells)]


def _section(name: str, values: Mapping[str, Any]) -> str:
    lines = "".join(f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in _flat(values))
    heading = f"<h3>{escape(name)}</h3>" if name else ""
    return f'<section class="facts">{heading}<dl>{lines}</dl></section>'


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", f"{value:,}" if type(value) is int and abs(value) >= 10_000 else str(value)


def table(head: Sequence[str], rows: Iterable[Sequence[Cell]], *, classes: Sequence[str] = ()) -> str:
    """Return a table. `head` holds HTML, and a column is right-aligned if its first cell is."""
    body = list(rows)
    kinds = [kind for kind, _ in body[0]] if body else [""] * len(head)
    styles = [" ".join(word for word in kind.split() if word in {"number", "minor"}) for kind in kinds]
    titles = "".join(f'<th class="{style}" scope="col">{name}</th>' for style, name in zip(styles, head, strict=True))
    names = [*classes, *[""] * (len(body) - len(classes))]
    lines = "\n".join(
        f'<tr class="{name}">' + "".join(f'<td class="{kind}">{cell}</td>' for kind, cell in row) + "</tr>"
        for name, row in zip(names, body, strict=True)
    )
    return f'<div class="wide"><table><thead><tr>{titles}</tr></thead><tbody>\n{lines}\n</tbody></table></div>'
