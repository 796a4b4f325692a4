"""Render a run as one page: self-contained HTML, without scripts and without the network.

Rendering is a pure function of a `RunStory`. A run that is unfinished, was never evaluated or has a single sample has a
page too, with less on it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from penwright.errors import counted, quoted
from penwright.report.curves import NARROW, Band, Chart, Curve, Level, Mark, draw, has_line
from penwright.report.diary import diary
from penwright.report.document import document
from penwright.report.markup import bits, count, duration, epoch_name, escape, isolated
from penwright.report.portrait_section import finished_author
from penwright.report.story import RunStory, longer_length, surviving
from penwright.report.style import STYLE
from penwright.report.tables import baselines_table, books_table, plan_table, rollbacks_table, settings_tables
from penwright.training.records import Evaluation, Progress

ENDINGS = {
    "done": "Finished",
    "stopped": "Stopped by hand",
    "patience": "Ended early: the held-out text no longer improved",
}

METHODS = (
    "A table counts what followed each string of a given length in the training books. A compressor packs the text "
    "into a smaller file. An author that does not beat the best table has learned nothing beyond counting."
)

FOLD = "a new fold: the next share of the books, read with n-grams counted on the others"
PAIRED_ENTRIES = 6
"""Largest number of diary entries in each of two columns."""


def render_page(story: RunStory) -> str:
    """Return the page as one HTML document."""
    parts = (_head, _learning, _portrait, _diary, _exams, _plan, _settings, _commands)
    body = "\n".join(part(story) for part in parts)
    return document(story.name, body, style=STYLE)


def _head(story: RunStory) -> str:
    notes = "".join(f'<p class="aside">{escape(note)}</p>' for note in story.notes)
    return (
        f'<header><p class="kicker">How an author learned to write</p><h1>{isolated(story.name)}</h1>'
        f'<p class="lead">{_lead(story)}</p><p class="status">{escape(_status(story))}</p>'
        f"{notes}{_figures(story)}</header>"
    )


def _lead(story: RunStory) -> str:
    """Return a sentence or two on how good the author is, and compared to what."""
    own = story.bits_per_char
    if own is None:
        return "This author was not scored on books it does not know."
    new, held_out = "books it has never read", "held-out books"
    if story.holds_out_passages:
        new, held_out = "unread passages from the ends of its books", "passages from the ends of its books"
    what = held_out if story.num_known else new
    said = f"This author predicts {what} with <strong>{bits(own)} bits per character</strong>."
    before = story.bits_before
    also = "" if before is None else f" Before it was taught these books, it needed {bits(before)}."
    if story.num_known:
        also += f" The author it began from has learned from {counted(story.num_known, 'book')} of this shelf before."
        also += " Scores on them say nothing about new books."
    rival = story.val.best_baseline
    if rival is None:
        return said + also
    theirs = f"{escape(rival.name)}, {bits(rival.bits_per_char)}"
    difference = rival.bits_per_char - own
    if difference > 0:
        return f"{said} That is {bits(difference)} bits better than the best method without a network ({theirs}).{also}"
    return f"{said} It does not beat the best method without a network yet ({theirs}).{also}"


def _status(story: RunStory) -> str:
    finished = story.finished
    if finished is not None:
        return f"{ENDINGS.get(finished.reason, finished.reason)}, after {counted(finished.step, 'step')}"
    if not story.progress:
        return "Not begun"
    last = story.progress[-1]
    return f"Not finished: {100 * last.fraction_done:.0f} % done after {counted(last.step, 'step')}"


def _figures(story: RunStory) -> str:
    figures: list[tuple[str, str]] = []
    if story.bits_per_char is not None:
        scored = sum(score.num_chars for score in story.val.scores)
        where = f"on {scored:,} characters held out" if scored else "held out"
        figures.append((f"bits per character, {where}", bits(story.bits_per_char)))
    choice = story.expected
    if choice is not None:
        figures.append((f"forecast ({bits(choice.low)} to {bits(choice.high)})", bits(choice.bits_per_char)))
    if story.val.best_baseline is not None:
        figures.append((story.val.best_baseline.name, bits(story.val.best_baseline.bits_per_char)))
    if story.records:
        last = story.records[-1]
        epochs = story.epochs(last.chars_read)
        often = f" ({epoch_name(epochs)} epochs)" if epochs is not None else ""
        figures.append((f"characters read{often}", count(last.chars_read)))
        figures.append(("training time", duration(last.elapsed_seconds)))
        if last.elapsed_seconds > 0:
            figures.append(("characters a second", count(last.chars_read / last.elapsed_seconds)))
    if story.num_parameters is not None:
        figures.append(("parameters", count(story.num_parameters)))
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in figures)
    return f'<dl class="figures">{cells}</dl>' if cells else ""


def _plan(story: RunStory) -> str:
    """Return the sizes that were tried for the time, and the outcome of the forecast."""
    planned = story.planned
    if planned is None:
        return ""
    said = f"For {duration(planned.seconds)} on this machine, size {escape(planned.size)} had the best forecast."
    choice, end = story.expected, story.finished
    own = end.best_bits_per_char if end is not None and end.reason == "done" else None
    if choice is not None and own is not None:
        where = "within" if choice.low <= own <= choice.high else "outside"
        said += (
            f" The forecast was {bits(choice.bits_per_char)} bits per character on the held-out text during training. "
            f"The outcome is {bits(own)}, {100 * (own / choice.bits_per_char - 1):+.1f} %, {where} the forecast band."
        )
    return f"<section><h2>Plan</h2><p>{said}</p>{plan_table(planned)}</section>"


def _learning(story: RunStory) -> str:
    charts = (
        ("By characters (log)", _chart(story, by_time=False, is_log=True)),
        ("By characters", _chart(story, by_time=False, is_log=False)),
        ("By time", _chart(story, by_time=True, is_log=False)),
    )
    tabs = "".join(
        f'<input type="radio" name="axis" id="axis-{number}"{" checked" if number == 1 else ""}>'
        f'<label for="axis-{number}">{name}</label>'
        for number, (name, _) in enumerate(charts, start=1)
    )
    panels = "\n".join(
        f'<div class="panel panel-{number}"><div class="for-wide">{draw(chart)}</div>'
        f'<div class="for-narrow">{draw(chart, NARROW)}</div></div>'
        for number, (_, chart) in enumerate(charts, start=1)
    )
    keys = [("held-out", story.held_out), ("training", "training text")]
    if any(has_line(chart, level) for _, chart in charts for level in chart.levels):
        keys.append(("simpler", "methods without a network"))
    band = _forecast_band(story)
    keys += [("forecast", band.name)] if band else []
    reached = story.progress[-1].chars_read if story.progress else 0
    keys += [("fold", FOLD)] if any(0 < start < reached for start in story.fold_starts) else []
    keys += [("rollback", "rollback")] if story.rollbacks else []
    legend = "".join(f'<li><span class="{style}"></span>{escape(name)}</li>' for style, name in keys)
    table = f"<h3>Rollbacks</h3>{rollbacks_table(story.rollbacks)}" if story.rollbacks else ""
    each = story.evaluations[-1].num_chars if story.evaluations else 0
    more = f" Each dot is measured on {counted(each, 'held-out character')}." if each else ""
    more += _head_start(story)
    return (
        "<section><h2>Learning</h2><p>Bits per character: how many yes-or-no questions the next character still costs. "
        f'Lower is better.{more}</p><div class="tabs">{tabs}{panels}<ul class="legend">{legend}</ul>'
        f"</div>{table}</section>"
    )


def _head_start(story: RunStory) -> str:
    """Return a sentence on what an author with n-grams, or a taught one, knows before its first step."""
    if story.first_bits is not None:
        return " This author had learned other books before, so its curve begins low."
    if not story.fold_starts:
        return ""
    return (
        " This author begins with n-grams: tables of what followed each short string in its books, counted before the "
        "first step. So its curve begins low."
    )


def _chart(story: RunStory, *, by_time: bool, is_log: bool) -> Chart:
    # A logarithmic axis has no place for what was read before the first step: it stands at the left edge.
    first = min((each.chars_read for each in story.progress if each.chars_read), default=1) if is_log else 0

    def points(records: Iterable[Progress | Evaluation]) -> list[tuple[float, float]]:
        if by_time:
            return [(record.elapsed_seconds / 60, record.bits_per_char) for record in records]
        return [(max(record.chars_read, first), record.bits_per_char) for record in surviving(records)]

    axis = "minutes of training" if by_time else f"characters read{' (logarithmic)' if is_log else ''}"
    return Chart(
        title=f"Bits per character against {axis}",
        x_label=axis,
        curves=(
            Curve("in training", "training", points(story.progress)),
            Curve(story.held_out, "held-out", points(story.evaluations), has_dots=True),
        ),
        levels=[Level(each.name, each.bits_per_char) for each in story.val.drawn_baselines],
        band=_forecast_band(story),
        marks=_marks(story, by_time=by_time),
        is_log=is_log,
    )


def _forecast_band(story: RunStory) -> Band | None:
    choice = story.expected
    if choice is None:
        return None
    return Band(f"forecast for the end: {choice.low:.2f} to {choice.high:.2f}", choice.low, choice.high)


def _marks(story: RunStory, *, by_time: bool) -> list[Mark]:
    """Return the marks on the x axis: new folds of the shelf, and rollbacks."""
    marks: list[Mark] = []
    for number, chars in enumerate(story.fold_starts, start=1):
        # The first record after the counting: time was spent before it, and no characters were read.
        record = next((each for each in story.progress if each.chars_read > chars), None)
        if record is not None:
            at = record.elapsed_seconds / 60 if by_time else float(max(chars, 1))
            marks.append(Mark(at, f"fold {number}: n-grams of the other books counted", "fold"))
    for rollback in story.rollbacks:
        at = rollback.elapsed_seconds / 60 if by_time else float(rollback.chars_read)
        marks.append(Mark(at, f"rollback after step {rollback.step:,}", "rollback"))
    return marks


def _portrait(story: RunStory) -> str:
    return finished_author(story.portrait, story.judgement, is_unread=not story.num_known)


def _diary(story: RunStory) -> str:
    said = "Prompt and seed are the same each time; only what the author had learned differs."
    if not story.bare:
        return f"<section><h2>Diary</h2><p>{said}</p>{diary(story)}</section>"
    said += " With its n-grams it writes words from the first step on. "
    bare = replace(story, records=story.bare)
    last = story.bare[-1]
    said += (
        f"The small network beside it began with nothing, and read {count(last.chars_read)} characters of the same "
        f"books in {duration(last.elapsed_seconds)}. It shows what learning alone does."
    )
    own, other = (diary(each, max_entries=PAIRED_ENTRIES) for each in (story, bare))
    return (
        f'<section><h2>Diary</h2><p>{said}</p><div class="pair"><div><h3>This author</h3>{own}</div>'
        f"<div><h3>A small network without n-grams</h3>{other}</div></div></section>"
    )


def _exams(story: RunStory) -> str:
    parts: list[str] = []
    kind, what = "books", "Books"
    if story.holds_out_passages:
        kind, what = "passages", "Passages from the ends of the same books"
    unread = "" if story.num_known else "the author never learned from, but that "
    for exam, title, words in (
        (
            story.val,
            f"Held-out {kind}",
            f"{what} that {unread}steered its training.",
        ),
        (story.test, f"Test {kind}", f"{what} that were not read before the training had ended."),
    ):
        if exam.scores:
            parts.append(f"<section><h2>{title}</h2><p>{words} Bits per character, the best predicted first.</p>")
            parts.append(f"{books_table(exam)}</section>")
        if exam.baselines:
            parts.append(f"<section><h3>Methods without a network, on the same characters</h3><p>{METHODS}</p>")
            parts.append(f"{baselines_table(exam)}</section>")
    return "\n".join(parts)


def _settings(story: RunStory) -> str:
    env = dict(story.env)
    if isinstance(env.get("corpus"), Mapping):  # a page may be published, so it does not tell where the books are kept
        env["corpus"] = {key: value for key, value in env["corpus"].items() if key != "path"}
    blocks = [("Configuration", story.config), ("Machine, versions and books", env)]
    details = "".join(
        f'<details><summary>{name}</summary><div class="columns">{settings_tables(data)}</div></details>'
        for name, data in blocks
        if data
    )
    return f"<section><h2>How it was made</h2>{details}</section>" if details else ""


def _commands(story: RunStory) -> str:
    path = quoted(story.path)
    longer = longer_length(story)
    how = "Train it longer, from exactly where it stopped"
    how += ": here for about twice as long in all:" if longer else ":"
    return (
        "<section><h2>Next steps</h2><p>Let it write:</p>"
        f"<pre>{escape(f'penwright write {path}')}</pre>"
        f"<p>{how}</p><pre>{escape(f'penwright train --resume {path}{longer}')}</pre></section>"
    )
