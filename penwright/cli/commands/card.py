"""`penwright card`: show the card of an author."""

from penwright.cli.finding import find_author
from penwright.cli.options import AuthorPath, Box, Json
from penwright.cli.output import print_json


def card(author: AuthorPath = None, *, box: Box = False, as_json: Json = False) -> int:
    """Show the card of an author.

    The card lists its books, its scores on books that it never read, the cost of its training, and the machine.

    Args:
        author: An author file or the folder of a run. The default is the newest author under runs/, or the one in the
            box if there is none.
    """
    from penwright.author.author import Author, author_file_of
    from penwright.author.card_text import card_lines

    path = find_author(author, is_boxed=box, is_quiet=as_json)
    loaded = Author.load(path)
    tables = loaded.model.tables
    counts = None if tables is None else (len(tables.contexts), len(tables.symbols))
    file_bytes = author_file_of(path).stat().st_size
    if as_json:
        facts = {"model": loaded.model.config.to_dict(), "num_parameters": loaded.model.num_parameters}
        facts |= {
            "counts": None if counts is None else {"contexts": counts[0], "successors": counts[1]},
            "file_bytes": file_bytes,
        }
        alphabet = {"kind": loaded.alphabet.kind, "vocab_size": loaded.alphabet.vocab_size}
        print_json({"author": str(path), **loaded.card.to_dict(), **facts, "alphabet": alphabet})
        return 0
    lines = card_lines(
        loaded.card,
        model_config=loaded.model.config,
        alphabet=loaded.alphabet,
        num_parameters=loaded.model.num_parameters,
        counts=counts,
        file_bytes=file_bytes,
    )
    print("\n".join(lines))
    return 0
