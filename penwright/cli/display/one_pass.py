"""One reading of a library, as `penwright plan --one-pass` shows it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from penwright.cli.display.durations import format_duration
from penwright.cli.display.words import millions, significant
from penwright.errors import counted

if TYPE_CHECKING:
    from rich.table import Table

    from penwright.training.planning.one_pass import OnePass
    from penwright.training.planning.pass_options import OnePassConfig


def pass_table(found: "OnePass", *, has_price: bool) -> "Table":
    """Return a table of the sizes."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("size", no_wrap=True)
    headings = ["weights", "lanes", "chars/s", "exchange", "hours", *(["cost"] if has_price else []), "bits/char"]
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for each in found.sizes:
        cells = [millions(each.num_parameters), f"{each.batch_size:,}", f"{significant(each.chars_per_second):,}"]
        cells += [f"{100 * each.exchange_share:.0f} %", f"{each.seconds / 3_600:,.1f}"]
        cells += [f"{each.cost:,.2f}"] if has_price else []
        bits = "-" if each.expected is None else f"{each.expected.bits_per_char:.3f}{'?' if each.is_beyond else ''}"
        table.add_row(each.name, *cells, bits)
    return table


def pass_lines(found: "OnePass", reading: "OnePassConfig") -> Iterator[str]:
    """Yield what is to be known beside the table."""
    network = f" on a network of {reading.network:g} gigabits a second" if reading.machines > 1 else ""
    yield (
        f"One reading of {found.num_chars:,} characters by {counted(reading.machines, 'machine')} like this one"
        f"{network}. Counting n-grams is {format_duration(found.counting_seconds)} of it. Speeds are of one machine."
    )
    if found.difficulty is not None:
        yield f"By counting alone, six characters back, these books need about {found.difficulty:.2f} bits/char."
    if any(each.is_beyond for each in found.sizes):
        yield (
            "?: the law was fitted to at most 121 million characters read, and 185 for each weight. Beyond, the figure "
            "is no more than where its curve leads."
        )


def pass_json(found: "OnePass", reading: "OnePassConfig") -> dict[str, Any]:
    """Return the plan as one object."""
    sizes = []
    for each in found.sizes:
        facts = each._asdict()
        facts["expected"] = None if each.expected is None else each.expected._asdict()
        sizes.append(facts)
    asked = {"machines": reading.machines, "network": reading.network, "price": reading.price}
    return {**found._asdict(), **asked, "sizes": sizes}
