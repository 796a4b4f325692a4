"""Write the page of a run from its folder.

What has to be measured is measured once and kept in the folder. Baselines are measured again if other characters are
scored. If the books are gone, the page says so and does without them.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from penwright.author.file.header import open_author
from penwright.corpus.store import Book, Corpus
from penwright.errors import AuthorError, ConfigError, CorpusError, NoNumbersError
from penwright.evaluation.baselines.measuring import Baseline, measure_baselines
from penwright.evaluation.book_score import BookScore
from penwright.evaluation.passages import Passage, passage_of
from penwright.files import write_json, write_text
from penwright.report.kept import CACHE_VERSION, read_kept
from penwright.report.page import render_page
from penwright.report.story import Exam, RunStory
from penwright.report.trying import RunBooks, bare_diary_of, judgement_of, portrait_of
from penwright.training.folds import CrossFittedTables
from penwright.training.run_writer import BEFORE
from penwright.training.runs.folder import RunFolder

REPORT_NAME = "report.html"
BASELINES_NAME = "baselines.json"


def build_report(
    run_dir: str | Path, *, corpus: Corpus | None = None, tell: Callable[[str], None] = lambda doing: None
) -> Path:
    """Write the page of a run, whatever its state.

    Args:
        run_dir: Folder of the run.
        corpus: Its books, if they are no longer prepared where they were.
        tell: Called with what is being measured, each time that another measurement begins.

    Returns:
        Path of the page, `report.html` in that folder. The first one of a finished run takes up to a minute longer,
        because baselines are measured and a small network without n-grams is trained.

    Raises:
        RunError: If the folder is missing, holds no run, or its records are damaged.
        ConfigError: If its configuration was edited into something that is not one.
        OSError: If the page cannot be written.
    """
    folder = RunFolder.open(Path(run_dir))
    page = folder.path / REPORT_NAME
    write_text(page, render_page(collect_story(folder, corpus=corpus, path=str(run_dir), tell=tell)))
    return page


def collect_story(
    folder: RunFolder, *, corpus: Corpus | None, path: str, tell: Callable[[str], None] = lambda doing: None
) -> RunStory:
    """Collect the contents of the page, measuring baselines if that was not done yet.

    Args:
        folder: Folder of the run.
        corpus: Its books; None opens them where they were prepared.
        path: The folder as a person would type it.
        tell: Called with what is being measured.
    """
    story = RunStory(
        name=folder.path.resolve().name,
        path=path,
        records=tuple(folder.metrics()),
        config=folder.config().to_dict(),
        env=folder.env(),
    )
    finished, best = story.finished, story.best_evaluation
    val = Exam(scores=(finished.val_books if finished else ()) or (best.books if best else ()))
    test = Exam(scores=finished.test_books if finished else ())
    notes: list[str] = []
    books = RunBooks(story.env, corpus=corpus)
    if val.scores or test.scores:
        known = _Baselines(folder, books, tell=tell)
        try:
            val = replace(val, baselines=known.of("val", val.scores))
            test = replace(test, baselines=known.of("test", test.scores))
        except CorpusError as error:
            notes.append(f"Methods without a network could not be measured: {error}")
    if finished is not None:
        try:
            story = replace(story, portrait=portrait_of(folder, books, tell=tell))
            story = replace(story, judgement=judgement_of(folder, books, tell=tell))
            story = replace(story, bare=bare_diary_of(folder, books, num_steps=finished.step, tell=tell))
        except (CorpusError, AuthorError, NoNumbersError) as error:
            notes.append(f"The finished author could not be tried in full: {error}")
    if finished is not None and finished.val_books and folder.has_start:
        try:
            story = _beside_its_start(story, folder, bits_per_char=val.bits_per_char)
        except AuthorError as error:
            notes.append(f"The author could not be compared with the one it began from: {error}")
    return replace(story, val=val, test=test, fold_starts=_fold_starts(folder, books), notes=tuple(notes))


def _beside_its_start(story: RunStory, folder: RunFolder, *, bits_per_char: float | None) -> RunStory:
    """Add what the author's card tells of the author that the run began from.

    Raises:
        AuthorError: If the author cannot be read.
    """
    with open_author(folder.author_path) as opened:
        card = opened.claims.card
    before = card.baselines.get(BEFORE) if card.bits_per_char == bits_per_char else None  # else of other characters
    return replace(story, score_before=before, num_known=card.num_known)


def _fold_starts(folder: RunFolder, books: RunBooks) -> tuple[int, ...]:
    """Return the characters read when each fold was begun for the first time; nothing if the books are gone."""
    config = folder.config()
    try:
        corpus = books.opened()
        model = config.model_config(vocab_size=corpus.alphabet.vocab_size, unit=corpus.alphabet.unit)
    except (CorpusError, ConfigError):
        return ()
    if not model.has_ngrams:
        return ()
    starts = CrossFittedTables.of_run(corpus, config).fold_starts(config.train.batch_size * config.train.seq_len)
    return tuple(round(start / corpus.symbols_per_char) for start in starts)


class _Baselines:
    """Baselines on the books of a run, measured where they are not known yet."""

    def __init__(self, folder: RunFolder, books: RunBooks, *, tell: Callable[[str], None]) -> None:
        self._books = books
        self._tell = tell
        self._path = folder.path / BASELINES_NAME
        self._cache = read_kept(self._path)

    def of(self, split: str, scores: Sequence[BookScore]) -> tuple[Baseline, ...]:
        """Return the baselines on the characters of some scores.

        Raises:
            CorpusError: If they have to be measured and the books are gone or have changed.
        """
        if not scores:
            return ()
        books = [[score.title, score.author, score.num_chars] for score in scores]
        key = {"version": CACHE_VERSION, "corpus": self._books.digest, "books": books}
        entry = self._cache.get(split)
        if isinstance(entry, dict) and entry.get("key") == key:
            try:
                return tuple(_baseline_from(data) for data in entry["baselines"])
            except (KeyError, TypeError, ValueError):
                pass  # edited or damaged: measure again
        baselines = self._measure(split, scores)
        self._cache[split] = {"key": key, "baselines": [asdict(baseline) for baseline in baselines]}
        write_json(self._path, self._cache)
        return baselines

    def _measure(self, split: str, scores: Sequence[BookScore]) -> tuple[Baseline, ...]:
        corpus = self._books.opened()
        self._tell("Measuring methods without a network")
        passages = _passages(corpus, [book for book in corpus.books if book.split == split], scores)
        if split == "val":
            return measure_baselines(corpus, passages)
        return measure_baselines(corpus, passages, max_compressor_train_chars=0)


def _passages(corpus: Corpus, books: Sequence[Book], scores: Sequence[BookScore]) -> list[Passage]:
    """Return the passages of exactly the characters that were scored."""
    waiting = list(books)
    passages: list[Passage] = []
    for score in scores:
        book = next((book for book in waiting if (book.title, book.author) == (score.title, score.author)), None)
        if book is None:
            raise CorpusError(f"'{score.title}' is not among the held-out books. Restore the books the run began with.")
        waiting.remove(book)  # volumes of one title are told apart by their order
        passages.append(passage_of(corpus, book, num_chars=score.num_chars))
    return passages


def _baseline_from(data: dict[str, Any]) -> Baseline:
    """Return the baseline that `asdict` made plain data of.

    Raises:
        KeyError, TypeError, ValueError: If it is something else.
    """
    books = tuple(float(value) for value in data["book_bits_per_char"])
    return Baseline(
        name=str(data["name"]),
        kind="table" if data["kind"] == "table" else "compressor",
        bits_per_char=float(data["bits_per_char"]),
        train_chars=int(data["train_chars"]),
        seconds=float(data["seconds"]),
        book_bits_per_char=books,
    )
