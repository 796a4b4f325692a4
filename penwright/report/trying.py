"""Try the finished author of a run: its portrait, a judgement of its pages, and a network without n-grams beside it.

Each is measured once and kept in the run's folder, until the author, the books or the settings change.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from penwright.author.author import Author
from penwright.corpus.store import Corpus
from penwright.errors import CorpusError
from penwright.evaluation.judging.judging import Judgement, judge, judgement_from
from penwright.evaluation.judging.pages import write_pages
from penwright.report.bare_network import MAX_STEPS, SYMBOLS_PER_STEP, bare_config, raise_bare_network
from penwright.report.kept import kept_or_measured
from penwright.report.portrait import Portrait, paint, portrait_from
from penwright.training.records import AnyRecord, from_json, to_json
from penwright.training.runs.folder import RunFolder
from penwright.training.settings.config import RunConfig

PORTRAIT_NAME = "portrait.json"
BARE_NAME = "bare-network.json"
JUDGEMENT_NAME = "judgement.json"
JUDGED_PAGES, JUDGED_CHARS = 10, 4_000


class RunBooks:
    """The books of a run, opened when they are first needed."""

    def __init__(self, env: Mapping[str, Any], *, corpus: Corpus | None) -> None:
        known = env.get("corpus")
        self._known: dict[str, Any] = known if isinstance(known, dict) else {}
        self._corpus = corpus
        self.digest = self._known.get("digest")

    def opened(self) -> Corpus:
        """Return the books, opened when first asked for.

        Raises:
            CorpusError: If they are gone, or have changed since the run began.
        """
        corpus = self._corpus = self._corpus or Corpus.open(str(self._known.get("path", "")))
        if corpus.digest != self.digest:
            raise CorpusError("the books have changed since the run began. Restore them to compare on the same text.")
        return corpus


def portrait_of(folder: RunFolder, books: RunBooks, *, tell: Callable[[str], None]) -> Portrait | None:
    """Return what the author of a run does, measured again if its file has changed; None if it has no file.

    Raises:
        CorpusError: If it has to be measured and the books are gone or have changed.
        AuthorError: If the author cannot be loaded.
        NoNumbersError: If its predictions are not finite.
    """
    if not folder.author_path.is_file():
        return None
    return kept_or_measured(
        folder.path / PORTRAIT_NAME,
        _author_key(folder, books),
        measure=lambda: paint(
            Author.load(folder.author_path), books.opened(), seed=folder.config().diary.seed, tell=tell
        ),
        to_plain=asdict,
        from_plain=portrait_from,
    )


def judgement_of(folder: RunFolder, books: RunBooks, *, tell: Callable[[str], None]) -> Judgement | None:
    """Return what the pages of the author of a run are like, as `portrait_of` does.

    Raises:
        CorpusError, AuthorError, NoNumbersError: As for `portrait_of`.
    """
    if not folder.author_path.is_file():
        return None

    def measure() -> Judgement:
        author, corpus = Author.load(folder.author_path), books.opened()
        tell("Letting the author write pages to be judged")
        pages = write_pages(
            author.engine,
            author.alphabet,
            num_pages=JUDGED_PAGES,
            num_chars=JUDGED_CHARS,
            seed=folder.config().diary.seed,
        )
        learned = frozenset(book.sha256 for book in author.card.books if book.split == "train" and book.sha256)
        tell("Judging its pages beside those of held-out books")
        return judge(pages, corpus, learned=learned)

    return kept_or_measured(
        folder.path / JUDGEMENT_NAME,
        {**_author_key(folder, books), "pages": [JUDGED_PAGES, JUDGED_CHARS]},
        measure=measure,
        to_plain=Judgement.to_dict,
        from_plain=judgement_from,
    )


def _author_key(folder: RunFolder, books: RunBooks) -> dict[str, Any]:
    """Return what tells the author of a run and its books from others."""
    status = folder.author_path.stat()
    return {"corpus": books.digest, "author": [status.st_size, status.st_mtime_ns]}


def bare_diary_of(
    folder: RunFolder, books: RunBooks, *, num_steps: int, tell: Callable[[str], None]
) -> tuple[AnyRecord, ...]:
    """Return the diary of a small network without n-grams beside an author with them that began from nothing.

    It reads no more than the author did in its `num_steps`. Beside any other author there is none.

    Raises:
        CorpusError: If it has to be trained and the books are gone or have changed.
        AuthorError: If its predictions are not numbers.
    """
    config, path = folder.config(), folder.path / BARE_NAME
    if folder.has_start or not config.model.get("ngram_entries") or not config.diary.max_chars:
        return ()
    num_symbols = num_steps * config.train.batch_size * config.train.seq_len
    bare = bare_config(config, num_steps=max(1, min(MAX_STEPS, num_symbols // SYMBOLS_PER_STEP)))

    def measure() -> tuple[AnyRecord, ...]:
        return raise_bare_network(books.opened(), bare, tell=tell) if _has_ngrams(books.opened(), config) else ()

    return kept_or_measured(
        path,
        {"corpus": books.digest, "config": bare.to_dict()},
        measure=measure,
        to_plain=lambda records: [to_json(record) for record in records],
        from_plain=lambda kept: tuple(from_json(record) for record in kept),
    )


def _has_ngrams(corpus: Corpus, config: RunConfig) -> bool:
    """Return True if the model of a run has n-grams once what it leaves open is decided by its books."""
    return config.model_config(vocab_size=corpus.alphabet.vocab_size, unit=corpus.alphabet.unit).has_ngrams
