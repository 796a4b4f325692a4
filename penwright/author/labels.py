"""The labels that an author knows, such as writers: how they are asked for, and what a mixture of them is.

    austen                      one label, by its name or any words of it
    austen:0.7,doyle:0.3        a mixture; "austen 0.7, doyle 0.3" is the same
    austen:0.5                  half of it, and half of no label
    none                        no label

Shares that sum to more than 1 are divided by their sum. A name without a share has a share of 1.

In a prompt, a line of its own, [[as: austen 0.7, doyle 0.3]], changes the label for the text behind it. It is no part
of the text. This module knows nothing of how a model computes.

Shapes: K = labels, E = width of a label's vector.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penwright.author.file.loading import AuthorParts
from penwright.errors import UsageError, did_you_mean, printable
from penwright.model.rounding import RoundedWeight
from penwright.settings import shown

WEIGHT = "label_embedding"
"""Name of the labels' vectors in `state_dict`."""
NO_LABEL = "none"
MAX_SHARE = 1_000_000.0
MAX_SHOWN = 20
"""Largest number of labels that an error lists."""
MAX_COMPARED = 5_000
"""Largest number of names and words among which a similar one is sought, in a twentieth of a second."""
EXAMPLE = "'austen:0.7,doyle:0.3'"
_LINE_BEGIN = "[[as:"
_LINE = re.compile(r"^\[\[as:([^\[\]\n]*)\]\][ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_SHARE = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
_WORD = re.compile(r"\w+")


class Part(NamedTuple):
    """Part of a prompt under one label."""

    label: str | None
    """Mixture as it was written, None for the part before the first."""
    text: str


def parts_of(prompt: str) -> list[Part]:
    """Divide a prompt at its lines of labels. There is at least one part."""
    if _LINE_BEGIN not in prompt:
        return [Part(None, prompt)]
    pieces = _LINE.split(prompt)
    behind = (Part(label, text) for label, text in zip(pieces[1::2], pieces[2::2], strict=True))
    return [Part(None, pieces[0]), *behind]


def without_labels(prompt: str) -> str:
    """Return a prompt without its lines of labels."""
    return "".join(part.text for part in parts_of(prompt))


def shares_of(wanted: str | Mapping[str, float], names: Sequence[str]) -> NDArray[np.float32]:
    """Return the share of each label in a mixture.

    Args:
        wanted: A mixture, see above, or shares by name.
        names: The labels that the author knows, K of them.

    Returns:
        Shares (K,), which sum to at most 1.

    Raises:
        UsageError: If the author knows no labels or not these, or a share is no number from 0.
    """
    if not names:
        raise UsageError(
            "this author knows no labels, because it was trained without. Leave them out, or train an author that "
            "learns them: penwright train BOOKS --labels writers"
        )
    shares = np.zeros(len(names))
    for name, share in _shares_of(wanted, names) if isinstance(wanted, str) else wanted.items():
        _check_share(name, share)
        if name.strip() == NO_LABEL and NO_LABEL not in names:
            continue
        shares[_index_of(name.strip(), names)] += share
    shares /= max(1.0, shares.sum())
    return shares.astype(np.float32)


def check_mixture(wanted: str) -> None:
    """Check how a mixture is written, before it is known which labels there are.

    Raises:
        UsageError: If it is empty, or a share is too large.
    """
    for name, share in _shares_of(wanted, ()):
        _check_share(name, share)


def vector_of(shares: NDArray[np.float32], weight: "NDArray[np.float32] | RoundedWeight") -> NDArray[np.float32]:
    """Return the vector (E,) of a mixture.

    Args:
        shares: (K,).
        weight: The labels' vectors, (K, E).
    """
    values = weight.values() if isinstance(weight, RoundedWeight) else weight
    vector: NDArray[np.float32] = (shares @ values).astype(np.float32)
    return vector


def without_choice(parts: AuthorParts, wanted: str | None) -> AuthorParts:
    """Return an author that writes under one mixture, or under no label, and knows no others.

    A label adds the same vector to that of every symbol, so it can be part of them. Exports need nothing else for it.

    Args:
        parts: Contents of an author file.
        wanted: A mixture, None for no label.

    Raises:
        UsageError: As `shares_of`.
    """
    names = [label.name for label in parts.card.labels]
    shares = np.zeros(len(names), np.float32) if wanted is None else shares_of(wanted, names)
    if not names:
        return parts
    weights = dict(parts.weights)
    vector = vector_of(shares, weights.pop(WEIGHT))
    embedding = weights["embedding"]
    if vector.any():
        weights["embedding"] = (embedding.values() if isinstance(embedding, RoundedWeight) else embedding) + vector
    card = replace(parts.card, labels=())
    return parts._replace(config=replace(parts.config, num_labels=0), card=card, weights=weights)


def _shares_of(wanted: str, names: Sequence[str]) -> list[tuple[str, Any]]:
    """Read a mixture."""
    known = _known(tuple(names))
    if _folded(wanted) in known.by_folded:  # it may hold a comma
        return [(wanted, 1.0)]
    shares: list[tuple[str, Any]] = []
    for item in filter(None, map(str.strip, wanted.split(","))):
        shares.append((item, 1.0) if _folded(item) in known.by_folded else _name_and_share(item))
    if not shares:
        raise UsageError(f"the label is empty. Give a name or a mixture, such as {EXAMPLE}, or {NO_LABEL}.")
    return shares


def _name_and_share(item: str) -> tuple[str, float]:
    """Divide a part of a mixture into its name and the number at its end, which is 1 if there is none."""
    before = item.rstrip("0123456789.")  # a pattern of the whole would try every way to divide a run of blanks
    share, name = item[len(before) :], before.rstrip()
    if name.endswith((":", "=")):
        name = name[:-1].rstrip()
    is_divided = name != before and _SHARE.fullmatch(share) is not None
    return (name, float(share)) if is_divided else (item, 1.0)


def _check_share(name: object, share: Any) -> None:
    is_number = isinstance(share, int | float) and not isinstance(share, bool)
    if not is_number or not 0 <= share <= MAX_SHARE:
        raise UsageError(
            f"the share of '{printable(str(name))[:50]}' is {shown(share)}; it must be a number from 0 to "
            f"{MAX_SHARE:,.0f}, for example {EXAMPLE}."
        )


def _index_of(name: str, names: Sequence[str]) -> int:
    """Return the index of the label of that name, or of the only one that holds all words of the name."""
    known, wanted = _known(tuple(names)), _folded(name)
    holders = [set(known.by_word.get(word, ())) for word in set(_WORD.findall(wanted))]
    held = sorted(set.intersection(*holders)) if holders else []
    found = [known.by_name[name]] if name in known.by_name else known.by_folded.get(wanted, held)
    if len(found) == 1:
        return found[0]
    shown = f"'{printable(name)[:50]}'"
    if found:
        several = ", ".join(f"'{printable(names[index])}'" for index in found[:MAX_SHOWN])
        raise UsageError(f"{shown} fits {len(found):,} labels of this author: {several}. Name one in full.")
    by_word = {**known.by_word, **known.by_folded}
    near = get_close_matches(wanted, by_word, n=1, cutoff=0.6) if len(by_word) <= MAX_COMPARED else []
    listed = [printable(each) for each in names[:MAX_SHOWN]]
    hint = f" Did you mean '{printable(names[by_word[near[0]][-1]])}'?" if near else did_you_mean("", listed)
    raise UsageError(f"this author has no label {shown}.{hint}")


class _Known(NamedTuple):
    """Labels of an author, as they are looked up."""

    by_name: dict[str, int]
    """Index of a name."""
    by_folded: dict[str, list[int]]
    """Indices of the names that are alike but for case and blanks."""
    by_word: dict[str, list[int]]
    """Indices of the names that hold a word."""


@lru_cache(maxsize=4)
def _known(names: tuple[str, ...]) -> _Known:
    """Return an author's labels by name and by word. A library has tens of thousands of writers."""
    by_folded: dict[str, list[int]] = {}
    by_word: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        folded = _folded(name)
        by_folded.setdefault(folded, []).append(index)
        for word in set(_WORD.findall(folded)):
            by_word.setdefault(word, []).append(index)
    return _Known({name: index for index, name in reversed(list(enumerate(names)))}, by_folded, by_word)


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
