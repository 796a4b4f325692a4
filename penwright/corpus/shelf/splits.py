"""Choose which books are held out: all books of some writers, or whole titles if there are too few writers.

The choice is a pure function of the names, the sizes and a seed. It does not depend on the order of the books, and
adding a book moves few others. Whole works are held out rather than passages, because the score is how well an author
predicts a book that it has never seen. This module knows nothing of texts.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from penwright.corpus.config import SplitName
from penwright.corpus.shelf.titles import author_keys, title_key

MIN_AUTHORS = 3
"""Smallest number of writers to hold out whole ones; with fewer, titles are held out."""
MIN_TRAIN_FRACTION = 0.5
"""Smallest share of all characters that stays for training."""
MAX_FOLDER_FRACTION = 0.05
"""Largest share of the shelf in one folder of source code that is held out whole."""
_SLACK = 1.2
"""Largest size of a split, relative to its target, before smaller groups are tried."""


class Candidate(NamedTuple):
    """The properties of a book that affect its split."""

    title: str
    author: str
    """Its writer; empty if unknown."""
    num_chars: int
    folder: str | None = None
    """Folder that it is held out with, as source code is; None for a book."""


class _Group(NamedTuple):
    """Books that stay together."""

    order: str
    """Sort key of the group, pseudo-random and equal for equal seed and name."""
    members: tuple[int, ...]
    num_chars: int


def choose_splits(
    books: Sequence[Candidate],
    *,
    seed: int,
    val_fraction: float = 0.05,
    test_fraction: float = 0.05,
    together: Sequence[tuple[int, int]] = (),
) -> list[SplitName]:
    """Choose a split for each book.

    All books of a writer are held out together if there are at least three writers, else whole titles. A book of an
    unknown writer counts by its title. One group of books always stays for training, with at least half of all
    characters: a single book is used whole, and of two books one is held out. Source code is held out by folder, but
    file by file where one folder holds a large share; files of one name, such as a.c and a.h, stay together.

    Args:
        books: Books in any order.
        seed: Seed for the choice of groups, from 0.
        val_fraction: Share of the characters for validation, 0 to 0.4.
        test_fraction: Share of the characters for the test, 0 to 0.4.
        together: Pairs of indices of `books` that must not be separated, such as editions of one book.

    Returns:
        "train", "val" or "test" for each book. Splits are as near to their targets as whole groups allow.
    """
    groups = sorted(_group(books, seed, together), key=lambda group: group.order)
    total = sum(group.num_chars for group in groups)
    splits: list[SplitName] = ["train"] * len(books)
    left, num_train = groups, total
    targets: tuple[tuple[SplitName, float], ...] = (("val", val_fraction * total), ("test", test_fraction * total))
    for name, target in targets:
        budget = num_train - MIN_TRAIN_FRACTION * total
        chosen = _choose(left, target, budget) if len(left) > 1 and target > 0 else []
        num_train -= sum(group.num_chars for group in chosen)
        taken = {group.order for group in chosen}
        left = [group for group in left if group.order not in taken]
        for member in (member for group in chosen for member in group.members):
            splits[member] = name
    return splits


def _choose(groups: Sequence[_Group], target: float, budget: float) -> list[_Group]:
    """Return groups, taken in order, with a total near the target; at least one if the budget allows it."""
    # The largest group stays for training, whatever the seed.
    largest = max(groups, key=lambda group: (group.num_chars, group.order))
    eligible = [group for group in groups if group is not largest]
    chosen: list[_Group] = []
    num_chars = 0
    for group in eligible:
        if num_chars + group.num_chars <= min(_SLACK * target, budget):
            chosen.append(group)
            num_chars += group.num_chars
        if num_chars >= target:
            break
    taken = {group.order for group in chosen}
    rest = [group for group in eligible if group.order not in taken and num_chars + group.num_chars <= budget]
    if rest and num_chars < target:
        smallest = min(rest, key=lambda group: (group.num_chars, group.order))
        is_nearer = num_chars + smallest.num_chars - target < target - num_chars
        if is_nearer or not chosen:
            chosen.append(smallest)
    return chosen


def _group(books: Sequence[Candidate], seed: int, together: Sequence[tuple[int, int]]) -> list[_Group]:
    """Return the groups of books that must not be separated."""
    authors = author_keys([book.author for book in books])
    by_author = len({author for author in authors if author}) >= MIN_AUTHORS
    large = _large_folders(books)
    keys = [
        _code_key(book, large)
        if book.folder is not None
        else author
        if by_author and author
        else f"{author}: {title_key(book.title)}"
        for author, book in zip(authors, books, strict=True)
    ]
    home = {key: key for key in keys}

    def find(key: str) -> str:
        while home[key] != key:
            key = home[key]
        return key

    for first, second in together:
        one, other = sorted((find(keys[first]), find(keys[second])))
        home[other] = one  # the smaller key names the group, whatever the order of the pairs
    members: dict[str, list[int]] = {}
    for index, key in enumerate(keys):
        members.setdefault(find(key), []).append(index)
    return [
        _Group(_order_of(key, seed), tuple(indices), sum(books[index].num_chars for index in indices))
        for key, indices in members.items()
    ]


def _large_folders(books: Sequence[Candidate]) -> frozenset[str]:
    """Return the folders that hold too much of the shelf to be held out whole."""
    sizes: Counter[str] = Counter()
    for book in books:
        if book.folder is not None:
            sizes[book.folder] += book.num_chars
    total = sum(book.num_chars for book in books)
    return frozenset(folder for folder, num_chars in sizes.items() if num_chars > MAX_FOLDER_FRACTION * total)


def _code_key(book: Candidate, large: frozenset[str]) -> str:
    """Return the key of a source file: its folder, or its path without suffix in a large one."""
    assert book.folder is not None, "a book has no folder"
    return f"{PurePosixPath(book.title).with_suffix('')}" if book.folder in large else f"{book.folder}/"


def _order_of(key: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}\n{key}".encode("utf-8", "surrogatepass")).hexdigest()
