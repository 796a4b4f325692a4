"""Files of an earlier build open as they did: three authors, a corpus, and a run that goes on.

`old_files/first_build.zip` was made by version 0.1.0 before its rooms were moved and its names changed. That build
read, scored and continued what it holds; the numbers below are its own.
"""

import zipfile
from pathlib import Path

import pytest

from penwright import Author, Corpus, resume
from penwright.training import folds

ARCHIVE = Path(__file__).parent / "old_files" / "first_build.zip"
BITS_PER_CHAR = {
    "run": 3.2527796058131995,
    "pairs.safetensors": 2.7156347536437204,
    "gru.safetensors": 6.492637782229127,
}
HELD_OUT_BITS_PER_CHAR = 3.8137119715317724  # after three more updates


@pytest.fixture(scope="module")
def old_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files as that build left them."""
    folder = tmp_path_factory.mktemp("old")
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(folder)
    return folder


@pytest.mark.parametrize("name", BITS_PER_CHAR)
def test_an_author_predicts_as_it_did(old_files: Path, prose: dict[str, str], name: str) -> None:
    author = Author.load(old_files / name)
    score = author.score(prose["Vane_Lamp_1884.txt"])
    assert score.bits_per_char == pytest.approx(BITS_PER_CHAR[name], rel=1e-5)
    assert author.write("It was ", max_chars=40, seed=1)


def test_an_author_is_saved_anew_and_predicts_the_same(old_files: Path, prose: dict[str, str], tmp_path: Path) -> None:
    old = Author.load(old_files / "run")
    old.save(tmp_path / "new.safetensors")
    text = prose["Wren_Soup_1902.txt"]
    assert Author.load(tmp_path / "new.safetensors").score(text).bits_per_char == old.score(text).bits_per_char


@pytest.mark.slow
def test_a_run_goes_on_where_it_stood(old_files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folds, "WHOLE_IDS", 0)  # that build evaluated with the tables of a fold
    corpus = Corpus.open(old_files / "corpus")
    records = list(resume(old_files / "run", corpus=corpus, steps=11))
    found = [record.bits_per_char for record in records if record.kind == "evaluation"]
    assert found == pytest.approx([HELD_OUT_BITS_PER_CHAR], rel=1e-5)
