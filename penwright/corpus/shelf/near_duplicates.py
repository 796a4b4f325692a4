"""Find pairs of texts on a shelf where one is largely contained in the other, in memory independent of their number.

Sorting the hashes of all texts brings shared hashes together. This is done in parts by the hashes' last bits, so that
equal hashes are in one part. The numbers of shared hashes are then added up in parts of the pairs. Hashes and pairs
are kept on disk if they are too many. This module knows nothing of the meaning of a hash.

Shapes: R = hashes of one part, or pairs of one part.
"""

from collections.abc import Iterator
from typing import NamedTuple, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from penwright.corpus.shelf.fingerprints import NUM_HASHES, Fingerprint, similarity
from penwright.files.scratch import Buckets, Scratch

MIN_SHARED = 4
"""Smallest number of shared hashes of duplicates; a quotation shares fewer."""
MAX_OWNERS = 64
"""A hash of more texts than this pairs each text only with the next one, since the cost of all pairs grows with the
square of their number. Copies of one text form a chain; texts that share only a publisher's formula form no pair."""
PART_HASHES = 1 << 17
"""Number of hashes compared at a time, which bounds memory. There are as many reads as parts, squared."""
_OWNED = np.dtype([("hash", np.uint64), ("owner", np.int32)])
_COUNTED = np.dtype([("pair", np.int64), ("count", np.int32)])

Records = NDArray[np.void]


class Fingerprints(Protocol):
    """One fingerprint for each text, such as a list."""

    def __len__(self) -> int:
        """Return the number of texts."""

    def __getitem__(self, index: int, /) -> Fingerprint:
        """Return a text's fingerprint."""


class DuplicatePair(NamedTuple):
    """Two texts that share much of their text."""

    first: int
    """Index of the earlier text."""
    second: int
    """Index of the later text."""
    similarity: float
    """Estimated share of the smaller text that is found in the larger, 0 to 1."""


def near_duplicates(
    fingerprints: Fingerprints, *, scratch: Scratch | None = None, threshold: float = 0.5
) -> list[DuplicatePair]:
    """Return the pairs of texts where one is largely contained in the other.

    Args:
        fingerprints: One for each text, from `fingerprint`. Each is read once, and again for each pair.
        scratch: File for hashes and pairs that are too many to hold; None for a file of its own.
        threshold: Smallest similarity of a pair, above 0.

    Returns:
        The pairs in order of their indices. For more than `MAX_OWNERS` copies, perhaps only each one with the next.
        Only texts that share `MIN_SHARED` hashes are compared, so the cost grows with the shared text and not with the
        number of pairs. Therefore a text of less than some 15,000 characters may be missed in a much longer one, and
        any text in one some hundreds of times as long.

    Raises:
        CorpusError: If the disk is full.
    """
    num_texts = len(fingerprints)
    if num_texts < 2:
        return []
    if scratch is None:
        with Scratch(None) as own:
            return near_duplicates(fingerprints, scratch=own, threshold=threshold)
    return [
        DuplicatePair(first, second, share)
        for first, second in _pairs_that_share(fingerprints, scratch)
        if (share := similarity(fingerprints[first], fingerprints[second])) >= threshold
    ]


def _pairs_that_share(fingerprints: Fingerprints, scratch: Scratch) -> Iterator[tuple[int, int]]:
    """Yield the pairs that share at least `MIN_SHARED` hashes, in order of their indices."""
    num_texts = len(fingerprints)
    num_parts = 1 << (num_texts * NUM_HASHES // PART_HASHES).bit_length()
    hashes = Buckets(scratch, num_buckets=num_parts, dtype=_OWNED)
    for owner in range(num_texts):
        one = fingerprints[owner]
        owned = np.empty(len(one), dtype=_OWNED)
        owned["hash"], owned["owner"] = one, owner
        hashes.put(owned, buckets=(owned["hash"] & np.uint64(num_parts - 1)).astype(np.int64))
    pairs = Buckets(scratch, num_buckets=num_parts, dtype=_COUNTED)
    for part in range(num_parts):
        for counted in _shared_in(cast(Records, hashes.take(part)), num_texts=num_texts):
            pairs.put(counted, buckets=counted["pair"] // num_texts * num_parts // num_texts)
    for part in range(num_parts):  # in order of the first text
        counted = cast(Records, pairs.take(part))
        found, inverse = np.unique(counted["pair"], return_inverse=True)
        num_shared = np.bincount(inverse, weights=counted["count"], minlength=len(found))
        for pair in found[num_shared >= MIN_SHARED].tolist():
            yield divmod(pair, num_texts)


def _shared_in(owned: Records, *, num_texts: int) -> Iterator[Records]:
    """Yield pairs, as first * num_texts + second, with their number of shared hashes in a part; pairs may repeat.

    Args:
        owned: All hashes of a part (R,), with their texts in ascending order.
        num_texts: Number of texts.
    """
    owned = owned[np.argsort(owned["hash"], kind="stable")]  # owners stay in ascending order within a hash
    hashes, owners = owned["hash"], owned["owner"]
    first_of = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]])[: len(hashes)])
    num_owners = np.diff(np.append(first_of, len(hashes)))
    is_rare = np.repeat(num_owners <= MAX_OWNERS, num_owners)
    for distance in range(1, MAX_OWNERS):
        if distance == 2:  # neighbours of all hashes are done; only rare hashes have more pairs
            hashes, owners = hashes[is_rare], owners[is_rare]
        is_pair = hashes[distance:] == hashes[:-distance]
        if not is_pair.any():
            break
        pairs = owners[:-distance][is_pair].astype(np.int64) * num_texts + owners[distance:][is_pair]
        # Pairs are counted at once: in many editions of one book, every pair shares every hash.
        distinct, counts = np.unique(pairs, return_counts=True)
        counted = np.empty(len(distinct), dtype=_COUNTED)
        counted["pair"], counted["count"] = distinct, counts
        yield counted
