"""The author in the box: one that comes with the package, so that there is something to read before any training.

Only where its file lies is known here. `author.py` and the command line open it like any other; `benchmarks/box.py`
raises it and puts it here.
"""

from pathlib import Path

from penwright.errors import AuthorError

BOXED = Path(__file__).with_name("author.safetensors")
"""Its file."""
MAX_BYTES = 10_000_000
"""What the file may take at most: a package should be fetched in a moment."""


def has_author() -> bool:
    """Whether there is one in the box; an installation may have been made without it."""
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
