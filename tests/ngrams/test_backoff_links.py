"""Which shorter context each one extends, against a dictionary of what stands side by side in the texts."""

from collections import Counter

import numpy as np
import pytest
import torch

from penwright.alphabet.units import CHARACTERS, UNITS
from penwright.kernels.pruning import NONE
from penwright.ngrams import counting
from penwright.ngrams.backoff_links import backoff_links
from penwright.ngrams.context_kinds import ContextKinds, kinds_of
from penwright.ngrams.contexts import context_sequence, initial_contexts
from penwright.ngrams.counting import count_successors
from penwright.ngrams.discounting import Discounted, discounted

VOCAB_SIZE = 8
IS_LETTER = np.array([False] * 3 + [True] * 5)


def some_texts(seed: int = 0) -> list[np.ndarray]:
    generator = np.random.default_rng(seed)
    return [generator.integers(0, VOCAB_SIZE, size).astype(np.uint8) for size in (400, 1, 90, 0, 255)]


def listed_of(texts: list[np.ndarray], kinds: ContextKinds, *, least: int = 1) -> Discounted:
    return discounted(count_successors(texts, kinds=kinds, marks=IS_LETTER), vocab_size=VOCAB_SIZE, min_count=least)


@pytest.mark.parametrize("kinds", [*map(kinds_of, UNITS), kinds_of(CHARACTERS, 2)], ids=[*UNITS, "settings"])
@pytest.mark.parametrize("least", [1, 3])
def test_the_shorter_context_stands_where_the_longer_one_stands(kinds: ContextKinds, least: int) -> None:
    texts = some_texts()
    listed = listed_of(texts, kinds, least=least)
    links = backoff_links(texts, listed, kinds=kinds, marks=IS_LETTER)
    beside: dict[tuple[int, int], Counter[int]] = {}  # (kind, context) -> the shorter contexts, how often
    for text in texts:
        if len(text) > 1:
            ids = torch.from_numpy(text[:-1].astype(np.int64))[None]
            named = context_sequence(
                ids, initial_contexts(1, kinds=kinds), kinds=kinds, marks=torch.from_numpy(IS_LETTER)
            )[0][0]
            for row in named.tolist():
                for kind, shorter in enumerate(kinds.shorter):
                    if shorter is not None:
                        beside.setdefault((kind, row[kind]), Counter())[row[shorter]] += 1
    assert len(links) == len(listed.contexts) and (links != NONE).sum() > 20
    num_several = 0
    for kind, shorter in enumerate(kinds.shorter):
        for place in range(listed.of_kind(kind).start, listed.of_kind(kind).stop):
            if shorter is None:
                assert links[place] == NONE
                continue
            counted, own = beside[kind, int(listed.contexts[place])], listed.of_kind(shorter)
            most = max(counted.values())
            numbers = listed.contexts[own].tolist()
            found = {other: own.start + numbers.index(other) if other in numbers else NONE for other in counted}
            assert links[place] in {found[other] for other, number in counted.items() if number == most}
            num_several += len(counted) > 1
    assert num_several > 3


def test_batches_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds, texts = kinds_of("characters"), some_texts(1)
    monkeypatch.setattr(counting, "MAX_BATCH", 500)
    listed = listed_of(texts, kinds)
    whole = backoff_links(texts, listed, kinds=kinds, marks=IS_LETTER)
    monkeypatch.setattr(counting, "STRETCH", 7)
    assert (whole == backoff_links(texts, listed, kinds=kinds, marks=IS_LETTER, num_threads=3)).all()


def test_of_nothing_comes_nothing() -> None:
    kinds = kinds_of("characters")
    assert len(backoff_links([], listed_of([], kinds), kinds=kinds, marks=IS_LETTER)) == 0
