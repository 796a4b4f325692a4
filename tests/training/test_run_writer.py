"""What a resumed run keeps of the author that it saved before it was cut off."""

import pytest

from penwright import Card
from penwright.evaluation.book_score import BookScore
from penwright.training.run_writer import _is_better


def scores(*books: tuple[int, float]) -> tuple[BookScore, ...]:
    return tuple(
        BookScore(title=str(index), author="", num_chars=chars, bits_per_char=bits, accuracy=0.5)
        for index, (chars, bits) in enumerate(books)
    )


@pytest.mark.parametrize(
    ("kept", "new", "is_better"),
    [
        (scores((100, 2.0)), scores((100, 2.1)), True),
        (scores((100, 2.0)), scores((100, 2.0)), False),
        (scores((100, 2.0), (300, 3.0)), scores((300, 2.0), (100, 3.0)), False),
        (scores((100, 2.0)), scores((200, 2.1)), False),  # measured on other text, which tells nothing
        ((), scores((100, 2.1)), False),
        (scores((100, 2.0)), (), False),
    ],
)
def test_an_author_is_kept_only_if_it_is_better_on_as_many_characters(
    kept: tuple[BookScore, ...], new: tuple[BookScore, ...], is_better: bool
) -> None:
    assert _is_better(Card(val_scores=kept), new) == is_better
