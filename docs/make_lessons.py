"""Run the lessons as notebooks and write them into docs/lessons/: a page, its figures and the notebook of each.

    python docs/make_lessons.py              # the lessons whose page is missing, or older than what it is made of
    python docs/make_lessons.py --all        # every lesson
    python docs/make_lessons.py 01 03        # only those whose names begin so

If a lesson fails, its traceback is printed and no page is written. `lessons/README.md` says how a lesson is made.
"""

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jupytext
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets.config import Config

ROOT = Path(__file__).resolve().parents[1]
LESSONS = ROOT / "lessons"
PAGES = ROOT / "docs" / "lessons"
LONGEST = 900  # seconds; a lesson should take 30, but the machine may be busy

IN_THE_DARK = {  # the colours of lessons/drawing.py that a dark page needs otherwise
    "#26262e": "#e3e3ea",
    "#fefefe": "#0b0c0f",
    "#dbe7f5": "#22344d",
    "#fae3d4": "#4a3021",
    "#dcf0e4": "#1f3d2d",
}
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def lessons() -> list[Path]:
    """Return the scripts in order."""
    return sorted(LESSONS.glob("[0-9][0-9]_*.py"))


def is_stale(lesson: Path) -> bool:
    """Return True if the page is missing, or older than the lesson, what it draws with, its data or this program."""
    page = PAGES / f"{lesson.stem}.md"
    sources = [lesson, LESSONS / "drawing.py", Path(__file__), *(LESSONS / "data").iterdir()]
    return not page.exists() or page.stat().st_mtime < max(source.stat().st_mtime for source in sources)


def run(lesson: Path, *, folder: Path) -> Any:
    """Return a lesson as a notebook with its outputs; what its kernel needs lies in a folder meanwhile.

    Raises:
        CellExecutionError: If a cell fails.
    """
    notebook = jupytext.read(lesson, fmt="py:percent")
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"  # drawn at random otherwise, and the file another each time
    # Sockets that only this user can open, where the system has them; an absolute path, as the kernel runs elsewhere.
    sockets = {} if os.name == "nt" else {"transport": "ipc", "ip": str(folder / "kernel")}
    NotebookClient(
        notebook,
        timeout=LONGEST,
        kernel_name="python3",
        resources={"metadata": {"path": str(PAGES)}},
        config=Config({"KernelManager": sockets}),
    ).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # the clock
    return notebook


def page_of(notebook: Any, name: str) -> str:
    """Return the page of a notebook as Markdown, and write its figures beside it."""
    blocks: list[str] = []
    figures = iter(f"{name}-{number}" for number in range(1, 1000))
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            blocks.append(cell.source)
            if len(blocks) == 1:
                needs = "it needs [drawing.py](drawing.py) beside it"
                blocks.append(f"*[This lesson as a notebook]({name}.ipynb), with its outputs; {needs}.*")
            continue
        parts = [f"```python\n{cell.source}\n```", *outputs_of(cell, figures)]
        if "solution" in cell.metadata.get("tags", []):
            inside = "\n\n".join(parts).replace("\n", "\n    ")
            parts = [f'??? success "Solution"\n\n    {inside}']
        blocks += parts
    return "\n\n".join(blocks) + "\n"


def outputs_of(cell: Any, figures: Iterator[str]) -> Iterator[str]:
    """Yield what a cell printed and drew, as Markdown."""
    printed = ""
    for output in cell.outputs:
        data = output.get("data", {})
        if output.output_type == "stream":
            printed += output.text
            continue
        if printed:
            yield fenced(printed)
            printed = ""
        if "image/svg+xml" in data:
            yield pictures(data["image/svg+xml"], next(figures), data["text/plain"])
        else:
            yield fenced(data.get("text/plain", ""))
    if printed:
        yield fenced(printed)


def fenced(text: str) -> str:
    """Return what was printed as a block, in a fence that the text does not close."""
    return f"````text\n{ANSI.sub('', text).rstrip()}\n````"


def pictures(svg: str, name: str, caption: str) -> str:
    """Write a figure in light and in dark, and return what shows the one that suits the page."""
    (PAGES / f"{name}.svg").write_text(svg, encoding="utf-8")
    for light, dark in IN_THE_DARK.items():
        svg = svg.replace(light, dark)
    (PAGES / f"{name}-dark.svg").write_text(svg, encoding="utf-8")
    return f"![{caption}]({name}.svg#only-light)\n![{caption}]({name}-dark.svg#only-dark)"


def texts() -> str:
    """Return the texts that a page of the documentation learns from, as a script."""
    books = [LESSONS / "data" / "Halder_Green_1898.txt", *sorted((ROOT / "tests" / "shelf").glob("*.txt"))]
    shelf = "\n".join(book.read_text(encoding="utf-8") for book in books)
    names = (LESSONS / "data" / "names.txt").read_text(encoding="utf-8")
    return f"const TEXTS = {json.dumps({'books': shelf, 'names': names})};\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="the beginnings of lessons' names")
    parser.add_argument("--all", action="store_true", help="fresh pages are made again, too")
    arguments = parser.parse_args()

    # Notebooks find what they import and read beside them, where their readers open them.
    shutil.copytree(LESSONS / "data", PAGES / "data", dirs_exist_ok=True)
    shutil.copy(LESSONS / "drawing.py", PAGES)
    (PAGES / "texts.js").write_text(texts(), encoding="utf-8")
    chosen = [
        lesson
        for lesson in lessons()
        if lesson.stem.startswith(tuple(arguments.names) or "") and (arguments.all or is_stale(lesson))
    ]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IPYTHONDIR"] = folder  # a kernel keeps its history elsewhere than in the user's home
        for lesson in chosen:
            started = time.monotonic()
            try:
                notebook = run(lesson, folder=Path(folder))
            except CellExecutionError as error:
                print(f"lessons/{lesson.name} failed:\n{error}", file=sys.stderr)
                return 1
            for old in PAGES.glob(f"{lesson.stem}*"):
                old.unlink()
            page = page_of(notebook, lesson.stem)
            jupytext.write(notebook, PAGES / f"{lesson.stem}.ipynb")
            (PAGES / f"{lesson.stem}.md").write_text(page, encoding="utf-8")
            print(f"lessons/{lesson.name}: {time.monotonic() - started:.0f} s")
    for other in {path.stem for path in PAGES.glob("*.md")} - {lesson.stem for lesson in lessons()}:
        for old in PAGES.glob(f"{other}*"):
            old.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
