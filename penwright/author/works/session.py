"""A work in hand: its author, its settings and its journal, and the file that shows what is written.

This module knows nothing of how a chapter is written.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from penwright.author.author import Author
from penwright.author.file.bookmark import Owner, SavedBookmark, load_bookmark, save_bookmark
from penwright.author.works.exporting import export, write_to
from penwright.author.works.journal import Chapter, Journal
from penwright.author.works.manuscript import ChapterText, Manuscript, Origin, colophon_of
from penwright.author.works.settings import WorkSettings
from penwright.errors import WorkError
from penwright.files import is_file, sha256_of
from penwright.writing.bookmark import Bookmark
from penwright.writing.engines.adaptation import adaptation_of
from penwright.writing.pen import Guides

_IN_WORDS = {"author": "the author is another one", "from": "the bookmark is another one"}
_IN_WORDS |= {"prompt": "the prompt is another one", "guides": "the rules, or the books that they know, are others"}


class Session:
    """A work in hand."""

    def __init__(self, author: Author, path: Path, *, settings: WorkSettings) -> None:
        """Take a work in hand.

        Args:
            author: Author that writes.
            path: File of the work.
            settings: Settings of the work.
        """
        self.author, self.settings, self._path = author, settings, path
        self.journal = Journal(path)
        self._owner = Owner(author.identity, author.card.name, author.config, adaptation_of(author.alphabet))
        self._origin: Origin
        self._identity: str

    def begin(self, origin: Origin, *, after: Bookmark | None, guides: Guides, has_seed: bool, restart: bool) -> Origin:
        """Go on with the work if it has been begun, or begin it.

        Args:
            origin: What it comes from.
            after: Bookmark that it goes on from.
            guides: Guides of the caller.
            has_seed: False if nobody chose the seed, so that a work goes on with its own.
            restart: True to begin anew in any case.

        Returns:
            The origin, with the seed of the work.

        Raises:
            WorkError: If the journal is damaged or of other settings, or the file of the work was changed.
        """
        record = self._record(origin, after=after, guides=guides)
        if self.journal.is_there and not restart:
            known = self.journal.settings()
            if not has_seed:
                record["seed"] = known.get("seed")
            self._check_same(known, record)
            origin = origin._replace(seed=int(record["seed"]))
            self.journal.load()
        else:
            self.journal.begin(record)
        self._origin = origin
        self._identity = json.dumps(record, sort_keys=True)
        self._check_unchanged()
        return origin

    def bookmark(self) -> Bookmark:
        """Return the bookmark at the end of the tape."""
        logits, state, unread = load_bookmark(self.journal.state_path, owner=self._owner)
        return Bookmark(logits, self.author.engine.from_text_state(state), unread)

    def save(self, bookmark: Bookmark, *, chapters: Sequence[Chapter], is_open: bool) -> None:
        """Save where the work stands."""
        path = self.journal.save(chapters=tuple(chapters), is_open=is_open)
        saved = SavedBookmark(bookmark.logits, self.author.engine.to_text_state(bookmark.state), bookmark.unread)
        save_bookmark(path, saved, owner=self._owner)
        self.journal.commit()

    def show(self) -> None:
        """Write the file of the work with all chapters that are written."""
        export(self._manuscript(), self._path)
        self.journal.note_shown()

    def _manuscript(self) -> Manuscript:
        layout, card = self.settings.layout, self.author.card
        written = self.journal.progress.written
        chapters = [ChapterText(each.heading, partial(self.journal.text_of, each)) for each in written]
        colophon = colophon_of(
            card,
            unit=self.author.alphabet.unit,
            settings=self.settings,
            origin=self._origin,
            num_written=len(written),
        )
        name = " ".join(self._path.stem.replace("_", " ").replace("-", " ").split())
        return Manuscript(
            title=layout.title or f"{name[:1].upper()}{name[1:]}" or "Untitled",
            by=layout.by or card.name or "an unnamed author",
            language=layout.language,
            identity=self._identity,
            created=card.created,
            chapters=chapters,
            colophon=colophon,
        )

    def _record(self, origin: Origin, *, after: Bookmark | None, guides: Guides) -> dict[str, Any]:
        """Return all that decides what the work says, as plain data."""
        layout = self.settings.layout
        prompt = origin.prompt.encode("utf-8", "surrogatepass")
        record = {
            "author": self._owner.identity,
            "words": self.settings.words,
            "chapters": self.settings.num_chapters,
            "title": layout.title,
            "by": layout.by,
            "language": layout.language,
            "heading": layout.heading,
            "prompt": hashlib.sha256(prompt).hexdigest(),
            "from": "" if after is None else _digest_of(after, self.author),
            "guides": [f"{type(guide).__name__} {getattr(guide, 'identity', '')}" for guide in guides],
            **self.settings.options,
            **origin.noted,
            "seed": origin.seed,
        }
        plain: dict[str, Any] = json.loads(json.dumps(record))
        return plain

    def _check_same(self, known: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
        for name in dict.fromkeys([*known, *wanted]):
            before, now = known.get(name), wanted.get(name)
            if before != now:
                what = _IN_WORDS.get(name, f"{name.replace('_', ' ')} was {_shown(before)} and is {_shown(now)}")
                raise WorkError(
                    f"{self._path} is an unfinished work of other settings: {what}. Repeat its command to go on, give "
                    "--restart to begin anew, or another name."
                )

    def _check_unchanged(self) -> None:
        """Check that the file of the work is as it was written, so that nobody's corrections are lost."""
        if not is_file(self._path):
            return
        digest = sha256_of(self._path)
        if digest == self.journal.shown_digest:
            return
        probe = self.journal.folder / "probe"
        with probe.open("wb") as file:
            write_to(file, self._manuscript(), suffix=self._path.suffix.lower())
        is_same = sha256_of(probe) == digest
        probe.unlink()
        if not is_same:
            raise WorkError(
                f"{self._path} was changed while the work was unfinished. Move it away to go on, or give --restart to "
                "begin anew."
            )


def _digest_of(bookmark: Bookmark, author: Author) -> str:
    """Return a digest of where an author stands."""
    digest = hashlib.sha256(bookmark.unread.encode("utf-8", "surrogatepass"))
    for array in (bookmark.logits, *author.engine.to_text_state(bookmark.state)):
        digest.update(array.tobytes())
    return digest.hexdigest()


def _shown(value: Any) -> str:
    text = f"{value:,}" if type(value) is int else "not given" if value is None else f"{value}"
    return f"{text:.60}"
