"""`penwright plan`: find the size of network that suits a time, with its forecast, without training."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from penwright.cli.config_layers import config_layers
from penwright.cli.display.clock import loading, working
from penwright.cli.display.durations import format_duration
from penwright.cli.display.one_pass import pass_json, pass_lines, pass_table
from penwright.cli.display.words import millions, plan_sentence, significant
from penwright.cli.options import (
    CONFIGURATION,
    LENGTH,
    Duration,
    Existing,
    Json,
    Languages,
    Settings,
    SettingTexts,
    Whole,
    at_most_one,
    check_options,
    option,
    option_of,
    options_from,
)
from penwright.cli.output import console, is_terminal, print_json, say
from penwright.cli.shelves import choose_shelf, prepare_books
from penwright.errors import UsageError
from penwright.training.planning.pass_options import OnePassConfig

if TYPE_CHECKING:
    from rich.table import Table

    from penwright.training.records import Planned

    ReadingOptions = dict[str, Any] | None
else:
    ReadingOptions = options_from(OnePassConfig, group=LENGTH)


def plan(
    *paths: str,
    for_: Duration = None,
    one_pass: Annotated[bool, option(group=LENGTH)] = False,
    reading: ReadingOptions = None,
    default_shelf: bool = False,
    config: Annotated[Path | None, Existing, option(group=CONFIGURATION, metavar="FILE")] = None,
    set_: SettingTexts = (),
    size: Annotated[str | None, option(group=CONFIGURATION, metavar="SIZE")] = None,
    language: Languages = None,
    accept_doubtful: Annotated[bool, option(group=CONFIGURATION)] = False,
    threads: Annotated[Whole, option(group=CONFIGURATION)] = None,
    device: Annotated[Literal["auto", "cpu", "cuda", "gpu", "mps"] | None, option(group=CONFIGURATION)] = None,
    as_json: Json = False,
) -> int:
    """Find the size of network that suits a time, and forecast how well it will predict.

    This makes a few updates of each size on these books and this machine, which takes some seconds. Nothing is kept.
    `penwright train` makes the same choice by itself for the same time. After the training, the summary and the report
    compare forecast and result.

    With --one-pass it says instead how long one reading of a library takes on several machines, what it costs, and what
    the law promises.

    Args:
        paths: Books, as for train.
        for_: Length of the training, such as 30m. Default 10m.
        one_pass: Instead of a time: one reading of all books.
        reading: What one reading is of, and by what.
        default_shelf: Read the default shelf. It is fetched first if necessary.
        config: A TOML file of settings.
        set_: A setting, as section.key=value. May be repeated.
        size: Measure this size alone, such as 256x3.
        language: Keep only the books in this language, told by their text: en, or several as en,fr.
        accept_doubtful: Read books too in which over 1 % of the characters are replacements or improbable.
        threads: Processor threads; 0 for all.
        device: Device to compute on; gpu means cuda.
    """
    with loading(is_shown=not as_json):
        from penwright.training.planning.one_pass import plan_one_pass
        from penwright.training.planning.plan import MIN_SECONDS, batch_sizes_of, make_plan, sizes_of
        from penwright.training.planning.sizes import PLANNED_PRESET
        from penwright.training.start import resolve_auto

    at_most_one({"--for": for_, "--one-pass": one_pass})
    if reading and not one_pass:
        raise UsageError(f"{option_of(next(iter(reading)))} is for one reading of a library. Add --one-pass.")
    check_options(OnePassConfig, reading or {})
    asked = OnePassConfig(**reading or {})
    flags: Settings = {"corpus": {"accept_doubtful": accept_doubtful or None}}
    flags |= {"train": {"seconds": for_, "epochs": 1 if one_pass else None, "threads": threads, "device": device}}
    resolved = config_layers(preset=None, config=config, size=size, flags=flags, settings=set_).resolve()
    length = resolved.config.train.seconds
    if resolved.config.preset != PLANNED_PRESET:
        raise UsageError(f"only the preset {PLANNED_PRESET} comes in sizes, not {resolved.config.preset}.")
    if not one_pass and (length is None or length < MIN_SECONDS):
        typed = "" if for_ is None else f"--for {format_duration(for_)} is too short: "
        raise UsageError(f"{typed}a plan needs a time of at least {MIN_SECONDS:.0f} seconds, for example --for 30m.")
    sizes, batch_sizes = sizes_of(resolved), batch_sizes_of(resolved)
    if not sizes:
        raise UsageError("a setting has chosen the network already. Leave it out, or name its size: --size 256x3")
    run_config = resolve_auto(resolved.config)
    shelf = choose_shelf(paths, wants_default=default_shelf, say=say, warn=say)
    corpus = prepare_books(shelf.paths, config=run_config.corpus, say=say, is_quiet=as_json)
    if one_pass:
        with working("planning", is_shown=not as_json and is_terminal(sys.stderr)) as tell:
            found = plan_one_pass(corpus, run_config, reading=asked, sizes=sizes, tell=tell)
        if as_json:
            print_json(pass_json(found, asked))
            return 0
        console().print(pass_table(found, has_price=asked.price > 0))
        print("\n".join(pass_lines(found, asked)))
        return 0
    with working("planning", is_shown=not as_json and is_terminal(sys.stderr)) as tell:
        planned = make_plan(corpus, run_config, sizes=sizes, batch_sizes=batch_sizes, tell=tell).record
    if as_json:
        print_json({key: value for key, value in asdict(planned).items() if key not in ("step", "chars_read")})
        return 0
    paper = console()
    paper.print(size_table(planned))
    print(plan_sentence(planned))
    if planned.difficulty is not None:
        print(f"By counting alone, six characters back, these books need about {planned.difficulty:.2f} bits/char.")
    else:
        print("Nothing is forecast without held-out books, or with unusual settings of n-grams or match model.")
    print(f"Measured in {planned.elapsed_seconds:.0f} s, which count towards the {format_duration(planned.seconds)}.")
    return 0


def size_table(planned: "Planned") -> "Table":
    """Return a table of the sizes measured."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("size", no_wrap=True)
    for heading in ("weights", "lanes", "chars/s", "would read", "bits/char expected"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in planned.sizes:
        is_chosen = each.name == planned.size
        bits = f"{each.bits_per_char:.3f} ({each.low:.2f} to {each.high:.2f})" if planned.difficulty else "-"
        table.add_row(
            f"{each.name}{' *' if is_chosen else ''}",
            millions(each.num_parameters),
            str(each.batch_size),
            f"{significant(each.chars_per_second):,}",
            millions(each.chars_read),
            bits,
            style="bold" if is_chosen else "",
        )
    return table
