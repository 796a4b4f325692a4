"""Read title, writer, language and release date from a Project Gutenberg header.

Headers since 2001 have a line for each. Older headers name title and writer in their first lines. This module knows
nothing of file names or of the use of the details.
"""

import re

_FIELD = re.compile(
    r"^(Title|Author|Language|Release Date|Posting Date)[ \t]*:[ \t]*(\S[^\n]*(?:\n[ \t]+\S[^\n]*)*)", re.MULTILINE
)
_NAMES = {"Release Date": "Release date", "Posting Date": "Release date"}
_NUMBER = re.compile(r" ?\[ ?(?:E-?(?:Text|Book)|Etext)[^\]]{0,80}\].*| Last Updated:.*", re.IGNORECASE | re.DOTALL)
_BLANKS = re.compile(r"\s+")
# **The Project Gutenberg Etext of Moby Dick, by Herman Melville**, Project Gutenberg Etext "Faust" by Goethe
# Only short lines are searched, and blanks are matched possessively: title and name are tried at every length, which
# would cost the square of a long line and more.
_OPENING = re.compile(
    r"^(?=[^\n]{0,200}$)[ \t]*+\**+[ \t]*+"
    r"(?:The[ \t]+|This[ \t]+is[ \t]+the[ \t]+)?Project[ \t]+Gutenberg(?:['’]s)?[ \t]+"
    r"(?:(?:E-?[Tt]ext|E-?[Bb]ook|eBook)\b,?[ \t]*)?(?:of[ \t]+)?"
    r"[\"“]?(?P<title>[^\n\"”*]+?)[\"”]?(?:,?[ \t]+(?:by|von)[ \t]+(?P<author>[^\n*]+?))?[ \t]*+\**+[ \t]*+$",
    re.MULTILINE,
)
_OLD_DATE = re.compile(
    r"^[ \t]*((?:[A-Z][a-z]+[ ,]+)?(?:\d{1,2},[ ]+)?(?:19|20)\d\d)[ \t]+\[E(?:text|Book)[ \t]*#", re.MULTILINE
)


def read_details(header: str) -> dict[str, str]:
    """Return the details of a book that its header gives.

    Args:
        header: The text up to the marker that ends the header; lines end with line feeds.

    Returns:
        Values of "Title", "Author", "Language" and "Release date", as far as the header has them, each in one line.
    """
    details: dict[str, str] = {}
    for field in _FIELD.finditer(header):
        name = _NAMES.get(field[1], field[1])
        value = _BLANKS.sub(" ", field[2])
        if name == "Release date":
            value = _NUMBER.sub("", value)
        value = value.strip()
        if value:
            details.setdefault(name, value)
    opening = _OPENING.search(header)
    if opening is not None and "Title" not in details:
        details["Title"] = opening["title"].strip(" ,")
        if opening["author"] and "Author" not in details:
            details["Author"] = opening["author"].strip(" ,")
    date = _OLD_DATE.search(header)
    if date is not None:
        details.setdefault("Release date", date[1])
    return details
