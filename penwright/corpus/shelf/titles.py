"""Find a book's title and writer in the distributor's header, else in its file name and folder.

File names are compared with each other: a name beside many others ("Jane Austen" in "Jane Austen - Emma.txt" and "Jane
Austen - Persuasion.txt") is the writer's. This module knows nothing of texts or splits.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import PurePosixPath
from typing import NamedTuple

from penwright.corpus.archives.members import is_archive

_UNKNOWN_AUTHORS = frozenset(
    {"", "anon", "anonymous", "unknown", "various", "unknown author", "various authors", "n a"}
)
_PLAIN_FOLDERS = frozenset(
    # Usual names of folders with books of several writers: kinds, languages, states of work.
    "archive articles book books chapters clean cleaned collection corpora corpus data dev doc docs downloads drama "
    "drafts ebooks essays fiction files gutenberg input lib letters misc new nonfiction notes novel novels old other "
    "output plays poems poetry prose raw sample samples short source sources src stories test tests text texts train "
    "txt val verse "
    "arabic bulgarian catalan chinese croatian czech danish dutch english estonian finnish french german greek hebrew "
    "hindi hungarian icelandic irish italian japanese korean latin latvian lithuanian norwegian persian polish "
    "portuguese romanian russian serbian slovak slovene slovenian spanish swedish turkish ukrainian welsh".split()
)
_NOT_IN_NAMES = frozenset("a an and at by der die das for from in le la les of on or our the to with".split())
_TITLES_OF_PERSONS = frozenset(
    "sir lord lady dame count graf baron mr mrs ms miss dr prof professor rev reverend captain capt saint st".split()
)
_NAME_PARTICLES = frozenset("von van de der den du la le di da del".split())
_BEHIND_NAMES = frozenset("pere fils jr sr".split())  # a father and a son of one name count as one writer
_SEVERAL_AUTHORS = re.compile(r"\b(and|und)\b|&|;", re.IGNORECASE)
_UNDERSCORED = re.compile(r"(?P<author>[^_]+)_(?P<title>.+)_(?P<year>1[0-9]{3}|20[0-9]{2})")
_DASHED = re.compile(r"(?P<left>.+?)\s+[-–—]\s+(?P<right>.+)")
_WITHOUT_YEAR = re.compile(r"(?P<author>[^_]+)_(?P<title>.+)")
_BY = re.compile(r"(?P<title>.+?),? by (?P<author>[A-Z].+)")
_YEAR = re.compile(r"\s*\((?P<year>1[0-9]{3}|20[0-9]{2})\)\s*$")
_DATES = re.compile(r"[,;]?\s*\(?\b[0-9]{3,4}\??\s*[-–]\s*([0-9]{3,4}\??)?\)?")


class Unnamed(NamedTuple):
    """A book without a name."""

    name: str
    """Path of its file below the shelf's folder, followed by the member of an archive."""
    details: Mapping[str, str]
    """Fields of the distributor's header, such as "Title" and "Author"; may be empty."""


class BookName(NamedTuple):
    """The name of a book."""

    title: str
    author: str
    """Its writer; empty if unknown."""
    year: int | None


def name_books(books: Sequence[Unnamed]) -> list[BookName]:
    """Return the title, writer and year of each book, independent of the order of the books.

    Args:
        books: All books of the shelf.
    """
    stems = [_stem(PurePosixPath(book.name)).replace("_-_", " - ") for book in books]
    folders: dict[PurePosixPath, list[str]] = {}
    for book, stem in zip(books, stems, strict=True):
        folders.setdefault(PurePosixPath(book.name).parent, []).append(stem)
    writers = {folder: _writers(inside) for folder, inside in folders.items()}
    dashed = [match for stem in stems if (match := _DASHED.fullmatch(_YEAR.sub("", stem)))]
    beside = Counter(side for match in dashed for side in (match["left"], match["right"]))
    names = []
    for book, stem in zip(books, stems, strict=True):
        parent = PurePosixPath(book.name).parent
        named = _from_stem(stem, beside, writers[parent])
        if not named.author:
            named = named._replace(author=_author_of_folder(parent) if len(folders[parent]) > 1 else "")
        title = _one_line(book.details.get("Title", "")) or named.title
        author = _one_line(book.details.get("Author", "")) or named.author
        names.append(BookName(title, "" if _words(author) in _UNKNOWN_AUTHORS else author, named.year))
    return _with_one_spelling(names)


def _with_one_spelling(names: Sequence[BookName]) -> list[BookName]:
    """Return the names with one spelling of each writer: the fullest name, among equals the most frequent."""
    keys = author_keys([name.author for name in names])
    times = Counter(name.author for name in names)
    best: dict[str, str] = {}
    for key, author in sorted(zip(keys, (name.author for name in names), strict=True)):
        best[key] = max(best.get(key, author), author, key=lambda spelling: _quality(spelling, times[spelling]))
    return [name._replace(author=best[key]) for key, name in zip(keys, names, strict=True)]


def _quality(author: str, times: int) -> tuple[int, bool, int]:
    return len(_parse_author(author)[1]), "," not in author, times


def author_keys(authors: Sequence[str]) -> list[str]:
    """Return a key for each writer, equal for spellings of one name and empty for an unknown writer.

    "Dickens", "Charles Dickens", "DICKENS, Charles, 1812-1870" and "C. Dickens" share a key as long as there is no
    other Dickens. A name that fits two persons keeps a key of its own. Titles, particles such as "von" and a "Jr."
    after a name are ignored.

    Args:
        authors: The writer of every book, empty if unknown.
    """
    parsed = {author: _parse_author(author) for author in set(authors)}
    fullest: dict[tuple[str, tuple[str, ...]], tuple[str, tuple[str, ...]]] = {}
    namesakes: dict[str, list[tuple[str, tuple[str, ...]]]] = {}  # only persons of one surname are compared
    persons = sorted(set(parsed.values()), key=lambda person: (-sum(map(len, person[1])), person))
    for person in persons:
        others = namesakes.setdefault(person[0], [])
        homes = {fullest[other] for other in others if _may_be_same(person, other)}
        fullest[person] = homes.pop() if len(homes) == 1 else person
        others.append(person)
    return [_key_of(fullest[parsed[author]]) for author in authors]


def title_key(title: str) -> str:
    """Return a key that is equal for spellings of one title.

    Case, accents, punctuation, a leading article and a second title after a semicolon are ignored. The text after a
    colon counts, since it often distinguishes the parts of a series.
    """
    words = (_words(title.partition(";")[0]) or _words(title)).split()
    return " ".join(words[1:] if len(words) > 1 and words[0] in ("a", "an", "the") else words)


def _stem(path: PurePosixPath) -> str:
    """Return a file's name without suffixes. A suffix is a short tail after the last dot; "Mr. Fox" has none."""
    name = path.name
    while "." in name[1:] and re.fullmatch(r"\.[A-Za-z0-9]{1,6}", suffix := PurePosixPath(name).suffix):
        if suffix[1:].isdigit():
            break
        name = name.removesuffix(suffix)
    return name


def _writers(stems: Sequence[str]) -> frozenset[str]:
    """Return the writers before the first underscore of names such as "Austen_Emma", or none.

    A folder has them if several such names stand at least twice and make up half of it: "Moby_Dick" and "Bleak_House"
    have nothing in common.

    Args:
        stems: The names of the files of one folder, without suffixes.
    """
    parts = [match["author"] for stem in stems if (match := _WITHOUT_YEAR.fullmatch(stem))]
    times = Counter(part for part in parts if _looks_like_person(part))
    repeated = [part for part, count in times.items() if count > 1]
    is_habit = len(repeated) > 1 and 2 * sum(times[part] for part in repeated) >= len(stems)
    return frozenset(times) if is_habit else frozenset()


def _from_stem(stem: str, beside: Counter[str], writers: frozenset[str]) -> BookName:
    """Return the name of a book that its file name gives."""
    if match := _UNDERSCORED.fullmatch(stem):
        author = match["author"] if any(map(str.isalpha, match["author"])) else ""
        return BookName(_spaced(match["title"]), _spaced(author), int(match["year"]))
    if (match := _WITHOUT_YEAR.fullmatch(stem)) and match["author"] in writers:
        return BookName(_spaced(match["title"]), _spaced(match["author"]), None)
    year_match = _YEAR.search(stem)
    year = int(year_match["year"]) if year_match else None
    bare = _YEAR.sub("", stem)
    if match := _DASHED.fullmatch(bare):
        left, right = match["left"], match["right"]
        # Ties go to "Title - Author", the order used by the most common library program.
        is_author_first = (beside[left], "," in left, _looks_like_person(left)) > (
            beside[right],
            "," in right,
            _looks_like_person(right),
        )
        author, title = (left, right) if is_author_first else (right, left)
        return BookName(_spaced(title), _spaced(author), year)
    if match := _BY.fullmatch(_spaced(bare)):
        return BookName(match["title"], match["author"], year)
    return BookName(_spaced(bare), "", year)


def _author_of_folder(folder: PurePosixPath) -> str:
    """Return the writer that a folder is named after, or an empty string if it is not like a person's name."""
    name = _spaced(folder.name)
    is_person = name and not is_archive(folder) and _looks_like_person(name)
    return name if is_person and not set(_words(name).split()) & _PLAIN_FOLDERS else ""


def _looks_like_person(name: str) -> bool:
    """Return True if a text may be a person's name: one to five words, capitalised, without an article or a digit."""
    words = name.replace(",", " ").replace(".", " ").split()
    capitalised = [word for word in words if word.lower() not in _NAME_PARTICLES]
    return (
        1 <= len(words) <= 5
        and bool(capitalised)
        and all(
            word[0].isupper() and word.replace("-", "").replace("'", "").replace("’", "").isalpha()
            for word in capitalised
        )
        and not {word.lower() for word in capitalised} & _NOT_IN_NAMES
    )


def _spaced(name: str) -> str:
    """Return a name with its underscores as blanks."""
    return " ".join(name.replace("_", " ").split())


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _words(text: str) -> str:
    """Return the words of a text in plain small letters, separated by one blank."""
    plain = text.casefold()
    if not plain.isascii():
        decomposed = unicodedata.normalize("NFKD", plain)
        plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(re.findall(r"\w+", plain.replace("'", "").replace("’", "")))


@lru_cache(maxsize=1 << 14)
def _parse_author(author: str) -> tuple[str, tuple[str, ...]]:
    """Return (surname, given names), all in plain small letters. Several writers together are one surname.

    The surname is only the last word. Catalogues write "García Márquez, Gabriel" but "Goethe, Johann Wolfgang von", so
    the words before the comma are less reliable than the spoken order.
    """
    name = _DATES.sub("", author)
    if _SEVERAL_AUTHORS.search(name):
        return _words(name), ()
    surname, *others = (_words(part) for part in name.split(","))
    words = " ".join([*(part for part in others if part not in _BEHIND_NAMES), surname]).split()
    while len(words) > 1 and words[-1] in _BEHIND_NAMES:
        words.pop()
    if not words or _words(author) in _UNKNOWN_AUTHORS:
        return "", ()
    return words[-1], tuple(word for word in words[:-1] if word not in _TITLES_OF_PERSONS | _NAME_PARTICLES)


def _may_be_same(short: tuple[str, tuple[str, ...]], full: tuple[str, tuple[str, ...]]) -> bool:
    """Return True if a name may be a shorter form of another: equal surnames, given names omitted or as initials.

    Initials may be separate or joined: "h g" and "hg" are both short for "herbert george".
    """
    if short[0] != full[0] or not short[0]:
        return False
    rest = full[1]
    for name in short[1]:
        ends = range(1, len(rest) + 1)
        initials = "".join(other[0] for other in rest)
        end = next((end for end in ends if rest[end - 1] == name or initials[:end].endswith(name)), None)
        if end is None:
            return False
        rest = rest[end:]
    return True


def _key_of(person: tuple[str, tuple[str, ...]]) -> str:
    surname, given = person
    return f"{surname}, {' '.join(given)}" if given else surname
