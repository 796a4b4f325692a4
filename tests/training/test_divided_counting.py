"""Several processes, here threads, count the folds of a shelf in turn and all have the same tables."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import torch
from torch import Tensor

from penwright.ngrams.tables import NgramTables, empty_tables
from penwright.training import divided_counting
from penwright.training.distributed import World
from penwright.training.divided_counting import DividedCounting

VOCAB_SIZE = 5
ENTRIES = 100  # of the tables of one fold


def tables_of(fold: int) -> NgramTables:
    empty = empty_tables(VOCAB_SIZE)
    return empty._replace(symbols=torch.full((ENTRIES,), fold, dtype=empty.symbols.dtype))


class Exchange:
    """What processes tell each other, by threads that wait for each other."""

    def __init__(self, size: int) -> None:
        self._barrier = Barrier(size, timeout=10)
        self._said: dict[int, Any] = {}

    def _all(self, value: object, world: World) -> dict[int, Any]:
        self._said[world.rank] = value
        self._barrier.wait()
        said = dict(self._said)
        self._barrier.wait()
        return said

    def gather(self, tensor: Tensor, *, world: World) -> Tensor:
        said = self._all(tensor, world)
        return torch.cat([said[rank] for rank in range(world.size)])

    def send(self, tensors: Sequence[Tensor], *, source: int, world: World) -> Sequence[Tensor]:
        found: Sequence[Tensor] = self._all(tensors, world)[source]
        return found


@pytest.mark.parametrize("kept", [1, 3, 100])
@pytest.mark.parametrize("num_folds", [2, 7, 8])
@pytest.mark.parametrize("size", [1, 2, 3, 8, 9])
def test_each_fold_is_counted_by_one_process_for_all(
    monkeypatch: pytest.MonkeyPatch, size: int, num_folds: int, kept: int
) -> None:
    exchange = Exchange(size)
    monkeypatch.setattr(divided_counting, "gather", exchange.gather)
    monkeypatch.setattr(divided_counting, "send", exchange.send)
    order = [*range(num_folds), *range(num_folds), 0, 1, num_folds - 1]
    counted: list[list[int]] = [[] for _ in range(size)]

    def member(rank: int) -> list[tuple[bool, int]]:
        def count(fold: int) -> NgramTables:
            held = len(counting._mine)
            assert held <= max(1, kept)
            counted[rank].append(fold)
            return tables_of(fold)

        counting = DividedCounting(
            count,
            num_folds=num_folds,
            max_kept=kept * ENTRIES,
            empty=empty_tables(VOCAB_SIZE),
            world=World(rank, size),
        )
        seen = []
        for fold in order:
            was_there = counting.has(fold)
            tables = counting.tables(fold)
            assert all(map(torch.equal, tables, tables_of(fold)))
            assert counting.has(fold)
            assert sum(len(mine.symbols) for mine in counting._mine.values()) <= max(1, kept) * ENTRIES
            seen.append((was_there, fold))
        return seen

    with ThreadPoolExecutor(size) as pool:
        first, *others = pool.map(member, range(size))
    assert all(other == first for other in others)
    times = Counter(fold for folds in counted for fold in folds)
    owners = {fold: {rank for rank in range(size) if fold in counted[rank]} for fold in range(num_folds)}
    assert all(len(ranks) == 1 for ranks in owners.values())
    if kept * size >= num_folds + size:
        assert set(times.values()) == {1}
    waits = sum(not was_there for was_there, _ in first[:num_folds])
    assert waits == -(-num_folds // min(size, num_folds)) or kept == 1 or size == 1
