"""`penwright attribute`: say which of several authors, or of one author's labels, may have written a text."""

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from penwright.cli.options import AuthorPaths, Box, Json, Whole
from penwright.cli.output import print_json, visible
from penwright.errors import UsageError, counted
from penwright.writing.options import SEED

if TYPE_CHECKING:
    from penwright.author.author import Author


def attribute(
    file: Path,
    /,
    *,
    authors: AuthorPaths = (),
    by_label: bool = False,
    box: Box = False,
    seed: Whole = None,
    as_json: Json = False,
) -> int:
    """Say which of several authors may have written a text.

    All authors read the text and are scored on the same characters, in bits per character. The author that needs the
    fewest comes first. A bootstrap over passages shows how far the scores depend on the passages chosen. The writer may
    also be somebody else: the scores only compare the authors given. An author that has learned from this very text
    is at an advantage, and is named.

    With --by-label, one author reads the text under each of its labels, and without any.

    Args:
        file: A text file, scored as it is.
        authors: Author files or run folders, two or more; one with --by-label.
        by_label: Compare the labels that one author learned with `train --labels`.
        box: Compare the author in the box too.
        seed: Seed of the bootstrap. Default 0.
    """
    SEED.check("--seed", seed)

    from penwright.author.attribution import attribute as attribute_text
    from penwright.author.attribution import attribute_labels
    from penwright.author.author import Author
    from penwright.author.box import boxed_author
    from penwright.corpus.formats.document import decode
    from penwright.evaluation.attribution import shown_interval

    paths = {str(path): path for path in authors}
    if len(paths) < len(authors):
        raise UsageError("the same author was given twice. Name each once.")
    if box:
        paths["box"] = boxed_author()
    if by_label and len(paths) != 1:
        given = counted(len(paths), "author was", "authors were")
        raise UsageError(f"--by-label compares the labels of one author, and {given} given. Give one with --authors.")
    if len(paths) < 2 and not by_label:
        given = counted(len(paths), "author was", "authors were")
        raise UsageError(f"{given} given; give two or more with --authors, or one and --box.")
    candidates = {name: Author.load(path) for name, path in paths.items()}
    data = file.read_bytes()
    decoded = decode(data, name=str(file))
    first_seed = 0 if seed is None else seed
    if by_label:
        [author] = candidates.values()
        result = attribute_labels(decoded.text, author, seed=first_seed)
    else:
        result = attribute_text(decoded.text, candidates, seed=first_seed)
    digest = hashlib.sha256(data).hexdigest()
    learned = [name for name, author in candidates.items() if _has_learned(author, digest)]
    if as_json:
        facts = {"file": str(file), "encoding": decoded.encoding, **asdict(result)}
        print_json({**facts, "is_separated": result.is_separated, "learned_from_it": learned})
        return 0
    width = max(6, *(len(visible(each.name)) for each in result.authors))
    print(f"{result.compared.removesuffix('s'):<{width}}  bits/char  {'95 % interval':>18}  comes first in")
    for each in result.authors:
        interval, wins = shown_interval(each, digits=result.digits)
        print(f"{visible(each.name):<{width}}  {each.bits_per_char:9.{result.digits}f}  {interval:>18}  {wins:>14}")
    passages = counted(result.num_passages, "passage")
    print(f"\n{counted(result.num_chars, 'character')} in {passages}. {visible(result.verdict)}")
    if result.num_left_out:
        left_out = counted(result.num_left_out, "character was", "characters were")
        print(f"{left_out} left out, which one of the authors cannot score.")
    for name in learned:
        says = "the scores of its labels say" if by_label else "its score says"
        print(f"{visible(name)} has learned from this very file, so {says} little.")
    return 0


def _has_learned(author: "Author", digest: str) -> bool:
    return any(book.sha256 == digest and book.split == "train" for book in author.card.books)
