"""The author in the box: it comes with the package, so that you can let it write before any training.

This module only knows the path of its file. `author.py` and the command line open it like any other.
`benchmarks/box.py` trains it and puts it here.
"""

from pathlib import Path

from penwright.errors import AuthorError

BOXED = Path(__file__).with_name("author.safetensors")
"""Path of the author's file."""
MAX_BYTES = 16_000_000
"""Maximum size of the file, so that the package is quick to download."""


def has_author() -> bool:
    """Return True if the box holds an author. An installation can be made without one."""
    return BOXED.is_file()


def boxed_author() -> Path:
    """Return the file of the author in the box.

    Raises:
        AuthorError: If the box is empty.
    """
    if not has_author():
        raise AuthorError(
            "this installation of Penwright has no author in its box. Install it again, or raise one: penwright train "
            "PATH"
        )
    return BOXED
