"""Write a long work into a file, chapter by chapter, and go on where a killed process stopped.

    for progress in iter_work(author, "novel.epub", words=50_000, chapters=12, seed=7):
        print(progress.num_words)

The author opens each chapter after its heading, with the memory of all before it. Whenever a chapter is complete, the
file of the work is replaced by one that holds it. In between, the journal keeps what was written. The same call goes on
from it, and the file becomes the same, to the last byte, as that of a call that nobody disturbed.
"""

import math
import time
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, Unpack

from penwright.author.author import Author
from penwright.author.works.chapter import ChapterLength, ChapterWriter
from penwright.author.works.exporting import check_suffix
from penwright.author.works.headings import form_of, heading_of
from penwright.author.works.journal import Chapter
from penwright.author.works.manuscript import Origin
from penwright.author.works.own_headings import NoOwnHeadings
from penwright.author.works.session import Session
from penwright.author.works.settings import WorkOptions, parse_work_options
from penwright.errors import UsageError
from penwright.writing.beginning import PARAGRAPH_BREAK
from penwright.writing.bookmark import Bookmark
from penwright.writing.generation import open_pen
from penwright.writing.laws.choosing import guides_of
from penwright.writing.options import new_seed
from penwright.writing.pen import Guides, Pen, ReadingGuide
from penwright.writing.sampling import draws_of

MIN_SAVE_SECONDS = 0.5
"""Seconds between two savings, at least. What was written since the last is lost in a kill and written again."""
SAVE_SHARE = 0.05
"""Largest share of the time that savings take."""
NO_OPTIONS: Mapping[str, str | int] = MappingProxyType({})
YIELD_CHARS = 200
"""Characters between two reports, at least."""


class WorkProgress(NamedTuple):
    """How far a work has come."""

    chapter: int
    """Number of the chapter that is being written or was just written, from 1."""
    num_chapters: int
    num_words: int
    """Words written, those of earlier calls included."""
    words: int
    """Words asked for."""
    num_chars: int
    seed: int
    is_chapter_written: bool
    """True if the chapter is complete and stands in the file."""
    is_finished: bool


def write_work(
    author: Author,
    path: str | Path,
    *,
    prompt: str = "",
    after: Bookmark | None = None,
    guides: Guides = (),
    noted: Mapping[str, str | int] = NO_OPTIONS,
    restart: bool = False,
    **options: Unpack[WorkOptions],
) -> WorkProgress:
    """Write a long work to its end. The arguments are those of `iter_work`.

    Returns:
        How long it has become.

    Raises:
        UsageError, WorkError: As for `iter_work`.
    """
    *_, progress = iter_work(
        author, path, prompt=prompt, after=after, guides=guides, noted=noted, restart=restart, **options
    )
    return progress


def iter_work(
    author: Author,
    path: str | Path,
    *,
    prompt: str = "",
    after: Bookmark | None = None,
    guides: Guides = (),
    noted: Mapping[str, str | int] = NO_OPTIONS,
    restart: bool = False,
    **options: Unpack[WorkOptions],
) -> Generator[WorkProgress, None, None]:
    """Write a long work, or go on with it. Whoever stops early can go on by the same call.

    Args:
        author: Author that writes.
        path: File of the work. Its name ends in .md, .txt or .epub. It holds the chapters that are complete.
        prompt: Text that the first chapter begins with.
        after: Bookmark that the work goes on from, or None to open a new book.
        guides: Rules of your own, as for `Author.stream`; new ones for each call. Their types, and attributes called
            `identity`, are compared when a work goes on.
        noted: Options of these rules by name. They are compared too, and the colophon names them.
        restart: True to replace an unfinished work, or a file that is there.
        **options: words, chapters, title, by, language and heading of the work, and options of `Author.write` other
            than its limits. Some have other defaults here: `author.works.settings.LONG_WORK_DEFAULTS`.

    Yields:
        Progress, every few hundred characters and after each chapter.

    Raises:
        UsageError: At once, if an option does not exist or a value is out of bounds, or the file is there and no
            unfinished work.
        WorkError: If the unfinished work is damaged, in use or of other settings.
    """
    settings, path, after = parse_work_options(options), Path(path), author.from_here(after)
    check_suffix(path)
    session = Session(author, path, settings=settings)
    if path.exists() and not session.journal.is_there and not restart:
        raise UsageError(f"{path} is there already. Give another name, or --restart to replace it.")
    laws, sampling = settings.parsed.laws, settings.parsed.sampling
    form = settings.layout.heading or form_of(settings.layout.language)
    steering = [
        *guides,
        *guides_of(laws, alphabet=author.alphabet, sampling=sampling),
        NoOwnHeadings(author.alphabet, form=form),
    ]
    seed = settings.parsed.seed
    has_read = after is not None and int(after.state.position[0]) > 1  # more than the edge of a book
    origin = Origin(new_seed() if seed is None else seed, prompt, has_read, noted)
    return _iter_locked(
        session, origin, after=after, guides=guides, steering=steering, has_seed=seed is not None, restart=restart
    )


def _iter_locked(
    session: Session,
    origin: Origin,
    *,
    after: Bookmark | None,
    guides: Guides,
    steering: Guides,
    has_seed: bool,
    restart: bool,
) -> Generator[WorkProgress, None, None]:
    with session.journal.locked():
        origin = session.begin(origin, after=after, guides=guides, has_seed=has_seed, restart=restart)
        yield from _Work(session, origin, after=after, guides=steering).write()
        session.journal.end()


class _Work:
    """A work that is being written."""

    def __init__(self, session: Session, origin: Origin, *, after: Bookmark | None, guides: Guides) -> None:
        self._session, self._settings, self._origin = session, session.settings, origin
        self._alphabet, self._journal = session.author.alphabet, session.journal
        self._guides, self._bookmark = list(guides), after
        progress = self._journal.progress
        self._chapters = list(progress.written)
        self._open = progress.chapters[-1] if progress.is_open else None
        """The chapter that was being written when the process ended."""
        self._tail = ""
        """The last characters of the tape."""
        if progress.chapters:
            self._bookmark = session.bookmark()
            for text in self._journal.iter_tape():
                self._tail = (self._tail + text)[-2:]
                for guide in self._guides:
                    if isinstance(guide, ReadingGuide):
                        guide.read(text)

    def write(self) -> Iterator[WorkProgress]:
        """Write the chapters that are missing."""
        while len(self._chapters) < self._settings.num_chapters:
            yield from self._write_chapter(len(self._chapters) + 1)
        self._session.show()
        yield self._progress(len(self._chapters), is_written=True, is_finished=True)

    def _write_chapter(self, number: int) -> Iterator[WorkProgress]:
        num_left = self._settings.num_chapters - len(self._chapters)
        num_words = max(
            1, math.ceil((self._settings.words - sum(each.num_words for each in self._chapters)) / num_left)
        )
        heading, start, begun, pen = self._opened(number)
        writer = ChapterWriter(pen, num_words=num_words, num_tries=self._settings.parsed.laws.best_of, begun=begun)
        num_new, next_save = 0, time.monotonic() + MIN_SAVE_SECONDS

        def chapter() -> Chapter:
            length = writer.length
            return Chapter(heading, start, self._journal.num_bytes, length.num_words, length.num_chars)

        def save() -> None:
            self._session.save(writer.pen.bookmark, chapters=[*self._chapters, chapter()], is_open=True)

        while not writer.is_over:
            text = writer.write()
            self._append(text)
            num_new += len(text)
            if not text or num_new < YIELD_CHARS or writer.is_over:
                continue
            num_new = 0
            if (now := time.monotonic()) >= next_save:
                save()
                took = time.monotonic() - now
                next_save = now + took + max(MIN_SAVE_SECONDS, took / SAVE_SHARE)
            try:
                yield self._progress(number, length=writer.length)
            except GeneratorExit:
                save()
                raise
        self._guides, self._bookmark = list(writer.pen.guides), writer.pen.bookmark
        self._chapters.append(chapter())
        self._session.save(self._bookmark, chapters=self._chapters, is_open=False)
        if len(self._chapters) < self._settings.num_chapters:
            self._session.show()
            yield self._progress(number, is_written=True)

    def _opened(self, number: int) -> tuple[str, int, str, Pen]:
        """Open a chapter, or the one that was being written.

        Returns:
            Its heading, the byte at which its text begins, the text that stands there, and a pen at its end.
        """
        read, first_words = "", ""
        heading = self._heading(number)
        if self._open is None:
            first_words = self._origin.prompt if number == 1 else ""
            read = self._read_before(heading, has_words=bool(first_words))
        laws, sampling = self._settings.parsed.laws, self._settings.parsed.sampling
        pen, drawn = open_pen(
            self._session.author.engine,
            self._alphabet,
            read + first_words,
            sampling=sampling,
            draws=draws_of(self._origin.seed),
            after=self._bookmark,
            guides=self._guides,
            max_match_length=laws.max_match_length,
        )
        if self._open is not None:
            start, begun = self._open.start, self._journal.text_of(self._open)
            self._open = None
            return heading, start, begun, pen
        self._append(read)
        start, begun = self._journal.num_bytes, first_words + drawn
        self._append(begun)
        return heading, start, begun, pen

    def _heading(self, number: int) -> str:
        layout = self._settings.layout
        if layout.heading is None and self._settings.num_chapters == 1:
            return ""
        return heading_of(number, form=layout.heading or form_of(layout.language))

    def _read_before(self, heading: str, *, has_words: bool) -> str:
        """Return what the author reads before the first words of a chapter: the heading in capitals, which most books
        have. One that it cannot spell is left out."""
        if "\n" not in self._alphabet or (not heading and has_words and self._bookmark is None):
            return ""
        num_line_ends = len(self._tail) - len(self._tail.rstrip("\n"))
        gap = PARAGRAPH_BREAK[num_line_ends:]
        capitals = heading.upper()
        is_spelled = heading and all(character in self._alphabet for character in capitals)
        return f"{gap}{capitals}{PARAGRAPH_BREAK}" if is_spelled else gap

    def _append(self, text: str) -> None:
        self._journal.append(text)
        self._tail = (self._tail + text)[-2:]

    def _progress(
        self, number: int, *, length: ChapterLength | None = None, is_written: bool = False, is_finished: bool = False
    ) -> WorkProgress:
        num_words = sum(each.num_words for each in self._chapters) + (length.num_words if length else 0)
        num_chars = sum(each.num_chars for each in self._chapters) + (length.num_chars if length else 0)
        settings = self._settings
        return WorkProgress(
            number,
            settings.num_chapters,
            num_words,
            settings.words,
            num_chars,
            self._origin.seed,
            is_written,
            is_finished,
        )
