"""Paths and patterns that a user names -> paths that exist."""

import glob
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from penwright.corpus.user_dirs import at_home
from penwright.errors import CorpusError, did_you_mean
from penwright.files import is_folder

Paths = str | Path | Sequence[str | Path]


def as_list(paths: Paths) -> list[str | Path]:
    """Return one path or several as a list."""
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    if not given:
        raise CorpusError("no path was given. Name files, folders or patterns to read.")
    return given


def expand(given: Sequence[str | Path]) -> Iterator[tuple[Path, Path]]:
    """Yield each existing path that was named, with the folder that its name is relative to."""
    for entry in given:
        path = at_home(entry)
        if os.path.lexists(path):
            yield path, path if is_folder(path) else path.parent
        elif glob.has_magic(str(path)):
            root = _fixed_part(path)
            try:
                matches = sorted(root.glob(str(path.relative_to(root))))
            except ValueError as error:
                raise CorpusError(f"in '{entry}' the ** must stand by itself, as in 'books/**/*.txt'.") from error
            visible = [match for match in matches if not _is_hidden(match.relative_to(root))]
            if not visible:
                raise CorpusError(f"the pattern '{entry}' matches no file. Check it, or name the folder itself.")
            yield from ((match, root) for match in visible)
        else:
            raise CorpusError(f"there is no file or folder '{entry}'.{_near_name(path)}")


def _fixed_part(pattern: Path) -> Path:
    """Return the folder before the first wildcard of a pattern."""
    parts = pattern.parts
    first = next(index for index, part in enumerate(parts) if glob.has_magic(part))
    return Path(*parts[:first])


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _near_name(path: Path) -> str:
    """Return a suggestion if a similar name exists in the folder, or a note if the folder does not exist."""
    with suppress(OSError):
        hint = did_you_mean(path.name, [entry.name for entry in path.parent.iterdir()])
        if hint.startswith(" Did"):
            return hint
    if not is_folder(path.parent):
        return f" Its folder '{path.parent}' does not exist either."
    return ""
