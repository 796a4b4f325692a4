"""The author's diary: the same page written again and again, from noise to prose."""

import math
from collections.abc import Sequence
from typing import TypeVar

from penwright.report.markup import bits, count, duration, epoch_name, escape
from penwright.report.story import RunStory
from penwright.training.records import Sample

MAX_ENTRIES = 12

Item = TypeVar("Item")


def diary(story: RunStory) -> str:
    """Return the diary as HTML, the first and the last entry and some between, ever further apart."""
    samples = story.samples
    if not samples:
        return '<p class="empty">The author has not written anything yet.</p>'
    chosen = spaced(samples, [sample.step for sample in samples], max_items=MAX_ENTRIES)
    entries = [_entry(story, sample) for sample in chosen]
    if len(chosen) < len(samples):
        hidden = len(samples) - len(chosen)
        entries.append(f'<p class="aside">{hidden:,} more entries lie in the run\u2019s folder, under samples.</p>')
    return "\n".join(entries)


def spaced(items: Sequence[Item], positions: Sequence[float], *, max_items: int) -> list[Item]:
    """Choose items that are about evenly far apart on a logarithmic scale.

    Args:
        items: In order.
        positions: Where each stands, from 0, ascending.
        max_items: From 2.

    Returns:
        All of them if they are few; else so many, the first and the last among them, in order.
    """
    if len(items) <= max_items:
        return list(items)
    places = [math.log1p(position) for position in positions]
    chosen = {0, len(items) - 1}
    for index in range(1, max_items - 1):
        wanted = places[0] + (places[-1] - places[0]) * index / (max_items - 1)
        free = (other for other in range(len(items)) if other not in chosen)
        chosen.add(min(free, key=lambda other: abs(places[other] - wanted)))
    return [items[index] for index in sorted(chosen)]


def _entry(story: RunStory, sample: Sample) -> str:
    epochs = story.epochs(sample.chars_read)
    heading = f"Epoch {epoch_name(epochs)}" if epochs is not None else f"Step {sample.step:,}"
    facts = [
        f"step {sample.step:,}",
        f"{count(sample.chars_read)} characters read",
        duration(sample.elapsed_seconds),
    ]
    standing = story.bits_at(sample)
    if standing is not None:
        facts.append(f"{bits(standing.bits_per_char, digits=2)} bits per character,")
        facts.append("held-out books" if standing.is_held_out else "what it just learned from")
    lines = "".join(f"<li>{escape(fact)}</li>" for fact in facts)
    return (
        f'<article class="entry"><header><h3>{escape(heading)}</h3><ul>{lines}</ul></header>'
        f'<p class="written" dir="auto"><span class="prompt">{escape(sample.prompt)}</span>{escape(sample.text)}</p>'
        "</article>"
    )
