"""The card as lines of text: everything known is shown, nothing a stranger wrote can act on a terminal."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from penwright.alphabet.characters import Alphabet
from penwright.author.card import Card, CardBook
from penwright.author.card_text import card_lines
from penwright.evaluation.book_score import BookScore
from penwright.model.config import ModelConfig

ALPHABET = Alphabet.learn({"a": 3, "b": 2})
CONFIG = ModelConfig(vocab_size=ALPHABET.vocab_size, cell="gru", hidden_size=16, num_layers=2)
BOOK = CardBook(title="The Lamp", author="A. Vane", split="train", num_chars=1_234, sha256="")
SCORE = BookScore(title="The Wind", author="", num_chars=900, bits_per_char=2.25, accuracy=0.505)
CARD = Card(
    name="Vane's heir",
    books=(BOOK, replace(BOOK, title="The Wind", author="", split="val", num_chars=900)),
    num_books=2,
    bits_per_char=2.25,
    val_scores=(SCORE,),
    baselines={"xz": 3.0},
    chars_read=10**6,
    steps=300,
    training_seconds=3_723.0,
    preset="default",
    seed=7,
    created="2026-01-31T23:59:59Z",
    machine={"processor": "Any", "threads": 2},
    versions={"penwright": "0.1.0"},
)


def lines_of(card: Card, counts: tuple[int, int] | None = None) -> list[str]:
    """The card's lines, for the model of these tests."""
    return card_lines(
        card, model_config=CONFIG, alphabet=ALPHABET, num_parameters=12_345, counts=counts, file_bytes=51_234
    )


def test_a_card_shows_what_is_known() -> None:
    assert lines_of(CARD) == [
        "author    Vane's heir",
        "books     2: 1 train (1,234 characters), 1 val (900 characters)",
        "predicts  2.250 bits per character of held-out books",
        "beside    3.000 xz",
        "learned   1,000,000 characters in 300 steps, 1 h 2 min",
        "network   gru, 2 x 16, 12,345 parameters",
        "file      51,234 bytes",
        "alphabet  learnt, 19 symbols",
        "made      2026-01-31T23:59:59Z, preset default, seed 7",
        "machine   processor Any, threads 2",
        "versions  penwright 0.1.0",
        "",
        "val: bits per character and characters guessed right, by book",
        "   2.250  50.5 %  The Wind",
        "",
        "books: split, characters, title",
        "  train        1,234  The Lamp (A. Vane)",
        "  val            900  The Wind",
    ]


def test_passages_from_the_ends_of_the_same_books_are_called_that() -> None:
    learned = replace(BOOK, sha256="1" * 64)
    passages = (replace(learned, split="val", num_chars=60), replace(learned, split="test", num_chars=61))
    assert lines_of(replace(CARD, books=(learned, *passages), num_books=3))[1:3] == [
        "books     1: 1 train (1,234 characters), 1 val passage (60 characters), 1 test passage (61 characters)",
        "predicts  2.250 bits per character of passages from the ends of the same books",
    ]


def test_a_taught_author_s_card_tells_books_from_passages_and_how_much_was_scored() -> None:
    old = (replace(BOOK, title="Old"), replace(BOOK, title="Older", split="val", sha256="2" * 64))
    learned = replace(BOOK, sha256="1" * 64)
    passages = (replace(learned, split="val", num_chars=1_000), replace(learned, split="test", num_chars=61))
    card = replace(CARD, books=(learned, *passages, *old), num_books=5, num_earlier=2, num_known=1)
    lines = lines_of(card)
    assert lines[1] == (
        "books     3: 2 train (2,468 characters), 1 val (1,234 characters), 1 val passage (1,000 characters), "
        "1 test passage (61 characters)"
    )
    assert lines[2].endswith("same books, measured on 900 of 1,000 characters, 1 of 1 book")
    assert "has learned from 1 book of this shelf before" in lines[4]


def test_an_empty_card_has_no_empty_lines() -> None:
    assert lines_of(Card()) == [
        "author    unnamed",
        "books     unknown",
        "predicts  no held-out books",
        "learned   0 characters in 0 steps, 0 min 0 s",
        "network   gru, 2 x 16, 12,345 parameters",
        "file      51,234 bytes",
        "alphabet  learnt, 19 symbols",
        "made      at an unknown time, seed 0",
    ]


def test_the_size_of_counted_tables_is_told() -> None:
    assert "counts    1,234 contexts with 5,678 successors" in lines_of(CARD, counts=(1_234, 5_678))
    assert "counts    0 contexts with 0 successors" in lines_of(CARD, counts=(0, 0))


def test_long_lists_are_cut_short_and_counted() -> None:
    lines = lines_of(replace(CARD, books=(BOOK,) * 30, num_books=50, test_scores=(SCORE,) * 25))
    assert lines[-1] == "  and 30 more"
    assert lines.count("  and 5 more") == 1
    assert sum("The Lamp" in line for line in lines) == 20


@given(st.text(max_size=50), st.text(max_size=50))
def test_every_sign_is_printable(title: str, note: str) -> None:
    card = replace(
        CARD, books=(replace(BOOK, title=title),), val_scores=(replace(SCORE, title=title),), licence_note=note
    )
    assert all(line.isprintable() for line in lines_of(card))


def test_a_title_cannot_act_on_a_terminal() -> None:
    text = "\n".join(lines_of(replace(CARD, name="\x1b[2J\u202eheir\ud800")))
    assert "\ufffd[2J\ufffdheir\ufffd" in text
