"""`penwright report`: show a run as one page."""

from pathlib import Path

from penwright.cli.finding import find_run
from penwright.cli.options import Json
from penwright.cli.output import print_json


def report(run: Path | None = None, /, *, as_json: Json = False) -> int:
    """Make one page about a run.

    The page shows curves, scores of held-out books beside those of simpler methods, and the diary of samples from noise
    to prose. It is one HTML file that needs no other files.

    Args:
        run: Folder of the run. The default is the newest run under runs/ that has an author.
    """
    from penwright.report.building import build_report

    folder = find_run(run)
    path = build_report(folder)
    if as_json:
        print_json({"run": str(folder), "report": str(path)})
    else:
        print(path)
    return 0
