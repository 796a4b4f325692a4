"""The tree of a mirror of Project Gutenberg: which file of a book's folder is the one to read.

Book 12345 lies in 1/2/3/4/12345/ as 12345-0.txt (UTF-8), 12345-8.txt (Latin-1), 12345.txt (ASCII) and in other forms,
with older editions in old/. Generated files lie in a folder for each number as pg12345.txt. This module knows names
alone, and opens no file.
"""

from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

FORMS = (
    *("{0}-0.txt", "pg{0}.txt", "pg{0}.txt.utf8", "{0}-8.txt", "{0}.txt", "{0}-5.txt", "{0}-7.txt"),
    *("{0}-0.zip", "{0}-8.zip", "{0}.zip", "{0}-5.zip", "{0}-7.zip"),
    *("{0}-h/{0}-h.htm", "{0}-h/{0}-h.html", "pg{0}-images.html", "pg{0}.html", "pg{0}.html.utf8", "{0}-h.zip"),
    *("pg{0}.epub", "pg{0}-images-3.epub", "pg{0}-images.epub"),
)
"""Names of a book's file in its folder, the best first. An ASCII text has lost its accents, and often its quotes."""
LISTS_OF_BOOKS = ("GUTINDEX", "MIRRORS.ALL")
"""Beginnings of the names of files in such a tree that list books and are none."""


def book_number(parts: Collection[str], names: Collection[str]) -> str:
    """Return the number of the book whose folder this is, or an empty string.

    Args:
        parts: Names of the folders on the way to it, the outermost first, and its own.
        names: Names of its entries.
    """
    number = list(parts)[-1] if parts else ""
    if not (number.isascii() and number.isdigit() and number[0] != "0" and len(number) <= 7):
        return ""
    above = [*(number[:-1] or "0")]
    is_in_tree = list(parts)[-1 - len(above) : -1] == above
    is_generated = any(name.startswith((f"pg{number}.", f"pg{number}-")) for name in names)
    return number if is_in_tree or is_generated else ""


def best_form(number: str, names: Collection[str]) -> str:
    """Return the name of the file to read below a book's folder, or an empty string if no form is known.

    Args:
        number: Number of the book.
        names: Names of the files in its folder, and of those one folder deeper, as "12345-h/12345-h.htm".
    """
    return next((name for form in FORMS if (name := form.format(number)) in names), "")


def without_other_forms(members: Iterable[str]) -> tuple[list[str], int]:
    """Return the members of an archive without other forms and older editions of the same book.

    Args:
        members: Names of the members, with forward slashes.

    Returns:
        The names that remain, in their order, and the number of those that do not.
    """
    everything = list(members)
    folders: dict[str, list[str]] = {}
    for name in everything:
        folder, slash, file = name.rpartition("/")
        if slash:
            folders.setdefault(folder, []).append(file)
            above, slash, inner = folder.rpartition("/")
            folders.setdefault(above, []).append(f"{inner}/{file}") if slash else None
    best = {}
    for folder, names in folders.items():
        number = book_number(PurePosixPath(folder).parts, names)
        if number and (form := best_form(number, names)):
            best[folder] = f"{folder}/{form}"
    kept = [name for name in everything if _is_kept(name, best)]
    return kept, len(everything) - len(kept)


def _is_kept(name: str, best: dict[str, str]) -> bool:
    """Return True unless another form of the book in one of the folders above is the best one."""
    folder = name
    while folder:
        folder = folder.rpartition("/")[0]
        if folder in best:
            return name == best[folder]
    return True
