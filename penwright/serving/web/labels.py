"""The field `as` of a completion request: the label or the mixture under which an author reads and writes.

Shapes: E = width of a label's vector.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from penwright.author.labels import MAX_SHARE, shares_of
from penwright.author.reader import Reader
from penwright.errors import UsageError
from penwright.serving.stories.records import MAX_LABEL_CHARS, MAX_SHARES
from penwright.serving.web.errors import ApiError
from penwright.settings import Between, MaxChars, Setting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_MIXTURE_CHARS = 2_000
_MAX_KEPT = 256
MIXTURE = Setting(str, (MaxChars(MAX_MIXTURE_CHARS),))
NAME = Setting(str, (MaxChars(MAX_LABEL_CHARS),))
SHARE = Setting(float, (Between(0, MAX_SHARE),))


class Labels:
    """The labels of a served author."""

    def __init__(self, author: Reader | None = None, *, default: str | None = None) -> None:
        """Look the default up.

        Args:
            author: The author, None for one without labels.
            default: Label or mixture of requests that name none, None for no label.

        Raises:
            UsageError: If the author does not know it.
        """
        self.names = () if author is None else author.labels
        """Names of the labels; empty for an author without labels."""
        self.default = "" if default is None else default
        """Default as it was written; empty for no label."""
        self._author = author
        self._found = lru_cache(_MAX_KEPT)(self._find)  # the same is asked for again and again
        self._default = None if default is None else self._found(default)

    def vector_of(self, given: Any) -> "NDArray[np.float32] | None":
        """Return the vector (E,) for a request, None for no label.

        Args:
            given: Value of the field: a mixture as a text, or shares by name. None if the request has no such field.

        Raises:
            ApiError: If it is none of these, or the author does not know it.
        """
        if given is None:
            return self._default
        try:
            if isinstance(given, dict):
                for name, share in given.items():
                    NAME.check("a label", name)
                    SHARE.check("a share", share)
            else:
                MIXTURE.check("as", given)
            num_mixed = len(given) if isinstance(given, dict) else given.count(",") + 1
            if not 1 <= num_mixed <= MAX_SHARES:
                raise UsageError(f"as names {num_mixed:,} labels; it must name 1 to {MAX_SHARES}.")
            return self._found(tuple(given.items()) if isinstance(given, dict) else given)
        except UsageError as error:
            raise ApiError(400, str(error), param="as") from error

    def _find(self, given: "str | tuple[tuple[str, float], ...]") -> "NDArray[np.float32]":
        """Return the vector (E,) of a mixture that is given in a form that can be a key."""
        mixture = given if isinstance(given, str) else dict(given)
        if self._author is None:
            shares_of(mixture, ())  # raises, since there are none
        assert self._author is not None
        return self._author.label_vector(mixture)
