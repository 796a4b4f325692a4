"""`penwright score`: measure how well an author predicts a text."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from penwright.cli.display.lines import glimpse
from penwright.cli.finding import find_author
from penwright.cli.options import OUTPUT, AuthorPath, Box, Json, Whole, option
from penwright.cli.output import console, print_json, visible
from penwright.errors import UsageError, counted


def score(
    file: Path,
    /,
    *,
    author: AuthorPath = None,
    box: Box = False,
    top: Annotated[Whole, option(group=OUTPUT)] = None,
    as_json: Json = False,
) -> int:
    """Measure how well an author predicts a text.

    The result is in bits per character; less is better. Every character of the file counts: nothing is cleaned,
    normalized or left out. Only a byte order mark is not part of the text, and every line end counts as one line feed.

    Args:
        file: A text file.
        author: An author file or the folder of a run. The default is the newest author under runs/, or the one in the
            box if there is none.
        top: Number of paragraphs to show, the worst predicted first. Short ones, such as headings, are passed over.
            Default 5.
    """
    num_shown = 5 if top is None else top
    if num_shown < 0:
        raise UsageError(f"--top {num_shown} must be 0 or more.")

    from penwright.author.author import Author
    from penwright.corpus.formats.document import decode

    path = find_author(author, is_boxed=box, is_quiet=as_json)
    judge = Author.load(path)
    decoded = decode(file.read_bytes(), name=str(file))
    result = judge.score(decoded.text)
    if as_json:
        print_json({"author": str(path), "file": str(file), "encoding": decoded.encoding, **asdict(result)})
        return 0
    length = counted(result.num_chars, "character")
    print(f"{result.bits_per_char:.3f} bits/char over {length} ({visible(decoded.encoding)})")
    if not result.is_lossless and result.num_lost_chars:
        lost = counted(result.num_lost_chars, "character is", "characters are")
        print(f"{lost} not in this author's alphabet, which cannot tell such characters apart.")
    worst = result.most_surprising(num_shown)
    if len(result.paragraphs) > 1 and worst:
        print("\nPredicted worst:")
        for paragraph in worst:
            start = f"{paragraph.start:,}"
            line = f"{paragraph.bits_per_char:7.3f}  {start:>11}  {glimpse(paragraph.text)}"
            console().print(visible(line), overflow="ellipsis", no_wrap=True)
    return 0
