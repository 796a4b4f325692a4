"""Render a ladder as one page: its curves, its table and a sample of each rung, without scripts and the network."""

from penwright.errors import counted, quoted
from penwright.report.curves import NARROW, Chart, Curve, Level, draw
from penwright.report.diary import ended_at_a_word, written
from penwright.report.document import document
from penwright.report.ladder import LATE_SHARE, MIN_LATE_GAIN, NGRAM, RUNGS, LadderStory, RungResult
from penwright.report.markup import bits, count, duration, escape, isolated, signed_bits
from penwright.report.style import STYLE
from penwright.report.tables import settings_tables

COLORS = (
    ("perceptron", "#8a6d3b", "#d3b57c"),
    ("window", "#3d6a94", "#8db9e4"),
    ("elman", "#2f6b3a", "#8fca99"),
    ("gru", "#7b4a8c", "#cf9fe0"),
    ("lstm", "#0f7a7a", "#6fcfcf"),
    ("default", "#a3371f", "#f0906f"),
)
"""Colour of each curve on a light and on a dark page."""
MINUTES_FROM = 180.0
"""Length of a training from which on the axis counts minutes."""


def _rules(index: int) -> str:
    return "\n".join(
        f".curve.rung-{color[0]} path {{ stroke: {color[index]}; stroke-width: 2.2; }}\n"
        f".curve.rung-{color[0]} circle {{ fill: {color[index]}; }}\n"
        f".legend .rung-{color[0]} {{ border-color: {color[index]}; }}"
        for color in COLORS
    )


LADDER_STYLE = f"{_rules(1)}\n@media (prefers-color-scheme: dark) {{\n{_rules(2)}\n}}\n"


def render_ladder_page(story: LadderStory) -> str:
    """Return the page as one HTML document."""
    body = "\n".join(part(story) for part in (_head, _race, _table, _samples, _rules_of_the_race, _commands))
    return document(story.name, body, style=STYLE + LADDER_STYLE)


def _head(story: LadderStory) -> str:
    notes = "".join(f'<p class="aside">{escape(note)}</p>' for note in story.notes)
    figures = [
        ("characters to learn from", count(story.train_chars)),
        ("characters held out and scored", f"{story.num_scored_chars:,}"),
        ("a blind guess, log\u2082 of the alphabet", bits(story.guess_bits)),
        ("for each rung", story.length),
    ]
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in figures)
    return (
        '<header><p class="kicker">One shelf, seven ways to learn it</p>'
        f'<h1>{isolated(story.name)}</h1><p class="lead">{_lead(story)}</p>{notes}'
        f'<dl class="figures">{cells}</dl></header>'
    )


def _lead(story: LadderStory) -> str:
    best = story.best
    if best is None or best.bits_per_char is None:
        return "No rung was scored yet."
    said = f"Of {counted(len(story.scored), 'rung')}, {escape(best.name)} predicts these books best: "
    said += f"<strong>{bits(best.bits_per_char)} bits per character</strong>."
    table = next((each.bits_per_char for each in story.results if each.name == NGRAM), None)
    if table is None or best.name == NGRAM:
        return said + (" No network beats counting yet." if best.name == NGRAM else "")
    beaten = [each.name for each in story.scored if (each.bits_per_char or 0) < table]
    behind = [each.name for each in story.scored if (each.bits_per_char or 0) > table]
    said += f" Counting alone needs {bits(table)}; {_listed(beaten)} did better"
    return said + (f", but {_listed(behind)} did not." if behind else ".")


def _listed(names: list[str]) -> str:
    shown = [escape(name) for name in names]
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def ladder_chart(story: LadderStory) -> Chart:
    """Return the curves of all networks over the time of their training."""
    longest = max((at for each in story.results for at, _ in each.curve), default=0.0)
    unit, name = (60.0, "minutes") if longest >= MINUTES_FROM else (1.0, "seconds")
    table = next((each.bits_per_char for each in story.results if each.name == NGRAM), None)
    levels = [(story.guess_bits, "blind guess"), (story.order_1_bits, "1-character table"), (table, "n-gram")]
    return Chart(
        title="Bits per character of held-out text against time, for each rung",
        x_label=f"{name} of training",
        curves=[
            Curve(each.name, f"rung-{each.name}", [(at / unit, value) for at, value in each.curve], has_dots=True)
            for each in story.results
            if each.curve
        ],
        levels=[Level(label, value) for value, label in levels if value is not None],
    )


def _race(story: LadderStory) -> str:
    chart = ladder_chart(story)
    legend = "".join(
        f'<li><span class="rung-{escape(each.name)}"></span>{escape(each.name)}</li>'
        for each in story.results
        if each.curve
    )
    return (
        "<section><h2>The race</h2><p>Bits per character: how many yes-or-no questions the next character still costs. "
        "Lower is better. Each dot is measured on held-out text, on fewer characters than the table below. "
        "A curve that begins late first looked for a size, or counted.</p>"
        f'<div class="for-wide">{draw(chart)}</div><div class="for-narrow">{draw(chart, NARROW)}</div>'
        f'<ul class="legend">{legend}</ul></section>'
    )


def _table(story: LadderStory) -> str:
    heads = ("Rung", "Bits per character", "Right", "Characters read", "Time", "Parameters", "Last quarter", "")
    minor = {"Characters read", "Parameters", "Last quarter"}
    head = "".join(
        f'<th class="{"number" if 0 < place < 7 else ""}{" minor" if name in minor else ""}">{name}</th>'
        for place, name in enumerate(heads)
    )
    rows = "".join(_row(each, is_best=each is story.best) for each in story.results)
    return (
        f'<section><h2>The rungs</h2><div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>'
        "</table></div><p>Right: the share of characters that were the likeliest. Parameters of n-gram: counts that "
        "it keeps; those of the n-grams beside the default network are not among its parameters. Last quarter: bits "
        f"gained in the last {LATE_SHARE:.0%} of the time. A rung that gained {MIN_LATE_GAIN} or more there still "
        "learns, and would be better with more time. Part of this gain comes from the learning rate, which falls "
        "towards the end. One that got worse was scored as it was at its best.</p></section>"
    )


def _row(result: RungResult, *, is_best: bool) -> str:
    gain = result.late_gain
    cells = [
        ("", escape(result.name)),
        ("number strong", "" if result.bits_per_char is None else bits(result.bits_per_char)),
        ("number", "" if result.accuracy is None else f"{100 * result.accuracy:.1f}\u00a0%"),
        ("number minor", count(result.chars_read) if result.chars_read else ""),
        ("number", duration(result.seconds) if result.ending else ""),
        ("number minor", "" if result.num_parameters is None else count(result.num_parameters)),
        ("number minor", "" if gain is None else signed_bits(-gain)),
        ("", escape(result.verdict)),
    ]
    inner = "".join(f'<td class="{style}">{value}</td>' if style else f"<td>{value}</td>" for style, value in cells)
    return f'<tr class="{"own" if is_best else ""}">{inner}</tr>'


def _samples(story: LadderStory) -> str:
    ideas = {rung.name: rung.idea for rung in RUNGS}
    entries: list[str] = []
    for each in story.results:
        if not each.sample:
            continue
        lines = [ideas.get(each.name, "")]
        lines += [] if each.bits_per_char is None else [f"{bits(each.bits_per_char, digits=2)} bits per character"]
        items = "".join(f"<li>{escape(line)}</li>" for line in lines)
        entries.append(
            f'<article class="entry"><header><h3>{escape(each.name)}</h3><ul>{items}</ul></header>'
            f"{written(each.prompt, ended_at_a_word(each.sample))}</article>"
        )
    said = "Prompt, random numbers and temperature are the same for all; only what they have learned differs."
    return f"<section><h2>What each one writes</h2><p>{said}</p>{''.join(entries)}</section>"


def _rules_of_the_race(story: LadderStory) -> str:
    where = "passages from the ends of the same books" if story.holds_out_passages else "whole books"
    env = {name: value for name, value in story.env.items() if name in ("machine", "versions")}
    details = f'<div class="columns">{settings_tables(env)}</div>' if env else ""
    return (
        "<section><h2>The rules</h2><p>All rungs read the same books, which were prepared once, and are scored on the "
        f"same held-out characters, of {where} that none of them learns from. Each network has the same length of "
        "training, on the same machine, one after the other. Scoring at the end is not counted. The n-gram rung counts "
        "once and needs no more time. Each rung has a size that learns well in minutes on a laptop; the default "
        "chooses its own for the time, if there is enough of it. So this is a race of authors as one would raise them, "
        "and no measurement of cells of equal size. One seed each: differences of a few hundredths may be chance.</p>"
        f"{details}</section>"
    )


def _commands(story: LadderStory) -> str:
    best = story.best
    trained = best.name if best is not None and best.name != NGRAM else "default"
    path = quoted(f"{story.path}/{trained}")
    lines = [f"penwright write {path}", f"penwright report {path}"]
    if any(not each.ending or each.ending == "stopped" for each in story.results):
        lines.append(f"penwright ladder --resume {quoted(story.path)}")
    return f"<section><h2>Next steps</h2><pre>{escape(chr(10).join(lines))}</pre></section>"
