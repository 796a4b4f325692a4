"""`penwright index`: make the index of a shelf, by which copied runs are found."""

import time

from penwright.cli.indexing import corpus_of
from penwright.cli.options import Json
from penwright.cli.output import print_json, say, visible
from penwright.errors import UsageError, counted


def index(*paths: str, as_json: Json = False) -> int:
    """Make the index of a shelf, by which copied runs are found.

    `originality` and `write --max-quote` make it themselves if it is missing, so this command is needed only to make it
    in advance or again. It lies beside the prepared books and takes half as much room as they do.

    Args:
        paths: Books, as for `train`; or one folder of a run, whose books are indexed.
    """
    if not paths:
        raise UsageError("name the books, or a run: penwright index PATH")

    from penwright.originality.building import make_index

    corpus = corpus_of(paths, is_quiet=as_json)
    began = time.monotonic()
    made = make_index(corpus)
    seconds = time.monotonic() - began
    path, num_bytes = str(made.path), made.num_bytes
    if as_json:
        facts = {"index": path, "num_books": len(made.books), "num_chars": made.num_chars, "num_bytes": num_bytes}
        print_json({**facts, "seconds": seconds})
        return 0
    speed = made.num_chars / max(seconds, 1e-9) / 1e6
    say(f"{counted(len(made.books), 'training book')}, {speed:.1f} million characters a second")
    print(visible(path))
    return 0
