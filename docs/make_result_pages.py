"""Copy the tables and plots of benchmarks/results/ into docs/results/, where they are pages of the documentation.

    python docs/make_result_pages.py

The copies are made when the documentation is built, and are not kept in the repository.
"""

import shutil
from pathlib import Path

DOCS = Path(__file__).parent
RESULTS = DOCS.parent / "benchmarks" / "results"


def copy_results(folder: Path) -> None:
    """Copy every table and plot into a folder, which is made anew. The list of them becomes its index."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for source in (*RESULTS.glob("*.md"), *RESULTS.glob("*.svg")):
        text = source.read_text(encoding="utf-8").replace("](../../docs/", "](../")
        (folder / ("index.md" if source.name == "README.md" else source.name)).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    copy_results(DOCS / "results")
