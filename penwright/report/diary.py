"""The diary of a run: samples from one prompt and seed, from noise to prose."""

import math
from collections.abc import Sequence
from typing import TypeVar

from penwright.report.markup import bits, count, duration, epoch_name, escape
from penwright.report.story import RunStory
from penwright.training.records import Sample

MAX_ENTRIES = 12
MAX_WORD_CHARS = 30
"""Longest last word that is taken for a cut one."""
MIN_EPOCHS = 0.1
"""Smallest number of epochs that is worth telling."""
OPEN_ENDS = ("-", ",", ";", ":", "\u2013", "\u2014")
"""Signs after which a sentence goes on."""

Item = TypeVar("Item")


def diary(story: RunStory, *, max_entries: int = MAX_ENTRIES) -> str:
    """Return the diary as HTML: the first and the last entry, and some between, ever further apart.

    Args:
        story: The run.
        max_entries: Largest number of entries, from 2.
    """
    samples = story.samples
    if not samples:
        return '<p class="empty">The author has not written anything yet.</p>'
    chosen = spaced(samples, [sample.step for sample in samples], max_items=max_entries)
    entries = [_entry(story, sample) for sample in chosen]
    if len(chosen) < len(samples):
        hidden = len(samples) - len(chosen)
        entries.append(f'<p class="aside">{hidden:,} more entries are in the run\u2019s folder, under samples.</p>')
    return "\n".join(entries)


def spaced(items: Sequence[Item], positions: Sequence[float], *, max_items: int) -> list[Item]:
    """Choose items that are about evenly spaced on a logarithmic scale.

    Args:
        items: Items in order.
        positions: Position of each, from 0, ascending.
        max_items: Largest number of items, from 2.

    Returns:
        All items if they are few; else `max_items` of them in order, with the first and the last.
    """
    if len(items) <= max_items:
        return list(items)
    logs = [math.log1p(position) for position in positions]
    chosen = {0, len(items) - 1}
    for index in range(1, max_items - 1):
        wanted = logs[0] + (logs[-1] - logs[0]) * index / (max_items - 1)
        free = (other for other in range(len(items)) if other not in chosen)
        chosen.add(min(free, key=lambda other: abs(logs[other] - wanted)))
    return [items[index] for index in sorted(chosen)]


def written(prompt: str, text: str, *, is_whole: bool = False) -> str:
    """Return a text of the author as HTML, its prompt set apart. It scrolls if it is long, unless `is_whole`."""
    begun = f'<span class="prompt">{escape(prompt)}</span>' if prompt else ""
    style = "written whole" if is_whole else "written"
    return f'<p class="{style}" dir="auto">{begun}{escape(text)}</p>'


def ended_at_a_word(text: str) -> str:
    """Return a text that was cut off after some characters without its last, cut word, which an ellipsis replaces.

    An ellipsis also follows a whole word that ends no sentence. A text without a blank near its end, such as one in
    Chinese, stays as it is.
    """
    end = max(text.rfind(" "), text.rfind("\n"))
    is_cut = text[-1:].isalnum() and end >= max(1, len(text) - MAX_WORD_CHARS)
    whole = (text[:end] if is_cut else text).rstrip()
    goes_on = is_cut or whole.endswith(OPEN_ENDS) or (whole != text and whole[-1:].isalnum())
    return f"{whole} \u2026" if goes_on else whole


def _entry(story: RunStory, sample: Sample) -> str:
    epochs = story.epochs(sample.chars_read)
    heading = f"After {count(sample.chars_read)} characters" if sample.step else "Before the first step"
    lines = [f"step {sample.step:,}"] if sample.step else []
    if epochs is not None and epochs >= MIN_EPOCHS:
        lines.append(f"{epoch_name(epochs)} epochs")
    lines.append(duration(sample.elapsed_seconds))
    score = story.bits_at(sample)
    if score is not None:
        where = story.held_out if score.is_held_out else "training text"
        lines.append(f"{bits(score.bits_per_char, digits=2)} bits per character, {where}")
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return (
        f'<article class="entry"><header><h3>{escape(heading)}</h3><ul>{items}</ul></header>'
        f"{written(sample.prompt, ended_at_a_word(sample.text))}"
        "</article>"
    )
