"""Score held-out books during a training, as the run's configuration asks for."""

from math import log
from typing import NamedTuple

import numpy as np

from penwright.corpus.store import Book, Corpus
from penwright.evaluation.books import BookScore, evaluate, total
from penwright.evaluation.passages import chars_begun
from penwright.evaluation.seed import seed_validation
from penwright.model.char_model import CharModel
from penwright.training.distributed import broadcast
from penwright.training.session import Session

EVALUATION_LANES = 32
"""Books scored in parallel."""


class Validation(NamedTuple):
    """Scores of one evaluation on the held-out books."""

    bits_per_char: float
    accuracy: float
    num_chars: int
    books: tuple[BookScore, ...]
    """Scores by book. Empty for the 2017 system's pass, which joins the books, and on processes other than rank 0."""


def validate(session: Session) -> Validation | None:
    """Score the books marked `val`, up to `val_chars`. None without such books. Every process gets rank 0's figures."""
    if not session.corpus.books_in("val"):
        return None
    found = (_validate(session) if session.world.leads else None) or Validation(0.0, 0.0, 0, ())
    bits, accuracy, num_chars = broadcast(
        [found.bits_per_char, found.accuracy, float(found.num_chars)], world=session.world
    )
    return Validation(bits, accuracy, int(num_chars), found.books) if num_chars else None


def score_books(model: CharModel, corpus: Corpus, books: tuple[Book, ...], *, max_chars: int) -> tuple[BookScore, ...]:
    """Score some books, each from its beginning with the state carried."""
    if not books:
        return ()
    return evaluate(model, corpus, books, max_chars=max_chars, batch_size=EVALUATION_LANES)


def _validate(session: Session) -> Validation | None:
    books = session.corpus.books_in("val")
    train = session.config.train
    if train.validation == "windows":
        # The 2017 system joins its held-out files. Only in its alphabet is every symbol a character.
        ids = np.concatenate([session.corpus.book_ids(book) for book in books])[: train.val_chars]
        whole = seed_validation(session.model, ids)
        if whole is None:
            return None
        num_chars = int(chars_begun(ids, alphabet=session.corpus.alphabet).sum())
        return Validation(whole.loss / log(2) * len(ids) / max(1, num_chars), whole.accuracy, num_chars, ())
    scores = score_books(session.model, session.corpus, books, max_chars=train.val_chars)
    return Validation(*total(scores), scores)
