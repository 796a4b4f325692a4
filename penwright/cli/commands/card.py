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
    from penwright.author.card_text import card_lines
    from penwright.author.file.header import check_length, open_author
    from penwright.author.file.naming import author_file_of
    from penwright.model.config import num_parameters_of

    path = find_author(author, is_boxed=box, is_quiet=as_json)
    file = author_file_of(path)
    with open_author(file) as opened:  # the header alone: neither weights nor torch are loaded
        claims = opened.claims
    check_length(opened, file)
    file_bytes = file.stat().st_size
    num_parameters, counts = num_parameters_of(claims.model_config), claims.counts
    if as_json:
        facts = {"model": claims.model_config.to_dict(), "num_parameters": num_parameters}
        facts |= {
            "counts": None if counts is None else {"contexts": counts[0], "successors": counts[1]},
            "file_bytes": file_bytes,
        }
        alphabet = {"kind": claims.alphabet.kind, "vocab_size": claims.alphabet.vocab_size}
        print_json({"author": str(path), **claims.card.to_dict(), **facts, "alphabet": alphabet})
        return 0
    lines = card_lines(
        claims.card,
        model_config=claims.model_config,
        alphabet=claims.alphabet,
        num_parameters=num_parameters,
        counts=counts,
        file_bytes=file_bytes,
    )
    print("\n".join(lines))
    return 0
