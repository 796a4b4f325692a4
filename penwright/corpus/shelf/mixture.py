"""Say which languages a shelf is in, which books are in none of those wanted, and which books lose much to cleaning.

A shelf's languages are told by its texts. A header or a catalogue is asked only where a text does not tell, such as a
page of verse in a rare language, and is contradicted where it does. This module knows nothing of files.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from penwright.corpus.language.detection import (
    UNKNOWN,
    BookLanguage,
    book_language,
    declared_code,
    language_name,
)
from penwright.corpus.shelf.facts import Facts, KeptFacts
from penwright.errors import counted

MIN_OTHER = 0.002
"""Share of a shelf's characters from which books in another language are worth a word."""
_SHOWN_LANGUAGES = 6
_SHOWN_NAMES = 3

NamedFacts = Sequence[tuple[str, Facts | KeptFacts]]


def language_of_book(facts: Facts | KeptFacts) -> BookLanguage:
    """Return the language of a book: told by its text, else as it is declared."""
    told = book_language(facts.languages)
    return told if told.code != UNKNOWN else BookLanguage(declared_code(facts.details.get("Language", "")))


def reason_of_language(facts: Facts | KeptFacts, languages: Collection[str]) -> str:
    """Return the reason to leave a book out, or an empty string.

    Args:
        facts: The facts of the book.
        languages: Codes of the languages wanted; empty for all. Source code is in none and always stays.
    """
    if not languages or facts.is_code:
        return ""
    found = language_of_book(facts)
    if found.code in languages and all(code in languages for code, _ in found.others):
        return ""
    wanted = " or ".join(sorted(map(language_name, languages)))
    if found.code == UNKNOWN:
        return f"has no language that can be told, and only {wanted} was asked for"
    return f"is in {found.name}, and only {wanted} was asked for"


def mixture_sentences(books: NamedFacts, *, max_cut_fraction: float) -> list[str]:
    """Return sentences on the languages of a shelf, on false declarations, and on books that lose much to cleaning.

    Args:
        books: The name and the facts of each book.
        max_cut_fraction: Share of a file that may be cut without a word.
    """
    found = [language_of_book(facts) for _, facts in books]
    return [
        *_about_languages(books, found),
        *_about_bilingual(books, found),
        *_about_declared(books),
        *_about_cuts(books, max_cut_fraction),
    ]


def _about_languages(books: NamedFacts, found: Sequence[BookLanguage]) -> list[str]:
    """Return a sentence if the books are in several languages."""
    sizes: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    for (_, facts), language in zip(books, found, strict=True):
        if language.code != UNKNOWN:
            sizes[language.code] += facts.num_chars
            numbers[language.code] += 1
    ordered = sizes.most_common()
    if sum(size for _, size in ordered[1:]) <= MIN_OTHER * sizes.total():
        return []
    shown = [f"{language_name(code)} {numbers[code]:,}" for code, _ in ordered[:_SHOWN_LANGUAGES]]
    shown += [f"{len(ordered) - _SHOWN_LANGUAGES} more"] if len(ordered) > _SHOWN_LANGUAGES else []
    return [
        f"The books are in {len(ordered)} languages ({', '.join(shown)}), so one author learns them all. To keep one: "
        f"--language {ordered[0][0]}"
    ]


def _about_bilingual(books: NamedFacts, found: Sequence[BookLanguage]) -> list[str]:
    """Return a sentence on books that are in several languages themselves."""
    pairs = zip(books, found, strict=True)
    mixed = [f"{name} ({language.name})" for (name, _), language in pairs if language.others]
    return [f"{_listed(mixed)} {'is' if len(mixed) == 1 else 'are'} in several languages at once."] if mixed else []


def _about_declared(books: NamedFacts) -> list[str]:
    """Return a sentence on books whose header names another language than their text is in."""
    false = []
    for name, facts in books:
        declared, told = declared_code(facts.details.get("Language", "")), book_language(facts.languages)
        if UNKNOWN not in (declared, told.code) and declared not in {told.code, *(code for code, _ in told.others)}:
            false.append(f"{name} (said to be {language_name(declared)}, reads as {told.name})")
    return [f"The declared language is not that of the text: {_listed(false)}."] if false else []


def _about_cuts(books: NamedFacts, max_cut_fraction: float) -> list[str]:
    """Return a sentence on books of whose files more is cut than may be cut without a word; of code, notices are."""
    shares = ((cut_share(facts), name) for name, facts in books if not facts.is_code)
    large = sorted((pair for pair in shares if pair[0] > max_cut_fraction), key=lambda pair: (-pair[0], pair[1]))
    if not large:
        return []
    names = _listed([f"{name} {share:.0%}" for share, name in large])
    are = counted(len(large), "file loses", "files lose")
    return [
        f"{are} more than {max_cut_fraction:.0%} to cleaning: {names}. That is usual for a short book with a long "
        "licence; penwright inspect --html PAGE shows what is cut."
    ]


def cut_share(facts: Facts | KeptFacts) -> float:
    """Return the share of a file's text that was cut, 0 to 1."""
    return facts.num_cut / max(1, facts.num_cut + facts.num_chars)


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - _SHOWN_NAMES:,} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(names[:_SHOWN_NAMES]) + more
