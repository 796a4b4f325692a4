"""A work as plain text: nothing is escaped, and the text of each chapter stands as it was written."""

from collections.abc import Iterator

from penwright.author.works.manuscript import Manuscript

GAP = "\n\n\n\n"


def plain_text_of(work: Manuscript) -> Iterator[str]:
    """Yield a work as plain text, a part at a time."""
    yield f"{work.title.upper()}\n\nby {work.by}\n"
    for chapter in work.chapters:
        heading = f"{chapter.heading.upper()}\n\n" if chapter.heading else ""
        yield f"{GAP[1:]}{heading}{chapter.read().strip()}\n"
    yield GAP[1:] + "\n\n".join(["*", *work.colophon]) + "\n"
