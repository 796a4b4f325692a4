import random
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

import penwright.corpus.shelf.splits as splits_module
from penwright.corpus.shelf.splits import Candidate, choose_splits
from penwright.corpus.shelf.titles import author_keys, title_key

shelves = st.lists(
    st.builds(
        Candidate,
        title=st.sampled_from([f"Title {number}" for number in range(30)]),
        author=st.sampled_from(["", *(f"Author{letter}" for letter in "abcdefgh")]),
        num_chars=st.integers(1, 3_000_000),
        folder=st.none(),
    ),
    min_size=1,
    max_size=40,
)


def shares(books: list[Candidate], splits: list[str]) -> dict[str, float]:
    total = sum(book.num_chars for book in books)
    held: dict[str, float] = defaultdict(float)
    for book, split in zip(books, splits, strict=True):
        held[split] += book.num_chars / total
    return held


def shelf(num_authors: int, num_books: int, num_chars: int = 500_000) -> list[Candidate]:
    return [Candidate(f"Title {place}", f"Author{place % num_authors}", num_chars) for place in range(num_books)]


@given(shelves, st.integers(0, 100))
def test_no_author_stands_on_two_sides_where_there_are_three(books: list[Candidate], seed: int) -> None:
    splits = choose_splits(books, seed=seed)
    keys = author_keys([book.author for book in books])
    sides: dict[str, set[str]] = defaultdict(set)
    by_author = len(set(filter(None, keys))) >= 3
    for book, key, split in zip(books, keys, splits, strict=True):
        sides[key if by_author and key else f"{key}/{title_key(book.title)}"].add(split)
    assert all(len(side) == 1 for side in sides.values())


@given(shelves, st.integers(0, 100), st.randoms())
def test_the_order_of_the_books_plays_no_part(books: list[Candidate], seed: int, shuffler: random.Random) -> None:
    order = list(range(len(books)))
    shuffler.shuffle(order)
    pairs = [(0, len(books) - 1), (0, len(books) // 2)]
    splits = choose_splits(books, seed=seed, together=pairs)
    moved = [(order.index(first), order.index(second)) for first, second in pairs]
    shuffled = choose_splits([books[place] for place in order], seed=seed, together=moved)
    assert [splits[place] for place in order] == shuffled


@given(shelves, st.integers(0, 100), st.data())
def test_editions_are_never_separated(books: list[Candidate], seed: int, data: st.DataObject) -> None:
    places = st.integers(0, len(books) - 1)
    pairs = data.draw(st.lists(st.tuples(places, places), max_size=8))
    splits = choose_splits(books, seed=seed, together=pairs)
    assert all(splits[first] == splits[second] for first, second in pairs)


@given(shelves, st.integers(0, 100))
def test_at_least_half_is_always_learned_from(books: list[Candidate], seed: int) -> None:
    assert shares(books, choose_splits(books, seed=seed))["train"] >= 0.5


@pytest.mark.parametrize("seed", range(20))
def test_shares_come_near_their_targets_on_a_real_shelf(seed: int) -> None:
    books = shelf(num_authors=33, num_books=90)
    held = shares(books, choose_splits(books, seed=seed))
    assert 0.03 <= held["val"] <= 0.08
    assert 0.03 <= held["test"] <= 0.08


@pytest.mark.parametrize("seed", range(20))
def test_a_large_author_is_never_held_out_for_a_small_target(seed: int) -> None:
    books = [*shelf(num_authors=20, num_books=40, num_chars=100_000), Candidate("Everything", "Prolific", 4_000_000)]
    splits = choose_splits(books, seed=seed)
    assert splits[-1] == "train"
    assert shares(books, splits)["val"] <= 0.1


def test_one_book_is_learned_from_whole() -> None:
    assert choose_splits([Candidate("Lamp", "Vane", 1000)], seed=0) == ["train"]


def test_of_two_books_the_smaller_is_held_out() -> None:
    books = [Candidate("Lamp", "Vane", 1000), Candidate("Ferry", "Vane", 400)]
    assert choose_splits(books, seed=0) == ["train", "val"]


def test_of_three_books_alike_one_is_held_out_and_two_are_learned_from() -> None:
    books = [Candidate(title, "Vane", 1000) for title in ("Lamp", "Ferry", "Bell")]
    assert sorted(choose_splits(books, seed=0)) == ["train", "train", "val"]


def test_titles_are_held_out_where_there_are_two_authors() -> None:
    books = shelf(num_authors=2, num_books=40)
    splits = choose_splits(books, seed=0)
    assert (splits.count("val"), splits.count("test")) == (2, 2)


def test_books_of_unknown_authors_count_by_their_title() -> None:
    books = [Candidate(f"Title {place}", "", 1000) for place in range(40)]
    splits = choose_splits(books, seed=0)
    assert (splits.count("val"), splits.count("test")) == (2, 2)


def test_nothing_is_held_out_where_nothing_is_wanted() -> None:
    assert set(choose_splits(shelf(10, 40), seed=0, val_fraction=0, test_fraction=0)) == {"train"}
    assert set(choose_splits(shelf(10, 40), seed=0, test_fraction=0)) == {"train", "val"}


def test_another_seed_holds_out_other_authors() -> None:
    books = shelf(num_authors=33, num_books=90)
    assert len({tuple(choose_splits(books, seed=seed)) for seed in range(10)}) == 10


def test_a_new_book_moves_few_others() -> None:
    books = shelf(num_authors=33, num_books=90)
    before = choose_splits(books, seed=0)
    after = choose_splits([*books, Candidate("New", "Somebody", 500_000)], seed=0)
    assert sum(one != other for one, other in zip(before, after[:-1], strict=True)) <= 6


def test_many_groups_are_compared_in_proportion(monkeypatch: pytest.MonkeyPatch) -> None:
    class Order(str):
        num_compared = 0
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            Order.num_compared += 1
            return str.__eq__(self, other)

    make = splits_module._order_of
    monkeypatch.setattr(splits_module, "_order_of", lambda key, seed: Order(make(key, seed)))

    def compared(num_books: int) -> int:
        Order.num_compared = 0
        choose_splits([Candidate(f"Title {number}", "", 1_000) for number in range(num_books)], seed=0)
        return Order.num_compared

    assert compared(3_000) <= 4 * max(1_000, compared(1_000))
