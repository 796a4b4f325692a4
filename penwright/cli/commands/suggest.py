"""`penwright suggest`: the words that may come next."""

from typing import Annotated

from penwright.cli.commands.loading import BookmarkPath, Label, load_to_write, open_bookmark
from penwright.cli.finding import find_author
from penwright.cli.options import OUTPUT, AuthorPath, Box, Json, Whole, option
from penwright.cli.output import print_json, visible

DEFAULT_COUNT = 5


def suggest(
    text: str,
    /,
    *,
    author: AuthorPath = None,
    box: Box = False,
    from_: BookmarkPath = None,
    as_: Label = None,
    count: Annotated[Whole, option(group=OUTPUT)] = None,
    as_json: Json = False,
) -> int:
    """Suggest the next words of a text, with their probabilities.

    A word that the text ends within is completed. After a blank, the next word is proposed. A probability is
    never too high: what the search did not find is missing from it.

    Args:
        text: A text in quotes, such as "She opened the d".
        author: An author file or the folder of a run. The default is the newest author under runs/, or the one in the
            box if there is none.
        from_: A bookmark of `penwright read`, after which the text comes.
        as_: A label or a mixture, as for `penwright write`.
        count: Number of words, 1 to 100. Default 5.
    """
    from penwright.writing.suggesting import COUNT

    wanted = DEFAULT_COUNT if count is None else count
    COUNT.check("--count", wanted)

    path = find_author(author, is_boxed=box, is_quiet=as_json)
    writer = load_to_write(path, label=as_)
    bookmark = open_bookmark(from_, writer)
    words = writer.suggest(text, count=wanted, after=bookmark)
    if as_json:
        print_json({"author": str(path), "text": text, "suggestions": [word._asdict() for word in words]})
        return 0
    for word in words:
        print(f"{100 * word.probability:5.1f} %  {visible(word.word)}")
    rest = max(0.0, 1.0 - sum(word.probability for word in words))
    print(f"{100 * rest:5.1f} %  (others)")
    return 0
