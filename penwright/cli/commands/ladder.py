"""`penwright ladder`: race seven ways to learn a shelf, from counting to the default author."""

import webbrowser
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from penwright.cli.config_layers import check_flags, config_layers
from penwright.cli.display.clock import loading
from penwright.cli.display.durations import format_duration
from penwright.cli.display.words import significant
from penwright.cli.finding import new_run_dir
from penwright.cli.interrupts import EXIT_INTERRUPTED
from penwright.cli.options import (
    CONFIGURATION,
    LENGTH,
    OUTPUT,
    Duration,
    Existing,
    Json,
    NewFolder,
    Settings,
    SettingTexts,
    Text,
    Whole,
    at_most_one,
    option,
)
from penwright.cli.output import console, print_json, say
from penwright.cli.setting_texts import parse_settings
from penwright.errors import UsageError, quoted

if TYPE_CHECKING:
    from rich.table import Table

    from penwright.cli.run_ladder import Ladder
    from penwright.report.ladder import LadderStory

DEFAULT_SECONDS = 120.0
NOT_FOR_ALL = ("cell", "is_residual")
"""Settings of the network that make a rung what it is."""


def ladder(
    *paths: str,
    for_: Duration = None,
    steps: Annotated[Whole, option(group=LENGTH)] = None,
    run: Annotated[Path | None, NewFolder, option(name=("--run", "--run-dir"))] = None,
    resume: Annotated[Path | None, Existing, option(metavar="LADDER")] = None,
    default_shelf: bool = False,
    set_: SettingTexts = (),
    accept_doubtful: Annotated[bool, option(group=CONFIGURATION)] = False,
    seed: Annotated[Whole, option(group=CONFIGURATION)] = None,
    prompt: Annotated[Text, option(group=CONFIGURATION)] = None,
    threads: Annotated[Whole, option(group=CONFIGURATION)] = None,
    device: Annotated[Literal["auto", "cpu", "cuda", "gpu", "mps"] | None, option(group=CONFIGURATION)] = None,
    opens: Annotated[bool, option(group=OUTPUT, name="--open")] = False,
    quiet: Annotated[bool, option(group=OUTPUT)] = False,
    as_json: Json = False,
) -> int:
    """Race seven ways to learn your books: n-gram, perceptron, window, elman, gru, lstm and the default author.

    All read the same books, which are prepared once, and are scored on the same held-out characters. Each network
    trains for the same time, one after the other, in a run of its own, so that it can write and be resumed like any
    author. The result is a table, and a page with a plot and a sample of each rung. Press Ctrl-C once to save and end;
    --resume goes on, and rungs that have ended are kept.

    Args:
        paths: Books, as for train.
        for_: Length of the training of each network, such as 2m; the six together take six times as long. Default 2m.
        steps: Number of updates of each network, in place of a time.
        run: Folder of the ladder. The default is a new folder, runs/DATE-NAME-ladder.
        resume: Go on with this ladder, as it was begun.
        default_shelf: Read the default shelf. It is fetched first if necessary.
        set_: A setting of all rungs, as section.key=value. May be repeated.
        accept_doubtful: Read books too in which over 1 % of the characters are replacements or improbable.
        seed: Seed of the initial weights and of the order of books.
        prompt: Beginning of the samples.
        threads: Processor threads; 0 for all.
        device: Device to compute on; gpu means cuda.
        opens: Open the page in the browser.
        quiet: Show nothing until the end.
    """
    at_most_one({"--for": for_, "--steps": steps})
    training = {"seed": seed, "threads": threads, "device": device}
    if resume is not None:
        others: dict[str, object] = {"PATH": paths, "--for": for_, "--steps": steps, "--run": run, "--set": set_}
        others |= {"--default-shelf": default_shelf, "--accept-doubtful": accept_doubtful, "--prompt": prompt}
        for name, value in {**others, **{f"--{name}": value for name, value in training.items()}}.items():
            at_most_one({"--resume": resume, name: value})
        with loading(is_shown=not quiet):
            from penwright.cli.run_ladder import open_ladder

        return _climbed(open_ladder(resume), opens=opens, quiet=quiet, as_json=as_json)
    settings = parse_settings(set_).get("train", {})
    has_length = for_ is not None or any(name in settings for name in ("seconds", "steps", "epochs"))
    seconds = for_ if has_length or steps is not None else DEFAULT_SECONDS
    flags: Settings = {
        "corpus": {"accept_doubtful": accept_doubtful or None},
        "train": {"seconds": seconds, "steps": steps, **training},
        "diary": {"prompt": prompt},
    }
    check_flags(flags)
    layers = config_layers(preset=None, config=None, size=None, flags=flags, settings=set_)
    for name in NOT_FOR_ALL:
        if name in layers.overrides.get("model", {}):
            raise UsageError(f"--set model.{name} would make all rungs alike. Leave it out.")
    config = layers.resolve().config
    if config.corpus.unit != "characters":
        raise UsageError(f"the ladder reads characters, not {config.corpus.unit}. Leave corpus.unit out.")
    with loading(is_shown=not quiet):
        from penwright.cli.run_ladder import check_free, check_settings, new_ladder
        from penwright.cli.shelves import choose_shelf, prepare_books
        from penwright.training.machine import choose_device

    check_settings(layers.overrides)
    if run is not None:
        check_free(run)
    choose_device(config.train.device)  # refuses one that is not there before the books are prepared
    tell = (lambda sentence: None) if quiet else say
    shelf = choose_shelf(paths, wants_default=default_shelf, say=tell, warn=say)
    corpus = prepare_books(shelf.paths, config=config.corpus, say=tell, is_quiet=quiet)
    folder = run if run is not None else new_run_dir(f"{shelf.name}-ladder")
    return _climbed(
        new_ladder(folder, corpus=corpus, overrides=layers.overrides), opens=opens, quiet=quiet, as_json=as_json
    )


def _climbed(made: "Ladder", *, opens: bool, quiet: bool, as_json: bool) -> int:
    """Climb a ladder, print its table, and return the exit code."""
    from penwright.cli.run_ladder import PAGE_NAME, climb
    from penwright.cli.speech import Speech
    from penwright.report.ladder import RUNGS

    speech, go_on = Speech(is_quiet=quiet, as_json=as_json), f"penwright ladder --resume {quoted(made.path)}"
    seconds = made.config(RUNGS[-1]).train.seconds
    if seconds is not None:
        each, in_all = format_duration(seconds), format_duration(seconds * (len(RUNGS) - 1))
        speech.say(f"{len(RUNGS)} rungs, in {made.path}: {each} for each network, some {in_all} in all.")
    try:
        story, exit_code = climb(made, speech=speech)
    except KeyboardInterrupt:
        speech.warn(f"penwright: stopped at once. Go on from the last checkpoint: {go_on}")
        return EXIT_INTERRUPTED
    page = made.path / PAGE_NAME
    if as_json:
        rungs = [{**asdict(each), "verdict": each.verdict, "late_gain": each.late_gain} for each in story.results]
        facts = {"guess_bits_per_char": story.guess_bits, "order_1_bits_per_char": story.order_1_bits}
        print_json({"ladder": str(made.path), "page": str(page), **facts, "rungs": rungs})
    else:
        console().print(ladder_table(story))
        order_1 = "" if story.order_1_bits is None else f"; a table of one character, {story.order_1_bits:.3f}"
        print(f"A blind guess needs {story.guess_bits:.3f} bits/char{order_1}.")
        if story.num_scored_chars:
            print(f"All are scored on the same {story.num_scored_chars:,} held-out characters.")
        print(f"Plot and samples: {page}")
        if any(each.ending in ("", "stopped") for each in story.results):
            print(f"Go on: {go_on}")
    if opens and not webbrowser.open(page.absolute().as_uri()):
        say("No browser was found. Open the page by its path.")
    return exit_code


def ladder_table(story: "LadderStory") -> "Table":
    """Return one row a rung."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("rung", no_wrap=True)
    for heading in ("bits/char", "right", "read", "time", "weights"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("last quarter", no_wrap=True)
    for each in story.results:
        is_best = each is story.best
        gain = f"{-each.late_gain:+.2f}, " if each.late_gain is not None else ""
        table.add_row(
            f"{each.name}{' *' if is_best else ''}",
            "-" if each.bits_per_char is None else f"{each.bits_per_char:.3f}",
            "-" if each.accuracy is None else f"{100 * each.accuracy:.1f} %",
            _short(each.chars_read) if each.chars_read else "-",
            format_duration(each.seconds) if each.ending else "-",
            "-" if each.num_parameters is None else _short(each.num_parameters),
            f"{gain}{each.verdict}",
            style="bold" if is_best else "",
        )
    return table


def _short(number: int) -> str:
    """Return a number in three digits, such as "12,300", "857 k" or "4.0 M"."""
    if number >= 1e6:
        return f"{number / 1e6:.1f} M"
    return f"{number / 1e3:.0f} k" if number >= 1e5 else f"{significant(number):,}"
