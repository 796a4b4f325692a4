import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from penwright.alphabet.characters import Alphabet
from penwright.corpus.config import CorpusConfig
from penwright.corpus.passes.clean_text import Facts, RawChunk, read_chunk
from penwright.corpus.shelf.selection import ReadBook, Selection, num_ids_of, select_books
from penwright.corpus.sources.chunks import FileChunk
from penwright.corpus.sources.discovery import Source
from penwright.corpus.sources.manifest import ManifestBook

RAW = CorpusConfig(alphabet="seed", split="seed")


def facts_of(text: str) -> Facts:
    data = text.encode("utf-8")
    chunk = FileChunk(Source(Path("a.txt"), None, len(data), Path()), 0, len(data), b"")
    return read_chunk(RawChunk(data, "0" * 64), chunk=chunk, config=RAW).facts


def book(name: str, text: str, *, listed: ManifestBook | None = None, prints: range = range(0)) -> ReadBook:
    facts = replace(facts_of(text), fingerprint=np.array(prints, dtype=np.uint64))
    return ReadBook(Source(Path(name), None, len(text), Path()), facts, listed)


def shelf(num_books: int = 20) -> list[ReadBook]:
    return [book(f"Author{place}_Title_1900.txt", f"text number {place}\n" * 50) for place in range(num_books)]


def summary(selection: Selection) -> list[tuple[str, str, int]]:
    return [(taken.source.name, taken.split, taken.num_ids) for taken in selection.books]


@pytest.mark.parametrize("config", [CorpusConfig(), CorpusConfig(split="seed"), RAW])
def test_the_order_in_which_books_were_found_plays_no_part(config: CorpusConfig) -> None:
    books = shelf()
    shuffled = random.Random(3).sample(books, len(books))
    one, other = select_books(books, config=config), select_books(shuffled, config=config)
    assert summary(one) == summary(other)
    assert one.alphabet == other.alphabet


def test_books_stand_in_the_order_of_splits_and_names() -> None:
    names = [
        (("train", "val", "test").index(split), name)
        for name, split, _ in summary(select_books(shelf(), config=CorpusConfig()))
    ]
    assert names == sorted(names)
    assert {place for place, _ in names} == {0, 1, 2}


def test_a_character_too_rare_to_learn_is_spelled_but_in_a_small_shelf_every_one_counts() -> None:
    def characters(*counts: int, min_count: int = 0) -> str:
        facts = replace(facts_of("abc"), counts=np.array(counts))
        one = ReadBook(Source(Path("a.txt"), None, 3, Path()), facts, None)
        return select_books([one], config=CorpusConfig(min_count=min_count)).alphabet.characters

    assert characters(999_990, 1, 1) == "abc"
    assert characters(3_999_990, 4, 2) == "ab"
    assert characters(3_999_990, 4, 2, min_count=1) == "abc"


def test_the_alphabet_is_learned_from_the_training_books_alone() -> None:
    listed = [
        ManifestBook(path="a", split="train"),
        ManifestBook(path="b", split="val"),
        ManifestBook(path="c", split="test"),
    ]
    texts = ["plain text\n", "plain text with é\n", "plain text with ß\n"]
    books = [book(f"{one.path}.txt", text, listed=one) for one, text in zip(listed, texts, strict=True)]
    selection = select_books(books, config=CorpusConfig())
    assert set(selection.alphabet.characters) == set("plain text\n")
    assert [taken.num_ids for taken in selection.books] == [1 + len(selection.alphabet.encode(text)) for text in texts]


def test_a_character_too_rare_to_be_learned_is_spelled_unless_a_count_is_given() -> None:
    books = [book("a.txt", "plain text\n" * 200_000 + "é"), book("b.txt", "ß\n")]
    assert "é" not in select_books(books[:1], config=CorpusConfig()).alphabet
    assert "é" in select_books(books[:1], config=CorpusConfig(min_count=1)).alphabet
    assert "ß" in select_books(books[1:], config=CorpusConfig()).alphabet, "in a small shelf everything is kept"


@pytest.mark.parametrize("text", ["plain\n", "zwölf Bäume — “so” 😀\n", "\n\n.\n"])
@pytest.mark.parametrize("alphabet", [Alphabet("\naeilnp"), Alphabet("x"), Alphabet.seed()])
def test_the_number_of_ids_is_what_encoding_gives(text: str, alphabet: Alphabet) -> None:
    boundary = int(alphabet.boundary_id is not None)
    assert num_ids_of(facts_of(text), alphabet) == boundary + len(alphabet.encode(text))


def test_a_text_that_occurs_twice_is_taken_once() -> None:
    books = [book("b.txt", "the same\n"), book("a.txt", "the same\n"), book("c.txt", "another\n")]
    selection = select_books(books, config=CorpusConfig())
    assert {taken.source.name for taken in selection.books} == {"a.txt", "c.txt"}
    assert [(copy.name, first.name) for copy, first in selection.duplicates] == [("b.txt", "a.txt")]


def test_duplicates_are_kept_where_that_is_wanted_and_by_the_seed() -> None:
    books = [book("a.txt", "the same\n"), book("b.txt", "the same\n")]
    for config in (CorpusConfig(drop_duplicates=False), RAW):
        assert len(select_books(books, config=config).books) == 2
    listed = [one._replace(listed=ManifestBook(path=one.source.name)) for one in books]
    assert len(select_books(listed, config=CorpusConfig()).books) == 2


def test_editions_stay_together_and_are_told() -> None:
    books = [
        book(
            f"Author{place}_Title_1900.txt",
            f"text number {place}\n" * 50,
            prints=range(1000 * place, 1000 * place + 200),
        )
        for place in range(20)
    ]
    for seed in range(8):
        twin = book("Zoe_Twin_1950.txt", "twin text\n" * 50, prints=range(1000 * seed, 1000 * seed + 200))
        selection = select_books([*books, twin], config=CorpusConfig(split_seed=seed))
        split = {taken.source.name: taken.split for taken in selection.books}
        assert split["Zoe_Twin_1950.txt"] == split[f"Author{seed}_Title_1900.txt"]
        assert [(first.name, second.name) for first, second, _ in selection.editions] == [
            (f"Author{seed}_Title_1900.txt", "Zoe_Twin_1950.txt")
        ]
        assert any("one book is on the shelf in another form already" in warning for warning in selection.warnings)


@pytest.mark.parametrize("is_listed", [True, False])
def test_a_text_that_is_kept_twice_stays_together(is_listed: bool) -> None:
    """A short poem has too few sentences for a fingerprint, so its two copies were held out one by one."""
    poem = "The lamp is out.\nThe rain is over.\n"
    names = [*(f"Author{place}_Title_1900.txt" for place in range(20)), "Vane_Rain_1884.txt", "Wren_Lamp_1902.txt"]
    texts = [*(f"text number {place}\n" * 50 for place in range(20)), poem, poem]
    books = [
        book(name, text, listed=ManifestBook(path=name) if is_listed else None)
        for name, text in zip(names, texts, strict=True)
    ]
    sides = set()
    for seed in range(20):
        selection = select_books(books, config=CorpusConfig(split_seed=seed, drop_duplicates=is_listed))
        split = {taken.source.name: taken.split for taken in selection.books}
        assert split["Vane_Rain_1884.txt"] == split["Wren_Lamp_1902.txt"], seed
        sides.add(split["Vane_Rain_1884.txt"])
    assert len(sides) > 1, "with none of these seeds was it held out, so nothing was tested"


def test_a_manifest_has_the_last_word_on_names_and_splits() -> None:
    listed = [
        ManifestBook(path="a", title="The Lamp", author="Edith Vane", year=1884, split="test"),
        ManifestBook(path="b", split="train"),
    ]
    selection = select_books(
        [book(f"Old_Name{n}_1900.txt", f"text {n}\n", listed=one) for n, one in enumerate(listed)],
        config=CorpusConfig(),
    )
    train, test = selection.books
    assert (train.named, train.split) == (("Name1", "Old", 1900), "train")
    assert (test.named, test.split) == (("The Lamp", "Edith Vane", 1884), "test")


def test_a_manifest_that_separates_editions_is_warned_of() -> None:
    books = [
        book(name, f"text {name}\n", listed=ManifestBook(path=name, split=split), prints=range(200))
        for name, split in (("a.txt", "train"), ("b.txt", "val"))
    ]
    warnings = select_books(books, config=CorpusConfig()).warnings
    assert any("a.txt (train) and b.txt (val) share 100% of their text" in warning for warning in warnings)


def test_nothing_held_out_is_warned_of() -> None:
    warnings = select_books([book("a.txt", "text\n")], config=CorpusConfig()).warnings
    assert [warning for warning in warnings if "Nothing is held out, as there is only one book" in warning]
    assert select_books([book("a.txt", "text\n")], config=CorpusConfig(val_fraction=0)).warnings == ()


def test_a_books_own_warnings_carry_its_name() -> None:
    one = book("a.txt", "text\n")
    one = one._replace(facts=replace(one.facts, warnings=("look twice",)))
    assert "a.txt: look twice" in select_books([one], config=CorpusConfig(val_fraction=0)).warnings
