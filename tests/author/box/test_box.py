"""The author in the box: its file is small, whole and honest, travels with the package, and writes.

These tests need the file itself, `penwright/author/box/author.safetensors`; `benchmarks/box.py` makes it.
"""

import hashlib
import re
from pathlib import Path

import pytest
from folders import ROOT

from penwright import Author
from penwright.author import box
from penwright.errors import AuthorError

MAX_BYTES = 16_000_000


@pytest.fixture(scope="module")
def boxed() -> Author:
    """The author that comes with the package."""
    return Author.from_box()


def test_the_file_is_no_larger_than_was_promised() -> None:
    assert box.BOXED.stat().st_size <= box.MAX_BYTES == MAX_BYTES


def test_it_writes(boxed: Author) -> None:
    text = boxed.write("It was a dark", max_chars=40, seed=1)
    assert len(text) == 40 and text.isprintable() and " " in text
    assert text == boxed.write("It was a dark", max_chars=40, seed=1)


def test_its_card_names_its_books(boxed: Author) -> None:
    card = boxed.card
    assert card.name and card.licence_note and card.preset == "default"
    assert len(card.books) == card.num_books
    assert all(book.title and book.sha256 for book in card.books)
    authors = {split: {book.author for book in card.books if book.split == split} for split in ("train", "val", "test")}
    assert all(authors.values())
    shared = authors["train"] & (authors["val"] | authors["test"])
    assert not shared - {""}, "whole authors are held out"


def test_its_card_tells_how_well_it_predicts_each_held_out_book(boxed: Author) -> None:
    card = boxed.card
    for split, scores in (("val", card.val_scores), ("test", card.test_scores)):
        titles = [(book.title, book.author) for book in card.books if book.split == split]
        assert [(score.title, score.author) for score in scores] == titles
    assert card.bits_per_char is not None and len(card.baselines) >= 2
    assert 1.0 < card.bits_per_char < min(card.baselines.values())


def test_the_page_tells_of_this_very_file(boxed: Author) -> None:
    page = (ROOT / "docs" / "author.md").read_text(encoding="utf-8")
    assert hashlib.sha256(box.BOXED.read_bytes()).hexdigest() in page, (
        "run: python benchmarks/box.py PATH --measure-only"
    )
    for score in (*boxed.card.val_scores, *boxed.card.test_scores):
        named = f"{score.title} ({score.author})" if score.author else score.title
        told = re.search(rf"\| {re.escape(named)} \| {score.num_chars:,} \| ([\d.]+) \|", page)
        assert told and float(told[1]) == pytest.approx(score.bits_per_char, abs=2e-3)


@pytest.mark.parametrize("target", ["wheel", "sdist"])
def test_it_travels_with_the_package(target: str) -> None:
    pytest.importorskip("hatchling", reason="hatchling, which builds the package, is not installed")
    from hatchling.builders.sdist import SdistBuilder
    from hatchling.builders.wheel import WheelBuilder

    builder = {"wheel": WheelBuilder, "sdist": SdistBuilder}[target](str(ROOT))
    paths = [file.distribution_path for file in builder.recurse_included_files()]
    assert paths.count("penwright/author/box/author.safetensors") == 1


def test_an_empty_box_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box, "BOXED", tmp_path / "author.safetensors")
    assert not box.has_author()
    with pytest.raises(AuthorError, match="has no author in its box. Install it again, or raise one: penwright train"):
        Author.from_box()
