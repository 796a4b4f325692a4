"""Write a manuscript to a file: Markdown, plain text or EPUB, whichever its name ends in."""

from collections.abc import Iterable
from pathlib import Path
from typing import IO

from penwright.author.works.epub import write_epub
from penwright.author.works.manuscript import Manuscript
from penwright.author.works.markdown import markdown_of
from penwright.author.works.plain_text import plain_text_of
from penwright.errors import UsageError
from penwright.files import replacing

SUFFIXES = (".md", ".txt", ".epub")


def check_suffix(path: Path) -> None:
    """Check that a name ends as that of a work does.

    Raises:
        UsageError: If it does not.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"a work is written as {', '.join(SUFFIXES)}, and '{path.name}' ends otherwise. Rename it.")


def export(work: Manuscript, path: Path) -> None:
    """Write a work, whole or not at all.

    Args:
        work: The work.
        path: File whose name ends in one of SUFFIXES, in a folder that exists.

    Raises:
        OSError: If it cannot be written.
    """
    with replacing(path) as file:
        write_to(file, work, suffix=path.suffix.lower())


def write_to(file: IO[bytes], work: Manuscript, *, suffix: str) -> None:
    """Write a work to a binary file that can be sought."""
    if suffix == ".epub":
        write_epub(work, file)
        return
    parts: Iterable[str] = markdown_of(work) if suffix == ".md" else plain_text_of(work)
    for part in parts:
        file.write(part.encode("utf-8", "replace"))
