"""`penwright report`: a run as one page."""

from pathlib import Path

from penwright.cli.finding import find_run
from penwright.cli.options import Json
from penwright.cli.output import print_json


def report(run: Path | None = None, /, *, as_json: Json = False) -> int:
    """Make a page of a run: how it learned, and how well.

    Curves, held-out scores by book beside simpler methods, and the diary of samples from noise to prose, in one
    HTML file that needs nothing beside it.

    Args:
        run: Folder of the run. Without it, the newest under runs/ that has an author.
    """
    from penwright.report.building import build_report

    folder = find_run(run)
    path = build_report(folder)
    if as_json:
        print_json({"run": str(folder), "report": str(path)})
    else:
        print(path)
    return 0
