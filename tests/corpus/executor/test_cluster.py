import signal
import threading
import time
from pathlib import Path

import pytest
from clusters import LocalCluster, local_cluster
from folders import CORPORA

from penwright.corpus.executor.cluster import Cluster
from penwright.corpus.preparing import prepare
from penwright.corpus.store import IDS_NAME
from penwright.errors import ConfigError, CorpusError

pytest.importorskip("distributed", reason="Dask is not installed: pip install 'penwright[cluster]'")


@pytest.mark.parametrize(
    "address", ["", "10.0.0.1:8786", "tcp://10.0.0.1", "tcp://:1", "tcp://a:0", "tcp://a:99999", "a"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="is not the address of a Dask scheduler"):
        Cluster(address)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory):
    with local_cluster(tmp_path_factory.mktemp("cluster"), num_workers=2) as running:
        yield running


@pytest.mark.slow
def test_every_result_comes_with_its_index_and_errors_are_raised_here(cluster: LocalCluster) -> None:
    with Cluster(cluster.address) as executor:
        assert executor.num_threads == 2
        assert sorted(executor.map(abs, range(-100, 0))) == [(index, 100 - index) for index in range(100)]
        assert list(executor.map(abs, [])) == []
        with pytest.raises(ValueError, match="invalid literal"):
            list(executor.map(int, ["1", "no number"]))


@pytest.mark.slow
def test_nobody_at_an_address_is_told() -> None:
    with (
        pytest.raises(CorpusError, match="no Dask scheduler answers at tcp://127.0.0.1:9"),
        Cluster("tcp://127.0.0.1:9"),
    ):
        pass


@pytest.mark.slow
@pytest.mark.skipif(not (CORPORA / "novels").is_dir(), reason=f"there are no novels in {CORPORA}")
def test_with_a_worker_killed_in_the_middle_the_corpus_is_that_of_one_machine(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    for path in sorted((CORPORA / "novels").glob("*.txt"))[:40]:
        (shelf / path.name).write_bytes(path.read_bytes())
    here = prepare(shelf, cache_dir=tmp_path / "here", workers=1)
    with local_cluster(tmp_path, num_workers=2) as running:
        cache = tmp_path / "there"
        killer = threading.Thread(target=kill_in_the_middle, args=(running, cache))
        killer.start()
        there = prepare(shelf, cache_dir=cache, cluster=running.address)
        killer.join()
        assert running.workers[0].wait() == -signal.SIGKILL
    assert there.digest == here.digest
    assert (there.path / IDS_NAME).read_bytes() == (here.path / IDS_NAME).read_bytes()
    assert there.skipped == here.skipped and there.warnings == here.warnings


def kill_in_the_middle(running: LocalCluster, cache: Path) -> None:
    """Kill a worker as soon as some clean texts are in the cache."""
    for _ in range(6_000):
        if len(list(cache.glob("books/*/*"))) > 5:
            break
        time.sleep(0.01)
    running.workers[0].kill()
