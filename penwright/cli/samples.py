"""Show the texts of `write`: one below the other as they are written, or side by side; or return one as plain data."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any

from penwright.author.labels import without_labels
from penwright.cli.display.pages import Columns, Page
from penwright.cli.interrupts import exit_code_of_interrupt, raising_terminated
from penwright.cli.output import say
from penwright.writing.options import WriteOptions, parse_options

if TYPE_CHECKING:
    from penwright.author.author import Author
    from penwright.cli.copies import Copies
    from penwright.writing.bookmark import Bookmark
    from penwright.writing.checked import Checking
    from penwright.writing.pen import Guides


def show_below(
    writer: "Author",
    prompt: str,
    *,
    after: "Bookmark | None",
    wanted: Sequence[WriteOptions],
    file: IO[bytes] | None,
    copies: "Copies | None",
    check: "Checking | None" = None,
) -> int:
    """Show texts one below the other as they are written.

    Ctrl-C, and a request to terminate, end them and keep the text so far.
    """
    for number, options in enumerate(wanted, start=1):
        page, written = Page(file=file), list[str]()
        if number > 1:
            page.write("\n")
        if len(wanted) > 1:
            is_sample = wanted[0]["seed"] != wanted[1]["seed"]
            label = f"sample {number} of {len(wanted)}" if is_sample else f"temperature {options['temperature']:g}"
            say(f"{label}, seed {options['seed']}")
        try:
            with raising_terminated():
                page.prompt(without_labels(prompt))
                for text in writer.stream(prompt, after=after, guides=_guides(copies, writer), check=check, **options):
                    page.write(text)
                    if copies is not None and copies.annotates:
                        written.append(text)
        except KeyboardInterrupt as error:
            with suppress(OSError):  # after SIGHUP there is no terminal
                page.end()
            return exit_code_of_interrupt(error)
        page.end()
        for line in copies.lines("".join(written)) if copies is not None else ():
            say(line)
    _tell_of(check)
    return 0


def show_beside(
    writer: "Author",
    prompt: str,
    *,
    after: "Bookmark | None",
    wanted: Sequence[WriteOptions],
    file: IO[bytes] | None,
    columns: Columns,
    copies: "Copies | None",
    check: "Checking | None" = None,
) -> int:
    """Show texts of several temperatures side by side, once all are written."""
    shown = without_labels(prompt)
    texts = [
        shown + writer.write(prompt, after=after, guides=_guides(copies, writer), check=check, **options)
        for options in wanted
    ]
    columns.show(texts, headings=[f"temperature {options['temperature']:g}" for options in wanted])
    if file is not None:
        file.write("\n".join(f"{text}\n" for text in texts).encode("utf-8", "replace"))
    _tell_of(check)
    return 0


def sample_of(
    writer: "Author",
    prompt: str,
    *,
    after: "Bookmark | None",
    options: WriteOptions,
    copies: "Copies | None",
    check: "Checking | None" = None,
) -> dict[str, Any]:
    """Write one text; return it with its seed, length and speed, and what a check found in it."""
    check = None if check is None else replace(check)  # which counts from 0
    began = time.monotonic()
    text = writer.write(prompt, after=after, guides=_guides(copies, writer), check=check, **options)
    seconds = time.monotonic() - began
    return {
        "seed": options["seed"],
        "temperature": parse_options(options).sampling.temperature,
        "text": text,
        "num_chars": len(text),
        "chars_per_second": len(text) / max(seconds, 1e-9),
        **(copies.facts(text) if copies is not None else {}),
        **({} if check is None else {"check": check.facts()}),
    }


def _guides(copies: "Copies | None", writer: "Author") -> "Guides":
    return () if copies is None else copies.guides(writer.alphabet)


def _tell_of(check: "Checking | None") -> None:
    if check is not None:
        from penwright.cli.checking import tell_of_check

        tell_of_check(check)
