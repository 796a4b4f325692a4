"""`penwright inspect`: report on a shelf before any training."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from penwright.cli.config_layers import check_preset
from penwright.cli.display.shelf_table import cut_lines, doubts, notes, shelf_table, totals
from penwright.cli.options import (
    CONFIGURATION,
    OUTPUT,
    Json,
    Languages,
    NewFile,
    Settings,
    SettingTexts,
    Whole,
    option,
)
from penwright.cli.output import console, print_json, say, visible
from penwright.cli.setting_texts import merge_settings, parse_settings
from penwright.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from penwright.corpus.config import CorpusConfig

CHARS_PER_SECOND = 40_000
"""Approximate speed of the default preset on two processor cores."""
MAX_TABLE_BOOKS = 200
"""Most books that are shown as a table beside a page."""


def inspect(
    *paths: str,
    preset: Annotated[str | None, option(group=CONFIGURATION, metavar="NAME")] = None,
    set_: SettingTexts = (),
    language: Languages = None,
    accept_doubtful: Annotated[bool, option(group=CONFIGURATION)] = False,
    speed: Annotated[Whole, option(group=CONFIGURATION)] = None,
    manifest: Annotated[Path | None, NewFile, option(group=OUTPUT)] = None,
    html: Annotated[Path | None, NewFile, option(group=OUTPUT)] = None,
    cuts: Annotated[bool, option(group=OUTPUT)] = False,
    as_json: Json = False,
) -> int:
    """Report on the books of a shelf before any training.

    The table shows each book with its number of characters, its encoding, the characters cut as licence, joined lines,
    the characters without a symbol of their own, and its split. Notes below name copies, other editions and oddities.
    Nothing is written, except a manifest or a page if you ask for one.

    Args:
        paths: Books: files, folders (read recursively), patterns, archives, or a manifest.
        preset: Use the corpus settings of this preset.
        set_: A setting of the corpus, as corpus.key=value, for example corpus.unwrap=false. May be repeated.
        language: Keep only the books in this language, told by their text: en, or several as en,fr.
        accept_doubtful: Read books too in which over 1 % of the characters are replacements or improbable.
        speed: Characters per second, to calculate the time of one reading. Default 40,000.
        manifest: Write the list of books to this file, which you can edit and give to `train`.
        html: Make a page on the quality of the library: the most doubtful books with their reasons, examples of all
            cuts, lengths, languages, encodings, editions and copies. Its size is bounded, so that it holds 34,000
            books. The table is then shown for a small shelf only.
        cuts: Show the lines that would be cut.
    """
    from penwright.cli.shelves import run_shown
    from penwright.corpus.inspection import iter_inspect

    if not paths:
        raise UsageError("name the books: penwright inspect PATH")
    chars_per_second = CHARS_PER_SECOND if speed is None else speed
    if chars_per_second < 1:
        raise UsageError(f"--speed {chars_per_second} must be at least 1.")
    if manifest is not None and manifest.suffix.lower() != ".toml":
        raise UsageError(f"--manifest {manifest} is no manifest's name: it ends in .toml. Add the ending.")
    config = corpus_config("inspect", preset, set_, language=language, accept_doubtful=accept_doubtful)
    report = run_shown(iter_inspect(paths, config=config), is_quiet=False)
    if manifest is not None:
        from penwright.corpus.sources.manifest import write_manifest

        write_manifest(manifest, report.manifest_books(manifest.absolute().parent))
        say(f"The manifest: {manifest}. Edit it, then: penwright train {manifest}")
    if html is not None:
        from penwright.cli.finding import shelf_name
        from penwright.files import write_text
        from penwright.report.quality_page import render_quality_page

        others = f" and {len(paths) - 1:,} more" if len(paths) > 1 else ""
        write_text(html, render_quality_page(report, name=shelf_name(paths) + others))
        say(f"The page is {html}.")
    if as_json:
        facts = report.to_json()
        for book in facts["books"] if not cuts else []:
            for cut in book["cuts"]:
                del cut["text"], cut["before"], cut["after"]
        epoch_seconds = report.epoch_seconds(chars_per_second)
        print_json({**facts, "chars_per_second": chars_per_second, "epoch_seconds": epoch_seconds})
        return 0
    paper = console()
    for number, line in enumerate(doubts(report)):
        paper.print(("" if number == 0 else "  ") + visible(line), soft_wrap=True)
    if html is None or len(report.books) <= MAX_TABLE_BOOKS:
        paper.print(shelf_table(report, width=paper.width), "")
    for line in totals(report, chars_per_second=chars_per_second):
        paper.print(visible(line))
    for number, line in enumerate(notes(report)):
        paper.print(("\n" if number == 0 else "") + visible(line), soft_wrap=True)
    if cuts:
        for line in cut_lines(report):
            print(visible(line))
    return 0


def corpus_config(
    command: str, preset: str | None, settings: tuple[str, ...], *, language: str | None, accept_doubtful: bool
) -> "CorpusConfig":
    """Return the corpus settings of a preset with changes, without importing the modules of a training.

    Args:
        command: Name of the command, for the error.
        preset: Name of the preset; None for the default one.
        settings: Settings written as section.key=value.
        language: `corpus.language`; None if the option was not given.
        accept_doubtful: If True, `corpus.accept_doubtful` is set.

    Raises:
        ConfigError: If one is no setting of the corpus, or is given by an option too.
    """
    from penwright.corpus.config import CorpusConfig
    from penwright.training.settings.presets import PRESETS

    check_preset(preset)
    name = "default" if preset is None else preset
    flags: Settings = {"corpus": {"language": language, "accept_doubtful": accept_doubtful or None}}
    tables = merge_settings(flags, parse_settings(settings))
    others = sorted(set(tables) - {"corpus"})
    if others:
        raise ConfigError(f"{command} knows settings of the corpus only, not of '{others[0]}'. Write corpus.key=value.")
    return CorpusConfig.from_dict({**PRESETS[name].tables.get("corpus", {}), **tables.get("corpus", {})})
