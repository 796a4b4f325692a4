"""Find the author file that a path names. This module does not import torch."""

from difflib import get_close_matches
from pathlib import Path

from penwright.author.box import boxed_author
from penwright.author.file.format import RUN_AUTHOR, SUFFIX
from penwright.errors import AuthorError
from penwright.files import entries, is_file

NUM_SUGGESTIONS = 3
BOX_NAME = "box"
"""Name of the author that comes with the package, where no file or folder has this name."""


def author_file_of(path: Path) -> Path:
    """Return the author file that a path names: the file itself, or the author of a run folder.

    Args:
        path: The path. "box", where there is no such file or folder, names the author that comes with the package.

    Raises:
        AuthorError: If there is none, with the nearest names that there are.
    """
    if path.is_dir():
        if not (path / RUN_AUTHOR).is_file():
            raise AuthorError(
                f"the folder {path} holds no {RUN_AUTHOR}. A run has one after its first reading of held-out books; "
                f"give its folder, or an author file ({SUFFIX})."
            )
        return path / RUN_AUTHOR
    if not path.exists():
        if path == Path(BOX_NAME):
            return boxed_author()
        raise AuthorError(f"there is no author at {path}.{authors_near(path)}")
    return path


def authors_near(path: Path) -> str:
    """Return a sentence that suggests authors near a path that does not exist."""
    if not path.parent.is_dir():
        return f" There is no folder {path.parent} either."
    known = [each.name for each in entries(path.parent) if each.suffix == SUFFIX or is_file(each / RUN_AUTHOR)]
    near = get_close_matches(path.name, known, n=NUM_SUGGESTIONS, cutoff=0.5) or sorted(known)[:NUM_SUGGESTIONS]
    if not near:
        return " Give an author file, or the folder of a run."
    return f" Did you mean {' or '.join(repr(str(path.with_name(name))) for name in near)}?"
