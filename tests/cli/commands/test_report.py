"""`penwright report`: the page is made, and its path is what was asked for."""

import json
from pathlib import Path

import pytest

from penwright.cli.app import main
from penwright.report import building as room


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run that is the newest there is."""
    folder = tmp_path / "runs" / "2026-01-31-books"
    folder.mkdir(parents=True)
    for name in ("config.toml", "env.json", "author.safetensors"):
        (folder / name).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(room, "build_report", lambda path, *, tell: path / "report.html")
    return Path("runs") / "2026-01-31-books"


def test_the_path_of_the_page_is_printed(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(run)]) == 0
    assert capsys.readouterr() == (f"{run / 'report.html'}\n", "")


def test_the_run_may_be_named_by_an_option_as_in_train(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--run", str(run)]) == 0
    assert capsys.readouterr() == (f"{run / 'report.html'}\n", "")


@pytest.mark.parametrize("has_browser", [True, False])
def test_open_shows_the_page_in_the_browser_or_says_that_there_is_none(
    run: Path, has_browser: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: shown.append(address) or has_browser)
    assert main(["report", str(run), "--open"]) == 0
    assert shown == [(run / "report.html").absolute().as_uri()]
    assert ("No browser was found" in capsys.readouterr().err) is not has_browser


def test_the_newest_run_is_taken_when_none_is_named(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"run": str(run), "report": str(run / "report.html")}


def test_what_is_no_run_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path / "nowhere")]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("penwright: there is no run folder") and err.count("\n") == 1
