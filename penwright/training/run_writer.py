"""Write the folder of a run: checkpoints, the best author and the records.

Only rank 0 writes. The other processes take part in capturing the state, which is spread over all of them.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from penwright.author.card import Card, CardLabel, listed_books, listed_scores
from penwright.author.file.building import build_model
from penwright.author.file.loading import load_author
from penwright.author.file.saving import save_author
from penwright.corpus.config import SplitName
from penwright.errors import AuthorError
from penwright.evaluation.book_score import BookScore
from penwright.evaluation.books import total
from penwright.model.char_model import CharModel
from penwright.training.activity import Tell, tell_nobody
from penwright.training.divergence import has_bad_weights
from penwright.training.from_author import StartAuthor
from penwright.training.held_out import READING_SHARE, HeldOutReading, choose_reading
from penwright.training.machine import describe_machine, package_versions
from penwright.training.records import AnyRecord, Saved
from penwright.training.runs.checkpoint import Checkpoint, checkpoint_path, prune_checkpoints, save_checkpoint
from penwright.training.runs.folder import RunFolder
from penwright.training.session import Session
from penwright.training.state import TrainingState
from penwright.training.validation import score_books

BEFORE = "the author before this training"
"""Name under which a card keeps the score of the author that the training began from."""


SCORED_SPLITS: tuple[SplitName, ...] = ("val", "test")


class FinalScores(NamedTuple):
    """Scores of the best author at the end of a run."""

    val_books: tuple[BookScore, ...] = ()
    test_books: tuple[BookScore, ...] = ()


class RunWriter:
    """Writes the folder of one run."""

    def __init__(self, folder: RunFolder, *, rollback: TrainingState, later: Card | None = None) -> None:
        """Begin to write a run.

        Args:
            folder: Folder of the run.
            rollback: State that an exploding loss returns to. The loop replaces it as it goes.
            later: Card of the saved author, if the run was cut off after saving it and is resumed from an earlier step.
        """
        self.folder = folder
        self.rollback = rollback
        self._later = later

    def append(self, session: Session, record: AnyRecord) -> None:
        """Append a record to the run's metrics."""
        if session.world.leads:
            self.folder.append(record)

    def save(self, session: Session, *, reason: str) -> Saved:
        """Write a checkpoint and delete old ones. Without held-out books, the current author is saved as the best."""
        checkpoint = Checkpoint(session.capture(), self.rollback)
        counters = session.counters
        path = checkpoint_path(self.folder.checkpoints_dir, counters.step)
        if session.world.leads:
            save_checkpoint(self.folder.checkpoints_dir, checkpoint)
            prune_checkpoints(
                self.folder.checkpoints_dir,
                last_step=counters.step,
                keep=session.config.train.keep_checkpoints,
                best_step=counters.best_step,
            )
            if counters.best_step is None and not has_bad_weights(session):
                with session.using_whole_tables():
                    self.write_author(session, ())
        return Saved(**session.when(), path=str(path), reason=reason)

    def write_author(self, session: Session, scores: tuple[BookScore, ...]) -> None:
        """Replace the saved author by the current one, with its scores on the books marked `val`.

        An author that the run saved before it was cut off is kept while it is better.
        """
        if not session.world.leads:
            return
        if self._later is not None and _is_better(self._later, scores):
            return
        self._later = None
        corpus, counters, train = session.corpus, session.counters, session.config.train
        earlier = () if session.start is None else session.start.books_beside(corpus)
        card = Card(
            name=self.folder.path.absolute().name,
            books=listed_books(corpus.books) + earlier,
            num_books=len(corpus.books) + len(earlier),
            num_earlier=len(earlier),
            num_known=0 if session.start is None else session.start.num_known(corpus),
            labels=tuple(map(CardLabel, session.labels.names, session.labels.num_chars)),
            corpus_digest=corpus.digest,
            bits_per_char=total(scores).bits_per_char if scores else counters.best_bits_per_char,
            val_scores=listed_scores(scores),
            chars_read=counters.chars_read,
            steps=counters.step,
            training_seconds=counters.elapsed_seconds,
            preset=session.config.preset,
            seed=train.seed,
            created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            machine=describe_machine(session.device),
            versions=package_versions(),
        )
        self._save_author(session, session.model, card)

    def adopt_later(self, session: Session) -> None:
        """Count an author saved before the run was cut off as the best, if no better one has replaced it."""
        if self._later is not None and self._later.bits_per_char is not None and session.counters.best_step is not None:
            session.counters = replace(
                session.counters, best_bits_per_char=self._later.bits_per_char, best_step=self._later.steps
            )

    def finish(self, session: Session, tell: Tell = tell_nobody) -> FinalScores:
        """Score the held-out books at length with the best author, and write the scores on its card.

        The books marked `test` are read here only.
        """
        session.release_tables()  # the best author has its own
        if session.ngrams is not None:
            session.ngrams.forget()
        if not session.world.leads:
            return FinalScores()
        parts = load_author(self.folder.author_path)
        best = build_model(parts).to(session.device)
        budget = READING_SHARE * session.counters.chars_read
        readings = [
            choose_reading(session.corpus, session.config, split, budget=budget, is_last=True)
            for split in SCORED_SPLITS
        ]
        scores = FinalScores(*(score_books(best, session.corpus, reading, tell) for reading in readings))
        baselines = dict(parts.card.baselines)
        if scores.val_books and (before := score_start(session, readings[0])) is not None:
            baselines[BEFORE] = before
        card = replace(
            parts.card,
            baselines=baselines,
            bits_per_char=total(scores.val_books).bits_per_char if scores.val_books else None,
            val_scores=listed_scores(scores.val_books),
            test_scores=listed_scores(scores.test_books),
        )
        self._save_author(session, best, card)
        return scores

    def _save_author(self, session: Session, model: CharModel, card: Card) -> None:
        try:
            save_author(
                self.folder.author_path,
                model_config=model.config,
                alphabet=session.corpus.alphabet,
                weights=dict(model.named_parameters()),
                tables=model.tables,
                card=card,
            )
        except AuthorError as error:
            if isinstance(error.__cause__, OSError):  # a full disk is not mended by another path
                raise error.__cause__ from None
            raise


def score_start(session: Session, reading: HeldOutReading) -> float | None:
    """Return the bits per character of the author that a run began from on a reading of the books marked `val`."""
    start, corpus = session.start, session.corpus
    if start is None:
        return None
    model = start.model_for(session.model.config, alphabet=corpus.alphabet, seed=session.config.train.seed)
    scores = score_books(model.to(session.device), corpus, reading)
    return total(scores).bits_per_char


def save_start(folder: RunFolder, start: StartAuthor) -> None:
    """Keep the author that a run begins from in its folder."""
    save_author(
        folder.start_path,
        model_config=start.model.config,
        alphabet=start.alphabet,
        weights=dict(start.model.named_parameters()),
        tables=start.tables,
        card=start.card,
    )


def _is_better(card: Card, scores: tuple[BookScore, ...]) -> bool:
    """Return True if a card's scores are better than some others of as many characters."""
    if not (card.val_scores and scores):
        return False
    found, other = total(card.val_scores), total(scores)
    return found.num_chars == other.num_chars and found.bits_per_char < other.bits_per_char
