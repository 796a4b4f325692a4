"""Score held-out books during a training, as the run's configuration asks for."""

from math import log
from typing import NamedTuple

import numpy as np

from penwright.corpus.store import Corpus
from penwright.evaluation.book_score import BookScore
from penwright.evaluation.books import evaluate, total
from penwright.evaluation.passages import chars_begun
from penwright.evaluation.seed import seed_validation
from penwright.model.char_model import CharModel
from penwright.training.activity import HELD_OUT, Activity, Tell, tell_nobody
from penwright.training.distributed import broadcast
from penwright.training.held_out import HeldOutReading, choose_reading
from penwright.training.session import Session

EVALUATION_LANES = 32
"""Lanes scored in parallel."""


class Validation(NamedTuple):
    """Scores of one evaluation on the held-out books."""

    bits_per_char: float
    accuracy: float
    num_chars: int
    books: tuple[BookScore, ...]
    """Scores by book. Empty for the 2017 system's pass, which joins the books, and on processes other than rank 0."""


def validate(session: Session, tell: Tell = tell_nobody) -> Validation | None:
    """Score the books marked `val`, as far as the session's `evaluation_budget` allows.

    None without such books. Every process gets rank 0's figures.
    """
    if not session.corpus.books_in("val"):
        return None
    found = (_validate(session, tell) if session.world.leads else None) or Validation(0.0, 0.0, 0, ())
    bits, accuracy, num_chars = broadcast(
        [found.bits_per_char, found.accuracy, float(found.num_chars)], world=session.world
    )
    return Validation(bits, accuracy, int(num_chars), found.books) if num_chars else None


def score_books(
    model: CharModel, corpus: Corpus, reading: HeldOutReading, tell: Tell = tell_nobody
) -> tuple[BookScore, ...]:
    """Score the books of a reading."""
    if not reading.books:
        return ()
    return evaluate(
        model,
        corpus,
        reading.books,
        max_chars=reading.max_chars,
        max_stretch=reading.max_stretch,
        batch_size=EVALUATION_LANES,
        tell=lambda share: tell(Activity(HELD_OUT, share)),
    )


def _validate(session: Session, tell: Tell) -> Validation | None:
    train, budget = session.config.train, session.counters.evaluation_budget
    reading = choose_reading(session.corpus, session.config, "val", budget=budget)
    if train.validation == "windows":
        # The 2017 system joins its held-out files. Only in its alphabet is every symbol a character.
        ids = np.concatenate([session.corpus.book_ids(book) for book in reading.books])[: reading.max_chars]
        whole = seed_validation(session.model, ids)
        if whole is None:
            return None
        num_chars = int(chars_begun(ids, alphabet=session.corpus.alphabet).sum())
        return Validation(whole.loss / log(2) * len(ids) / max(1, num_chars), whole.accuracy, num_chars, ())
    scores = score_books(session.model, session.corpus, reading, tell)
    return Validation(*total(scores), scores)
