"""`penwright report`: show a run as one page."""

import sys
import webbrowser
from contextlib import nullcontext
from typing import Annotated

from penwright.cli.finding import find_run
from penwright.cli.options import OUTPUT, Json, RunPath, option
from penwright.cli.output import error_console, is_terminal, print_json, say


def report(
    run: RunPath = None,
    *,
    opens: Annotated[bool, option(group=OUTPUT, name="--open")] = False,
    as_json: Json = False,
) -> int:
    """Make one page about a run.

    The page shows curves, scores of held-out books beside those of simpler methods, a page by the finished author, how
    much it copies, and the diary of samples from noise to prose. It is one HTML file that needs no other files. The
    first page of a finished run takes up to a minute, because a small network is raised for comparison.

    Args:
        run: Folder of the run. The default is the newest run under runs/ that has an author.
        opens: Open the page in the browser.
    """
    from penwright.report.building import build_report

    folder = find_run(run)
    shows = is_terminal(sys.stderr) and not as_json
    waiting = error_console().status("Reading the run ...") if shows else None
    with waiting or nullcontext():
        path = build_report(folder, tell=lambda doing: waiting.update(f"{doing} ...") if waiting else None)
    if as_json:
        print_json({"run": str(folder), "report": str(path)})
    else:
        print(path)
    if opens and not webbrowser.open(path.absolute().as_uri()):
        say("No browser was found. Open the page by its path.")
    return 0
