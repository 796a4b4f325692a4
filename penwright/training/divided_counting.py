"""Tables of the folds of a shelf, counted when they are first needed, and kept by the process that counted them.

Several processes count several folds at the same time, one each: the one that is needed and those that will be read
next. When a fold is read, its process sends the tables to the others. So a fold is counted once for all processes, and
each keeps only its own. A single process counts and keeps all.

Every process knows how large all tables are that some process keeps, so all decide alike what is counted and what is
let go. This module knows nothing of books or how tables are made.
"""

from collections.abc import Callable

import torch

from penwright.ngrams.tables import NgramTables
from penwright.training.distributed import World, gather, send


class DividedCounting:
    """The tables of all folds. Every process asks for the same ones in the same order."""

    def __init__(
        self, count: Callable[[int], NgramTables], *, num_folds: int, max_kept: int, empty: NgramTables, world: World
    ) -> None:
        """Count nothing yet.

        Args:
            count: Counts the tables of a fold.
            num_folds: Number of folds.
            max_kept: Largest number of successors in all tables that one process keeps. Above it, only the last ones
                are kept.
            empty: Tables of the same types and the same alphabet.
            world: The processes that count together.
        """
        self._count = count
        self._num_folds = num_folds
        self._max_kept = max_kept
        self._empty = empty
        self._world = world
        self._sizes: dict[int, int] = {}
        self._mine: dict[int, NgramTables] = {}

    def has(self, fold: int) -> bool:
        """Return True if some process keeps the tables of a fold."""
        return fold in self._sizes

    def tables(self, fold: int) -> NgramTables:
        """Return the tables of a fold; every process must ask for them."""
        if fold not in self._sizes:
            self._count_from(fold)
        parts = self._mine.get(fold, self._empty)
        return NgramTables(*send(parts, source=self._owner(fold), world=self._world))

    def forget(self) -> None:
        """Let all tables go. Where several processes go on, every one must."""
        self._sizes, self._mine = {}, {}

    def _owner(self, fold: int) -> int:
        """Return the rank of the process that counts a fold and keeps its tables."""
        return fold % self._world.size

    def _count_from(self, fold: int) -> None:
        """Count a fold, and by the other processes those that are read after it."""
        chosen: dict[int, int] = {}  # the fold that each process counts
        for other in (*range(fold, self._num_folds), *range(fold)):
            if other not in self._sizes:
                chosen.setdefault(self._owner(other), other)
        for owner in chosen:
            self._make_room(owner)
        self._let_go()
        mine = chosen.get(self._world.rank)
        if mine is not None:
            self._mine[mine] = self._count(mine)
        size = 0 if mine is None else len(self._mine[mine].symbols)
        sizes = gather(torch.tensor([size]), world=self._world).tolist()
        for owner, other in chosen.items():
            self._keep(owner, other, sizes[owner])
        self._let_go()

    def _make_room(self, owner: int) -> None:
        """Let go of what a process keeps if it would be gone before it is read again."""
        sizes = self._sizes_of(owner)
        if max(sizes.values(), default=0) * -(-self._num_folds // self._world.size) > self._max_kept:
            self._sizes = {fold: size for fold, size in self._sizes.items() if fold not in sizes}

    def _keep(self, owner: int, fold: int, size: int) -> None:
        """Note the tables that a process has counted, and let go of its others if all are too large."""
        sizes = self._sizes_of(owner)
        if sum(sizes.values()) + size > self._max_kept:
            self._sizes = {other: known for other, known in self._sizes.items() if other not in sizes}
        self._sizes[fold] = size

    def _sizes_of(self, owner: int) -> dict[int, int]:
        return {fold: size for fold, size in self._sizes.items() if self._owner(fold) == owner}

    def _let_go(self) -> None:
        self._mine = {fold: tables for fold, tables in self._mine.items() if fold in self._sizes}
