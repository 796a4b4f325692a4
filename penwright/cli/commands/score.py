"""`penwright score`: measure how well an author predicts a text."""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from penwright.cli.commands.loading import Label
from penwright.cli.display.lines import glimpse
from penwright.cli.finding import find_author
from penwright.cli.options import OUTPUT, AuthorPath, Box, Json, NewFile, Whole, at_most_one, option
from penwright.cli.output import console, error_console, is_terminal, print_json, say, visible
from penwright.errors import UsageError, counted

if TYPE_CHECKING:
    from penwright.author.author import Author
    from penwright.evaluation.texts import TextScore


def score(
    file: Path,
    /,
    *,
    author: AuthorPath = None,
    box: Box = False,
    adapt: Annotated[bool, option()] = False,
    as_: Label = None,
    top: Annotated[Whole, option(group=OUTPUT)] = None,
    html: Annotated[Path | None, NewFile, option(group=OUTPUT)] = None,
    as_json: Json = False,
) -> int:
    """Measure how well an author predicts a text.

    The result is in bits per character; less is better. Every character of the file counts: nothing is cleaned,
    normalized or left out. Only a byte order mark is not part of the text, and every line end counts as one line feed.

    Args:
        file: A text file.
        author: An author file or the folder of a run. The default is the newest author under runs/, or the one in the
            box if there is none.
        adapt: Let the author adapt to the text as it reads. Each character is still
            predicted before it is read. It excludes --html.
        as_: Read under a label or a mixture, as for `penwright write`.
        top: Number of paragraphs to show, the worst predicted first. Headings are passed over, short lines joined.
            Default 5.
        html: Make a page of the text too: each word shaded by its bits, what the author expected instead, likely slips
            of the pen, and the paragraphs least like the author. It needs no other files.
    """
    num_shown = 5 if top is None else top
    if num_shown < 0:
        raise UsageError(f"--top {num_shown} must be 0 or more.")
    at_most_one({"--adapt": adapt, "--html": html})

    from penwright.author.author import Author
    from penwright.author.box import boxed_author
    from penwright.corpus.formats.document import decode

    path = find_author(author, is_boxed=box, is_quiet=as_json)
    judge = Author.load(path)
    judge = judge if as_ is None else judge.labelled(as_)
    decoded = decode(file.read_bytes(), name=str(file))
    shows = is_terminal(sys.stderr) and not as_json
    waiting = error_console().status("Reading the text ...") if shows else None
    with waiting or nullcontext():
        if html is None:
            result = judge.score(decoded.text, adapts=adapt)
        else:
            name = judge.card.name or ("the author in the box" if path == boxed_author() else path.name)
            result = _write_page(
                html,
                judge,
                decoded.text,
                source=file,
                author=name,
                tell=lambda doing: waiting.update(f"{doing} ...") if waiting else None,
            )
    if as_json:
        page = {} if html is None else {"html": str(html)}
        facts = {"author": str(path), "file": str(file), "encoding": decoded.encoding, "adapts": adapt, "as": as_}
        print_json({**facts, **asdict(result), **page})
        return 0
    length = counted(result.num_chars, "character")
    how = ", adapting" if adapt else ""
    print(f"{result.bits_per_char:.3f} bits/char{how} over {length} ({visible(decoded.encoding)})")
    if not result.is_lossless and result.num_lost_chars:
        lost = counted(result.num_lost_chars, "character is", "characters are")
        print(f"{lost} not in this author's alphabet, which cannot tell such characters apart.")
    worst = result.most_surprising(num_shown)
    if len(result.paragraphs) > 1 and worst:
        print("\nPredicted worst:")
        print(f"{'bits/char':>9}  {'at character':>12}  passage")
        for paragraph in worst:
            start = f"{paragraph.start:,}"
            line = f"{paragraph.bits_per_char:9.3f}  {start:>12}  {glimpse(paragraph.text)}"
            console().print(visible(line), overflow="ellipsis", no_wrap=True)
    if html is not None:
        say(f"The page is {html}.")
    return 0


def _write_page(
    path: Path, judge: "Author", text: str, *, source: Path, author: str, tell: Callable[[str], None]
) -> "TextScore":
    """Write the page of a text, whole or not at all, and return the text's score."""
    from penwright.files import write_text
    from penwright.report.close_reading import read_closely
    from penwright.report.score_page import render_score_page

    reading = read_closely(judge, text, tell=tell)
    write_text(path, render_score_page(reading, text, name=source.name, author=author))
    return reading.score
