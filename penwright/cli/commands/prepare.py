"""`penwright prepare`: prepare books once, on this machine or on a cluster, and say where they lie."""

import time
from pathlib import Path
from typing import Annotated

from penwright.cli.commands.inspect import corpus_config
from penwright.cli.options import (
    CONFIGURATION,
    OUTPUT,
    Json,
    Languages,
    NewFolder,
    SettingTexts,
    Whole,
    at_most_one,
    option,
)
from penwright.cli.output import print_json, say, visible
from penwright.errors import ConfigError, UsageError, counted

MAX_SENTENCES = 24
"""Most sentences on the books that are shown; a library of thousands has as many notes."""


def prepare(
    *paths: str,
    preset: Annotated[str | None, option(group=CONFIGURATION, metavar="NAME")] = None,
    set_: SettingTexts = (),
    language: Languages = None,
    accept_doubtful: Annotated[bool, option(group=CONFIGURATION)] = False,
    workers: Whole = None,
    cluster: Annotated[str | None, option(metavar="ADDRESS")] = None,
    cache: Annotated[Path | None, NewFolder, option(group=OUTPUT)] = None,
    as_json: Json = False,
) -> int:
    """Prepare books once, so that every training of them starts at once, and print the folder of the corpus.

    `train` prepares its books itself, so this command is needed for a large library only: to see how long it takes, to
    do it on a machine without a GPU, or on several. What was stopped goes on where it was, and books that are added
    later are read alone.

    Args:
        paths: Books: files, folders (read recursively), patterns, archives, or a manifest.
        preset: Use the corpus settings of this preset.
        set_: A setting of the corpus, as corpus.key=value, for example corpus.unwrap=false. May be repeated.
        language: Keep only the books in this language, told by their text: en, or several as en,fr.
        accept_doubtful: Read books too in which over 1 % of the characters are replacements or improbable.
        workers: Processes that read, 1 to 32. Default: one for each processor.
        cluster: Let the workers of a running Dask scheduler read, for example tcp://10.0.0.1:8786. Books and cache must
            lie in folders that all its machines have under the same paths. Needs the extra `cluster`.
        cache: Keep clean texts and corpora in this folder instead of the usual cache. `train` finds them there if
            PENWRIGHT_CACHE names it.
    """
    if not paths:
        raise UsageError("name the books: penwright prepare PATH")
    at_most_one({"--workers": workers, "--cluster": cluster})
    _check(workers, cluster)
    config = corpus_config("prepare", preset, set_, language=language, accept_doubtful=accept_doubtful)

    from penwright.cli.finding import cache_dir
    from penwright.cli.shelves import corpus_sentences, run_shown
    from penwright.corpus.preparing import iter_prepare

    began, folder = time.monotonic(), cache if cache is not None else cache_dir()
    steps = iter_prepare(paths, config=config, cache_dir=folder, workers=workers, cluster=cluster)
    corpus = run_shown(steps, is_quiet=as_json)
    seconds = time.monotonic() - began
    num_chars = sum(book.num_chars for book in corpus.books)
    if as_json:
        facts = {"corpus": str(corpus.path), "digest": corpus.digest, "num_books": corpus.num_books}
        splits = {split: corpus.num_chars(split) for split in ("train", "val", "test")}
        lists = {"skipped": [list(pair) for pair in corpus.skipped], "warnings": list(corpus.warnings)}
        print_json({**facts, "num_chars": num_chars, "chars_by_split": splits, **lists, "seconds": seconds})
        return 0
    sentences = list(corpus_sentences(corpus, paths))
    for sentence in sentences[:MAX_SENTENCES]:
        say(sentence)
    if len(sentences) > MAX_SENTENCES:
        say(f"And {counted(len(sentences) - MAX_SENTENCES, 'more note')}. To see all: --json")
    speed = num_chars / max(seconds, 1e-9) / 1e6
    say(f"{counted(num_chars, 'character')} in {seconds:.1f} s, {speed:.1f} million a second")
    print(visible(str(corpus.path)))
    return 0


def _check(workers: int | None, cluster: str | None) -> None:
    """Refuse a number or an address that is none, by the name of its option."""
    from penwright.corpus.executor.cluster import check_address
    from penwright.corpus.executor.workers import MAX_WORKERS

    if workers is not None and not 1 <= workers <= MAX_WORKERS:
        raise UsageError(f"--workers {workers} must lie between 1 and {MAX_WORKERS}.")
    if cluster is not None:
        try:
            check_address(cluster)
        except ConfigError as error:
            raise UsageError(f"--cluster {error}") from error
