"""The page that an author writes again and again while it learns, so that its diary shows what was learned."""

from itertools import islice

from penwright.training.session import Session
from penwright.writing.engines.plain import PlainEngine
from penwright.writing.generation import iter_text
from penwright.writing.sampling import draws_of


def diary_page(session: Session) -> str:
    """Return a page by a session's model, with n-grams of the whole shelf if that is small.

    Prompt and seed are always the same, so pages differ only by what was learned.
    """
    diary = session.config.diary
    with session.using_whole_tables():
        strings = iter_text(
            PlainEngine(session.model),
            session.corpus.alphabet,
            diary.prompt,
            sampling=diary.sampling(epoch=session.counters.epoch),
            draws=draws_of(diary.seed),
        )
        return "".join(islice(strings, diary.max_chars))
