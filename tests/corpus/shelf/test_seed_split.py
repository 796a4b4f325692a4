from pathlib import Path

import pytest
from folders import CORPORA

from penwright.corpus.config import CorpusConfig
from penwright.corpus.preparing import prepare
from penwright.corpus.shelf.seed_split import num_held_out, seed_splits

SHAKESPEARE = CORPORA / "shakespeare"
KB = 1024


@pytest.mark.parametrize(
    ("sizes", "count"),
    [
        ([], 0),
        ([50 * KB], 0),
        ([50 * KB] * 4, 0),  # a fifth of four files is none
        ([50 * KB] * 5, 1),
        ([50 * KB] * 9, 1),
        ([50 * KB] * 10, 2),  # two files exceed a tenth, two exceed 90 kB
        ([50 * KB] * 42, 2),  # 90 kB are exceeded by the second file
        ([10 * KB] * 42, 5),  # a tenth is exceeded by the fifth file
        ([1 * KB] * 42, 5),
        ([200 * KB] * 42, 1),  # the file that crosses the line is held out whole
        ([10 * KB] * 41 + [91 * KB], 1),
        ([0] * 10, 2),  # nothing is ever exceeded, so a fifth decides
    ],
)
def test_the_number_of_files_held_out_is_the_smallest_of_three(sizes: list[int], count: int) -> None:
    assert num_held_out(sizes) == count


def test_a_total_that_only_equals_the_limit_does_not_exceed_it() -> None:
    assert num_held_out([90 * KB] * 20) == 2


def test_the_last_files_are_held_out_whole() -> None:
    assert seed_splits([50 * KB] * 10) == ["train"] * 8 + ["val"] * 2


@pytest.mark.skipif(not SHAKESPEARE.is_dir(), reason="the 42 files of the 2017 workshop are not beside this checkout")
def test_the_42_files_of_2017_hold_out_the_same_play(tmp_path: Path) -> None:
    config = CorpusConfig(alphabet="seed", split="seed")
    corpus = prepare(SHAKESPEARE, cache_dir=tmp_path, config=config)
    assert [book.source for book in corpus.books_in("val")] == ["winterstale.txt"]
    assert len(corpus.books_in("train")) == 41
    assert corpus.num_chars("train") == 5_138_001
    assert corpus.num_chars("val") == 145_794
    assert len(corpus.ids) == 5_283_795
    assert int(corpus.ids.min()) > 0, "all of it is inside the alphabet"
    files = [path.read_text(encoding="utf-8") for path in sorted(SHAKESPEARE.glob("*.txt"))]
    assert corpus.alphabet.decode(corpus.ids) == "".join(files), "joined without separator, in sorted order"
