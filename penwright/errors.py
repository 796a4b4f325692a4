"""The errors that a user can cause, as one small tree of exceptions.

    PenwrightError            something failed; the command line exits with 1
      UsageError              the call itself is wrong; the command line exits with 2
        ConfigError           an option, a preset or a configuration file
      CorpusError             books that cannot be read, cleaned, split or prepared
        ReadingError          one file, or one member of an archive
        ManifestError         a manifest that cannot be parsed or no longer matches
        FetchError            a source on a network that refuses, fails or sends something else
      AuthorError             an author file that is missing, damaged, foreign or hostile
        NoNumbersError        an author whose predictions are no numbers
      BookmarkError           a bookmark that is missing, damaged, foreign, hostile, or of another author
      RunError                a run folder that is missing, in use or cannot be continued
        CheckpointError       a checkpoint that is damaged or does not belong to this run
      WorkError               an unfinished work that is damaged, in use, or of other settings
      MissingExtraError       an optional package that is not installed

Every message says what was found, what was needed, and what to do next. A mistake of our own is an `assert`, never one
of these.
"""

import os
import shlex
from collections.abc import Iterable
from difflib import get_close_matches

_IS_WINDOWS = os.name == "nt"
_PLAIN_SIGNS = frozenset("\\/:._-")


class PenwrightError(Exception):
    """Any error that a user can cause. Its text is one or two sentences, ready to be shown."""

    exit_code = 1


class UsageError(PenwrightError):
    """The call itself is wrong: an unknown option or name, a value out of bounds, two options that exclude each
    other."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration value, preset or file that is unknown or out of bounds."""


class CorpusError(PenwrightError):
    """Books that cannot be read, cleaned, split or prepared."""


class ReadingError(CorpusError):
    """One file, or one member of an archive, that cannot be read as text."""


class ManifestError(CorpusError):
    """A manifest that cannot be parsed or no longer matches the books it names."""


class FetchError(CorpusError):
    """Books on a network that cannot be fetched: no connection, a refusal, or something other than books."""


class AuthorError(PenwrightError):
    """An author file that is missing, damaged, foreign or hostile."""


class NoNumbersError(AuthorError):
    """An author whose predictions are no numbers."""

    def __init__(self) -> None:
        super().__init__("the author's predictions are not numbers: its weights are too large to compute with.")


class BookmarkError(PenwrightError):
    """A bookmark that is missing, damaged, foreign, hostile, or of another author."""


class RunError(PenwrightError):
    """A run folder that is missing, in use by another process, or cannot be continued."""


class CheckpointError(RunError):
    """A checkpoint that is damaged, incomplete or does not belong to this run."""


class WorkError(PenwrightError):
    """An unfinished work that is damaged, in use by another process, or cannot be continued."""


class MissingExtraError(PenwrightError):
    """An optional power whose package is not installed."""

    def __init__(self, feature: str, *, extra: str) -> None:
        super().__init__(f"{feature} needs an optional package. Install it with: pip install 'penwright[{extra}]'")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the nearest known name, or the list of all known names when none is near.

    Args:
        name: Name that the user wrote.
        known: Names that exist.

    Returns:
        Sentence that begins with a space, to be appended to an error message.
    """
    names = sorted(known)
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f" Did you mean '{near[0]}'?"
    return f" Known: {', '.join(names)}." if names else ""


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun in the singular or the plural, such as "1 book" or "2,049 characters".

    Args:
        number: Number of things.
        noun: Their name in the singular.
        plural: Their name in the plural if it is not the singular with an s.
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def with_article(noun: str) -> str:
    """Return a noun with its indefinite article, such as "an elman"."""
    return f"{'an' if noun[:1].lower() in 'aeio' or noun == 'lstm' else 'a'} {noun}"


def printable(text: str) -> str:
    """Return a text in which each character that is not printable, line ends included, is U+FFFD.

    Use it for names that come from a file or from another person, so that they cannot act on a terminal.
    """
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def quoted(path: str | os.PathLike[str]) -> str:
    """Return a path as one word of a command to be copied into this system's shell.

    Windows shells understand only double quotes, and no file name on Windows contains one.
    """
    text = os.fspath(path)
    if not _IS_WINDOWS:
        return shlex.quote(text)
    return text if text and all(sign.isalnum() or sign in _PLAIN_SIGNS for sign in text) else f'"{text}"'
