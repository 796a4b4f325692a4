from pathlib import Path
from typing import Any, cast

import pytest

from penwright.corpus.executor.cluster import Cluster
from penwright.corpus.passes import machines
from penwright.corpus.passes.machines import VERSION, open_executor
from penwright.corpus.sources.listing import list_books
from penwright.errors import ConfigError, CorpusError


class Answering:
    """A cluster whose one worker gives a certain answer."""

    def __init__(self, *answer: object) -> None:
        self._answer = answer

    def ask_all(self, function: Any, book: str, mark: str) -> dict[str, object]:
        assert function(book, mark) == (VERSION, True, True)  # here, both are seen
        return {"tcp://worker:1": self._answer}


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (("0.0", True, True), "tcp://worker:1 has Penwright 0.0, this process has .*Install the same version"),
        ((VERSION, False, True), "does not see .*book.txt. Books and cache must lie in folders that every machine"),
        ((VERSION, True, False), "does not see .*cache. Books and cache must lie in folders that every machine"),
    ],
)
def test_a_worker_that_would_work_otherwise_is_refused(
    answer: tuple[object, ...], sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "book.txt").write_text("A book.", encoding="utf-8")
    cache = tmp_path / "cache"
    cache.mkdir()
    with pytest.raises(CorpusError, match=sentence):
        machines._check(cast(Cluster, Answering(*answer)), list_books(tmp_path / "book.txt"), cache)
    assert list(cache.iterdir()) == []


def test_a_cluster_has_its_own_number_of_workers(tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text("A book.", encoding="utf-8")
    opened = open_executor(
        list_books(tmp_path), cache_dir=tmp_path, workers=2, cluster="tcp://127.0.0.1:9", is_known=False
    )
    with pytest.raises(ConfigError, match="exclude each other"), opened:
        pass
