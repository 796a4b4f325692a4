"""The lessons: each runs, prints the same as a script and as a notebook, and explains a term before it uses it."""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from folders import ROOT

LESSONS = sorted((ROOT / "lessons").glob("[0-9][0-9]_*.py"))
PAGES = ROOT / "docs" / "lessons"
CELL = re.compile(r"^# %%(.*)$", re.MULTILINE)
TERM = re.compile(r"\*\*([^*]+)\*\*(?!\*)")
EXERCISE = re.compile(r"^\*\*\d\.\*\*", re.MULTILINE)


def cells_of(lesson: Path) -> Iterator[tuple[str, str]]:
    """Yield each cell's header, such as ' [markdown]', and its text; Markdown without its comment signs."""
    pieces = CELL.split(lesson.read_text(encoding="utf-8"))
    for header, text in zip(pieces[1::2], pieces[2::2], strict=True):
        yield header, re.sub(r"^# ?", "", text, flags=re.MULTILINE) if "[markdown]" in header else text


def prose_of(lesson: Path) -> str:
    """Return the Markdown of a lesson, without headings and without what stands between backquotes."""
    text = "\n".join(text for header, text in cells_of(lesson) if "[markdown]" in header)
    return re.sub(r"`[^`]*`|^#.*$", "", text, flags=re.MULTILINE)


def terms_used_too_early(proses: list[str]) -> list[str]:
    """Return the terms in bold that some text holds before the place where they are bold for the first time."""
    text = re.sub(r"\s+", " ", "\n".join(proses))
    early = []
    for found in TERM.finditer(text):
        term = found[1].lower()
        if not term[0].isdigit() and re.search(rf"\b{re.escape(term)}(?:e?s)?\b", text[: found.start()].lower()):
            early.append(term)
    return early


def test_no_term_is_used_before_it_is_explained() -> None:
    assert len(LESSONS) >= 1
    assert not terms_used_too_early([prose_of(lesson) for lesson in LESSONS])


def test_a_term_that_is_used_too_early_is_seen() -> None:
    assert terms_used_too_early(
        ["A loss is bad.", "The **loss** is a number. Losses fall. The **rate**.", "**1.** x"]
    ) == ["loss"]
    assert not terms_used_too_early(["The glossary.", "The **loss** is a number."])


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_has_a_title_exercises_solutions_and_a_place(lesson: Path) -> None:
    cells = list(cells_of(lesson))
    number = int(lesson.name[:2])
    assert cells[0][1].startswith(f"\n# {number}. ") and "[markdown]" in cells[0][0]
    assert "## What to keep" in prose_before_stripping(cells)
    exercises = [index for index, (header, text) in enumerate(cells) if EXERCISE.search(text) and "markdown" in header]
    solutions = [index for index, (header, _) in enumerate(cells) if 'tags=["solution"]' in header]
    assert len(exercises) >= 2
    assert solutions == [index + 1 for index in exercises]
    assert f"lessons/{lesson.stem}.md\n" in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert f"(lessons/{lesson.stem}.md)" in (ROOT / "docs" / "lessons.md").read_text(encoding="utf-8")


def prose_before_stripping(cells: list[tuple[str, str]]) -> str:
    """Return the Markdown cells, headings included."""
    return "\n".join(text for header, text in cells if "[markdown]" in header)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_every_figure_has_a_caption_and_no_clock_is_read(lesson: Path) -> None:
    code = "\n".join(text for header, text in cells_of(lesson) if "[markdown]" not in header)
    assert code.count("show(") >= 2
    assert len(re.findall(r'show\(\s*f?"[A-Z][^"]{20,}\."', code)) == len(re.findall(r"^ *show\(", code, re.MULTILINE))
    assert not re.search(r"\bimport time\b|plt\.show\(", code)


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_prints_the_same_as_a_script_and_as_a_notebook(lesson: Path, tmp_path: Path) -> None:
    for package in ("matplotlib", "jupytext", "nbclient", "ipykernel"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed; the extra `lessons` brings it")
    import nbformat

    environment = {**os.environ, "MPLBACKEND": "agg", "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    subprocess.run([sys.executable, str(ROOT / "docs" / "make_lessons.py"), lesson.stem], check=True, env=environment)
    notebook = nbformat.read(PAGES / f"{lesson.stem}.ipynb", as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert all(output.output_type in ("stream", "display_data") for output in outputs), "print what is to be seen"
    assert not [output.text for output in outputs if output.get("name") == "stderr"]

    script = subprocess.run(
        [sys.executable, str(lesson)], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert script.returncode == 0, script.stderr
    assert script.stderr == ""
    assert script.stdout == "".join(output.text for output in outputs if output.output_type == "stream")
    assert list(tmp_path.iterdir()) == []
